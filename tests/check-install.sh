#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What `make install` put there: each command answers, runs one example on an installed data
# set, and has its page; completions and examples are whole.
#
#   check-install.sh VERSION BINDIR MANDIR PKGDATADIR DOCDIR COMMAND...
set -u
version=$1 programs=$2 pages=$3 data=$4 documents=$5
shift 5
folder=$(mktemp -d "${TMPDIR:-/tmp}/her2-install.XXXXXX") || exit 1
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
PATH=$programs:$PATH
export LC_ALL=C PATH HER2_CODEBOOK=datasets/gbsg.codebook.csv
# Below DESTDIR the data sets are not where the programs look.
export HER2_DATADIR="$data"
failed=0
check() { # check WHAT COMMAND...
  what=$1
  shift
  if ! "$@" >out 2>err </dev/null; then
    echo "installcheck: $what: $*" >&2
    sed 's/^/  /' err >&2
    failed=1
  fi
}

example() {
  gbsg=datasets/gbsg.csv formula='event5 = 1 ~ age/10 + nodes'
  case $1 in
    her2-audit) her2-audit datasets/published ;;
    her2-calib) her2-calib "$formula" --bootstrap=20 --quiet $gbsg ;;
    her2-dca) her2-dca "$formula" --bootstrap=20 --quiet $gbsg ;;
    her2-icc) her2-icc '~ wright_1 + mini_1' --codebook=datasets/peakflow.codebook.csv \
      datasets/peakflow.csv ;;
    her2-multivar) her2-multivar "$formula" --save=model.json --quiet $gbsg ;;
    her2-nomogram) her2-nomogram model.json ;;
    her2-predict) her2-predict --model=model.json $gbsg ;;
    her2-report) her2-univar 'grade ~ age' $gbsg --output=groups.json && her2-report groups.json ;;
    her2-revalidate) her2-revalidate --bootstrap=20 --force model.json $gbsg page ;;
    her2-roc) her2-roc 'event5 = 1 ~ nodes' --bootstrap=20 --quiet $gbsg ;;
    her2-simulate) her2-simulate --published=datasets/published --match=tables --seed=1 ;;
    her2-univar) her2-univar 'grade ~ age' $gbsg ;;
    *) echo "tests/check-install.sh has no example of $1" >&2 && return 1 ;;
  esac
}

# A model is there before the commands that read one.
example her2-multivar >/dev/null 2>&1
for name; do
  [ "$(command -v "$name")" = "$programs/$name" ] || check "$name is installed" false
  [ "$("$name" --version)" = "$name (her2-tools) $version" ] || check "$name --version" false
  check "$name --help" "$name" --help
  if [ ! -s "$pages/man1/$name.1" ] && [ ! -s "$pages/man1/$name.1.gz" ]; then
    check "$name has no manual page" false
  fi
  check "$name: an example" example "$name"
  [ -s out ] || check "the example of $name prints something" false
done
if command -v man >/dev/null; then
  for name in "$@" her2-tools her2-formula; do
    check "man $name" man -M "$pages" -w "$name"
  done
fi
for script in "$documents"/examples/*.sh; do
  check "$script" sh -n "$script"
done
[ $failed -eq 0 ] && echo "installcheck: $# commands run and have their pages"
exit $failed
