# SPDX-License-Identifier: GPL-3.0-or-later
# her2-multivar: maximum likelihood by glm, taken to the last digits by two more Newton steps; splines,
# interactions and scales; profile intervals by refitting at their limits; Firth by brglm2 and by the
# penalized likelihood written out; screening, variance inflation and stepwise selection.  her2-predict
# on the same rows and on those with missing values.
#
# Fits are made on quantities without offset and scale (random_data.R) and turned back exactly.

control <- glm.control(epsilon = 1e-14, maxit = 100)

# ---- designs ----

# A term on given rows: columns in plain units, their names, and how a coefficient in the data's units
# is got back (unit: divisor; shift: what the intercept loses a unit).
term_of <- function(set, text, rows) {
  d <- set$data[rows, ]
  quantity <- function(v) list(x = set$plain[[v]][rows], offset = set$offset[[v]],
                               scale = set$scale[[v]])
  if (grepl("^c[12]$", text)) {
    f <- factor(d[[text]])
    l <- levels(f)
    x <- vapply(l[-1], function(v) as.numeric(f == v), numeric(nrow(d)))
    x <- matrix(x, nrow(d))
    return(list(name = text, x = x, names = paste0(text, "=", l[-1]), unit = rep(1, ncol(x)),
                shift = rep(0, ncol(x)), factor = TRUE))
  }
  if (grepl("^rcs", text)) {
    v <- sub("rcs\\((x[0-9]), .*", "\\1", text)
    k <- as.integer(sub(".*, ([0-9]).*", "\\1", text))
    q <- quantity(v)
    # It prints a table where it finds too few knots; of fewer than 10 values it takes the fifth
    # from either end, which have crossed.
    if (length(q$x) < 10) return(NULL)
    capture.output(knots <- tryCatch(rcspline.eval(q$x, nk = k, knots.only = TRUE),
                                     error = function(e) NULL))
    if (length(knots) != k || any(diff(knots) <= 0)) return(NULL)
    x <- rcspline.eval(q$x, knots = knots, inclx = TRUE)
    attributes(x) <- list(dim = dim(x))
    names <- paste0(text, c("", "'", "''", "'''")[seq_len(ncol(x))])
    return(list(name = text, x = x, names = names, unit = rep(q$scale, ncol(x)),
                shift = c(q$offset, rep(0, ncol(x) - 1)), knots = knots))
  }
  v <- sub("/.*", "", text)
  q <- quantity(v)
  unit <- q$scale / if (grepl("/sd$", text)) sd(q$x) * q$scale else
    if (grepl("/", text)) as.numeric(sub(".*/", "", text)) else 1
  list(name = text, x = matrix(q$x), names = text, unit = unit, shift = q$offset)
}

# Terms together: x, which term each column is of, names, and the matrix that turns coefficients back.
design_of <- function(set, texts, rows) {
  parts <- list()
  for (text in texts) {
    if (grepl(":", text)) {
      ab <- strsplit(text, ":")[[1]]
      a <- term_of(set, ab[1], rows)
      b <- term_of(set, ab[2], rows)
      x <- matrix(unlist(lapply(seq_len(ncol(b$x)), function(j) a$x[, 1] * b$x[, j])), length(rows))
      parts <- c(parts, list(list(name = text, x = x, names = paste0(ab[1], ":", b$names),
                                  unit = rep(a$unit, ncol(x)), shift = rep(a$shift, ncol(x)),
                                  onto = ab[2])))
    } else {
      p <- term_of(set, text, rows)
      if (is.null(p)) return(NULL)
      parts <- c(parts, list(p))
    }
  }
  x <- cbind(1, do.call(cbind, lapply(parts, `[[`, "x")))
  term <- c(0, rep(seq_along(parts), vapply(parts, function(p) ncol(p$x), 1L)))
  p <- ncol(x)
  back <- diag(p)
  for (t in seq_along(parts)) {
    j <- which(term == t)
    back[cbind(j, j)] <- 1 / parts[[t]]$unit
    target <- if (is.null(parts[[t]]$onto)) rep(1, length(j)) else
      which(term == match(parts[[t]]$onto, texts))
    back[cbind(target, j)] <- -parts[[t]]$shift
  }
  list(x = x, term = term, names = c("(Intercept)", unlist(lapply(parts, `[[`, "names"))),
       back = back, texts = texts, parts = parts)
}

# ---- fits ----

log_likelihood <- function(eta, y) sum(plogis(ifelse(y == 1, eta, -eta), log.p = TRUE))

# ok: a finite estimate exists; loglik is there also where it does not, as far as glm went.
fit_logit <- function(x, y, offset = rep(0, length(y)), polish = 3) {
  size <- pmax(apply(abs(x), 2, max), 1e-300)
  z <- t(t(x) / size)
  centred <- if (ncol(z) > 1 && all(z[, 1] == 1)) cbind(1, scale(z[, -1], TRUE, FALSE)) else z
  if (ncol(x) && qr(centred, tol = 1e-8)$rank < ncol(x)) return(list(ok = FALSE, why = "rank"))
  f <- glm.fit(z, y, family = binomial(), offset = offset, control = control)
  b <- f$coefficients
  if (anyNA(b)) return(list(ok = FALSE, why = "rank"))
  moved <- Inf
  for (turn in seq_len(polish)) {
    eta <- drop(z %*% b) + offset
    w <- dlogis(eta)
    if (!all(is.finite(w)) || any(w < 1e-280)) break
    q <- qr(z * sqrt(w), tol = 1e-14)
    step <- qr.coef(q, (y - plogis(eta)) / sqrt(w))
    b <- b + step
    # Where outcomes are separated every step is as long as the one before.
    moved <- max(abs(z %*% step))
  }
  eta <- drop(z %*% b) + offset
  w <- dlogis(eta)
  r <- tryCatch(chol2inv(qr.R(qr(z * sqrt(w), tol = 1e-14))), error = function(e) NULL)
  spread <- apply(z, 2, function(v) if (max(v) == min(v)) 1 else sd(v))
  ok <- !is.null(r) && all(is.finite(b)) && all(is.finite(r)) && is.finite(moved) &&
    moved < 1e-5 && max(abs(y - plogis(eta))) > 1e-9
  if (!ok) return(list(ok = FALSE, why = "separated", loglik = log_likelihood(eta, y)))
  v <- r / outer(size, size)
  list(ok = TRUE, b = b / size, v = v, eta = eta, loglik = log_likelihood(eta, y),
       risk = plogis(eta), strained = max(sqrt(diag(r)) * spread) > 50)
}

