# SPDX-License-Identifier: GPL-3.0-or-later
# For the scripts that make results/ and figures/ in the folder where they run.
# shellcheck shell=sh
mkdir -p results figures

# run NAME COMMAND ARGUMENT...: the command, its result as results/NAME.txt and results/NAME.json and
# what RUN_TABLES names besides, every tidy table of it below results/NAME/; each --figure=FILE.svg
# in every format of RUN_FORMATS.
run() {
  result=results/$1
  shift
  echo "$result" >&2
  for argument; do
    shift
    set -- "$@" "$argument"
    case $argument in
      --figure=*.svg)
        for format in ${RUN_FORMATS-svg}; do
          [ "$format" = svg ] || set -- "$@" "${argument%svg}$format"
        done
        ;;
    esac
  done
  for extension in ${RUN_TABLES-}; do
    set -- "$@" --output="$result.$extension"
  done
  "$@" --output="$result.txt" --output="$result.json" --tables="$result"
}

# begin FUNCTION ARGUMENT...: it runs beside what follows, in a shell of its own.
# finish: waits for all that have begun; the first that failed ends the script with its status.
begun=''
begin() {
  "$@" &
  begun="$begun $!"
}
finish() {
  for job in $begun; do
    wait "$job" || {
      status=$?
      # The others need not go on.
      # shellcheck disable=SC2086
      kill $begun 2>/dev/null || :
      exit "$status"
    }
  done
  begun=''
}
