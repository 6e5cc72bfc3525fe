#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Every call that can fail made to fail in turn, in every command: N = 1, 2, ... until a run
# meets no fault.
#
#   run.sh LIBRARY SOURCES [STEP [WALKS [NAME]]]
#
# STEP 1: every N; 7: every seventh, and with longer strides the further it gets.  WALKS: these
# alone ("alloc:1 int:3", kinds and their steps).  NAME: the scenarios that begin so.
#
# LIBRARY is tests/faults/fault.c as a shared object.  A run that met a fault ends with status
# 1, one line on standard error, nothing on standard output and the old files as they were;
# or with status 0 and byte for byte what a run without faults gives.  A signal ends it with
# 128 + n and without a word.  A file that was asked for is old or new, never in between, and
# nothing else is in the folder.
set -u
library=$1
sources=$2
step=${3:-1}
asked=${4-}
only=${5-}
export LC_ALL=C OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
unset HER2_CODEBOOK
count=0
failed=0
n_runs=0
if [ ! -f "$library" ] || ! LD_PRELOAD=$library her2-univar --version >/dev/null 2>&1; then
  echo '1..0 # SKIP no library can be preloaded here (another C library, or sanitizers)'
  exit 0
fi
folder=$(mktemp -d "${TMPDIR:-/tmp}/her2-faults.XXXXXX") || exit 99
trap 'rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM
cd "$folder" || exit 99

verdict() { # STATUS NAME
  count=$((count + 1))
  if [ "$1" -eq 0 ]; then
    echo "ok $count - $2"
  else
    failed=1
    echo "not ok $count - $2"
  fi
}

# ---- data ----

mkdir bin in work base
cat >in/cohort.csv <<'END'
y,g,x,c,x_1,x_2
1,a,1,u,1.1,1.0
0,a,2,v,2.3,2.1
0,a,3.5,u,3.2,3.4
0,a,4,"v",4.1,4.3
1,b,6,u,6.2,6.1
0,b,2,v,2.1,2.2
0,b,3,u,3.4,3.1
1,b,7,v,7.1,7.3
1,b,8,v,8.2,8.1
0,b,9,u,9.1,9.4
1,a,5,v,5.1,5.0
1,a,9.5,u,9.2,9.7
END
printf 'variable,label,levels\ng,The group,b|a\n' >in/book.csv
printf 'variable,missing\nx,99\nx_1,\n' >in/codes.csv
sed '3s/,2,/,99,/; 8s/,3,/,,/; 11s/9.1,/,/' in/cohort.csv >in/gaps.csv
gzip -c in/cohort.csv >in/cohort.csv.gz
mkdir in/published
cat >in/published/cohort.csv <<'END'
group,n,percent,age_mean,age_sd,note
included,20,100,50.0,8.0,all
low,9,45.0,49.0,8.0,low
over,11,55.0,51.0,8.0,over
END
cat >in/published/table2.csv <<'END'
feature,level,group,count
margin,smooth,low,4
margin,smooth,over,6
margin,rough,low,5
margin,rough,over,5
END
cp "$sources/tests/data/statfile/haven.sav" in/cohort.sav
her2-multivar -q 'y ~ x + g' --save=in/model.json in/cohort.csv >/dev/null || exit 99
her2-univar -q 'g ~ x' --format=json -o in/univar.json in/cohort.csv || exit 99
her2-calib -q 'y ~ x' --bootstrap=4 --metrics=auc --save-replicates=in/replicates -o /dev/null \
  in/cohort.csv || exit 99
# Fast, and the same each time.
cat >bin/gnuplot <<'END'
#!/bin/sh
case $(cat /dev/fd/3) in
*pdfcairo*) printf '%%PDF-1.4\nstartxref\n0\n%%%%EOF\n' ;;
*) printf '<?xml version="1.0"?>\n<svg></svg>\n' ;;
esac
END
chmod +x bin/gnuplot
PATH=$folder/bin:$PATH

# ---- judging a run ----

# The first line of a file, without starting a process.
first_line() {
  line=
  read -r line <"$1" || [ -n "$line" ]
}

