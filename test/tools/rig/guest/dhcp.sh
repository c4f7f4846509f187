#!/bin/sh
# shellcheck shell=dash disable=SC2154 # udhcpc sets these variables
case $1 in
  bound | renew)
    ip addr flush dev "$interface"
    ip addr add "$ip/${mask:-24}" dev "$interface"
    [ -n "$router" ] && ip route replace default via "${router%% *}" dev "$interface"
    echo "DHCP $interface $ip"
    ;;
  deconfig) ip link set "$interface" up ;;
esac
