#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A build with clang's thread sanitizer, in a folder of its own, and the commands that use
# threads. gcc's sanitizer does not know its own OpenMP runtime and alarms falsely; clang's
# needs libomp with its archer tool (Debian: clang, libomp-dev, libclang-rt-14-dev).
#
#   check-tsan.sh ABSOLUTE_SRCDIR CLANG
set -eu
srcdir=$1 clang=${2-}
if [ -z "$clang" ]; then
  echo "SKIP check-tsan: clang is not here"
  exit 0
fi
archer=$(find /usr/lib -name 'libarcher.so' 2>/dev/null | head -n 1)
if [ -z "$archer" ]; then
  echo "SKIP check-tsan: libarcher.so is not here (Debian: libomp-dev)"
  exit 0
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/her2"
cd "$folder/her2"
"$srcdir/configure" --quiet CC="$clang" CFLAGS='-g -O1 -fsanitize=thread' LDFLAGS='-fsanitize=thread'
make --quiet -j 2 her2-univar tests/unit/stats/test_bootstrap
export TSAN_OPTIONS='ignore_noninstrumented_modules=1 exitcode=66'
export OMP_TOOL_LIBRARIES="$archer" OMP_NUM_THREADS=2
srcdir="$srcdir" ./tests/unit/stats/test_bootstrap >/dev/null
./her2-univar 'wfns ~ .' --effects --monte-carlo=20000 --bootstrap=100 --format=json \
  "$srcdir/datasets/asah.csv" >/dev/null
./her2-univar 'grade ~ .' --format=json "$srcdir/datasets/rotterdam.csv" >/dev/null
echo "check-tsan: no race"
