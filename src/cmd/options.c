// SPDX-License-Identifier: GPL-3.0-or-later
// The command line: common options, parsing, --help.
#include <config.h>

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/number.h"
#include "cmd/command.h"
#include "cmd/options.h"

// ---- values ----

bool option_choice(const struct named_choice *choices, const char *value, int *choice,
                   struct error *error)
{
  const struct named_choice *found = choice_find(choices, value);
  if (found) {
    *choice = found->value;
    return true;
  }
  struct text names = {0};
  const char *name[64];
  size_t n = 0;
  for (const struct named_choice *c = choices; c->name && n < 64; c++) {
    name[n++] = c->name;
    text_append_item(&names, ", ", c->name);
  }
  char *suggestion = text_suggestion(value, name, n);
  error_set(error, ERROR_USAGE, "'%s' is not one of %s%s", value, text_content(&names), suggestion);
  free(suggestion);
  text_free(&names);
  return false;
}

bool option_integer(const char *value, int64_t least, int64_t most, int64_t *integer,
                    struct error *error)
{
  if (number_parse_integer(value, least, most, integer))
    return true;
  return error_set(error, ERROR_USAGE, "'%s' is not a whole number from %lld to %lld", value,
                   (long long) least, (long long) most);
}

bool option_fraction(const char *value, double *fraction, struct error *error)
{
  if (number_parse_text(value, fraction) && *fraction > 0 && *fraction < 1)
    return true;
  double number;
  if (number_parse_text(value, &number) && number > 1 && number < 100)
    return error_set(error, ERROR_USAGE, "'%s' is not a number between 0 and 1 (%g is %s%%)", value,
                     number / 100, value);
  return error_set(error, ERROR_USAGE, "'%s' is not a number between 0 and 1", value);
}

// ---- common options ----

static bool set_delimiter(void *settings, const char *value, struct error *error)
{
  struct command *command = settings;
  char *delimiter = &command->cohort.table.delimiter;
  if (strcmp(value, "tab") == 0 || strcmp(value, "\\t") == 0)
    *delimiter = '\t';
  else if (strlen(value) == 1 && !strchr("\"\r\n.+-0123456789", *value))
    *delimiter = *value;
  else
    return error_set(error, ERROR_USAGE, "'%s' cannot part cells (say ',', ';', '|' or 'tab')",
                     value);
  return true;
}

static bool set_decimal(void *settings, const char *value, struct error *error)
{
  struct command *command = settings;
  if (strcmp(value, ".") != 0 && strcmp(value, ",") != 0)
    return error_set(error, ERROR_USAGE, "the decimal mark is '.' or ',', not '%s'", value);
  command->cohort.table.decimal = *value;
  return true;
}

static bool set_na(void *settings, const char *value, struct error *error)
{
  struct command *command = settings;
  (void) error;
  text_list_split(&command->cohort.table.na, value, ',');
  return true;
}

static bool set_codebook(void *settings, const char *value, struct error *error)
{
  struct command *command = settings;
  (void) error;
  command->cohort.table.codebook = *value ? value : NULL;
  return true;
}

static bool set_catalog(void *settings, const char *value, struct error *error)
{
  (void) error;
  struct command *command = settings;
  command->cohort.table.catalog = value;
  return true;
}

static bool set_encoding(void *settings, const char *value, struct error *error)
{
  struct command *command = settings;
  (void) error;
  command->cohort.table.encoding = value;
  return true;
}

static bool set_where(void *settings, const char *value, struct error *error)
{
  struct cohort_options *cohort = &((struct command *) settings)->cohort;
  struct condition *condition = condition_parse(value, error);
  if (!condition)
    return false;
  RESIZE_ARRAY(cohort->condition, cohort->n_conditions + 1);
  cohort->condition[cohort->n_conditions++] = condition;
  return true;
}

static bool set_derive(void *settings, const char *value, struct error *error)
{
  struct cohort_options *cohort = &((struct command *) settings)->cohort;
  struct derivation *derivation = derivation_parse(value, error);
  if (!derivation)
    return false;
  RESIZE_ARRAY(cohort->derivation, cohort->n_derivations + 1);
  cohort->derivation[cohort->n_derivations++] = derivation;
  return true;
}

