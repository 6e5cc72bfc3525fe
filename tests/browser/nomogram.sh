#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# her2-nomogram's page in a real browser: nomogram.sh SRCDIR, commands on PATH.
# Prints TAP, or SKIP and why.
set -eu
srcdir=$(cd "$1" && pwd)
for program in chromium chromedriver python3; do
  command -v "$program" >/dev/null || {
    echo "SKIP check-browser: $program is not here (Debian: chromium, chromium-driver, python3)"
    exit 0
  }
done
folder=$(mktemp -d "${TMPDIR:-/tmp}/her2-browser.XXXXXX")
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export LC_ALL=C
export HER2_CODEBOOK="$srcdir/datasets/rotterdam.codebook.csv"

# Every kind of term, two interactions, a hundred patients of the cohort.
her2-multivar 'event5 = 1 ~ rcs(age, 4) + size + grade + log(pgr_1) + sqrt(er) + nodes/10 + year/sd
  + meno*hormon + hormon:chemo' --derive='pgr_1 = pgr + 1' --save=full.json --quiet \
  "$srcdir/datasets/rotterdam.csv" >/dev/null
awk 'NR == 1 || (NR % 29 == 0 && n++ < 100)' "$srcdir/datasets/rotterdam.csv" >patients.csv
her2-predict --model=full.json --level=0.9 --quiet patients.csv >predicted.csv
her2-nomogram --html=full.html --level=0.9 --quiet full.json >/dev/null

# Labels that are not kind.
unset HER2_CODEBOOK
cat >hostile.json <<'JSON'
{"format": "her2-model", "version": 1, "name": "</title><script>pwned = 1</script>",
 "outcome": {"variable": "her2", "event": ["\"over\" <b>"]},
 "variables": [
  {"name": "</script><script>pwned = 2</script>", "type": "numeric", "range": [0, 1],
   "label": "</script><script>pwned = 3</script><!-- \u2028 \u2029 \\ \" ' &amp;",
   "unit": "\" onfocus=\"pwned = 4"},
  {"name": "b", "type": "categorical", "levels": ["<img src=x onerror=pwned=5>", "]]>", "--><b>"],
   "labels": ["<img src=x onerror=pwned=6>", "' onclick='pwned=7", "--><b>"],
   "reference": "<img src=x onerror=pwned=5>"},
  {"name": "site", "type": "categorical",
   "levels": ["s1", "s2", "s3", "s4", "s5", "s6", "</select><script>pwned = 8</script>"],
   "reference": "s1"}],
 "terms": ["`</script><script>pwned = 2</script>`", "b", "site"],
 "coefficients": {"Intercept": -1, "`</script><script>pwned = 2</script>`": 2,
  "b=]]>": 0.5, "b=--><b>": 1, "site=s2": 0.1, "site=s3": 0.2, "site=s4": 0.3, "site=s5": 0.4,
  "site=s6": 0.5, "site=</select><script>pwned = 8</script>": 0.6}}
JSON
her2-nomogram --html=hostile.html --quiet hostile.json >/dev/null
python3 "$srcdir/tests/browser/nomogram.py" "$folder"
