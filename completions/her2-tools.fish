# SPDX-License-Identifier: GPL-3.0-or-later
# fish completion for the her2 commands: options come from each command's own --help, names
# of tables, figures and formats from its `list`, so that they cannot be out of date.

function __her2_list --description 'what `list` names, with its help'
    $argv[1] --$argv[2]=list 2>/dev/null </dev/null | string replace --regex ' +' \t
end

function __her2_complete --description 'the options of one command'
    set --local command $argv[1]
    set --local letter
    set --local name
    set --local argument
    set --local text
    set --local lines ($command --help 2>/dev/null </dev/null)
    for i in (seq (count $lines))
        string match --quiet --regex \
            '^ +(?:-(?<letter>.), |)--(?<name>[a-z-]+)(?:=(?<argument>.*?))?(?:  +(?<text>.*))?$' \
            -- $lines[$i]
        or continue
        # A long option has its help in the next line.
        test -n "$text"; or set text (string trim -- $lines[(math $i + 1)])
        set --local option --command $command --long-option $name --description $text
        test -n "$letter"; and set --append option --short-option $letter
        switch $name
            case format table like
                complete $option --exclusive --arguments "(__her2_list $command $name)"
            case figure
                complete $option --require-parameter \
                    --arguments "(__her2_list $command figure | string replace \t :\t)"
            case part
                complete $option --exclusive --arguments 'train test'
            case '*'
                if test -z "$argument"
                    complete $option
                else if string match --quiet --regex 'FILE|DIR|json' -- $argument
                    complete $option --require-parameter
                else
                    complete $option --exclusive
                end
        end
    end
end

# fish looks for a file of the command's name: all share this one.
__her2_complete (string replace --regex '\.fish$' '' (status basename))