static bool set_formula_file(void *settings, const char *value, struct error *error)
{
  struct command *command = settings;
  struct text content = {0};
  bool good = file_read(value, &content, error);
  if (good && memchr(text_content(&content), '\0', content.length))
    good = error_set(error, ERROR_DATA, "%s: a NUL byte: this is no text", value);
  if (!good) {
    text_free(&content);
    return false;
  }
  static const char mark[] = "\xef\xbb\xbf"; // byte order mark
  size_t skip = text_starts(text_content(&content), mark) ? strlen(mark) : 0;
  free(command->formula_from_file);
  command->formula_from_file = memory_copy_text(text_content(&content) + skip);
  text_free(&content);
  return true;
}

static bool set_model(void *settings, const char *value, struct error *error)
{
  struct command *command = settings;
  if (!*value)
    return error_set(error, ERROR_USAGE, "the name of the file is empty");
  RESIZE_ARRAY(command->model, command->n_models + 1);
  command->model[command->n_models++] = value;
  return true;
}

static bool set_format(void *settings, const char *value, struct error *error)
{
  struct command *command = settings;
  command->format = report_find_format(value);
  command->format_asked = true;
  if (command->format)
    return true;
  struct text names = {0};
  for (const struct report_format *f = report_formats; f->name; f++)
    text_append_item(&names, ", ", f->name);
  error_set(error, ERROR_USAGE, "'%s' is not one of %s", value, text_content(&names));
  text_free(&names);
  return false;
}

static bool set_table(void *settings, const char *value, struct error *error)
{
  struct command *command = settings;
  const struct product_spec *tables = command->spec->tables;
  struct text names = {0};
  for (const struct product_spec *t = tables; t->name; t++) {
    if (strcmp(t->name, value) == 0) {
      command->table_name = t->name;
      text_free(&names);
      return true;
    }
    text_append_item(&names, ", ", t->name);
  }
  error_set(error, ERROR_USAGE, "there is no table '%s' (tables: %s)", value, text_content(&names));
  text_free(&names);
  return false;
}

static bool set_tables(void *settings, const char *value, struct error *error)
{
  if (!*value)
    return error_set(error, ERROR_USAGE, "the name of the directory is empty");
  ((struct command *) settings)->tables_directory = value;
  return true;
}

static bool set_output(void *settings, const char *value, struct error *error)
{
  if (!*value)
    return error_set(error, ERROR_USAGE, "the name of the file is empty");
  struct command *command = settings;
  if (!command->output) {
    command->output = value;
    return true;
  }
  RESIZE_ARRAY(command->further_output, command->n_further_outputs + 1);
  command->further_output[command->n_further_outputs++] = (struct output_request){value, NULL};
  return true;
}

// False with a message that names the formats that are written.
static bool refuse_output(const char *path, struct error *error)
{
  struct text names = {0};
  for (const struct report_format *format = report_formats; format->name; format++) {
    text_append_item(&names, ", ", ".");
    text_append(&names, format->extension);
  }
  error_set(error, ERROR_USAGE, "'%s' does not say a format that is written: %s (Word opens .html)",
            path, text_content(&names));
  text_free(&names);
  return false;
}

// Names of other programs' formats, which text in them would break.
static bool promises_document(const char *path)
{
  static const char *const extensions[] = {".docx", ".doc",  ".odt", ".rtf",
                                           ".pdf",  ".xlsx", ".xls", ".ods"};
  for (size_t i = 0; i < sizeof extensions / sizeof *extensions; i++) {
    size_t n = strlen(path), m = strlen(extensions[i]);
    if (n > m && strcasecmp(path + n - m, extensions[i]) == 0)
      return true;
  }
  return false;
}

// The name of an output says its format, if --format does not.
static bool choose_formats(struct command *command, struct error *error)
{
  bool reports = command->spec->groups & OPTIONS_OUTPUT && !command_makes_product(command);
  size_t n = command->n_further_outputs;
  if (n && command->spec->groups & OPTIONS_OUTPUTS)
    return true;
  if (n && !reports)
    return error_set(error, ERROR_USAGE, "--output stands twice");
  if (n && command->format_asked)
    return error_set(error, ERROR_USAGE,
                     "several outputs are in the formats of their names: leave out --format");
  if (!reports || command->format_asked || !command->output)
    return true;
  const struct report_format *first = report_format_of_path(command->output);
  if (first)
    command->format = first;
  else if (n || promises_document(command->output))
    return refuse_output(command->output, error);
  for (size_t i = 0; i < n; i++) {
    struct output_request *request = &command->further_output[i];
    request->format = report_format_of_path(request->path);
    if (!request->format)
      return refuse_output(request->path, error);
  }
  return true;
}

