#!/bin/sh
# shellcheck shell=dash
# Process 1 of a guest (busybox): loads the modules, starts the agent, says READY and keeps a shell on the console.
# Words of the kernel's command line: host=NAME, ignorepower (be deaf to the power button), busy (burn a processor).
export PATH=/bin:/sbin:/usr/sbin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/pts
mount -t devpts pts /dev/pts
mount -t tmpfs tmp /tmp
load() {
  while read -r module; do
    insmod "/lib/modules/$module"
  done <"$1"
}
load /etc/modules

name=guest
ignorepower=
busy=
read -r words </proc/cmdline
for word in $words; do
  case $word in
    host=*) name=${word#host=} ;;
    ignorepower) ignorepower=1 ;;
    busy) busy=1 ;;
  esac
done
hostname "$name"

# What udev would do: the agent finds its channel by name.
mkdir -p /dev/virtio-ports
for port in /sys/class/virtio-ports/*; do
  [ -s "$port/name" ] && ln -sf "../${port##*/}" "/dev/virtio-ports/$(cat "$port/name")"
done

ip link set lo up
if [ -d /sys/class/net/eth0 ]; then
  # A new dnsmasq takes seconds over its first answer: be patient, in the background.
  udhcpc -i eth0 -q -t 20 -T 1 -n -s /etc/dhcp.sh >/dev/ttyS0 2>&1 &
fi
agent=/dev/virtio-ports/org.qemu.guest_agent.0
if [ -e "$agent" ]; then
  qemu-ga -m virtio-serial -p "$agent" -f /tmp/qemu-ga.pid -t /tmp >/tmp/qemu-ga.log 2>&1 &
fi
[ -n "$ignorepower" ] || /etc/powerButton.sh
if [ -n "$busy" ]; then
  (while :; do :; done) &
fi

read -r uptime _ </proc/uptime
echo "READY $name after $uptime s" >/dev/console
load /etc/lateModules
while :; do
  setsid sh -c 'exec sh -l </dev/ttyS0 >/dev/ttyS0 2>&1'
  sleep 1
done
