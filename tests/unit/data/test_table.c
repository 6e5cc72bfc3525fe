// SPDX-License-Identifier: GPL-3.0-or-later
// Tables: opening, types of columns, levels, missing cells, messages; the reader in parts
// against the one record by record; random columns against the rules applied naively.
#include <config.h>

#include "data/table.h"

#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#ifdef _OPENMP
#include <omp.h>
#endif

#include "base/digest.h"
#include "base/memory.h"
#include "base/number.h"
#include "data/csv.h"
#include "tap.h"

static char path[] = "test_table_XXXXXX", book[] = "test_table_book_XXXXXX";
static struct error error;

static void write_bytes(const char *to, const char *bytes, size_t n)
{
  FILE *file = fopen(to, "wb");
  if (!file || fwrite(bytes, 1, n, file) != n || fclose(file) != 0)
    abort();
}

static const struct table_options plain = {0};

// Opens the text as a file; messages call it "f".
static bool open_bytes(struct table *table, const char *bytes, size_t n,
                       const struct table_options *options)
{
  write_bytes(path, bytes, n);
  error = (struct error){0};
  if (table_open(table, path, options, &error)) {
    strcpy(table->name, "f");
    return true;
  }
  return false;
}

// The last message, with the file called "f".
static const char *message(void)
{
  static char called_f[sizeof error.message];
  const char *found = strstr(error.message, path);
  if (!found)
    return error.message;
  snprintf(called_f, sizeof called_f, "%.*sf%s", (int) (found - error.message), error.message,
           found + strlen(path));
  return called_f;
}

static bool open_text(struct table *table, const char *text, const struct table_options *options)
{
  return open_bytes(table, text, strlen(text), options);
}

static void refuses(const char *text, const struct table_options *options, const char *expected,
                    const char *name)
{
  struct table table;
  bool opened = open_text(&table, text, options);
  bool good = opened && table_load_all(&table, NULL, &error);
  ok(!good && error.status == ERROR_DATA, "refused: %s", name);
  is_text(good ? "" : message(), expected, name);
  if (opened)
    table_free(&table);
}

// "name numeric: 1 2 NA" or "name levels a|b: 0 1 NA", of every column that is loaded.
static char *describe(const struct table *table)
{
  struct text text = {0};
  char number[NUMBER_SIZE];
  for (size_t j = 0; j < table->n_columns; j++) {
    const struct column *column = &table->column[j];
    if (column->type == COLUMN_UNLOADED)
      continue;
    text_append_format(&text, "%s%s", text.length ? "; " : "", column->name);
    for (size_t i = 0; i < column->n_levels; i++)
      text_append_format(&text, "%c%s", i ? '|' : '=', column->level[i]);
    text_append(&text, ":");
    size_t n_missing = 0;
    for (size_t i = 0; i < table->n_rows; i++) {
      bool missing = isnan(column->value[i]);
      n_missing += missing;
      text_append_format(&text, " %s", missing ? "NA" : number_write(number, column->value[i]));
    }
    if (n_missing != column->n_missing)
      text_append(&text, " (wrong n_missing)");
    if ((column->type == COLUMN_NUMERIC) != (column->level == NULL))
      text_append(&text, " (levels and type disagree)");
  }
  return text_take(&text);
}

static void loads(const char *content, const struct table_options *options, const char *expected,
                  const char *name)
{
  struct table table;
  if (!open_text(&table, content, options) || !table_load_all(&table, NULL, &error)) {
    ok(false, "%s: %s", name, error.message);
    return;
  }
  char *got = describe(&table);
  is_text(got, expected, name);
  free(got);
  table_free(&table);
}

static void test_types(void)
{
  loads("a,b\n1,x\n2,y\n3,x\n", &plain, "a: 1 2 3; b=x|y: 0 1 0", "numbers and texts");
  loads("a,b\r\n1,x\r\n2,y\r\n", &plain, "a: 1 2; b=x|y: 0 1", "CRLF");
  loads("a\n1e3\n-.5\n+2.\n0.1E-1\n", &plain, "a: 1000 -0.5 2 0.01", "forms of numbers");
  loads("a\n 1 \n\t2\n  NA \n", &plain, "a: 1 2 NA", "blanks around numbers and tokens");
  loads("a\n1\nNA\nNaN\n.\n\n2\n", &plain, "a: 1 NA NA NA NA 2",
        "missing tokens; a blank line in one column");
  loads("a,b\n1,\n,NA\n", &plain, "a: 1 NA; b: NA NA", "a column of missing cells is numeric");
  loads("a,b\n\"1\",\"\"\n\"2\",3\n", &plain, "a: 1 2; b: NA 3",
        "quoted numbers; a quoted empty cell is missing");
  loads("a\n\"NA\"\nx\n", &plain, "a=x: NA 0", "a quoted token is missing");
  loads("a\nna\nx\n", &plain, "a=na|x: 0 1", "na is not NA");
  loads("a,b\n1,inf\n2,0x1\n", &plain, "a: 1 2; b=0x1|inf: 1 0", "no inf, no hexadecimal");
  loads("a\nx\n1\ny\n", &plain, "a=1|x|y: 1 0 2", "one number among three is a level");
  loads("a\nb\nB\n\xc3\xa4\nA\n", &plain, "a=A|B|b|\xc3\xa4: 2 1 3 0", "levels sort by bytes");
  loads("a,b\n", &plain, "a:; b:", "header only");
  loads("a,b", &plain, "a:; b:", "without line end");
  loads("\xef\xbb\xbf\"a\",b\n1,2\n", &plain, "a: 1; b: 2", "byte order mark and a quoted name");
  loads(" a , b c \n1,2\n", &plain, "a: 1; b c: 2", "names are trimmed");
  loads("\"a\nb\",\"c,\"\"d\"\"\"\n1,2\n", &plain, "a\nb: 1; c,\"d\": 2", "odd names");
  loads("a,b\n\"x\ny\",1\n\"x\ny\",2\nz,3\n", &plain, "a=x\ny|z: 0 0 1; b: 1 2 3",
        "quoted line feeds");
  loads("a\t b\n1\t x\n2\tx \n", &plain, "a: 1 2; b=x: 0 0", "tabs; blanks around a level");
  loads("a\n x\n\" x\"\nx\n", &plain, "a= x|x: 1 0 1", "blanks in quotes are a level's own");
  struct table_options options = {.decimal = ','};
  loads("a;b\n1,5;x\n-2,25;y\n", &options, "a: 1.5 -2.25; b=x|y: 0 1", "decimal comma");
  loads("a\n1,5\n2\n", &options, "a: 1.5 2", "decimal comma in a single column");
  loads("a\tb\n1,5\t2,5\n", &options, "a: 1.5; b: 2.5", "decimal comma with tabs");
  loads("a,b\n\"1,5\",2\n3,\"4,25\"\n", &options, "a: 1.5 3; b: 2 4.25",
        "decimal comma in quotes between commas");
  loads("a;b\n1,2;1.2\n3,4;x\n", &options, "a: 1.2 3.4; b=1.2|x: 0 1", "a point is no mark then");
  options = (struct table_options){.delimiter = '|'};
  loads("a|b,c\n1|2\n", &options, "a: 1; b,c: 2", "a delimiter that was told");
  options = (struct table_options){0};
  text_list_add(&options.na, "n.d.");
  text_list_add(&options.na, " -99 ");
  loads("a,b\n1,n.d.\n-99,x\n-99.0, n.d. \n\"-99\",\"n.d.\"\n99,y\n", &options,
        "a: 1 NA NA NA 99; b=x|y: NA 0 NA NA 1", "user's tokens; a number stands for its value");
  text_list_free(&options.na);
  char text[300];
  snprintf(text, sizeof text, "a\n%s\n%s\n%s\n%s\n", "12345678901234567890123",
           "0.1234567890123456789", "9007199254740993", "00000000000000000000001.5");
  loads(text, &plain, "a: 1.2345678901234568e+22 0.12345678901234568 9007199254740992 1.5",
        "numbers of many digits");
}

