// SPDX-License-Identifier: GPL-3.0-or-later
// Writing .sav, .zsav and .dta by ReadStat.  What SPSS allows: IBM SPSS Statistics 29 Command
// Syntax Reference, "Variable Names", and PSPP developers' guide, appendix B; what Stata
// allows: Stata 18 User's Guide, sections 11.3 and 12.6, and its help limits.
#include <config.h>

#include "data/statfile.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <readstat.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <time.h>
#include <unictype.h>
#include <unistd.h>
#include <unistr.h>

#include "base/memory.h"
#include "data/statfile_child.h"

enum {
  SAV_NAME = 64,         // bytes
  DTA_NAME = 32,         // characters
  SAV_LABEL = 255,       // bytes
  DTA_LABEL = 80,        // characters
  SAV_VALUE_LABEL = 120, // bytes
  DTA_VALUE_LABEL = 32000,
  SAV_TEXT = 32767, // bytes of a cell
  DTA_TEXT = 2045,
  DTA_VERSION = 118,    // Stata 14: the first in UTF-8
  MOST_DECIMALS = 6,    // that are shown of a number
  N_SAMPLE_ROWS = 1000, // from which decimals are told
  MOST_TOLD = 12,       // names in a note
  DAY_SECONDS = 86400,
  DAYS_FROM_1582 = 141428, // as in statfile_read.c
  DAYS_FROM_1960 = 3653,
};

struct writing {
  const struct statfile *file;
  enum statfile_kind kind;
  statfile_taker take;
  void *context;
  struct text_list *notes;
  struct error *error;
  readstat_writer_t *writer;
  readstat_variable_t **variable;                  // n_columns
  readstat_type_t *type;                           // n_columns
  struct text renamed, cut, unlabelled, unmissing; // names of columns, for notes
  size_t n_renamed;
};

static bool is_stata(const struct writing *writing)
{
  return writing->kind == STATFILE_DTA;
}

static const char *program_name(const struct writing *writing)
{
  return is_stata(writing) ? "Stata" : "SPSS";
}

// --- Kinds

static const char *extension_of(const char *path)
{
  const char *slash = strrchr(path, '/'), *dot = strrchr(slash ? slash : path, '.');
  return dot ? dot : "";
}

bool statfile_output_kind(const char *path, enum statfile_kind *kind, struct error *error)
{
  static const char *const refused[] = {".por", ".sas7bdat", ".xpt", ".xls", ".xlsx",
                                        ".ods", ".sas7bcat", ".rds", ".rda", ".parquet"};
  *kind = STATFILE_NONE;
  if (!path)
    return true;
  const char *extension = extension_of(path);
  if (strcasecmp(extension, ".sav") == 0)
    *kind = STATFILE_SAV;
  else if (strcasecmp(extension, ".zsav") == 0)
    *kind = STATFILE_ZSAV;
  else if (strcasecmp(extension, ".dta") == 0)
    *kind = STATFILE_DTA;
  for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
    if (strcasecmp(extension, refused[i]) == 0)
      return error_set(error, ERROR_USAGE,
                       "%s: no %s files are written, but .csv, .sav, .zsav and .dta", path,
                       refused[i]);
  return true;
}

// --- Names

static bool is_reserved(const struct writing *writing, const char *name)
{
  static const char *const spss[] = {"all", "and", "by",  "eq", "ge", "gt",   "le",
                                     "lt",  "ne",  "not", "or", "to", "with", NULL};
  static const char *const stata[] = {"_all",  "_b",  "byte",  "_coef", "_cons", "double", "float",
                                      "if",    "in",  "int",   "long",  "_n",    "_N",     "_pi",
                                      "_pred", "_rc", "_skip", "strL",  "using", "with",   NULL};
  if (!is_stata(writing)) {
    for (const char *const *word = spss; *word; word++)
      if (strcasecmp(*word, name) == 0)
        return true;
    return false;
  }
  for (const char *const *word = stata; *word; word++)
    if (strcmp(*word, name) == 0)
      return true;
  return strncmp(name, "str", 3) == 0 && isdigit((unsigned char) name[3]);
}

