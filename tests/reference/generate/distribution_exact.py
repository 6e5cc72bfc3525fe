#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# Writes tests/reference/distribution_exact.tsv: tail probabilities in 30 to 60 digits by
# methods other than those of src/stats (power series of the incomplete beta and gamma
# functions instead of continued fractions and quadrature; adaptive tanh-sinh quadrature;
# rational arithmetic).  Some 30 seconds.
import math
import random
import sys
import time
from fractions import Fraction
from math import factorial

import mpmath as mp

mp.mp.dps = 40
random.seed(1)


def line(key, *values):
    text = " ".join(mp.nstr(mp.mpf(v), 17, strip_zeros=False) if not isinstance(v, (int, str))
                    else str(v) for v in values)
    print(f"{key}\t{text}")


def double(x):
    return repr(float(x))


def gamma_tails(a, x):
    """Both tails of the gamma distribution: the series of the lower one with guard digits."""
    a, x = mp.mpf(a), mp.mpf(x)
    with mp.workdps(40):
        log_upper_bound = a * mp.log(x / a) - x + a if x > a else mp.mpf(0)
    digits = int(-log_upper_bound / mp.log(10)) + 50
    if digits > 360:
        return mp.mpf(1), mp.mpf(0)
    with mp.workdps(max(50, digits)):
        term = total = 1 / a
        k = 0
        least = mp.mpf(10) ** -(mp.mp.dps + 2)
        while term > least * total:
            k += 1
            term *= x / (a + k)
            total += term
        lower = total * mp.exp(a * mp.log(x) - x - mp.loggamma(a))
        return +lower, 1 - lower


def beta_tails(a, b, x, y):
    """Both tails, one by I_x(a, b) = x^a y^b / (a B) (1 + (a+b)/(a+1) x + ...), x < 1/2."""
    if x > y:
        return beta_tails(b, a, y, x)[::-1]
    n = a + b
    log_factor = (a * mp.log(x) + b * mp.log(y) + mp.loggamma(n) - mp.loggamma(a)
                  - mp.loggamma(b))
    digits = int(-log_factor / mp.log(10)) + 45
    if digits > 500:
        return (mp.mpf(0), mp.mpf(1)) if x < a / n else (mp.mpf(1), mp.mpf(0))
    with mp.workdps(max(45, digits)):
        factor = mp.exp(a * mp.log(x) + b * mp.log(y) + mp.loggamma(n) - mp.loggamma(a)
                        - mp.loggamma(b))
        term = total = 1 / a
        k = 0
        least = mp.mpf(10) ** -(mp.mp.dps + 2)
        while term > least * total:
            term *= (n + k) / (a + 1 + k) * x
            k += 1
            total += term
        return factor * total, 1 - factor * total


def f_tails(f, df1, df2):
    with mp.workdps(520):
        f = mp.mpf(Fraction(f).numerator) / Fraction(f).denominator
        a, b = mp.mpf(df1) / 2, mp.mpf(df2) / 2
        x, y = a * f / (a * f + b), b / (a * f + b)
    return beta_tails(a, b, x, y)


