// SPDX-License-Identifier: GPL-3.0-or-later
// Figures in files: every format is whole and the same each time, no text is a command,
// no failure of gnuplot passes for a figure.  Needs gnuplot, which runs some sixty times:
// about two seconds.
#include <config.h>

#include <dirent.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "report/picture.h"
#include "report/plot.h"
#include "report/process.h"
#include "tap.h"

// ---- a directory of our own, which is the current one ----

static char directory[] = "test_gnuplot.XXXXXX";

static bool exists(const char *name)
{
  struct stat status;
  return lstat(name, &status) == 0;
}

// Names in the current directory that are not among `expected` (ended by NULL).
static size_t count_strangers(const char *const *expected)
{
  size_t n = 0;
  DIR *here = opendir(".");
  for (struct dirent *entry; here && (entry = readdir(here));) {
    bool known = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
    for (size_t i = 0; expected[i]; i++)
      known = known || strcmp(entry->d_name, expected[i]) == 0;
    if (!known)
      printf("#   stranger: %s\n", entry->d_name);
    n += !known;
  }
  if (here)
    closedir(here);
  return n;
}

static void remove_all(void)
{
  DIR *here = opendir(".");
  for (struct dirent *entry; here && (entry = readdir(here));)
    if (entry->d_name[0] != '.' || entry->d_name[1] == 'g')
      remove(entry->d_name);
  if (here)
    closedir(here);
}

static void write_file(const char *name, mode_t mode, const char *content)
{
  FILE *file = fopen(name, "w");
  if (!file || fputs(content, file) < 0 || fclose(file) != 0 || chmod(name, mode) != 0) {
    printf("Bail out! cannot write %s\n", name);
    exit(1);
  }
}

static bool contains(const struct text *text, const char *wanted)
{
  return text->length > 0 && memmem(text->bytes, text->length, wanted, strlen(wanted));
}

// ---- figures ----

static void add_roc(struct figure *figure)
{
  struct plot_panel *panel = figure_add_panel(figure, "ROC curves");
  panel->square = true;
  panel->legend = LEGEND_BOTTOM_RIGHT;
  panel_set_x(panel, "1 \u2212 Specificity", 0, 1);
  panel_set_y(panel, "Sensitivity", 0, 1);
  double x[] = {0, 0.1, 0.4, 1}, y[] = {0, 0.5, 0.9, 1}, ends[] = {0, 1};
  panel_add_mark(panel, MARK_LINE, -1, NULL, 2, ends, ends, NULL, NULL);
  panel_add_mark(panel, MARK_STEP, 0, "ADC: AUC 0.79", 4, x, y, NULL, NULL);
}

// One panel with every kind of mark, NaN and infinities among them.
static void add_all_marks(struct figure *figure)
{
  struct plot_panel *panel = figure_add_panel(figure, "Everything");
  panel->legend = LEGEND_BELOW;
  panel_set_x(panel, "x", 0, 0);
  panel_set_y(panel, "y", 0, 0);
  double x[] = {1, 2, NAN, 4, 5, 6}, y[] = {1, 3, 2, INFINITY, 4, 5}, x2[] = {2, 3, 4, 5, 6, 7},
         y2[] = {2, INFINITY, 3, 4, NAN, 6};
  for (int kind = MARK_LINE; kind <= MARK_SEGMENT; kind++)
    for (int style = -1; style < 8; style += 3) {
      struct plot_mark *mark = panel_add_mark(panel, (enum mark_kind) kind, style, "legend", 6, x,
                                              y, x2, y2);
      if (style == 2)
        mark->opacity = mark->line_width = 0;
      if (style == 5)
        mark->opacity = 0.5;
    }
  panel_add_word(panel, 3, 4, WORD_CENTRE, 1, "two\nlines");
  panel_add_word(panel, NAN, 4, WORD_CENTRE, 1, "nowhere");
}

