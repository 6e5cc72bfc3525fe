// SPDX-License-Identifier: GPL-3.0-or-later
// her2-audit: the tidy tables, and the page: a tally, what it means, and the numbers, worst first.
#include <config.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "cmd/audit.h"

// ---- tidy tables ----

static void report_bound(struct report_table *table, double value)
{
  report_number(table, isinf(value) ? NAN : value);
}

static char *whole_how(const struct audit_finding *finding)
{
  const char *how = finding->how ? finding->how : "nothing else that is printed determines it";
  struct text text = {0};
  if (finding->lead && strcmp(finding->lead, how) != 0)
    text_append_format(&text, "%s; ", finding->lead);
  text_append(&text, how);
  if (finding->also.length)
    text_append_format(&text, "; also: %s", finding->also.bytes);
  return text_take(&text);
}

static void fill_findings(const struct audit *audit, struct report *report)
{
  struct report_table *table = report_add_table(
      report, "findings",
      "table item quantity published recomputed low high verdict how kind line");
  for (size_t i = 0; i < audit->n_findings; i++) {
    const struct audit_finding *finding = &audit->finding[i];
    report_text(table, audit->published.file[finding->file].name);
    report_text(table, finding->item);
    report_text(table, finding->quantity);
    report_text(table, finding->number ? finding->number->text : NULL);
    report_bound(table, finding->recomputed.value);
    report_bound(table, finding->recomputed.range.low);
    report_bound(table, finding->recomputed.range.high);
    report_text(table, verdict_names[finding->verdict]);
    char *how = whole_how(finding);
    report_text(table, how);
    free(how);
    report_text(table, audit_kinds[finding->kind].name);
    if (finding->number)
      report_count(table, finding->number->line);
    else
      report_missing(table);
  }
}

struct tally {
  size_t n[N_VERDICTS], numbers;
};

// Of the printed numbers of one file.
static struct tally tally_file(const struct audit *audit, size_t file)
{
  struct tally tally = {{0}, 0};
  for (size_t i = 0; i < audit->n_findings; i++)
    if (audit->finding[i].number && audit->finding[i].file == file) {
      tally.n[audit->finding[i].verdict]++;
      tally.numbers++;
    }
  return tally;
}

// Worst first, as the page has them.
static const enum verdict columns[] = {VERDICT_IMPOSSIBLE, VERDICT_DIFFERENT, VERDICT_ROUNDING,
                                       VERDICT_CONSISTENT, VERDICT_UNVERIFIABLE};

static void fill_tally(const struct audit *audit, struct report *report)
{
  struct report_table *table = report_add_table(
      report, "tally", "table numbers impossible different rounding consistent unverifiable");
  for (size_t f = 0; f < audit->published.n_files; f++) {
    struct tally tally = tally_file(audit, f);
    if (!tally.numbers)
      continue;
    report_text(table, audit->published.file[f].name);
    report_count(table, tally.numbers);
    for (size_t v = 0; v < N_VERDICTS; v++)
      report_count(table, tally.n[columns[v]]);
  }
}

static size_t count_kind(const struct audit *audit, enum audit_kind kind, enum verdict verdict)
{
  size_t n = 0;
  for (size_t i = 0; i < audit->n_findings; i++)
    n += audit->finding[i].kind == kind && audit->finding[i].verdict == verdict;
  return n;
}

static void fill_kinds(const struct audit *audit, struct report *report)
{
  struct report_table *table =
      report_add_table(report, "kinds", "kind impossible different meaning");
  for (size_t k = KIND_NONE + 1; k < N_KINDS; k++) {
    report_text(table, audit_kinds[k].name);
    report_count(table, count_kind(audit, (enum audit_kind) k, VERDICT_IMPOSSIBLE));
    report_count(table, count_kind(audit, (enum audit_kind) k, VERDICT_DIFFERENT));
    report_text(table, audit_kinds[k].meaning);
  }
}

void audit_fill_tables(const struct audit *audit, struct report *report)
{
  fill_findings(audit, report);
  fill_tally(audit, report);
  fill_kinds(audit, report);
}

// ---- the page ----

// Events per parameter that ask for caution: the customary limit.
static bool is_small(const struct audit_finding *finding)
{
  return finding->recomputed.value < 10;
}

// Two numbers of one line with the same working are told together.
static bool goes_with(const struct audit_finding *a, const struct audit_finding *b)
{
  if (!a->how || !b->how)
    return false;
  return a->file == b->file && a->verdict == b->verdict && a->kind == b->kind &&
         strcmp(a->how, b->how) == 0 && strcmp(a->item, b->item) == 0;
}

// ---- worst first ----

// An odds ratio outside its own interval before all; effects and signs; statistics and P values;
// at last the percentages that no count gives, most of them by a few tenths.
enum tier { TIER_OUTSIDE, TIER_EFFECT, TIER_TEST, TIER_PERCENT };