complain() {
  n_bad=$((n_bad + 1))
  [ $n_bad -gt 5 ] || {
    echo "# $kind:$n$plus: $1 (status $status)"
    sed -n '1,3s/^/#   /p' err
  }
}

old_files() {
  for file in $outputs; do
    [ "$file" = . ] || echo old >"work/$file"
  done
}

# Each file as it was or as it is to be; `fresh` counts the latter.
judge_files() {
  fresh=0
  for file in $outputs; do
    [ "$file" = . ] && continue
    line=
    read -r line <"work/$file" 2>/dev/null
    [ "$line" = old ] && continue
    fresh=$((fresh + 1))
    cmp -s "work/$file" "base/$file" || complain "$file is neither old nor new"
  done
}

# One line; or libgomp's two, where it is what lacks memory or a thread.
judge_words() {
  first_line err || {
    complain 'no message'
    return
  }
  case $line in
  "$program: standard output: cannot be written: "*) ;;
  *) [ ! -s out ] || complain 'standard output, and it failed' ;;
  esac
  case $line in
  "$program: "*) { read -r line && ! read -r other; } <err || complain 'not one line' ;;
  *) { read -r line && read -r line && [ "${line#libgomp: }" != "$line" ]; } <err ||
    complain 'a message of another shape' ;;
  esac
}

judge_status() {
  case $kind in
  int) expected=130 ;;
  term) expected=143 ;;
  short | interrupt) expected=0 ;;
  *) expected=1 ;;
  esac
  if [ $status -eq 0 ] && [ $expected -le 1 ]; then
    cmp -s out base.out || complain 'standard output is not what it should be'
    [ $fresh -eq $n_outputs ] || complain 'status 0, and a file is old'
    return
  fi
  [ $status -eq $expected ] || complain 'a wrong status'
  if [ $expected -gt 1 ]; then
    [ ! -s err ] || complain 'not silent'
    [ ! -s out ] || cmp -s out base.out || complain 'half of the output'
    return
  fi
  judge_words
  # The file that --output names comes last: it is new only if all the rest is.  Behind it
  # there is standard output alone.
  case $last,$line in
  .,* | *,"$program: standard output: "*) return ;;
  esac
  line=
  read -r line <"work/$last" 2>/dev/null
  [ "$line" = old ] || complain "$last was replaced"
}

# scenario NAME OUTPUTS COMMAND...: OUTPUTS are files that the command writes below work/, the
# one of --output last, or . for standard output alone
scenario() {
  name=$1 outputs=$2
  shift 2
  program=$1
  case $name in "$only"*) ;; *) return ;; esac
  command -v "$program" >/dev/null || {
    count=$((count + 1))
    echo "ok $count - $name # SKIP $program is not here"
    return
  }
  n_outputs=0
  for last in $outputs; do
    [ "$last" = . ] || n_outputs=$((n_outputs + 1))
  done
  rm -rf work base
  mkdir work base
  for file in $outputs; do
    case $file in */*) mkdir -p "work/${file%/*}" "base/${file%/*}" ;; esac
  done
  old_files
  (cd work && "$@") >base.out 2>err </dev/null || {
    verdict 1 "$name: runs without a fault"
    sed 's/^/# /' err
    return
  }
  for file in $outputs; do
    [ "$file" = . ] || cp "work/$file" "base/$file"
  done
  files=$(cd work && echo ./* ./*/*)
  rm -rf spare
  cp -R work spare
  old_files
  for walk in $walks; do
    kind=${walk%%:*} plus='' by=${walk#*:} n=1 n_bad=0 n_faults=0
    case $kind in *+) kind=${kind%+} plus=+ ;; esac
    while :; do
      : >seen
      # Outside, the shell's own word about a signal.
      {
        (cd work && HER2_FAULT=$kind:$n$plus HER2_FAULT_SEEN=../seen LD_PRELOAD=$library \
          exec "$@") >out 2>err </dev/null
        status=$?
      } 2>/dev/null
      n_runs=$((n_runs + 1))
      [ -s seen ] || break
      n_faults=$((n_faults + 1))
      judge_files
      judge_status
      [ "$(cd work && echo ./* ./*/*)" = "$files" ] || {
        complain "in the folder: $(cd work && echo ./* ./*/*)"
        rm -rf work
        cp -R spare work
        fresh=1
      }
      [ $fresh -eq 0 ] || old_files
      n=$((n + by + n / stride))
    done
    [ $status -eq 0 ] || complain 'no fault, and it failed'
    old_files
    verdict $n_bad "$name: $kind$plus, $n_faults faults"
    [ $n_bad -le 5 ] || echo "# $n_bad complaints"
  done
}