# Albert & Anderson (1984), by linear programming: some direction has no row on its wrong side and
# some on its right one.  Where there is none the maximum is finite, though it may be so flat that
# glm, and Newton's steps, stop anywhere.
is_separated <- function(x, y) {
  z <- x * (2 * y - 1)
  z <- t(t(z) / pmax(apply(abs(z), 2, max), 1e-300))
  k <- ncol(z)
  r <- tryCatch(boot::simplex(colSums(cbind(z, -z)), diag(2 * k), rep(1, 2 * k), cbind(z, -z),
                              rep(0, nrow(z)), maxi = TRUE, n.iter = 2000), error = function(e) NULL)
  if (is.null(r) || r$solved != 1) NA else r$value > 1e-7
}

wald_of <- function(b, v, j) {
  s <- sqrt(diag(v)[j])
  r <- v[j, j, drop = FALSE] / outer(s, s)
  t <- drop(t(b[j] / s) %*% solve(r, b[j] / s))
  c(t, length(j), pchisq(t, length(j), lower.tail = FALSE))
}
lr_of <- function(design, y, full, j) {
  less <- fit_logit(design$x[, -j, drop = FALSE], y)
  t <- max(0, 2 * (full$loglik - less$loglik))
  c(t, length(j), pchisq(t, length(j), lower.tail = FALSE))
}

# The deviance at which coefficient combination c' b is `at`, above the least.  glm may run away
# from its start here: Newton steps that never lose.
loss_at <- function(x, y, loglik, c, at) {
  k <- which.max(abs(c))
  offset <- x[, k] * at / c[k]
  z <- (x - outer(x[, k], c / c[k]))[, -k, drop = FALSE]
  b <- rep(0, ncol(z))
  # A start at which nothing is certain.
  if (ncol(z)) b <- qr.coef(qr(z), -offset)
  b[is.na(b)] <- 0
  value <- log_likelihood(drop(z %*% b) + offset, y)
  for (turn in 1:2000) {
    if (!ncol(z)) break
    eta <- drop(z %*% b) + offset
    w <- pmax(dlogis(eta), 1e-14)
    q <- qr(z * sqrt(w), tol = 1e-14)
    step <- qr.coef(q, (y - plogis(eta)) / sqrt(w))
    step[is.na(step)] <- 0
    if (sqrt(sum((qr.R(q) %*% step[q$pivot])^2)) < 1e-9) break
    for (half in 1:60) {
      now <- log_likelihood(drop(z %*% (b + step)) + offset, y)
      if (is.finite(now) && now >= value) break
      step <- step / 2
    }
    if (half == 60) break
    b <- b + step
    value <- now
  }
  2 * (loglik - value)
}

# ---- what is run ----

multivar_options <- function(set) {
  set.seed(13L * set$number + 1L)
  cohort <- function(columns) which(complete.cases(set$data[c("y", columns)]))
  o <- list(fit = c("x1", "x2", "c1"), level = one_of(0.95, 0.9),
            like = one_of("study", "study", "r"))
  o$fit_rows <- cohort(c("x1", "x2", "c1"))
  o$terms <- one_of(c("rcs(x1, 3)", "x3"), c("rcs(x1, 4)", "c2"), c("x3/sd", "c2", "x3:c2"),
                    c("x2/10", "x3"), c("x1", "c2", "x1:c2", "x3/2"))
  o$terms_rows <- cohort(unique(regmatches(paste(o$terms, collapse = " "),
    gregexpr("[xc][0-9]", paste(o$terms, collapse = " ")))[[1]]))
  if (any(grepl("sd:", o$terms))) o$terms <- sub("x3:c2", "x3/sd:c2", o$terms)
  o$terms <- sub("^x3:c2$", if ("x3/sd" %in% o$terms) "x3/sd:c2" else "x3:c2", o$terms)
  o$firth <- c("x1", "x2", "c2")
  o$flic <- runif(1) < 0.3
  o$firth_rows <- cohort(o$firth)
  o$select <- one_of(c("x1", "x2", "x3", "x4", "c1", "c2"), c("x1", "x3", "x4", "c2"),
                     c("x3", "x4", "c2"), c("x2", "x3", "c1"))
  o$screen <- one_of(NA, 0.1, 0.3)
  o$direction <- one_of("backward", "forward", "backward")
  o$by <- one_of("p", "aic")
  o$stay <- one_of(0.05, 0.157)
  o$drop <- runif(1) < 0.3
  o$select_rows <- cohort(o$select)
  o
}

