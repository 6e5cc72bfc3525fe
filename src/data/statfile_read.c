// SPDX-License-Identifier: GPL-3.0-or-later
// Files of SPSS, Stata and SAS, read by ReadStat in a process of its own (but for portable
// files, statfile_por.c).
//
// ReadStat 1.1 can be made to read and write beyond its memory by a file that is made for it
// (its issues 285, 299, 388, 389).  So a child process parses the bytes (statfile_child.h) and
// tells what it finds through a pipe; the parent believes none of it unchecked, and if the child
// dies the file is damaged.  The two also work side by side: one takes the file apart while the
// other files the cells.
//
// Kinds of files: SPSS "System File Format" and "Portable File Format" (PSPP developers'
// guide, appendices B and C); Stata's help dta_115 and dta_117; M. Shotwell, "SAS7BDAT
// Database Binary Format"; SAS technical note TS-140 (XPORT).  Dates: SPSS counts seconds
// from 1582-10-14, Stata and SAS days or (milli)seconds from 1960-01-01.
#include <config.h>

#include "data/statfile.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <readstat.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "data/encoding.h"
#include "data/statfile_child.h"
#include "data/statfile_por.h"

enum {
  INCOMING = 1 << 18,
  MOST_TEXT = 1 << 26,  // bytes of one text; longer ones only a damaged child would tell
  MOST_ITEMS = 1 << 24, // variables, labels
  XPT_RECORD = 80,      // bytes
};

// --- Kinds

static const struct {
  const char *name;
  readstat_error_t (*parse)(readstat_parser_t *parser, const char *path, void *context);
} kinds[] = {
    [STATFILE_NONE] = {"no statistics file", NULL},
    [STATFILE_SAV] = {"an SPSS .sav file", readstat_parse_sav},
    [STATFILE_ZSAV] = {"an SPSS .zsav file", readstat_parse_sav},
    [STATFILE_POR] = {"an SPSS portable (.por) file", NULL},
    [STATFILE_DTA] = {"a Stata .dta file", readstat_parse_dta},
    [STATFILE_SAS7BDAT] = {"a SAS .sas7bdat file", readstat_parse_sas7bdat},
    [STATFILE_XPT] = {"a SAS transport (.xpt) file", readstat_parse_xport},
};

const char *statfile_kind_name(enum statfile_kind kind)
{
  return kinds[kind].name;
}

static bool begins(const char *content, size_t length, size_t from, const char *bytes, size_t n)
{
  return length >= from + n && memcmp(content + from, bytes, n) == 0;
}
#define BEGINS(from, bytes) begins(content, length, from, bytes, sizeof bytes - 1)

// The table that turns a portable file's characters into ASCII stands behind five lines of 40
// characters, of which this is one.
static bool is_portable(const char *content, size_t length)
{
  enum { REACH = 512 };
  return memmem(content, length < REACH ? length : REACH, "SPSS PORT FILE", 14) != NULL;
}

enum statfile_kind statfile_recognize(const char *content, size_t length)
{
  const unsigned char *byte = (const unsigned char *) content;
  if (BEGINS(0, "$FL2"))
    return STATFILE_SAV;
  if (BEGINS(0, "$FL3"))
    return STATFILE_ZSAV;
  if (is_portable(content, length))
    return STATFILE_POR;
  // Stata's formats 102 to 115 begin with release, byte order, file type 1 and a zero byte.
  if (BEGINS(0, "<stata_dta>") || (length > 60 && byte[0] >= 102 && byte[0] <= 115 &&
                                   (byte[1] == 1 || byte[1] == 2) && byte[2] == 1 && byte[3] == 0))
    return STATFILE_DTA;
  if (BEGINS(12,
             "\xc2\xea\x81\x60\xb3\x14\x11\xcf\xbd\x92\x08\x00\x09\xc7\x31\x8c\x18\x1f\x10\x11"))
    return STATFILE_SAS7BDAT;
  if (BEGINS(0, "HEADER RECORD*******LIB"))
    return STATFILE_XPT;
  return STATFILE_NONE;
}