static void test_half(void)
{
  const char *hint = "; if these are categories, use factor() or a codebook";
  char expected[300];
  snprintf(expected, sizeof expected,
           "f:3: column 'a': 'x' is not a number "
           "(use --na=x or a codebook if it means missing)%s", hint);
  refuses("a\n1\nx\n", &plain, expected, "half are numbers");
  refuses("a\n1\nx\nNA\ny\n2\n", &plain, expected, "half of those not missing");
  loads("a\n1\nx\nNA\ny\n", &plain, "a=1|x|y: 0 1 NA 2", "fewer than half");
  snprintf(expected, sizeof expected,
           "f:17: column 'adc': 'n.d.' is not a number "
           "(use --na=n.d. or a codebook if it means missing)%s",
           hint);
  refuses("adc\n1\n2\n3\n4\n5\n6\n7\n8\n9\n1\n2\n3\n4\n5\n6\nn.d.\nx\n", &plain, expected,
          "the first odd cell");
  snprintf(expected, sizeof expected,
           "f:2: column 'b': 'y' is not a number "
           "(use --na=y or a codebook if it means missing)%s", hint);
  refuses("a,b\n1,y\nx,2\n", &plain, expected, "of two columns the one on the earlier line");
  snprintf(expected, sizeof expected,
           "f:3: column 'a': '1,5' is not a number (use --decimal=, if that is the decimal "
           "mark)%s",
           hint);
  refuses("a;b\n1;2\n1,5;3\n", &plain, expected, "a decimal comma");
  snprintf(expected, sizeof expected,
           "f:3: column 'a': 'not done' is not a number (use --na='not done' or a codebook if it "
           "means missing)%s",
           hint);
  refuses("a;b\n1;2\nnot done;3\n", &plain, expected, "a token with a blank");
  snprintf(expected, sizeof expected,
           "f:3: column 'a': 'a?b' is not a number (--na=TOKEN names what means missing)%s", hint);
  refuses("a;b\n1;2\n\"a\nb\";3\n", &plain, expected, "a token of two lines");
  snprintf(expected, sizeof expected,
           "f:3: column 'a': '0123456789012345678901234567890123456789...' is not a number "
           "(--na=TOKEN names what means missing)%s",
           hint);
  refuses("a;b\n1;2\n0123456789012345678901234567890123456789x;3\n", &plain, expected,
          "a long token");
}

static void test_opening(void)
{
  refuses("", &plain, "f: empty (the first line must name the columns)", "an empty file");
  refuses("\n\n", &plain, "f: empty (the first line must name the columns)", "blank lines");
  refuses("a,,c\n1,2,3\n", &plain, "f:1: column 2 has no name", "an empty name");
  refuses("\"\",\"a\"\n\"1\",2\n", &plain,
          "f:1: column 1 has no name (row names of R's write.csv? use row.names = FALSE)",
          "row names of R");
  refuses("a,b, a \n1,2,3\n", &plain, "f:1: columns 1 and 3 have the same name 'a'",
          "a name twice");
  refuses("1,2.5,3\n1,2,3\n", &plain,
          "f:1: nothing but numbers: the first line must name the columns", "no header");
  refuses("a,b\n1,2\n1,2,3\n", &plain, "f:3: expected 2 cells as in the header, found 3",
          "too many cells");
  refuses("a,b\n1,2\n1\n", &plain, "f:3: expected 2 cells as in the header, found 1",
          "too few cells");
  refuses("a,b\n1,2\n1", &plain, "f:3: expected 2 cells as in the header, found 1",
          "too few cells at the end of the file");
  refuses("a,b\n1,\"2\n", &plain, "f:2: a quote opens here and nothing closes it", "an open quote");
  refuses("a,b\n1,2\r\n1\r,2\r\n", &plain,
          "f:3: a carriage return without a line feed (line ends of old Macintosh programs? save "
          "the file with the line ends of Unix or Windows)",
          "a lone carriage return");
  refuses("a,b\n1\n1\r,2\n", &plain, "f:2: expected 2 cells as in the header, found 1",
          "of two errors the first");
  refuses("a,b\nn\xe4,2\n", &plain,
          "f:2: character 2 (byte 0xE4) is not UTF-8 (save the file as UTF-8, or use "
          "--encoding=NAME, as in --encoding=GB18030 or windows-1252)",
          "Latin-1");

  struct table table;
  struct table_options options = {.encoding = "windows-1252"};
  ok(open_text(&table, "a,b\nn\xe4,\x80\n", &options) && table_load_all(&table, NULL, &error),
     "windows-1252 is converted");
  char *got = describe(&table);
  is_text(got, "a=n\xc3\xa4: 0; b=\xe2\x82\xac: 0", "what it says");
  char digest[65];
  digest_bytes("a,b\nn\xe4,\x80\n", 9, digest);
  is_text(table_digest(&table), digest, "the digest is of the bytes as they were");
  free(got);
  table_free(&table);
  options.encoding = "UTF-16";
  ok(open_bytes(&table,
                "\xff\xfe"
                "a\0\n\0"
                "5\0\n\0",
                10, &options) &&
         table_load_all(&table, NULL, &error) && table.n_rows == 1 && table.column[0].value[0] == 5,
     "UTF-16 is converted");
  table_free(&table);
  options.encoding = "no-such";
  ok(!open_text(&table, "a\n1\n", &options) && error.status == ERROR_USAGE, "an unknown encoding");
  is_text(message(), "unknown encoding 'no-such' (`iconv -l` lists them)", "its message");
  options.encoding = "ASCII";
  ok(!open_text(&table, "a\n1\nn\xe4\n", &options), "not ASCII");
  is_text(message(), "f:3: character 2 (byte 0xE4) is not ASCII text", "its message");

  error = (struct error){0};
  ok(!table_open(&table, "no/such/file.csv", &plain, &error) && error.status == ERROR_DATA,
     "a file that is not there: %s", error.message);

  gzFile zipped = gzopen(path, "wb");
  gzputs(zipped, "a,b\n1,x\n2,y\n");
  gzclose(zipped);
  ok(table_open(&table, path, &plain, &error) && table_load_all(&table, NULL, &error),
     "gzip is unpacked");
  got = describe(&table);
  is_text(got, "a: 1 2; b=x|y: 0 1", "what it says");
  digest_bytes("a,b\n1,x\n2,y\n", 12, digest);
  is_text(table.digest, "", "no digest yet");
  is_text(table_digest(&table), digest, "the digest is of the unpacked bytes");
  is_text(table.digest, digest, "and is kept");
  size_t length;
  const char *content = table_content(&table, &length);
  ok(length == 12 && memcmp(content, "a,b\n1,x\n2,y\n", 12) == 0, "the content stays");
  ok(table_delimiter(&table) == ',', "the delimiter is known");
  free(got);
  table_free(&table);
}

