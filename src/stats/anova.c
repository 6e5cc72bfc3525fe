// SPDX-License-Identifier: GPL-3.0-or-later
// Three or more independent samples.
//
// With group means m_g about the overall mean m:
//   F      = [sum n_g (m_g - m)^2 / (k - 1)] / [sum SS_g / (N - k)]
//   Welch  = [sum w_g (m_g - m_w)^2 / (k - 1)] / [1 + 2 (k - 2) L], w_g = n_g / s_g^2,
//            L = sum (1 - w_g / W)^2 / (n_g - 1) / (k^2 - 1), df2 = 1 / (3 L)
//            (Welch 1951, Biometrika 38:330)
//   H      = (N - 1) [sum n_g (R_g - (N + 1)/2)^2] / [sum (r_i - (N + 1)/2)^2], the
//            tie-corrected H as a ratio of positive sums: nothing cancels, even if
//            nearly all values are tied (Kruskal & Wallis 1952, JASA 47:583)
// Comparisons: Kramer 1956, Biometrics 12:307; Scheffe 1953, Biometrika 40:87; Games &
// Howell 1976, J Educ Stat 1:113; Dunn 1964, Technometrics 6:241.
#include <config.h>

#include "stats/anova.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "stats/distribution.h"
#include "stats/two_sample.h"

static const struct anova_result NO_RESULT = {NAN, NAN, NAN, NAN, NAN, NAN};

static double square(double x)
{
  return x * x;
}

static size_t count_groups(const struct moments *group, size_t n_groups)
{
  size_t k = 0;
  for (size_t g = 0; g < n_groups; g++)
    k += group[g].n > 0;
  return k;
}

struct anova_result anova_one_way(const struct moments *group, size_t n_groups)
{
  struct anova_result result = NO_RESULT;
  size_t k = count_groups(group, n_groups);
  if (k < 2)
    return result;
  struct moments all = moments_pool(group, n_groups);
  struct compensated_sum between = {0}, within = {0};
  for (size_t g = 0; g < n_groups; g++)
    if (group[g].n > 0) {
      sum_add(&between, group[g].n * square(moments_mean_difference(&group[g], &all)));
      sum_add(&within, group[g].sum_squares);
    }
  result.sum_squares_between = sum_total(&between);
  result.sum_squares_within = sum_total(&within);
  result.df = (double) k - 1;
  result.df2 = all.n - (double) k;
  if (!(result.df2 > 0 && result.sum_squares_within > 0))
    return result;
  result.statistic =
      (result.sum_squares_between / result.df) / (result.sum_squares_within / result.df2);
  result.p_value = f_upper(result.statistic, result.df, result.df2);
  return result;
}

struct anova_result anova_welch(const struct moments *group, size_t n_groups)
{
  struct anova_result result = NO_RESULT;
  size_t k = count_groups(group, n_groups);
  if (k < 2)
    return result;
  double total_weight = 0, shift = 0;
  const struct moments *pivot = NULL;
  for (size_t g = 0; g < n_groups; g++) {
    if (!(group[g].n > 0))
      continue;
    if (!(moments_variance(&group[g]) > 0))
      return result;
    if (!pivot)
      pivot = &group[g];
    double weight = group[g].n / moments_variance(&group[g]);
    total_weight += weight;
    shift += weight * moments_mean_difference(&group[g], pivot);
  }
  shift /= total_weight;
  double between = 0, lambda = 0;
  for (size_t g = 0; g < n_groups; g++) {
    if (!(group[g].n > 0))
      continue;
    double weight = group[g].n / moments_variance(&group[g]);
    between += weight * square(moments_mean_difference(&group[g], pivot) - shift);
    lambda += square(1 - weight / total_weight) / (group[g].n - 1);
  }
  double n_means = (double) k;
  lambda /= n_means * n_means - 1;
  result.df = n_means - 1;
  result.df2 = 1 / (3 * lambda);
  result.statistic = between / result.df / (1 + 2 * (n_means - 2) * lambda);
  result.p_value = f_upper(result.statistic, result.df, result.df2);
  return result;
}