static bool is_allowed(const struct writing *writing, ucs4_t character, bool first)
{
  if (character == '_')
    return !first || is_stata(writing);
  if (!is_stata(writing) && character < 0x80 && strchr(first ? "@" : "@.$#", (int) character))
    return true;
  return first ? uc_is_alpha(character) : uc_is_alnum(character);
}

// As many whole characters as go into the room.
static size_t fitting(const char *text, size_t most_bytes, size_t most_characters)
{
  size_t n = 0, length = strlen(text);
  for (size_t i = 0; i < most_characters && n < length; i++) {
    int step = u8_mblen((const uint8_t *) text + n, length - n);
    if (step <= 0 || n + (size_t) step > most_bytes)
      break;
    n += (size_t) step;
  }
  return n;
}

static size_t name_room(const struct writing *writing, const char *name, size_t suffix)
{
  return is_stata(writing) ? fitting(name, SIZE_MAX, DTA_NAME - suffix)
                           : fitting(name, SAV_NAME - suffix, SIZE_MAX);
}

// The name with what is not allowed replaced; the caller frees.
static char *clean_name(const struct writing *writing, const char *name)
{
  struct text text = {0};
  size_t length = strlen(name);
  for (size_t i = 0; i < length;) {
    ucs4_t character;
    int step = u8_mbtouc(&character, (const uint8_t *) name + i, length - i);
    // A digit may come second.
    if (i == 0 && !is_allowed(writing, character, true) && is_allowed(writing, character, false))
      text_append_character(&text, 'v');
    if (is_allowed(writing, character, text.length == 0))
      text_append_bytes(&text, name + i, (size_t) step);
    else
      text_append_character(&text, text.length || is_stata(writing) ? '_' : 'v');
    i += (size_t) step;
  }
  char *clean = text_take(&text);
  clean[name_room(writing, clean, 0)] = '\0';
  size_t n = strlen(clean);
  if (clean[n - 1] == '.')
    clean[n - 1] = '_';
  if (!is_reserved(writing, clean))
    return clean;
  clean[name_room(writing, clean, 2)] = '\0';
  char *longer = text_format("v_%s", clean);
  free(clean);
  return longer;
}

// SPSS does not tell upper from lower case.
static bool is_new(const struct writing *writing, struct level_set *taken, const char *name)
{
  char *folded = memory_copy_text(name);
  for (char *p = folded; *p && !is_stata(writing); p++)
    *p = (char) tolower((unsigned char) *p);
  size_t n_before = taken->n_levels;
  level_set_add(taken, folded, strlen(folded), 1, 1);
  free(folded);
  return taken->n_levels > n_before;
}

static char *make_name(const struct writing *writing, struct level_set *taken, const char *name)
{
  char *clean = clean_name(writing, name);
  char *candidate = memory_copy_text(clean);
  for (size_t i = 2; !is_new(writing, taken, candidate); i++) {
    free(candidate);
    char suffix[24];
    int n = snprintf(suffix, sizeof suffix, "_%zu", i);
    candidate = text_format("%.*s%s", (int) name_room(writing, clean, (size_t) n), clean, suffix);
  }
  free(clean);
  return candidate;
}

// --- Variables

// Our number of a date or moment as the program's.
static double number_for(const struct writing *writing, const struct statfile_column *column,
                         double value)
{
  if (column->content == STATFILE_DATE)
    return is_stata(writing) ? value + DAYS_FROM_1960 : (value + DAYS_FROM_1582) * DAY_SECONDS;
  if (column->content == STATFILE_MOMENT)
    return is_stata(writing) ? (value + (double) DAYS_FROM_1960 * DAY_SECONDS) * 1000
                             : value + (double) DAYS_FROM_1582 * DAY_SECONDS;
  return value;
}

static size_t longest_text(const struct statfile_column *column)
{
  size_t longest = 1;
  for (size_t i = 0; i < column->texts.n_levels; i++)
    if (column->texts.level[i].length > longest)
      longest = column->texts.level[i].length;
  return longest;
}