multivar_runs <- function(set) {
  o <- multivar_options(set)
  both <- function(rows) length(unique(set$data$y[rows])) == 2
  lines <- character()
  run <- function(name, terms, ...)
    lines <<- c(lines, paste0("run ", set$name, "/", name, " multivar 'y = 1 ~ ",
      paste(terms, collapse = " + "), "' ", set$name, "/data.csv ", ..., " --tables=", set$name, "/",
      name))
  if (both(o$fit_rows)) {
    model <- paste0(set$name, "/model.json")
    run("fit", o$fit, "--riley --level=", o$level, " --save=", model)
    lines <- c(lines, paste0("[ -f ", model, " ] && run ", set$name, "/predict predict --model=", model,
      " ", set$name, "/data.csv"))
  }
  if (both(o$terms_rows)) run("terms", o$terms, "--ci=profile")
  if (set$number %% 4 == 0 && both(o$firth_rows)) run("firth", o$firth, if (o$flic) "--flic" else "--firth")
  if (both(o$select_rows)) run("select", o$select, "--select=", o$direction, " --by=", o$by,
    if (o$by == "p") paste0(" --stay=", o$stay), if (!is.na(o$screen)) paste0(" --screen=", o$screen),
    if (o$drop) " --vif-action=drop --vif=2")
  lines
}

# ---- comparison ----

# Coefficients of a table against those of a fit.  lost: digits that R or both cannot have.
hold_coefficients <- function(part, where, ours, names, b, v, n, events, missing, level, to,
                              intervals = TRUE) {
  if (nrow(ours) != length(names))
    return(hold("multivar", paste(part, "rows"), where[1], nrow(ours), length(names)))
  hold_text("multivar", paste(part, "term"), where, ours$term, names)
  at <- paste(where, names)
  s <- sqrt(diag(v))
  # A coefficient is known to a part of its standard error.
  within <- to * s
  z <- qnorm((1 + level) / 2)
  hold("multivar", paste(part, "n"), at, ours$n, rep(n, length(b)))
  hold("multivar", paste(part, "events"), at, ours$events, rep(events, length(b)))
  hold("multivar", paste(part, "missing"), at, ours$missing, rep(missing, length(b)))
  hold("multivar", paste(part, "estimate"), at, ours$estimate, b, to, within)
  hold("multivar", paste(part, "std.error"), at, ours$std.error, s, to)
  hold("multivar", paste(part, "statistic"), at, ours$statistic, b / s, to, to)
  hold("multivar", paste(part, "p.value"), at, ours$p.value, 2 * pnorm(-abs(b / s)),
       to * max(1, (b / s)^2), to)
  if (intervals) {
    hold("multivar", paste(part, "conf.low"), at, ours$conf.low, b - z * s, to, within)
    hold("multivar", paste(part, "conf.high"), at, ours$conf.high, b + z * s, to, within)
  }
  for (x in c("", ".low", ".high")) {
    from <- ours[[if (x == "") "estimate" else paste0("conf", x)]]
    hold("multivar", paste0(part, " odds.ratio", x), at, ours[[paste0("odds.ratio", x)]], exp(from))
  }
}

# Rows of a category without a second level, of a constant: no fit.
design_or_null <- function(set, texts, rows) {
  d <- tryCatch(design_of(set, texts, rows), error = function(e) NULL)
  if (is.null(d) || any(tabulate(d$term, length(texts)) == 0)) NULL else d
}

univariable_of <- function(set, run, texts, level, to, intervals) {
  u <- read_table(run, "univariable")
  joint <- read_table(run, "joint")
  joint <- joint[joint$model == "univariable", ]
  for (text in texts) {
    mine <- u[u$variable == text, ]
    if (grepl(":", text)) next
    columns <- regmatches(text, regexpr("[xc][0-9]", text))
    rows <- which(complete.cases(set$data[c("y", columns)]))
    y <- set$data$y[rows]
    d <- design_or_null(set, text, rows)
    fit <- if (is.null(d)) list(ok = FALSE) else fit_logit(d$x, y)
    where <- paste(run, "univariable", text)
    if (!fit$ok && !is.null(d) && !all(is.na(mine$estimate)) && fit$why == "separated" &&
        !isTRUE(is_separated(d$x, y))) {
      leave_out("multivar: a maximum too flat for R")
      next
    }
    if (!fit$ok) {
      hold("multivar", "univariable without estimate", where, sum(!is.na(mine$estimate)), 0)
      next
    }
    b <- drop(d$back %*% fit$b)[-1]
    v <- (d$back %*% fit$v %*% t(d$back))[-1, -1, drop = FALSE]
    lost <- if (fit$strained) 100 * to else to
    hold_coefficients("univariable", where, mine, d$names[-1], b, v, length(y), sum(y),
                      sum(!is.na(set$data$y)) - length(y), level, lost, intervals)
    j <- seq_along(b) + 1
    for (test in c("wald", "lr")) {
      t <- if (test == "wald") wald_of(fit$b, fit$v, j) else lr_of(d, y, fit, j)
      ours <- joint[joint$variable == text & joint$test == test, ]
      hold_joint("univariable", test, where, ours, t, lost)
    }
  }
}

hold_joint <- function(part, test, where, ours, t, to) {
  key <- paste(part, "joint", test)
  hold("multivar", paste(key, "statistic"), where, ours$statistic, t[1], to, 1e-11)
  hold("multivar", paste(key, "df"), where, ours$df, t[2])
  hold("multivar", paste(key, "p.value"), where, ours$p.value, t[3], to * max(1, t[1]), 1e-6)
}

generalized_vif <- function(r, groups) {
  if (length(unique(groups)) < 1) return(NULL)
  det_of <- function(j) if (length(j)) det(r[j, j, drop = FALSE]) else 1
  vapply(unique(groups), function(g)
    det_of(which(groups == g)) * det_of(which(groups != g)) / det(r), 0)
}

