// SPDX-License-Identifier: GPL-3.0-or-later
// her2-audit: the tidy tables, and the page: worst first, a tally, and what it means.
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
  if (!finding->also.length)
    return memory_copy_text(how);
  return text_format("%s; also: %s", how, finding->also.bytes);
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

static bool is_told(const struct audit_finding *finding, enum verdict verdict)
{
  return finding->verdict == verdict;
}

// Two numbers of one line with the same working are told together.
static bool goes_with(const struct audit_finding *a, const struct audit_finding *b)
{
  return a->file == b->file && a->verdict == b->verdict && a->kind == b->kind &&
         strcmp(a->how, b->how) == 0 && strcmp(a->item, b->item) == 0;
}

enum { WORKING_WIDTH = 120 };

// The working as far as a line bears it: whole words, and an ellipsis if there is more.
static void set_working(struct layout *layout, size_t row, size_t column,
                        const struct audit_finding *finding)
{
  char *how = whole_how(finding);
  size_t n = strlen(how);
  if (n > WORKING_WIDTH) {
    n = WORKING_WIDTH;
    while (n && how[n] != ' ')
      n--;
    while (n && strchr(" ,;:", how[n - 1]))
      n--;
    how[n] = '\0';
    layout_set_format(layout, row, column, "%s \u2026", how);
  } else {
    layout_set(layout, row, column, how);
  }
  free(how);
}

static void add_line(const struct audit *audit, struct layout *layout, const bool *told, size_t i)
{
  const struct audit_finding *finding = &audit->finding[i];
  struct text quantity = {0}, printed = {0};
  for (size_t j = i; j < audit->n_findings; j++) {
    const struct audit_finding *other = &audit->finding[j];
    if (j != i && (told[j] || !goes_with(finding, other)))
      continue;
    if (!quantity.length || !text_ends(quantity.bytes, other->quantity))
      text_append_format(&quantity, "%s%s", quantity.length ? ", " : "", other->quantity);
    if (other->number)
      text_append_format(&printed, "%s%s", printed.length ? ", " : "", other->number->text);
  }
  size_t row = layout_row(layout, LAYOUT_PLAIN);
  layout_set(layout, row, 0, verdict_names[finding->verdict]);
  layout_set(layout, row, 1, audit->published.file[finding->file].name);
  layout_set(layout, row, 2, finding->item);
  layout_set(layout, row, 3, text_content(&quantity));
  layout_set(layout, row, 4, text_content(&printed));
  char buffer[NUMBER_SIZE];
  double value = finding->recomputed.value;
  layout_set(layout, row, 5, isnan(value) ? "" : number_write_significant(buffer, value, 3));
  set_working(layout, row, 6, finding);
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
  static const enum verdict listed[] = {VERDICT_IMPOSSIBLE, VERDICT_DIFFERENT, VERDICT_ROUNDING};
  bool *told = NEW_ZEROED(bool, audit->n_findings);
  for (size_t v = 0; v < sizeof listed / sizeof *listed; v++)
    for (size_t i = 0; i < audit->n_findings; i++) {
      if (told[i] || !is_told(&audit->finding[i], listed[v]))
        continue;
      add_line(audit, layout, told, i);
      for (size_t j = i; j < audit->n_findings; j++)
        told[j] |= j == i || goes_with(&audit->finding[i], &audit->finding[j]);
    }
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
                          "rounding: it follows only from inputs rounded in its favour.  The whole "
                          "working is in --table=findings.");
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
  fill_lines(audit, report);
  fill_tally_layout(audit, report);
  fill_meanings(audit, report);
}
