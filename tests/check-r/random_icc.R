# SPDX-License-Identifier: GPL-3.0-or-later
# her2-icc: three readers of a quantity (psych), of a category, and two of an ordered one.

icc_runs <- function(set) {
  run <- function(name, formula, words = "")
    paste0("run ", set$name, "/", name, " icc '", formula, "' ", set$name, "/data.csv ", words,
           " --tables=", set$name, "/", name)
  c(run("icc", "~ r_1 + r_2 + r_3"),
    run("icc2", "~ r_1 + r_2", "--level=0.9 --limits-multiplier=2"),
    run("kappa", "~ k_1 + k_2 + k_3"),
    run("ordered", "~ factor(o_1) + factor(o_2)"))
}

complete <- function(set, names) {
  x <- set$data[names]
  x[complete.cases(x), , drop = FALSE]
}

icc_reference <- function(x, level, by_psych) {
  n <- nrow(x)
  k <- ncol(x)
  none <- data.frame(type = c("ICC1", "ICC2", "ICC3", "ICC1k", "ICC2k", "ICC3k"), estimate = NA,
                     conf.low = NA, conf.high = NA, statistic = NA, df = NA, df2 = NA, p.value = NA)
  if (n < 2 || min(x) == max(x)) return(none)
  m <- as.matrix(x)
  # psych is slow: every fourth set, else the same formulas (Shrout & Fleiss 1979).
  if (by_psych) r <- psych::ICC(m, lmer = FALSE, alpha = 1 - level)$results else
    return(cbind(type = none$type, shrout_fleiss(x, 1 - level)))
  data.frame(type = none$type, estimate = r$ICC, conf.low = r[["lower bound"]],
             conf.high = r[["upper bound"]], statistic = r$F, df = r$df1, df2 = r$df2,
             p.value = pf(r$F, r$df1, r$df2, lower.tail = FALSE))
}

# The sums of squares, and whether rounding is all that there is of the last ones.
two_way <- function(x) {
  m <- as.matrix(x)
  n <- nrow(m)
  k <- ncol(m)
  residual <- m - outer(rowMeans(m), colMeans(m), "+") + mean(m)
  list(n = n, k = k, e = sum(residual^2), j = n * sum((colMeans(m) - mean(m))^2),
       b = k * sum((rowMeans(m) - mean(m))^2), noise = 1e-26 * sum(m^2) + 1e-300)
}

shrout_fleiss <- function(x, alpha) {
  s <- two_way(x)
  n <- s$n
  k <- s$k
  b <- s$b / (n - 1)
  j <- s$j / (k - 1)
  df2 <- (n - 1) * (k - 1)
  e <- s$e / df2
  w <- (s$e + s$j) / (n * (k - 1))
  f1 <- b / w
  f3 <- b / e
  q <- 1 - alpha / 2
  single <- function(f) (f - 1) / (f + k - 1)
  icc2 <- (b - e) / (b + (k - 1) * e + k * (j - e) / n)
  up1 <- f1 * qf(q, n * (k - 1), n - 1)
  low1 <- f1 / qf(q, n - 1, n * (k - 1))
  up3 <- f3 * qf(q, df2, n - 1)
  low3 <- f3 / qf(q, n - 1, df2)
  c <- k * icc2
  d <- n * (1 + (k - 1) * icc2) - k * icc2
  v <- (c * j + d * e)^2 / ((c * j)^2 / (k - 1) + (d * e)^2 / df2)
  fu <- qf(q, n - 1, v)
  fl <- qf(q, v, n - 1)
  low2 <- n * (b - fu * e) / (fu * (k * j + (k * n - k - n) * e) + n * b)
  up2 <- n * (fl * b - e) / (k * j + (k * n - k - n) * e + n * fl * b)
  mean_of <- function(r) k * r / (1 + (k - 1) * r)
  data.frame(estimate = c(single(f1), icc2, single(f3), 1 - 1 / f1, (b - e) / (b + (j - e) / n),
                          1 - 1 / f3),
             conf.low = c(single(low1), low2, single(low3), 1 - 1 / low1, mean_of(low2),
                          1 - 1 / low3),
             conf.high = c(single(up1), up2, single(up3), 1 - 1 / up1, mean_of(up2), 1 - 1 / up3),
             statistic = c(f1, f3, f3, f1, f3, f3), df = n - 1,
             df2 = c(n * (k - 1), df2, df2, n * (k - 1), df2, df2),
             p.value = pf(c(f1, f3, f3, f1, f3, f3), n - 1,
                          c(n * (k - 1), df2, df2, n * (k - 1), df2, df2), lower.tail = FALSE))
}

