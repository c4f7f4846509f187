#!/bin/sh
# Process 1 of a rig host: builds the host's private view of the machine, says its process id, then waits.
# usage: unshare --mount --uts --net --pid --fork --kill-child sh keeper.sh FOLDER HOSTNAME
#
# It ends when its standard input does, that is when the test process has gone, however that went. The kernel then kills
# everything in its PID namespace, and with the last process the mounts and the network go.
set -eu
folder=$1
hostname=$2

# /proc still belongs to the namespace outside, so this is the process id by which the tests know us.
read -r pid _ </proc/self/stat

# Nothing mounted from here on is seen outside.
mount --make-rprivate /
mount -t proc proc /proc
# Shows this network namespace's interfaces and none of the machine's control groups.
mount -t sysfs sysfs /sys

# Where a mount point is missing it is made in memory, on top of its parent: the machine's own folders stay as they are.
mkdir -p "$folder/overlay"
mount -t tmpfs -o mode=755 tmpfs "$folder/overlay"
cover() {
  if [ ! -d "$2" ]; then
    parent=${2%/*}
    layer=$folder/overlay/$(basename "$parent")
    mkdir -p "$layer/upper" "$layer/work"
    mount -t overlay overlay -o "lowerdir=$parent,upperdir=$layer/upper,workdir=$layer/work" "$parent"
    mkdir "$2"
  fi
  mount --bind "$1" "$2"
}
cover "$folder/etc" /etc/libvirt
cover "$folder/lib" /var/lib/libvirt
cover "$folder/cache" /var/cache/libvirt
cover "$folder/log" /var/log/libvirt

# The QEMU driver does not start without its users; these copies have them.
mount --bind "$folder/accounts/passwd" /etc/passwd
mount --bind "$folder/accounts/group" /etc/group
mount --bind "$folder/accounts/shadow" /etc/shadow

# Where logins are noted: the machine's own files are to know nothing of a rig host's.
for book in btmp lastlog wtmp; do
  if [ -e "/var/log/$book" ]; then
    : >"$folder/accounts/$book"
    mount --bind "$folder/accounts/$book" "/var/log/$book"
  fi
done

mount -t tmpfs -o mode=755 tmpfs /run
# sshd and iptables want theirs as well.
mkdir /run/libvirt /run/sshd /run/lock
mount --bind "$folder/run" /run/libvirt

hostname "$hostname"
ip link set lo up

echo "$pid"
# A QEMU is a daemon, so it is process 1 that must collect it, or libvirtd takes it to be alive for ever.
# With SIGCHLD ignored the kernel does that by itself; the shell cannot set it (dash refuses), env can.
exec env --ignore-signal=CHLD cat >/dev/null