// Stata's storage types hold whole numbers from -127 to 100, -32767 to 32740 and -2147483647
// to 2147483620; what is above means missing.
static readstat_type_t choose_type(const struct writing *writing,
                                   const struct statfile_column *column)
{
  if (column->content == STATFILE_TEXT)
    return READSTAT_TYPE_STRING;
  if (!is_stata(writing) || column->content == STATFILE_MOMENT)
    return READSTAT_TYPE_DOUBLE;
  double least = 0, most = 0;
  for (size_t i = 0; i < writing->file->n_rows; i++) {
    double value = number_for(writing, column, column->value[i]);
    if (statfile_is_missing(column, column->value[i]))
      continue;
    if (value != floor(value) || (value == 0 && signbit(value)))
      return READSTAT_TYPE_DOUBLE;
    least = value < least ? value : least;
    most = value > most ? value : most;
  }
  if (least >= -127 && most <= 100)
    return READSTAT_TYPE_INT8;
  if (least >= -32767 && most <= 32740)
    return READSTAT_TYPE_INT16;
  return least >= -2147483647.0 && most <= 2147483620.0 ? READSTAT_TYPE_INT32
                                                        : READSTAT_TYPE_DOUBLE;
}

static bool same_family(enum statfile_kind a, enum statfile_kind b)
{
  bool spss_a = a == STATFILE_SAV || a == STATFILE_ZSAV || a == STATFILE_POR;
  bool spss_b = b == STATFILE_SAV || b == STATFILE_ZSAV || b == STATFILE_POR;
  return a == b || (spss_a && spss_b);
}

static bool is_plain_format(const char *format)
{
  enum { LONGEST = 24 };
  size_t n = strlen(format);
  for (size_t i = 0; i < n; i++)
    if (!isalnum((unsigned char) format[i]) && !strchr("%.-_:/ ", format[i]))
      return false;
  return n > 0 && n <= LONGEST;
}

// A format of SPSS for numbers, with a width and decimals that SPSS has: F8.2.
static bool is_spss_number_format(const char *format)
{
  enum { WIDEST = 40, MOST_FORMAT_DECIMALS = 16 };
  size_t n = strcspn(format, "0123456789");
  bool of_text = (n == 1 && strncasecmp(format, "A", n) == 0) ||
                 (n == 4 && strncasecmp(format, "AHEX", n) == 0);
  char *end;
  unsigned long width = strtoul(format + n, &end, 10);
  unsigned long decimals = *end == '.' ? strtoul(end + 1, &end, 10) : 0;
  return n > 0 && !of_text && !*end && width >= 1 && width <= WIDEST &&
         decimals <= MOST_FORMAT_DECIMALS;
}

// A damaged file may have given a number the format of a text, or a width beyond all; with these a
// file could not be read again.
static bool is_format_of_numbers(const struct writing *writing, const char *format)
{
  size_t n = strlen(format);
  if (!is_plain_format(format))
    return false;
  return is_stata(writing) ? n < 2 || tolower((unsigned char) format[n - 1]) != 's'
                           : is_spss_number_format(format);
}

static void set_format(const struct writing *writing, const struct statfile_column *column,
                       readstat_variable_t *variable)
{
  if (column->content == STATFILE_TEXT)
    return;
  if (column->format && same_family(writing->file->kind, writing->kind) &&
      is_format_of_numbers(writing, column->format)) {
    readstat_variable_set_format(variable, column->format);
    return;
  }
  if (column->content == STATFILE_DATE)
    readstat_variable_set_format(variable, is_stata(writing) ? "%td" : "SDATE10");
  else if (column->content == STATFILE_MOMENT)
    readstat_variable_set_format(variable, is_stata(writing) ? "%tc" : "DATETIME20");
  if (column->content != STATFILE_NUMBER || is_stata(writing))
    return;
  int decimals = 0;
  size_t n_seen = 0;
  for (size_t i = 0; i < writing->file->n_rows && n_seen < N_SAMPLE_ROWS; i++) {
    if (statfile_is_missing(column, column->value[i]))
      continue;
    n_seen++;
    int own = statfile_decimals(column, column->value[i]);
    decimals = own > decimals ? own : decimals;
  }
  decimals = decimals > MOST_DECIMALS ? MOST_DECIMALS : decimals;
  char format[24];
  snprintf(format, sizeof format, "F%d.%d", decimals + 8, decimals);
  readstat_variable_set_format(variable, format);
}

