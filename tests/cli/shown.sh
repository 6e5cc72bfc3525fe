# shellcheck shell=sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Pages that show commands with what they print; sourced after tap.sh.

# blocks_of_mdoc FILE, blocks_of_markdown FILE: the literal lines, a form feed behind each block.
blocks_of_mdoc() {
  awk '
    function plain(line) {
      sub(/^\\&/, "", line)
      gsub(/\\\(aq/, "\047", line)
      gsub(/\\e/, "\\", line)
      return line
    }
    /^\.Ed/ { if (inside) print "\f"; inside = 0 }
    inside { print plain($0) }
    /^\.Bd -literal/ { inside = 1 }' "$1"
}
blocks_of_markdown() {
  awk '
    /^    / { print substr($0, 5); inside = 1; next }
    inside { print "\f"; inside = 0 }
    END { if (inside) print "\f" }' "$1"
}

# take_commands: of such blocks shown/N.command and shown/N.output of each line "$ COMMAND", which
# goes on behind a backslash at its end and in a quote that is open; other blocks are left out.
take_commands() {
  mkdir shown
  awk '
    # A backslash at the end, or a quote that is open.
    function continues(line,   copy) {
      copy = line
      if (gsub(/\047/, "", copy) % 2) quoted = !quoted
      return quoted || line ~ /\\$/
    }
    /^\f/ { file = ""; next }
    /^\$ / {
      file = sprintf("shown/%03d", ++n)
      print substr($0, 3) >(file ".command")
      printf "" >(file ".output")
      more = continues($0)
      next
    }
    !file { next }
    more { print >(file ".command"); more = continues($0); next }
    { print >(file ".output") }'
}

# agrees SHOWN GOT: line by line; "..." is any number of lines; a number may differ by one in its
# last digit, or by a billionth, as processors differ.
agrees() {
  awk '
    function numbers(line, list,   n) {
      for (n = 0; match(line, /[0-9]+(\.[0-9]+)?(e[-+]?[0-9]+)?/); line = substr(line, RSTART + RLENGTH))
        list[++n] = substr(line, RSTART, RLENGTH)
      return n
    }
    function words(line) { gsub(/[0-9]+(\.[0-9]+)?(e[-+]?[0-9]+)?/, "#", line); return line }
    function close_to(a, b,   digits, d) {
      digits = index(a, ".") && a !~ /e/ ? length(a) - index(a, ".") : 0
      d = a - b < 0 ? b - a : a - b
      return d == 0 || (digits && digits == length(b) - index(b, ".") && d < 1.5 * 10 ^ -digits) || \
        d <= 1e-9 * (a < 0 ? -a : a)
    }
    function same(a, b,   k, i, x, y) {
      if (a == b) return 1
      if (words(a) != words(b)) return 0
      k = numbers(a, x)
      numbers(b, y)
      for (i = 1; i <= k; i++) if (!close_to(x[i], y[i])) return 0
      return 1
    }
    FNR == NR { shown[++n] = $0; next }
    { got[++m] = $0 }
    END {
      for (i = j = 1; i <= n; i++) {
        if (shown[i] == "...") { if (i == n) { j = m + 1; break } anywhere = 1; continue }
        while (anywhere && j <= m && !same(shown[i], got[j])) j++
        if (j > m || !same(shown[i], got[j])) {
          print "# shown: " shown[i]
          print "# got:   " (j > m ? "(no such line)" : got[j])
          exit 1
        }
        anywhere = 0
        j++
      }
      if (j <= m) { print "# not shown: " got[j]; exit 1 }
    }' "$1" "$2"
}

# run_commands: each of them in order, in this shell, held against what is shown.
run_commands() {
  for command in shown/*.command; do
    output=${command%.command}.output
    eval "$(cat "$command")" >"$tap_folder/got" 2>&1 </dev/null
    agrees "$output" "$tap_folder/got" >why
    ok $? "$(tr '\n' ' ' <"$command")"
    cat why
  done
}
