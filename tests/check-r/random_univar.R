# SPDX-License-Identifier: GPL-3.0-or-later
# her2-univar: every table, by profile, and one run a set with random options.
#
# Each quantity is compared on its values without offset and scale (random_data.R); what has a
# unit is scaled back.

univar_profiles <- list(
  study = list(type = 6, two = "t", many = "anova", levene = "mean", yates = FALSE,
               fisher = "cochran", exact = "both20", normality = "lilliefors", means = "lsd",
               ranks = "mannwhitney", counts = "category", adjust_means = "none",
               adjust_ranks = "none", adjust_counts = "none"),
  spss = list(type = 6, two = c("t", "welch"), many = c("anova", "welch-anova"), levene = "mean",
              yates = FALSE, yates_also = TRUE, fisher = "cochran", exact = "also",
              normality = "lilliefors", cap = 0.2, means = "lsd", ranks = "dunn",
              counts = "proportions", adjust_means = "none", adjust_ranks = "bonferroni",
              adjust_counts = "bonferroni"),
  r = list(type = 7, two = "welch", many = "welch-anova", levene = "median", yates = TRUE,
           fisher = "any", exact = "below50", normality = "shapiro", means = "lsd",
           ranks = "mannwhitney", counts = "category", adjust_means = "holm",
           adjust_ranks = "holm", adjust_counts = "holm", trend_n = TRUE))

# The run with random options: a profile changed, and the words that ask for it.
univar_other <- function(set) {
  set.seed(7L * set$number + 3L)
  like <- sample(names(univar_profiles), 1)
  p <- univar_profiles[[like]]
  words <- paste0("--like=", like)
  groups <- length(unique(na.omit(set$data$group)))
  say <- function(...) words <<- c(words, paste0(...))
  if (runif(1) < 0.5) {
    p$test <- if (groups == 2)
      sample(c("t", "welch", "mannwhitney", "ks", "ks", "anova", "welch-anova", "kruskal"), 1) else
      sample(c("anova", "welch-anova", "kruskal"), 1)
    say("--test=", p$test)
  }
  if (runif(1) < 0.5) {
    p$count_test <- sample(c("chisq", "fisher", "trend", "lr"), 1)
    say("--test=", p$count_test)
  }
  if (runif(1) < 0.7) {
    p$normality <- sample(c("ks", "anderson", "shapiro", "lilliefors", "none"), 1)
    say("--normality=", p$normality)
  }
  decision <- sample(c("", "normal", "nonnormal"), 1)
  if (decision != "") {
    p$decision <- decision
    say("--", decision, "=all")
  }
  if (runif(1) < 0.5) {
    p$levene <- sample(c("mean", "median"), 1)
    say("--levene=", p$levene)
  }
  p$means <- sample(c("lsd", "tukey", "scheffe", "games-howell"), 1)
  p$ranks <- sample(c("dunn", "mannwhitney"), 1)
  p$counts <- sample(c("chisq", "fisher", "proportions"), 1)
  say("--posthoc=", p$means, ",", p$ranks, if (p$counts == "fisher" && p$ranks == "x") "" else ",",
      p$counts)
  adjust <- sample(c("none", "bonferroni", "holm", "hochberg", "sidak", "bh"), 1)
  p$adjust_means <- p$adjust_ranks <- p$adjust_counts <- adjust
  say("--adjust=", adjust)
  if (runif(1) < 0.3) {
    p$continuity <- TRUE
    say("--correct")
  }
  if (runif(1) < 0.3 && set$n <= 60 && (is.null(p$count_test) || p$count_test == "fisher")) {
    p$exactly <- TRUE
    say("--exact")
  }
  list(profile = p, words = words)
}

univar_runs <- function(set) {
  run <- function(name, words)
    paste0("run ", set$name, "/", name, " univar 'group ~ x1 + x2 + x3 + x4 + c1 + c2' ", set$name,
           "/data.csv --effects --bootstrap=0 ", paste(words, collapse = " "), " --tables=",
           set$name, "/", name)
  c(run("study", ""), run("spss", "--like=spss"), run("r", "--like=r"),
    run("options", univar_other(set)$words))
}

# ---- what R gives ----

# P(Q >= q) of the studentized range by the trapezoidal rule, which for such integrands is as
# good as exact.  ptukey is off by a factor of 4 at q = 48, 3 means, 2.1 df (as two means show,
# where P = 2 pt(-q / sqrt(2), df)), is noise below 1e-7 and has nothing below 2 df.
range_upper <- function(q, k, df) {
  if (k == 2) return(2 * pt(-q / sqrt(2), df))
  step <- min(0.08, 0.3 / sqrt(df))
  u <- seq(-40 / df - 1, max(3 / sqrt(df), log(40 / sqrt(df)), 0.2), step)
  weight <- exp(log(2) + df / 2 * log(df / 2) - lgamma(df / 2) + df * u - df / 2 * exp(2 * u)) * step
  keep <- weight > 1e-18
  z <- seq(-8.5, 8.5, 0.25)
  r <- q * exp(u[keep])
  inside <- outer(r, z, function(r, z) pnorm(z) - pnorm(z - r))^(k - 1)
  outside <- drop((1 - inside) %*% dnorm(z)) * k * 0.25 - (k - 1)
  sum(weight[keep] * outside)
}

