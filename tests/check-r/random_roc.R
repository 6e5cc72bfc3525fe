# SPDX-License-Identifier: GPL-3.0-or-later
# her2-roc: areas, tests, partial areas, cut-offs, curves of two quantities, a column of risks and a
# category; and unpaired comparisons.  pROC, and formulas where it has none.

roc_options <- function(set) {
  set.seed(11L * set$number + 5L)
  o <- list(level = one_of(0.95, 0.95, 0.9), interval = one_of("delong", "logit", "exact"),
            proportions = one_of("wilson", "exact"), lower = runif(1) < 0.3,
            prevalence = one_of(NA, NA, 0.3), focus = one_of("specificity", "sensitivity"),
            limits = one_of(c(0.8, 1), c(0.5, 0.75), c(0, 1), c(0.13, 0.4)),
            sensitivity = one_of(0.8, 0.9, 1), specificity = one_of(0.75, 0.95))
  x <- set$data$x1[!is.na(set$data$x1)]
  o$cutoff <- one_of(median(x), x[1], max(x))
  columns <- c("y", "x1", "x2", "p", "c1")
  d <- set$data[complete.cases(set$data[columns]), columns]
  o$markers <- c("x1", "x2", "risk(p)")
  if (length(unique(d$c1)) > 1) o$markers <- c(o$markers, "c1") else
    d <- set$data[complete.cases(set$data[setdiff(columns, "c1")]), columns]
  o$data <- d
  columns <- c("y", "x3", "q", "group")
  o$grouped <- set$data[complete.cases(set$data[columns]), columns]
  o
}

roc_runs <- function(set) {
  o <- roc_options(set)
  run <- function(name, ...)
    paste0("run ", set$name, "/", name, " roc ", ..., " ", set$name, "/data.csv --bootstrap=0 --tables=",
           set$name, "/", name)
  lines <- character()
  if (length(unique(o$data$y)) == 2) lines <- run("roc",
    "'y = 1 ~ ", paste(o$markers, collapse = " + "), "' --rule=all --level=", o$level,
    " --interval=", o$interval, " --proportions=", o$proportions, " --partial=", o$focus, ":",
    o$limits[1], ":", o$limits[2], " --sensitivity=", o$sensitivity, " --specificity=",
    o$specificity, sprintf(" --cutoff=x1:%.17g", o$cutoff), if (o$lower) " --direction=x2:lower",
    if (!is.na(o$prevalence)) paste0(" --prevalence=", o$prevalence))
  if (length(unique(o$grouped$y)) == 2 && length(unique(o$grouped$group)) > 1)
    lines <- c(lines, run("groups", "'y = 1 ~ x3 + risk(q)' --group=group"))
  lines
}

curve_of <- function(y, x) roc(y, x, levels = 0:1, direction = "<", quiet = TRUE)

# P where DeLong's standard error is 0 or undefined.
exact_p <- function(y, x) {
  if (min(x) == max(x)) return(c(NA, NA))
  z <- rank_z(x[y == 1], x[y == 0], FALSE)
  if (length(y) > 80 && min(sum(y), sum(1 - y)) > 1) return(c(z, Inf))
  p <- as.numeric(pvalue(wilcox_test(v ~ g, data.frame(v = rank(x), g = factor(y)),
                                     distribution = exact())))
  c(z, p)
}

area_of <- function(y, x, level, interval) {
  r <- curve_of(y, x)
  a <- as.numeric(auc(r))
  n1 <- sum(y)
  n0 <- sum(1 - y)
  se <- if (n1 > 1 && n0 > 1) sqrt(var(r, method = "delong")) else NA
  if (!is.na(se) && (a == 0 || a == 1 || min(x) == max(x))) se <- 0
  z <- qnorm((1 + level) / 2)
  limits <- switch(interval,
    delong = c(max(0, a - z * se), min(1, a + z * se)),
    logit = if (a %in% 0:1) c(NA, NA) else plogis(qlogis(a) + c(-1, 1) * z * se / (a * (1 - a))),
    exact = {
      m <- min(n1, n0)
      alpha <- (1 - level) / 2
      c(if (a > 0) qbeta(alpha, a * m, m - a * m + 1) else 0,
        if (a < 1) qbeta(1 - alpha, a * m + 1, m - a * m) else 1)
    })
  by_ranks <- is.na(se) || se == 0
  test <- if (by_ranks) exact_p(y, x) else c((a - 0.5) / se, 2 * pnorm(-abs((a - 0.5) / se)))
  list(roc = r, row = c(estimate = a, std.error = se, conf.low = limits[1], conf.high = limits[2],
                        statistic = test[1], p.value = test[2]),
       test = if (by_ranks) "mannwhitney" else "delong")
}