static void add_logarithmic(struct figure *figure)
{
  struct plot_panel *panel = figure_add_panel(figure, NULL);
  panel->x.logarithmic = panel->y.logarithmic = true;
  double x[] = {0.01, -1, 1, 100}, y[] = {1, 2, 0, 1000}, zero[] = {0, 0, 0, 0};
  panel_add_mark(panel, MARK_LINE, 0, NULL, 4, x, y, NULL, NULL);
  panel_add_mark(panel, MARK_RECTANGLE, 1, NULL, 4, zero, zero, x, y);
  panel_add_mark(panel, MARK_BAND, 1, NULL, 4, x, zero, NULL, y);
  panel_add_mark(panel, MARK_SEGMENT, 1, NULL, 4, zero, y, x, y);
}

static bool read_whole(const char *name, struct text *content)
{
  text_clear(content);
  return file_read(name, content, NULL);
}

// ---- formats ----

static void test_names(void)
{
  struct error error = {0};
  ok(figure_find_format("a/b.svg", &error) == &figure_formats[0], "svg by extension");
  ok(figure_find_format("ROC.PNG", &error) != NULL, "capitals do not matter");
  ok(!figure_find_format("figure.jpg", &error) && error.status == ERROR_USAGE
       && strstr(error.message, ".svg, .pdf, .png, .eps, .txt, .gp"),
     "an unknown extension is answered with those known");
  ok(!figure_find_format("a.svg/figure", &error), "a directory's extension does not count");
  ok(!figure_find_format("svg", &error), "nor a bare name");
  struct figure figure = {0};
  ok(!figure_write(&figure, "x.gif", &error) && error.status == ERROR_USAGE,
     "nothing is drawn into a file of an unknown format");
}

static void test_formats(void)
{
  static const char *const names[] = {"a.svg", "a.pdf", "a.png", "a.eps", "a.txt", "a.gp", NULL};
  static const char *const magic[] = {"<?xml", "%PDF-", "\x89PNG", "%!PS-Adobe", "", "# A figure"};
  struct figure figure = {0};
  figure.footnote = memory_copy_text("ROC, receiver operating characteristic.");
  add_roc(&figure);
  add_all_marks(&figure);
  add_logarithmic(&figure);
  figure_add_panel(&figure, "Empty");
  struct error error = {0};
  struct text first = {0}, second = {0};
  for (size_t i = 0; names[i]; i++) {
    bool drawn = figure_write(&figure, names[i], &error);
    if (!ok(drawn, "%s is drawn", names[i]))
      printf("#   %s\n", error.message);
    read_whole(names[i], &first);
    ok(first.length > strlen(magic[i]) && memcmp(first.bytes, magic[i], strlen(magic[i])) == 0,
       "%s begins as it should", names[i]);
    ok(figure_write(&figure, names[i], &error) && read_whole(names[i], &second)
         && first.length == second.length
         && memcmp(first.bytes, second.bytes, first.length) == 0,
       "%s is the same the second time", names[i]);
    ok(!contains(&first, "CreationDate"), "%s has no date", names[i]);
    if (i == 0) {
      ok(contains(&first, "<text>Sensitivity</text>"), "text stays text");
      ok(contains(&first, "font-weight=\"bold\"") && !contains(&first, ":Bold"), "titles are bold");
      ok(contains(&first, "Arial, Liberation Sans, Helvetica, sans-serif"),
         "fonts have substitutes");
      ok(!contains(&first, "id='gp") && !contains(&first, "\"gnuplot_"), "identifiers are our own");
      ok(!contains(&first, "<title>"), "no tooltips");
      ok(contains(&first, "<text>no data</text>"), "the empty panel says so");
      ok(!contains(&first, "nowhere"), "a word at NaN is left out");
    }
    if (i == 2)
      // 300 dots per inch are 11811 a metre, in the chunk after the header.
      ok(first.length > 54 && memcmp(first.bytes + 37, "pHYs\0\0\x2e\x23\0\0\x2e\x23\1", 13) == 0,
         "the bitmap says 300 dots per inch");
    if (i == 4)
      ok(contains(&first, "Sensitivity") && contains(&first, "***** ADC: AUC 0.79"),
         "axes and legend can be read in the terminal");
  }
  ok(count_strangers(names) == 0, "nothing else is left behind");
  text_free(&first);
  text_free(&second);
  figure_free(&figure);
  remove_all();
}