icc_quantity <- function(set, name, columns, level, multiplier) {
  run <- paste0(set$name, "/", name)
  x <- complete(set, columns)
  if (nrow(x) == 0) return(leave_out("icc: no complete subject"))
  values <- unlist(set$data[columns])
  whole <- values[!is.na(values)]
  if (all(whole == round(whole)) && length(unique(whole)) == 2)
    return(leave_out("icc: two whole numbers, a category"))
  if (status[[run]] != 0) return(hold("icc", "exit status", run, status[[run]], 0))
  ours <- read_table(run, "icc")
  ours <- ours[order(match(ours$type, c("ICC1", "ICC2", "ICC3", "ICC1k", "ICC2k", "ICC3k"))), ]
  theirs <- icc_reference(x, level, set$number %% 4 == 0)
  s <- two_way(x)
  where <- paste(run, ours$type)
  hold("icc", "n", where, ours$n, rep(nrow(x), 6))
  hold("icc", "missing", where, ours$missing, rep(set$n - nrow(x), 6))
  # Without residual F is infinite: psych divides rounding by rounding.
  perfect <- s$e <= s$noise || s$e + s$j <= s$noise
  if (perfect) {
    leave_out("icc: no residual, psych has rounding noise")
    if (nrow(x) > 1 && s$b > s$noise)
      hold("icc", "estimate without residual", where[3], ours$estimate[3], 1)
  } else {
    # psych carries the Spearman-Brown formula beyond its pole, to "limits" above 1.
    pole <- !is.na(theirs$conf.low[2]) && theirs$conf.low[2] <= -1 / (s$k - 1)
    if (pole) theirs$conf.low[5] <- NA
    # aov's residual loses the digits that the subjects take, and P many times that.
    lost <- 1e-15 * max(theirs$statistic, 0, na.rm = TRUE)
    # What is a difference of mean squares near 0 has their rounding.
    for (v in setdiff(names(theirs), "type"))
      hold("icc", v, where, ours[[v]], theirs[[v]],
           max(1e-9, if (v == "p.value") s$n * s$k * lost else if (v == "statistic") lost else 0),
           if (v %in% c("estimate", "conf.low", "conf.high")) 1e-12 else 0)
  }
  # ---- repeatability ----
  r <- read_table(run, "repeatability")
  n <- s$n
  k <- s$k
  df <- n * (k - 1)
  alpha <- 1 - level
  mean_of <- mean(as.matrix(x))
  if (!perfect) {
    w <- s$e + s$j
    limits <- function(ss, df) c(sqrt(ss / df), sqrt(ss / qchisq(c(1 - alpha / 2, alpha / 2), df)))
    within <- limits(w, df)
    residual <- if (n > 1) limits(s$e, (n - 1) * (k - 1)) else c(NA, NA, NA)
    cv <- if (mean_of > 0 && all(x >= 0)) within / mean_of else c(NA, NA, NA)
    expected <- list(mean = c(mean_of, NA, NA), within.sd = within, cv = cv,
                     repeatability = multiplier * sqrt(2) * within, residual.sd = residual)
    for (m in names(expected)) {
      row <- r[r$measure == m, ]
      hold("icc", paste("repeatability", m), paste(run, m),
           unlist(row[c("estimate", "conf.low", "conf.high")]), expected[[m]], 1e-9, 1e-14)
    }
  }
  # ---- limits of agreement ----
  b <- read_table(run, "bland_altman")
  pairs <- pair_list(k)
  hold("icc", "pairs", run, nrow(b), length(pairs))
  for (i in seq_along(pairs)) {
    u <- x[[pairs[[i]][1]]]
    v <- x[[pairs[[i]][2]]]
    d <- u - v
    n <- length(d)
    t <- qt(1 - alpha / 2, n - 1)
    sd <- sd(d)
    flat <- n > 1 && sd <= 1e-13 * max(abs(c(u, v)), 1e-300)
    se <- sd / sqrt(n)
    half <- t * sd * sqrt((if (multiplier >= 1.95 && multiplier <= 2.05) 3 else
      1 + multiplier^2 / 2) / n)
    bias <- mean(d)
    lower <- bias - multiplier * sd
    upper <- bias + multiplier * sd
    statistic <- if (flat) NA else bias / se
    m <- (u + v) / 2
    r <- c(NA, NA)
    if (n > 2 && !flat && sd(m) > 0) {
      test <- cor.test(d, m)
      r <- unname(c(test$estimate, test$p.value))
    }
    expected <- c(bias = bias, bias.low = bias - t * se, bias.high = bias + t * se, sd = sd,
                  lower = lower, lower.low = lower - half, lower.high = lower + half, upper = upper,
                  upper.low = upper - half, upper.high = upper + half, std.error = se,
                  statistic = statistic, df = if (n > 1) n - 1 else NA,
                  p.value = 2 * pt(-abs(statistic), n - 1), correlation = r[1], p.correlation = r[2])
    if (flat) {
      leave_out("icc: differences without spread")
      next
    }
    # A correlation of 1 has a P that is rounding.
    if (!is.na(r[1]) && abs(r[1]) > 1 - 1e-12) {
      leave_out("icc: correlation of 1")
      expected <- expected[!names(expected) %in% c("p.correlation")]
    }
    for (v in names(expected))
      hold("icc", paste("bland_altman", v), paste(run, b$reader1[i], b$reader2[i]), b[[v]][i],
           expected[[v]], 1e-9, 1e-13 * max(abs(x)))
  }
}

