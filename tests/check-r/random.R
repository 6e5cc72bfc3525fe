# SPDX-License-Identifier: GPL-3.0-or-later
# Random small data sets: runs the commands on them and holds every number that they print
# against plain R.  Started by random.sh:
#
#   Rscript random.R SRCDIR BUILDDIR FOLDER SEED FIRST N PARTS
#
# All data sets are written first, then one shell runs all commands, then all is compared: R
# starts once.  The result stays in FOLDER/result.rds for random_sum.R.
options(warn = -1, digits = 17, stringsAsFactors = FALSE)
suppressPackageStartupMessages({
  library(pROC)
  library(rms)
  library(coin)
  library(brglm2)
})
argument <- commandArgs(TRUE)
srcdir <- argument[1]
builddir <- argument[2]
folder <- argument[3]
seed <- as.integer(argument[4])
numbers <- as.integer(argument[5]) + seq_len(as.integer(argument[6])) - 1L
all_parts <- c("univar", "icc", "multivar", "roc", "calib", "dca")
parts <- if (is.na(argument[7]) || argument[7] == "") all_parts else
  strsplit(argument[7], "[ ,]+")[[1]]
dir.create(folder, showWarnings = FALSE, recursive = TRUE)

# ---- comparing ----

tally <- new.env()
findings <- list()
left <- list()

# What cannot be compared, counted by reason.
leave_out <- function(why) left[[why]] <<- (if (is.null(left[[why]])) 0L else left[[why]]) + 1L

# Numbers of one quantity: equal, both undefined, or within relative tolerance `to` or absolute
# tolerance `within`.  where: one text, or one a number.
hold <- function(part, quantity, where, ours, theirs, to = 1e-9, within = 0) {
  ours <- as.numeric(ours)
  theirs <- as.numeric(theirs)
  if (length(ours) != length(theirs))
    stop(part, " ", quantity, " ", where[1], ": ", length(ours), " numbers for ", length(theirs))
  if (!length(ours)) return(invisible())
  none <- is.na(ours) & is.na(theirs)
  same <- !is.na(ours) & !is.na(theirs) & ours == theirs
  difference <- abs(ours - theirs)
  size <- pmax(abs(ours), abs(theirs))
  relative <- difference / size
  relative[none | same | (!is.na(difference) & difference <= within)] <- 0
  bad <- !none & !same & !(is.finite(relative) & relative <= to)
  key <- paste(part, quantity, sep = "\t")
  old <- tally[[key]]
  if (is.null(old)) old <- c(0, 0, 0, 0)
  good <- relative[!bad]
  tally[[key]] <- c(old[1] + sum(!none), old[2] + sum(none), old[3] + sum(bad),
                    max(old[4], good))
  if (any(bad)) {
    where <- rep_len(where, length(ours))
    findings[[length(findings) + 1]] <<-
      data.frame(part = part, quantity = quantity, where = where[bad], ours = ours[bad],
                 theirs = theirs[bad])
  }
}

# The same for texts.
hold_text <- function(part, quantity, where, ours, theirs)
  hold(part, quantity, paste0(where, " ", ours, " for ", theirs),
       as.numeric(ours == theirs | (is.na(ours) & is.na(theirs))), rep(1, length(ours)))

# A table that a run has written; NULL if there is none.
read_table <- function(run, table) {
  file <- file.path(folder, run, paste0(table, ".csv"))
  if (!file.exists(file)) return(NULL)
  lines <- readLines(file)
  if (length(lines) == 1)
    return(as.data.frame(sapply(strsplit(lines, ",")[[1]], function(x) numeric(0), simplify = FALSE),
                         check.names = FALSE))
  read.csv(text = lines, check.names = FALSE, na.strings = "", colClasses = NA)
}

# ---- shared ----

# All pairs of 1 ... k in the order (1, 2), (1, 3), ..., (2, 3), ...
pair_list <- function(k) {
  out <- list()
  for (a in seq_len(k - 1)) for (b in (a + 1):k) out[[length(out) + 1]] <- c(a, b)
  out
}