static void test_shapes(void)
{
  struct error error = {0};
  struct text svg = {0};
  struct figure figure = {0};
  ok(figure_write(&figure, "none.svg", &error), "a figure without panels");
  figure.title = memory_copy_text("Only <title> & words");
  ok(figure_write(&figure, "title.svg", &error) && read_whole("title.svg", &svg)
       && contains(&svg, "<title>Only &lt;title&gt; &amp; words</title>"),
     "the title is that of the file, too");
  add_roc(&figure);
  figure.panel_width = figure.panel_height = 10;
  ok(figure_write(&figure, "ten.svg", &error) && read_whole("ten.svg", &svg)
       && contains(&svg, " width=\"378\""), "10 cm are 378 pixels of 1/96 inch");
  figure_free(&figure);

  // Several panels at once, in reasonable time.
  figure.n_columns = 5;
  figure.panel_width = 5;
  figure.panel_height = 4.5;
  for (int i = 0; i < 30; i++)
    add_roc(&figure);
  struct timespec start, end;
  clock_gettime(CLOCK_MONOTONIC, &start);
  ok(figure_write(&figure, "thirty.svg", &error), "thirty panels");
  clock_gettime(CLOCK_MONOTONIC, &end);
  ok(end.tv_sec - start.tv_sec < 20, "in seconds");
  figure_free(&figure);

  double x[] = {1e15, 1e15 + 2}, y[] = {1e-300, 2e-300}, big[] = {-1e299, 1e299};
  struct plot_panel *panel = figure_add_panel(&figure, "Extremes");
  panel_add_mark(panel, MARK_LINE, 0, NULL, 2, x, y, NULL, NULL);
  panel = figure_add_panel(&figure, NULL);
  panel_add_mark(panel, MARK_LINE, 0, NULL, 2, big, x, NULL, NULL);
  if (!ok(figure_write(&figure, "extreme.svg", &error), "values of extreme size"))
    printf("#   %s\n", error.message);
  figure_free(&figure);
  text_free(&svg);
  remove_all();
}

// ---- traps ----

// Each would make a file `pwned` if it were more than text.
static const char *const hostile[] = {
  "`touch pwned`",
  "\"`touch pwned`\"",
  "'`touch pwned`'",
  "'; system('touch pwned'); '",
  "' ; !touch pwned #",
  "a\n!touch pwned\n",
  "a\nsystem('touch pwned')\n'",
  "a'\nsystem 'touch pwned'\n'",
  "a\r!touch pwned\r",
  "a\n\nEOD\nsystem('touch pwned')\n",
  "EOD\nsystem('touch pwned')",
  "<touch pwned",
  "|touch pwned",
  "!touch pwned",
  "@x $p1m1 $0 %s %n 100%",
  "ends in a backslash \\",
  "\\n \\\\ \\' \\\"",
  "{/Bold=99 x}_2^3 & ~a{b} {/",
  "}{ [ ( # comment",
  "\t\v\f\x1b[31m\x7f",
  "\xc2\x85!touch pwned\u2028!touch pwned\u2029",
  "invalid \xff\xc0\x80 \xed\xa0\x80 bytes",
  "\ufffe \uffff",
  "&lt; &#65; <b> ]]> \"double\" & alone",
};
enum { HOSTILE = sizeof hostile / sizeof *hostile };

static void add_hostile(struct figure *figure, const char *text)
{
  struct plot_panel *panel = figure_add_panel(figure, text);
  panel_set_x(panel, text, 0, 3);
  panel_set_y(panel, text, 0, 3);
  axis_add_tick(&panel->x, 1, text);
  axis_add_tick(&panel->x, 2, text);
  axis_add_tick(&panel->y, 1, text);
  panel->legend = LEGEND_BELOW;
  double x[] = {1, 2}, y[] = {1, 2};
  panel_add_mark(panel, MARK_LINE, 0, text, 2, x, y, NULL, NULL);
  panel_add_word(panel, 1.5, 2, WORD_CENTRE, 1, text);
}

