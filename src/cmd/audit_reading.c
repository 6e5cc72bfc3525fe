// SPDX-License-Identifier: GPL-3.0-or-later
// her2-audit: which groups an unstated model compares.
//
// The order of tables and groups gives a first reading (published.h).  Where another reading,
// one group against the rest or against one other, leaves at most a third of the contradictions
// in the model's table and figures, it is taken instead: tables that are right must not be
// accused because their groups stand in another order.
#include <config.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cmd/audit.h"

enum { MOST_GROUPS = 8, BETTER = 3 };

static bool concerns(const struct published *published, const struct audit_finding *finding,
                     const struct published_model *model)
{
  if (model->table && strcmp(published->file[finding->file].name, model->table) == 0)
    return true;
  size_t n = model->name ? strlen(model->name) : 0;
  return n && published->file[finding->file].form == PUBLISHED_PERFORMANCE &&
         strncmp(finding->item, model->name, n) == 0 && finding->item[n] == ' ';
}

// Contradictions in the model's table and figures, with the models as they are now.
static size_t count_contradictions(const struct audit *audit, const struct published_model *model)
{
  struct audit trial = *audit;
  trial.finding = NULL;
  audit_register(&trial);
  audit_logistic(&trial);
  audit_performance(&trial);
  size_t n = 0;
  for (size_t i = 0; i < trial.n_findings; i++)
    n += trial.finding[i].verdict >= VERDICT_DIFFERENT &&
         concerns(&audit->published, &trial.finding[i], model);
  audit_free_findings(&trial);
  return n;
}

// Reading r of a model: event group r / n against the rest (r % n == r / n) or against group
// r % n.
static void set_reading(struct published_model *model, size_t n_groups, size_t r)
{
  size_t event = r / n_groups, other = r % n_groups;
  for (size_t g = 0; g < n_groups; g++) {
    model->event[g] = g == event;
    model->comparison[g] = event == other ? g != event : g == other;
  }
  model->known = true;
}

void audit_choose_readings(struct audit *audit)
{
  struct published *published = &audit->published;
  size_t n = published->n_groups;
  audit->fitted = NEW_ZEROED(bool, published->n_models);
  if (n < 2 || n > MOST_GROUPS)
    return;
  bool any_stated = false;
  for (size_t i = 0; i < published->n_models; i++)
    any_stated |= published->model[i].stated;
  for (size_t i = 0; i < published->n_models && !any_stated; i++) {
    struct published_model *model = &published->model[i];
    bool was_known = model->known;
    size_t first = was_known ? count_contradictions(audit, model) : SIZE_MAX;
    if (first == 0 || !was_known)
      continue;
    struct published_model kept = *model;
    model->event = NEW_ARRAY(bool, n);
    model->comparison = NEW_ARRAY(bool, n);
    size_t least = first, best = 0;
    for (size_t r = 0; r < n * n; r++) {
      set_reading(model, n, r);
      size_t count = count_contradictions(audit, model);
      if (count < least) {
        least = count;
        best = r;
      }
    }
    set_reading(model, n, best);
    bool better = least * BETTER <= first;
    if (better) {
      free(kept.event);
      free(kept.comparison);
      audit->fitted[i] = true;
    } else {
      free(model->event);
      free(model->comparison);
      *model = kept;
    }
  }
}