multivar_fit <- function(set, run, texts, rows, level, profile = FALSE) {
  if (is.na(status[run])) return(leave_out("multivar: one outcome"))
  y <- set$data$y[rows]
  d <- design_or_null(set, texts, rows)
  if (is.null(d) && any(grepl("rcs", texts)) && status[[run]] != 0)
    return(leave_out("multivar: no knots for a spline"))
  fit <- if (is.null(d)) list(ok = FALSE, why = "a single level") else fit_logit(d$x, y)
  if (!fit$ok && fit$why == "separated" && status[[run]] == 0 &&
      !isTRUE(is_separated(d$x, y))) return(leave_out("multivar: a maximum too flat for R"))
  if (!fit$ok) {
    hold("multivar", paste("status where no estimate exists:", fit$why), run,
         as.numeric(status[[run]] %in% c(1, 3)), 1)
    return(invisible())
  }
  if (status[[run]] != 0)
    return(hold("multivar", "status where an estimate exists", run, status[[run]], 0))
  b <- drop(d$back %*% fit$b)
  v <- d$back %*% fit$v %*% t(d$back)
  # An offset of 1e5 in an interaction leaves less of its factor.
  to <- if (fit$strained || any(grepl(":", texts))) 1e-6 else 1e-8
  ours <- read_table(run, "multivariable")
  n <- length(y)
  hold_coefficients("multivariable", paste(run, "multivariable"), ours, d$names, b, v, n, sum(y),
                    sum(!is.na(set$data$y)) - n, level, to, !profile)
  if (profile) for (j in seq_along(b)) for (side in c("conf.low", "conf.high")) {
    l <- ours[[side]][j]
    where <- paste(run, d$names[j], side)
    if (is.na(l) || is.infinite(l)) {
      leave_out("multivar: infinite profile limit")
      next
    }
    # c' b in plain units.
    hold("multivar", "deviance at a profile limit", where,
         loss_at(d$x, y, fit$loglik, d$back[j, ], l), qchisq(level, 1), 1e-6)
    hold("multivar", "side of a profile limit", where, (l < b[j]), side == "conf.low")
  }
  univariable_of(set, run, texts, level, 1e-8, !profile)
  # ---- joint tests ----
  joint <- read_table(run, "joint")
  joint <- joint[joint$model == "multivariable", ]
  for (t in seq_along(texts)) {
    j <- which(d$term == t)
    where <- paste(run, texts[t])
    mine <- joint[joint$variable == texts[t], ]
    # In the data's units: an interaction's test of a variable depends on its offset.
    s <- 1 / sqrt(diag(v))
    hold_joint("multivariable", "wald", where, mine[mine$test == "wald", ],
               wald_of(b * s, v * outer(s, s), j), to)
    if (!any(grepl(":", texts)))
      hold_joint("multivariable", "lr", where, mine[mine$test == "lr", ], lr_of(d, y, fit, j), to)
  }
  # ---- collinearity ----
  c <- read_table(run, "collinearity")
  columns <- read_table(run, "collinearity_columns")
  g <- d$term[-1]
  s <- sqrt(diag(v))
  r <- (v / outer(s, s))[-1, -1, drop = FALSE]
  df <- tabulate(g)
  if (!any(grepl(":|rcs", texts))) {
    gvif <- generalized_vif(r, g)
    k <- cor(d$x[, -1, drop = FALSE])
    ols <- generalized_vif(k, g)
    where <- paste(run, texts)
    lost <- to * 10
    hold("multivar", "gvif", where, c$gvif, gvif, lost)
    hold("multivar", "gvif.scaled", where, c$gvif.scaled, gvif^(1 / df), lost)
    hold("multivar", "vif", where, c$vif, ifelse(df == 1, gvif, NA), lost)
    hold("multivar", "ols.vif", where, c$ols.vif, ols, lost)
    hold("multivar", "tolerance", where, c$tolerance, 1 / ols, lost)
    where <- paste(run, d$names[-1])
    hold("multivar", "collinearity_columns vif", where, columns$vif, diag(solve(r)), lost)
    hold("multivar", "collinearity_columns ols.vif", where, columns$ols.vif, diag(solve(k)), lost)
    if (set$number %% 10 == 0 && length(texts) > 1) {
      frame <- data.frame(y = y, lapply(seq_along(texts), function(t) I(d$x[, d$term == t])))
      names(frame)[-1] <- paste0("t", seq_along(texts))
      m <- glm(reformulate(names(frame)[-1], "y"), binomial, frame, control = control)
      w <- tryCatch(car::vif(m), error = function(e) NULL)
      if (is.matrix(w)) w <- w[, 1]
      if (!is.null(w)) hold("multivar", "gvif by car", paste(run, texts), c$gvif, w, 1e-6)
    }
  }
  # ---- fit ----
  f <- read_table(run, "fit")
  f <- setNames(f$estimate, f$metric)
  p <- length(b) - 1
  # Candidates are counted in their univariable fits, whose rows may have more levels.
  candidates <- if (any(grepl(":", texts))) p else sum(vapply(texts, function(text) {
    columns <- regmatches(text, regexpr("[xc][0-9]", text))
    if (!grepl("^c", text)) return(sum(d$term == match(text, texts)))
    length(unique(set$data[[columns]][complete.cases(set$data[c("y", columns)])])) - 1L
  }, 1L))
  null <- log_likelihood(rep(qlogis(mean(y)), n), y)
  lr <- 2 * (fit$loglik - null)
  cs <- -expm1(-lr / n)
  # Fitted values that are equal but for rounding are ties.
  rank_of <- rank(round(fit$eta / max(abs(fit$eta)), 11))
  e1 <- rank_of[y == 1]
  e0 <- rank_of[y == 0]
  # Fitted values that are equal but for rounding (slopes of 0, levels of equal risks).
  gaps <- diff(sort(unique(fit$eta)))
  noisy <- length(gaps) && min(gaps) < 1e-10 * max(1, abs(fit$eta))
  if (noisy) leave_out("multivar: fitted values that are equal but for rounding")
  above <- sum(outer(e1, e0, ">"))
  below <- sum(outer(e1, e0, "<"))
  pairs <- sum(y) * (n - sum(y))
  gini <- function(x) {
    x <- sort(x)
    2 * sum((2 * seq_along(x) - n - 1) * x) / (n * (n - 1))
  }
  smaller <- min(sum(y), n - sum(y))
  expected <- c(n = n, events = sum(y), loglik = fit$loglik, deviance = -2 * fit$loglik,
    lr.chisq = lr, lr.df = p, lr.p = pchisq(lr, p, lower.tail = FALSE),
    aic = -2 * fit$loglik + 2 * (p + 1), bic = -2 * fit$loglik + log(n) * (p + 1),
    r2.nagelkerke = cs / -expm1(2 * null / n), r2.coxsnell = cs,
    r2.mcfadden = 1 - fit$loglik / null, auc = (above + (pairs - above - below) / 2) / pairs,
    dxy = (above - below) / pairs, gamma = (above - below) / (above + below),
    tau.a = (above - below) / (n * (n - 1) / 2), brier = mean((fit$risk - y)^2),
    g = gini(fit$eta), gp = gini(fit$risk), epv.candidates = smaller / candidates,
    epv.candidates.variables = smaller / length(texts), epv.final = smaller / p,
    epv.final.variables = smaller / length(texts))
  for (m in setdiff(names(expected), if (noisy) c("auc", "dxy", "gamma", "tau.a")))
    hold("multivar", paste("fit", m), run, f[[m]], expected[[m]],
         if (m == "lr.p") to * max(1, lr) else to, 1e-12)
  sizes <- read_table(run, "sample_size")
  if (nrow(sizes)) {
    p <- candidates
    r2 <- cs * (1 + p / (n * log1p(-cs)))
    event <- mean(y)
    max_r2 <- -expm1(2 * null / n)
    second <- r2 / (r2 + 0.05 * max_r2)
    need <- c(p / (-0.1 * log1p(-r2 / 0.9)), p / ((second - 1) * log1p(-r2 / second)),
              (1.96 / 0.05)^2 * event * (1 - event))
    whole <- ceiling(need)
    # On the brink of a whole number rounding decides.
    if (r2 < 0.9 && all(abs(need - round(need)) > 1e-6)) {
      hold("multivar", "sample_size n", run, sizes$n, c(whole, max(whole)))
      hold("multivar", "sample_size shrinkage", run, sizes$shrinkage[1:3],
           c(0.9, second, max(0.9, second)), 1e-8)
      hold("multivar", "sample_size epv", run, sizes$epv, c(whole, max(whole)) * event / p, 1e-9)
    } else leave_out("multivar: sample size at the brink")
  }
  if (!profile) predict_one(set, fit$b, fit$v, v, rows, fit$strained)
}