static int run_program(const char *const *argument)
{
  struct process process = {.argument = argument, .input = "", .seconds = 60};
  struct process_result result;
  struct error error = {0};
  if (!process_run(&process, &result, &error))
    return -1;
  if (result.complaint.length > 0)
    printf("#   %.200s\n", result.complaint.bytes);
  int status = result.status;
  process_result_free(&result);
  return status;
}

static void test_hostile_text(void)
{
  static const char *const names[] = {"h.svg", "h.pdf", "h.png", "h.eps", "h.txt", "h.gp", NULL};
  struct figure figure = {0};
  figure.n_columns = 6;
  figure.panel_width = 5;
  figure.panel_height = 5;
  figure.title = memory_copy_text(hostile[0]);
  figure.footnote = memory_copy_text(hostile[5]);
  for (size_t i = 0; i < HOSTILE; i++)
    add_hostile(&figure, hostile[i]);
  struct error error = {0};
  for (size_t i = 0; names[i]; i++)
    if (!ok(figure_write(&figure, names[i], &error), "hostile text in %s", names[i]))
      printf("#   %s\n", error.message);
  ok(count_strangers(names) == 0, "no text ran a command");
  struct text svg = {0};
  read_whole("h.svg", &svg);
  ok(contains(&svg, ">`touch pwned`<"), "backquotes are drawn as they are");
  ok(contains(&svg, "{/Bold=99 x}_2^3 &amp; ~a{b} {/"), "and the marks of enhanced text");
  ok(contains(&svg, "&amp;lt; &amp;#65; &lt;b&gt; ]]&gt;"), "XML's marks are escaped");
  ok(contains(&svg, ">\u2018; system(\u2018touch pwned\u2019); \u2018<")
       && !contains(&svg, "'touch"),
     "single quotes become typographic ones");
  ok(contains(&svg, "@x $p1m1 $0 %s %n 100%"), "and dollars, at signs and per cent");
  ok(text_is_utf8(svg.bytes, svg.length, NULL), "what was not UTF-8 has become so");
  static const char *const xmllint[] = {"xmllint", "--noout", "h.svg", NULL};
  int status = run_program(xmllint);
  ok(status == 0 || status == -1, "xmllint, if it is there, finds no fault");
  text_free(&svg);

  // The script alone, as a user runs it.
  static const char *const gnuplot[] = {"gnuplot", "-d", "h.gp", NULL};
  remove("h.pdf");
  is_integer(run_program(gnuplot), 0, "the script runs");
  ok(count_strangers(names) == 0, "and draws no more than its figure");
  struct text pdf = {0};
  ok(read_whole("h.pdf", &pdf) && picture_finish_pdf(&pdf, &error), "which is whole");
  text_free(&pdf);
  figure_free(&figure);
  remove_all();
}

static void test_hostile_names(void)
{
  static const char *const names[] = {
    "|touch pwned.png", "<touch pwned.svg", "`touch pwned`.eps", "a'b\"c\n!touch pwned.pdf",
    "--help.txt", "|touch pwned.gp", "'`touch pwned`.gp", "_touch_pwned.pdf", NULL};
  struct figure figure = {0};
  struct error error = {0};
  add_roc(&figure);
  for (size_t i = 0; i < 7; i++) {
    bool drawn = figure_write(&figure, names[i], &error);
    if (!ok(drawn && exists(names[i]), "hostile name %zu", i + 1))
      printf("#   %s\n", error.message);
  }
  static const char *const gnuplot[] = {"gnuplot", "-d", "./|touch pwned.gp", NULL};
  is_integer(run_program(gnuplot), 0, "a script with a hostile name runs");
  ok(exists("_touch_pwned.pdf"), "and draws into a plain name");
  ok(count_strangers(names) == 0, "no name ran a command");
  figure_free(&figure);
  remove_all();
}

