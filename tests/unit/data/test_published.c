// SPDX-License-Identifier: GPL-3.0-or-later
// Printed tables: the study's own, small ones of other shapes, and bad ones.
#include <config.h>

#include "data/published.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "tap.h"

static void write_text(const char *path, const char *content)
{
  if (!file_write(path, content, strlen(content), NULL))
    printf("Bail out! cannot write %s\n", path);
}

static void test_study(void)
{
  const char *srcdir = getenv("srcdir");
  char *folder = text_format("%s/datasets/published", srcdir ? srcdir : ".");
  const char *const paths[] = {folder};
  struct published p;
  struct error error = {0};
  ok(published_read(&p, paths, 1, &error), "the study's tables (%s)", error.message);
  is_integer((long long) p.n_groups, 3, "groups");
  is_text(p.group[0], "zero", "the first group");
  is_text(p.group[2], "over", "the last group");
  is_integer((long long) p.n_features, 9, "features");
  is_integer((long long) p.n_measures, 12, "measures");
  is_integer((long long) p.n_count_tests, 9, "tests of counts");
  is_integer((long long) p.n_measure_tests, 12, "tests of measures");
  is_integer((long long) p.n_terms, 26, "lines of logistic tables");
  is_integer((long long) p.n_agreements, 11, "agreement");
  is_integer((long long) p.n_numbers, 558, "printed numbers");
  const struct published_feature *tic = published_find_feature(&p, "tic");
  is_text(tic->level[1], "plateau", "a level");
  ok(tic->count[1 * 3 + 2].printed.value == 9, "a count");
  is_integer((long long) tic->count[1 * 3 + 2].line, 37, "its line");
  const struct published_measure *adc = published_find_measure(&p, "adc");
  is_text(adc->group[1].centre.text, "0.951", "a mean keeps its text");
  is_integer(adc->group[1].sd.printed.decimals, 2, "decimals of an SD");
  ok(!published_is_printed(&adc->group[1].spread_low), "quartiles are not printed");
  is_text(adc->unit, "1e-3 mm2/s", "a unit");
  ok(published_find_measure(&p, "diameter")->group[0].kind == PUBLISHED_MEDIAN_IQR, "a median");
  const struct published_tests *tests = &p.measure_tests[2];
  is_text(tests->name, "diameter", "tests");
  is_text(tests->p_pair[published_pair(&p, 1, 2)].text, "<0.001", "a P below 0.001");
  is_text(tests->text_p_pair[published_pair(&p, 0, 2)].text, "<0.001", "a text P");
  const struct published_model *model = published_model_of_table(&p, "table4");
  ok(model && model->known && model->event[2] && model->comparison[0] && model->comparison[1] &&
         !model->event[0], "table4 compares the last group with the others");
  is_text(model->name, "her2_positive", "its figures");
  model = published_model_named(&p, "her2_low");
  ok(model && model->event[1] && model->comparison[0] && !model->comparison[2] && !model->event[2],
     "the next one the last but one with the first");
  size_t level, reference;
  ok(published_contrast(tic, "III_vs_I", &level, &reference) && level == 2 && reference == 0,
     "a contrast by number");
  ok(published_contrast(tic, "plateau_vs_persistent", &level, &reference) && level == 1,
     "a contrast by name");
  ok(!published_contrast(tic, "IV_vs_I", &level, &reference), "no such level");
  ok(!published_contrast(tic, "I", &level, &reference), "no contrast");
  published_free(&p);
  free(folder);
}

static void test_other_shapes(void)
{
  write_text("pub_m.csv",
             "measure,kind,group,n,centre,sd,values\nage,mean_sd,arm_a,10,50.1,8.2,integer\n"
             "age,mean_sd,arm,12,51.0,9.0,integer\nage,mean_sd,b,12,51.0,NA,\n"
             "age,mean_sd,a_b,12,51.0,,\n");
  write_text("pub_t.csv", "measure,test,p_a_b_b,p_overall,p_arm_arm_a\nage,F,0.2,0.3,0.4\n");
  const char *const paths[] = {"pub_m.csv", "pub_t.csv"};
  struct published p;
  struct error error = {0};
  ok(published_read(&p, paths, 2, &error), "four groups, names with underscores (%s)",
     error.message);
  is_integer((long long) p.n_pairs, 6, "six pairs");
  is_text(p.measure_tests[0].p_pair[published_pair(&p, 2, 3)].text, "0.2", "a_b and b");
  is_text(p.measure_tests[0].p_pair[published_pair(&p, 0, 1)].text, "0.4", "arm and arm_a");
  ok(p.measure[0].whole, "whole numbers");
  is_integer((long long) p.measure_tests[0].p_overall.index, (long long) (10 + 1),
             "numbers are counted in the order of their cells");
  published_free(&p);
  unlink("pub_m.csv");
  unlink("pub_t.csv");
}