# ---- what fails, and in which runs ----

if [ "$step" -eq 1 ]; then
  stride=1000000000
  walks='alloc:1 alloc+:1 read:1 read+:1 write:1 write+:1 open:1 open+:1 rename:1 rename+:1
    process:1 process+:1 interrupt:1 short:1 short+:1 int:3 term:3'
else
  stride=2
  walks="alloc:$step alloc+:$((4 * step)) read:1 write:1 open:1 open+:2 rename:1 process:1
    interrupt:1 short+:40 int:$step term:$((4 * step))"
fi
[ -z "$asked" ] || walks=$asked
scenario univar . her2-univar 'g ~ x + c' --codebook=../in/book.csv ../in/cohort.csv
scenario 'univar, files' 'tables/tests.csv f.svg f.pdf page.html out.json' \
  her2-univar 'g ~ x + c' --effects --tables=tables --figure=f.svg --figure=f.pdf \
  -o out.json -o page.html ../in/cohort.csv.gz
scenario 'univar, missing' . her2-univar -q 'g ~ x + x_1' --missing --codebook=../in/codes.csv \
  ../in/gaps.csv
scenario 'univar, statistical file' out.txt her2-univar 'sex ~ age' -o out.txt ../in/cohort.sav
scenario icc out.csv her2-icc '~ x_1 + x_2' --format=csv -o out.csv ../in/cohort.csv
scenario multivar 'model.json out.json' her2-multivar -q 'y ~ x + g' --save=model.json \
  --select=backward --stay=0.9 -o out.json ../in/cohort.csv
scenario 'multivar, Firth' . her2-multivar -q 'y ~ x' --firth --ci=profile \
  --format=json ../in/cohort.csv
scenario 'multivar, impute' 'model.json out.txt' her2-multivar -q 'y ~ x + x_1' --impute=2 \
  --impute-iterations=2 --codebook=../in/codes.csv --save=model.json -o out.txt ../in/gaps.csv
scenario predict out.csv her2-predict --model=../in/model.json -o out.csv ../in/cohort.csv
scenario 'predict, statistical file' out.sav her2-predict --model=../in/model.json -o out.sav \
  ../in/cohort.csv
scenario nomogram 'page.html f.svg out.txt' her2-nomogram -q --html=page.html --figure=f.svg \
  -o out.txt ../in/model.json
scenario audit out.html her2-audit --published=../in/published -o out.html
scenario simulate 'book.csv out.csv' her2-simulate --published=../in/published \
  --codebook-output=book.csv -o out.csv
scenario roc 'f.svg out.json' her2-roc -q 'y ~ x + x_1' --bootstrap=10 --figure=f.svg \
  -o out.json ../in/cohort.csv
scenario calib 'f.svg out.json' her2-calib -q 'y ~ x' --bootstrap=5 --figure=f.svg \
  -o out.json ../in/cohort.csv
scenario 'calib, impute' . her2-calib -q 'y ~ x + x_1' --impute=2 --impute-iterations=2 \
  --bootstrap=2 --metrics=auc --codebook=../in/codes.csv ../in/gaps.csv
scenario 'calib, replicates' 'replicates out.txt' her2-calib -q 'y ~ x' --bootstrap=2 \
  --metrics=auc --save-replicates=replicates -o out.txt ../in/cohort.csv
scenario 'calib, combine' out.txt her2-calib -q --combine -o out.txt ../in/replicates
scenario dca 'f.svg out.json' her2-dca -q 'y ~ x' --band --bootstrap=5 --thresholds=0.2,0.4 --figure=f.svg \
  -o out.json ../in/cohort.csv
scenario report out.html her2-report -o out.html ../in/univar.json

echo "1..$count"
echo "# $n_runs runs"
exit $failed
