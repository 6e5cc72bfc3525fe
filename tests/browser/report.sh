#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# her2-report's pages in a real browser: report.sh SRCDIR, commands on PATH.
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
cp "$srcdir/datasets/rotterdam.csv" .

# A figure of many panels, a wide table, a long one, the same figure twice.
her2-univar 'grade ~ age + meno + size + nodes + pgr + er + event5' --quiet --format=json \
  --output=groups.json --figure=groups.svg rotterdam.csv
her2-multivar 'event5 = 1 ~ age + size + grade + nodes/10 + hormon' --quiet --format=json \
  --output=model.json --figure=forest.svg --save=nomogram.json --tables=tables rotterdam.csv
her2-nomogram --quiet --format=json --output=points.json --figure=nomogram.svg nomogram.json
sed 200q rotterdam.csv >first.csv
cat >notes.md <<'END'
# Five years without recurrence

See [the groups](groups.json), [Figure 1](groups.svg) and [the model](#the-model-its-odds).

## Groups

[Table 1](groups.json)

![Figure 1. Groups, simulated](groups.svg)

## The model: its odds

[Table 2](model.json)
![Figure 2. Odds ratios](forest.svg)

### Points

[Table 3](points.json)

![Figure 3. Nomogram](nomogram.svg)

    $ her2-nomogram --a-line-that-is-much-too-long --for-a-phone=and-does-not-break --at-all nomogram.json

## Rows

[The first rows](first.csv)

An_unbreakable_word_that_is_longer_than_the_whole_width_of_a_phone_and_then_some_more_of_it.
END
her2-report -o page.html notes.md 'forest.svg=Figure 2 again'
# Tables to be read.
awk 'BEGIN { print "Item,What a checklist asks of such a study,Here"
  for (i = 1; i < 40; i++) print i ",What the item with this number asks of the authors in a sentence," \
    (i % 3 ? "for the author to state" : "\"a longer answer, of which there are many, with 1.5 (0.9 to 2.1)\"") }' \
  >checklist.csv
sed '1s/$/,Page/; 2,$s/$/,12/' checklist.csv >pages.csv
her2-report -o text.html checklist.csv pages.csv

# Figures and notes that are not kind.
cat >a.svg <<'END'
<svg xmlns="http://www.w3.org/2000/svg" xmlns:l="http://www.w3.org/1999/xlink" width="300" height="90"
  onload="pwned=1" style="position:fixed; top:0; left:0; width:100%; height:100%; z-index:9">
  <style>rect { fill: rgb(1,2,3) } * { stroke: none } body, figure, p { display: none }
    #a { opacity: 1 } @import "http://127.0.0.1:9/x.css";</style>
  <script>pwned=2</script>
  <rect id="a" width="290" height="80" onclick="pwned=3"/>
  <a l:href="javascript:pwned=4"><text x="20" y="40" fill="white">&lt;img src=x onerror=pwned=5&gt;</text></a>
  <foreignObject width="9" height="9"><img xmlns="http://www.w3.org/1999/xhtml" src="x" onerror="pwned=6"/></foreignObject>
  <image l:href="http://127.0.0.1:9/x.png" width="9" height="9"/>
  <set attributeName="href" to="javascript:pwned=7"/>
  <title>&lt;/title&gt;&lt;script&gt;pwned=8&lt;/script&gt;</title>
</svg>
END
cat >b.svg <<'END'
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 90">
  <style>rect { fill: rgb(4,5,6) }</style>
  <rect id="a" width="290" height="80"/>
</svg>
END
cat >hostile.md <<'END'
# <script>pwned=9</script> "title" & 'quotes'

<script>pwned=10</script> <img src=x onerror=pwned=11> [x](javascript:pwned=12)

<div onclick="pwned=13">
<iframe src="javascript:pwned=14"></iframe>
</div>

## </title><script>pwned=15</script>

![</p><script>pwned=16</script>](a.svg)
![" onload="pwned=17](b.svg)
END
sed 's/"Comparison of groups[^"]*"/"<\/p><script>pwned=18<\/script>"/; s/"her2-univar"/"<img src=x onerror=pwned=19>"/' \
  groups.json >hostile.json
printf 'a,"<script>pwned=20</script>"\n1,"<img src=x onerror=pwned=21>"\n' >hostile.csv
her2-report --quiet -o hostile.html hostile.md hostile.json 'hostile.csv="><script>pwned=22</script>'

# A picture of 1 by 1 pixel, embedded.
cat >png.svg <<'END'
<svg xmlns="http://www.w3.org/2000/svg" width="200" height="100"><image width="100" height="100" href="data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="/></svg>
END
her2-report -o png.html png.svg
python3 "$srcdir/tests/browser/report.py" "$folder"