static enum tier tier_of(const struct audit_finding *finding)
{
  if (finding->lead)
    return TIER_OUTSIDE;
  switch (finding->kind) {
  case KIND_PROPORTION:
    return TIER_PERCENT;
  case KIND_COUNT_TEST:
  case KIND_MEAN_TEST:
  case KIND_P_OF_STATISTIC:
  case KIND_P_OF_INTERVAL:
  case KIND_TEXT:
    return TIER_TEST;
  case KIND_FACTOR: {
    const char *quantity = finding->quantity;
    return text_ends(quantity, "_p") ? TIER_TEST : TIER_EFFECT;
  }
  default:
    return TIER_EFFECT;
  }
}

// How far the printed number is from the recomputed one: |ln(printed/recomputed)|; coefficients,
// logarithms themselves, by their difference; other numbers of unlike signs by 1 and more.
static double contradiction_size(const struct audit_finding *finding)
{
  enum { UNMEASURED = 1 };
  const struct printed *printed = finding->number ? &finding->number->printed : NULL;
  double recomputed = finding->recomputed.value;
  if (!printed || isnan(recomputed) || finding->kind == KIND_IDENTICAL)
    return UNMEASURED;
  double value = printed->value != 0 ? printed->value : printed->range.high;
  if (text_ends(finding->quantity, "_b"))
    return fabs(value - recomputed);
  if (value * recomputed > 0)
    return fabs(log(value / recomputed));
  double scale = fmax(fabs(value), fabs(recomputed));
  return recomputed == 0 || scale == 0 ? UNMEASURED : 1 + fabs(value - recomputed) / scale;
}

struct place {
  enum verdict verdict;
  enum tier tier;
  double size;
  size_t index;
};

static int by_weight(const void *a, const void *b)
{
  const struct place *one = a, *other = b;
  if (one->verdict != other->verdict)
    return one->verdict > other->verdict ? -1 : 1;
  if (one->tier != other->tier)
    return one->tier < other->tier ? -1 : 1;
  if (one->size != other->size)
    return one->size > other->size ? -1 : 1;
  return one->index < other->index ? -1 : one->index > other->index;
}

// ---- lines ----

// What was recomputed, or the bound that it keeps where one end is open.
static char *recomputed_text(const struct audit_finding *finding)
{
  const struct interval *range = &finding->recomputed.range;
  bool of_slope = finding->kind == KIND_SLOPE || finding->kind == KIND_STANDARD_ERROR;
  bool at_least = isinf(range->high) && isfinite(range->low);
  bool at_most = isfinite(range->high) &&
                 (isinf(range->low) || (of_slope && range->low == 0 && range->high > 0));
  double value = at_least ? range->low : at_most ? range->high : finding->recomputed.value;
  char buffer[NUMBER_SIZE];
  if (isnan(value))
    return memory_copy_text("");
  bool copied = finding->kind == KIND_IDENTICAL || finding->kind == KIND_TEXT;
  bool less = copied && range->low == 0 && range->high == value; // <0.001
  return text_format("%s%s", at_least ? ">= " : at_most ? "<= " : less ? "<" : "",
                     number_write_significant(buffer, value, 3));
}

static void add_line(const struct audit *audit, struct layout *layout, bool *told, size_t i)
{
  const struct audit_finding *finding = &audit->finding[i];
  struct text quantity = {0}, printed = {0};
  struct text_list recomputed = {0};
  bool differ = false;
  for (size_t j = 0; j < audit->n_findings; j++) {
    const struct audit_finding *other = &audit->finding[j];
    if (j != i && (told[j] || !goes_with(finding, other)))
      continue;
    told[j] = true;
    if (!quantity.length || !text_ends(quantity.bytes, other->quantity))
      text_append_format(&quantity, "%s%s", quantity.length ? ", " : "", other->quantity);
    if (other->number)
      text_append_format(&printed, "%s%s", printed.length ? ", " : "", other->number->text);
    text_list_adopt(&recomputed, recomputed_text(other));
    differ |= strcmp(recomputed.item[0], recomputed.item[recomputed.n_items - 1]) != 0;
  }
  size_t row = layout_row(layout, LAYOUT_PLAIN);
  layout_set(layout, row, 0, verdict_names[finding->verdict]);
  layout_set(layout, row, 1, audit->published.file[finding->file].name);
  layout_set(layout, row, 2, finding->item);
  layout_set(layout, row, 3, text_content(&quantity));
  layout_set(layout, row, 4, text_content(&printed));
  char *all = text_list_join(&recomputed, ", ");
  layout_set(layout, row, 5, differ ? all : recomputed.item[0]);
  free(all);
  char *how = whole_how(finding);
  layout_set(layout, row, 6, how);
  free(how);
  text_list_free(&recomputed);
  text_free(&quantity);
  text_free(&printed);
}

