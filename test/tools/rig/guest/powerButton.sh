#!/bin/sh
# shellcheck shell=dash
# Powers the guest off when its power button is pressed.
for device in /dev/input/event*; do
  (
    exec 3<"$device"
    # An input_event is 24 bytes: 16 of time, then type EV_KEY (1), code KEY_POWER (116), value 1 (pressed).
    while event=$(dd bs=24 count=1 <&3 2>/dev/null | hexdump -v -e '24/1 "%02x"'); do
      case $event in
        ????????????????????????????????0100740001000000)
          echo 'power button' >/dev/console
          poweroff -f
          ;;
        '') exit ;;
      esac
    done
  ) &
done
