#compdef hearsay
# SPDX-License-Identifier: Apache-2.0
# Completion of the hearsay tool for zsh. What may come next is asked of the tool itself.

_hearsay()
{
    local -a asked lines names shown
    local line

    asked=("${(@Q)words[1,1]}" complete -- "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}")
    lines=("${(@f)$("${(@)asked}" 2>/dev/null)}")
    if [[ $lines[1] == files ]]; then
        compset -P '--*='
        _files
        return
    fi
    for line in "${(@)lines[2,-1]}"; do
        names+=("${line%%$'\t'*}")
        shown+=("${line/$'\t'/  -- }")
    done
    (( $#names )) && compadd -l -d shown -a names
}

if [[ $funcstack[1] == _hearsay ]]; then
    _hearsay "$@"
else
    compdef _hearsay hearsay
fi