static void is_refused(const char *content, const char *message)
{
  write_text("pub_bad.csv", content);
  const char *const paths[] = {"pub_bad.csv"};
  struct published p;
  struct error error = {0};
  bool good = published_read(&p, paths, 1, &error);
  ok(!good && strstr(error.message, message), "refused: %s", message);
  if (good)
    published_free(&p);
  else if (!strstr(error.message, message))
    printf("# %s\n", error.message);
  unlink("pub_bad.csv");
}

// In whichever order they stand, and whether or not a number is printed.
static void test_repeated(void)
{
  static const char *const tests[] = {
      "p_a_b,p_b_a\nx,F,1,0.1,0.2\n", "p_a_b,p_b_a\nx,F,1,0.1,NA\n", "p_b_a,p_a_b\nx,F,1,NA,0.1\n",
      "text_p_a_b,text_p_b_a\nx,F,1,,\n",
  };
  is_refused("feature,level,group,count\nf,l,a,1\nf,l,a,NA\n", "pub_bad.csv:3: column 'count'");
  is_refused("feature,level,group,count\nf,l,a,NA\nf,l,a,1\n", "pub_bad.csv:3: column 'count'");
  is_refused("feature,level,group,count,level group\nf,l,a,1,2\n", "no column 'level group'");
  for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
    const char *const paths[] = {"pub_m.csv", "pub_t.csv"};
    struct published p;
    struct error error = {0};
    struct text content = {0};
    text_append_format(&content, "measure,test,statistic,%s", tests[i]);
    write_text("pub_m.csv", "measure,kind,group,n,centre\nx,mean_sd,a,5,1\nx,mean_sd,b,5,2\n");
    write_text("pub_t.csv", text_content(&content));
    ok(!published_read(&p, paths, 2, &error) && strstr(error.message, "second one of these groups"),
       "a pair twice: %s", error.message);
    text_free(&content);
  }
  const char *const paths[] = {"pub_m.csv", "pub_t.csv"};
  struct published p;
  struct error error = {0};
  write_text("pub_m.csv", "measure,kind,group,n,centre\nx,mean_sd,a,5,1\nx,mean_sd,b_c,5,2\n"
                          "x,mean_sd,a_b,5,1\nx,mean_sd,c,5,2\n");
  write_text("pub_t.csv", "measure,test,statistic,p_a_b_c\nx,F,1,0.1\n");
  ok(!published_read(&p, paths, 2, &error), "a pair that can be read in two ways");
  is_text(error.message, "pub_t.csv:1: column 'p_a_b_c': 'a_b_c' names more than one pair of groups",
          "is told");
  unlink("pub_m.csv");
  unlink("pub_t.csv");
}

// Which groups a row joins: 'b' benign, 'm' malignant, 'u' unclear; "-" if it is none of these.
static void joins(const struct published *p, const char *row, const char *groups)
{
  size_t i = 0;
  while (i < p->n_cohort && strcmp(p->cohort[i].group, row) != 0)
    i++;
  bool member[3] = {true, true, true};
  struct text found = {0};
  if (i < p->n_cohort && !published_row_groups(p, &p->cohort[i], member))
    text_append_character(&found, '-');
  else
    for (size_t g = 0; g < p->n_groups; g++)
      if (member[g])
        text_append_character(&found, p->group[g][0]);
  ok(strcmp(text_content(&found), groups) == 0, "the groups of '%s': %s", row,
     text_content(&found));
  text_free(&found);
}

static void test_row_groups(void)
{
  write_text("pub_c.csv", "group,n,note\nscreened,40,\nincluded,30,\nbenign,10,whatever\n"
                          "malignant,12,unclear\nunclear,8,\n"
                          "both,22,benign + malignant\n"
                          "rest,20,\"unclear + malignant, by a second reader\"\n"
                          "blank,20,unclear + malignant (n = 20)\n"
                          "all,30,unclear + benign + malignant\n"
                          "lone,10,benign\nstray,5,odd + benign\ntail,30,benign + unclear + odd\n"
                          "twice,20,benign + benign\nglued,22,benign+malignant\n"
                          "excluded,10,no images\n");
  write_text("pub_f.csv", "feature,level,group,count\nf,l,malignant,1\nf,l,unclear,2\n"
                          "f,l,benign,3\n");
  const char *const paths[] = {"pub_c.csv", "pub_f.csv"};
  struct published p;
  struct error error = {0};
  ok(published_read(&p, paths, 2, &error), "a cohort with joined groups (%s)", error.message);
  is_integer((long long) p.n_groups, 3, "of three");
  joins(&p, "benign", "b");
  joins(&p, "malignant", "m"); // its name goes before its note
  joins(&p, "included", "bmu");
  joins(&p, "both", "bm");
  joins(&p, "rest", "mu");
  joins(&p, "blank", "mu");
  joins(&p, "all", "bmu");
  joins(&p, "lone", "-");
  joins(&p, "stray", "-");
  joins(&p, "tail", "-"); // not the two that are known
  joins(&p, "twice", "-");
  joins(&p, "glued", "-");
  joins(&p, "screened", "-");
  joins(&p, "excluded", "-");
  published_free(&p);
  unlink("pub_f.csv");

  // Without groups even `included` joins none.
  write_text("pub_c.csv", "group,n\nscreened,40\nincluded,30\n");
  ok(published_read(&p, paths, 1, &error), "a cohort without groups (%s)", error.message);
  is_integer((long long) p.n_groups, 0, "has none");
  joins(&p, "included", "-");
  published_free(&p);
  unlink("pub_c.csv");
}

