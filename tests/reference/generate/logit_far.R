# SPDX-License-Identifier: GPL-3.0-or-later
# Writes tests/reference/logit_far.tsv: logistic regressions on columns far from 0, by R.
#   Rscript logit_far.R > ../logit_far.tsv
put <- function(key, x)
  cat(key, "\t", paste(ifelse(is.na(x), "NA", sprintf("%.17g", x)), collapse = " "), "\n", sep = "")

cat("# y ~ a + b + a:b, a = u + k, b = v + k/2, by maximum likelihood (ml) and Firth's penalty\n")
cat("# (firth), from u and v, where nothing is far from 0, in", R.version.string, "\n")
cat("# Made by generate/logit_far.R.\n")
cat("# NAME.u, .v, .y; NAME.k; NAME.METHOD.coefficient, .std_error, .lr (twice the loss of the\n")
cat("# (penalized) log likelihood without the coefficient, the penalty that of all columns),\n")
cat("# .low, .high (95% by the profile): of 1, a, b, a:b.  Each is a sum of the coefficients of\n")
cat("# 1, u, v, u:v that is held while the others are sought: Newton's steps (scoring steps with\n")
cat("# the penalty) from several starts, the highest maximum counts; limits by uniroot,\n")
cat("# NA where not sought.  five: its columns; limits of the third, by the penalized profile.\n")

height <- function(x, y, b, firth) {
  eta <- drop(x %*% b)
  sum(plogis(ifelse(y == 1, eta, -eta), log.p = TRUE)) +
    if (firth) sum(log(abs(diag(qr(x * sqrt(dlogis(eta)), tol = 0)$qr)))) else 0
}

# The maximum with origin + basis f.
climb <- function(x, y, firth, origin, basis, f) {
  now <- height(x, y, origin + drop(basis %*% f), firth)
  for (turn in seq_len(if (ncol(basis)) 500 else 0)) {
    eta <- drop(x %*% (origin + basis %*% f))
    w <- dlogis(eta)
    h <- if (firth) rowSums(qr.Q(qr(x * sqrt(w), tol = 0))^2) else 0
    score <- crossprod(basis, crossprod(x, y - plogis(eta) + h * (0.5 - plogis(eta))))
    information <- crossprod((x %*% basis) * sqrt(w))
    step <- tryCatch(drop(solve(information, score)), error = function(e) NULL)
    if (is.null(step)) return(NULL)
    size <- sqrt(sum(step * drop(information %*% step)))
    if (size < 1e-11) break
    step <- step * min(1, 2 / size)
    for (half in 1:50) {
      there <- height(x, y, origin + drop(basis %*% (f + step)), firth)
      if (is.finite(there) && there >= now - 1e-13) break
      step <- step / 2
    }
    f <- f + step
    now <- there
  }
  list(height = now, b = origin + drop(basis %*% f))
}

# The highest maximum on c'b = at.
n_starts <- 1
highest <- function(x, y, firth, c, at, from) {
  j <- which.max(abs(c))
  basis <- diag(ncol(x))
  basis[j, ] <- -c / c[j]
  basis <- basis[, -j, drop = FALSE]
  origin <- replace(numeric(ncol(x)), j, at / c[j])
  set.seed(1)
  starts <- c(list(from[-j], 0 * from[-j]),
              if (firth) lapply(rep(c(1, 4, 16, 64), n_starts),
                                   function(s) from[-j] + rnorm(ncol(x) - 1, 0, s)))
  found <- lapply(starts, function(f) climb(x, y, firth, origin, basis, f))
  found <- found[!vapply(found, is.null, TRUE)]
  found[[which.max(vapply(found, `[[`, 0, "height"))]]
}

