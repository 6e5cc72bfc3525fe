// SPDX-License-Identifier: GPL-3.0-or-later
// What all commands share: options, loading, the report, and leaving.

#ifndef HER2_CMD_COMMAND_H
#define HER2_CMD_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"
#include "data/cohort.h"
#include "data/formula.h"
#include "data/table.h"
#include "report/plot.h"
#include "report/report.h"
#include "stats/convention.h"

// One option: the parser, --help, the completion and the manual-page test read the same
// table.  Tables end with a name NULL.
struct option_spec {
  const char *name;     // without dashes
  char letter;          // '\0': none
  const char *argument; // NULL: takes none
  const char *help;     // one line
  // Takes the value over into the settings; false with the reason (the option's name is
  // put in front of it).
  bool (*set)(void *settings, const char *value, struct error *error);
};

// A named thing that a command makes: a table or a figure.
struct product_spec {
  const char *name, *help;
};

// Which of the common options a command has.
enum option_groups {
  OPTIONS_INPUT = 1,   // delimiter, decimal, na, codebook, where, derive, formula-file
  OPTIONS_OUTPUT = 2,  // format, table, tables, output, digits, strict, quiet
  OPTIONS_FIGURE = 4,  // figure
  OPTIONS_LEVEL = 8,   // level
  OPTIONS_LIKE = 16,   // like
  OPTIONS_RANDOM = 32, // seed, threads, bootstrap
  OPTIONS_SEED = 64,   // seed, threads
  OPTIONS_HOLDOUT = 256, // holdout, part
  OPTIONS_TABLE = 512,   // those of OPTIONS_INPUT without formula-file: no formula either
  OPTIONS_MODEL = 1024,  // model
  OPTIONS_WRITE = 2048,  // output, strict, quiet
  OPTIONS_THREADS = 4096, // threads
  OPTIONS_OUTPUTS = 16384, // of OPTIONS_WRITE: several, in formats that the command tells by name
  OPTIONS_PRODUCT = 8192, // --output gets a product, not the report; see makes_product
  OPERANDS_MANY = 128,  // any number of files and folders as operands, no formula
};

struct command_spec {
  const char *name;                   // "her2-univar"
  const char *operands;               // "'FORMULA' [FILE]"
  const char *summary;                // one line
  unsigned groups;                    // of enum option_groups
  const struct option_spec *option;   // the command's own; one of a common one's name hides it
  const struct product_spec *tables;  // the first is the primary one
  const struct product_spec *figures; // NULL: none; the first is the default kind
  const char *example;                // for --help
  // OPTIONS_PRODUCT: whether these settings make a product; NULL: all do.
  bool (*makes_product)(const void *settings);
};

struct figure_request {
  const char *kind; // of the command's figures
  char *path;
};

// One --output of several.
struct output_request {
  const char *path;
  const struct report_format *format;
};

struct command {
  const struct command_spec *spec;
  void *settings;               // for the command's own options

  const char *formula_text;     // NULL: none given
  char *formula_from_file;
  const char *file;             // NULL: standard input
  const char **operand;         // OPERANDS_MANY: all of them
  size_t n_operands;
  const struct report_format *format;
  const char *table_name;       // NULL: not asked
  const char *tables_directory;
  bool format_asked;
  const char *output;           // the first
  struct output_request *further_output;
  size_t n_further_outputs;
  struct figure_request *figure;
  size_t n_figures;
  int digits;                   // -1: not asked
  double level;
  uint64_t seed;
  int n_threads;
  size_t bootstrap;             // replicates
  bool bootstrap_asked;
  double holdout;               // fraction of test rows; 0: none are set apart
  bool test_part;               // --part=test
  const struct convention *like;
  bool strict, quiet;
  struct cohort_options cohort;
  const char **model;           // paths of the model files
  size_t n_models;

  struct text_list claimed;     // paths that something is written to
  const char *companion_path;   // a further file (a model), written last but for the output
  struct text companion;

  struct formula formula;
  struct table table;
  struct report report;
  // What --output and standard output get instead of the report, if it is not empty.  The
  // report then goes to standard output if there is an --output, else to standard error
  // (unless quiet).
  struct text product;
};

// Parses the command line.  --help, --version and `list` requests are answered and end
// the process; so does any error, with its exit status.
void command_start(struct command *command, const struct command_spec *spec, void *settings,
                   int argc, char **argv);

// Reads the cohort, derives, keeps the rows that --where asks for, and fills the report's
// input section and notes.  Ends the process on error.
void command_load(struct command *command);
// The same, with the columns that the models read.
struct model;
void command_load_with_models(struct command *command, const struct model *model, size_t n_models);

// Ends the process if there is no formula; `example` shows one.
void command_need_formula(const struct command *command, const char *example);

struct outcome;
// With --holdout: which rows are in the part asked for (n_rows, to be freed), with a note;
// else NULL.
bool *command_part(struct command *command, const struct outcome *outcome);

// True if the output asks for this tidy table: all of them in json and --tables, the
// named one, or the one that the layout needs.
bool command_wants_table(const struct command *command, const char *name);

// True if --output gets a product, not the report.
bool command_makes_product(const struct command *command);

// True if some output is in this format ("json").
bool command_writes(const struct command *command, const char *format);

// Writes figures, tables and at last the output, prints the warnings, releases
// everything and returns the exit status.  `draw` fills a figure of the given kind (NULL:
// no figures).
typedef bool (*figure_drawer)(const char *kind, void *context, struct figure *figure,
                              struct error *error);
int command_finish(struct command *command, figure_drawer draw, void *context);

// Ends the process if this file is read or already to be written by something else, an option's value
// that command.c does not know (those it does are claimed).  NULL, "-" and devices never clash.
void command_claim_path(struct command *command, const char *path);

// Frees what command_start and what came after it made, for a command that writes for itself.
void command_release(struct command *command);

// Prints "her2-univar: MESSAGE" and ends the process with the error's status.
_Noreturn void command_fail(const struct command *command, const struct error *error);

// For options' set functions: a value out of a table of choices, a whole number, a
// probability; false with a message that says what is allowed.
bool option_choice(const struct named_choice *choices, const char *value, int *choice,
                   struct error *error);
bool option_integer(const char *value, int64_t least, int64_t most, int64_t *integer,
                    struct error *error);
bool option_fraction(const char *value, double *fraction, struct error *error); // in (0, 1)

#endif