// As much of a label as the program takes, cut at a character; the caller frees.
static char *cut_label(struct writing *writing, const char *label, size_t most_bytes,
                       size_t most_characters, const char *column)
{
  size_t n = fitting(label, most_bytes, most_characters);
  if (n < strlen(label) && !strstr(text_content(&writing->cut), column))
    text_append_item(&writing->cut, ", ", column);
  return memory_copy_bytes(label, n);
}

// Whether Stata can label all of these values.
static bool are_whole(const struct statfile_column *column)
{
  for (size_t i = 0; i < column->n_value_labels; i++) {
    double number = column->value_label[i].number;
    if (!isnan(number) && (number != floor(number) || fabs(number) > 2147483620.0))
      return false;
  }
  return true;
}

static void set_value_labels(struct writing *writing, const struct statfile_column *column,
                             size_t index, readstat_variable_t *variable)
{
  if (!column->n_value_labels)
    return;
  bool is_text = column->content == STATFILE_TEXT;
  if (is_stata(writing) && (is_text || column->content != STATFILE_NUMBER || !are_whole(column))) {
    text_append_item(&writing->unlabelled, ", ", column->name);
    return;
  }
  char name[32];
  snprintf(name, sizeof name, "labels%zu", index + 1);
  readstat_label_set_t *set = readstat_add_label_set(writing->writer,
                                                     is_text             ? READSTAT_TYPE_STRING
                                                     : is_stata(writing) ? READSTAT_TYPE_INT32
                                                                         : READSTAT_TYPE_DOUBLE,
                                                     name);
  for (size_t i = 0; i < column->n_value_labels; i++) {
    const struct statfile_label *from = &column->value_label[i];
    char *label = is_stata(writing)
                      ? cut_label(writing, from->label, DTA_VALUE_LABEL, SIZE_MAX, column->name)
                      : cut_label(writing, from->label, SAV_VALUE_LABEL, SIZE_MAX, column->name);
    char tag = statfile_tag(from->number);
    if (is_text)
      readstat_label_string_value(set, from->text, label);
    else if (isnan(from->number) && is_stata(writing) && isalpha((unsigned char) tag))
      readstat_label_tagged_value(set, (char) tolower((unsigned char) tag), label);
    else if (isnan(from->number))
      ; // SPSS has one kind of system-missing value, and it has no label
    else if (is_stata(writing))
      readstat_label_int32_value(set, (int32_t) from->number, label);
    else
      readstat_label_double_value(set, number_for(writing, column, from->number), label);
    free(label);
  }
  readstat_variable_set_label_set(variable, set);
}

static void set_missing(struct writing *writing, const struct statfile_column *column,
                        readstat_variable_t *variable)
{
  if (column->n_missing && is_stata(writing)) {
    text_append_item(&writing->unmissing, ", ", column->name);
    return;
  }
  for (size_t i = 0; i < column->n_missing; i++) {
    const struct statfile_range *range = &column->missing[i];
    if (range->text)
      readstat_variable_add_missing_string_value(variable, range->text);
    else if (range->least == range->most)
      readstat_variable_add_missing_double_value(variable,
                                                 number_for(writing, column, range->least));
    else
      readstat_variable_add_missing_double_range(variable,
                                                 number_for(writing, column, range->least),
                                                 number_for(writing, column, range->most));
  }
}