static void test_binaries(void)
{
  static const char export[] = "export the table as CSV (UTF-8) first";
  static const char sheet[] = "export the sheet with the cohort, one row a patient under one line "
                              "of names, as CSV UTF-8";
  static const struct {
    const char *bytes;
    size_t n;
    const char *what, *advice;
  } files[] = {
      {"\0\0\0\0\0\0\0\0\0\0\0\0\xc2\xea\x81\x63\xb3\x14\x11\xcf\xbd\x92\x08\0\x09\xc7\x31\x8c\x18"
       "\x1f\x10\x11xx",
       34, "a SAS catalog (.sas7bcat)",
       "give it by --catalog, and the .sas7bdat file that it belongs to as the cohort"},
      {"PK\3\4\24\0\0\0\0\0xl/workbook.xml", 25, "an Excel (.xlsx) workbook", sheet},
      {"PK\3\4\24\0\0\10\0\0\0\0\0\0\0\0\0\0.\0\0\0.\0\0\0\10\0\0\0mimetypeapplication/"
       "vnd.oasis.opendocument.spreadsheet",
       84, "an OpenDocument (.ods) spreadsheet", sheet},
      {"PK\3\4\24\0\0\0\0\0word/document.xml", 27, "a ZIP archive", "unpack it, or export the table as CSV (UTF-8)"},
      {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8, "an old Excel (.xls) workbook", sheet},
      {"<?xml version=\"1.0\"?>\n", 22, "an XML document", export},
      {"<html><table>\n", 14, "an HTML page", export},
      {"%PDF-1.7\n", 9, "a PDF document", export},
      {"X\n\0\0\0\3", 6, "an R data (.rds) file", export},
      {"RDX3\nX\n\0\0", 9, "an R data (.rda) file", export},
      {"PAR1\x15\4\x15", 7, "an Apache Parquet file", export},
      {"BZh91AY&SY", 10, "a bzip2 archive", "unpack it, or export the table as CSV (UTF-8)"},
  };
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    struct table table;
    char expected[200];
    snprintf(expected, sizeof expected, "f: this is %s: %s", files[i].what, files[i].advice);
    bool opened = open_bytes(&table, files[i].bytes, files[i].n, &plain);
    is_text(opened ? "" : message(), expected, files[i].what);
  }
  static const struct {
    const char *bytes;
    size_t n;
    const char *what;
  } damaged[] = {
      {"$FL2@(#) SPSS DATA FILE", 23, "an SPSS .sav file"},
      {"$FL3@(#) SPSS DATA FILE", 23, "an SPSS .zsav file"},
      {"                    ASCII SPSS PORT FILE", 40, "an SPSS portable (.por) file"},
      {"<stata_dta><header><release>118", 31, "a Stata .dta file"},
      {"\x72\x02\x01\0\x05\0\0\0zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
       70, "a Stata .dta file"},
      {"\0\0\0\0\0\0\0\0\0\0\0\0\xc2\xea\x81\x60\xb3\x14\x11\xcf\xbd\x92\x08\0\x09\xc7\x31\x8c\x18"
       "\x1f\x10\x11xx",
       34, "a SAS .sas7bdat file"},
      {"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!", 48, "a SAS transport (.xpt) file"},
  };
  for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
    struct table table;
    bool opened = open_bytes(&table, damaged[i].bytes, damaged[i].n, &plain);
    ok(!opened && error.status == ERROR_DATA && strstr(message(), damaged[i].what), "%s",
       message());
  }
  loads("PAR1,b\n1,2\n", &plain, "PAR1: 1; b: 2", "a name that is a format's mark");
  loads("RDX3\n1\n", &plain, "RDX3: 1", "another");
}

static bool load_one(struct table *table, const char *name, enum column_use use)
{
  size_t column;
  if (!table_find(table, name, &column, &error))
    return false;
  return table_load(table, &(struct column_request){column, use}, 1, &error);
}

static void test_requests(void)
{
  struct table table;
  ok(open_text(&table, "a,b,c\n1,x,1\n\n2,3,\n3.25,4,2\n", &plain), "open");
  ok(table_load(&table, NULL, 0, &error) && table.n_rows == 3 && table.line[0] == 2 &&
         table.line[1] == 4 && table.line[2] == 5,
     "no requests: the rows are counted, lines known");
  ok(load_one(&table, "a", USE_CATEGORICAL) && table.column[0].type == COLUMN_NUMERIC,
     "categorical use of numbers: numeric");
  is_integer(table.column[0].most_decimals, 2, "most decimals");
  ok(table.column[1].type == COLUMN_UNLOADED, "others are not loaded");
  ok(!load_one(&table, "b", USE_AUTOMATIC), "automatic: one odd cell among three");
  ok(!load_one(&table, "b", USE_NUMERIC), "numeric use: an error");
  is_text(message(),
          "f:2: column 'b': 'x' is not a number "
          "(use --na=x or a codebook if it means missing)",
          "its message");
  ok(load_one(&table, "b", USE_CATEGORICAL) && table.column[1].type == COLUMN_CATEGORICAL,
     "categorical use: levels");
  ok(load_one(&table, "b", USE_AUTOMATIC), "again is harmless");
  ok(!load_one(&table, "b", USE_NUMERIC) && table.column[1].type == COLUMN_CATEGORICAL,
     "numeric use afterwards fails and leaves it");
  char *got = describe(&table);
  is_text(got, "a: 1 2 3.25; b=3|4|x: 2 0 1", "what is loaded");
  free(got);
  struct column_request both[] = {{2, USE_CATEGORICAL}, {2, USE_NUMERIC}};
  ok(table_load(&table, both, 2, &error) && table.column[2].type == COLUMN_NUMERIC,
     "numeric and categorical: numeric");
  column_make_categorical(&table.column[2], table.n_rows);
  got = describe(&table);
  is_text(got, "a: 1 2 3.25; b=3|4|x: 2 0 1; c=1|2: 0 NA 1", "made categorical");
  free(got);
  ok(load_one(&table, "c", USE_CATEGORICAL) && table.column[2].type == COLUMN_CATEGORICAL,
     "a categorical use leaves it so");
  ok(load_one(&table, "c", USE_NUMERIC) && table.column[2].type == COLUMN_NUMERIC,
     "a numeric use makes it numeric again");
  is_integer((long long) table.column[2].n_missing, 1, "with its missing cell");
  table_free(&table);

  ok(open_text(&table, "a,b,c\n1,x,1\n2,3,z\n3,4,2\n", &plain), "open");
  struct text_list refused = {0};
  ok(table_load_all(&table, &refused, &error), "load all, refusals listed");
  is_integer((long long) refused.n_items, 2, "two are refused");
  is_text(refused.n_items ? refused.item[0] : "",
          "b: f:2: column 'b': 'x' is not a number (use --na=x or a codebook if it means missing); "
          "if these are categories, use factor() or a codebook",
          "the first");
  ok(table.column[0].type == COLUMN_NUMERIC && table.column[1].type == COLUMN_UNLOADED &&
         table.column[2].type == COLUMN_UNLOADED && table.n_rows == 3,
     "only the others are loaded");
  text_list_free(&refused);
  table_free(&table);
}

