#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Fuzz targets, one after the other, each with its seeds and its dictionary.
#
#   run.sh SOURCES SECONDS PROGRAM...
#
# What a target finds new is kept in fuzz/NAME below the current folder and is where the next
# run begins; fuzz/NAME.log is libFuzzer's own log.  A line a target: inputs run, edges covered,
# when the last of them was new, seconds.  At the first failure: the file that makes it, status 1.
set -u
sources=$1
seconds=$2
shift 2
UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1${UBSAN_OPTIONS:+:$UBSAN_OPTIONS}
export UBSAN_OPTIONS
# Inputs are small: threads would only wait for one another.
OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}
export OMP_NUM_THREADS

# NAME SECONDS: libFuzzer says inputs and inputs a second, and so when.
summary() {
  awk -v name="$1" -v whole="$2" '
    match($0, / cov: [0-9]+/) {
      edges = substr($0, RSTART + 6, RLENGTH - 6) + 0
      if (edges > most) {
        most = edges
        when = 0
        if (match($0, /exec\/s: [0-9]+/) && (rate = substr($0, RSTART + 8, RLENGTH - 8) + 0) > 0)
          when = substr($1, 2) / rate
      }
    }
    $1 == "stat::number_of_executed_units:" { inputs = $2 }
    END {
      printf "%-10s %10d inputs %6d edges, the last after %d of %d s\n", name, inputs, most, when, whole
    }' "fuzz/$1.log"
}

for program; do
  name=${program##*/fuzz_}
  mkdir -p "fuzz/$name" || exit 1
  set -- "fuzz/$name"
  # Folders with good files of a kind (replay.c has the same).
  case $name in
  model) set -- "$@" "$sources/tests/reference/models" ;;
  statfile) set -- "$@" "$sources/tests/data/statfile" ;;
  esac
  [ ! -d "$sources/tests/fuzz/seeds/$name" ] || set -- "$@" "$sources/tests/fuzz/seeds/$name"
  start=$(date +%s)
  "$program" "$@" "-dict=$sources/tests/fuzz/$name.dict" "-artifact_prefix=fuzz/$name-" \
    "-max_total_time=$seconds" -timeout=25 -print_final_stats=1 >"fuzz/$name.log" 2>&1
  status=$?
  summary "$name" $(($(date +%s) - start))
  [ $status -eq 0 ] || {
    grep -E 'ERROR|runtime error|SUMMARY' "fuzz/$name.log"
    input=$(sed -n 's/.*Test unit written to //p' "fuzz/$name.log")
    echo "$name fails (status $status) on ${input:-no input of its own: see fuzz/$name.log}"
    exit 1
  }
done