// |x - centre| of ascending x.  The median of an even number is taken as a lower value and
// half a gap, the mean with its tail, so that a large common offset costs no digits.
static void compute_deviations(const double *x, size_t n, const struct moments *moments,
                               enum levene_centre centre, double *deviation)
{
  double high, low;
  if (centre == LEVENE_MEDIAN) {
    high = x[(n - 1) / 2];
    low = (x[n / 2] - x[(n - 1) / 2]) / 2;
  } else {
    high = moments->mean;
    low = moments->mean_tail;
  }
  for (size_t i = 0; i < n; i++)
    deviation[i] = fabs((x[i] - high) - low);
}

struct anova_result levene_test_about(const double *const *x, const size_t *n,
                                      const struct moments *moments, size_t n_groups,
                                      enum levene_centre centre)
{
  size_t longest = 0;
  for (size_t g = 0; g < n_groups; g++)
    longest = n[g] > longest ? n[g] : longest;
  double *deviation = NEW_ARRAY(double, longest);
  struct moments *group = NEW_ARRAY(struct moments, n_groups);
  for (size_t g = 0; g < n_groups; g++) {
    if (n[g])
      compute_deviations(x[g], n[g], &moments[g], centre, deviation);
    group[g] = moments_compute(deviation, NULL, n[g]);
  }
  struct anova_result result = anova_one_way(group, n_groups);
  free(group);
  free(deviation);
  return result;
}

struct anova_result levene_test(const double *const *x, const size_t *n, size_t n_groups,
                                enum levene_centre centre)
{
  struct moments *moments = NEW_ARRAY(struct moments, n_groups);
  for (size_t g = 0; g < n_groups; g++)
    moments[g] = moments_compute(x[g], NULL, n[g]);
  struct anova_result result = levene_test_about(x, n, moments, n_groups, centre);
  free(moments);
  return result;
}

// Sums over the midranks r of all values, c = (N + 1)/2 their mean.
struct rank_sums {
  double n;           // N
  double sum_squares; // sum of (r - c)^2 over all values
  double *group_n;    // N_g
  double *group_sum;  // sum of r - c over group g
};

static void rank_sums_free(struct rank_sums *sums)
{
  free(sums->group_n);
  free(sums->group_sum);
  *sums = (struct rank_sums){0};
}

// A sample being merged: its next value, and where it stands.
struct head {
  double value;
  size_t group, next;
};

// Restores the heap order (smallest value first) below heap[i].
static void heap_sift(struct head *heap, size_t size, size_t i)
{
  struct head moved = heap[i];
  for (size_t child; (child = 2 * i + 1) < size; i = child) {
    if (child + 1 < size && heap[child + 1].value < heap[child].value)
      child++;
    if (heap[child].value >= moved.value)
      break;
    heap[i] = heap[child];
  }
  heap[i] = moved;
}

static struct rank_sums rank_sums_compute(const double *const *x, const double *const *weight,
                                          const size_t *n, size_t n_groups)
{
  struct rank_sums sums = {.group_n = NEW_ZEROED(double, n_groups),
                           .group_sum = NEW_ZEROED(double, n_groups)};
  struct head *heap = NEW_ARRAY(struct head, n_groups);
  double *tied = NEW_ZEROED(double, n_groups); // weight of each group in the present tie
  size_t *member = NEW_ARRAY(size_t, n_groups), size = 0;
  for (size_t g = 0; g < n_groups; g++) {
    for (size_t i = 0; weight && weight[g] && i < n[g]; i++)
      sums.group_n[g] += weight[g][i];
    if (!weight || !weight[g])
      sums.group_n[g] = (double) n[g];
    sums.n += sums.group_n[g];
    if (n[g])
      heap[size++] = (struct head){.value = x[g][0], .group = g};
  }
  for (size_t i = size / 2; i-- > 0;)
    heap_sift(heap, size, i);

  double centre = (sums.n + 1) / 2, before = 0;
  struct compensated_sum sum_squares = {0};
  while (size) {
    double value = heap[0].value, t = 0;
    size_t n_members = 0;
    while (size && heap[0].value <= value) {
      struct head *top = &heap[0];
      size_t g = top->group;
      const double *w = weight ? weight[g] : NULL;
      member[n_members++] = g; // once a tie: all its values of this group are taken here
      for (; top->next < n[g] && x[g][top->next] <= value; top->next++)
        tied[g] += w ? w[top->next] : 1;
      t += tied[g];
      if (top->next < n[g])
        top->value = x[g][top->next];
      else
        heap[0] = heap[--size];
      heap_sift(heap, size, 0);
    }
    double deviation = before + (t + 1) / 2 - centre;
    for (size_t i = 0; i < n_members; i++) {
      sums.group_sum[member[i]] += tied[member[i]] * deviation;
      tied[member[i]] = 0;
    }
    sum_add(&sum_squares, t * square(deviation));
    before += t;
  }
  sums.sum_squares = sum_total(&sum_squares);
  free(heap);
  free(tied);
  free(member);
  return sums;
}