static bool is_catalog(const char *content, size_t length)
{
  return BEGINS(12,
                "\xc2\xea\x81\x63\xb3\x14\x11\xcf\xbd\x92\x08\x00\x09\xc7\x31\x8c\x18\x1f\x10\x11");
}

// --- The parent: what comes out of the pipe

struct listener {
  pid_t child;
  int descriptor;
  char *buffer;
  size_t at, end;
  bool broken;      // nothing sensible came
  struct text text; // the last one
};

static bool start_child(struct listener *listener, const struct statfile_task *task,
                        const char *name, struct error *error)
{
  *listener = (struct listener){.child = -1, .descriptor = -1};
  if (!statfile_child_start(task, name, &listener->child, &listener->descriptor, error))
    return false;
  listener->buffer = NEW_ARRAY(char, INCOMING);
  return true;
}

// Stops listening; how the child ended, as waitpid has it.
static int stop_child(struct listener *listener)
{
  int status = 0;
  close(listener->descriptor);
  while (waitpid(listener->child, &status, 0) < 0 && errno == EINTR)
    continue;
  listener->child = -1;
  return status;
}

static void end_child(struct listener *listener)
{
  if (listener->child > 0)
    stop_child(listener);
  free(listener->buffer);
  text_free(&listener->text);
}

static bool refill(struct listener *listener)
{
  ssize_t n;
  do
    n = read(listener->descriptor, listener->buffer, INCOMING);
  while (n < 0 && errno == EINTR);
  listener->at = 0;
  listener->end = n > 0 ? (size_t) n : 0;
  listener->broken = listener->broken || n <= 0;
  return n > 0;
}

static bool hear_bytes(struct listener *listener, void *bytes, size_t n)
{
  char *p = bytes;
  while (n && !listener->broken) {
    size_t left = listener->end - listener->at, take = n < left ? n : left;
    memcpy(p, listener->buffer + listener->at, take);
    listener->at += take;
    p += take;
    n -= take;
    if (n && !refill(listener))
      return false;
  }
  return !listener->broken;
}

static char hear_letter(struct listener *listener)
{
  char letter = '\0';
  hear_bytes(listener, &letter, 1);
  return letter;
}

static size_t hear_size(struct listener *listener, size_t most)
{
  uint64_t size = 0;
  if (!hear_bytes(listener, &size, sizeof size) || size > most) {
    listener->broken = true;
    return 0;
  }
  return (size_t) size;
}

static double hear_number(struct listener *listener)
{
  double number = NAN;
  hear_bytes(listener, &number, sizeof number);
  return number;
}

// Into listener->text.
static void hear_text(struct listener *listener)
{
  size_t length = hear_size(listener, MOST_TEXT);
  struct text *text = &listener->text;
  text_clear(text);
  GROW_ARRAY(text->bytes, text->capacity, length + 1);
  if (!hear_bytes(listener, text->bytes, length))
    length = 0;
  text->length = length;
  text->bytes[length] = '\0';
}

// A copy of a text; NULL for an empty one.
static char *hear_copy(struct listener *listener)
{
  hear_text(listener);
  return listener->text.length ? memory_copy_text(listener->text.bytes) : NULL;
}

static void hear_value(struct listener *listener, double *number, char **text)
{
  *number = NAN;
  *text = NULL;
  if (!hear_letter(listener)) {
    *number = hear_number(listener);
    return;
  }
  hear_text(listener);
  *text = memory_copy_text(listener->text.bytes);
}

// A damaged file may ask for any amount.
static const char too_large[] = "%s: %s that takes more memory than there is, or is damaged";