def central():
    for i, z in enumerate((0.001, 0.5, 1, 1.959963984540054, 3, 8, 20.5, 37)):
        line(f"normal.{i}", double(z), mp.erfc(z / mp.sqrt(2)) / 2)
    dfs = (0.3, 1, 1.7, 2, 4, 10, 31.5, 135, 2000, 1e5, 1e7)
    n = 0
    for df in dfs:
        for t in (1e-8, 0.1, 0.999, 2, 3.3, 6, 15, 36.5, 400, 1e4, 1e10):
            upper = f_tails(Fraction(t) ** 2, 1, df)[1] / 2
            if upper > mp.mpf(10) ** -300:
                line(f"t.{n}", double(df), double(t), upper)
                n += 1
    n = 0
    for df in (0.3, 1, 2, 3.3, 7, 20, 41, 200.5, 1e4, 1e6, 1e7):
        for scale in (1e-20, 1e-3, 0.3, 0.8, 0.97, 1, 1.002, 1.1, 1.5, 3, 10, 100, 600):
            if df > 1e5 and abs(scale - 1) > 0.06:
                continue
            if df == 1e4 and abs(scale - 1) > 0.6:
                continue
            x = df * scale
            lower, upper = gamma_tails(mp.mpf(df) / 2, mp.mpf(x) / 2)
            if min(lower, upper) > mp.mpf(10) ** -300:
                line(f"chi.square.{n}", double(df), double(x), lower, upper)
                n += 1
    lower, upper = gamma_tails(mp.mpf(50000) - 25, mp.mpf(50000))
    line(f"chi.square.{n}", double(1e5 - 50), double(1e5), lower, upper)
    n = 0
    dfs = (0.3, 1, 2.5, 4, 37, 137.7, 1e4, 1e7)
    for df1 in dfs:
        for df2 in dfs:
            for f in (1e-20, 1e-3, 0.2, 0.7, 0.99, 1, 1.03, 1.5, 4, 30, 1e4, 1e20):
                if min(df1, df2) > 1e3 and not 0.9 < f < 1.1:
                    continue
                if random.random() < 0.5 and f not in (1e-20, 1e20):
                    continue
                lower, upper = f_tails(f, df1, df2)
                if min(lower, upper) > mp.mpf(10) ** -300:
                    line(f"f.{n}", double(df1), double(df2), double(f), lower, upper)
                    n += 1


def noncentral_chi_square_tails(x, df, ncp):
    """Poisson mixture; each central tail from its neighbour, in 60 digits."""
    with mp.workdps(60):
        x, a, m = mp.mpf(x) / 2, mp.mpf(df) / 2, mp.mpf(ncp) / 2
        spread = 14 * mp.sqrt(m) + 60
        first, last = max(0, int(m - spread)), int(m + spread)
        part = gamma_tails(a + first, x)[0]
        step = mp.exp((a + first) * mp.log(x) - x - mp.loggamma(a + first + 1))
        weight = mp.exp(first * mp.log(m) - m - mp.loggamma(first + 1))
        lower = upper = mp.mpf(0)
        for j in range(first, last + 1):
            lower += weight * part
            upper += weight * (1 - part)
            part -= step
            step *= x / (a + j + 1)
            weight *= m / (j + 1)
        return lower, upper


def noncentral_f_tails(f, df1, df2, ncp):
    with mp.workdps(60):
        f, a, b, m = mp.mpf(f), mp.mpf(df1) / 2, mp.mpf(df2) / 2, mp.mpf(ncp) / 2
        x, y = a * f / (a * f + b), b / (a * f + b)
        spread = 14 * mp.sqrt(m) + 60
        first, last = max(0, int(m - spread)), int(m + spread)
        a1 = a + first
        part = beta_tails(a1, b, x, y)[0]
        step = mp.exp(a1 * mp.log(x) + b * mp.log(y) + mp.loggamma(a1 + b) - mp.loggamma(a1 + 1)
                      - mp.loggamma(b))
        weight = mp.exp(first * mp.log(m) - m - mp.loggamma(first + 1))
        lower = upper = mp.mpf(0)
        for j in range(first, last + 1):
            lower += weight * part
            upper += weight * (1 - part)
            part -= step
            step *= x * (a + j + b) / (a + j + 1)
            weight *= m / (j + 1)
        return lower, upper