# Computed once a set.
remembered <- new.env()
remember <- function(key, value) {
  if (is.null(remembered[[key]])) remembered[[key]] <- value
  remembered[[key]]
}

spread_less <- function(v) length(v) < 2 || min(v) == max(v)

normality_of <- function(test, v) {
  none <- c(NA, NA)
  if (length(v) < 5 || spread_less(v)) return(none)
  switch(test,
    lilliefors = unlist(nortest::lillie.test(v)[c("statistic", "p.value")]),
    shapiro = unlist(shapiro.test(v)[c("statistic", "p.value")]),
    anderson = if (length(v) < 8) none else unlist(nortest::ad.test(v)[c("statistic", "p.value")]),
    ks = {
      z <- sort((v - mean(v)) / sd(v))
      n <- length(z)
      d <- max(seq_len(n) / n - pnorm(z), pnorm(z) - (seq_len(n) - 1) / n)
      # ks.test's exact P, which it has without ties alone.
      c(d, tryCatch(ks.test(make_sample(n, d), "punif", exact = TRUE)$p.value,
                    error = function(e) NA))
    })
}
# n numbers without ties, of which D against the uniform distribution is d (d >= 1/(2n)).
make_sample <- function(n, d) pmin(1 - 1e-9 * (n:1), pmax(0, seq_len(n) / n - d) + 1e-12 * (1:n))

f_test <- function(x, g, equal) {
  g <- droplevels(g)
  n <- table(g)
  df <- c(length(n) - 1, length(x) - length(n))
  none <- list(statistic = NA, parameter = if (equal) df else c(NA, NA), p.value = NA)
  if (length(n) < 2 || length(x) == length(n)) return(none)
  ss <- tapply(x, g, function(v) if (spread_less(v)) 0 else var(v))
  if (equal && all(ss == 0)) return(none)
  if (!equal && (any(n < 2) || any(ss == 0))) return(none)
  if (!equal) return(oneway.test(x ~ g))
  f_equal(x, g)
}
# oneway.test(var.equal = TRUE) refuses groups of one.
f_equal <- function(x, g) {
  n <- as.vector(table(g))
  mean_of <- as.vector(tapply(x, g, mean))
  df <- c(length(n) - 1, length(x) - length(n))
  f <- sum(n * (mean_of - mean(x))^2) / df[1] / (sum((x - mean_of[g])^2) / df[2])
  list(statistic = f, parameter = df, p.value = pf(f, df[1], df[2], lower.tail = FALSE))
}

# Groups in which all |x - centre| are equal have no spread, though rounding may give one.
levene_of <- function(x, g, centre) {
  g <- droplevels(g)
  parts <- split(x, g)
  z <- unsplit(lapply(parts, function(v) abs(v - if (centre == "mean") mean(v) else median(v))), g)
  inside <- sum(tapply(z, g, function(v) sum((v - mean(v))^2)))
  df <- c(nlevels(g) - 1, length(x) - nlevels(g))
  if (inside <= 1e-24 * sum(z^2) || df[2] < 1)
    return(list(statistic = NA, parameter = df, p.value = NA))
  f_equal(z, g)
}

t_of <- function(x, y, equal) tryCatch(
  t.test(x, y, var.equal = equal),
  error = function(e) list(statistic = NA, parameter = NA, p.value = NA, conf.int = c(NA, NA)))

mann_whitney <- function(x, y, p, exactly = isTRUE(p$exactly)) {
  if (!length(x) || !length(y))
    return(list(statistic = NA, z = NA, p = NA, corrected = NA, exact = FALSE))
  ties <- anyDuplicated(c(x, y)) > 0
  corrected <- isTRUE(p$continuity) || p$exact == "below50"
  exact <- exactly || (!ties && switch(p$exact,
    both20 = length(x) <= 20 && length(y) <= 20,
    below50 = length(x) < 50 && length(y) < 50,
    also = FALSE))
  u <- sum(rank(c(x, y))[seq_along(x)]) - length(x) * (length(x) + 1) / 2
  if (exact) {
    value <- if (!ties) wilcox.test(x, y, exact = TRUE)$p.value else
      if (spread_less(c(x, y))) NA else
      as.numeric(pvalue(wilcox_test(v ~ g, data.frame(v = c(x, y), g = factor(
        rep(1:2, c(length(x), length(y))))), distribution = exact())))
    # All tied: no distribution to count, and no P of the other test either.
    return(list(statistic = u, z = rank_z(x, y, FALSE), p = value,
                corrected = is.na(value) && corrected, exact = !is.na(value)))
  }
  list(statistic = u, z = rank_z(x, y, corrected),
       p = wilcox.test(x, y, exact = FALSE, correct = corrected)$p.value, corrected = corrected,
       exact = FALSE)
}

