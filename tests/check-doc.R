# SPDX-License-Identifier: GPL-3.0-or-later
# Runs what stands in a comparison page: blocks ```r, ```sh and ```spss in their order, and each
# row `THEIRS` | `OURS` | `WHERE` = `TABLE/COLUMN[CONDITION,...]` to TOLERANCE, ...
#
#   Rscript check-doc.R PAGE             in a folder with the data sets
page <- readLines(commandArgs(trailingOnly = TRUE)[1])
their <- globalenv()
has_pspp <- nzchar(Sys.which("pspp"))
spss_setup <- shell_setup <- character()
done <- failed <- skipped <- 0

say <- function(...) cat(sprintf(...), "\n", sep = "")
fail <- function(...) {
  failed <<- failed + 1
  say(...)
}

shell <- function(command) {
  writeLines(c("set -e", shell_setup, command), "command.sh")
  status <- system2("sh", "command.sh", stdout = "out", stderr = "err", stdin = "/dev/null")
  if (status != 0) fail("%s: status %d: %s", command, status, paste(readLines("err"), collapse = " "))
  status == 0
}

run_block <- function(language, lines) {
  if (language == "spss") {
    spss_setup <<- lines
  } else if (language == "r") {
    eval(parse(text = lines), their)
  } else {
    exports <- grepl("^export ", lines)
    shell_setup <<- c(shell_setup, lines[exports])
    for (line in lines[!exports]) shell(line)
  }
}

# The value of TABLE/COLUMN[CONDITION,...]: of the first row that meets all.
our_value <- function(command, address) {
  parts <- regmatches(address, regexec("^([a-z_.]+)/([a-z0-9.]+)(\\[(.*)\\])?$", address))[[1]]
  if (!length(parts)) stop("no address: ", address)
  if (parts[2] != "output")
    command <- paste0(command, " --quiet --format=csv --table=", parts[2])
  if (!shell(command)) return(NA)
  table <- read.csv("out", colClasses = "character", check.names = FALSE)
  conditions <- strsplit(parts[5], ",")[[1]]
  if (parts[2] == "fit") {
    conditions <- paste0("metric=", parts[3])
    parts[3] <- "estimate"
  }
  for (condition in conditions) {
    side <- strsplit(condition, "=")[[1]]
    table <- table[table[[side[1]]] == side[2], , drop = FALSE]
  }
  if (is.null(table[[parts[3]]]) || nrow(table) == 0) {
    fail("%s: there is no %s", command, address)
    return(NA)
  }
  as.numeric(table[[parts[3]]][1])
}

compare <- function(name, theirs, ours, tolerance) {
  done <<- done + 1
  if (anyNA(ours) || anyNA(theirs) || length(theirs) != length(ours) ||
      any(abs(theirs - ours) > tolerance * pmax(abs(theirs), 1e-300)))
    fail("%s: %s there, %s here (to %g)", name, paste(format(theirs, digits = 12), collapse = " "),
         paste(format(ours, digits = 12), collapse = " "), tolerance)
}

# `2.59` of the row that begins with "Pearson Chi-Square": printed there, and ours rounded to it.
compare_printed <- function(output, where, ours) {
  done <<- done + 1
  number <- sub("^.* ", "", where)
  row <- sub(" [^ ]*$", "", where)
  digits <- nchar(sub("^[^.]*\\.?", "", number))
  if (is.na(ours) || abs(as.numeric(number) - ours) > 0.5 * 10^-digits + 1e-9)
    fail("%s: %s here", where, format(ours, digits = 12))
  if (is.null(output)) return(invisible())
  # A row's label may stand above it, once for a block.
  cells <- strsplit(output, ",", fixed = TRUE)
  label <- ""
  found <- FALSE
  for (line in cells) {
    if (length(line) && any(nzchar(line))) {
      first <- line[nzchar(line)][1]
      if (nzchar(line[1]) || (length(line) > 1 && nzchar(line[2]))) label <- line[nzchar(line)]
    }
    if ((row %in% label || row %in% line) && number %in% line) found <- TRUE
  }
  if (!found) fail("%s: PSPP does not print it", where)
}

run_row <- function(language, cell) {
  code <- lapply(cell, function(x) gsub("`", "", regmatches(x, gregexpr("`[^`]*`", x))[[1]]))
  theirs <- code[[1]][1]
  ours <- code[[2]][1]
  output <- NULL
  if (language == "spss" && has_pspp) {
    # A command a line: those behind the first begin with a capital after a full stop.
    commands <- strsplit(theirs, "(?<=\\.) (?=[A-Z])", perl = TRUE)[[1]]
    writeLines(c(spss_setup, commands), "syntax.sps")
    system2("pspp", c("syntax.sps", "-O", "format=csv", "-o", "printed.csv"), stdout = FALSE,
            stderr = FALSE)
    output <- readLines("printed.csv")
  } else if (language == "r") {
    assign("r", tryCatch(suppressMessages(suppressWarnings(eval(parse(text = theirs), their))),
                         error = function(e) {
                           fail("%s: %s", theirs, conditionMessage(e))
                           NULL
                         }), their)
    if (is.null(their$r)) return(invisible())
  }
  # WHERE = ADDRESS ... to TOLERANCE
  pattern <- "`([^`]*)` = ((`[^`]*` ?)+)(to ([0-9.e-]+))?"
  pairs <- regmatches(cell[3], gregexpr(pattern, cell[3]))[[1]]
  if (!length(pairs)) fail("%s: nothing is compared", theirs)
  for (pair in pairs) {
    part <- regmatches(pair, regexec(pattern, pair))[[1]]
    address <- gsub("`", "", regmatches(part[3], gregexpr("`[^`]*`", part[3]))[[1]])
    value <- vapply(address, function(a) our_value(ours, a), 0)
    if (language == "spss") {
      compare_printed(output, part[2], value)
    } else {
      wanted <- suppressMessages(suppressWarnings(eval(parse(text = part[2]), their)))
      compare(paste(theirs, part[2]), as.numeric(wanted), value,
              if (nzchar(part[6])) as.numeric(part[6]) else 1e-8)
    }
  }
}

block <- NULL
language <- ""
row_of <- ""
for (line in page) {
  if (grepl("^```", line)) {
    if (is.null(block)) {
      language <- sub("^```", "", line)
      block <- character()
    } else {
      run_block(language, block)
      block <- NULL
    }
  } else if (!is.null(block)) {
    block <- c(block, line)
  } else if (grepl("^\\| (R|SPSS) \\|", line)) {
    row_of <- tolower(sub("^\\| (R|SPSS) .*", "\\1", line))
  } else if (grepl("^\\| `", line)) {
    cell <- strsplit(sub("^\\| ", "", line), " \\| ")[[1]]
    # A package that is not here takes its rows with it.
    packages <- sub("::$", "", regmatches(cell[1], gregexpr("[A-Za-z0-9.]+::", cell[1]))[[1]])
    if (row_of == "r" && !all(vapply(packages, requireNamespace, TRUE, quietly = TRUE))) {
      say("SKIP %s", cell[1])
      skipped <- skipped + 1
    } else run_row(row_of, cell)
  }
}
if (!has_pspp) say("SKIP PSPP is not here: SPSS's numbers are held against what the page prints")
say("check-doc: %d numbers compared, %d differ, %d rows skipped", done, failed, skipped)
quit(status = failed > 0)
