# shellcheck shell=sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Test Anything Protocol for command tests; sourced by the *.test files.
#
# A test runs in a folder of its own below the build tree; $data is the folder of the
# data sets.  LC_ALL and the environment of the commands are set here.

set -u
srcdir=${abs_srcdir:-$(cd "${srcdir:-.}" && pwd)}
data=$srcdir/datasets
export LC_ALL=C
unset HER2_CODEBOOK
tap_count=0
tap_failed=0
tap_folder=$(mktemp -d "${TMPDIR:-/tmp}/her2-test.XXXXXX") || exit 99
trap 'rm -rf "$tap_folder"' EXIT
cd "$tap_folder" || exit 99

# ok STATUS NAME
ok() {
  tap_count=$((tap_count + 1))
  if [ "$1" -eq 0 ]; then
    echo "ok $tap_count - $2"
  else
    tap_failed=$((tap_failed + 1))
    echo "not ok $tap_count - $2"
  fi
}

skip() {
  tap_count=$((tap_count + 1))
  echo "ok $tap_count - $1 # SKIP $2"
}

# is GOT EXPECTED NAME
is() {
  [ "$1" = "$2" ]
  ok $? "$3"
  [ "$1" = "$2" ] || printf '# got      |%s|\n# expected |%s|\n' "$1" "$2"
}

# fails STATUS MESSAGE NAME COMMAND...: the exit status, nothing on standard output, and
# one line on standard error that holds MESSAGE.
fails() {
  expected=$1 message=$2 name=$3
  shift 3
  "$@" >out 2>err </dev/null
  status=$?
  good=0
  [ $status -eq "$expected" ] || good=1
  [ ! -s out ] || good=1
  [ "$(wc -l <err)" -eq 1 ] || good=1
  grep -qF -- "$message" err || good=1
  ok $good "$name"
  if [ $good -ne 0 ]; then
    echo "# status $status, expected $expected; standard error:"
    sed 's/^/# /' err
    echo "# expected in it: $message"
  fi
}

# cell FILE COLUMN CONDITION: the cell in that column of the first record of a csv table
# (no line breaks in it) for which the awk CONDITION holds; columns are named in it as
# c["name"].
cell() {
  sed -e ':a' -e 's/^\(\([^"]*"[^"]*"\)*[^"]*"[^",]*\),/\1;/;ta' -e 's/"//g' "$1" |
    awk -F, -v column="$2" '
    NR == 1 { for (i = 1; i <= NF; i++) name[i] = $i; next }
    { for (i = 1; i <= NF; i++) c[name[i]] = $i }
    '"$3"' { print c[column]; exit }'
}

# close_to GOT EXPECTED TOLERANCE NAME: relative, absolute at 0.
close_to() {
  awk -v got="$1" -v expected="$2" -v tolerance="$3" 'BEGIN {
    if (got == "" || expected == "") exit !(got == expected)
    d = got - expected; if (d < 0) d = -d
    e = expected < 0 ? -expected : expected + 0
    exit !(e == 0 ? d <= tolerance : d <= tolerance * e) }'
  status=$?
  ok $status "$4"
  [ $status -eq 0 ] || echo "# got $1, expected $2, tolerance $3"
}

# has FILE TEXT NAME: the file holds the text.
has() {
  grep -qF -- "$2" "$1"
  ok $? "$3"
  grep -qF -- "$2" "$1" || sed 's/^/# /' "$1"
}

finish() {
  echo "1..$tap_count"
  [ "$tap_failed" -eq 0 ]
  exit $?
}