static void test_environment(void)
{
  char *home = getenv("HOME") ? memory_copy_text(getenv("HOME")) : NULL;
  struct figure figure = {0};
  struct error error = {0};
  add_roc(&figure);
  struct text plain = {0}, other = {0};
  figure_write(&figure, "plain.svg", &error);
  read_whole("plain.svg", &plain);
  write_file(".gnuplot", 0600, "system('touch pwned')\nset xrange [5:6]\n");
  setenv("HOME", ".", 1);
  setenv("GNUTERM", "unknown", 1);
  setenv("GNUPLOT_LIB", "/nowhere", 1);
  setenv("LC_ALL", "de_DE.UTF-8", 1);
  setenv("LANG", "tr_TR.UTF-8", 1);
  ok(figure_write(&figure, "other.svg", &error) && read_whole("other.svg", &other)
       && plain.length == other.length && memcmp(plain.bytes, other.bytes, plain.length) == 0,
     "neither ~/.gnuplot nor GNUTERM nor the locale change a figure");
  ok(!exists("pwned"), "~/.gnuplot does not run");
  unsetenv("GNUTERM");
  unsetenv("GNUPLOT_LIB");
  unsetenv("LC_ALL");
  unsetenv("LANG");
  if (home)
    setenv("HOME", home, 1);
  else
    unsetenv("HOME");
  free(home);
  text_free(&plain);
  text_free(&other);
  figure_free(&figure);
  remove_all();
}

// ---- a gnuplot that fails ----

// What figure_write says when `program` is the gnuplot in PATH.
static bool with_gnuplot(const char *program, const char *name, struct error *error)
{
  char *path = memory_copy_text(getenv("PATH"));
  struct figure figure = {0};
  add_roc(&figure);
  mkdir("bin", 0700);
  if (program)
    write_file("bin/gnuplot", 0700, program);
  setenv("PATH", "bin", 1);
  *error = (struct error){0};
  bool good = figure_write(&figure, name, error);
  setenv("PATH", path, 1);
  remove("bin/gnuplot");
  rmdir("bin");
  free(path);
  figure_free(&figure);
  return good;
}

static void fails(const char *program, const char *name, const char *message, const char *what)
{
  struct error error;
  bool good = with_gnuplot(program, name, &error);
  if (!ok(!good && error.status == ERROR_DATA && strstr(error.message, message), "%s", what))
    printf("#   %s\n", good ? "passed for a figure" : error.message);
  ok(!exists(name), "and no file appears");
}