def noncentral_t_tails(t, df, delta):
    """Integral over v = log sqrt(chi-square/df), cut where the normal factor turns."""
    with mp.workdps(30):
        t, df, delta = mp.mpf(t), mp.mpf(df), mp.mpf(delta)
        c = 2 * mp.exp(df / 2 * mp.log(df / 2) - df / 2 - mp.loggamma(df / 2))
        sd = 1 / mp.sqrt(2 * df)
        low = -60 / df if df < 3 else -28 * sd
        cuts = {low, low / 2, -6 * sd, -3 * sd, -sd, mp.mpf(0), sd, 3 * sd, 8 * sd, 28 * sd}
        if t * delta > 0:
            turn, width = mp.log(delta / t), 1 / abs(delta)
            cuts |= {turn + k * width for k in (-10, -5, -2, 0, 2, 5, 10)}
        cuts = sorted(v for v in cuts if low <= v <= 28 * sd)
        density = lambda v: c * mp.exp(-df / 2 * (mp.expm1(2 * v) - 2 * v))
        return (mp.quad(lambda v: density(v) * mp.ncdf(t * mp.exp(v) - delta), cuts),
                mp.quad(lambda v: density(v) * mp.ncdf(delta - t * mp.exp(v)), cuts))


def noncentral():
    n = 0
    for df, ncp in ((1, 0.7), (2.5, 10), (4, 100), (12, 3e-3), (50, 2000), (3, 1e4), (1000, 1e5),
                    (5, 1e6)):
        sd = mp.sqrt(2 * df + 4 * ncp)
        for z in (-6, -3, -1, 0, 2, 5):
            x = float(df + ncp + z * sd)
            if x <= 0:
                x = df / 10
            line(f"noncentral.chi.square.{n}", double(df), double(ncp), double(x),
                 *noncentral_chi_square_tails(x, df, ncp))
            n += 1
    n = 0
    for df1, df2, ncp in ((1, 3, 0.7), (2.5, 40, 10), (4, 10, 100), (2, 1e4, 30), (7, 200, 2000),
                          (3, 1e6, 1e4), (2, 60, 1e5), (4, 300, 1e6)):
        for ratio in (0.2, 0.8, 1, 1.1, 2):
            f = float((1 + mp.mpf(ncp) / df1) * ratio)
            lower, upper = noncentral_f_tails(f, df1, df2, ncp)
            if min(lower, upper) > mp.mpf(10) ** -30:
                line(f"noncentral.f.{n}", double(df1), double(df2), double(ncp), double(f), lower,
                     upper)
                n += 1
    n = 0
    for df, delta in ((1, 0.5), (0.5, 3), (3, 20), (8, 5), (30, 1000), (30, 40), (135, 2),
                      (1000, 16), (1000, 60), (1e6, 1000), (1e6, 3), (12, 1e4)):
        for z in (-5, -2, 0, 3):
            t = float(delta + z * mp.sqrt(1 + mp.mpf(delta) ** 2 / (2 * df)))
            for sign in (1, -1) if z == -2 else (1,):
                lower, upper = noncentral_t_tails(t, df, sign * delta)
                if min(lower, upper) > mp.mpf(10) ** -30:
                    line(f"noncentral.t.{n}", double(df), double(sign * delta), double(t), lower,
                         upper)
                    n += 1


def legendre(n):
    """Nodes and weights of n-point Gauss-Legendre quadrature on [-1, 1]."""
    rule = []
    for i in range(n):
        x = mp.cos(mp.pi * (i + mp.mpf(3) / 4) / (n + mp.mpf(1) / 2))
        for _ in range(8):
            before, here = mp.mpf(1), x
            for j in range(2, n + 1):
                before, here = here, ((2 * j - 1) * x * here - (j - 1) * before) / j
            slope = n * (x * here - before) / (x * x - 1)
            x -= here / slope
        rule.append((float(x), float(2 / ((1 - x * x) * slope * slope))))
    return rule


def composite(f, cuts, rule):
    return math.fsum(w * (b - a) / 2 * f((a + b) / 2 + x * (b - a) / 2)
                     for a, b in zip(cuts, cuts[1:]) for x, w in rule)


def normal_lower(z):
    return math.erfc(-z * math.sqrt(0.5)) / 2


