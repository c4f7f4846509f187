#!/bin/sh
# Runs a command in the background on the connection that is our input, and leaves it to process 1.
# usage: nsenter ... sh serve.sh COMMAND [ARGUMENT...]
#
# nsenter itself is a bad parent: it stops when its child is stopped, and then never collects it.
exec 3<&0
"$@" <&3 >&3 3<&- &