static void test_failures(void)
{
  fails(NULL, "x.svg", "figures need the program gnuplot", "no gnuplot");
  fails("#!/bin/sh\nexit 0\n", "x.svg", "nothing was drawn",
        "status 0 and no output (the terminal 'unknown')");
  fails("#!/bin/sh\nexit 0\n", "x.txt", "nothing was drawn", "the same for text");
  fails("#!/bin/sh\necho >&2\necho 'set terminal svg' >&2\necho '             ^' >&2\n"
        "echo '\"/dev/fd/3\" line 1: unknown or ambiguous terminal type' >&2\nexit 1\n",
        "x.svg", "x.svg: gnuplot failed (status 1): line 1: unknown or ambiguous terminal type",
        "a complaint is passed on in one line");
  fails("#!/bin/sh\nkill -9 $$\n", "x.svg", "status 137", "death by signal");

  // Whole files of another format, and files cut anywhere, with status 0.
  struct figure figure = {0};
  struct error error = {0};
  struct text whole = {0};
  add_roc(&figure);
  static const char *const extensions[] = {"svg", "pdf", "png", "eps", "txt"};
  bool cut_noticed = true, other_noticed = true, whole_passes = true;
  for (size_t i = 0; i < 5; i++) {
    char *name = text_format("whole.%s", extensions[i]);
    char *other = text_format("x.%s", extensions[i]);
    figure_write(&figure, name, &error);
    read_whole(name, &whole);
    for (int share = 1; share < 8; share += 2) {
      char *cat = text_format("#!/bin/sh\nexec /usr/bin/head -c %zu %s\n",
                              whole.length * (size_t) share / 8, name);
      cut_noticed = cut_noticed && !with_gnuplot(cat, other, &error) && error.status == ERROR_DATA
                    && !exists(other);
      free(cat);
    }
    char *cat = text_format("#!/bin/sh\nexec /usr/bin/head -c %zu %s\n", whole.length, name);
    whole_passes = whole_passes && with_gnuplot(cat, other, &error) && exists(other);
    free(cat);
    cat = text_format("#!/bin/sh\nexec /bin/cat %s\n", name);
    other_noticed = other_noticed && !with_gnuplot(cat, i == 0 ? "y.pdf" : "y.svg", &error);
    free(cat);
    free(name);
    free(other);
  }
  ok(cut_noticed, "a file that is cut is never taken for a figure");
  ok(other_noticed, "nor one of another format");
  ok(whole_passes, "a whole one is");

  // A full disk, by a limit to the size of files: gnuplot itself ends with status 0.
  struct rlimit limit, small;
  getrlimit(RLIMIT_FSIZE, &limit);
  small = limit;
  small.rlim_cur = 12000;
  void (*before)(int) = signal(SIGXFSZ, SIG_IGN);
  setrlimit(RLIMIT_FSIZE, &small);
  bool drawn = figure_write(&figure, "full.png", &error);
  setrlimit(RLIMIT_FSIZE, &limit);
  signal(SIGXFSZ, before);
  ok(!drawn && error.status == ERROR_DATA && !exists("full.png"), "a full disk is noticed");

  if (symlink("/dev/full", "device.svg") == 0)
    ok(!figure_write(&figure, "device.svg", &error) && error.status == ERROR_DATA,
       "also by the last write");
  ok(!figure_write(&figure, "nowhere/x.svg", &error) && error.status == ERROR_DATA,
     "a directory that is not there");
  text_free(&whole);
  figure_free(&figure);
  remove_all();
}

static void test_process(void)
{
  struct error error = {0};
  struct process_result result;
  struct timespec start, end;
  static const char *const sleeper[] = {"sleep", "30", NULL};
  clock_gettime(CLOCK_MONOTONIC, &start);
  ok(process_run(&(struct process){.argument = sleeper, .input = "", .seconds = 0.1}, &result,
                 &error)
       && result.killed && result.status == 128 + SIGKILL, "what takes too long is stopped");
  clock_gettime(CLOCK_MONOTONIC, &end);
  ok(end.tv_sec - start.tv_sec < 20, "soon");
  process_result_free(&result);

  // Standard input is empty, the input a file, both outputs are kept apart.
  static const char *const shell[] = {"sh", "-c", "cat; cat " PROCESS_INPUT "; echo bad >&2; "
                                      "echo $PRESENT $ABSENT $MORE $MOST; exit 3", NULL};
  static const char *const removed[] = {"ABSENT", "MO*", NULL};
  static const char *const added[] = {"PRESENT=here", NULL};
  setenv("ABSENT", "absent", 1);
  setenv("MORE", "more", 1);
  setenv("MOST", "most", 1);
  ok(process_run(&(struct process){shell, removed, added, "input\n", 6, 60}, &result, &error),
     "a program runs");
  is_text(text_content(&result.output), "input\nhere\n", "what it reads and writes");
  is_text(text_content(&result.complaint), "bad\n", "what it complains about");
  is_integer(result.status, 3, "its status");
  process_result_free(&result);

  // Much on both outputs: no pipe that fills up.
  static const char *const noisy[] = {
    "sh", "-c", "head -c 300000 /dev/zero >&2; head -c 300000 /dev/zero", NULL};
  ok(process_run(&(struct process){.argument = noisy, .input = "", .seconds = 60}, &result, &error)
       && result.output.length == 300000 && result.complaint.length == 300000,
     "much on both outputs");
  process_result_free(&result);

  // A caller without standard streams: their numbers are given to our files first.
  static const char *const echo[] = {"sh", "-c", "echo out; echo err >&2; cat " PROCESS_INPUT,
                                     NULL};
  int saved = dup(0);
  close(0);
  bool good = process_run(&(struct process){.argument = echo, .input = "in\n", .n_input = 3,
                                            .seconds = 60}, &result, &error);
  dup2(saved, 0);
  close(saved);
  ok(good && strcmp(text_content(&result.output), "out\nin\n") == 0
       && strcmp(text_content(&result.complaint), "err\n") == 0, "with standard input closed");
  process_result_free(&result);

  static const char *const nothing[] = {"no-such-program-here", NULL};
  ok(!process_run(&(struct process){.argument = nothing, .input = "", .seconds = 1}, &result,
                  &error)
       && strstr(error.message, "no-such-program-here"), "a program that is not there");
}

