#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Fuzz targets, one after the other, each with its seeds and its dictionary.
#
#   run.sh SOURCES SECONDS FLAT PROGRAM...
#
# A target runs for SECONDS, or until FLAT seconds have brought no new edge (0: does not matter).
# What it finds new is kept in fuzz/NAME below the current folder and is where the next run
# begins; fuzz/NAME.log is libFuzzer's own log.  A line a target: inputs run, edges covered, when
# the last of them was new, seconds.  At the first failure: the file that makes it, status 1.
set -u
sources=$1
seconds=$2
flat=$3
shift 3
UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1${UBSAN_OPTIONS:+:$UBSAN_OPTIONS}
export UBSAN_OPTIONS
# Inputs are small: threads would only wait for one another.
OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}
export OMP_NUM_THREADS
asan_options=${ASAN_OPTIONS:-}

now() { date +%s; }

# Edges covered so far; nothing before the corpus is read.
edges_of() { sed -n '/INITED/,$s/.* cov: \([0-9]*\).*/\1/p' "fuzz/$1.log" | tail -n 1; }

# NAME PID START: looks every few seconds how many edges there are; says to the target that it
# may stop (SIGUSR1: libFuzzer ends with status 0) when they have been as many for too long.
# Sets $edges and $last, the second in which they were new.
watch() {
  edges=
  last=0
  while kill -0 "$2" 2>/dev/null; do
    sleep 2
    found=$(edges_of "$1")
    [ "$found" = "$edges" ] || {
      edges=$found
      last=$(($(now) - $3))
    }
    [ "$flat" -eq 0 ] || [ -z "$edges" ] || [ $(($(now) - $3 - last)) -lt "$flat" ] ||
      kill -USR1 "$2" 2>/dev/null
  done
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
  # Each statistical file is read in a child: what is kept of freed memory is copied for it.
  ASAN_OPTIONS=$asan_options
  [ "$name" != statfile ] ||
    ASAN_OPTIONS=quarantine_size_mb=1:malloc_context_size=1${ASAN_OPTIONS:+:$ASAN_OPTIONS}
  export ASAN_OPTIONS
  [ ! -d "$sources/tests/fuzz/seeds/$name" ] || set -- "$@" "$sources/tests/fuzz/seeds/$name"
  start=$(now)
  "$program" "$@" "-dict=$sources/tests/fuzz/$name.dict" "-artifact_prefix=fuzz/$name-" \
    "-max_total_time=$seconds" -timeout=25 -print_final_stats=1 >"fuzz/$name.log" 2>&1 &
  pid=$!
  trap 'kill "$pid"; exit 130' INT TERM
  watch "$name" "$pid" "$start"
  wait "$pid"
  status=$?
  trap - INT TERM
  inputs=$(sed -n 's/^stat::number_of_executed_units: *//p' "fuzz/$name.log")
  printf '%-10s %10d inputs %6d edges, the last after %d of %d s\n' \
    "$name" "${inputs:-0}" "${edges:-0}" "$last" $(($(now) - start))
  [ $status -eq 0 ] || {
    grep -E 'ERROR|runtime error|SUMMARY' "fuzz/$name.log"
    input=$(sed -n 's/.*Test unit written to //p' "fuzz/$name.log")
    echo "$name fails (status $status) on ${input:-no input of its own: see fuzz/$name.log}"
    exit 1
  }
done