static bool set_digits(void *settings, const char *value, struct error *error)
{
  int64_t digits;
  if (!option_integer(value, 0, 15, &digits, error))
    return false;
  ((struct command *) settings)->digits = (int) digits;
  return true;
}

static bool set_strict(void *settings, const char *value, struct error *error)
{
  (void) value, (void) error;
  ((struct command *) settings)->strict = true;
  return true;
}

static bool set_quiet(void *settings, const char *value, struct error *error)
{
  (void) value, (void) error;
  ((struct command *) settings)->quiet = true;
  return true;
}

// [KIND:]FILE; a kind is one of the command's, so that a file name may hold a colon.
static bool set_figure(void *settings, const char *value, struct error *error)
{
  struct command *command = settings;
  const char *kind = command->spec->figures->name, *path = value;
  for (const struct product_spec *f = command->spec->figures; f->name; f++) {
    size_t n = strlen(f->name);
    if (strncmp(value, f->name, n) == 0 && value[n] == ':') {
      kind = f->name;
      path = value + n + 1;
    }
  }
  size_t before = strspn(value, "abcdefghijklmnopqrstuvwxyz-");
  if (path == value && before && value[before] == ':')
    return error_set(error, ERROR_USAGE,
                     "'%.*s' is no kind of figure here (see --figure=list; a file of that name: "
                     "'./%s')",
                     (int) before, value, value);
  if (!figure_find_format(path, error))
    return false;
  RESIZE_ARRAY(command->figure, command->n_figures + 1);
  command->figure[command->n_figures++] =
      (struct figure_request){.kind = kind, .path = memory_copy_text(path)};
  return true;
}

static bool set_level(void *settings, const char *value, struct error *error)
{
  return option_fraction(value, &((struct command *) settings)->level, error);
}

static bool set_like(void *settings, const char *value, struct error *error)
{
  struct command *command = settings;
  command->like = convention_find(value);
  if (!command->like)
    return error_set(error, ERROR_USAGE, "'%s' is not one of study, spss, r", value);
  return true;
}

static bool set_seed(void *settings, const char *value, struct error *error)
{
  int64_t seed;
  if (!option_integer(value, 0, INT64_MAX, &seed, error))
    return false;
  ((struct command *) settings)->seed = (uint64_t) seed;
  return true;
}

static bool set_threads(void *settings, const char *value, struct error *error)
{
  int64_t n;
  if (!option_integer(value, 1, 1024, &n, error))
    return false;
  ((struct command *) settings)->n_threads = (int) n;
  return true;
}

static bool set_bootstrap(void *settings, const char *value, struct error *error)
{
  struct command *command = settings;
  int64_t n;
  if (!option_integer(value, 0, 10000000, &n, error))
    return false;
  command->bootstrap = (size_t) n;
  command->bootstrap_asked = true;
  return true;
}

static bool set_holdout(void *settings, const char *value, struct error *error)
{
  return option_fraction(value, &((struct command *) settings)->holdout, error);
}

static bool set_part(void *settings, const char *value, struct error *error)
{
  struct command *command = settings;
  command->test_part = strcmp(value, "test") == 0;
  if (!command->test_part && strcmp(value, "train") != 0)
    return error_set(error, ERROR_USAGE, "'%s' is not one of train, test", value);
  return true;
}