// Named columns and the rest in one pass: as in two.
static void test_with_rest(void)
{
  const char *text = "a,b,c,d\n1, u,x,1\n2,v,3,z\n3, u,4,2\n";
  struct table one, two;
  struct text_list refused_one = {0}, refused_two = {0};
  struct column_request request = {2, USE_CATEGORICAL};
  ok(open_text(&two, text, &plain) && table_load(&two, &request, 1, &error) &&
         table_load_all(&two, &refused_two, &error),
     "in two passes");
  ok(open_text(&one, text, &plain) && table_load_with_rest(&one, &request, 1, &refused_one, &error),
     "in one pass");
  char *got = describe(&one), *expected = describe(&two);
  is_text(got, expected, "the same columns");
  is_text(got, "a: 1 2 3; b=u|v: 0 1 0; c=3|4|x: 2 0 1", "which are");
  free(got);
  free(expected);
  got = text_list_join(&one.notes, "; ");
  expected = text_list_join(&two.notes, "; ");
  is_text(got, expected, "the same notes");
  free(got);
  free(expected);
  got = text_list_join(&refused_one, "; ");
  expected = text_list_join(&refused_two, "; ");
  is_text(got, expected, "the same refusals");
  ok(refused_one.n_items == 1 && one.column[3].type == COLUMN_UNLOADED, "of one column");
  free(got);
  free(expected);
  text_list_free(&refused_one);
  text_list_free(&refused_two);
  table_free(&one);
  table_free(&two);

  struct column_request numeric = {3, USE_NUMERIC};
  ok(open_text(&one, text, &plain) &&
         !table_load_with_rest(&one, &numeric, 1, &refused_one, &error),
     "an error of a named column is one, though another stands earlier");
  is_text(message(),
          "f:3: column 'd': 'z' is not a number "
          "(use --na=z or a codebook if it means missing)",
          "its message");
  ok(refused_one.n_items == 0 && one.column[0].type == COLUMN_UNLOADED, "then none is loaded");
  table_free(&one);
}

static void test_find(void)
{
  struct table table;
  ok(open_text(&table, "adc,age,her2\n1,2,3\n", &plain), "open");
  size_t column;
  ok(table_find(&table, "age", &column, &error) && column == 1, "found");
  ok(!table_find(&table, "adcc", &column, &error) && error.status == ERROR_USAGE, "not found");
  is_text(message(), "no column 'adcc' in f; did you mean 'adc'?", "the nearest");
  table_find(&table, "lymphocytes", &column, &error);
  is_text(message(), "no column 'lymphocytes' in f (it has adc, age, her2)", "none is near");
  is_text(column_title(&table.column[0]), "adc", "title without label");
  table_free(&table);
}

static void test_make_categorical(void)
{
  struct table table;
  ok(open_text(&table, "a\n0.30000000000000004\n-1\n1e300\n-0\n0\nNA\n0.1\n-1\n", &plain) &&
         table_load_all(&table, NULL, &error),
     "open");
  column_make_categorical(&table.column[0], table.n_rows);
  char *got = describe(&table);
  is_text(got, "a=-1|0|0.1|0.30000000000000004|1e+300: 3 0 4 1 1 NA 2 0",
          "distinct values in order, shortest text");
  free(got);
  size_t index;
  ok(column_find_level(&table.column[0], "0.1", &index) && index == 2, "a level by its name");
  ok(column_find_level(&table.column[0], "0.100", &index) && index == 2, "by its number");
  ok(!column_find_level(&table.column[0], "x", &index), "not by another name");
  table_free(&table);
}

static void test_codebook(void)
{
  const char *text = "variable,label,unit,type,levels,labels,digits\n"
                     "her2,HER2 status,,categorical,zero|low|over,,\n"
                     "age,Age,years,numeric,,,1\n"
                     "grade,,,ordinal,1|2|3,I|II|III,\n"
                     "sex,Sex,,,0|1,male|female,\n"
                     "id,,,id,,,\nday,,,date,,,\nnote,,,ignore,,,\nsite,,,categorical,,,\n"
                     "delta,Change,%,numeric,,,2\nghost,,,,,,\n";
  write_bytes(book, text, strlen(text));
  struct table_options options = {.codebook = book};
  struct table table;
  ok(open_text(&table,
               "her2,age,grade,sex,id,day,note,site,free\n"
               "low,41,3.0,1,P1,2020-01-01,x,3,1\n"
               "zero,52.5,1,0,P2,2020-01-02,y,3.0,2\n"
               "low,NA,01,,P3,2020-01-03,z,12,3\n",
               &options),
     "open with a codebook");
  ok(table_load_all(&table, NULL, &error), "load all");
  char *got = describe(&table);
  is_text(got,
          "her2=zero|low|over: 1 0 1; age: 41 52.5 NA; grade=1|2|3: 2 0 0; sex=0|1: 1 0 NA; "
          "site=3|12: 0 0 1; free: 1 2 3",
          "declared levels in order, unused ones too; numbers compare as numbers; id, date and "
          "ignore stay away");
  free(got);
  is_text(table.column[2].level_label[2], "III", "label of a level");
  is_text(table.column[3].level_label[1], "female", "levels without type: categorical");
  is_text(table.column[0].level_label[1], "low", "a level without label");
  is_text(column_title(&table.column[1]), "Age", "label");
  is_text(table.column[1].unit, "years", "unit");
  is_integer(table.column[1].digits, 1, "digits");
  is_integer(table.column[0].digits, -1, "no digits");
  ok(table.column[2].variable_type == VARIABLE_ORDINAL, "type");
  is_integer((long long) table.notes.n_items, 1, "one note");
  char expected[200];
  snprintf(expected, sizeof expected, "%s describes variables that are not in %s: delta, ghost",
           book, path);
  is_text(table.notes.item[0], expected, "the note");
  double delta[] = {1, NAN, 2};
  struct column *column = table_add_column(&table, "delta", delta);
  ok(column->derived && column->type == COLUMN_NUMERIC && column->n_missing == 1 &&
         column->digits == 2,
     "a derived column");
  is_text(column->label, "Change", "gets its label");
  snprintf(expected, sizeof expected, "%s describes variables that are not in f: ghost", book);
  is_text(table.notes.item[0], expected, "and the note is mended");
  ok(load_one(&table, "id", USE_AUTOMATIC) && table.column[4].type == COLUMN_CATEGORICAL,
     "an id on request");
  ok(load_one(&table, "sex", USE_NUMERIC) && table.column[3].type == COLUMN_NUMERIC,
     "a numeric use of a declared category");
  ok(load_one(&table, "age", USE_CATEGORICAL) && table.column[1].type == COLUMN_NUMERIC,
     "a categorical use of a declared number");
  table_free(&table);

  ok(open_text(&table, "her2\nzero\nlow\nlwo\nxyz\n", &options), "open");
  ok(!table_load_all(&table, NULL, &error), "a value that is no level");
  snprintf(expected, sizeof expected,
           "f:4: column 'her2': 'lwo' is none of the levels in %s (zero, low, over); is it 'low'?",
           book);
  is_text(message(), expected, "its message");
  table_free(&table);
  ok(open_text(&table, "age\n12\nold\nx\ny\n", &options), "open");
  ok(!table_load_all(&table, NULL, &error), "a declared number that is none");
  is_text(message(),
          "f:3: column 'age': 'old' is not a number "
          "(use --na=old or a codebook if it means missing)",
          "its message");
  table_free(&table);
  options.decimal = ',';
  loads("grade;age\n1,0;2,5\n3;1\n", &options, "grade=1|2|3: 0 2; age: 2.5 1",
        "declared numbers with a decimal comma");
  options.decimal = '.';
  options.codebook = "no/such/codebook.csv";
  ok(!open_text(&table, "a\n1\n", &options) && strstr(error.message, "no/such/codebook.csv"),
     "a codebook that is not there");
}

