# SPDX-License-Identifier: GPL-3.0-or-later
# Joins what the processes of random.R have found: FOLDER/?/result.rds.  Status 1 if R and we differ.
folder <- commandArgs(TRUE)[1]
found <- lapply(Sys.glob(file.path(folder, "?", "result.rds")), readRDS)
if (!length(found)) stop("no results")
tally <- do.call(rbind, lapply(found, `[[`, "tally"))
tally <- tally[order(tally$part), ]
sums <- aggregate(cbind(numbers, undefined, differ) ~ part + quantity, tally, sum)
worst <- aggregate(worst ~ part + quantity, tally, max)
sums <- merge(sums, worst)
findings <- do.call(rbind, lapply(found, `[[`, "findings"))
left <- do.call(rbind, lapply(found, `[[`, "left"))
if (!is.null(left)) {
  left <- aggregate(n ~ why, left, sum)
  for (i in seq_len(nrow(left))) cat(sprintf("left out: %s (%d)\n", left$why[i], left$n[i]))
}
n_findings <- if (is.null(findings)) 0 else nrow(findings)
if (n_findings) {
  shown <- ave(seq_len(n_findings), findings$part, findings$quantity, FUN = seq_along) <= 3
  for (i in which(shown)) with(findings[i, ], cat(sprintf(
    "not ok %s %s: %s: here %.17g, R %.17g\n", part, quantity, where, ours, theirs)))
}
for (part in unique(sums$part)) {
  s <- sums[sums$part == part, ]
  cat(sprintf("%-12s %8d numbers, %7d undefined in both, %5d differ\n", part, sum(s$numbers),
              sum(s$undefined), sum(s$differ)))
  if (nzchar(Sys.getenv("VERBOSE"))) for (i in order(-s$worst))
    cat(sprintf("    %-40s %7d %6d %5d  %.1e\n", s$quantity[i], s$numbers[i], s$undefined[i],
                s$differ[i], s$worst[i]))
}
# A comparison that ended in an error is a finding and no number.
cat(sprintf("%d data sets, %d runs of the commands, %d numbers, %d undefined in both, %d differ\n",
            sum(sapply(found, `[[`, "n_sets")), sum(sapply(found, `[[`, "n_runs")),
            sum(sums$numbers), sum(sums$undefined), n_findings))
if (n_findings) quit(status = 1)