static const struct {
  unsigned group;
  struct option_spec option;
} common_options[] = {
    {OPTIONS_INPUT | OPTIONS_TABLE,
     {"where", 0, "'COLUMN OP VALUE'", "keep the rows that meet this (repeatable)", set_where}},
    {OPTIONS_INPUT | OPTIONS_TABLE,
     {"derive", 0, "'NAME=EXPRESSION'", "add a column computed from others (repeatable)",
      set_derive}},
    {OPTIONS_INPUT | OPTIONS_TABLE,
     {"codebook", 0, "FILE", "labels, units, types, levels, codes (else $HER2_CODEBOOK)",
      set_codebook}},
    {OPTIONS_INPUT | OPTIONS_TABLE,
     {"na", 0, "TOKEN,...", "further cells that mean missing, in every column", set_na}},
    {OPTIONS_INPUT | OPTIONS_TABLE,
     {"delimiter", 0, "CHARACTER", "what parts cells: ',', ';', 'tab' (else found out)",
      set_delimiter}},
    {OPTIONS_INPUT | OPTIONS_TABLE,
     {"decimal", 0, "MARK", "decimal mark, '.' or ','", set_decimal}},
    {OPTIONS_INPUT | OPTIONS_TABLE,
     {"encoding", 0, "NAME", "character set of the file (else what it says itself, or UTF-8)",
      set_encoding}},
    {OPTIONS_INPUT | OPTIONS_TABLE,
     {"catalog", 0, "FILE", "SAS value labels (.sas7bcat) of a .sas7bdat or .xpt file",
      set_catalog}},
    {OPTIONS_MODEL, {"model", 0, "FILE", "a model file, her2-model(5) (repeatable)", set_model}},
    {OPTIONS_INPUT, {"formula-file", 0, "FILE", "read the formula from here", set_formula_file}},
    {OPTIONS_LIKE, {"like", 0, "PROFILE", "conventions: study (default), spss, r", set_like}},
    {OPTIONS_LEVEL, {"level", 0, "P", "confidence level (0.95)", set_level}},
    {OPTIONS_OUTPUT,
     {"format", 0, "FORMAT", "text (default), csv, tsv, json, markdown, latex, html", set_format}},
    {OPTIONS_OUTPUT, {"table", 0, "NAME", "print this table ('list' names them)", set_table}},
    {OPTIONS_OUTPUT, {"tables", 0, "DIR", "write every table as DIR/NAME.csv too", set_tables}},
    {OPTIONS_OUTPUT | OPTIONS_WRITE,
     {"output", 'o', "FILE", "write here, whole or not at all; its name may say the format",
      set_output}},
    {OPTIONS_FIGURE,
     {"figure", 0, "[KIND:]FILE",
      "draw into FILE.{svg,pdf,png,eps,txt,gp} ('list' names the kinds)", set_figure}},
    {OPTIONS_OUTPUT, {"digits", 0, "N", "decimals to print", set_digits}},
    {OPTIONS_RANDOM | OPTIONS_SEED, {"seed", 0, "N", "seed of all random numbers (1)", set_seed}},
    {OPTIONS_RANDOM, {"bootstrap", 0, "N", "bootstrap replicates (1000)", set_bootstrap}},
    {OPTIONS_RANDOM | OPTIONS_SEED | OPTIONS_THREADS,
     {"threads", 0, "N", "threads to use (all)", set_threads}},
    {OPTIONS_HOLDOUT,
     {"holdout", 0, "P", "set this fraction of the rows apart for testing", set_holdout}},
    {OPTIONS_HOLDOUT, {"part", 0, "PART", "of --holdout: train (default) or test", set_part}},
    {OPTIONS_OUTPUT | OPTIONS_WRITE, {"strict", 0, NULL, "warnings are errors", set_strict}},
    {OPTIONS_OUTPUT | OPTIONS_WRITE,
     {"quiet", 'q', NULL, "no warnings or progress on standard error", set_quiet}},
};

// ---- the options of one command, own ones first ----

static bool is_hidden(const struct command_spec *spec, size_t n_own, const char *name)
{
  for (size_t i = 0; i < n_own; i++)
    if (strcmp(spec->option[i].name, name) == 0)
      return true;
  return false;
}

size_t options_collect(const struct command_spec *spec, struct option_entry **entries)
{
  size_t n = 0, n_common = sizeof common_options / sizeof *common_options;
  size_t n_own = 0;
  while (spec->option && spec->option[n_own].name)
    n_own++;
  *entries = NEW_ARRAY(struct option_entry, n_own + n_common);
  for (size_t i = 0; i < n_own; i++)
    (*entries)[n++] = (struct option_entry){&spec->option[i], true};
  for (size_t i = 0; i < n_common; i++)
    if ((common_options[i].group & spec->groups) &&
        !is_hidden(spec, n_own, common_options[i].option.name))
      (*entries)[n++] = (struct option_entry){&common_options[i].option, false};
  return n;
}

static void print_option(const char *name, char letter, const char *argument, const char *help)
{
  char left[80];
  snprintf(left, sizeof left, "%c%c%s--%s%s%s", letter ? '-' : ' ', letter ? letter : ' ',
           letter ? ", " : "  ", name, argument ? "=" : "", argument ? argument : "");
  if (strlen(left) > 30)
    printf("  %s\n  %-30s  %s\n", left, "", help);
  else
    printf("  %-30s  %s\n", left, help);
}