# P(D >= d) of the two-sample statistic given the ties: the paths through the pooled sample that
# reach d at the last of equal values, counted where they first do.  (ks.test has 1 - the others,
# so nothing below 1e-13.)
smirnov_upper <- function(x, y, d) {
  m <- length(x)
  n <- length(y)
  z <- sort(c(x, y))
  last <- c(diff(z) > 0, TRUE)
  inside <- matrix(0, m + 1, n + 1)
  inside[1, 1] <- 1
  upper <- 0
  for (i in 0:m) for (j in 0:n) if (i + j > 0) {
    p <- (if (i > 0) inside[i, j + 1] * (m - i + 1) else 0) +
      (if (j > 0) inside[i + 1, j] * (n - j + 1) else 0)
    p <- p / (m + n - i - j + 1)
    if (last[i + j] && abs(i / m - j / n) >= d - 1e-9) upper <- upper + p else
      inside[i + 1, j + 1] <- p
  }
  upper
}

# A test row of one of the tests by name.
quantity_test <- function(name, x, g, p, exactly = isTRUE(p$exactly)) {
  parts <- split(x, droplevels(g))
  make <- function(statistic = NA, z = NA, df = NA, df2 = NA, p.value = NA, corrected = FALSE,
                   exact = FALSE)
    row_of(test = name, statistic = unname(statistic), z = unname(z), df = unname(df),
           df2 = unname(df2), p.value = unname(p.value), corrected = corrected, exact = exact)
  switch(name,
    t = , welch = {
      t <- t_of(parts[[1]], parts[[2]], name == "t")
      make(t$statistic, NA, t$parameter, NA, t$p.value)
    },
    mannwhitney = {
      u <- mann_whitney(parts[[1]], parts[[2]], p, exactly)
      make(u$statistic, u$z, NA, NA, u$p, u$corrected, u$exact)
    },
    ks = {
      exact <- length(parts[[1]]) * length(parts[[2]]) < 10000
      k <- ks.test(parts[[1]], parts[[2]], exact = exact)
      p <- if (exact) smirnov_upper(parts[[1]], parts[[2]], k$statistic) else k$p.value
      make(k$statistic, NA, NA, NA, p, FALSE, exact)
    },
    anova = , "welch-anova" = {
      f <- f_test(x, g, name == "anova")
      make(f$statistic, NA, f$parameter[1], f$parameter[2], f$p.value)
    },
    kruskal = {
      if (spread_less(x)) make() else {
        h <- kruskal.test(x, droplevels(g))
        make(h$statistic, NA, h$parameter, NA, h$p.value)
      }
    })
}

quantity_pairs <- function(method, x, g, p) {
  l <- levels(g)
  parts <- split(x, g)
  n <- lengths(parts)
  used <- sum(n > 0)
  within <- sum(vapply(parts, function(v) if (length(v) > 1) sum((v - mean(v))^2) else 0, 0))
  if (all(vapply(parts, spread_less, TRUE))) within <- 0
  df <- length(x) - used
  ranks <- split(rank(x), g)
  ties <- tie_sizes(x)
  N <- length(x)
  lapply(pair_list(length(l)), function(ab) {
    u <- parts[[ab[1]]]
    v <- parts[[ab[2]]]
    row <- list(group1 = l[ab[1]], group2 = l[ab[2]], test = method, statistic = NA, z = NA,
                df = NA, p.unadjusted = NA, corrected = FALSE, exact = FALSE)
    if (!length(u) || !length(v)) {
      if (method == "mannwhitney") row$corrected <- isTRUE(p$continuity) || p$exact == "below50"
      return(row)
    }
    d <- mean(u) - mean(v)
    se <- sqrt(within / df * (1 / length(u) + 1 / length(v)))
    if (method %in% c("lsd", "tukey", "scheffe") && !(df > 0 && within > 0)) return(row)
    if (method == "lsd") {
      row[c("statistic", "df", "p.unadjusted")] <- c(d / se, df, 2 * pt(-abs(d / se), df))
    } else if (method == "tukey") {
      q <- abs(d) / se * sqrt(2)
      row[c("statistic", "df", "p.unadjusted")] <-
        c(q, df, range_upper(q, used, df))
    } else if (method == "scheffe") {
      f <- (d / se)^2 / (used - 1)
      row[c("statistic", "df", "p.unadjusted")] <- c(f, df, pf(f, used - 1, df, lower.tail = FALSE))
    } else if (method == "games-howell") {
      if (length(u) < 2 || length(v) < 2) return(row)
      s <- c(var(u) / length(u), var(v) / length(v))
      if (spread_less(u)) s[1] <- 0
      if (spread_less(v)) s[2] <- 0
      if (sum(s) == 0) return(row)
      nu <- sum(s)^2 / sum(s^2 / (c(length(u), length(v)) - 1))
      q <- abs(d) / sqrt(sum(s)) * sqrt(2)
      row[c("statistic", "df", "p.unadjusted")] <-
        c(q, nu, range_upper(q, used, nu))
    } else if (method == "dunn") {
      variance <- N * (N + 1) / 12 - sum(ties^3 - ties) / (12 * (N - 1))
      if (spread_less(x)) return(row)
      z <- (mean(ranks[[ab[1]]]) - mean(ranks[[ab[2]]])) /
        sqrt(variance * (1 / length(u) + 1 / length(v)))
      row[c("statistic", "z", "p.unadjusted")] <- c(z, z, 2 * pnorm(-abs(z)))
    } else {
      m <- mann_whitney(u, v, p)
      row[c("statistic", "z", "p.unadjusted", "corrected", "exact")] <-
        list(m$statistic, m$z, m$p, m$corrected, m$exact)
    }
    row
  })
}