proportion_limits <- function(k, n, method, level) {
  if (n == 0) return(c(NA, NA))
  if (method == "exact") binom.test(k, n, conf.level = level)$conf.int else
    prop.test(k, n, conf.level = level, correct = FALSE)$conf.int
}

metrics_of <- function(tp, fp, fn, tn, o) {
  z <- qnorm((1 + o$level) / 2)
  share <- function(k, n) c(k, n, if (n > 0) k / n else NA,
                            proportion_limits(k, n, o$proportions, o$level))
  n1 <- tp + fn
  n0 <- fp + tn
  se <- tp / n1
  sp <- tn / n0
  ratio <- function(a, b, k1, k0) {
    s <- if (k1 > 0 && k0 > 0) sqrt(1 / k1 - 1 / n1 + 1 / k0 - 1 / n0) else NA
    value <- if (a == 0 && b == 0) NA else a / b
    c(a, b, value, value * exp(-z * s), value * exp(z * s), s)
  }
  lrp <- ratio(se, 1 - sp, tp, fp)
  lrn <- ratio(1 - se, sp, fn, tn)
  out <- list(sensitivity = share(tp, n1), specificity = share(tn, n0), ppv = share(tp, tp + fp),
              npv = share(tn, tn + fn), accuracy = share(tp + tn, n1 + n0),
              lr.positive = lrp[1:5], lr.negative = lrn[1:5])
  p <- o$prevalence
  if (!is.na(p)) {
    at <- function(right, wrong, s) {
      l <- log(right / wrong)
      c(NA, NA, if (right + wrong > 0) right / (right + wrong) else NA, plogis(l - z * s),
        plogis(l + z * s))
    }
    out$ppv <- at(p * se, (1 - p) * (1 - sp), lrp[6])
    out$npv <- at((1 - p) * sp, p * (1 - se), lrn[6])
    v <- p^2 * se * (1 - se) / n1 + (1 - p)^2 * sp * (1 - sp) / n0
    a <- se * p + sp * (1 - p)
    w <- (1 - se) * p + (1 - sp) * (1 - p)
    out$accuracy <- at(a, w, if (v > 0) sqrt(v) / (a * w) else NA)
  }
  out
}

