# SPDX-License-Identifier: Apache-2.0
# Completion of the hearsay tool for fish. What may come next is asked of the tool itself.

function __hearsay_complete
    set -l words (commandline -opc)
    set -l typed (commandline -ct)
    set -l tool $words[1]
    set -e words[1]
    set -l lines ($tool complete -- $words "$typed" 2>/dev/null)
    if test "$lines[1]" = files
        set -l before (string match -r -- '^--[^=]*=' $typed)
        for line in (__fish_complete_path (string replace -r -- '^--[^=]*=' '' "$typed"))
            echo "$before$line"
        end
    else
        set -e lines[1]
        printf '%s\n' $lines
    end
end

complete -c hearsay -f -a '(__hearsay_complete)'