adjusted <- function(p, method) if (any(is.infinite(p))) rep(Inf, length(p)) else switch(method,
  sidak = -expm1(sum(!is.na(p)) * log1p(-p)),
  bh = p.adjust(p, "BH"),
  p.adjust(p, method))

finish_pairs <- function(rows, adjust, overall, simultaneous) {
  if (!length(rows)) return(NULL)
  rows <- bind_rows(rows)
  if (simultaneous) {
    rows$p.value <- rows$p.unadjusted
    rows$p.holm <- NA
    rows$adjust <- "simultaneous"
  } else {
    rows$p.value <- adjusted(rows$p.unadjusted, adjust)
    rows$p.holm <- adjusted(rows$p.unadjusted, "holm")
    rows$adjust <- adjust
  }
  rows$p.overall <- overall
  rows
}

# Noncentrality at which `upper` tail probability is target.
root_of <- function(f, from, to) {
  for (step in 1:200) if (f(from) * f(to) > 0) to <- 1.5 * to + 1 else break
  uniroot(f, c(from, to), tol = 1e-13 * max(1, abs(to)), maxiter = 10000)$root
}
# Noncentral t as the mean of normal probabilities over chi (R's pt stops at 37.6).
t_noncentral <- function(t, df) {
  step <- min(0.05, 0.2 / sqrt(df), 0.3 / (1 + abs(t)))
  u <- seq(-40 / df - 1, max(3 / sqrt(df), log(40 / sqrt(df)), 0.2), step)
  weight <- exp(log(2) + df / 2 * log(df / 2) - lgamma(df / 2) + df * u - df / 2 * exp(2 * u)) * step
  keep <- weight > 1e-18
  s <- exp(u[keep])
  weight <- weight[keep]
  side <- function(p) {
    f <- function(d) sum(weight * pnorm(t * s - d)) - p
    reach <- 4 + 4 * abs(t) / sqrt(df)
    low <- t - reach
    high <- t + reach
    while (f(low) < 0) low <- low - reach
    while (f(high) > 0) high <- high + reach
    uniroot(f, c(low, high), tol = 1e-13 * max(1, abs(t)))$root
  }
  c(side(0.975), side(0.025))
}
# Noncentral F and chi-square as Poisson mixtures.
mixture <- function(l, part) {
  j <- seq(qpois(1e-18, l / 2), qpois(1e-18, l / 2, lower.tail = FALSE))
  sum(dpois(j, l / 2) * part(j))
}
positive_noncentral <- function(cdf) {
  side <- function(p) if (cdf(0) < p) 0 else root_of(function(l) cdf(l) - p, 0, 1)
  c(side(0.975), side(0.025))
}

effects_of_means <- function(a, b, u, v, welch) {
  make <- function(effect, values, method)
    row_of(group1 = a, group2 = b, effect = effect, estimate = values[1], conf.low = values[2],
           conf.high = values[3], method = method)
  n1 <- length(u)
  n2 <- length(v)
  d <- mean(u) - mean(v)
  t <- t_of(u, v, !welch)
  out <- list(make("difference", c(d, t$conf.int), if (welch) "welch" else "t"))
  s <- if (n1 > 1 && n2 > 1) sqrt((var(u) + var(v)) / 2) else NA
  if (spread_less(u) && spread_less(v)) s <- NA
  g <- d / s
  e <- sqrt(g^2 / (2 * (n1 + n2)) + 1 / n1 + 1 / n2)
  out[[2]] <- make("smd", g + c(0, -1, 1) * qnorm(0.975) * e, "normal")
  df <- n1 + n2 - 2
  pooled <- sqrt((sum((u - mean(u))^2) + sum((v - mean(v))^2)) / df)
  values <- c(NA, NA, NA)
  if (df > 1 && !(spread_less(u) && spread_less(v))) {
    factor <- exp(lgamma(df / 2) - lgamma((df - 1) / 2)) / sqrt(df / 2)
    scale <- sqrt(1 / n1 + 1 / n2)
    values <- factor * c(d / pooled, t_noncentral(d / pooled / scale, df) * scale)
  }
  out[[3]] <- make("hedges.g", values, "noncentral t")
  out
}

