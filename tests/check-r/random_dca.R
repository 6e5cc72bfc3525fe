# SPDX-License-Identifier: GPL-3.0-or-later
# her2-dca: two columns of risks and a quantity through its own logistic fit, by the formulas of
# Vickers & Elkin (2006).

dca_options <- function(set) {
  set.seed(19L * set$number + 2L)
  o <- list(thresholds = one_of(c(0.1, 0.25, 0.5, 0.75), c(0.05, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95), c(0, 0.3, 1),
                                c(0.2, 0.4, 0.5, 0.6)),
            prevalence = one_of(NA, NA, 0.2), harm = one_of(0, 0, 0.01),
            against = one_of("all", "none", "risk(p)"))
  o$rows <- which(complete.cases(set$data[c("y", "p", "q", "x1")]))
  o
}

dca_runs <- function(set) {
  o <- dca_options(set)
  if (length(unique(set$data$y[o$rows])) < 2) return(character())
  paste0("run ", set$name, "/dca dca 'y = 1 ~ risk(p) + risk(q) + x1' ", set$name,
         "/data.csv --thresholds=", paste(o$thresholds, collapse = ","),
         if (!is.na(o$prevalence)) paste0(" --prevalence=", o$prevalence),
         if (o$harm > 0) paste0(" --harm='risk(q):", o$harm, "'"), " --against='", o$against,
         "' --tables=", set$name, "/dca")
}

dca_compare <- function(set) {
  o <- dca_options(set)
  run <- paste0(set$name, "/dca")
  if (is.na(status[run])) return(leave_out("dca: one outcome"))
  y <- set$data$y[o$rows]
  d <- design_or_null(set, "x1", o$rows)
  f <- if (is.null(d)) list(ok = FALSE) else fit_logit(d$x, y)
  if (!f$ok) {
    hold("dca", "status without an estimate", run, as.numeric(status[[run]] != 0), 1)
    return(invisible())
  }
  if (status[[run]] != 0) return(hold("dca", "exit status", run, status[[run]], 0))
  risk <- list(all = rep(2, length(y)), none = rep(-1, length(y)), `risk(p)` = set$data$p[o$rows],
               `risk(q)` = set$data$q[o$rows], x1 = f$risk)
  t <- o$thresholds
  # A fitted risk at a threshold: its rounding decides.
  if (min(abs(outer(f$risk, t, "-"))) < 1e-9) return(leave_out("dca: a fitted risk at a threshold"))
  pi <- if (is.na(o$prevalence)) mean(y) else o$prevalence
  table <- read_table(run, "net_benefit")
  impact <- read_table(run, "impact")
  difference <- read_table(run, "difference")
  value <- lapply(names(risk), function(m) {
    tp <- vapply(t, function(s) mean(risk[[m]][y == 1] >= s), 0) * pi
    fp <- vapply(t, function(s) mean(risk[[m]][y == 0] >= s), 0) * (1 - pi)
    harm <- if (m == "risk(q)") o$harm else 0
    list(tp = tp, fp = fp, nb = ifelse(t == 1, NA, tp - fp * t / (1 - t) - harm))
  })
  names(value) <- names(risk)
  for (m in names(risk)) {
    v <- value[[m]]
    ours <- table[table$model == m, ]
    where <- paste(run, m, t)
    nb <- v$nb
    # Treating none is worth 0 at any threshold.
    if (m == "none") nb[is.na(nb)] <- ours$net.benefit[is.na(nb)]
    hold("dca", "threshold", where, ours$threshold, t)
    hold("dca", "net.benefit", where, ours$net.benefit, nb, 1e-12, 1e-14)
    hold("dca", "standardized", where, ours$standardized, nb / pi, 1e-12, 1e-14)
    avoided <- ifelse(t == 0, NA, (nb - value$all$nb) * (1 - t) / t * 100)
    k <- t < 1
    hold("dca", "interventions.avoided", where[k], ours$interventions.avoided[k], avoided[k], 1e-11,
         1e-11)
    hold("dca", "true.positives", where, ours$true.positives, 100 * v$tp, 1e-12, 1e-13)
    hold("dca", "false.positives", where, ours$false.positives, 100 * v$fp, 1e-12, 1e-13)
    ours <- impact[impact$model == m, ]
    if (nrow(ours)) {
      hold("dca", "impact high.risk", where, ours$high.risk, 1000 * (v$tp + v$fp), 1e-12, 1e-11)
      hold("dca", "impact events", where, ours$events, 1000 * v$tp, 1e-12, 1e-11)
    }
  }
  for (m in setdiff(unique(difference$model1), o$against)) {
    ours <- difference[difference$model1 == m & difference$model2 == o$against, ]
    k <- t < 1
    hold("dca", "difference", paste(run, m, o$against, t[k]), ours$estimate[k],
         (value[[m]]$nb - value[[o$against]]$nb)[k], 1e-11, 1e-13)
  }
  range <- read_table(run, "range")
  range <- range[range$curve == "net.benefit", ]
  for (m in c("risk(p)", "risk(q)", "x1")) {
    beats <- value[[m]]$nb > pmax(value$all$nb, 0) + 1e-12
    close <- abs(value[[m]]$nb - pmax(value$all$nb, 0)) < 1e-12 & !is.na(value[[m]]$nb)
    beats[is.na(beats)] <- FALSE
    ours <- range[range$model == m, ]
    mine <- rep(FALSE, length(t))
    for (i in seq_len(nrow(ours))) if (!is.na(ours$from[i]))
      mine <- mine | (t >= ours$from[i] & t <= ours$to[i])
    hold("dca", "range", paste(run, m, t), as.numeric(mine), as.numeric(beats))
  }
}