# Cohen's kappa with its errors: Fleiss, Cohen & Everitt (1969), equations 8 and 13 for weights
# (psych 2.2.9 has another variance for weighted kappa).
cohen <- function(t, w) {
  p <- t / sum(t)
  n <- sum(t)
  row <- rowSums(p)
  column <- colSums(p)
  observed <- sum(w * p)
  expected <- sum(w * outer(row, column))
  if (expected >= 1 - 1e-14) return(NULL)
  kappa <- (observed - expected) / (1 - expected)
  means <- outer(drop(w %*% column), drop(row %*% w), "+")
  v <- (sum(p * (w * (1 - expected) - means * (1 - observed))^2) -
          (observed * expected - 2 * expected + observed)^2) / (n * (1 - expected)^4)
  v0 <- (sum(outer(row, column) * (w - means)^2) - expected^2) / (n * (1 - expected)^2)
  list(kappa = kappa, observed = observed, expected = expected, se = sqrt(max(v, 0)),
       null = sqrt(max(v0, 0)))
}

by_tally <- function(r, k, q_all) {
  n <- nrow(r)
  q <- ncol(r)
  share <- colMeans(r) / k
  own <- rowSums(r * (r - 1)) / (k * (k - 1))
  linearized <- function(expected, expected_own) {
    estimate <- (mean(own) - expected) / (1 - expected)
    each <- (own - expected) / (1 - expected) -
      2 * (1 - estimate) * (expected_own - expected) / (1 - expected)
    error <- if (n > 1) sqrt(sum((each - estimate)^2) / (n - 1) / n) else NA
    c(estimate, error, max(-1, estimate - qt(0.975, n - 1) * error),
      min(1, estimate + qt(0.975, n - 1) * error), mean(own), expected)
  }
  pq <- sum(share * (1 - share))
  list(
    fleiss = c(linearized(sum(share^2), drop(r %*% share) / k),
               sqrt(2 / (n * k * (k - 1) * pq^2) *
                      (pq^2 - sum(share * (1 - share) * (1 - 2 * share))))),
    ac1 = linearized(sum(share * (1 - share)) / (q - 1), drop(r %*% (1 - share)) / k / (q - 1)),
    pairs = c(mean(own), if (n > 1) sd(own) / sqrt(n) else NA),
    all = mean(apply(r, 1, max) == k))
}