roc_one <- function(set, o) {
  run <- paste0(set$name, "/roc")
  if (status[[run]] != 0) return(hold("roc", "exit status", run, status[[run]], 0))
  d <- o$data
  y <- d$y
  values <- list(x1 = d$x1, x2 = if (o$lower) -d$x2 else d$x2, `risk(p)` = d$p)
  fits <- "c1" %in% o$markers
  # The fitted risk of a category is its event fraction.
  if (fits) values$c1 <- ave(y, d$c1)
  areas <- lapply(values, function(x) area_of(y, x, o$level, o$interval))
  ours <- read_table(run, "auc")
  where <- paste(run, ours$marker)
  hold_text("roc", "markers", where, ours$marker, names(values))
  hold("roc", "n", where, ours$n, rep(length(y), nrow(ours)))
  hold("roc", "events", where, ours$events, rep(sum(y), nrow(ours)))
  for (m in seq_along(areas)) {
    row <- areas[[m]]$row
    hold_text("roc", "auc test", where[m], ours$test[m], areas[[m]]$test)
    for (v in names(row)) if (!is.infinite(row[[v]]))
      hold("roc", paste("auc", v), where[m], ours[[v]][m], row[[v]], 1e-9, 1e-14) else
      leave_out("roc: exact P beyond R's reach")
  }
  # ---- partial areas ----
  part <- read_table(run, "pauc")
  for (m in seq_along(areas)) {
    of <- function(correct) as.numeric(auc(areas[[m]]$roc, partial.auc = o$limits,
      partial.auc.focus = o$focus, partial.auc.correct = correct, allow.invalid.partial.auc.correct = TRUE))
    raw <- of(FALSE)
    hold("roc", "pauc estimate", where[m], part$estimate[m], raw, 1e-9, 1e-13)
    w <- abs(diff(o$limits))
    # The chance line's area between these limits.
    least <- if (o$focus == "specificity") w * (1 - mean(o$limits)) else w * (1 - mean(o$limits))
    standard <- if (raw < least - 1e-9) NA else 0.5 * (1 + (raw - least) / (w - least))
    if (abs(raw - least) > 1e-9) {
      hold("roc", "pauc standardized", where[m], part$standardized[m], standard, 1e-9)
      if (!is.na(standard))
        hold("roc", "pauc standardized pROC", where[m], part$standardized[m], of(TRUE), 1e-9)
    }
  }
  # ---- pairs ----
  pairs <- read_table(run, "compare")
  ab <- pair_list(length(values))
  hold("roc", "pairs", run, nrow(pairs), length(ab))
  expected <- t(vapply(ab, function(i) compare_paired(areas[[i[1]]], areas[[i[2]]], y, o$level),
                       numeric(6)))
  colnames(expected) <- c("estimate", "std.error", "statistic", "p.value", "conf.low", "conf.high")
  where_pair <- paste(run, pairs$marker1, pairs$marker2)
  for (v in colnames(expected))
    # Equal areas differ by rounding in pROC, and so z.
    hold("roc", paste("compare", v), where_pair, pairs[[v]], expected[, v], 1e-8,
         if (v == "p.value") 1e-12 else 1e-13 / pmax(ifelse(is.na(expected[, "std.error"]), 1, pmin(1, expected[, "std.error"])), 1e-9))
  hold("roc", "compare p.holm", where_pair, pairs$p.holm, p.adjust(expected[, "p.value"], "holm"), 1e-8, 1e-12)
  compare_all(set, run, areas, y)
  # ---- curves and cut-offs ----
  curve <- read_table(run, "curve")
  cut <- read_table(run, "cutoff")
  counts <- read_table(run, "counts")
  for (m in seq_along(values)) {
    name <- names(values)[m]
    lower <- name == "x2" && o$lower
    # Risks of a fit are right to its convergence.
    to <- if (name == "c1") 1e-7 else 1e-12
    p <- coords(areas[[m]]$roc, "all", ret = c("threshold", "sensitivity", "specificity"),
                transpose = FALSE)
    p <- p[order(-p$threshold), ]
    # Cut-offs of a fit lie midway between linear predictors, or event fractions if these are not
    # finite.
    if (name == "c1" && all(values$c1 > 0 & values$c1 < 1)) {
      v <- sort(unique(values$c1), decreasing = TRUE)
      p$threshold <- c(Inf, plogis((qlogis(head(v, -1)) + qlogis(tail(v, -1))) / 2), -Inf)
    }
    sign <- if (lower) -1 else 1
    c <- curve[curve$marker == name, ]
    if (nrow(c) != nrow(p)) {
      hold("roc", "curve points", paste(run, name), nrow(c), nrow(p))
      next
    }
    # The ends of a fit's curve are not values.
    inner <- seq_len(nrow(p))
    if (name == "c1") inner <- inner[-c(1, nrow(p))]
    hold("roc", "curve threshold", paste(run, name), c$threshold[inner], sign * p$threshold[inner],
         to, 1e-300)
    hold("roc", "curve sensitivity", paste(run, name), c$sensitivity, p$sensitivity, 1e-13)
    hold("roc", "curve specificity", paste(run, name), c$specificity, p$specificity, 1e-13)
    choose <- function(score, side) {
      best <- which(score >= max(score) - 1e-12)
      list(tied = length(best), i = best[which.max(side[best])])
    }
    rules <- list(youden = choose(p$sensitivity + p$specificity, p$sensitivity),
                  topleft = choose(-(1 - p$sensitivity)^2 - (1 - p$specificity)^2, p$sensitivity))
    reach <- function(ok, value, other) {
      i <- which(ok)
      i <- i[value[i] >= max(value[i]) - 1e-12]
      list(tied = 1, i = i[which.max(other[i])])
    }
    if (name == "x1") rules$cutoff <- list(tied = 1, i = NA)
    rules$sensitivity <- reach(p$sensitivity >= o$sensitivity - 1e-12, p$specificity, p$sensitivity)
    rules$specificity <- reach(p$specificity >= o$specificity - 1e-12, p$sensitivity, p$specificity)
    mine <- cut[cut$marker == name, ]
    hold_text("roc", "cutoff rules", paste(run, name), sort(unique(mine$rule)), sort(names(rules)))
    for (rule in names(rules)) {
      k <- mine[mine$rule == rule, ]
      at <- paste(run, name, rule)
      t <- if (rule == "cutoff") o$cutoff else p$threshold[rules[[rule]]$i]
      positive <- values[[name]] >= t
      tp <- sum(positive & y == 1)
      fp <- sum(positive & y == 0)
      fn <- sum(!positive & y == 1)
      tn <- sum(!positive & y == 0)
      if (name != "c1" || is.finite(t)) hold("roc", "cutoff threshold", at, k$threshold[1],
                                              sign * t, to)
      hold("roc", "cutoff tied", at, k$tied[1], rules[[rule]]$tied)
      n <- counts[counts$marker == name & counts$rule == rule, ]
      hold("roc", "cutoff counts", at, unlist(n[c("true.positives", "false.positives",
        "false.negatives", "true.negatives")]), c(tp, fp, fn, tn))
      metrics <- metrics_of(tp, fp, fn, tn, o)
      for (metric in names(metrics))
        hold("roc", paste("cutoff", metric), paste(at, metric, c("numerator", "denominator",
          "estimate", "conf.low", "conf.high")), unlist(k[k$metric == metric, c("numerator",
          "denominator", "estimate", "conf.low", "conf.high")]), metrics[[metric]], 1e-9, 1e-14)
    }
  }
}