void options_print_help(const struct command_spec *spec)
{
  printf("Usage: %s [OPTION]... %s\n%s\n\n", spec->name, spec->operands, spec->summary);
  struct option_entry *entry;
  size_t n = options_collect(spec, &entry);
  bool common_begun = false;
  for (size_t i = 0; i < n; i++) {
    if (!entry[i].own && !common_begun) {
      printf("%sOptions that the her2 commands share:\n", i ? "\n" : "");
      common_begun = true;
    }
    const struct option_spec *option = entry[i].option;
    print_option(option->name, option->letter, option->argument, option->help);
  }
  free(entry);
  print_option("help", 'h', NULL, "print this");
  print_option("version", 'V', NULL, "print the version");
  if (spec->example)
    printf("\nExample:\n  %s\n", spec->example);
  printf("\nSee %s(1)%s.\n", spec->name,
         spec->groups & OPTIONS_INPUT   ? "; formulas: her2-formula(7); codebooks: her2-codebook(5)"
         : spec->groups & OPTIONS_TABLE ? "; conditions: her2-formula(7)"
                                        : "");
}

static void print_products(const struct product_spec *products)
{
  for (; products->name; products++)
    printf("%-22s %s\n", products->name, products->help);
}

// ---- parsing ----

static bool unknown_option(const struct option_entry *entry, size_t n, const char *word,
                           struct error *error)
{
  if (word[0] == '-' && word[1] != '-') {
    int letter = optopt ? optopt : word[1];
    // Of a letter in several bytes one says nothing.
    if (letter < 0 || letter > 0x7f)
      return error_set(error, ERROR_USAGE, "unknown option '%s' (see --help)", word);
    return error_set(error, ERROR_USAGE, "unknown option '-%c' (see --help)", letter);
  }
  char *name = memory_copy_bytes(word + 2, strcspn(word + 2, "="));
  const char **names = memory_allocate(n, sizeof *names);
  for (size_t i = 0; i < n; i++)
    names[i] = entry[i].option->name;
  const char *nearest = text_nearest(name, names, n);
  size_t n_starts = 0;
  for (size_t i = 0; i < n; i++)
    n_starts += text_starts(names[i], name);
  if (n_starts > 1)
    error_set(error, ERROR_USAGE, "option '--%s' may mean several (see --help)", name);
  else if (nearest)
    error_set(error, ERROR_USAGE, "unknown option '--%s'; did you mean '--%s'?", name, nearest);
  else
    error_set(error, ERROR_USAGE, "unknown option '--%s' (see --help)", name);
  free(names);
  free(name);
  return false;
}

// The answers that need no data end the process here.
static _Noreturn void answer_and_exit(void)
{
  if (fflush(stdout) == 0 && !ferror(stdout))
    exit(0);
  fprintf(stderr, "%s: standard output: cannot be written: %s\n", program_invocation_short_name,
          errno ? strerror(errno) : "write error");
  exit(ERROR_DATA);
}

static void answer_list_request(const struct command *command, const char *name, const char *value)
{
  if (!value || strcmp(value, "list") != 0)
    return;
  if (strcmp(name, "table") == 0)
    print_products(command->spec->tables);
  else if (strcmp(name, "figure") == 0)
    print_products(command->spec->figures);
  else if (strcmp(name, "format") == 0)
    for (const struct report_format *f = report_formats; f->name; f++)
      printf("%-22s %s\n", f->name, f->help);
  else if (strcmp(name, "like") == 0)
    for (const struct convention *c = conventions; c->name; c++)
      printf("%-22s %s\n", c->name, c->help);
  else
    return;
  answer_and_exit();
}

// Most often one of the two was meant as something else.
static bool refuse_second_file(const struct command *command, const char *operand,
                               struct error *error)
{
  const char *model = text_ends(operand, ".json") ? operand : command->file;
  if ((command->spec->groups & OPTIONS_MODEL) && text_ends(model, ".json"))
    return error_set(error, ERROR_USAGE, "one file at a time: '%s' and '%s' (a model: --model=%s)",
                     command->file, operand, model);
  return error_set(error, ERROR_USAGE, "one file at a time: '%s' and '%s'%s", command->file,
                   operand,
                   command->formula_text ? "" : " (a formula needs single quotes around it)");
}