// What ReadStat's verdict means to the user.
static bool tell_verdict(readstat_error_t verdict, const char *complaint, const char *what,
                         const struct statfile_input *input, struct error *error)
{
  switch (verdict) {
  case READSTAT_ERROR_READ:
  case READSTAT_ERROR_SEEK:
  case READSTAT_ERROR_ROW_COUNT_MISMATCH:
    return error_set(error, ERROR_DATA, "%s: %s that is cut short or damaged", input->name, what);
  case READSTAT_ERROR_CONVERT:
  case READSTAT_ERROR_CONVERT_BAD_STRING:
  case READSTAT_ERROR_CONVERT_SHORT_STRING:
  case READSTAT_ERROR_UNSUPPORTED_CHARSET:
    return error_set(error, ERROR_DATA,
                     input->encoding
                         ? "%s: %s with text that is not in the encoding '%s'"
                         : "%s: %s with text that is not in the encoding that it states "
                           "(use --encoding=NAME, as in --encoding=GB18030 or "
                           "windows-1252)",
                     input->name, what, input->encoding);
  case READSTAT_ERROR_UNSUPPORTED_COMPRESSION:
  case READSTAT_ERROR_UNSUPPORTED_FILE_FORMAT_VERSION:
    return error_set(error, ERROR_DATA,
                     "%s: %s in a form that cannot be read: export it as CSV (UTF-8)", input->name,
                     what);
  case READSTAT_ERROR_MALLOC:
    return error_set(error, ERROR_DATA, too_large, input->name, what);
  default:
    return error_set(error, ERROR_DATA, "%s: %s that is damaged (%s)", input->name, what,
                     *complaint ? complaint : readstat_error_message(verdict));
  }
}