show <- function(name, u, v, y, k, methods = c("ml", "firth"), limits_of = 1:4) {
  x <- cbind(1, u, v, u * v)
  put(paste0(name, ".u"), u)
  put(paste0(name, ".v"), v)
  put(paste0(name, ".y"), y)
  put(paste0(name, ".k"), k)
  # Coefficients of 1, a, b, a:b in those of 1, u, v, u:v.
  back <- rbind(c(1, -k, -k / 2, k^2 / 2), c(0, 1, 0, -k / 2), c(0, 0, 1, -k), c(0, 0, 0, 1))
  for (method in methods) {
    firth <- method == "firth"
    full <- climb(x, y, firth, numeric(4), diag(4), numeric(4))
    cov <- solve(crossprod(x * sqrt(dlogis(drop(x %*% full$b)))))
    b <- drop(back %*% full$b)
    s <- sqrt(diag(back %*% cov %*% t(back)))
    # Of sums of which one coefficient of u and v has most: no digits are lost to the others.
    loss <- function(j, at) {
      c <- back[j, ] / max(abs(back[j, ]))
      at <- at / max(abs(back[j, ]))
      from <- full$b + drop(cov %*% c) / drop(c %*% cov %*% c) * (at - sum(c * full$b))
      2 * (full$height - highest(x, y, firth, c, at, from)$height)
    }
    limit <- function(j, side) {
      f <- function(t) loss(j, b[j] + side * t * s[j]) - qchisq(0.95, 1)
      far <- 2
      while (f(far) < 0) far <- 1.5 * far
      b[j] + side * s[j] * uniroot(f, c(0, far), tol = 1e-11)$root
    }
    put(paste(name, method, "coefficient", sep = "."), b)
    put(paste(name, method, "std_error", sep = "."), s)
    put(paste(name, method, "lr", sep = "."), vapply(1:4, loss, 0, at = 0))
    for (side in c("low", "high"))
      put(paste(name, method, side, sep = "."), replace(rep(NA, 4), limits_of, vapply(
        limits_of, limit, 0, side = if (side == "low") -1 else 1)))
  }
}

# Thirty-seconds, so that sums and products with k are exact.
i <- 1:30
u <- ((i * 37) %% 101 - 50) / 32
v <- ((i * 53) %% 97 - 48) / 32
y <- as.numeric((i * 71) %% 89 / 89 < plogis(u - v / 2))
for (k in c(0, 100, 1000, 20000)) show(paste0("made", k), u, v, y, k)
# Far from its estimate the penalized profile of some coefficients has several maxima.
u <- c(-1419252, -670413, -226866, -1277336, -1285622, -500275, 1264, 1539705, -1963398) / 2^20
v <- c(-2023462, -963538, 830824, 1063875, 158083, 574368, -85262, 589213, 798378) / 2^20
y <- c(1, 1, 1, 0, 1, 1, 0, 0, 0)
n_starts <- 5
show("nine0", u, v, y, 0, "firth", 4)
u <- c(1, 2, -1, -2, -3, -3, -1, 3, 1, 0, -1, -1, 0, 1, 2, -4, 1, 3, 0, -1, 1, 0) / 2
v <- c(1, 1, -1, 0, -1, 1, -1, 0, 1, -1, -1, 1, 0, 0, -1, 0, -1, -1, 0, 1, -1, 1)
y <- c(1, 1, 0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 0, 1, 1, 0, 1, 1, 0, 0, 0, 1)
n_starts <- 1
show("several3", u, v, y, 3, "firth", 1)
# Five rows for four columns: where the maximum near the estimate has its limit another is higher.
x <- cbind(1, c(1, 0, 0, 2, 1), c(476, 179, -836, 136, -370) / 1024, c(0, 1, 0, 1, 1))
y <- c(1, 0, 0, 1, 0)
full <- climb(x, y, TRUE, numeric(4), diag(4), numeric(4))
loss <- function(distance)
  2 * (full$height - highest(x, y, TRUE, c(0, 0, 1, 0), full$b[3] + distance, full$b)$height) -
    qchisq(0.95, 1)
n_starts <- 5
put("five.x", x)
put("five.y", y)
put("five.limits", full$b[3] + c(uniroot(loss, c(-50, 0), tol = 1e-11)$root,
                                 uniroot(loss, c(0, 50), tol = 1e-11)$root))