# ---- her2-predict ----

# vp: covariance in plain units; v: in the data's, as the model file has it.
predict_one <- function(set, plain, vp, v, rows, strained) {
  run <- paste0(set$name, "/predict")
  if (is.na(status[run]) || status[[run]] != 0) {
    # A level that the fit has not seen ends the run.
    if (!is.na(status[run]) && any(!is.na(set$data$c1) & !set$data$c1 %in% set$data$c1[rows]))
      return(leave_out("predict: a level that the fit has not seen"))
    return(hold("predict", "exit status", run, status[run], 0))
  }
  ours <- read.csv(file.path(folder, run, "stdout"), check.names = FALSE, na.strings = c("", "NA"))
  n <- set$n
  hold("predict", "rows", run, nrow(ours), n)
  whole <- complete.cases(set$data[c("x1", "x2", "c1")])
  unseen <- whole & !set$data$c1 %in% set$data$c1[rows]
  if (any(unseen)) return(leave_out("predict: a level that the fit has not seen"))
  x <- matrix(NA, n, length(plain))
  x[whole, ] <- cbind(1, set$plain$x1[whole], set$plain$x2[whole], vapply(
    sort(unique(set$data$c1[rows]))[-1], function(l) as.numeric(set$data$c1[whole] == l),
    numeric(sum(whole))))
  eta <- drop(x %*% plain)
  se <- sqrt(rowSums((x %*% vp) * x))
  z <- qnorm(0.975)
  where <- paste(run, "row", seq_len(n))
  # The digits that a standard error of a nearly separated fit has; and the rounding of x' V x from
  # 17 digits of V, whose terms are 1e10 times their sum where the data lie 1e5 from 0.
  far <- cbind(1, set$data$x1, set$data$x2, x[, -(1:3), drop = FALSE])
  rounding <- length(plain) * .Machine$double.eps * rowSums((abs(far) %*% abs(v)) * abs(far))
  lost <- (if (strained) 1e-2 else 1e-5) + ifelse(is.na(rounding), 0, z * rounding / (2 * se))
  hold("predict", "linear.predictor", where, ours$linear.predictor, eta, 1e-6, 1e-7 * (1 + se))
  hold("predict", "risk", where, ours$risk, plogis(eta), 1e-6 * max(1, abs(eta), na.rm = TRUE), 1e-12)
  hold("predict", "risk.low", where, ours$risk.low, plogis(eta - z * se),
       lost, 1e-9)
  hold("predict", "risk.high", where, ours$risk.high, plogis(eta + z * se),
       lost, 1e-9)
  outside <- rep(FALSE, n)
  parts <- lo <- hi <- list()
  for (q in c("x1", "x2")) {
    r <- range(set$plain[[q]][rows])
    outside <- outside | (!is.na(set$plain[[q]]) & (set$plain[[q]] < r[1] | set$plain[[q]] > r[2]))
    slope <- plain[match(q, c("", "x1", "x2"))]
    parts[[q]] <- slope * set$plain[[q]]
    lo[[q]] <- min(slope * r)
    hi[[q]] <- max(slope * r)
  }
  levels <- sort(unique(set$data$c1[rows]))
  effect <- c(0, plain[-(1:3)])
  parts$c1 <- effect[match(set$data$c1, levels)]
  lo$c1 <- min(effect)
  hi$c1 <- max(effect)
  widest <- max(unlist(hi) - unlist(lo))
  points <- 100 * (Reduce(`+`, parts) - sum(unlist(lo))) / widest
  hold("predict", "points", where, ours$points, points, 1e-6, 1e-6)
  hold("predict", "out.of.range", where, ours$out.of.range, ifelse(whole, as.numeric(outside), NA))
}