# How often each value occurs: table() would join those that agree in 15 digits.
tie_sizes <- function(x) tabulate(match(x, unique(x)))

# The tie-corrected normal deviate of Mann and Whitney's U.
rank_z <- function(x, y, corrected) {
  n <- length(x) + length(y)
  ties <- tie_sizes(c(x, y))
  v <- length(x) * length(y) / 12 * (n + 1 - sum(ties^3 - ties) / (n * (n - 1)))
  d <- sum(rank(c(x, y))[seq_along(x)]) - length(x) * (length(x) + 1) / 2 -
    length(x) * length(y) / 2
  if (v <= 0) return(NA)
  (d - if (corrected) sign(d) / 2 else 0) / sqrt(v)
}

# Rows of a table.
row_of <- function(...) {
  r <- list(...)
  r[vapply(r, length, 1L) == 0] <- NA
  r
}
bind_rows <- function(rows) {
  if (!length(rows)) return(NULL)
  names <- names(rows[[1]])
  structure(setNames(lapply(names, function(v) unlist(lapply(rows, `[[`, v), use.names = FALSE)),
                     names), class = "data.frame", row.names = seq_along(rows))
}

# ---- the data and the runs ----

source(file.path(srcdir, "tests/check-r/random_data.R"))
for (part in all_parts) source(file.path(srcdir, "tests/check-r", paste0("random_", part, ".R")))

sets <- lapply(numbers, function(i) make_set(seed, i))
Sys.setenv(OMP_NUM_THREADS = "1")
script <- file(file.path(folder, "runs.sh"), "w")
writeLines(c(
  paste0("cd '", folder, "' || exit 1"),
  "run() {",
  "  d=$1 c=$2",
  "  shift 2",
  "  mkdir -p \"$d\"",
  paste0("  '", builddir, "'/her2-$c \"$@\" -q >\"$d/stdout\" 2>\"$d/stderr\""),
  "  echo \"$d $?\"",
  "}"), script)
n_runs <- 0
for (set in sets) {
  dir.create(file.path(folder, set$name), showWarnings = FALSE)
  write_set(set, file.path(folder, set$name, "data.csv"))
  for (part in parts) {
    lines <- get(paste0(part, "_runs"))(set)
    n_runs <- n_runs + length(lines)
    writeLines(lines, script)
  }
}
close(script)
started <- proc.time()[[3]]
system(paste0("sh '", folder, "/runs.sh' >'", folder, "/status'"))
cat(sprintf("commands: %.1f s\n", proc.time()[[3]] - started))
status <- read.table(file.path(folder, "status"), col.names = c("run", "status"))
status <- setNames(status$status, status$run)

for (part in parts) {
  started <- proc.time()[[3]]
  compare <- get(paste0(part, "_compare"))
  for (set in sets) tryCatch(compare(set), error = function(e) {
    findings[[length(findings) + 1]] <<-
      data.frame(part = part, quantity = "comparison", ours = NA, theirs = NA,
                 where = paste0(set$name, ": ", conditionMessage(e), " in ",
                                paste(deparse(conditionCall(e)), collapse = " ")))
  })
  cat(sprintf("%s: %.1f s\n", part, proc.time()[[3]] - started))
}

keys <- ls(tally)
values <- t(vapply(keys, function(k) tally[[k]], numeric(4)))
split_keys <- do.call(rbind, strsplit(keys, "\t"))
saveRDS(list(
  tally = data.frame(part = split_keys[, 1], quantity = split_keys[, 2], numbers = values[, 1],
                     undefined = values[, 2], differ = values[, 3], worst = values[, 4]),
  findings = do.call(rbind, findings),
  left = if (length(left)) data.frame(why = names(left), n = unlist(left)) else NULL,
  n_sets = length(sets), n_runs = n_runs), file.path(folder, "result.rds"))
