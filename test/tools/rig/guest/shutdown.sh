#!/bin/sh
# shellcheck shell=dash
# The guest agent runs /sbin/shutdown to shut down, halt or reboot.
case "$*" in
  *-r*) reboot -f ;;
  *) poweroff -f ;;
esac