// ---- finished pictures ----

static void test_pictures(void)
{
  struct error error = {0};
  struct text text = {0};
  ok(!picture_finish_svg(&text, NULL, &error) && !picture_finish_pdf(&text, &error)
       && !picture_finish_png(&text, 300, &error) && !picture_finish_eps(&text, &error)
       && !picture_finish_text(&text, 30, &error), "nothing is no picture");
  text_append(&text, "\f  a  \n   \nb\n");
  ok(picture_finish_text(&text, 3, &error), "three lines");
  is_text(text_content(&text), "  a\n\nb\n", "blanks at the ends go");
  ok(!picture_finish_text(&text, 4, &error), "three lines are not four");
  text_clear(&text);
  text_append(&text, "<?xml?><svg><title>x</title><defs><a id='p'/></defs><use href='#p'/>"
                     "<g x=\"1\">\n<g y=\"2\">\n\t\t<text></text>\n\t</g></g>"
                     "<text> id='p' :Bold\"</text>"
                     "<g fill=\"url(#p)\" font-family=\"Arial:Bold\"></g></svg>\n");
  ok(picture_finish_svg(&text, NULL, &error), "a small drawing");
  ok(strstr(text.bytes, "<defs><a id='f") && strstr(text.bytes, "-p'/></defs><use href='#f")
       && strstr(text.bytes, "fill=\"url(#f"), "identifiers and references change together");
  ok(strstr(text.bytes, "<text> id='p' :Bold\"</text>") != NULL, "words stay as they are");
  ok(strstr(text.bytes, "<g x=\"1\">\n</g><text>") != NULL, "empty texts go");
  ok(strstr(text.bytes, "sans-serif\" font-weight=\"bold\">") != NULL, "bold is a weight");
  text_clear(&text);
  text_append(&text, "%PDF-1.7\n<< /CreationDate (D:20200101000000Z)\n>>\nstartxref\n9\n%%EOF\n");
  size_t length = text.length;
  ok(picture_finish_pdf(&text, &error) && text.length == length
       && !strstr(text.bytes, "Date") && strstr(text.bytes, "<<  "),
     "a date is blanked, every offset kept");
  text_clear(&text);
  text_append(&text, "%!PS-Adobe-3.0 EPSF-3.0\n%%CreationDate: today\n%%EndComments\n%%EOF\n");
  ok(picture_finish_eps(&text, &error), "a small EPS");
  is_text(text_content(&text), "%!PS-Adobe-3.0 EPSF-3.0\n%%EndComments\n%%EOF\n",
          "its date is gone");
  text_free(&text);
}

int main(void)
{
  if (!mkdtemp(directory) || chdir(directory) != 0) {
    printf("Bail out! no directory to write in\n");
    return 1;
  }
  test_names();
  test_pictures();
  test_process();
  test_formats();
  test_shapes();
  test_hostile_text();
  test_hostile_names();
  test_environment();
  test_failures();
  if (chdir("..") == 0)
    rmdir(directory);
  return tap_done();
}