struct anova_result kruskal_wallis(const double *const *x, const double *const *weight,
                                   const size_t *n, size_t n_groups)
{
  struct anova_result result = NO_RESULT;
  struct rank_sums sums = rank_sums_compute(x, weight, n, n_groups);
  double between = 0;
  size_t k = 0;
  for (size_t g = 0; g < n_groups; g++)
    if (sums.group_n[g] > 0) {
      between += square(sums.group_sum[g]) / sums.group_n[g];
      k++;
    }
  if (k >= 2 && sums.sum_squares > 0) {
    result.statistic = (sums.n - 1) * between / sums.sum_squares;
    result.df = (double) k - 1;
    result.p_value = chi_square_upper(result.statistic, result.df);
  }
  rank_sums_free(&sums);
  return result;
}

size_t pairs_count(size_t n_groups)
{
  return n_groups * (n_groups - (n_groups > 0)) / 2;
}

static struct pair_result *pairs_allocate(size_t n_groups)
{
  struct pair_result *pair = NEW_ARRAY(struct pair_result, pairs_count(n_groups));
  size_t i = 0;
  for (size_t first = 0; first < n_groups; first++)
    for (size_t second = first + 1; second < n_groups; second++)
      pair[i++] = (struct pair_result){first, second, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
  return pair;
}

// The limits are the difference and `multiplier` standard errors.
static void set_interval(struct pair_result *pair, double multiplier)
{
  pair->conf_low = pair->difference - multiplier * pair->std_error;
  pair->conf_high = pair->difference + multiplier * pair->std_error;
}

// Every pair with its difference and the standard error from the pooled variance of all
// groups, which has *df degrees of freedom; std_error NaN where there is no spread.
static struct pair_result *pairs_pooled(const struct moments *group, size_t n_groups, double *df)
{
  struct pair_result *pair = pairs_allocate(n_groups);
  struct anova_result overall = anova_one_way(group, n_groups);
  *df = overall.df2;
  double variance = overall.sum_squares_within / *df;
  for (size_t i = 0; i < pairs_count(n_groups); i++) {
    const struct moments *a = &group[pair[i].group1], *b = &group[pair[i].group2];
    pair[i].difference = moments_mean_difference(a, b);
    if (!(a->n > 0 && b->n > 0 && *df > 0 && variance > 0))
      continue;
    pair[i].std_error = sqrt(variance * (1 / a->n + 1 / b->n));
    pair[i].df = *df;
  }
  return pair;
}

struct pair_result *pairs_lsd(const struct moments *group, size_t n_groups, double level)
{
  double df;
  struct pair_result *pair = pairs_pooled(group, n_groups, &df);
  double multiplier = t_quantile((1 + level) / 2, df);
  for (size_t i = 0; i < pairs_count(n_groups); i++) {
    pair[i].statistic = pair[i].difference / pair[i].std_error;
    pair[i].p_value = t_two_sided(pair[i].statistic, pair[i].df);
    set_interval(&pair[i], multiplier);
  }
  return pair;
}

// P and quantile of the studentized range; of two means it is |t| sqrt 2, to every digit.
static double range_upper(double q, size_t n_means, double df)
{
  return n_means == 2 ? t_two_sided(q / M_SQRT2, df)
                      : studentized_range_upper(q, (int) n_means, df);
}

static double range_quantile(double p, size_t n_means, double df)
{
  return n_means == 2 ? M_SQRT2 * t_quantile((1 + p) / 2, df)
                      : studentized_range_quantile(p, (int) n_means, df);
}

struct pair_result *pairs_tukey(const struct moments *group, size_t n_groups, double level)
{
  double df;
  struct pair_result *pair = pairs_pooled(group, n_groups, &df);
  size_t k = count_groups(group, n_groups);
  double multiplier = df > 0 ? range_quantile(level, k, df) / M_SQRT2 : NAN;
  for (size_t i = 0; i < pairs_count(n_groups); i++) {
    if (isnan(pair[i].std_error))
      continue;
    pair[i].statistic = fabs(pair[i].difference) / pair[i].std_error * M_SQRT2;
    pair[i].p_value = range_upper(pair[i].statistic, k, df);
    set_interval(&pair[i], multiplier);
  }
  return pair;
}

struct pair_result *pairs_scheffe(const struct moments *group, size_t n_groups, double level)
{
  double df;
  struct pair_result *pair = pairs_pooled(group, n_groups, &df);
  double df1 = (double) count_groups(group, n_groups) - 1;
  double multiplier = sqrt(df1 * f_quantile(level, df1, df));
  for (size_t i = 0; i < pairs_count(n_groups); i++) {
    pair[i].statistic = square(pair[i].difference / pair[i].std_error) / df1;
    pair[i].p_value = f_upper(pair[i].statistic, df1, pair[i].df);
    set_interval(&pair[i], multiplier);
  }
  return pair;
}

struct pair_result *pairs_games_howell(const struct moments *group, size_t n_groups, double level)
{
  struct pair_result *pair = pairs_allocate(n_groups);
  size_t k = count_groups(group, n_groups);
  for (size_t i = 0; i < pairs_count(n_groups); i++) {
    struct t_test_result t = t_test_welch(&group[pair[i].group1], &group[pair[i].group2], level);
    pair[i].difference = moments_mean_difference(&group[pair[i].group1], &group[pair[i].group2]);
    if (isnan(t.statistic))
      continue;
    pair[i].std_error = t.std_error;
    pair[i].df = t.df;
    pair[i].statistic = fabs(t.statistic) * M_SQRT2;
    pair[i].p_value = range_upper(pair[i].statistic, k, t.df);
    set_interval(&pair[i], range_quantile(level, k, t.df) / M_SQRT2);
  }
  return pair;
}

struct pair_result *pairs_t(const struct moments *group, size_t n_groups, bool welch, double level)
{
  struct pair_result *pair = pairs_allocate(n_groups);
  for (size_t i = 0; i < pairs_count(n_groups); i++) {
    const struct moments *a = &group[pair[i].group1], *b = &group[pair[i].group2];
    struct t_test_result t = welch ? t_test_welch(a, b, level) : t_test_student(a, b, level);
    pair[i].difference = moments_mean_difference(a, b);
    if (isnan(t.statistic))
      continue;
    pair[i].std_error = t.std_error;
    pair[i].statistic = t.statistic;
    pair[i].df = t.df;
    pair[i].p_value = t.p_value;
    pair[i].conf_low = t.conf_low;
    pair[i].conf_high = t.conf_high;
  }
  return pair;
}

struct pair_result *pairs_dunn(const double *const *x, const size_t *n, size_t n_groups)
{
  struct pair_result *pair = pairs_allocate(n_groups);
  struct rank_sums sums = rank_sums_compute(x, NULL, n, n_groups);
  double variance = sums.sum_squares / (sums.n - 1);
  for (size_t i = 0; i < pairs_count(n_groups); i++) {
    size_t a = pair[i].group1, b = pair[i].group2;
    if (!(n[a] && n[b]))
      continue;
    pair[i].difference = sums.group_sum[a] / sums.group_n[a] - sums.group_sum[b] / sums.group_n[b];
    if (!(variance > 0))
      continue;
    pair[i].std_error = sqrt(variance * (1 / sums.group_n[a] + 1 / sums.group_n[b]));
    pair[i].statistic = pair[i].difference / pair[i].std_error;
    pair[i].p_value = normal_two_sided(pair[i].statistic);
  }
  rank_sums_free(&sums);
  return pair;
}
