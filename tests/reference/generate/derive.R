# SPDX-License-Identifier: GPL-3.0-or-later
# Random arithmetic on columns with missing values and zeros: keys `a` to `d` the columns,
# other keys an expression with its values; "zero:" and the expression, the number of rows
# without a missing input that were divided by 0.  R adds, subtracts, multiplies and divides
# doubles as IEEE 754 says, so that every bit must agree.

set.seed(20240614, kind = "Mersenne-Twister", normal.kind = "Inversion", sample.kind = "Rejection")
n <- 40
data <- list(a = round(rnorm(n, 1, 0.3), 3), b = rnorm(n), c = sample(-3:3, n, replace = TRUE),
             d = rexp(n, 1 / 50))
for (name in names(data)) data[[name]][sample(n, 3)] <- NA

zero <- logical(n)
arithmetic <- list(
  "/" = function(x, y) {
    force(x)
    force(y)
    zero <<- zero | (!is.na(y) & rep_len(y, n) == 0)
    z <- x / y
    z[!is.finite(z)] <- NA
    z
  })

expression_text <- function(depth) {
  if (depth == 0 || runif(1) < 0.15)
    return(if (runif(1) < 0.75) sample(names(data), 1) else
             sample(c("2", "0.5", "3.25", "1e3", "1e-2", "100"), 1))
  form <- runif(1)
  if (form < 0.12) return(paste0("-", expression_text(0)))
  if (form < 0.35) return(paste0("(", expression_text(depth - 1), ")"))
  paste0(expression_text(depth - 1), sample(c("+", " - ", "*", " / ", "-", "/"), 1),
         expression_text(depth - 1))
}

show <- function(x) paste(ifelse(is.na(x), "NA", sprintf("%.17g", x)), collapse = " ")

cat("# Arithmetic on doubles, missing for a division by 0\n")
cat("# ", R.version.string, "\n", sep = "")
cat("# tests/reference/generate/derive.R\n")
for (name in names(data)) cat(name, "\t", show(data[[name]]), "\n", sep = "")
fixed <- c("(a-b)/b", "-a*b", "a-b-c", "a/b/c", "a-(b-c)", "a/(b/c)", "a/c", "0/c", "a+b*d-c/d",
           "- -a", "-(a+b)*-c")
texts <- unique(c(fixed, replicate(120, expression_text(5))))
for (text in texts) {
  parsed <- parse(text = text)[[1]]
  if (length(all.vars(parsed)) == 0 || text %in% names(data)) next
  zero <- logical(n)
  value <- eval(parsed, c(data, arithmetic))
  complete <- Reduce(`&`, lapply(data[all.vars(parsed)], function(x) !is.na(x)))
  cat(text, "\t", show(value), "\n", sep = "")
  cat("zero:", text, "\t", sum(zero & complete), "\n", sep = "")
}