# ---- Firth ----

penalized <- function(x, y, eta) {
  w <- dlogis(eta)
  log_likelihood(eta, y) + sum(log(abs(diag(qr(x * sqrt(w), tol = 1e-14)$qr))))
}

# The largest penalized likelihood, the penalty of all columns, with combination c' b held at `at`.
largest <- function(x, y, c = NULL, at = 0, start = rep(0, ncol(x)), most = 1000) {
  if (is.null(c)) {
    basis <- diag(ncol(x))
    origin <- rep(0, ncol(x))
  } else {
    k <- which.max(abs(c))
    basis <- diag(ncol(x))
    basis[k, ] <- -c / c[k]
    basis <- basis[, -k, drop = FALSE]
    origin <- rep(0, ncol(x))
    origin[k] <- at / c[k]
  }
  f <- if (is.null(c)) start else start[-k]
  value <- penalized(x, y, drop(x %*% (origin + basis %*% f)))
  for (turn in seq_len(most)) {
    b <- drop(origin + basis %*% f)
    eta <- drop(x %*% b)
    w <- dlogis(eta)
    q <- qr(x * sqrt(w), tol = 1e-14)
    h <- rowSums(qr.Q(q)^2)
    u <- drop(crossprod(basis, crossprod(x, y - plogis(eta) + h * (0.5 - plogis(eta)))))
    if (!length(f)) break
    xb <- x %*% basis
    i <- crossprod(xb * sqrt(w))
    step <- tryCatch(drop(solve(i, u)), error = function(e) NULL)
    if (is.null(step)) return(NULL)
    size <- sqrt(sum(step * drop(i %*% step)))
    if (size < 1e-10) return(list(value = value, b = b, eta = eta))
    step <- step * min(1, 2 / size)
    for (half in 1:40) {
      now <- penalized(x, y, drop(x %*% (origin + basis %*% (f + step))))
      if (is.finite(now) && now >= value - 1e-12) break
      step <- step / 2
    }
    f <- f + step
    value <- now
  }
  if (!length(f)) list(value = value, b = origin, eta = drop(x %*% origin)) else NULL
}

several_losses <- function(x, y, full, c, at) {
  k <- which.max(abs(c))
  v <- solve(crossprod(x * sqrt(dlogis(full$eta))))
  tangent <- drop(v %*% c) / drop(c %*% v %*% c)
  fill <- function(f) append(f, (at - sum(c[-k] * f)) / c[k], k - 1)
  fall <- function(f) {
    value <- tryCatch(penalized(x, y, drop(x %*% fill(f))), error = function(e) NaN)
    if (is.finite(value)) -value else 1e10
  }
  set.seed(5)
  from <- (full$b + tangent * (at - sum(c * full$b)))[-k]
  c(vapply(c(0, 0.5, 1, 1, 2, 3, 5, 8), function(spread) {
    g <- optim(rnorm(length(from), from, spread), fall, method = "BFGS",
               control = list(maxit = 5000, reltol = 1e-14))
    2 * (full$value + g$value)
  }, 0), unlist(lapply(list(from), function(start) {
    q <- largest(x, y, c, at, append(start, 0, k - 1))
    if (is.null(q)) NULL else 2 * (full$value - q$value)
  })))
}