static void test_notes(void)
{
  struct table table;
  ok(open_text(&table, "a,b,c\nlow, 1,x\n low,2,y\nlow ,3 ,x\n", &plain) &&
         table_load_all(&table, NULL, &error),
     "open");
  char *got = describe(&table);
  is_text(got, "a=low: 0 0 0; b: 1 2 3; c=x|y: 0 1 0", "blanks around a level are removed");
  free(got);
  is_integer((long long) table.notes.n_items, 1, "with one note");
  is_text(table.notes.n_items ? table.notes.item[0] : "",
          "column 'a': blanks around its values were removed (quote them to keep such blanks)",
          "the note");
  table_free(&table);
}

static void test_keep(void)
{
  struct table table;
  ok(open_text(&table, "a,b,c\n1,x,10\nNA,y,20\n3,x,NA\n4,z,40\n5,x,50\n", &plain) &&
         load_one(&table, "a", USE_AUTOMATIC) && load_one(&table, "b", USE_AUTOMATIC),
     "open");
  table_keep_rows(&table, (const bool[]){true, true, true, true, true});
  table_keep_rows(&table, (const bool[]){false, true, true, true, true});
  ok(load_one(&table, "c", USE_AUTOMATIC), "a column loaded after rows went");
  char *got = describe(&table);
  is_text(got, "a: NA 3 4 5; b=x|y|z: 1 0 2 0; c: 20 NA 40 50", "has the rows that are left");
  free(got);
  table_keep_rows(&table, (const bool[]){false, true, false, true});
  got = describe(&table);
  is_text(got, "a: 3 5; b=x|y|z: 0 0; c: NA 50", "fewer rows");
  free(got);
  ok(table.n_rows == 2 && table.line[0] == 4 && table.line[1] == 6, "lines");
  ok(!load_one(&table, "b", USE_NUMERIC), "a further load");
  double value[] = {7, 7};
  struct column *derived = table_add_column(&table, "d", value);
  column_make_categorical(derived, table.n_rows);
  ok(load_one(&table, "d", USE_NUMERIC), "a derived column as numbers again");
  table_keep_rows(&table, (const bool[]){false, false});
  ok(table.n_rows == 0 && table.column[0].n_missing == 0, "no rows");
  table_free(&table);
}

static uint32_t random_state = 2024;
static uint32_t random_below(uint32_t n)
{
  random_state = random_state * 1664525u + 1013904223u;
  return (uint32_t) (((uint64_t) (random_state >> 8) * n) >> 24);
}

static bool same_column(const struct column *a, const struct column *b, size_t n_rows)
{
  bool same = a->type == b->type && a->n_levels == b->n_levels && a->n_missing == b->n_missing &&
              a->most_decimals == b->most_decimals;
  for (size_t i = 0; i < a->n_levels && same; i++)
    same = strcmp(a->level[i], b->level[i]) == 0;
  if (same && a->type != COLUMN_UNLOADED)
    same = memcmp(a->value, b->value, n_rows * sizeof *a->value) == 0;
  return same;
}

// Loads everything and compares with what is there.
static bool same_table(const struct table *a, const char *bytes, size_t n, size_t line_shift)
{
  struct table b;
  struct text_list refused = {0};
  if (!open_bytes(&b, bytes, n, &plain))
    return false;
  bool same = table_load_all(&b, &refused, &error) && a->n_rows == b.n_rows;
  for (size_t i = 0; i < a->n_rows && same; i++)
    same = a->line[i] == b.line[i] + line_shift;
  for (size_t j = 0; j < a->n_columns && same; j++)
    same = same_column(&a->column[j], &b.column[j], a->n_rows);
  text_list_free(&refused);
  table_free(&b);
  return same;
}

static void random_cell(struct text *text, uint32_t column, size_t row)
{
  static const char *const words[] = {"zero", "low", "over", " low", "NA", "", "high score"};
  static const char *const odd[] = {"1e5",
                                    "-.5",
                                    "+3",
                                    "NA",
                                    "",
                                    ".",
                                    "12345678901234567890.5",
                                    "1e-7",
                                    " 3.5 ",
                                    "0",
                                    "-0",
                                    "9007199254740993"};
  uint32_t kind = random_below(20);
  switch (column) {
  case 0:
    text_append_format(text, "%u", random_below(2));
    break;
  case 1:
    text_append_format(text, "%s%u.%05u", kind < 10 ? "-" : "", random_below(300),
                       random_below(100000));
    break;
  case 2:
    text_append(text, words[random_below(sizeof words / sizeof *words)]);
    break;
  case 3:
    if (kind == 0)
      text_append(text, odd[random_below(sizeof odd / sizeof *odd)]);
    else
      text_append_format(text, "%u", random_below(1000000));
    break;
  case 4: // numbers first and texts afterwards: read twice
    if (row < 2000)
      text_append_format(text, "%zu", row);
    else
      text_append_format(text, "t%u", random_below(50));
    break;
  default: // refused: half
    text_append(text, row < 20000 ? "7" : "x");
    break;
  }
}

