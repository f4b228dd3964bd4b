# SPDX-License-Identifier: Apache-2.0
# Completion of the hearsay tool for bash. Names of members come from the agent, if it is there.

_hearsay_members()
{
    local where=()

    [[ -n $1 ]] && where=(--control "$1")
    hearsay "${where[@]}" --timeout 1 members 2>/dev/null | awk 'NR > 1 { print $1 }'
}

_hearsay_ring_versions()
{
    local where=()

    [[ -n $1 ]] && where=(--control "$1")
    hearsay "${where[@]}" --timeout 1 ring history 2>/dev/null | awk 'NR > 1 { print $1 }'
}

_hearsay_keys()
{
    local where=()

    [[ -n $1 ]] && where=(--control "$1")
    hearsay "${where[@]}" --timeout 1 keys 2>/dev/null |
        awk 'NF >= 5 && length($1) == 8 && $1 !~ /[^0-9a-f]/ { print $1 }'
}

_hearsay()
{
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
    local commands='members ring lookup status monitor wait join leave force-leave tags weight
        reload forget why keys keygen version help'
    local events='start ready member refute ring join resolve keys refuse foreign drop address
        health library reload state status stop'
    local options='--control --json --no-color --timeout --help'
    local command='' control='' words='' verb='' i

    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
            --control) control=${COMP_WORDS[++i]} ;;
            --timeout | --status | --tag | --name | --count | --replicas | -n) ((i++)) ;;
            --members | --alive | --keys) ((i++)) ;;
            --output | -o | --fingerprint | --cluster) ((i++)) ;;
            --svg | --add | --remove | --set | --first) ((i++)) ;;
            -*) ;;
            *)
                if [[ -z $command ]]; then
                    command=${COMP_WORDS[i]}
                elif [[ -z $verb ]]; then
                    verb=${COMP_WORDS[i]}
                fi
                ;;
        esac
    done

    if [[ $command == keys && ($prev == --first || $prev == --remove) ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$(_hearsay_keys "$control")" -- "$cur")
        return
    fi
    case $prev in
        --control | --svg | --output | -o | --fingerprint)
            mapfile -t COMPREPLY < <(compgen -f -- "$cur")
            return
            ;;
        --status)
            mapfile -t COMPREPLY < <(compgen -W 'alive suspect dead' -- "$cur")
            return
            ;;
        --remove | --set | --alive)
            mapfile -t COMPREPLY < <(compgen -W "$(_hearsay_members "$control")" -- "$cur")
            return
            ;;
        --timeout | --tag | --name | --count | --replicas | --add | --members | --cluster | -n)
            COMPREPLY=()
            return
            ;;
    esac

    case $command in
        '') words="$commands --version" ;;
        members) words='--status --tag --name --all' ;;
        ring)
            words='--replicas --zones --ranges --svg --add --remove --set'
            case $verb in
                '') words="$words history diff plan" ;;
                diff) words="$words $(_hearsay_ring_versions "$control")" ;;
            esac
            ;;
        lookup) words='--count --zones --hex' ;;
        wait) words="--ready --members --alive --keys --verbose" ;;
        keys)
            words='--first --remove --ignore-failed'
            [[ -z $verb ]] && words="$words check"
            ;;
        keygen) words='--output --fingerprint --cluster' ;;
        monitor) words=$events ;;
        force-leave) words="--prune $(_hearsay_members "$control")" ;;
        why) words=$(_hearsay_members "$control") ;;
        tags) [[ -z $verb ]] && words='set delete' ;;
        help) words=$commands ;;
    esac
    [[ $cur == -* || -z $command ]] && words="$words $options"
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}

complete -F _hearsay hearsay