multivar_firth <- function(set, o) {
  run <- paste0(set$name, "/firth")
  if (is.na(status[run])) return(leave_out("multivar: one outcome"))
  rows <- o$firth_rows
  y <- set$data$y[rows]
  d <- design_or_null(set, o$firth, rows)
  if (is.null(d)) return(leave_out("multivar: Firth, a single level"))
  sizes <- c(1, apply(d$x[, -1, drop = FALSE], 2, sd))
  centre <- c(0, colMeans(d$x[, -1, drop = FALSE]))
  if (any(sizes == 0) || qr(scale(d$x[, -1]), tol = 1e-8)$rank < ncol(d$x) - 1 ||
      length(y) < ncol(d$x)) {
    hold("multivar", "firth status where columns depend", run,
         as.numeric(status[[run]] %in% c(1, 3)), 1)
    return(invisible())
  }
  # Standardized columns, and the way back to the data's units.
  x <- t((t(d$x) - centre) / sizes)
  x[, 1] <- 1
  unscale <- diag(1 / sizes)
  unscale[1, -1] <- -centre[-1] / sizes[-1]
  back <- d$back %*% unscale
  if (status[[run]] != 0) return(hold("multivar", "firth status", run, status[[run]], 0))
  ours <- read_table(run, "multivariable")
  if (nrow(ours) != ncol(x)) return(hold("multivar", "firth rows", run, nrow(ours), ncol(x)))
  # The penalized likelihood need not be concave: of the maxima above our estimate and above 0 the
  # higher one.
  slopes <- sizes * c(1, ours$estimate[-1] / diag(d$back)[-1])
  intercept <- (ours$estimate[1] - sum((back[1, ] * slopes)[-1])) / back[1, 1]
  full <- largest(x, y, NULL, 0, c(intercept, slopes[-1]))
  other <- if (set$number %% 8 == 0) largest(x, y, most = 300)
  if (is.null(full)) full <- other
  if (is.null(full)) return(leave_out("multivar: Firth, no maximum found in R"))
  if (!is.null(other) && other$value > full$value + 1e-9) full <- other
  v <- chol2inv(qr.R(qr(x * sqrt(dlogis(full$eta)), tol = 1e-14)))
  b <- drop(back %*% full$b)
  s <- sqrt(diag(back %*% v %*% t(back)))
  if (set$number %% 8 == 0) {
    m <- tryCatch(glm(y ~ x - 1, family = binomial(), method = "brglmFit", type = "AS_mean",
                      epsilon = 1e-12, maxit = 5000), error = function(e) NULL)
    if (!is.null(m) && m$converged)
      hold("multivar", "firth penalized likelihood against brglm2", run, full$value,
           max(full$value, penalized(x, y, drop(x %*% coef(m)))), 1e-8)
  }
  at <- paste(run, d$names)
  j <- if (o$flic) seq_along(b)[-1] else seq_along(b)
  hold("multivar", "firth estimate", at[j], ours$estimate[j], b[j], 1e-8, 1e-8 * s[j])
  hold("multivar", "firth std.error", at[j], ours$std.error[j], s[j], 1e-8)
  hold("multivar", "firth statistic", at[j], ours$statistic[j], (b / s)[j], 1e-8, 1e-8)
  if (o$flic) {
    f <- glm.fit(matrix(1, length(y)), y, family = binomial(), control = control,
                 offset = drop(x[, -1, drop = FALSE] %*% full$b[-1]))
    # In standardized units; the slopes move it back.
    hold("multivar", "flic intercept", run, ours$estimate[1],
         sum(back[1, ] * c(f$coefficients, full$b[-1])), 1e-8, 1e-8 * s[1])
  }
  if (set$number %% 12 > 0 || length(y) > 100) return(invisible())
  for (i in j) {
    at_null <- largest(x, y, back[i, ], 0)
    if (!is.null(at_null)) {
      t <- max(0, 2 * (full$value - at_null$value))
      hold("multivar", "firth p.value", at[i], ours$p.value[i], pchisq(t, 1, lower.tail = FALSE),
           1e-7 * max(1, t), 1e-6)
    }
    for (side in c("conf.low", "conf.high")) {
      l <- ours[[side]][i]
      if (is.na(l) || is.infinite(l)) {
        leave_out("multivar: Firth, infinite limit")
        next
      }
      # The profile may have several local maxima: the one that the estimate leads to.
      there <- full
      for (share in c(1:7 / 8, 1)) if (!is.null(there))
        there <- largest(x, y, back[i, ], b[i] + share * (l - b[i]), there$b)
      # With a level of one event and one other row, or far out, it has more than one, with saddles
      # between them: ours must be the highest that a search from here and there finds, or be known
      # for one of several.
      loss <- if (is.null(there)) NA else 2 * (full$value - there$value)
      if (is.na(loss) || abs(loss - qchisq(0.95, 1)) > 3e-6) {
        others <- several_losses(x, y, full, back[i, ], l)
        one <- abs(others - qchisq(0.95, 1)) < 1e-4
        if (any(one) && min(others) < qchisq(0.95, 1) - 1e-4) {
          leave_out("multivar: Firth, a profile with several maxima")
          next
        }
        loss <- if (any(one)) others[which(one)[1]] else min(others)
      }
      hold("multivar", "firth penalized deviance at a limit", paste(at[i], side), loss,
           qchisq(0.95, 1), 3e-5)
    }
  }
}

# ---- selection ----