static bool add_variable(struct writing *writing, size_t index, struct level_set *taken)
{
  const struct statfile_column *column = &writing->file->column[index];
  size_t width = column->content == STATFILE_TEXT ? longest_text(column) : 0;
  size_t most = is_stata(writing) ? DTA_TEXT : SAV_TEXT;
  if (width > most)
    return error_set(writing->error, ERROR_DATA,
                     "column '%s': a text of %zu bytes, and %s takes %zu", column->name, width,
                     program_name(writing), most);
  char *name = make_name(writing, taken, column->name);
  bool renamed = strcmp(name, column->name) != 0;
  if (renamed && writing->n_renamed++ < MOST_TOLD) {
    text_append_item(&writing->renamed, ", ", column->name);
    text_append_format(&writing->renamed, " (%s)", name);
  }
  readstat_type_t type = writing->type[index] = choose_type(writing, column);
  readstat_variable_t *variable = readstat_add_variable(writing->writer, name, type, width);
  writing->variable[index] = variable;
  free(name);
  const char *label = column->label ? column->label : renamed ? column->name : NULL;
  if (label) {
    char *fit = is_stata(writing) ? cut_label(writing, label, SIZE_MAX, DTA_LABEL, column->name)
                                  : cut_label(writing, label, SAV_LABEL, SIZE_MAX, column->name);
    readstat_variable_set_label(variable, fit);
    free(fit);
  }
  set_format(writing, column, variable);
  set_value_labels(writing, column, index, variable);
  set_missing(writing, column, variable);
  bool categories = column->n_value_labels || column->content == STATFILE_TEXT;
  readstat_variable_set_measure(variable, column->ordinal                 ? READSTAT_MEASURE_ORDINAL
                                          : column->nominal || categories ? READSTAT_MEASURE_NOMINAL
                                                                          : READSTAT_MEASURE_SCALE);
  return true;
}

// --- Rows

static readstat_error_t insert_cell(const struct writing *writing, size_t index, size_t row)
{
  const struct statfile_column *column = &writing->file->column[index];
  readstat_writer_t *writer = writing->writer;
  const readstat_variable_t *variable = writing->variable[index];
  double value = column->value[row];
  if (column->content == STATFILE_TEXT) {
    if (isnan(value))
      return readstat_insert_missing_value(writer, variable);
    return readstat_insert_string_value(writer, variable, column->texts.level[(size_t) value].name);
  }
  char tag = isnan(value) ? statfile_tag(value) : '\0';
  if (is_stata(writing) && isalpha((unsigned char) tag))
    return readstat_insert_tagged_missing_value(writer, variable,
                                                (char) tolower((unsigned char) tag));
  if (isnan(value) || (is_stata(writing) && statfile_is_missing(column, value)))
    return readstat_insert_missing_value(writer, variable);
  value = number_for(writing, column, value);
  switch (writing->type[index]) {
  case READSTAT_TYPE_INT8:
    return readstat_insert_int8_value(writer, variable, (int8_t) value);
  case READSTAT_TYPE_INT16:
    return readstat_insert_int16_value(writer, variable, (int16_t) value);
  case READSTAT_TYPE_INT32:
    return readstat_insert_int32_value(writer, variable, (int32_t) value);
  default:
    return readstat_insert_double_value(writer, variable, value);
  }
}

static readstat_error_t write_rows(const struct writing *writing)
{
  readstat_writer_t *writer = writing->writer;
  readstat_error_t verdict = READSTAT_OK;
  for (size_t row = 0; row < writing->file->n_rows && verdict == READSTAT_OK; row++) {
    verdict = readstat_begin_row(writer);
    for (size_t i = 0; i < writing->file->n_columns && verdict == READSTAT_OK; i++)
      verdict = insert_cell(writing, i, row);
    if (verdict == READSTAT_OK)
      verdict = readstat_end_row(writer);
  }
  return verdict == READSTAT_OK ? readstat_end_writing(writer) : verdict;
}

static ssize_t pass_on(const void *bytes, size_t n, void *context)
{
  const struct writing *writing = context;
  writing->take(bytes, n, writing->context);
  return (ssize_t) n;
}

