# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
# bash completion for the her2 commands: options come from each command's own --help, names
# of tables, figures and formats from its `list`, so that they cannot be out of date.

# _her2_names COMMAND OPTION: what `list` names.
_her2_names()
{
  "$1" "$2=list" 2>/dev/null </dev/null | cut -d ' ' -f 1
}

_her2_tools()
{
  local command=${COMP_WORDS[0]} word=${COMP_WORDS[COMP_CWORD]} before='' options
  COMPREPLY=()
  # --format=te and --format te are three words and two words to bash.
  if [[ $word == = ]]; then
    before=${COMP_WORDS[COMP_CWORD - 1]} word=''
  elif ((COMP_CWORD > 1)) && [[ ${COMP_WORDS[COMP_CWORD - 1]} == = ]]; then
    before=${COMP_WORDS[COMP_CWORD - 2]}
  elif ((COMP_CWORD > 0)); then
    before=${COMP_WORDS[COMP_CWORD - 1]}
  fi
  case $before in
    --format | --table | --like)
      mapfile -t COMPREPLY < <(compgen -W "$(_her2_names "$command" "$before")" -- "$word")
      return
      ;;
    --figure)
      compopt -o nospace -o filenames
      mapfile -t COMPREPLY < <(compgen -W "$(_her2_names "$command" --figure)" -S : -- "$word"
        compgen -f -- "$word")
      return
      ;;
    --part)
      mapfile -t COMPREPLY < <(compgen -W 'train test' -- "$word")
      return
      ;;
    --tables)
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -d -- "$word")
      return
      ;;
  esac
  if [[ $word == -* ]]; then
    options=$("$command" --help 2>/dev/null </dev/null |
      sed -n 's/^ *\(-., \)\{0,1\}\(--[a-z-]*=\{0,1\}\).*/\2/p')
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
    [[ ${COMPREPLY[0]-} == *= ]] && compopt -o nospace
    return
  fi
  compopt -o default -o filenames
}

complete -F _her2_tools her2-audit her2-calib her2-dca her2-icc her2-multivar her2-nomogram \
  her2-predict her2-report her2-revalidate her2-roc her2-simulate her2-univar
