# SPDX-License-Identifier: GPL-3.0-or-later
# The terms that R makes of a formula: key the right-hand side, one number a term, the sum of
# 2^i over its columns (a is 0, b is 1, ...), in the order of R's default (by degree).

set.seed(20240613, kind = "Mersenne-Twister", normal.kind = "Inversion", sample.kind = "Rejection")
columns <- letters[1:6]

labels_of <- function(text) attr(terms(as.formula(text)), "term.labels")
code <- function(label) sum(2^(match(strsplit(label, ":", fixed = TRUE)[[1]], columns) - 1))

product <- function() {
  used <- sample(columns, sample(1:4, 1, prob = c(4, 4, 2, 1)))
  paste0(used, c(sample(c(":", "*", " * ", " : "), length(used) - 1, replace = TRUE), ""),
         collapse = "")
}

random_formula <- function() {
  text <- paste0("~ ", product())
  for (i in seq_len(sample(0:4, 1))) {
    present <- labels_of(text)
    if (length(present) > 1 && runif(1) < 0.3)
      text <- paste0(text, " - ", sample(present, 1))
    else
      text <- paste0(text, " + ", product())
  }
  text
}

fixed <- c("~ a*b*c", "~ a*b + c*d", "~ a:b + a", "~ a*b*c - a:b", "~ b:a*c + d",
           "~ a + b - a + c*a", "~ a*b:c*d - a:d", "~ b + a + a:b + b:a + c:a:b",
           "~ a*b - a*b + c + b:d:a", "~ a*b*c*d*e*f", "~ a*b*c*d*e*f - a:b:c:d:e:f")

cat("# Terms of model formulas: terms() of package stats\n")
cat("# ", R.version.string, "\n", sep = "")
cat("# tests/reference/generate/formula.R\n")
for (text in unique(c(fixed, replicate(150, random_formula()))))
  cat(text, "\t", paste(vapply(labels_of(text), code, 0), collapse = " "), "\n", sep = "")
