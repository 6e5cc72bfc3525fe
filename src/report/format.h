// SPDX-License-Identifier: GPL-3.0-or-later
// What the formats share.  Internal to src/report.

#ifndef HER2_REPORT_FORMAT_H
#define HER2_REPORT_FORMAT_H

#include "report/report.h"

// As report_format.write.
typedef void format_writer(const struct report *report, const char *table_name, int digits,
                           struct text *output);
format_writer format_text_write, format_csv_write, format_tsv_write, format_json_write,
    format_markdown_write, format_latex_write, format_html_write;

// What to take out of text that comes from files and command lines.  Bytes that are not
// UTF-8 become U+FFFD in any case.
enum {
  // ESC becomes ␛, and so on for every control character but tab, LF and CR; those above
  // U+007F become U+FFFD.
  CLEAN_CONTROLS = 1,
  // Tabs and every kind of line end become one blank (CR LF together one).
  CLEAN_LINES = 2,
  // Marks that turn the direction of writing around, and code points that are no
  // characters, become U+FFFD.
  CLEAN_DIRECTION = 4,
};
void format_append_clean(struct text *output, const char *text, unsigned what);

// All of that, and without blanks at the ends: one line for a reader.  NULL gives "".
// The caller frees.
char *format_clean_line(const char *text);
// The same in HTML, in an element or an attribute in quotes.
void format_append_html(struct text *output, const char *text);
// A heading cut at '\n', each line clean.
void format_heading_lines(const char *heading, struct text_list *lines);

// The tidy table that `table_name` names (asserted to exist), or the first; NULL if
// there is none.  Its last row is asserted to be full.
const struct report_table *format_table(const struct report *report, const char *table_name);

// The report whose layouts a reader's format prints: `report` itself if it has any and
// no table is named, else *scratch, filled with a plain layout of the table named, or of
// every tidy table.  The caller frees *scratch, which starts as {0}.
const struct report *format_view(const struct report *report, const char *table_name, int digits,
                                 struct report *scratch);

#endif