// What may stand there twice, and what may not.
static void test_records_twice(void)
{
  write_text("pub_p.csv", "model,item,quantity,value\nm,auc,estimate,0.8\nm,auc,estimate,0.8\n"
                          "m,auc,estimate,0.7\n");
  write_text("pub_i.csv", "measure,icc\nadc,0.9\nadc,0.9\n");
  const char *const paths[] = {"pub_p.csv", "pub_i.csv"};
  struct published p;
  struct error error = {0};
  ok(published_read(&p, paths, 2, &error), "performance and agreement may repeat (%s)",
     error.message);
  is_integer((long long) p.n_figures, 3, "performance figures");
  is_integer((long long) p.n_agreements, 2, "agreements");
  published_free(&p);
  unlink("pub_p.csv");
  unlink("pub_i.csv");

  write_text("pub_l1.csv", "variable,level,uni_or\nage,,1.2\n");
  write_text("pub_l2.csv", "variable,level,uni_or\nage,,1.3\n");
  const char *const logistic[] = {"pub_l1.csv", "pub_l2.csv"};
  ok(published_read(&p, logistic, 2, &error), "a variable in two logistic tables (%s)",
     error.message);
  is_integer((long long) p.n_terms, 2, "two terms");
  published_free(&p);
  unlink("pub_l1.csv");
  unlink("pub_l2.csv");
  is_refused("variable,level,uni_or\nage,,1.2\nage,,1.2\n",
             "pub_bad.csv:3: column 'variable': 'age' stands there twice");
  is_refused("measure,test,statistic\nx,F,1\nx,t,2\n",
             "pub_bad.csv:3: column 'measure': 'x' stands there twice");
  is_refused("measure,kind,group,n,centre\nx,mean_sd,a,5,1\nx,median_iqr,a,5,1\n",
             "pub_bad.csv:3: column 'measure': 'x' stands there twice for this group");

  write_text("pub_f.csv", "feature,level,group,count\nf,l,a,1\nf,l,b,2\n");
  write_text("pub_m.csv", "model,table,event,comparison\nm,,a,b\nm,,b,a\n");
  const char *const models[] = {"pub_f.csv", "pub_m.csv"};
  ok(!published_read(&p, models, 2, &error), "a model twice");
  is_text(error.message, "pub_m.csv:3: column 'model': 'm' stands there twice", "is told");
  unlink("pub_f.csv");
  unlink("pub_m.csv");
}

static void test_errors(void)
{
  is_refused("", "empty");
  is_refused("x,y\n1,2\n", "of no form");
  is_refused("feature,level,group,count,extra\n", "no column 'extra'");
  is_refused("measure,icc,icc\n", "stands there twice");
  is_refused("feature,level,group,count\na,b,c,-1\n", "is not a count");
  is_refused("feature,level,group,count\na,,c,1\n", "is no name");
  is_refused("feature,level,group,count\na,b,NA,1\n", "is no name");
  is_refused("measure,icc\nadc,good\n", "pub_bad.csv:2: column 'icc': 'good' is not a number");
  is_refused("measure,icc\nadc,0.9,1\n", "pub_bad.csv:2");
  is_refused("group,n\na,1\na,2\n", "stands there twice");
  write_text("pub_cohort.csv", "group,n,note\nbenign,10,\nmalignant,12,\nscreened,30,\n"
                               "all,22,benign + malignant\n");
  write_text("pub_f.csv", "feature,level,group,count\na,b,benign,3\na,b,malginant,4\n");
  const char *const paths[] = {"pub_cohort.csv", "pub_f.csv"};
  struct published cohort;
  struct error misspelt = {0};
  ok(!published_read(&cohort, paths, 2, &misspelt), "a group that the cohort form lacks");
  is_text(misspelt.message, "pub_f.csv:3: group 'malginant' is not in the cohort table; did you "
                            "mean 'malignant'?", "is named with its line");
  unlink("pub_cohort.csv");
  unlink("pub_f.csv");
  is_refused("model,table,event,comparison\nm,NA,x,y\n", "no table has");
  is_refused("variable,level,per,uni_or\nage,,zero,1.2\n", "is not a number above 0");
  struct published p;
  struct error error = {0};
  ok(!published_read(&p, NULL, 0, &error) && error.status == ERROR_USAGE, "nothing to read");
}

int main(void)
{
  test_study();
  test_other_shapes();
  test_repeated();
  test_row_groups();
  test_records_twice();
  test_errors();
  return tap_done();
}
