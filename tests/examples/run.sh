#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Installs into an empty folder, compiles the examples against what is there and nothing else, and
# runs them. What is forgotten in the installation (a header, an export, a pkg-config line) shows
# here and nowhere else.
#
# usage: run.sh MESON BUILD_ROOT SANITIZERS COMPILER...

# shellcheck disable=SC2317  # functions are called through point and trap
set -u
meson=$1 build=$2 sanitizers=$3
shift 3
compiler=("$@")
here=$(cd "$(dirname "$0")" && pwd)
dest=$(mktemp -d)
running=()
finish() {
    for pid in "${running[@]}"; do kill -KILL "$pid" 2>/dev/null; done
    wait
    rm -rf "$dest"
}
trap finish EXIT

points=0 failed=0
# point NAME COMMAND...: one point of TAP; what a failed command said follows as comments.
point() {
    local name=$1 said
    shift
    points=$((points + 1))
    if said=$("$@" 2>&1); then
        echo "ok $points - $name"
    else
        echo "not ok $points - $name"
        printf '# %s\n' "${said//$'\n'/$'\n# '}"
        failed=1
    fi
}

installs() {
    "$meson" install -C "$build" --no-rebuild --destdir "$dest"
}

# The prefix in the pkg-config file is the one after installation; here it lies under $dest.
library() {
    local prefix
    prefix=$(pkg-config --variable=prefix libhearsay)
    pkg-config "--define-variable=prefix=$dest$prefix" "$@" libhearsay
}

compiles() {
    local flags=(-std=c17 -D_GNU_SOURCE -Wall -Wextra -Wpedantic -Werror) words
    [ "$sanitizers" = none ] || flags+=("-fsanitize=$sanitizers")
    words=$(library --cflags --libs) || return 1
    # shellcheck disable=SC2086  # pkg-config's answer is a list of words
    "${compiler[@]}" "${flags[@]}" "$here/$1.c" $words -o "$dest/$1"
}

# The values come from another program: XXH3-64 of names and keys, by Python's xxhash.
owns_known_keys() {
    diff - <("$dest/ring_only" n1 n2 n3) <<'KNOWN'
ring 354ddccc889145c1
n1 owns 36.33 %
n2 owns 32.07 %
n3 owns 31.59 %
apple: n3 n2
banana: n3 n2
cherry: n1 n2
damson: n3 n2
elder: n1 n2
fig: n1 n3
without n1:
cherry moves from n1 to n2
elder moves from n1 to n2
fig moves from n1 to n3
moved: 36.33 %
KNOWN
}

# says FILE LINE: waits until a line of the file reads so.
says() {
    for _ in $(seq 200); do
        grep -qxF -- "$2" "$1" && return 0
        sleep 0.05
    done
    echo "$(basename "$1") does not say: $2"
    cat "$1"
    return 1
}

# A loopback address of our own, so that runs side by side do not meet.
address=127.$((1 + RANDOM % 250)).$((RANDOM % 250)).$((1 + RANDOM % 250))

point "installs into an empty folder" installs
PKG_CONFIG_PATH=$(dirname "$(find "$dest" -name libhearsay.pc -print -quit)")
export PKG_CONFIG_PATH
LD_LIBRARY_PATH=$(library --variable=libdir)
export LD_LIBRARY_PATH
point "ring_only compiles against what is installed" compiles ring_only
point "poll_loop compiles against what is installed" compiles poll_loop
point "ring_only finds the known owners and moves" owns_known_keys

"$dest/poll_loop" a "$address:9001" >"$dest/a.out" 2>&1 &
a=$!
running=("$a")
point "a starts alone" says "$dest/a.out" "members: a=alive"
"$dest/poll_loop" b "$address:9002" "$address:9001" >"$dest/b.out" 2>&1 &
b=$!
running=("$a" "$b")
point "b joins through a" says "$dest/b.out" "join: ok"
point "a sees b" says "$dest/a.out" "members: a=alive b=alive"
point "b sees a" says "$dest/b.out" "members: b=alive a=alive"
point "both have one ring" diff <(grep ^ring "$dest/a.out" | tail -1 | cut -d: -f1) \
    <(grep ^ring "$dest/b.out" | tail -1 | cut -d: -f1)
kill -INT "$b"
point "a hears b's goodbye" says "$dest/a.out" "member b: alive -> dead (left)"
kill -INT "$a"
# Children can only be waited for by the shell that started them, so not within a point's $(…).
wait "$b"
code_b=$?
wait "$a"
code_a=$?
running=()
point "both end well" test "$code_a$code_b" = 00
point "nobody was suspected" test -z "$(grep -h suspect "$dest/a.out" "$dest/b.out")"
echo "1..$points"
exit "$failed"
