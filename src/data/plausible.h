// SPDX-License-Identifier: GPL-3.0-or-later
// What printed tables leave open and a simulated cohort must decide: assumptions, not printed
// numbers.
//
// CSV in the form `plausible` of her2-published(5), a record an item:
// name,kind,label,unit,labels,min,max,decimals,digits,formula,correlated,why.  Only name and
// kind are required.  kind: group (at most one record: what the groups' column is called),
// measure, feature.

#ifndef HER2_DATA_PLAUSIBLE_H
#define HER2_DATA_PLAUSIBLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/text.h"
#include "data/derive.h"
#include "data/published.h"

enum plausible_kind { PLAUSIBLE_GROUP, PLAUSIBLE_MEASURE, PLAUSIBLE_FEATURE };

struct plausible_pair {
  char *name; // of another measure or feature
  double correlation;
};

struct plausible_item {
  char *name;
  enum plausible_kind kind;
  char *label, *unit;       // NULL: none
  struct text_list labels;  // of the groups or levels, in their order; none or all
  double least, most;       // infinite: no bound
  int decimals;             // of the values; -1: not stated
  int digits;               // to print; -1: not stated
  struct derivation *formula; // NULL: none
  struct plausible_pair *pair;
  size_t n_pairs;
  size_t line;
};

struct plausible {
  char *path; // NULL: there is no file
  struct plausible_item *item;
  size_t n_items;
};

// Fills a {0} from `path` (NULL: nothing is assumed).  Errors, with file and line: a header or
// cell that is none of the form, a measure, feature, level or group that the tables lack, an
// item twice, two different correlations of one pair.
bool plausible_read(struct plausible *plausible, const char *path,
                    const struct published *published, struct error *error);
void plausible_free(struct plausible *plausible);
// NULL if there is none.
const struct plausible_item *plausible_find(const struct plausible *plausible,
                                            enum plausible_kind kind, const char *name);
// The record of kind group, NULL if there is none.
const struct plausible_item *plausible_group(const struct plausible *plausible);
// Of two measures or features, stated with either of them; 0 if not stated.
double plausible_correlation(const struct plausible *plausible, const char *a, const char *b);

#endif