# Placements of DeLong et al. (1988), for differences without cancellation; pROC beside.
compare_paired <- function(a, b, y, level) {
  d <- a$row[["estimate"]] - b$row[["estimate"]]
  if (min(sum(y), sum(1 - y)) < 2) return(c(d, NA, NA, NA, NA, NA))
  difference <- function(r) {
    place <- outer(r$cases, r$controls, function(i, j) (i > j) + (i == j) / 2)
    list(rowMeans(place), colMeans(place))
  }
  u <- difference(a$roc)
  v <- difference(b$roc)
  flat <- function(x) if (max(x) - min(x) < 1e-12) 0 else var(x)
  se <- sqrt(flat(u[[1]] - v[[1]]) / sum(y) + flat(u[[2]] - v[[2]]) / sum(1 - y))
  if (se == 0) return(if (abs(d) < 1e-14) c(0, 0, 0, 1, 0, 0) else c(d, 0, NA, NA, NA, NA))
  z <- d / se
  c(d, se, z, 2 * pnorm(-abs(z)), d + c(-1, 1) * qnorm((1 + level) / 2) * se)
}

compare_all <- function(set, run, areas, y) {
  g <- read_table(run, "global")
  if (min(sum(y), sum(1 - y)) < 2)
    return(hold("roc", "global p.value", run, g$p.value, NA))
  k <- length(areas)
  v <- sapply(areas, function(a) sapply(areas, function(b)
    if (identical(a, b)) var(a$roc, method = "delong") else
      cov(a$roc, b$roc, method = "delong")))
  a <- sapply(areas, function(x) x$row[["estimate"]])
  l <- cbind(diag(k - 1), -1)
  m <- l %*% v %*% t(l)
  e <- eigen(cov2cor(m + diag(1e-300, k - 1)), TRUE, TRUE)$values
  if (!all(is.finite(e)) || min(diag(m)) < 1e-12 || min(e) < 1e-7)
    return(leave_out("roc: global test of dependent curves"))
  d <- l %*% a
  x <- drop(t(d) %*% solve(m, d))
  hold("roc", "global statistic", run, g$statistic, x, 1e-8, 1e-13)
  hold("roc", "global df", run, g$df, k - 1)
  hold("roc", "global p.value", run, g$p.value, pchisq(x, k - 1, lower.tail = FALSE), 1e-8)
}