// The same table with every cell in quotes that may have them, those of the odd rows only.
static void quote_cells(const struct text *plain_body, struct text *quoted)
{
  bool odd = false, first = true;
  for (size_t i = 0; i < plain_body->length; i++) {
    char c = plain_body->bytes[i];
    bool stop = c == ',' || c == '\n';
    if (first && !stop && odd)
      text_append_character(quoted, '"');
    if (!first && stop && odd)
      text_append_character(quoted, '"');
    text_append_character(quoted, c);
    first = stop;
    odd = c == '\n' ? !odd : odd;
  }
}

// Text without quotes and text with them are cut into parts in different ways.
static void test_parts(void)
{
  enum { ROWS = 40000, COLUMNS = 6 };
  struct text body = {0}, windows = {0}, both = {0};
  const char *header = "a,b,c,d,e,f\n", *quoted = "\"a\",b,c,d,e,f\n";
  for (size_t row = 0; row < ROWS; row++) {
    if (random_below(500) == 0)
      text_append(&body, "\n");
    for (uint32_t column = 0; column < COLUMNS; column++) {
      random_cell(&body, column, row);
      text_append_character(&body, column + 1 < COLUMNS ? ',' : '\n');
    }
  }
  struct table table;
  struct text_list refused = {0};
  text_append(&both, quoted);
  text_append_bytes(&both, body.bytes, body.length);
  ok(open_bytes(&table, both.bytes, both.length, &plain) &&
         table_load_all(&table, &refused, &error) && table.n_rows == ROWS,
     "a table of %zu bytes, record by record", both.length);
  is_integer((long long) refused.n_items, 1, "one column is refused");
  is_integer((long long) table.column[2].n_levels, 4, "levels without those that mean missing");
  is_integer((long long) table.column[4].n_levels, 2050, "levels of the column read twice");
  text_clear(&both);
  text_append(&both, header);
  text_append_bytes(&both, body.bytes, body.length);
  int n_bad = 0;
#ifdef _OPENMP
  int most_threads = omp_get_max_threads();
  for (int threads = 1; threads <= 3; threads++) {
    omp_set_num_threads(threads);
    n_bad += !same_table(&table, both.bytes, both.length, 0);
  }
  omp_set_num_threads(most_threads);
#else
  n_bad += !same_table(&table, both.bytes, both.length, 0);
#endif
  is_integer(n_bad, 0, "in parts, with one to three threads: the same");
  ok(same_table(&table, both.bytes, both.length - 1, 0), "without the last line end: the same");
  for (size_t i = 0; i < both.length; i++) {
    if (both.bytes[i] == '\n')
      text_append_character(&windows, '\r');
    text_append_character(&windows, both.bytes[i]);
  }
  ok(same_table(&table, windows.bytes, windows.length, 0), "with CRLF: the same");

  text_clear(&both);
  text_append(&both, header);
  quote_cells(&body, &both);
  struct text_list none = {0};
  struct table other;
  bool good = open_bytes(&other, both.bytes, both.length, &plain) &&
              table_load_all(&other, &none, &error) && other.n_rows == ROWS;
  for (size_t j = 0; j < 5 && good; j++)
    good = j == 2 || same_column(&table.column[j], &other.column[j], ROWS);
  ok(good, "with quotes around the cells of every other line: the same numbers and levels");
  text_list_free(&none);
  table_free(&other);

  // Faults: the same first error by both ways.
  int n_different = 0;
  for (int trial = 0; trial < 12; trial++) {
    char told[2][sizeof error.message];
    for (int n_faults = 1 + trial % 2; n_faults > 0; n_faults--) {
      size_t at = random_below((uint32_t) body.length - 1);
      body.bytes[at] = ",\n\rx"[random_below(4)];
    }
    for (int way = 0; way < 2; way++) {
      text_clear(&both);
      text_append(&both, way ? quoted : header);
      text_append_bytes(&both, body.bytes, body.length);
      struct table faulty;
      strcpy(told[way], "none");
      if (open_bytes(&faulty, both.bytes, both.length, &plain)) {
        if (!table_load_all(&faulty, NULL, &error))
          strcpy(told[way], message());
        table_free(&faulty);
      }
    }
    n_different += strcmp(told[0], told[1]) != 0;
    if (trial == 0 || strcmp(told[0], told[1]) != 0)
      printf("# %s\n# %s\n", told[0], told[1]);
  }
  is_integer(n_different, 0, "faults in the text give the same message by both ways");
  text_list_free(&refused);
  table_free(&table);
  text_free(&body);
  text_free(&windows);
  text_free(&both);
}

// Numbers of every length around the mark, at every distance from the end of the text, by
// the short way and by number_parse.
static void test_number_shapes(void)
{
  static const char *const endings[] = {"\n", "\r\n", ""};
  int n_bad = 0, n_cells = 0;
  struct text cell = {0}, content = {0};
  for (int head = 0; head <= 19; head++)
    for (int tail = -1; tail <= 19; tail++)
      for (int form = 0; form < 4; form++) {
        int ending = (head + tail + form + 1) % 3;
        text_clear(&cell);
        text_append(&cell, form % 2 ? "-" : "");
        for (int i = 0; i < head; i++)
          text_append_character(&cell, (char) (form < 2 ? '0' + random_below(10) : '9'));
        text_append(&cell, tail < 0 ? "" : ".");
        for (int i = 0; i < tail; i++)
          text_append_character(&cell, (char) (form < 2 ? '0' + random_below(10) : '0'));
        double expected;
        if (!number_parse(cell.bytes ? cell.bytes : "", cell.length, '.', &expected))
          continue;
        text_clear(&content);
        text_append_format(&content, "a,b\n%s,%s%s%s,%s%s", cell.bytes, cell.bytes,
                           ending == 1 ? "\r\n" : "\n", cell.bytes, cell.bytes, endings[ending]);
        struct table table;
        if (!open_bytes(&table, content.bytes, content.length, &plain) ||
            !table_load_all(&table, NULL, &error) || table.n_rows != 2) {
          n_bad++;
          continue;
        }
        n_cells += 4;
        for (int i = 0; i < 4; i++)
          n_bad += memcmp(&table.column[i % 2].value[i / 2], &expected, sizeof expected) != 0;
        table_free(&table);
      }
  is_integer(n_bad, 0, "numbers of every shape are what number_parse gives, to the bit");
  ok(n_cells > 6000, "%d of them", n_cells);
  // All shapes in one column, so that each is met where another was expected.
  enum { MIXED = 20000 };
  double *expected = NEW_ARRAY(double, MIXED);
  text_clear(&content);
  text_append(&content, "a,b\n");
  for (int i = 0; i < MIXED; i++) {
    text_clear(&cell);
    text_append(&cell, random_below(3) ? "" : "-");
    text_append_format(&cell, "%u", random_below(1u << random_below(24)));
    uint32_t n_decimals = random_below(10);
    for (uint32_t k = 0; k < n_decimals; k++)
      text_append_character(&cell, k ? (char) ('0' + random_below(10)) : '.');
    number_parse(cell.bytes, cell.length, '.', &expected[i]);
    text_append_format(&content, "%s,%s\n", cell.bytes, cell.bytes);
  }
  struct table table;
  n_bad = !open_bytes(&table, content.bytes, content.length, &plain) ||
          !table_load_all(&table, NULL, &error) || table.n_rows != MIXED;
  for (int i = 0; i < MIXED && !n_bad; i++)
    n_bad += memcmp(&table.column[i % 2].value[i], &expected[i], sizeof *expected) != 0;
  is_integer(n_bad, 0, "numbers of changing shape are what number_parse gives, to the bit");
  table_free(&table);
  free(expected);
  text_free(&cell);
  text_free(&content);
  refuses("a,b\n1,1-2\n2,5\n3,6\n", &plain,
          "f:2: column 'b': '1-2' is not a number (use --na=1-2 or a codebook if it means "
          "missing); if these are categories, use factor() or a codebook",
          "a minus inside");
  loads("a,b\n1,--2\n3,-\n5,1.2.3\n", &plain, "a: 1 3 5; b=-|--2|1.2.3: 1 0 2",
        "what begins like a number");
}

