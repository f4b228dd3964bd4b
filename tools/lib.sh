# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What tools/test and tools/demo share: words for the person who watches, packages, builds.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() {
    printf '== %s\n' "$*"
}

fail() {
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
    exit 1
}

# The packages of some groups in tools/packages, one a line.
packages_of() {
    local group
    for group in "$@"; do
        awk -v group="$group" '$1 == group { print $2 }' "$root/tools/packages"
    done
}

is_installed() {
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# The first of a|b|c that is installed, else the first that the distribution has.
choose_package() {
    local -a names
    local name
    IFS='|' read -ra names <<<"$1"
    for name in "${names[@]}"; do
        is_installed "$name" && echo "$name" && return
    done
    for name in "${names[@]}"; do
        LC_ALL=C apt-cache policy "$name" 2>/dev/null | grep -q 'Candidate: [^(]' &&
            echo "$name" && return
    done
    echo "${names[0]}"
}

# Is there a package of this entry? Asks nothing but the local database.
entry_installed() {
    local name
    for name in ${1//|/ }; do
        is_installed "$name" && return
    done
    return 1
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}

# Installs what is missing from the packages of these groups.
need_packages() {
    local entry
    local -a missing=() names=()
    if ! command -v dpkg-query >/dev/null; then
        say "Not a Debian: taking for granted what tools/packages lists"
        return
    fi
    while read -r entry; do
        entry_installed "$entry" || missing+=("$entry")
    done < <(packages_of "$@")
    [ ${#missing[@]} -gt 0 ] || return 0
    if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
        fail "these packages are missing and there is neither root nor sudo to install them:" \
            "${missing[*]}"
    fi
    say "Installing ${missing[*]}"
    as_root apt-get update -qq || fail "apt-get update failed"
    for entry in "${missing[@]}"; do
        names+=("$(choose_package "$entry")")
    done
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "${names[@]}" >/dev/null ||
        fail "apt-get could not install ${names[*]}"
}

# configure DIR COMPILER OPTION...: sets up a build directory, or brings an old one up to date.
configure() {
    local dir=$1 compiler=$2
    shift 2
    if [ -f "$dir/build.ninja" ] &&
        meson setup --reconfigure "$dir" "$root" "$@" >/dev/null 2>&1; then
        return
    fi
    rm -rf "$dir"
    CC=$compiler meson setup "$dir" "$root" "$@" >"$dir.log" 2>&1 || {
        cat "$dir.log" >&2
        rm -f "$dir.log"
        fail "meson could not configure $dir"
    }
    rm -f "$dir.log"
}

# build DIR TARGET...: silent unless something is wrong.
build() {
    local dir=$1
    shift
    ninja -C "$dir" --quiet "$@" || fail "the build in $dir failed"
}