static void tell_notes(struct writing *writing)
{
  const char *program = program_name(writing);
  if (writing->n_renamed)
    text_list_adopt(writing->notes,
                    text_format("names that %s does not allow, and what they are in the file: %s%s",
                                program, text_content(&writing->renamed),
                                writing->n_renamed > MOST_TOLD ? ", ..." : ""));
  if (writing->cut.length)
    text_list_adopt(writing->notes, text_format("labels were cut to the length that %s allows: %s",
                                                program, text_content(&writing->cut)));
  if (writing->unlabelled.length)
    text_list_adopt(writing->notes,
                    text_format("value labels that %s cannot have were left out: %s", program,
                                text_content(&writing->unlabelled)));
  if (writing->unmissing.length)
    text_list_adopt(writing->notes,
                    text_format("values that SPSS was told to take as missing are missing: %s",
                                text_content(&writing->unmissing)));
}

// The file's clock stands still: the same data give the same bytes.
static time_t fixed_time(void)
{
  struct tm time = {.tm_year = 70, .tm_mday = 1, .tm_isdst = -1};
  return mktime(&time);
}

static bool write_here(const struct statfile *file, enum statfile_kind kind, statfile_taker take,
                       void *context, struct text_list *notes, struct error *error)
{
  if (file->n_rows > INT_MAX)
    return error_set(error, ERROR_DATA, "%zu rows are more than such a file takes", file->n_rows);
  struct writing writing = {.file = file,
                            .kind = kind,
                            .take = take,
                            .context = context,
                            .notes = notes,
                            .error = error,
                            .writer = readstat_writer_init(),
                            .variable = NEW_ZEROED(readstat_variable_t *, file->n_columns),
                            .type = NEW_ZEROED(readstat_type_t, file->n_columns)};
  readstat_set_data_writer(writing.writer, pass_on);
  readstat_writer_set_file_timestamp(writing.writer, fixed_time());
  struct level_set taken = {0};
  bool good = true;
  for (size_t i = 0; i < file->n_columns && good; i++)
    good = add_variable(&writing, i, &taken);
  if (good) {
    long n_rows = (long) file->n_rows;
    readstat_error_t verdict;
    if (kind == STATFILE_DTA) {
      readstat_writer_set_file_format_version(writing.writer, DTA_VERSION);
      verdict = readstat_begin_writing_dta(writing.writer, &writing, n_rows);
    } else {
      readstat_writer_set_compression(writing.writer, kind == STATFILE_ZSAV
                                                          ? READSTAT_COMPRESS_BINARY
                                                          : READSTAT_COMPRESS_ROWS);
      verdict = readstat_begin_writing_sav(writing.writer, &writing, n_rows);
    }
    if (verdict == READSTAT_OK)
      verdict = write_rows(&writing);
    if (verdict != READSTAT_OK)
      good = error_set(error, ERROR_DATA, "cannot be written for %s: %s", program_name(&writing),
                       readstat_error_message(verdict));
  }
  if (good)
    tell_notes(&writing);
  level_set_free(&taken);
  text_free(&writing.renamed);
  text_free(&writing.cut);
  text_free(&writing.unlabelled);
  text_free(&writing.unmissing);
  free(writing.variable);
  free(writing.type);
  readstat_writer_free(writing.writer);
  return good;
}

// --- In a process of its own
//
// ReadStat 1.1 does not look whether there is memory for its rows and dies where there is none.
// Its process tells pieces of the file, each behind its size; a size of 0; whether there is a file;
// the number of notes and each of them, or else the error's message, behind its size.

enum { PIECE = 1 << 16 };

struct teller {
  int descriptor;
  struct text piece; // not told yet
};

static void tell_bytes(const struct teller *teller, const void *bytes, size_t n)
{
  const char *p = bytes;
  for (ssize_t told; n; p += told, n -= (size_t) told) {
    told = write(teller->descriptor, p, n);
    if (told < 0 && errno != EINTR)
      _exit(1);
    told = told < 0 ? 0 : told;
  }
}