// The rules of types applied to one column as they are worded.
static void naive_column(const char *const *cell, size_t n, struct text *expected)
{
  size_t n_numbers = 0, n_odd = 0;
  char number[NUMBER_SIZE];
  for (size_t i = 0; i < n; i++) {
    char *end;
    strtod(cell[i], &end);
    if (!strcmp(cell[i], "") || !strcmp(cell[i], "NA") || !strcmp(cell[i], "."))
      continue;
    if (*end)
      n_odd++;
    else
      n_numbers++;
  }
  text_clear(expected);
  if (n_odd > 0 && n_odd <= n_numbers) {
    text_append(expected, "refused");
    return;
  }
  bool texts = n_odd > 0;
  text_append(expected, "a");
  const char *level[64];
  size_t n_levels = 0;
  // The levels by insertion in order of bytes.
  for (size_t i = 0; i < n && texts; i++) {
    if (!strcmp(cell[i], "") || !strcmp(cell[i], "NA") || !strcmp(cell[i], "."))
      continue;
    size_t at = 0;
    while (at < n_levels && strcmp(level[at], cell[i]) < 0)
      at++;
    if (at < n_levels && strcmp(level[at], cell[i]) == 0)
      continue;
    memmove(level + at + 1, level + at, (n_levels++ - at) * sizeof *level);
    level[at] = cell[i];
  }
  for (size_t i = 0; i < n_levels; i++)
    text_append_format(expected, "%c%s", i ? '|' : '=', level[i]);
  text_append(expected, ":");
  for (size_t i = 0; i < n; i++) {
    if (!strcmp(cell[i], "") || !strcmp(cell[i], "NA") || !strcmp(cell[i], ".")) {
      text_append(expected, " NA");
      continue;
    }
    size_t code = 0;
    while (code < n_levels && strcmp(level[code], cell[i]) != 0)
      code++;
    text_append_format(expected, " %s",
                       number_write(number, texts ? (double) code : strtod(cell[i], NULL)));
  }
}

static void test_naive(void)
{
  static const char *const cells[] = {"1", "2.5", "1.0", "-3e2", "NA", "", ".", "x", "low", "lo"};
  enum { N_CELLS = sizeof cells / sizeof *cells, MOST = 12 };
  int n_bad = 0, n_refused = 0;
  struct text content = {0}, expected = {0};
  for (int trial = 0; trial < 600; trial++) {
    const char *cell[MOST];
    size_t n = random_below(MOST + 1);
    // Narrower choices make each kind of column likely.
    uint32_t from = random_below(N_CELLS - 3), width = 2 + random_below(N_CELLS - from - 1);
    text_clear(&content);
    text_append(&content, "a\n");
    for (size_t i = 0; i < n; i++) {
      cell[i] = cells[from + random_below(width)];
      text_append_format(&content, random_below(3) ? "%s\n" : "\"%s\"\n", cell[i]);
    }
    naive_column(cell, n, &expected);
    struct table table;
    char *got = NULL;
    if (!open_bytes(&table, content.bytes, content.length, &plain))
      abort();
    if (table_load_all(&table, NULL, &error))
      got = describe(&table);
    else
      got = memory_copy_text("refused");
    n_refused += strcmp(got, "refused") == 0;
    if (strcmp(got, text_content(&expected)) != 0 && n_bad++ == 0)
      printf("# got %s\n# expected %s\n# %s\n", got, text_content(&expected), error.message);
    free(got);
    table_free(&table);
  }
  is_integer(n_bad, 0, "600 random columns: as the rules say");
  ok(n_refused > 20 && n_refused < 300, "some of them refused (%d)", n_refused);
  text_free(&content);
  text_free(&expected);
}

static void test_wide(void)
{
  enum { COLUMNS = 10000 };
  struct text content = {0};
  for (int row = 0; row < 3; row++)
    for (int i = 0; i < COLUMNS; i++)
      text_append_format(&content, row ? "%d%c" : "c%d%c", row ? row * i : i,
                         i + 1 < COLUMNS ? ',' : '\n');
  struct table table;
  ok(open_bytes(&table, content.bytes, content.length, &plain) &&
         table_load_all(&table, NULL, &error) && table.n_rows == 2 &&
         table.column[COLUMNS - 1].value[1] == 2 * (COLUMNS - 1),
     "ten thousand columns");
  table_free(&table);
  ok(open_bytes(&table, content.bytes, content.length, &plain) &&
         load_one(&table, "c7777", USE_NUMERIC) && table.column[7777].value[1] == 2 * 7777 &&
         table.column[7776].type == COLUMN_UNLOADED,
     "one of them");
  table_free(&table);
  text_clear(&content);
  text_append(&content, "a,b\n");
  for (int i = 0; i < 1000000; i++)
    text_append_character(&content, 'x');
  text_append(&content, ",1\ny,2\n");
  ok(open_bytes(&table, content.bytes, content.length, &plain) &&
         table_load_all(&table, NULL, &error) && table.column[0].n_levels == 2 &&
         strlen(table.column[0].level[0]) == 1000000,
     "a cell of a million bytes");
  table_free(&table);
  text_free(&content);
}

static void test_decimals(void)
{
  struct table table;
  ok(open_text(&table, "a,b,c,d\n1,1.5,1e-3,x\n20,2.25,1.5e-2,y\n3,NA,2.50e1,x\n", &plain) &&
         table_load_all(&table, NULL, &error),
     "open");
  is_integer(table.column[0].most_decimals, 0, "whole numbers");
  is_integer(table.column[1].most_decimals, 2, "two decimals");
  is_integer(table.column[2].most_decimals, 3, "decimals that exponents make");
  table_free(&table);
}