effects_of_ranks <- function(a, b, u, v) {
  n1 <- length(u)
  n2 <- length(v)
  d <- sort(outer(u, v, "-"))
  N <- n1 * n2
  ties <- tie_sizes(c(u, v))
  n <- n1 + n2
  exact <- max(ties) == 1 && n1 <= 50 && n2 <= 50
  k <- if (exact) qwilcox(0.025, n1, n2) else
    floor(N / 2 - qnorm(0.975) * sqrt(N / 12 * (n + 1 - sum(ties^3 - ties) / (n * (n - 1)))))
  k <- max(1, k)
  limits <- c(d[k], d[N + 1 - k])
  roc <- if (n1 > 1 && n2 > 1)
    roc(rep(1:0, c(n1, n2)), c(u, v), levels = 0:1, direction = "<", quiet = TRUE)
  r <- 2 * mean(outer(u, v, function(i, j) (i > j) + (i == j) / 2)) - 1
  e <- if (is.null(roc)) NA else 2 * sqrt(var(roc, method = "delong"))
  list(row_of(group1 = a, group2 = b, effect = "hodges.lehmann", estimate = median(d),
              conf.low = limits[1], conf.high = limits[2],
              method = if (exact) "exact rank" else "normal rank"),
       row_of(group1 = a, group2 = b, effect = "rank.biserial", estimate = r,
              conf.low = max(-1, r - qnorm(0.975) * e), conf.high = min(1, r + qnorm(0.975) * e),
              method = "delong"))
}

# A quantity's part of every table; scaled back where it has a unit.
univar_quantity <- function(name, x, g, missing, p, offset, scale) {
  l <- levels(g)
  parts <- split(x, g)
  used <- sum(lengths(parts) > 0)
  back <- function(v) (offset + v) * scale
  summary <- bind_rows(lapply(seq_along(l), function(i) {
    v <- parts[[i]]
    q <- if (length(v)) quantile(v, c(0.25, 0.5, 0.75), type = p$type, names = FALSE) else rep(NA, 3)
    row_of(group = l[i], n = length(v), missing = missing[i],
           mean = if (length(v)) back(mean(v)) else NA, sd = sd(v) * scale, median = back(q[2]),
           q1 = back(q[1]), q3 = back(q[3]), min = if (length(v)) back(min(v)) else NA,
           max = if (length(v)) back(max(v)) else NA, count = NA, percent = NA)
  }))
  normality <- bind_rows(lapply(seq_along(l), function(i) {
    r <- if (p$normality == "none") c(NA, NA) else normality_of(p$normality, parts[[i]])
    row_of(group = l[i], test = p$normality, statistic = r[[1]], p.value = r[[2]])
  }))
  normal <- p$normality == "none" ||
    all(normality$p.value[lengths(parts) > 0] >= 0.05 & !is.na(normality$p.value[lengths(parts) > 0]))
  if (!is.null(p$decision)) normal <- p$decision == "normal"
  if (!is.null(p$cap)) normality$p.value <- pmin(normality$p.value, p$cap)
  if (p$normality == "none") normality <- NULL
  out <- list(summary = summary, normality = normality)
  if (used < 2) return(out)
  names <- if (!is.null(p$test)) p$test else if (!normal)
    (if (used == 2) "mannwhitney" else "kruskal") else if (used == 2) p$two else p$many
  tests <- lapply(names, quantity_test, x = x, g = g, p = p)
  if (names[1] == "mannwhitney" && p$exact == "also" && !isTRUE(p$exactly) && length(x) <= 40)
    tests <- c(tests, list(quantity_test("mannwhitney", x, g, p, TRUE)))
  by_means <- !names[1] %in% c("mannwhitney", "ks", "kruskal")
  out$tests <- bind_rows(tests)
  out$tests$role <- rep(c("main", "also"), c(1, nrow(out$tests) - 1))
  f <- levene_of(x, g, p$levene)
  out$levene <- bind_rows(list(row_of(centre = p$levene, statistic = unname(f$statistic),
                                      df = unname(f$parameter[1]), df2 = unname(f$parameter[2]),
                                      p.value = f$p.value)))
  if (used > 2) {
    method <- if (by_means) p$means else p$ranks
    out$pairwise <- finish_pairs(quantity_pairs(method, x, g, p),
                                 if (by_means) p$adjust_means else p$adjust_ranks,
                                 tests[[1]]$p.value,
                                 method %in% c("tukey", "scheffe", "games-howell"))
    out$pairwise$level <- NA
  }
  welch <- names[1] %in% c("welch", "welch-anova")
  effects <- list()
  for (ab in pair_list(length(l))) {
    u <- parts[[ab[1]]]
    v <- parts[[ab[2]]]
    if (!length(u) || !length(v)) next
    key <- paste(name, ab[1], ab[2], by_means, welch)
    effects <- c(effects, remember(key, if (by_means)
      effects_of_means(l[ab[1]], l[ab[2]], u, v, welch) else
      effects_of_ranks(l[ab[1]], l[ab[2]], u, v)))
  }
  if (used > 2) {
    values <- c(NA, NA, NA)
    if (by_means) {
      f <- f_test(x, g, TRUE)
      if (!is.na(f$statistic)) {
        df <- unname(f$parameter)
        s <- unname(f$statistic)
        values[1] <- s * df[1] / (s * df[1] + df[2])
        l2 <- positive_noncentral(function(l) mixture(l, function(j)
          pbeta(s * df[1] / (s * df[1] + df[2]), df[1] / 2 + j, df[2] / 2)))
        values[2:3] <- l2 / (l2 + sum(df) + 1)
      }
    } else if (!spread_less(x)) {
      values[1] <- kruskal.test(x, droplevels(g))$statistic / (length(x) - 1)
    }
    effects <- c(effects, list(row_of(group1 = NA, group2 = NA,
      effect = if (by_means) "eta.squared" else "epsilon.squared", estimate = values[1],
      conf.low = values[2], conf.high = values[3],
      method = if (by_means) "noncentral F" else "none")))
  }
  out$effects <- bind_rows(effects)
  unit <- out$effects$effect %in% c("difference", "hodges.lehmann")
  for (v in c("estimate", "conf.low", "conf.high"))
    out$effects[[v]][unit] <- out$effects[[v]][unit] * scale
  out$effects$level <- NA
  out
}