def studentized_range():
    """Nested Gauss-Legendre quadrature over s and z in double precision, with
    A^m - B^m = (A - B)(A^(m-1) + A^(m-2) B + ... + B^(m-1)).  Relative error some 1e-12."""
    rule = legendre(24)

    def range_upper(w, k):
        def integrand(z):
            cover, missed = normal_lower(z), normal_lower(z - w)
            rest = cover - missed
            series = sum(cover ** i * rest ** (k - 2 - i) for i in range(k - 1))
            return math.exp(-z * z / 2) / math.sqrt(2 * math.pi) * missed * series
        centre = w / 2
        return k * composite(integrand, [centre - 12, centre - 7, centre - 3, centre, centre + 3,
                                         centre + 7, centre + 12], rule)

    cases = ((0.5, 3, 4), (3.9, 3, 10), (2, 2, 3), (4.2, 5, 30), (3.5, 12, 5), (20, 3, 135),
             (30, 3, 12), (9, 4, 1000), (6, 40, 20), (3, 3, 1), (50, 4, 2), (3.877, 3, 10),
             (1.5, 6, 60), (200, 5, 6.5))
    for n, (q, k, df) in enumerate(cases):
        log_c = math.log(2) + df / 2 * math.log(df / 2) - math.lgamma(df / 2)
        peak = math.sqrt(df / (df + q * q / 2))
        cuts = sorted({0.0} | {peak * x for x in (0.25, 0.5, 0.75, 0.9, 1, 1.1, 1.3, 1.7, 2.3, 3,
                                                  4, 6, 8, 10)}
                      | {x for x in (0.3, 0.7, 1.0, 1.4, 2.0, 3.0, 5.0, 8.0)})
        cuts = [s for s in cuts if s <= 1 + 9 / math.sqrt(df)]
        value = composite(lambda s: math.exp(log_c + (df - 1) * math.log(s) - df * s * s / 2)
                          * range_upper(q * s, k), cuts, rule)
        line(f"studentized.range.{n}", double(q), k, double(df), repr(value))


def kolmogorov():
    """1 - n!/n^n (H^n)_kk of Marsaglia, Tsang & Wang (2003) in rational numbers."""
    count = 0
    for n in (1, 2, 3, 8, 20, 30, 60):
        for c in (0.6, 0.85, 1.1, 1.4, 1.8, 2.1, 2.2, 2.8, 4):
            d = Fraction(round(c / n ** 0.5 * 4096), 4096)
            if not Fraction(1, 2 * n) < d < 1:
                continue
            k = int(n * d) + 1
            m, h = 2 * k - 1, k - n * d
            matrix = [[Fraction(1, factorial(i - j + 1)) if i - j + 1 >= 0 else Fraction(0)
                       for j in range(m)] for i in range(m)]
            for i in range(m):
                matrix[i][0] -= h ** (i + 1) / factorial(i + 1)
                matrix[m - 1][i] -= h ** (m - i) / factorial(m - i)
            if 2 * h > 1:
                matrix[m - 1][0] += (2 * h - 1) ** m / factorial(m)
            vector = [Fraction(int(i == k - 1)) for i in range(m)]
            for _ in range(n):
                vector = [sum(a * b for a, b in zip(row, vector) if a and b) for row in matrix]
            p = 1 - vector[k - 1] * factorial(n) / Fraction(n) ** n
            if p:
                line(f"kolmogorov.{count}", n, double(d), mp.mpf(p.numerator) / p.denominator)
                count += 1


started = time.time()


def progress(what):
    print(f"{what}: {time.time() - started:.0f} s", file=sys.stderr)


print("# Tail probabilities to 17 digits, for src/stats/distribution.h")
print(f"# mpmath {mp.__version__}, Python {sys.version.split()[0]}")
print("# tests/reference/generate/distribution_exact.py")
print("# normal: z upper; t: df t upper; chi.square: df x lower upper; f: df1 df2 f lower upper;")
print("# noncentral.chi.square: df ncp x lower upper; noncentral.f: df1 df2 ncp f lower upper;")
print("# noncentral.t: df ncp t lower upper; studentized.range: q k df upper;")
print("# kolmogorov: n d upper")
for part in (central, noncentral, studentized_range, kolmogorov):
    part()
    progress(part.__name__)