// ---- codes of single columns ----

static void write_book(const char *text)
{
  write_bytes(book, text, strlen(text));
}

static void refuses_codes(const char *codebook, struct table_options *options,
                          const char *expected, const char *name)
{
  struct table table;
  char whole[300];
  write_book(codebook);
  bool good = open_text(&table, "a,b\n1,2\n", options);
  ok(!good && error.status == ERROR_DATA, "refused: %s", name);
  snprintf(whole, sizeof whole, "%s%s", book, expected);
  is_text(good ? "" : error.message, whole, name);
  if (good)
    table_free(&table);
}

static void test_codes(void)
{
  struct table_options options = {.codebook = book};
  write_book("variable,missing\na,9|n.d.|99\nc, 7 | x y \n");
  loads("a,b,c\n1,9,7\n9,99,8\n9.0,1,x y\n\" 9\",2,\" x y \"\nn.d.,3,9\n099,4,1e1\n-9,5,07\n",
        &options, "a: 1 NA NA NA NA NA -9; b: 9 99 1 2 3 4 5; c: NA 8 NA NA 9 10 NA",
        "each column has its own; numbers by value, quoted or not, blanks do not count");
  text_list_add(&options.na, "5");
  loads("a,b,c\n1,5,5\n9,9,9\n5,1,7\n", &options, "a: 1 NA NA; b: NA 9 1; c: NA 9 NA",
        "besides the tokens for all columns");
  text_list_free(&options.na);
  write_book("variable,type,levels,missing\na,categorical,1|2,9|u\nb,categorical,,9|x\nd,id,,9\n");
  loads("a,b,c\n1,9,u\n9.0,10,v\nu,x,9\n2,y, u\n", &options,
        "a=1|2: 0 NA NA 1; b=10|y: NA 0 NA 1; c=9|u|v: 1 2 0 1", "among levels");
  struct table table;
  ok(open_text(&table, "a,d\n1,9\n2,P1\n", &options) && load_one(&table, "d", USE_AUTOMATIC) &&
         table.column[1].n_missing == 1,
     "of an id");
  ok(!table_is_missing(&table, 0, "P1", 2) && !table_is_missing(&table, 1, "u", 1) &&
         table_is_missing(&table, 1, " 9.0", 4) && table_is_missing(&table, 0, "u", 1),
     "asked one by one");
  double derived[] = {9, 1};
  struct column *column = table_add_column(&table, "b", derived);
  ok(column->n_missing == 0 && column->codes.n_items == 0 && table.column[0].codes.n_items == 2 &&
         !table_is_missing(&table, 2, "9", 1),
     "not of a column that is derived");
  table_free(&table);
  options.decimal = ',';
  write_book("variable,missing\na,\"9,5\"\nb,9.5\n");
  loads("a;b\n9,50;9,5\n1,5;2\n", &options, "a: NA 1.5; b: 9.5 2", "the file's decimal mark");
  refuses_codes("variable,levels,missing\na,1.5|2,\"1,50\"\n", &options,
                ": '1.5' is a level of 'a' and cannot mean missing", "a level by that mark");
  options.decimal = '.';
  struct text_list code = {0}, other = {0};
  text_list_add(&code, "1.0");
  text_list_add(&other, "3");
  missing_codes_add(&options.codes, "a", &code);
  missing_codes_add(&options.codes, "a", &other);
  missing_codes_add(&options.codes, "ghost", &other);
  write_book("variable,missing\na,2\n");
  loads("a,b\n1,1\n2,2\n3,3\n4,4\n", &options, "a: NA NA NA 4; b: 1 2 3 4",
        "a model's and the codebook's");
  refuses_codes("variable,levels\na,1|4\n", &options,
                ": '1' is a level of 'a' and cannot mean missing, as it does in a model",
                "a model's code that is a level");
  options.codebook = NULL;
  loads("a\n1\n3\n4\n", &options, "a: NA NA 4", "without a codebook");
  missing_codes_free(&options.codes);
  text_list_free(&code);
  text_list_free(&other);
}

// A file of several parts, of which each column has codes, against the same with those cells empty.
static void test_codes_in_parts(void)
{
  enum { ROWS = 60000 };
  static const char *const level[] = {"low", "high", "9", "unknown", "99", "9.0"};
  struct text coded = {0}, bare = {0};
  text_append(&coded, "a,b,c,d\n");
  text_append(&bare, "a,b,c,d\n");
  for (size_t row = 0; row < ROWS; row++) {
    uint32_t whole = random_below(12), tenths = random_below(10), l = random_below(6);
    double b = whole + tenths / 10.0;
    text_append_format(&coded, "%u,%u.%u,%s,%u\n", whole, whole, tenths, level[l], whole);
    if (whole != 9)
      text_append_format(&bare, "%u", whole);
    text_append(&bare, ",");
    if (b != 9 && b != 2.5)
      text_append_format(&bare, "%u.%u", whole, tenths);
    text_append_format(&bare, ",%s,%u\n", l == 1 || l == 3 ? "" : level[l], whole);
  }
  struct table_options options = {.codebook = book};
  struct table expected;
  write_book("variable,type\nc,categorical\n");
  ok(open_bytes(&expected, bare.bytes, bare.length, &options) &&
         table_load_all(&expected, NULL, &error),
     "a file with empty cells: %s", error.message);
  write_book("variable,type,missing\na,,9\nb,,2.50|9\nc,categorical,unknown|high\n");
  int n_bad = 0, most_threads = 1;
#ifdef _OPENMP
  most_threads = omp_get_max_threads();
#endif
  for (int threads = 1; threads <= 3; threads++) {
#ifdef _OPENMP
    omp_set_num_threads(threads);
#endif
    struct table table;
    n_bad += !open_bytes(&table, coded.bytes, coded.length, &options) ||
             !table_load_all(&table, NULL, &error) || table.n_rows != expected.n_rows;
    for (size_t j = 0; j < 4; j++)
      n_bad += !same_column(&table.column[j], &expected.column[j], table.n_rows);
    table_free(&table);
  }
#ifdef _OPENMP
  omp_set_num_threads(most_threads);
#endif
  is_integer(n_bad, 0, "several parts, with one to three threads: codes are as empty cells");
  ok(expected.column[0].n_missing > 1000 && expected.column[1].n_missing > 500 &&
         expected.column[2].n_levels == 4 && expected.column[3].n_missing == 0,
     "and there are some");
  table_free(&expected);
  text_free(&coded);
  text_free(&bare);
}

int main(void)
{
  close(mkstemp(path));
  close(mkstemp(book));
  test_types();
  test_half();
  test_opening();
  test_binaries();
  test_requests();
  test_with_rest();
  test_find();
  test_make_categorical();
  test_codebook();
  test_notes();
  test_keep();
  test_parts();
  test_number_shapes();
  test_naive();
  test_wide();
  test_decimals();
  test_codes();
  test_codes_in_parts();
  unlink(path);
  unlink(book);
  return tap_done();
}