# ---- categories ----

without_empty <- function(t) t[rowSums(t) > 0, colSums(t) > 0, drop = FALSE]

needs_fisher <- function(t, rule) {
  t <- without_empty(t)
  e <- outer(rowSums(t), colSums(t)) / sum(t)
  if (rule == "any") any(e < 5) else mean(e < 5) > 0.2 || any(e < 1)
}

fisher_p <- function(t) {
  t <- without_empty(t)
  if (nrow(t) < 2 || ncol(t) < 2) return(1)
  df <- prod(dim(t) - 1)
  # R's network runs out of time or memory beyond.
  if (df > 1 && sum(t) > c(200, 200, 120, 80, 50, 50, 40, 30, 30, 30, 30, 30)[min(df, 12)])
    return(Inf)
  remember(paste(c(dim(t), t), collapse = " "),
           tryCatch(fisher.test(t, workspace = 5e6)$p.value, error = function(e) Inf))
}

count_test <- function(name, t, p) {
  s <- without_empty(t)
  make <- function(statistic, df, value, corrected = FALSE, exact = FALSE)
    row_of(test = name, statistic = unname(statistic), z = NA, df = unname(df), df2 = NA,
           p.value = unname(value), corrected = corrected, exact = exact)
  if (name == "fisher") return(make(NA, NA, fisher_p(t), FALSE, TRUE))
  if (nrow(s) < 2 || ncol(s) < 2) return(make(NA, NA, NA))
  if (name == "chisq") {
    yates <- p$yates || isTRUE(p$continuity)
    r <- chisq.test(s, correct = yates)
    return(make(r$statistic, r$parameter, r$p.value, yates && length(s) == 4))
  }
  if (name == "lr") {
    e <- outer(rowSums(s), colSums(s)) / sum(s)
    g <- 2 * sum(ifelse(s > 0, s * log(s / e), 0))
    df <- prod(dim(s) - 1)
    return(make(g, df, pchisq(g, df, lower.tail = FALSE)))
  }
  rows <- rep(as.vector(row(t)), as.vector(t))
  columns <- rep(as.vector(col(t)), as.vector(t))
  n <- if (isTRUE(p$trend_n) && (nrow(t) == 2 || ncol(t) == 2)) sum(t) else sum(t) - 1
  x <- n * cor(rows, columns)^2
  make(x, 1, pchisq(x, 1, lower.tail = FALSE))
}

