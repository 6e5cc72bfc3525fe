// SPDX-License-Identifier: GPL-3.0-or-later
// Writes tests/data/statfile/formats.sas7bcat, value labels of haven.sas7bdat (one set of them:
// of several ReadStat 1.1.8 writes the first):
//   cc catalog.c -lreadstat && ./a.out >formats.sas7bcat
#include <readstat.h>
#include <stdio.h>

static ssize_t take(const void *bytes, size_t n, void *context)
{
  (void) context;
  return (ssize_t) fwrite(bytes, 1, n, stdout);
}

static void add(readstat_writer_t *writer, const char *name, double first, const char *const *label)
{
  readstat_label_set_t *set = readstat_add_label_set(writer, READSTAT_TYPE_DOUBLE, name);
  for (; *label; label++)
    readstat_label_double_value(set, first++, *label);
}

int main(void)
{
  static const char *const her2[] = {"zero", "low", "over", NULL};
  readstat_writer_t *writer = readstat_writer_init();
  readstat_set_data_writer(writer, take);
  readstat_writer_set_file_timestamp(writer, 0);
  add(writer, "HER2F", 0, her2);
  readstat_begin_writing_sas7bcat(writer, NULL);
  readstat_end_writing(writer);
  readstat_writer_free(writer);
  return 0;
}
