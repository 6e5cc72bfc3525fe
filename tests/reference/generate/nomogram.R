# SPDX-License-Identifier: GPL-3.0-or-later
# Writes tests/reference/nomogram.tsv: points, totals and risks of rms::nomogram.
#   Rscript nomogram.R > ../nomogram.tsv
# The models stand in the file as her2 model files, in lines "#model NAME<tab>JSON".
suppressPackageStartupMessages(library(rms))
digits <- function(x) sprintf("%.17g", x)
put <- function(key, x) cat(key, "\t", paste(digits(x), collapse = " "), "\n", sep = "")

cat("# Nomograms by", R.version.string, "and rms", as.character(packageVersion("rms")), "\n")
cat("# Made by generate/nomogram.R: lrm fits to generated data; nomogram with the settings\n")
cat("# listed as values, maxscale 100.  AXIS.value (numbers, or level indices from 0),\n")
cat("# AXIS.points; lp.value (linear predictor), lp.points (total points).\n")

set.seed(20)
n <- 400
d <- data.frame(
  age = round(runif(n, 25, 88)), adc = round(exp(rnorm(n, 0.1, 0.25)), 3),
  x = round(rnorm(n), 2), z = round(rgamma(n, 2, 0.1), 1),
  size = factor(sample(c("small", "middle", "large"), n, TRUE), c("small", "middle", "large")),
  sex = factor(sample(c("f", "m"), n, TRUE)))
d$y <- rbinom(n, 1, plogis(-0.5 + 0.0015 * (d$age - 55)^2 - 1.5 * log(d$adc) + 0.5 * d$x -
  0.2 * sqrt(d$z) + 0.6 * (d$size == "large") + 0.02 * (d$sex == "m") * (d$age - 50)))
dd <- datadist(d)
options(datadist = "dd")

# A setting that has the ends of the range, some values between, and where the effect turns.
grid <- function(name, effect = NULL) {
  range <- range(d[[name]])
  at <- seq(range[1], range[2], length.out = 9)
  if (is.null(effect)) return(at)
  fine <- seq(range[1], range[2], length.out = 2001)
  f <- effect(fine)
  for (i in which(diff(sign(diff(f))) != 0)) {
    low <- fine[i]; high <- fine[i + 2]
    at <- c(at, optimize(effect, c(low, high), maximum = f[i + 1] > f[i], tol = 1e-12)[[1]])
  }
  sort(at)
}

json_numbers <- function(x) paste0("[", paste(digits(x), collapse = ", "), "]")

# names: R's coefficient names -> the file's
put_model <- function(name, fit, terms, variables, rename) {
  b <- coef(fit)
  shown <- rename(names(b))
  shown[1] <- "Intercept"
  described <- sapply(variables, function(v)
    if (is.factor(d[[v]]))
      paste0('{"name": "', v, '", "type": "categorical", "reference": "',
             levels(d[[v]])[1], '", "levels": [',
             paste0('"', levels(d[[v]]), '"', collapse = ", "), "]}")
    else paste0('{"name": "', v, '", "type": "numeric", "range": ',
                json_numbers(range(d[[v]])), "}"))
  cat("#model ", name, "\t{\"format\": \"her2-model\", \"version\": 1, ",
      "\"outcome\": {\"variable\": \"y\", \"event\": [\"1\"]}, \"variables\": [",
      paste(described, collapse = ", "), "], \"terms\": [", paste(terms, collapse = ", "),
      "], \"coefficients\": {",
      paste0("\"", shown, "\": ", digits(b), collapse = ", "), "}}\n", sep = "")
}

put_nomogram <- function(name, nom) {
  for (axis in setdiff(names(nom), c("total.points", "lp"))) {
    set <- nom[[axis]]
    x <- set[[1]]
    key <- paste0(name, ".", sub("\\)", "", sub(" \\(", ".", axis)))
    put(paste0(key, ".value"), if (is.character(x)) seq_along(x) - 1 else x)
    put(paste0(key, ".points"), set$points)
  }
  put(paste0(name, ".lp.value"), nom$lp$x.real)
  put(paste0(name, ".lp.points"), nom$lp$x)
}

# The partial effect of age at a level of sex.
age_effect <- function(fit, adj) function(a) {
  new <- adj[rep(1, length(a)), ]
  new$age <- a
  predict(fit, new)
}
reference_row <- d[1, ]
knots <- function(fit) fit$Design$parms$age
rcs_name <- function(x, k) {
  x <- sub("^age", paste0("rcs(age, ", k, ")"), x)
  sub("\\* age", paste0("* rcs(age, ", k, ")"), x)
}
to_ours <- function(k = NULL) function(x) {
  if (!is.null(k)) x <- rcs_name(x, k)
  x <- sub("^adc$", "log(adc)", sub("^z$", "sqrt(z)", x))
  gsub(" \\* ", ":", x)
}

# Transformations, a spline that turns, a factor.
fit <- lrm(y ~ rcs(age, 4) + log(adc) + x + sqrt(z) + size, data = d)
put_model("plain", fit, c(
  paste0('{"term": "rcs(age, 4)", "knots": {"age": ', json_numbers(knots(fit)), "}}"),
  '"log(adc)"', '"x"', '"sqrt(z)"', '"size"'), c("age", "adc", "x", "z", "size"), to_ours(4))
put_nomogram("plain", nomogram(fit, age = grid("age", age_effect(fit, reference_row)),
  adc = grid("adc"), x = grid("x"), z = grid("z")))

# A spline whose shape depends on a factor.
fit <- lrm(y ~ rcs(age, 3) * sex + x, data = d)
rows <- reference_row[c(1, 1), ]
rows$sex <- factor(c("f", "m"))
put_model("spline_by_sex", fit, c(
  paste0('{"term": "rcs(age, 3)", "knots": {"age": ', json_numbers(knots(fit)), "}}"), '"sex"',
  '"x"',
  paste0('{"term": "rcs(age, 3):sex", "knots": {"age": ', json_numbers(knots(fit)), "}}")),
  c("age", "sex", "x"), to_ours(3))
ages <- sort(unique(c(grid("age", age_effect(fit, rows[1, ])),
                      grid("age", age_effect(fit, rows[2, ])))))
put_nomogram("spline_by_sex", nomogram(fit, age = ages, x = grid("x")))

# Two factors and their interaction.
fit <- lrm(y ~ size * sex + x, data = d)
put_model("factors", fit, c('"size"', '"sex"', '"x"', '"size:sex"'), c("size", "sex", "x"),
          to_ours())
put_nomogram("factors", nomogram(fit, x = grid("x")))