icc_category <- function(set, name, columns, ordered) {
  run <- paste0(set$name, "/", name)
  x <- complete(set, columns)
  if (nrow(x) == 0) return(leave_out("icc: no complete subject"))
  values <- unlist(set$data[columns])
  if (status[[run]] != 0) return(hold("icc", "exit status", run, status[[run]], 0))
  ours <- read_table(run, "kappa")
  levels <- sort(unique(unlist(x)))
  k <- ncol(x)
  n <- nrow(x)
  q <- length(levels)
  if (length(unique(ours$categories)) != 1)
    return(hold("icc", "categories", run, length(unique(ours$categories)), 1))
  # Levels that stand in rows that were left out count for AC1 (the codebook is silent).
  q_ours <- ours$categories[1]
  if (q_ours != q) levels <- sort(unique(values[!is.na(values)]))
  hold("icc", "categories", run, q_ours, length(levels))
  if (q_ours != length(levels)) return()
  q <- length(levels)
  row_is <- function(method, i = 1) ours[ours$method == method, , drop = FALSE][i, ]
  compare_row <- function(quantity, where, row, expected, within = 1e-13)
    for (v in names(expected)) hold("icc", paste(quantity, v), where, row[[v]], expected[[v]], 1e-9,
                                    if (v %in% c("p.value", "statistic")) 0 else within)
  pairs <- pair_list(k)
  weights <- list(cohen = diag(q))
  if (ordered && q > 2) {
    distance <- abs(outer(1:q, 1:q, "-")) / (q - 1)
    weights$linear <- 1 - distance
    weights$quadratic <- 1 - distance^2
  }
  for (i in seq_along(pairs)) {
    t <- table(factor(x[[pairs[[i]][1]]], levels), factor(x[[pairs[[i]][2]]], levels))
    for (m in names(weights)) {
      row <- row_is(m, i)
      where <- paste(run, m, row$reader1, row$reader2)
      c <- if (q > 1) cohen(unclass(t), weights[[m]])
      if (is.null(c)) {
        hold("icc", paste(m, "estimate"), where, row$estimate, NA)
        next
      }
      z <- qnorm(0.975)
      statistic <- if (c$null > 1e-9) c$kappa / c$null else NA
      # Beside agreement by all, or by none, the variance is rounding, and little of it is left near that.
      certain <- c$se > 1e-7
      lost <- 1e-13 / max(c$se, 1e-12)
      compare_row(m, where, row, list(estimate = c$kappa, observed = c$observed,
                                      expected = c$expected))
      if (certain) compare_row(m, where, row, list(
        std.error = c$se, conf.low = max(-1, c$kappa - z * c$se),
        conf.high = min(1, c$kappa + z * c$se)), 1e-12 / c$se) else
        hold("icc", paste(m, "std.error"), where, row$std.error, 0, 0, 1e-7)
      if (!is.na(statistic) && abs(c$kappa) > 1e-12) compare_row(m, where, row, list(
        null.error = c$null, statistic = statistic, p.value = 2 * pnorm(-abs(statistic))))
    }
  }
  tally <- t(apply(as.matrix(x), 1, function(v) tabulate(match(v, levels), q)))
  if (q == 1) tally <- t(tally)
  used <- sum(colSums(tally) > 0)
  r <- by_tally(tally, k, q)
  f <- row_is("fleiss")
  if (used < 2) {
    hold("icc", "fleiss estimate", run, f$estimate, NA)
  } else {
    compare_row("fleiss", run, f, list(estimate = r$fleiss[1], observed = r$fleiss[5],
                                       expected = r$fleiss[6], null.error = r$fleiss[7],
                                       std.error = r$fleiss[2], conf.low = r$fleiss[3],
                                       conf.high = r$fleiss[4]))
    if (abs(r$fleiss[1]) > 1e-12) {
      z <- r$fleiss[1] / r$fleiss[7]
      compare_row("fleiss", run, f, list(statistic = z, p.value = 2 * pnorm(-abs(z))))
    }
  }
  a <- row_is("ac1")
  if (q < 2) {
    hold("icc", "ac1 estimate", run, a$estimate, NA)
  } else {
    compare_row("ac1", run, a, list(estimate = r$ac1[1], observed = r$ac1[5], expected = r$ac1[6],
                                    std.error = r$ac1[2], conf.low = r$ac1[3], conf.high = r$ac1[4]))
    if (!is.na(r$ac1[2]) && r$ac1[2] > 1e-12 && abs(r$ac1[1]) > 1e-12) {
      t <- r$ac1[1] / r$ac1[2]
      compare_row("ac1", run, a, list(statistic = t, df = n - 1, p.value = 2 * pt(-abs(t), n - 1)))
    }
  }
  g <- row_is("agreement")
  if (k == 2) {
    l <- prop.test(sum(apply(tally, 1, max) == 2), n, correct = FALSE)$conf.int
    compare_row("agreement", run, g, list(estimate = r$pairs[1], conf.low = l[1], conf.high = l[2]))
  } else {
    e <- qt(0.975, n - 1) * r$pairs[2]
    compare_row("agreement", run, g, list(estimate = r$pairs[1], std.error = r$pairs[2],
                                          conf.low = max(0, r$pairs[1] - e),
                                          conf.high = min(1, r$pairs[1] + e)))
    l <- prop.test(sum(apply(tally, 1, max) == k), n, correct = FALSE)$conf.int
    compare_row("agreement.all", run, row_is("agreement.all"),
                list(estimate = r$all, conf.low = l[1], conf.high = l[2]))
  }
}

icc_compare <- function(set) {
  icc_quantity(set, "icc", c("r_1", "r_2", "r_3"), 0.95, qnorm(0.975))
  icc_quantity(set, "icc2", c("r_1", "r_2"), 0.9, 2)
  icc_category(set, "kappa", c("k_1", "k_2", "k_3"), FALSE)
  icc_category(set, "ordered", c("o_1", "o_2"), TRUE)
}