// Behind the letter E, or where there is none.
static bool hear_end(struct listener *listener, char letter, const char *what,
                     const struct statfile_input *input, struct error *error)
{
  if (letter == 'E' && !listener->broken) {
    size_t verdict = hear_size(listener, READSTAT_ERROR_BAD_TIMESTAMP_VALUE);
    hear_text(listener);
    if (!listener->broken && verdict == READSTAT_OK)
      return true;
    if (!listener->broken)
      return tell_verdict((readstat_error_t) verdict, text_content(&listener->text), what, input,
                          error);
  }
  // Without memory it leaves with status 1, or the system kills it.
  int status = stop_child(listener);
  bool starved = (WIFEXITED(status) && WEXITSTATUS(status) == 1) ||
                 (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  return error_set(error, ERROR_DATA, starved ? too_large : "%s: %s that is damaged", input->name,
                   what);
}

static bool check_text(const char *text, size_t length, const char *what,
                       const struct statfile_input *input, struct error *error)
{
  if (!text || text_is_utf8(text, length, NULL))
    return true;
  return error_set(error, ERROR_DATA,
                   "%s: %s is not UTF-8 (use --encoding=NAME, as in --encoding=GB18030 or "
                   "windows-1252)",
                   input->name, what);
}

// --- Variables and their labels

// A named set of labels, in the order of the file.
struct label_set {
  char *name;
  struct statfile_label *label;
  size_t n_labels, capacity;
};

struct label_sets {
  struct label_set *set;
  size_t n_sets, capacity;
};

static void free_label_sets(struct label_sets *sets)
{
  for (size_t i = 0; i < sets->n_sets; i++) {
    for (size_t j = 0; j < sets->set[i].n_labels; j++)
      statfile_free_label(&sets->set[i].label[j]);
    free(sets->set[i].label);
    free(sets->set[i].name);
  }
  free(sets->set);
}

static const struct label_set *find_label_set(const struct label_sets *sets, const char *name)
{
  for (size_t i = 0; i < sets->n_sets; i++)
    if (strcmp(sets->set[i].name, name) == 0)
      return &sets->set[i];
  return NULL;
}

static bool hear_label(struct listener *listener, struct label_sets *sets,
                       const struct statfile_input *input, struct error *error)
{
  hear_text(listener);
  char *name = memory_copy_text(text_content(&listener->text));
  // Labels of a set come together.
  struct label_set *set = sets->n_sets ? &sets->set[sets->n_sets - 1] : NULL;
  if (!set || strcmp(set->name, name) != 0)
    set = (struct label_set *) find_label_set(sets, name);
  if (!set) {
    GROW_ARRAY(sets->set, sets->capacity, sets->n_sets + 1);
    set = &sets->set[sets->n_sets++];
    *set = (struct label_set){.name = memory_copy_text(name)};
  }
  free(name);
  struct statfile_label label = {0};
  hear_value(listener, &label.number, &label.text);
  label.label = hear_copy(listener);
  bool good =
      !listener->broken &&
      check_text(label.text, label.text ? strlen(label.text) : 0, "a labelled value", input,
                 error) &&
      check_text(label.label, label.label ? strlen(label.label) : 0, "a value label", input, error);
  if (!good || !label.label) {
    statfile_free_label(&label);
    return good;
  }
  GROW_ARRAY(set->label, set->capacity, set->n_labels + 1);
  set->label[set->n_labels++] = label;
  return true;
}

static bool hear_variable(struct listener *listener, struct statfile *file, struct text_list *sets,
                          const struct statfile_input *input, struct error *error)
{
  if (file->n_columns == MOST_ITEMS) {
    listener->broken = true;
    return true;
  }
  RESIZE_ARRAY(file->column, file->n_columns + 1);
  struct statfile_column *column = &file->column[file->n_columns++];
  *column = (struct statfile_column){0};
  column->content = hear_letter(listener) ? STATFILE_TEXT : STATFILE_NUMBER;
  column->single = hear_letter(listener);
  char measure = hear_letter(listener);
  column->ordinal = measure == READSTAT_MEASURE_ORDINAL;
  column->nominal = measure == READSTAT_MEASURE_NOMINAL;
  hear_text(listener);
  column->name = memory_copy_text(text_content(&listener->text));
  column->label = hear_copy(listener);
  column->format = hear_copy(listener);
  hear_text(listener);
  text_list_add(sets, text_content(&listener->text));
  size_t n = hear_size(listener, MOST_ITEMS);
  for (size_t i = 0; i < n && !listener->broken; i++) {
    struct statfile_range range;
    char *most;
    hear_value(listener, &range.least, &range.text);
    hear_value(listener, &range.most, &most);
    free(most); // SPSS has no ranges of texts
    RESIZE_ARRAY(column->missing, column->n_missing + 1);
    column->missing[column->n_missing++] = range;
  }
  return check_text(column->name, strlen(column->name), "the name of a variable", input, error) &&
         check_text(column->label, column->label ? strlen(column->label) : 0,
                    "the label of a variable", input, error) &&
         check_text(column->format, column->format ? strlen(column->format) : 0,
                    "the format of a variable", input, error);
}

static bool run_for_names(const struct statfile_task *task, struct statfile *file,
                          struct text_list *sets, struct label_sets *labels, const char *what,
                          const struct statfile_input *input, struct error *error)
{
  struct listener listener;
  if (!start_child(&listener, task, input->name, error))
    return false;
  bool good = true;
  char letter = '\0';
  while (good && !listener.broken) {
    letter = hear_letter(&listener);
    if (letter == 'V' && file)
      good = hear_variable(&listener, file, sets, input, error);
    else if (letter == 'L')
      good = hear_label(&listener, labels, input, error);
    else
      break;
  }
  good = good && hear_end(&listener, letter, what, input, error);
  end_child(&listener);
  return good;
}

// Ascending; missing values come last, by their kind.
static int compare_values(const void *a, const void *b)
{
  const struct statfile_label *x = a, *y = b;
  if (x->text && y->text)
    return strcmp(x->text, y->text);
  if (isnan(x->number) || isnan(y->number)) {
    if (isnan(x->number) != isnan(y->number))
      return isnan(x->number) ? 1 : -1;
    return statfile_tag(x->number) - statfile_tag(y->number);
  }
  return (x->number > y->number) - (x->number < y->number);
}

// Bytes of the name in front of a format's width and decimals: 4 of DATE11, 1 of F8.2.
static size_t length_without_width(const char *format)
{
  size_t n = strlen(format);
  while (n && (isdigit((unsigned char) format[n - 1]) || format[n - 1] == '.'))
    n--;
  return n;
}

static bool is_format_of(const char *set, const char *format)
{
  size_t n = length_without_width(format);
  return strcasecmp(set, format) == 0 ||
         (n && strlen(set) == n && strncasecmp(set, format, n) == 0);
}

// Ascending, the first of several for one value.
static void sort_labels(struct statfile_column *column)
{
  struct statfile_label *own = column->value_label;
  if (column->n_value_labels)
    qsort(own, column->n_value_labels, sizeof *own, compare_values);
  size_t n = 0;
  for (size_t i = 0; i < column->n_value_labels; i++) {
    if (n && compare_values(&own[n - 1], &own[i]) == 0)
      statfile_free_label(&own[i]);
    else
      own[n++] = own[i];
  }
  column->n_value_labels = n;
}

static void take_labels(struct statfile_column *column, const struct label_set *set)
{
  column->value_label = NEW_ARRAY(struct statfile_label, set->n_labels);
  bool is_text = column->content == STATFILE_TEXT;
  for (size_t i = 0; i < set->n_labels; i++) {
    const struct statfile_label *label = &set->label[i];
    if ((label->text != NULL) == is_text)
      column->value_label[column->n_value_labels++] = (struct statfile_label){
          label->number, memory_copy_text(label->text), memory_copy_text(label->label)};
  }
}

// --- Dates

enum {
  DAY_SECONDS = 86400,
  DAYS_FROM_1582 = 141428, // from 1582-10-14 to 1970-01-01
  DAYS_FROM_1960 = 3653,
};

static bool is_one_of(const char *word, size_t length, const char *const *words)
{
  for (; *words; words++)
    if (strlen(*words) == length && strncasecmp(*words, word, length) == 0)
      return true;
  return false;
}

// By the letters that a format begins with.  A time of day or a duration stays a number of
// seconds, and so do Stata's weeks, months, quarters and years.
static enum statfile_content content_of_format(enum statfile_kind kind, const char *format)
{
  static const char *const spss_dates[] = {"DATE", "ADATE", "EDATE", "JDATE", "SDATE",
                                           "QYR",  "MOYR",  "WKYR",  NULL};
  static const char *const spss_moments[] = {"DATETIME", "YMDHMS", NULL};
  static const char *const sas_dates[] = {
      "DATE",    "DDMMYY",  "DDMMYYB",  "DDMMYYC",  "DDMMYYD",  "DDMMYYN",  "DDMMYYP", "DDMMYYS",
      "MMDDYY",  "MMDDYYB", "MMDDYYC",  "MMDDYYD",  "MMDDYYN",  "MMDDYYP",  "MMDDYYS", "YYMMDD",
      "YYMMDDB", "YYMMDDC", "YYMMDDD",  "YYMMDDN",  "YYMMDDP",  "YYMMDDS",  "MONYY",   "YYMM",
      "MMYY",    "YYQ",     "WEEKDATE", "WEEKDATX", "WORDDATE", "WORDDATX", "JULIAN",  "NLDATE",
      "E8601DA", "B8601DA", "IS8601DA", "YYMON",    NULL};
  static const char *const sas_moments[] = {"DATETIME", "DATEAMPM", "MDYAMPM",  "DTDATE", "NLDATM",
                                            "E8601DT",  "B8601DT",  "IS8601DT", NULL};
  if (!format)
    return STATFILE_NUMBER;
  if (kind == STATFILE_DTA) {
    const char *p = format + (*format == '%');
    p += *p == '-';
    while (isdigit((unsigned char) *p))
      p++;
    if (*p == 'd' || (p[0] == 't' && p[1] == 'd'))
      return STATFILE_DATE;
    return p[0] == 't' && (p[1] == 'c' || p[1] == 'C') ? STATFILE_MOMENT : STATFILE_NUMBER;
  }
  bool sas = kind == STATFILE_SAS7BDAT || kind == STATFILE_XPT;
  size_t n = length_without_width(format);
  if (is_one_of(format, n, sas ? sas_moments : spss_moments))
    return STATFILE_MOMENT;
  return is_one_of(format, n, sas ? sas_dates : spss_dates) ? STATFILE_DATE : STATFILE_NUMBER;
}

// The file's number of a date or moment as ours.
static double convert_date(enum statfile_kind kind, enum statfile_content content, double value)
{
  if (content != STATFILE_DATE && content != STATFILE_MOMENT)
    return value;
  double scale = content == STATFILE_DATE ? 1 : DAY_SECONDS; // of a day
  if (kind == STATFILE_DTA)
    return (content == STATFILE_DATE ? value : value / 1000) - DAYS_FROM_1960 * scale;
  if (kind == STATFILE_SAS7BDAT || kind == STATFILE_XPT)
    return value - DAYS_FROM_1960 * scale;
  return (content == STATFILE_DATE ? value / DAY_SECONDS : value) - DAYS_FROM_1582 * scale;
}

static double convert_number(const struct statfile *file, const struct statfile_column *column,
                             double value)
{
  // A missing value keeps its kind, which arithmetic might lose.
  return isnan(value) ? value : convert_date(file->kind, column->content, value);
}

static void settle_content(struct statfile *file, struct statfile_column *column)
{
  sort_labels(column);
  if (column->content != STATFILE_NUMBER)
    return;
  column->content = content_of_format(file->kind, column->format);
  for (size_t i = 0; i < column->n_missing; i++) {
    column->missing[i].least = convert_number(file, column, column->missing[i].least);
    column->missing[i].most = convert_number(file, column, column->missing[i].most);
  }
  for (size_t i = 0; i < column->n_value_labels; i++)
    column->value_label[i].number = convert_number(file, column, column->value_label[i].number);
}

// --- Opening

static bool read_catalog(const struct statfile_input *input, struct label_sets *labels,
                         struct error *error)
{
  struct text content = {0};
  if (!file_read(input->catalog, &content, error))
    return false;
  const char *bytes = text_content(&content);
  struct statfile_input catalog = {.name = file_display_name(input->catalog),
                                   .encoding = input->encoding};
  bool good;
  if (!is_catalog(bytes, content.length)) {
    good = error_set(error, ERROR_DATA, "%s: this is no SAS catalog (.sas7bcat)", catalog.name);
  } else {
    struct statfile_task task = {.parse = readstat_parse_sas7bcat,
                                 .content = bytes,
                                 .length = content.length,
                                 .encoding = input->encoding};
    good = run_for_names(&task, NULL, NULL, labels, "a SAS catalog (.sas7bcat)", &catalog, error);
  }
  text_free(&content);
  return good;
}

static void link_labels(struct statfile *file, const struct text_list *sets,
                        const struct label_sets *labels, bool by_format)
{
  for (size_t i = 0; i < file->n_columns; i++) {
    struct statfile_column *column = &file->column[i];
    const struct label_set *set = NULL;
    if (*sets->item[i])
      set = find_label_set(labels, sets->item[i]);
    for (size_t j = 0; !set && by_format && column->format && j < labels->n_sets; j++)
      if (is_format_of(labels->set[j].name, column->format))
        set = &labels->set[j];
    if (set)
      take_labels(column, set);
  }
}

static bool open_with_readstat(struct statfile *file, const struct statfile_input *input,
                               struct error *error)
{
  bool sas = file->kind == STATFILE_SAS7BDAT || file->kind == STATFILE_XPT;
  struct statfile_task task = {.parse = kinds[file->kind].parse,
                               .content = input->content,
                               .length = input->length,
                               .encoding = input->encoding};
  struct text_list sets = {0};
  struct label_sets labels = {0};
  bool good =
      run_for_names(&task, file, &sets, &labels, statfile_kind_name(file->kind), input, error) &&
      (!input->catalog || read_catalog(input, &labels, error));
  if (good)
    link_labels(file, &sets, &labels, sas);
  free_label_sets(&labels);
  text_list_free(&sets);
  return good;
}

bool statfile_open(struct statfile *file, const struct statfile_input *input, struct error *error)
{
  *file = (struct statfile){.kind = statfile_recognize(input->content, input->length)};
  const char *what = statfile_kind_name(file->kind);
  if (input->encoding && !encoding_check(input->encoding, error))
    return false;
  bool sas = file->kind == STATFILE_SAS7BDAT || file->kind == STATFILE_XPT;
  if (input->catalog && !sas)
    return error_set(error, ERROR_USAGE, "--catalog holds value labels of SAS, and %s is %s",
                     input->name, what);
  // A transport file says nowhere how many rows it has, but its records are whole (SAS
  // Technical Support, TS-140).
  if (file->kind == STATFILE_XPT && input->length % XPT_RECORD != 0)
    return error_set(error, ERROR_DATA,
                     "%s: %s that is cut short: its length, %zu bytes, is no multiple of %d",
                     input->name, what, input->length, XPT_RECORD);
  bool good = file->kind == STATFILE_POR ? statfile_read_por(file, input, NULL, error)
                                         : open_with_readstat(file, input, error);
  if (good && !file->n_columns)
    good = error_set(error, ERROR_DATA, "%s: %s without variables", input->name, what);
  for (size_t i = 0; i < file->n_columns && good; i++)
    settle_content(file, &file->column[i]);
  if (!good)
    statfile_free(file);
  return good;
}

// --- Cells

static bool hear_text_cell(struct listener *listener, struct statfile_column *column, size_t row,
                           const struct statfile_input *input, struct error *error)
{
  hear_text(listener);
  const struct text *text = &listener->text;
  struct level_set *texts = &column->texts;
  size_t n_before = texts->n_levels;
  size_t index = level_set_add(texts, text->bytes, text->length, 1, row + 1);
  column->value[row] = (double) index;
  if (texts->n_levels == n_before || text_is_utf8(text->bytes, text->length, NULL))
    return true;
  return error_set(error, ERROR_DATA,
                   "%s:%zu: column '%s': text that is not UTF-8 (use --encoding=NAME, as in "
                   "--encoding=GB18030 or windows-1252)",
                   input->name, row + 1, column->name);
}

static bool hear_row(struct listener *listener, struct statfile *file, const bool *wanted,
                     const struct statfile_input *input, struct error *error)
{
  for (size_t i = 0; i < file->n_columns; i++) {
    struct statfile_column *column = &file->column[i];
    if (!wanted[i])
      continue;
    if (column->content == STATFILE_TEXT) {
      if (!hear_text_cell(listener, column, file->n_rows, input, error))
        return false;
    } else {
      column->value[file->n_rows] = hear_number(listener);
    }
  }
  file->n_rows += !listener->broken;
  return true;
}

static void find_labelled(const struct statfile *file, struct statfile_column *column)
{
  bool any = false;
  for (size_t row = 0; row < file->n_rows && column->n_value_labels; row++) {
    double value = column->value[row];
    if (statfile_is_missing(column, value))
      continue;
    any = true;
    if (!statfile_find_label(column, value)) {
      any = false;
      break;
    }
  }
  column->all_labelled = any;
}

static bool load_with_readstat(struct statfile *file, const struct statfile_input *input,
                               const bool *wanted, struct error *error)
{
  struct statfile_task task = {.parse = kinds[file->kind].parse,
                               .content = input->content,
                               .length = input->length,
                               .encoding = input->encoding,
                               .wanted = wanted,
                               .n_columns = file->n_columns};
  struct listener listener;
  if (!start_child(&listener, &task, input->name, error))
    return false;
  file->n_rows = 0;
  size_t capacity = 0;
  bool good = true;
  char letter = '\0';
  while (good && (letter = hear_letter(&listener)) == 'R' && !listener.broken) {
    if (file->n_rows == capacity) {
      capacity = capacity + capacity / 2 + 1024;
      for (size_t i = 0; i < file->n_columns; i++)
        if (wanted[i])
          RESIZE_ARRAY(file->column[i].value, capacity);
    }
    good = hear_row(&listener, file, wanted, input, error);
  }
  good = good && hear_end(&listener, letter, statfile_kind_name(file->kind), input, error);
  end_child(&listener);
  return good;
}

bool statfile_load(struct statfile *file, const struct statfile_input *input, const bool *wanted,
                   struct error *error)
{
  statfile_unload(file);
  bool good = file->kind == STATFILE_POR ? statfile_read_por(file, input, wanted, error)
                                         : load_with_readstat(file, input, wanted, error);
  for (size_t i = 0; i < file->n_columns && good; i++) {
    struct statfile_column *column = &file->column[i];
    if (!wanted[i])
      continue;
    RESIZE_ARRAY(column->value, file->n_rows);
    if (column->content == STATFILE_TEXT)
      continue;
    for (size_t row = 0; row < file->n_rows; row++)
      column->value[row] = convert_number(file, column, column->value[row]);
    find_labelled(file, column);
  }
  if (!good)
    statfile_unload(file);
  return good;
}
