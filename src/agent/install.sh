#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What `meson install` does beside copying. The settings of an operator are never replaced. The
# user and the groups of the unit are made only where the system itself is installed into, and not
# for a package (DESTDIR), which has its own way to make them.
#
# usage: install.sh CONFDIR SYSUSERS NAME.example...

set -u
confdir=${DESTDIR-}$1 sysusers=$2
shift 2

for example in "$@"; do
    name=$(basename "$example" .example)
    if [ -e "$confdir/$name" ]; then
        echo "Keeping $confdir/$name"
    elif mkdir -p "$confdir" && cp "$example" "$confdir/$name" && chmod 644 "$confdir/$name"; then
        echo "Installing $confdir/$name"
    else
        echo "$name is not installed: $confdir cannot be written" >&2
    fi
done

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
