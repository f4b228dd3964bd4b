#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What `meson install` does beside copying. The settings of an operator are never replaced. The
# user and the groups of the unit are made only where the system itself is installed into, and not
# for a package (DESTDIR), which has its own way to make them.
#
# usage: install.sh EXAMPLE CONFDIR SYSUSERS

set -u
example=$1 confdir=${DESTDIR-}$2 sysusers=$3

if [ -e "$confdir/hearsay.conf" ]; then
    echo "Keeping $confdir/hearsay.conf"
elif mkdir -p "$confdir" && cp "$example" "$confdir/hearsay.conf" &&
    chmod 644 "$confdir/hearsay.conf"; then
    echo "Installing $confdir/hearsay.conf"
else
    echo "hearsay.conf is not installed: $confdir cannot be written" >&2
fi

[ -z "${DESTDIR-}" ] && [ "$(id -u)" = 0 ] || exit 0
case $sysusers in
/usr/lib/* | /usr/local/lib/*) ;;
*) exit 0 ;;
esac
if command -v systemd-sysusers >/dev/null; then
    systemd-sysusers "$sysusers"
fi
if [ -d /run/systemd/system ]; then
    systemctl daemon-reload
fi
exit 0