multivar_select <- function(set, o) {
  run <- paste0(set$name, "/select")
  if (is.na(status[run])) return(leave_out("multivar: one outcome"))
  rows <- o$select_rows
  y <- set$data$y[rows]
  texts <- o$select
  whole <- design_or_null(set, texts, rows)
  if (status[[run]] != 0) {
    # Some fit on the way has no finite estimate; the larger models stand for it.
    fit <- if (is.null(whole)) list(ok = FALSE) else fit_logit(whole$x, y)
    if (!fit$ok || o$direction == "forward" || o$drop || !is.na(o$screen)) {
      leave_out("multivar: selection without finite estimates")
    } else hold("multivar", "selection status", run, status[[run]], 0)
    return(invisible())
  }
  single <- function(text) {
    r <- which(complete.cases(set$data[c("y", text)]))
    d <- design_or_null(set, text, r)
    if (is.null(d)) return(NULL)
    f <- fit_logit(d$x, set$data$y[r])
    if (!f$ok) NULL else wald_of(f$b, f$v, seq_len(ncol(d$x))[-1])
  }
  fit_of <- function(texts) {
    d <- if (length(texts)) design_or_null(set, texts, rows) else
      list(x = matrix(1, length(rows)), term = 0)
    if (is.null(d)) return(list(ok = FALSE))
    f <- fit_logit(d$x, y)
    f$term <- d$term
    f$aic <- if (f$ok) -2 * f$loglik + 2 * ncol(d$x) else NA
    f
  }
  steps <- list()
  add <- function(action, text, test, aic, vif = NA)
    steps[[length(steps) + 1]] <<- row_of(action = action, variable = text, statistic = test[1],
                                          df = test[2], p.value = test[3], aic = aic, vif = vif)
  brink <- FALSE
  inside <- texts
  if (!is.na(o$screen)) for (text in texts) {
    t <- single(text)
    # A separated candidate passes.
    if (is.null(t)) {
      d <- design_or_null(set, text, which(complete.cases(set$data[c("y", text)])))
      if (is.null(d) || qr(d$x)$rank < ncol(d$x)) return(leave_out("multivar: selection, a constant"))
      next
    }
    if (t[3] >= o$screen) {
      add("fail", text, t, NA)
      inside <- setdiff(inside, text)
    }
    brink <- brink || abs(t[3] - o$screen) < 1e-7
  }
  # The rows that are complete for the candidates that passed.
  rows <- which(complete.cases(set$data[c("y", inside)]))
  y <- set$data$y[rows]
  if (o$drop) while (length(inside) > 1) {
    f <- fit_of(inside)
    if (!f$ok) return(leave_out("multivar: selection without finite estimates"))
    s <- sqrt(diag(f$v))
    g <- f$term[-1]
    scaled <- generalized_vif((f$v / outer(s, s))[-1, -1, drop = FALSE], g)^(1 / tabulate(g))
    if (max(scaled) < 2) break
    worst <- max(which(scaled >= max(scaled) * (1 - 1e-9)))
    add("drop", inside[worst], c(NA, tabulate(g)[worst], NA), NA, scaled[worst])
    inside <- inside[-worst]
  }
  test_in <- function(f, texts, t) wald_of(f$b, f$v, which(f$term == t))
  if (o$direction == "backward") {
    f <- fit_of(inside)
    repeat {
      if (!f$ok) return(leave_out("multivar: selection without finite estimates"))
      if (!length(inside)) break
      tests <- lapply(seq_along(inside), function(t) test_in(f, inside, t))
      p <- vapply(tests, `[`, 0, 3)
      if (o$by == "p") {
        out <- which.max(p)
        brink <- brink || abs(max(p) - o$stay) < 1e-7
        if (p[out] < o$stay) break
        now <- fit_of(inside[-out])
      } else {
        fits <- lapply(seq_along(inside), function(t) fit_of(inside[-t]))
        aic <- vapply(fits, `[[`, 0, "aic")
        out <- which.min(aic)
        brink <- brink || abs(aic[out] - f$aic) < 1e-7
        if (aic[out] >= f$aic) break
        now <- fits[[out]]
      }
      add("remove", inside[out], tests[[out]], now$aic)
      inside <- inside[-out]
      f <- now
    }
  } else {
    pool <- inside
    inside <- character()
    f <- fit_of(inside)
    while (length(pool)) {
      order_of <- function(extra) texts[texts %in% c(inside, extra)]
      fits <- lapply(pool, function(text) fit_of(order_of(text)))
      if (!all(vapply(fits, `[[`, TRUE, "ok")))
        return(leave_out("multivar: selection without finite estimates"))
      tests <- lapply(seq_along(pool), function(i)
        test_in(fits[[i]], NULL, match(pool[i], order_of(pool[i]))))
      p <- vapply(tests, `[`, 0, 3)
      aic <- vapply(fits, `[[`, 0, "aic")
      if (o$by == "p") {
        i <- which.min(p)
        brink <- brink || abs(p[i] - o$stay) < 1e-7
        if (p[i] >= o$stay) break
      } else {
        i <- which.min(aic)
        brink <- brink || abs(aic[i] - f$aic) < 1e-7
        if (aic[i] >= f$aic) break
      }
      add("add", pool[i], tests[[i]], aic[i])
      f <- fits[[i]]
      inside <- order_of(pool[i])
      pool <- pool[-i]
    }
  }
  if (brink) return(leave_out("multivar: selection at the brink"))
  ours <- read_table(run, "selection")
  theirs <- bind_rows(steps)
  n <- if (is.null(theirs)) 0 else nrow(theirs)
  if (nrow(ours) != n) return(hold("multivar", "selection steps", run, nrow(ours), n))
  if (n) {
    where <- paste(run, "selection", ours$variable)
    hold_text("multivar", "selection action", where, ours$action, theirs$action)
    hold_text("multivar", "selection variable", where, ours$variable, theirs$variable)
    if (all(ours$variable == theirs$variable)) for (v in c("statistic", "df", "p.value", "aic", "vif"))
      hold("multivar", paste("selection", v), where, ours[[v]], theirs[[v]], 1e-5, 1e-9)
  }
  final <- unique(read_table(run, "multivariable")$variable)
  hold_text("multivar", "selected", run, paste(final[-1], collapse = " "),
            paste(texts[texts %in% inside], collapse = " "))
}

multivar_compare <- function(set) {
  o <- multivar_options(set)
  multivar_fit(set, paste0(set$name, "/fit"), o$fit, o$fit_rows, o$level)
  multivar_fit(set, paste0(set$name, "/terms"), o$terms, o$terms_rows, 0.95, TRUE)
  if (set$number %% 4 == 0) multivar_firth(set, o)
  multivar_select(set, o)
}