roc_groups <- function(set, o) {
  run <- paste0(set$name, "/groups")
  if (is.na(status[run])) return(leave_out("roc: one outcome or one group"))
  if (status[[run]] != 0) return(hold("roc", "groups exit status", run, status[[run]], 0))
  d <- o$grouped
  levels <- sort(unique(d$group))
  ours <- read_table(run, "groups")
  pairs <- read_table(run, "compare")
  pairs <- pairs[pairs$test == "unpaired", ]
  for (m in c("x3", "risk(q)")) {
    x <- if (m == "x3") d$x3 else d$q
    mine <- ours[ours$marker == m, ]
    if (nrow(mine) != length(levels)) {
      leave_out("roc: other levels of the group")
      next
    }
    sides <- lapply(levels, function(g) {
      i <- d$group == g
      if (length(unique(d$y[i])) < 2) return(NULL)
      area_of(d$y[i], x[i], 0.95, "delong")
    })
    for (i in seq_along(levels)) {
      where <- paste(run, m, levels[i])
      row <- if (is.null(sides[[i]])) c(estimate = NA, std.error = NA, conf.low = NA, conf.high = NA,
                                        p.value = NA) else sides[[i]]$row
      for (v in setdiff(names(row), "statistic")) if (!is.infinite(row[[v]]))
        hold("roc", paste("groups", v), where, mine[[v]][i], row[[v]], 1e-9, 1e-14)
    }
    mine <- pairs[pairs$marker1 == m, ]
    p <- NULL
    for (ab in pair_list(length(levels))) {
      i <- which(mine$group1 == levels[ab[1]] & mine$group2 == levels[ab[2]])
      if (length(i) != 1) {
        hold("roc", "unpaired rows", paste(run, m), length(i), 1)
        next
      }
      r1 <- sides[[ab[1]]]
      r2 <- sides[[ab[2]]]
      where <- paste(run, m, levels[ab[1]], levels[ab[2]])
      if (is.null(r1) || is.null(r2)) {
        hold("roc", "unpaired p.value", where, mine$p.value[i], NA)
        next
      }
      s1 <- r1$row[["std.error"]]
      s2 <- r2$row[["std.error"]]
      if (is.na(s1 + s2) || s1 == 0 || s2 == 0) {
        if (is.na(s1 + s2)) hold("roc", "unpaired p.value", where, mine$p.value[i], NA) else
          leave_out("roc: unpaired test with a variance of 0")
        next
      }
      t <- roc.test(r1$roc, r2$roc, method = "delong", paired = FALSE)
      e <- r1$row[["estimate"]] - r2$row[["estimate"]]
      se <- sqrt(s1^2 + s2^2)
      half <- qt(0.975, t$parameter) * se
      expected <- c(estimate = e, std.error = se, statistic = unname(t$statistic),
                    df = unname(t$parameter), p.value = t$p.value, conf.low = e - half,
                    conf.high = e + half)
      for (v in names(expected))
        hold("roc", paste("unpaired", v), where, mine[[v]][i], expected[[v]], 1e-9, 1e-13)
    }
  }
}

roc_compare <- function(set) {
  o <- roc_options(set)
  if (is.na(status[paste0(set$name, "/roc")])) leave_out("roc: one outcome") else roc_one(set, o)
  roc_groups(set, o)
}