static void fill_lines(const struct audit *audit, struct report *report)
{
  struct layout *layout =
      report_add_layout(report, "findings", "Printed numbers that do not follow from the others");
  layout_column(layout, ALIGN_LEFT, "Verdict");
  layout_column(layout, ALIGN_LEFT, "Table");
  layout_column(layout, ALIGN_LEFT, "Item");
  layout_column(layout, ALIGN_LEFT, "Quantity");
  layout_column(layout, ALIGN_RIGHT, "Printed");
  layout_column(layout, ALIGN_RIGHT, "Recomputed");
  layout_column(layout, ALIGN_LEFT, "Working");
  bool *told = NEW_ZEROED(bool, audit->n_findings);
  struct place *order = NEW_ARRAY(struct place, audit->n_findings);
  size_t n = 0;
  for (size_t i = 0; i < audit->n_findings; i++) {
    const struct audit_finding *finding = &audit->finding[i];
    if (finding->verdict >= VERDICT_ROUNDING)
      order[n++] = (struct place){finding->verdict, tier_of(finding), contradiction_size(finding),
                                  i};
  }
  if (n)
    qsort(order, n, sizeof *order, by_weight);
  for (size_t k = 0; k < n; k++)
    if (!told[order[k].index])
      add_line(audit, layout, told, order[k].index);
  free(order);
  if (!layout->n_rows) {
    size_t row = layout_row(layout, LAYOUT_PLAIN);
    layout_set(layout, row, 0, "none");
  }
  for (size_t i = 0; i < audit->n_findings; i++)
    if (!told[i] && audit->finding[i].kind == KIND_EPV && is_small(&audit->finding[i]))
      add_line(audit, layout, told, i);
  free(told);
  layout_footnote(layout, "impossible: no data could give it, by proof; different: recomputed from "
                          "the other printed numbers it is another one, by every convention named; "
                          "rounding: it follows only from inputs rounded in its favour.  Within a "
                          "verdict the greatest contradiction comes first, percentages that no "
                          "count gives last.");
  layout_footnote(layout, "In the working, A v B: events against comparison; SE: standard error of "
                          "the log odds ratio; SS: sum of squares about the overall mean; U: the "
                          "part of a slope's score that the means fix, n1 n2/n times their "
                          "difference; score z: U over its standard error without effect; Wald z: "
                          "log odds ratio over SE; (a to b): all values that the rounding of the "
                          "inputs allows, and at most, at least: the end of these in the printed "
                          "number's favour.  Recomputed >= or <=: a bound.");
}

static void fill_tally_layout(const struct audit *audit, struct report *report)
{
  struct layout *layout = report_add_layout(report, "tally", "Printed numbers by verdict");
  layout_column(layout, ALIGN_LEFT, "Table");
  layout_column(layout, ALIGN_RIGHT, "Numbers");
  for (size_t v = 0; v < N_VERDICTS; v++)
    layout_column(layout, ALIGN_RIGHT, verdict_names[columns[v]]);
  struct tally total = {{0}, 0};
  for (size_t f = 0; f <= audit->published.n_files; f++) {
    bool last = f == audit->published.n_files;
    struct tally tally = last ? total : tally_file(audit, f);
    if (!tally.numbers)
      continue;
    size_t row = layout_row(layout, last ? LAYOUT_VARIABLE : LAYOUT_PLAIN);
    layout_set(layout, row, 0, last ? "all" : audit->published.file[f].name);
    layout_set_format(layout, row, 1, "%zu", tally.numbers);
    for (size_t v = 0; v < N_VERDICTS; v++)
      layout_set_format(layout, row, 2 + v, "%zu", tally.n[columns[v]]);
    total.numbers += last ? 0 : tally.numbers;
    for (size_t v = 0; v < N_VERDICTS; v++)
      total.n[v] += last ? 0 : tally.n[v];
  }
  layout_footnote(layout, "unverifiable: nothing else that is printed determines the number.");
}

static void fill_meanings(const struct audit *audit, struct report *report)
{
  struct layout *layout =
      report_add_layout(report, "kinds", "What it means for someone who wants to use the model");
  layout_column(layout, ALIGN_LEFT, "Kind");
  layout_column(layout, ALIGN_RIGHT, "impossible");
  layout_column(layout, ALIGN_RIGHT, "different");
  layout_column(layout, ALIGN_LEFT, "Meaning");
  for (size_t k = KIND_NONE + 1; k < N_KINDS; k++) {
    size_t impossible = count_kind(audit, (enum audit_kind) k, VERDICT_IMPOSSIBLE);
    size_t different = count_kind(audit, (enum audit_kind) k, VERDICT_DIFFERENT);
    bool epv = false;
    for (size_t i = 0; i < audit->n_findings && k == KIND_EPV; i++)
      epv |= audit->finding[i].kind == KIND_EPV && is_small(&audit->finding[i]);
    if (!impossible && !different && !epv)
      continue;
    size_t row = layout_row(layout, LAYOUT_PLAIN);
    layout_set(layout, row, 0, audit_kinds[k].name);
    layout_set_format(layout, row, 1, "%zu", impossible);
    layout_set_format(layout, row, 2, "%zu", different);
    layout_set(layout, row, 3, audit_kinds[k].meaning);
  }
  if (!layout->n_rows) {
    size_t row = layout_row(layout, LAYOUT_PLAIN);
    layout_set(layout, row, 0, "none");
    layout_set(layout, row, 3, "the printed numbers agree with each other as far as they can be "
                               "checked");
  }
}

void audit_fill_layouts(const struct audit *audit, struct report *report)
{
  fill_tally_layout(audit, report);
  fill_meanings(audit, report);
  fill_lines(audit, report);
}