univar_category <- function(variable, x, g, missing, p) {
  l <- levels(g)
  t <- unclass(table(x, g))
  n <- colSums(t)
  k <- length(l)
  summary <- bind_rows(unlist(lapply(seq_len(nrow(t)), function(i) lapply(seq_len(k), function(j)
    row_of(group = l[j], n = n[[j]], missing = missing[j], mean = NA, sd = NA, median = NA, q1 = NA,
           q3 = NA, min = NA, max = NA, count = t[i, j],
           percent = if (n[[j]]) 100 * t[i, j] / n[[j]] else NA))), FALSE))
  out <- list(summary = summary)
  groups_used <- sum(n > 0)
  levels_used <- sum(rowSums(t) > 0)
  if (groups_used < 2) return(out)
  by_rule <- is.null(p$count_test)
  route <- function(t) if (isTRUE(p$exactly) || needs_fisher(t, p$fisher)) "fisher" else "chisq"
  name <- if (by_rule) route(t) else p$count_test
  if (levels_used < 2) name <- "chisq"
  tests <- list(count_test(name, t, p))
  if (by_rule && isTRUE(p$yates_also) && levels_used == 2 && groups_used == 2)
    tests[[2]] <- count_test("chisq", t, modifyList(p, list(continuity = TRUE)))
  out$tests <- bind_rows(tests)
  out$tests$role <- rep(c("main", "also"), c(1, nrow(out$tests) - 1))
  if (levels_used < 2) return(out)
  if (groups_used > 2 && p$counts == "proportions") {
    out$pairwise <- do.call(rbind, lapply(seq_len(nrow(t)), function(i) {
      rows <- lapply(pair_list(k), function(ab) {
        c1 <- t[i, ab[1]]
        c2 <- t[i, ab[2]]
        m <- n[ab]
        share <- (c1 + c2) / sum(m)
        z <- (c1 / m[1] - c2 / m[2]) / sqrt(share * (1 - share) * sum(1 / m))
        if (!is.finite(z)) z <- NA
        row_of(group1 = l[ab[1]], group2 = l[ab[2]], test = "proportions", statistic = unname(z),
               z = unname(z), df = NA, p.unadjusted = unname(2 * pnorm(-abs(z))),
               corrected = FALSE, exact = FALSE)
      })
      cbind(finish_pairs(rows, p$adjust_counts, tests[[1]]$p.value, FALSE),
            level = rownames(t)[i])
    }))
  } else if (groups_used > 2) {
    rows <- lapply(pair_list(k), function(ab) {
      two <- t[, ab]
      name <- if (p$counts != "category") p$counts else if (!by_rule) p$count_test else route(two)
      r <- count_test(name, two, p)
      row_of(group1 = l[ab[1]], group2 = l[ab[2]],
             test = if (name %in% c("fisher", "chisq")) name else "category",
             statistic = r$statistic, z = NA, df = r$df, p.unadjusted = r$p.value,
             corrected = r$corrected, exact = r$exact)
    })
    out$pairwise <- cbind(finish_pairs(rows, p$adjust_counts, tests[[1]]$p.value, FALSE), level = NA)
  }
  out$effects <- remember(paste(variable, "effects"), category_effects(t, n, l))
  out
}

category_effects <- function(t, n, l) {
  k <- length(l)
  s <- without_empty(t)
  x2 <- chisq.test(s, correct = FALSE)
  least <- min(dim(s)) - 1
  df <- prod(dim(s) - 1)
  limits <- positive_noncentral(function(l) mixture(l, function(j)
    pchisq(x2$statistic, df + 2 * j)))
  effects <- list(row_of(group1 = NA, group2 = NA, effect = "cramers.v",
    estimate = unname(sqrt(x2$statistic / sum(s) / least)),
    conf.low = if (limits[1] > 0) min(1, sqrt((limits[1] + df) / sum(s) / least)) else 0,
    conf.high = min(1, sqrt((limits[2] + df) / sum(s) / least)), method = "noncentral chi-square",
    level = NA))
  for (ab in pair_list(k)) for (i in seq_len(nrow(t))[-1]) {
    a <- t[i, ab[1]]
    b <- t[i, ab[2]]
    c <- t[1, ab[1]]
    d <- t[1, ab[2]]
    or <- a * d / (b * c)
    e <- if (min(a, b, c, d) > 0) exp(qnorm(0.975) * sqrt(1 / a + 1 / b + 1 / c + 1 / d)) else NA
    w <- lapply(1:2, function(j) if (n[[ab[j]]] > 0)
      prop.test(t[i, ab[j]], n[[ab[j]]], correct = FALSE)$conf.int else c(NA, NA))
    p1 <- t[i, ab[1]] / n[[ab[1]]]
    p2 <- t[i, ab[2]] / n[[ab[2]]]
    effects <- c(effects, list(
      row_of(group1 = l[ab[1]], group2 = l[ab[2]], effect = "odds.ratio", estimate = or,
             conf.low = or / e, conf.high = or * e, method = "woolf", level = rownames(t)[i]),
      row_of(group1 = l[ab[1]], group2 = l[ab[2]], effect = "risk.difference", estimate = p1 - p2,
             conf.low = p1 - p2 - sqrt((p1 - w[[1]][1])^2 + (w[[2]][2] - p2)^2),
             conf.high = p1 - p2 + sqrt((w[[1]][2] - p1)^2 + (p2 - w[[2]][1])^2),
             method = "newcombe", level = rownames(t)[i])))
  }
  bind_rows(effects)
}

# ---- comparison ----

