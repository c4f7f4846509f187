#!/bin/sh
# Starts a command in the background as a grandchild of nobody outside, and notes how it ended.
# usage: nsenter ... sh daemon.sh EXIT-FILE COMMAND [ARGUMENT...]
#
# nsenter itself is a bad parent: it stops when its child is stopped, and then never collects it.
exit_file=$1
shift
(
  "$@"
  echo "$?" >"$exit_file"
) </dev/null &
