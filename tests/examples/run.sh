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

# compiles NAME [PACKAGE]...: an example, against what is installed and these packages, with the
# sources of $rooms.
rooms=()
compiles() {
    local name=$1 flags=(-std=c17 -D_GNU_SOURCE -Wall -Wextra -Wpedantic -Werror) words
    [ "$sanitizers" = none ] || flags+=("-fsanitize=$sanitizers")
    shift
    words=$(library --cflags --libs) || return 1
    [ $# = 0 ] || words+=" $(pkg-config --cflags --libs "$@")" || return 1
    # shellcheck disable=SC2086  # pkg-config's answer is a list of words
    "${compiler[@]}" "${flags[@]}" "$here/$name.c" "${rooms[@]}" $words -o "$dest/$name"
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

# says FILE LINE: waits until a line of the file reads so. says_like: until one fits the pattern.
says() { says_how -qxF "$1" "$2"; }
says_like() { says_how -qx "$1" "$2"; }
says_how() {
    local how=$1
    shift
    for _ in $(seq 200); do
        grep "$how" -- "$2" "$1" && return 0
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
rooms=(-I "$here/../../src" "$here"/../../src/{link,mirror,ctl}/*.c)
point "route_keys compiles against what is installed, with mirror and link" \
    compiles route_keys jansson
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

# ---- route_keys, over agents that come from the installation too ---------------------------------

program() { find "$dest" -type f -name "$1" -path "*bin/*" -print -quit; }
hearsayd=$(program hearsayd) hearsay=$(program hearsay)

# agent NAME PORT OPTION...: starts one, and names its process in $agent.
agent() {
    local name=$1 port=$2
    shift 2
    "$hearsayd" --name "$name" --bind "$address:$port" --control "$dest/$name.sock" \
        --log "$dest/$name.log" --profile local --join "$address:9011" "$@" 2>"$dest/$name.err" &
    agent=$!
    running+=("$agent")
}

# members NAME COUNT: waits until the agent's ring has so many members.
members() {
    for _ in $(seq 200); do
        [ "$("$hearsay" --control "$dest/$1.sock" ring 2>/dev/null | grep -c %)" = "$2" ] &&
            return 0
        sleep 0.05
    done
    "$hearsay" --control "$dest/$1.sock" ring
    return 1
}

checksum() { "$hearsay" --control "$dest/n1.sock" ring | awk '$1 == "checksum" { print $2 }'; }

# routes ROUND: sends all keys, waits until all are answered, and keeps the answers.
routes() {
    local before
    before=$(grep -vc '^#' "$dest/routed")
    seq -f "key:%g" "$keys" >&3
    for _ in $(seq 200); do
        [ "$(grep -vc '^#' "$dest/routed")" = $((before + keys)) ] && break
        sleep 0.05
    done
    grep -v '^#' "$dest/routed" | tail -n "$keys" >"$dest/$1"
    [ "$(wc -l <"$dest/$1")" = "$keys" ]
}

# What `hearsay lookup` says of every tenth key is what route_keys said in that round.
agrees() {
    local key owners said
    while read -r key owners; do
        said=$("$hearsay" --control "$dest/n1.sock" lookup "$key" -n 2 --zones |
            awk 'NR > 4 { print $1 }' | xargs)
        [ "$said" = "$owners" ] || { echo "$key: $said, not $owners"; return 1; }
    done < <(awk 'NR % 10 == 0' "$dest/$1")
}

# follows ROUND: a change moves owners, and soon route_keys says so, too.
follows() {
    for _ in $(seq 50); do
        routes zoned && agrees zoned >/dev/null && ! cmp -s "$dest/zoned" "$dest/$1" && return 0
        sleep 0.05
    done
    agrees zoned
    return 1
}

# Between two rounds exactly the keys of this owner have another first one.
moved_only_those_of() {
    local moved theirs
    moved=$(diff <(cut -d' ' -f1,2 "$dest/$2") <(cut -d' ' -f1,2 "$dest/$3") | grep -c '^<')
    theirs=$(awk -v name="$1" '$2 == name' "$dest/$2" | wc -l)
    [ "$theirs" -gt 0 ] && [ "$moved" = "$theirs" ] && ! grep -q " $1" "$dest/$3"
}

# Without it all that follows would wait for answers that nobody gives.
[ -x "$dest/route_keys" ] || { echo "1..$points"; exit 1; }
keys=500
agent n1 9011 --tag zone=east
agent n2 9012 --tag zone=west --weight 2
agent n3 9013 --tag zone=west
victim=$agent
point "three agents have one ring" members n1 3
mkfifo "$dest/keys"
"$dest/route_keys" "$dest/n1.sock" 2 <"$dest/keys" >"$dest/routed" 2>"$dest/routed.err" &
router=$!
running+=("$router")
exec 3>"$dest/keys"
point "route_keys makes the agent's ring" says "$dest/routed" "# ring $(checksum)"
point "route_keys routes" routes first
point "its owners are those of hearsay lookup" agrees first
"$hearsay" --control "$dest/n2.sock" tags set zone=east >/dev/null
point "a change of zones reaches route_keys" follows first
kill -KILL "$victim"
wait "$victim" 2>/dev/null
point "an agent dies" members n1 2
point "route_keys hears of it" says_like "$dest/routed" "# ring $(checksum), .* moved"
point "route_keys routes by the new ring" routes second
point "its owners are those of hearsay lookup again" agrees second
point "exactly the dead member's keys have moved" moved_only_those_of n3 first second
"$hearsay" --control "$dest/n1.sock" leave >/dev/null
point "route_keys outlives its agent" \
    says "$dest/routed" "# the agent has gone: routing by its last ring"
point "route_keys goes on routing" routes third
exec 3>&-
wait "$router"
code=$?
point "route_keys ends with its input" test "$code" = 0
point "route_keys had nothing to complain of" test ! -s "$dest/routed.err"
"$dest/route_keys" "$dest/none.sock" </dev/null 2>/dev/null
point "route_keys without an agent is exit 3" test $? = 3
"$hearsay" --control "$dest/n2.sock" leave >/dev/null
running=()
echo "1..$points"
exit "$failed"
