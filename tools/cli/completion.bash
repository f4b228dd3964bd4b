# SPDX-License-Identifier: Apache-2.0
# Completion of the hearsay tool for bash. What may come next is asked of the tool itself.

# Sets `words` to the words up to the cursor. Bash breaks words at : and =, and names of members
# hold the one, options the other.
_hearsay_words()
{
    local rest=${COMP_LINE:0:COMP_POINT} part i

    words=()
    for ((i = 0; i <= COMP_CWORD; i++)); do
        part=${COMP_WORDS[i]}
        if [[ $i -gt 0 && $rest == [!$' \t']* && -n $part ]]; then
            words[-1]+=$part
        else
            rest=${rest#"${rest%%[!$' \t']*}"}
            words+=("$part")
        fi
        rest=${rest#"$part"}
    done
}

_hearsay()
{
    local words=() lines=() line current typed

    _hearsay_words
    current=${words[-1]}
    mapfile -t lines < <("${words[0]/#\~\//$HOME/}" complete -- "${words[@]:1}" 2>/dev/null)
    COMPREPLY=()
    if [[ ${lines[0]} == files ]]; then
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "${COMP_WORDS[COMP_CWORD]#=}")
        return
    fi
    typed=${current%"${current##*[:=]}"}
    for line in "${lines[@]:1}"; do
        line=${line%%$'\t'*}
        COMPREPLY+=("${line#"$typed"}")
    done
}

complete -F _hearsay hearsay
