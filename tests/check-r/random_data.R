# SPDX-License-Identifier: GPL-3.0-or-later
# One random data set: 4 to 200 rows; ties, missing values, rare levels, constant columns, skewed
# and discrete values, common offsets, extreme scales, effects from none to separation.
#
# $data holds what the file holds.  $plain holds the quantities without their offset and scale,
# which are whole numbers and powers of two, so that nothing is rounded: R's functions lose digits
# to an offset that ours keep, and overflow in fourth powers.  value = offset + scale * plain.

one_of <- function(...) {
  choice <- list(...)
  choice[[sample.int(length(choice), 1)]]
}

make_shape <- function(n) {
  switch(sample(c("normal", "skewed", "count", "few", "rounded", "heavy", "uniform", "two",
                  "constant", "nearly"), 1,
                prob = c(6, 3, 2, 2, 3, 1, 2, 1, 0.5, 0.5)),
    normal = rnorm(n),
    skewed = exp(rnorm(n)),
    count = rpois(n, one_of(0.5, 3, 30)),
    few = sample(0:3, n, TRUE),
    rounded = round(rnorm(n), one_of(0, 1, 2)),
    heavy = rt(n, 2),
    uniform = runif(n),
    two = sample(c(1, 2.5), n, TRUE),
    constant = rep(7, n),
    nearly = c(1, rep(0, n - 1))[sample.int(n)])
}

holes <- function(x, share) {
  gone <- runif(length(x)) < share
  if (all(gone)) gone[1] <- FALSE
  x[gone] <- NA
  x
}

make_category <- function(n, k) {
  level <- c("A", "B", "C", "D", "E")[1:k]
  share <- one_of(rep(1, k), c(20, rep(1, k - 1)), rexp(k) + 0.02)
  sample(level, n, TRUE, share)
}

make_set <- function(seed, i) {
  set.seed(1000003 * seed + i, kind = "Mersenne-Twister", normal.kind = "Inversion",
           sample.kind = "Rejection")
  n <- round(exp(runif(1, log(4), log(200))))
  k <- sample(2:4, 1, prob = c(0.5, 0.3, 0.2))
  share <- one_of(0, 0, 0.03, 0.25)
  group <- sample(c("beta", "delta", "gamma", "omega")[1:k], n, TRUE,
                  one_of(rep(1, k), rexp(k) + 0.1))
  plain <- list()
  offset <- scale <- numeric()
  latent <- rnorm(n)
  for (v in paste0("x", 1:4)) {
    x <- make_shape(n)
    if (runif(1) < 0.5) x <- x + one_of(0.5, 2, 8) * match(group, sort(unique(group)))
    if (runif(1) < 0.3) x <- x + latent
    # To 2^-30, so that an offset can be added exactly.
    x <- round(x * 2^30) / 2^30
    offset[v] <- one_of(0, 0, 0, 0, 0, 1e3, -123456)
    scale[v] <- one_of(1, 1, 1, 1, 1, 1, 2^20, 2^-20, 2^300, 2^-300)
    plain[[v]] <- holes(x, share)
  }
  data <- data.frame(group = group, y = NA)
  # An outcome that depends on the quantities, weakly, strongly or so that it separates.
  standard <- function(x) {
    x <- ifelse(is.na(x), mean(x, na.rm = TRUE), x)
    if (sd(x) > 0) (x - mean(x)) / sd(x) else 0 * x
  }
  slope <- one_of(0, 0.5, 1, 1, 2, 20)
  eta <- one_of(0, 0, -1.5, 1) + slope * (standard(plain$x1) + 0.5 * standard(plain$x2)) / 1.2
  data$y <- rbinom(n, 1, plogis(eta))
  if (length(unique(data$y)) == 1) data$y[1] <- 1 - data$y[1]
  data$group <- holes(data$group, one_of(0, 0, 0.05))
  for (v in names(plain)) data[[v]] <- (offset[[v]] + plain[[v]]) * scale[[v]]
  data$c1 <- holes(make_category(n, sample(1:5, 1, prob = c(0.3, 3, 3, 2, 1))), share)
  data$c2 <- holes(make_category(n, sample(2:3, 1)), share)
  # Risks: of the model that made the outcome, or far from it, some of them 0, 1 or tied.
  risk <- plogis(one_of(0, 0, 1) + one_of(1, 0.5, 2, 1) * eta + one_of(0, 0.3, 1) * rnorm(n))
  if (runif(1) < 0.3) risk <- round(risk, one_of(1, 2, 3))
  data$p <- holes(risk, share / 2)
  data$q <- plogis(one_of(0, 1) * eta + rnorm(n))
  # Three readers of a quantity and of a category.
  truth <- one_of(1, 1, 0) * make_shape(n)
  spread <- one_of(1, 0.3, 0.05, 0)
  bias <- one_of(0, 0, 0.2, 1)
  for (r in 1:3) {
    reading <- truth + bias * (r == 2) + spread * rnorm(n)
    data[[paste0("r_", r)]] <- holes(round(reading * 2^30) / 2^30, share / 2)
  }
  level <- make_category(n, sample(2:4, 1))
  for (r in 1:3) {
    changed <- runif(n) < one_of(0.1, 0.4, 1)
    data[[paste0("k_", r)]] <- holes(ifelse(changed, sample(level), level), share / 2)
  }
  ordinal <- sample(1:4, n, TRUE, one_of(rep(1, 4), c(8, 2, 1, 1)))
  for (r in 1:2) {
    o <- pmin(pmax(ordinal + sample(-1:1, n, TRUE, c(1, one_of(2, 8), 1)), 1), 4)
    data[[paste0("o_", r)]] <- holes(o, share / 2)
  }
  data[["o_3"]] <- NULL
  list(name = sprintf("s%04d", i), number = i, n = n, k = k, data = data, plain = as.data.frame(plain),
       offset = offset, scale = scale)
}

write_set <- function(set, file) {
  text <- lapply(set$data, function(x)
    ifelse(is.na(x), "NA", if (is.numeric(x)) sprintf("%.17g", x) else x))
  writeLines(c(paste(names(text), collapse = ","), do.call(paste, c(text, sep = ","))), file)
}