univar_reference <- function(set, p) {
  g <- factor(set$data$group)
  keep <- !is.na(g)
  tables <- list()
  for (v in c("x1", "x2", "x3", "x4", "c1", "c2")) {
    x <- set$data[[v]]
    present <- !is.na(x)
    missing <- as.vector(table(g[keep & !present]))
    use <- keep & present
    distinct <- length(unique(x[use]))
    if (!is.numeric(x) || (distinct == 2 && is.null(p$decision))) {
      levels <- sort(unique(x[present]))
      one <- univar_category(v, factor(x[use], levels), g[use], missing, p)
    } else {
      one <- univar_quantity(v, set$plain[[v]][use], g[use], missing, p, set$offset[[v]],
                             set$scale[[v]])
    }
    for (t in names(one)) if (!is.null(one[[t]]))
      tables[[t]] <- c(tables[[t]], list(cbind(variable = v, one[[t]])))
  }
  lapply(tables, function(t) do.call(rbind, t))
}

univar_columns <- list(
  tests = c("statistic", "z", "df", "df2", "p.value", "corrected", "exact"),
  summary = c("n", "missing", "mean", "sd", "median", "q1", "q3", "min", "max", "count", "percent"),
  normality = c("statistic", "p.value"),
  levene = c("statistic", "df", "df2", "p.value"),
  pairwise = c("statistic", "z", "df", "p.value", "p.unadjusted", "p.holm", "p.overall", "corrected",
               "exact"),
  effects = c("estimate", "conf.low", "conf.high"))
univar_texts <- list(tests = c("variable", "test", "role"), summary = c("variable", "group"),
  normality = c("variable", "group", "test"), levene = c("variable", "centre"),
  pairwise = c("variable", "group1", "group2", "test", "adjust"),
  effects = c("variable", "group1", "group2", "effect", "method"))

univar_one <- function(set, name, p) {
  run <- paste0(set$name, "/", name)
  if (length(unique(na.omit(set$data$group))) < 2) return(leave_out("univar: a single group"))
  if (status[[run]] != 0)
    return(hold("univar", "exit status", run, status[[run]], 0))
  reference <- univar_reference(set, p)
  for (table in names(univar_columns)) {
    ours <- read_table(run, table)
    theirs <- reference[[table]]
    if (is.null(theirs)) {
      hold("univar", "rows", paste(run, table), nrow(ours), 0)
      next
    }
    if (nrow(ours) != nrow(theirs)) {
      hold("univar", "rows", paste(run, table), nrow(ours), nrow(theirs))
      next
    }
    where <- do.call(paste, c(list(run, table), lapply(univar_texts[[table]], function(v) ours[[v]]),
                              if (table %in% c("pairwise", "effects")) list(ours$level)))
    for (v in univar_texts[[table]])
      hold_text("univar", paste(table, v), where, ours[[v]], theirs[[v]])
    kind <- if (table %in% c("tests", "normality", "pairwise")) ours$test else
      if (table == "effects") ours$effect else rep("", nrow(ours))
    for (column in univar_columns[[table]]) for (k in unique(kind)) {
      i <- kind == k
      quantity <- paste(table, k, column)
      o <- ours[[column]][i]
      t <- theirs[[column]][i]
      # Not to be had from R.
      gone <- is.infinite(t) & t > 0 & !(k == "odds.ratio")
      if (any(gone)) {
        for (j in seq_len(sum(gone))) leave_out(paste("univar", k, "beyond R's reach"))
        o <- o[!gone]
        t <- t[!gone]
      }
      to <- 1e-9
      within <- 0
      # R's P is that of a sample made to have the same D, to n 1e-12: P loses 4 n D times as much.
      if (table == "normality" && k == "ks" && column == "p.value") to <- 1e-7
      if (table == "summary" && column %in% c("mean", "median", "q1", "q3")) {
        # A mean near 0 has the rounding of its terms.
        within <- 1e-14 * pmax(abs(theirs$min), abs(theirs$max))[i]
        within[is.na(within)] <- 0
      }
      if (grepl("^p\\.", column) && k %in% c("tukey", "games-howell")) {
        to <- 1e-8
        within <- 1e-12
      }
      if (table == "effects" && column != "estimate" && k %in% c("hedges.g", "eta.squared", "cramers.v")) {
        to <- 1e-7
        within <- 1e-8
      }
      # What may be 0 but for rounding.
      if (column == "statistic" && k %in% c("chisq", "", "anova", "welch-anova", "trend", "ks"))
        within <- 1e-16
      # R's Kolmogorov-Smirnov P is 1 - cdf.
      if (column == "p.value" && k == "ks")
        within <- if (table == "tests") ifelse(theirs$exact[i] %in% TRUE, 0, 1e-13) else 1e-13
      if (table == "effects" && k %in% c("smd", "hedges.g", "risk.difference"))
        within <- pmax(within, 1e-13)
      if (table == "effects" && k %in% c("difference", "hodges.lehmann"))
        within <- 1e-13 * set$scale[ours$variable[i]]
      if (length(within) == length(gone)) within <- within[!gone]
      hold("univar", quantity, where[i][!gone], o, t, to, within)
    }
  }
}

univar_compare <- function(set) {
  rm(list = ls(remembered), envir = remembered)
  for (name in names(univar_profiles)) univar_one(set, name, univar_profiles[[name]])
  univar_one(set, "options", univar_other(set)$profile)
}