static bool take_operand(struct command *command, const char *operand, bool *has_file,
                         struct error *error)
{
  text_list_add(&command->report.call, operand);
  if (command->spec->groups & OPERANDS_MANY) {
    RESIZE_ARRAY(command->operand, command->n_operands + 1);
    command->operand[command->n_operands++] = operand;
    return true;
  }
  if (formula_is_operand(operand)) {
    if (!(command->spec->groups & OPTIONS_INPUT))
      return error_set(error, ERROR_USAGE,
                       "no formula here: '%s' (a file with ~ in its name: './%s')", operand,
                       operand);
    if (command->formula_text)
      return error_set(error, ERROR_USAGE,
                       "two formulas: '%s' and '%s' (a file with ~ in its name: './%s')",
                       command->formula_text, operand, operand);
    command->formula_text = operand;
    return true;
  }
  if (*has_file)
    return refuse_second_file(command, operand, error);
  *has_file = true;
  command->file = operand;
  return true;
}

// What getopt_long returns for option i.
enum { FIRST = 1000 };

static const struct option_entry *entry_of(const struct option_entry *entry, size_t n, int found)
{
  for (size_t i = 0; i < n; i++)
    if (found == FIRST + (int) i || (found && found == entry[i].option->letter))
      return &entry[i];
  return NULL;
}

// getopt_long did not like `word`; optopt says which option it was, if it is one.
static bool bad_option(const struct option_entry *entry, size_t n, const char *word,
                       struct error *error)
{
  const struct option_entry *meant = entry_of(entry, n, optopt);
  if (!meant)
    return unknown_option(entry, n, word, error);
  const struct option_spec *option = meant->option;
  if (!option->argument)
    return error_set(error, ERROR_USAGE, "option '--%s' takes no value", option->name);
  return error_set(error, ERROR_USAGE, "option '--%s' needs a value: --%s=%s", option->name,
                   option->name, option->argument);
}

// The call of the report: options by their full names, without those that cannot change
// the result.
static void record_option(struct text_list *call, const struct option_spec *option)
{
  static const char *const silent[] = {"threads", "output", "quiet"};
  for (size_t i = 0; i < sizeof silent / sizeof *silent; i++)
    if (strcmp(option->name, silent[i]) == 0)
      return;
  text_list_adopt(call, option->argument ? text_format("--%s=%s", option->name, optarg)
                                         : text_format("--%s", option->name));
}

static bool take_option(struct command *command, const struct option_entry *entry,
                        struct error *error)
{
  const struct option_spec *option = entry->option;
  if (!entry->own)
    answer_list_request(command, option->name, optarg);
  record_option(&command->report.call, option);
  if (option->set(entry->own ? command->settings : command, optarg, error))
    return true;
  return error_prefix(error, "--%s", option->name);
}

bool options_parse(struct command *command, int argc, char **argv, struct error *error)
{
  struct option_entry *entry;
  size_t n = options_collect(command->spec, &entry);
  struct option *known = NEW_ZEROED(struct option, n + 3);
  // '-': operands come in order; ':': a missing value is told from an unknown option.
  char letters[64] = "-:hV";
  for (size_t i = 0; i < n; i++) {
    const struct option_spec *option = entry[i].option;
    known[i] = (struct option){option->name, option->argument ? required_argument : no_argument,
                               NULL, FIRST + (int) i};
    if (option->letter)
      snprintf(letters + strlen(letters), 3, "%c%s", option->letter, option->argument ? ":" : "");
  }
  known[n] = (struct option){"help", no_argument, NULL, 'h'};
  known[n + 1] = (struct option){"version", no_argument, NULL, 'V'};
  opterr = 0;
  bool good = true, has_file = false;
  while (good) {
    int at = optind ? optind : 1;
    int found = getopt_long(argc, argv, letters, known, NULL);
    if (found == -1)
      break;
    switch (found) {
    case 'h':
      options_print_help(command->spec);
      answer_and_exit();
    case 'V':
      printf("%s (her2-tools) %s\n", command->spec->name, PACKAGE_VERSION);
      answer_and_exit();
    case 1:
      good = take_operand(command, optarg, &has_file, error);
      break;
    case '?':
    case ':':
      good = bad_option(entry, n, argv[at], error);
      break;
    default:
      good = take_option(command, entry_of(entry, n, found), error);
    }
  }
  for (; good && optind < argc; optind++)
    good = take_operand(command, argv[optind], &has_file, error);
  free(known);
  free(entry);
  return good && choose_formats(command, error);
}
