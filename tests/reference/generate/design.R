# SPDX-License-Identifier: GPL-3.0-or-later
# Design matrices: R's model.matrix with treatment contrasts, rms::rcs for splines.
# Keys: the columns of the data; then a formula as her2-tools writes it, with its matrix,
# column after column, without the intercept's ones.

suppressWarnings(suppressMessages(library(rms)))
options(contrasts = c("contr.treatment", "contr.poly"))
set.seed(20261122, kind = "Mersenne-Twister", normal.kind = "Inversion", sample.kind = "Rejection")
n <- 60
data <- data.frame(age = round(rnorm(n, 55, 11)), adc = round(rnorm(n, 1, 0.2), 3),
                   nodes = rexp(n, 0.3), risk = runif(n),
                   site = sample(1:3, n, replace = TRUE), grade = sample(c(1, 2, 3, 5), n, replace = TRUE),
                   arm = sample(0:1, n, replace = TRUE))
show <- function(x) paste(sprintf("%.17g", x), collapse = " ")

cat("# model.matrix (contr.treatment) and rms::rcs\n")
cat("# ", R.version.string, ", rms ", as.character(packageVersion("rms")), "\n", sep = "")
cat("# tests/reference/generate/design.R\n")
for (name in names(data)) cat(name, "\t", show(data[[name]]), "\n", sep = "")

# What her2-tools calls it, and what R does.  The knots are set, so that R's basis is that of
# the whole column inside interactions, too.
knots <- function(k) attr(rcspline.eval(data$age, nk = k, knots.only = FALSE), "knots")
frame <- with(data, list(
  "age" = age, "adc" = adc, "adc/0.1" = adc / 0.1, "age/sd" = age / sd(age),
  "log(nodes)" = log(nodes), "sqrt(nodes)" = sqrt(nodes), "risk(risk)" = risk,
  "rcs(age, 3)" = unclass(rcs(age, 3)), "rcs(age, 4)" = unclass(rcs(age, 4)),
  "rcs(age, 5)" = unclass(rcs(age, 5)),
  "site" = factor(site), "factor(grade)" = factor(grade),
  "factor(grade, ref=3)" = relevel(factor(grade), ref = "3"), "factor(arm)" = factor(arm),
  "arm" = arm))
frame <- lapply(frame, function(x) if (is.matrix(x)) matrix(c(x), nrow(x)) else x)
code <- setNames(paste0("v", seq_along(frame)), names(frame))
symbols <- setNames(frame, code)
name_of <- setNames(names(code), code)

# A model of these terms, each a vector of parts.  R sorts them by their number of parts, which
# decides how factors are coded; `backwards` writes them in the opposite order.
emit <- function(terms, backwards = FALSE) {
  written <- sapply(terms, function(t) paste(code[t], collapse = ":"))
  formula <- as.formula(paste("~", paste(written, collapse = " + ")))
  environment(formula) <- list2env(symbols)
  matrix <- model.matrix(formula)
  labels <- attr(terms(formula), "term.labels")
  ours <- sapply(strsplit(labels, ":"), function(parts) paste(name_of[parts], collapse = ":"))
  order <- seq_along(labels)
  if (backwards) order <- order(-attr(terms(formula), "order"))
  columns <- unlist(lapply(order, function(t) which(attr(matrix, "assign") == t)))
  cat("~ ", paste(ours[order], collapse = " + "), "\t", show(matrix[, columns]), "\n", sep = "")
}

for (name in names(frame)) emit(list(name))
hand <- list(
  list("age", "site", c("age", "site")), list("age", c("age", "site")),
  list("site", c("age", "site")), list(c("age", "site")), list(c("site", "factor(grade)")),
  list("site", c("site", "factor(grade)")), list("factor(grade)", c("site", "factor(grade)")),
  list("site", "factor(grade)", c("site", "factor(grade)")),
  list("rcs(age, 4)", "site", c("rcs(age, 4)", "site")),
  list("rcs(age, 3)", "log(nodes)", c("rcs(age, 3)", "log(nodes)")),
  list("site", "factor(grade, ref=3)", "factor(arm)",
       c("site", "factor(grade, ref=3)", "factor(arm)")),
  list(c("age", "site"), c("age", "factor(arm)")), list(c("site", "factor(arm)"), c("site", "age")))
for (terms in hand) {
  emit(terms)
  if (length(terms) > 1) emit(terms, backwards = TRUE)
}
pool <- c("age", "adc", "log(nodes)", "site", "factor(grade)", "factor(arm)", "rcs(age, 4)")
for (i in 1:40) {
  # One of age and its spline: the products would repeat each other's columns.
  from <- setdiff(pool, sample(c("age", "rcs(age, 4)"), 1))
  terms <- lapply(1:sample(2:5, 1), function(j) sample(from, sample(1:3, 1, prob = c(3, 3, 1))))
  terms <- terms[!duplicated(sapply(terms, function(t) paste(sort(t), collapse = ":")))]
  emit(terms, backwards = i %% 2 == 0)
}