// A size and the bytes.
static void tell_text(const struct teller *teller, const char *bytes, size_t n)
{
  tell_bytes(teller, &n, sizeof n);
  tell_bytes(teller, bytes, n);
}

static void tell_piece(struct teller *teller)
{
  if (teller->piece.length)
    tell_text(teller, text_content(&teller->piece), teller->piece.length);
  text_clear(&teller->piece);
}

static void collect_piece(const char *bytes, size_t n, void *teller)
{
  text_append_bytes(&((struct teller *) teller)->piece, bytes, n);
  if (((struct teller *) teller)->piece.length >= PIECE)
    tell_piece(teller);
}

static _Noreturn void write_as_child(const struct statfile *file, enum statfile_kind kind,
                                     int descriptor)
{
  statfile_child_settle();
  struct teller teller = {.descriptor = descriptor};
  struct text_list notes = {0};
  struct error error = {0};
  bool good = write_here(file, kind, collect_piece, &teller, &notes, &error);
  tell_piece(&teller);
  tell_text(&teller, "", 0);
  tell_bytes(&teller, &good, sizeof good);
  if (good) {
    tell_bytes(&teller, &notes.n_items, sizeof notes.n_items);
    for (size_t i = 0; i < notes.n_items; i++)
      tell_text(&teller, notes.item[i], strlen(notes.item[i]));
  } else {
    tell_text(&teller, error.message, strlen(error.message));
  }
  text_list_free(&notes);
  text_free(&teller.piece);
  _exit(0);
}

static bool hear_bytes(int descriptor, void *bytes, size_t n)
{
  char *p = bytes;
  for (ssize_t heard; n; p += heard, n -= (size_t) heard) {
    heard = read(descriptor, p, n);
    if (heard == 0 || (heard < 0 && errno != EINTR))
      return false;
    heard = heard < 0 ? 0 : heard;
  }
  return true;
}

static bool hear_text(int descriptor, struct text *text)
{
  size_t n;
  if (!hear_bytes(descriptor, &n, sizeof n))
    return false;
  text_clear(text);
  GROW_ARRAY(text->bytes, text->capacity, n + 1);
  if (!hear_bytes(descriptor, text->bytes, n))
    return false;
  text->length = n;
  text->bytes[n] = '\0';
  return true;
}

// What the child tells.  *good: whether there is a file.  False if it died before its end.
static bool hear_child(int descriptor, statfile_taker take, void *context,
                       struct text_list *notes, bool *good, struct error *error)
{
  struct text text = {0};
  size_t n_notes = 0;
  bool complete;
  while ((complete = hear_text(descriptor, &text)) && text.length)
    take(text.bytes, text.length, context);
  complete = complete && hear_bytes(descriptor, good, sizeof *good) &&
             (*good ? hear_bytes(descriptor, &n_notes, sizeof n_notes)
                    : hear_text(descriptor, &text));
  if (complete && !*good)
    error_set(error, ERROR_DATA, "%s", text.bytes);
  for (size_t i = 0; i < n_notes && complete; i++)
    if ((complete = hear_text(descriptor, &text)))
      text_list_add(notes, text.bytes);
  text_free(&text);
  return complete;
}

bool statfile_write(const struct statfile *file, enum statfile_kind kind, statfile_taker take,
                    void *context, struct text_list *notes, struct error *error)
{
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0)
    return error_set(error, ERROR_DATA, "cannot be written: no pipe: %s", strerror(errno));
  pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    write_as_child(file, kind, ends[1]);
  }
  int problem = errno;
  close(ends[1]);
  bool good = false;
  bool complete = child > 0 && hear_child(ends[0], take, context, notes, &good, error);
  close(ends[0]);
  while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
    continue;
  if (child < 0)
    return error_set(error, ERROR_DATA, "cannot be written: no process to do it: %s",
                     strerror(problem));
  return complete ? good
                  : error_set(error, ERROR_DATA, "cannot be written for %s: out of memory",
                              kind == STATFILE_DTA ? "Stata" : "SPSS");
}
