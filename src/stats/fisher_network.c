// SPDX-License-Identifier: GPL-3.0-or-later
// Fisher's exact test of an r x c table by a network (Mehta & Patel 1983, JASA 78, 427-434;
// Clarkson, Fan & Joe 1993, ACM TOMS 19, 484-488).
//
// A stage fills one column.  A node is what is then left of the row sums, sorted, since the
// order of the rows does not matter for the rest.  A path to a node has a cost, the sum of
// log x! over the cells filled, and a weight, the probability of filling them so; paths of
// equal cost are one path.  A table counts if its whole cost is at least the observed one less
// log(1 + 1e-7).  The rest of the table can cost no less than `least` and no more than `most`:
// paths that are dear enough whatever follows count whole and end, since the probabilities of
// all that follows sum to 1; paths that cannot become dear enough are dropped; only what is
// between goes on.  P is a sum of positive terms, so a tiny one keeps its digits.
#include <config.h>

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "stats/contingency.h"
#include "stats/hypergeometric.h"

// Costs are whole multiples of 2^-38, so that equal sums are equal in any order; the largest
// is log(TOTAL_LIMIT!).
enum { COST_BITS = 38, TOTAL_LIMIT = 1000000, MAX_LINES = 64, PATH_LIMIT = 1000000,
       NODE_LIMIT = 1000000, MIN_SAMPLE = 100 };
// Steps that an arc to the end, one to a node, a path stored, and a cell in a node's bounds are
// worth: some 3 ns each.
enum { END_STEPS = 3, NODE_STEPS = 12, STORE_STEPS = 5, BOUND_STEPS = 5 };
// Products of factorials that are equal differ by some units of rounding: costs are looked up in
// steps of 2^KEY_BITS units (2e-10), and what a step parts is joined when a level is sorted.
enum { KEY_BITS = 6, SAME_COST = 32 };

struct path {
  int64_t cost;
  double weight;
  uint32_t node; // + 1; 0: an empty slot of the hash
};

// The nodes before one stage, and the paths that lead to them.
struct level {
  uint32_t *margin;      // n_nodes x n_rows, each descending
  int64_t *least, *most; // cost of what follows
  size_t n_nodes, node_capacity, bound_capacity, most_capacity;
  uint32_t *node_slot;   // hash: node + 1, or 0
  size_t n_node_slots;
  struct path *path;     // a hash of n_slots = 2^slot_bits while it grows, then by node and cost
  size_t n_paths;
  int slot_bits;
};

struct network {
  size_t n_rows, n_columns;
  uint32_t column[MAX_LINES];  // in the order of the stages: ascending, so that paths stay few
  uint32_t left[MAX_LINES + 1]; // total before each stage
  int64_t *cost;               // of a cell of x
  double *log_half;            // log(k/2)
  int64_t enough;              // cost from which a table counts
  size_t n_steps, max_steps;
  bool anything_dropped;
  double sum, lost;            // P, compensated
  struct level next;
  // The stage at work.
  size_t stage;
  bool at_end;                 // two columns are left
  const uint32_t *margin;
  size_t n_open;               // rows that have something left
  uint64_t rest_after[MAX_LINES + 1]; // sum of the rows from here on
  double *density[MAX_LINES];  // of each cell, from first[i] on
  uint32_t first[MAX_LINES];
  size_t density_capacity[MAX_LINES];
  uint32_t filled[MAX_LINES];
  const struct path *path;     // to the node, by cost
  double *weight_from;         // of path k and all dearer
  size_t n_paths;
};

static uint64_t mix(uint64_t x)
{
  // The finalizer of splitmix64 (Steele, Lea & Flood 2014).
  x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
  return x ^ (x >> 31);
}

static void level_free(struct level *level)
{
  free(level->margin);
  free(level->least);
  free(level->most);
  free(level->node_slot);
  free(level->path);
  *level = (struct level){0};
}

// cost[x] = log x! for 0..total, by compensated summation.
static int64_t *costs_of_cells(size_t total)
{
  int64_t *cost = NEW_ARRAY(int64_t, total + 1);
  double sum = 0, lost = 0;
  cost[0] = 0;
  for (size_t x = 1; x <= total; x++) {
    double term = log((double) x) - lost, next = sum + term;
    lost = (next - sum) - term;
    sum = next;
    cost[x] = (int64_t) llrint(ldexp(sum, COST_BITS)) - (int64_t) llrint(ldexp(lost, COST_BITS));
  }
  return cost;
}

// The dearest way to cut `sum` into parts of at most *cap, cap[step], cap[2 step], ..., which
// descend: fill the largest first, since log x! is convex.  The caps suffice.
static int64_t dearest_fill(const struct network *network, uint32_t sum, const uint32_t *cap,
                            int step)
{
  int64_t cost = 0;
  for (; sum > 0; cap += step) {
    uint32_t x = sum < *cap ? sum : *cap;
    cost += network->cost[x];
    sum -= x;
  }
  return cost;
}

static int64_t most_cost(const struct network *network, const uint32_t *margin, size_t stage)
{
  int64_t by_columns = 0, by_rows = 0;
  const uint32_t *column = network->column + stage;
  size_t n_columns = network->n_columns - stage;
  for (size_t j = 0; j < n_columns; j++)
    by_columns += dearest_fill(network, column[j], margin, 1);
  for (size_t i = 0; i < network->n_rows; i++)
    by_rows += dearest_fill(network, margin[i], column + n_columns - 1, -1);
  return by_columns < by_rows ? by_columns : by_rows;
}

// A bound from below by Lagrange's multipliers: for any a_i, b_j the cost is at least
// sum a_i R_i + sum b_j C_j + sum over the cells of min over x of log x! - (a_i + b_j) x, and the
// minimum is at x = floor(exp(a_i + b_j)).  Near the best: exp(a_i + b_j) as in a table without
// association whose cells each hold 1/2 more.
static int64_t least_cost(const struct network *network, const uint32_t *margin, size_t stage)
{
  const uint32_t *column = network->column + stage;
  size_t n_columns = network->n_columns - stage, n_rows = network->n_rows;
  while (n_rows > 0 && margin[n_rows - 1] == 0)
    n_rows--;
  double bound = 0, total = 2.0 * network->left[stage] + (double) (n_rows * n_columns);
  double log_total = network->log_half[2 * network->left[stage] + n_rows * n_columns];
  int64_t cells = 0;
  for (size_t j = 0; j < n_columns; j++)
    bound += column[j] * network->log_half[2 * column[j] + n_rows];
  for (size_t i = 0; i < n_rows; i++) {
    double row = (double) (2 * margin[i] + n_columns);
    double log_row = network->log_half[2 * margin[i] + n_columns] - log_total;
    bound += margin[i] * log_row;
    for (size_t j = 0; j < n_columns; j++) {
      uint32_t x = (uint32_t) (row * (double) (2 * column[j] + n_rows) / (2 * total));
      cells += network->cost[x];
      bound -= x * (log_row + network->log_half[2 * column[j] + n_rows]);
    }
  }
  // Rounding: some units in the last place of the largest term.
  double slack = 1e-9 + 1e-13 * network->left[stage];
  return cells + (int64_t) floor(ldexp(bound - slack, COST_BITS));
}

static uint64_t margin_hash(const uint32_t *margin, size_t n)
{
  uint64_t hash = 0;
  for (size_t i = 0; i < n; i++)
    hash = hash * UINT64_C(0x9e3779b97f4a7c15) + margin[i];
  return mix(hash);
}

static void node_slots_grow(struct level *level, size_t n_rows)
{
  size_t n = level->n_node_slots ? 2 * level->n_node_slots : 256;
  free(level->node_slot);
  level->node_slot = NEW_ZEROED(uint32_t, n);
  level->n_node_slots = n;
  for (size_t k = 0; k < level->n_nodes; k++) {
    size_t slot = margin_hash(level->margin + k * n_rows, n_rows) & (n - 1);
    while (level->node_slot[slot])
      slot = (slot + 1) & (n - 1);
    level->node_slot[slot] = (uint32_t) k + 1;
  }
}

// The node of the next level with this margin (descending), made if it is new.
static uint32_t node_find(struct network *network, const uint32_t *margin)
{
  struct level *level = &network->next;
  size_t n_rows = network->n_rows;
  if (2 * (level->n_nodes + 1) > level->n_node_slots)
    node_slots_grow(level, n_rows);
  size_t mask = level->n_node_slots - 1, slot = margin_hash(margin, n_rows) & mask;
  for (; level->node_slot[slot]; slot = (slot + 1) & mask) {
    uint32_t node = level->node_slot[slot] - 1;
    if (memcmp(level->margin + node * n_rows, margin, n_rows * sizeof *margin) == 0)
      return node;
  }
  size_t node = level->n_nodes++;
  level->node_slot[slot] = (uint32_t) node + 1;
  GROW_ARRAY(level->margin, level->node_capacity, level->n_nodes * n_rows);
  GROW_ARRAY(level->least, level->bound_capacity, level->n_nodes);
  GROW_ARRAY(level->most, level->most_capacity, level->n_nodes);
  memcpy(level->margin + node * n_rows, margin, n_rows * sizeof *margin);
  network->n_steps += BOUND_STEPS * n_rows * (network->n_columns - network->stage);
  level->least[node] = least_cost(network, margin, network->stage + 1);
  level->most[node] = most_cost(network, margin, network->stage + 1);
  return (uint32_t) node;
}

static int64_t cost_key(int64_t cost)
{
  return (cost + (1 << (KEY_BITS - 1))) >> KEY_BITS;
}

// Fibonacci hashing (Knuth 1998, section 6.4).
static size_t path_slot(const struct level *level, uint32_t node, int64_t cost)
{
  uint64_t key = (uint64_t) cost_key(cost) + node * UINT64_C(0xd6e8feb86659fd93);
  return (size_t) ((key * UINT64_C(0x9e3779b97f4a7c15)) >> (64 - level->slot_bits));
}

static void path_slots_grow(struct level *level)
{
  size_t n_old = level->path ? (size_t) 1 << level->slot_bits : 0;
  struct path *old = level->path;
  level->slot_bits = level->path ? level->slot_bits + 1 : 10;
  level->path = NEW_ZEROED(struct path, (size_t) 1 << level->slot_bits);
  size_t mask = ((size_t) 1 << level->slot_bits) - 1;
  for (size_t k = 0; k < n_old; k++) {
    if (!old[k].node)
      continue;
    size_t slot = path_slot(level, old[k].node, old[k].cost);
    while (level->path[slot].node)
      slot = (slot + 1) & mask;
    level->path[slot] = old[k];
  }
  free(old);
}

static void path_add(struct level *level, uint32_t node, int64_t cost, double weight)
{
  if (!level->path || 3 * (level->n_paths + 1) > (size_t) 2 << level->slot_bits)
    path_slots_grow(level);
  size_t mask = ((size_t) 1 << level->slot_bits) - 1;
  for (size_t slot = path_slot(level, node + 1, cost);; slot = (slot + 1) & mask) {
    struct path *path = level->path + slot;
    if (!path->node) {
      *path = (struct path){cost, weight, node + 1};
      level->n_paths++;
      return;
    }
    if (path->node == node + 1 && cost_key(path->cost) == cost_key(cost)) {
      path->weight += weight;
      return;
    }
  }
}

static void probability_add(struct network *network, double p)
{
  double term = p - network->lost, next = network->sum + term;
  network->lost = (next - network->sum) - term;
  network->sum = next;
}

// The first path in 0..n whose cost is at least this.
static size_t path_at_least(const struct network *network, size_t n, int64_t cost)
{
  size_t low = 0;
  while (low < n) {
    size_t middle = low + (n - low) / 2;
    if (network->path[middle].cost < cost)
      low = middle + 1;
    else
      n = middle;
  }
  return low;
}

// What an arc of this cost and probability makes of the paths to the node, when the rest of the
// table costs between least and most: n_dropped paths are dropped, those from the one returned on
// count.
static size_t paths_part(struct network *network, int64_t cost, int64_t least, int64_t most,
                         double probability, size_t *n_dropped)
{
  size_t counts = path_at_least(network, network->n_paths, network->enough - cost - least);
  if (counts < network->n_paths)
    probability_add(network, network->weight_from[counts] * probability);
  *n_dropped =
      least == most ? counts : path_at_least(network, counts, network->enough - cost - most);
  network->anything_dropped |= *n_dropped > 0;
  return counts;
}

static void arc_follow(struct network *network, int64_t cost, double probability)
{
  uint32_t margin[MAX_LINES] = {0};
  for (size_t i = 0; i < network->n_open; i++) {
    uint32_t x = network->margin[i] - network->filled[i];
    size_t k = i;
    for (; k > 0 && margin[k - 1] < x; k--)
      margin[k] = margin[k - 1];
    margin[k] = x;
  }
  uint32_t node = node_find(network, margin);
  struct level *next = &network->next;
  size_t n_dropped, counts = paths_part(network, cost, next->least[node], next->most[node],
                                        probability, &n_dropped);
  for (size_t k = n_dropped; k < counts; k++)
    path_add(next, node, network->path[k].cost + cost, network->path[k].weight * probability);
  network->n_steps += STORE_STEPS * (counts - n_dropped);
}

// Fills the rows from `row` on with `sum` in all possible ways.  Rows with equal margins are
// filled in descending order only, and the probability multiplied by the number of orders:
// n_equal rows of this margin were filled before, the last n_same of them alike.
static bool column_fill(struct network *network, size_t row, uint32_t sum, int64_t cost,
                        double probability, size_t n_equal, size_t n_same)
{
  if (row == network->n_open) {
    network->n_steps += network->at_end ? END_STEPS : NODE_STEPS;
    if (network->n_steps > network->max_steps || network->next.n_paths > PATH_LIMIT ||
        network->next.n_nodes > NODE_LIMIT)
      return false;
    size_t n_dropped;
    if (network->at_end) // and the cost is whole
      paths_part(network, cost, 0, 0, probability, &n_dropped);
    else
      arc_follow(network, cost, probability);
    return true;
  }
  uint32_t margin = network->margin[row], most = sum < margin ? sum : margin;
  uint64_t rest = network->rest_after[row + 1];
  uint32_t least = sum > rest ? (uint32_t) (sum - rest) : 0;
  bool same_margin = row > 0 && network->margin[row - 1] == margin;
  uint32_t before = same_margin ? network->filled[row - 1] : 0;
  if (!same_margin)
    n_equal = n_same = 0;
  else if (most > before)
    most = before;
  for (uint32_t x = least; x <= most; x++) {
    size_t run = same_margin && x == before ? n_same + 1 : 1;
    double orders = (double) (n_equal + 1) / (double) run;
    network->filled[row] = x;
    // Of two columns the second is what the first leaves.
    int64_t cell = network->cost[x] + (network->at_end ? network->cost[margin - x] : 0);
    if (!column_fill(network, row + 1, sum - x, cost + cell,
                     probability * orders * network->density[row][x - network->first[row]],
                     n_equal + 1, run))
      return false;
  }
  return true;
}

// Binomial densities of the cells that the column can have: given their sum, these cells are
// hypergeometric whatever the success probability, and with column/total nothing underflows
// that matters.
static void densities_prepare(struct network *network)
{
  uint32_t column = network->column[network->stage], left = network->left[network->stage];
  double odds = (double) column / (double) (left - column);
  for (size_t i = 0; i < network->n_open; i++) {
    uint32_t margin = network->margin[i], others = left - margin;
    uint32_t first = column > others ? column - others : 0;
    uint32_t last = margin < column ? margin : column;
    size_t n = last - first + 1;
    GROW_ARRAY(network->density[i], network->density_capacity[i], n);
    double *density = network->density[i];
    uint32_t mode = (uint32_t) ((double) (margin + 1) * column / left);
    mode = mode < first ? first : mode > last ? last : mode;
    density[mode - first] = exp(binomial_log_density(mode, margin, column, left));
    for (uint32_t x = mode; x < last; x++)
      density[x + 1 - first] = density[x - first] * (odds * (margin - x) / (x + 1));
    for (uint32_t x = mode; x > first; x--)
      density[x - 1 - first] = density[x - first] * (x / (odds * (margin - x + 1)));
    network->first[i] = first;
    network->n_steps += n / 8;
  }
}

static bool node_expand(struct network *network, const uint32_t *margin)
{
  uint32_t column = network->column[network->stage], left = network->left[network->stage];
  network->margin = margin;
  network->n_open = network->n_rows;
  while (margin[network->n_open - 1] == 0)
    network->n_open--;
  network->rest_after[network->n_open] = 0;
  for (size_t i = network->n_open; i-- > 0;)
    network->rest_after[i] = network->rest_after[i + 1] + margin[i];
  densities_prepare(network);
  double scale = exp(-binomial_log_density(column, left, column, left));
  return column_fill(network, 0, column, 0, scale, 0, 0);
}

static int compare_paths(const void *a, const void *b)
{
  const struct path *x = a, *y = b;
  if (x->node != y->node)
    return x->node < y->node ? -1 : 1;
  return (x->cost > y->cost) - (x->cost < y->cost);
}

// Sorts the paths out of the hash, by node and cost, and joins those of one node whose costs
// differ by rounding only.
static void paths_sort(struct level *level)
{
  struct path *path = level->path;
  size_t n = 0, n_left = 0;
  for (size_t k = 0; k >> level->slot_bits == 0; k++)
    if (path[k].node)
      path[n++] = path[k];
  RESIZE_ARRAY(path, n);
  level->path = path;
  qsort(path, n, sizeof *path, compare_paths);
  for (size_t k = 0; k < n; k++)
    if (n_left > 0 && path[n_left - 1].node == path[k].node &&
        path[k].cost - path[n_left - 1].cost <= SAME_COST)
      path[n_left - 1].weight += path[k].weight;
    else
      path[n_left++] = path[k];
  level->n_paths = n_left;
}

// Where the paths of each node begin, and the end; returns the number of nodes.
static size_t nodes_list(const struct level *level, size_t **first)
{
  size_t n_nodes = 0;
  *first = NEW_ARRAY(size_t, level->n_nodes + 2);
  for (size_t k = 0; k < level->n_paths; k++)
    if (k == 0 || level->path[k].node != level->path[k - 1].node)
      (*first)[n_nodes++] = k;
  (*first)[n_nodes] = level->n_paths;
  return n_nodes;
}

static bool stage_run(struct network *network, struct level *level)
{
  if (level->n_paths == 0)
    return true;
  paths_sort(level);
  network->weight_from = NEW_ARRAY(double, level->n_paths);
  network->at_end = network->stage + 2 == network->n_columns;
  size_t *first, n_nodes = nodes_list(level, &first), n_before = network->n_steps;
  bool done = true;
  for (size_t i = 0; done && i < n_nodes; i++) {
    // From all over the level (the stride is a prime above NODE_LIMIT), so that the first nodes
    // tell what all will take, and what cannot end within the limit ends soon.
    size_t k = i * UINT64_C(1000003) % n_nodes;
    network->path = level->path + first[k];
    network->n_paths = first[k + 1] - first[k];
    double sum = 0;
    for (size_t j = network->n_paths; j-- > 0;)
      network->weight_from[j] = sum += network->path[j].weight;
    done = node_expand(network, level->margin + (network->path->node - 1) * network->n_rows);
    double per_node = (double) (network->n_steps - n_before) / (double) (i + 1);
    if (i >= MIN_SAMPLE &&
        (double) n_before + per_node * (double) n_nodes > 1.25 * (double) network->max_steps)
      done = false;
  }
  free(first);
  free(network->weight_from);
  return done;
}

static int ascending(const void *a, const void *b)
{
  uint32_t x = *(const uint32_t *) a, y = *(const uint32_t *) b;
  return (x > y) - (x < y);
}

static int descending(const void *a, const void *b)
{
  return ascending(b, a);
}

static void sums_sort(const double *sum, size_t n, int (*compare)(const void *, const void *),
                      uint32_t *sorted)
{
  for (size_t i = 0; i < n; i++)
    sorted[i] = (uint32_t) sum[i];
  qsort(sorted, n, sizeof *sorted, compare);
}

bool fisher_network(const struct contingency_table *table, size_t max_steps, double *p_value)
{
  size_t n_lines = table->n_rows + table->n_columns;
  if (table->total > TOTAL_LIMIT || table->n_rows < 2 || table->n_columns < 2 ||
      n_lines > MAX_LINES)
    return false;
  struct network network = {.max_steps = max_steps};
  bool transposed = table->n_rows > table->n_columns;
  network.n_rows = transposed ? table->n_columns : table->n_rows;
  network.n_columns = transposed ? table->n_rows : table->n_columns;
  size_t total = (size_t) table->total, n_cells = network.n_rows * network.n_columns;
  network.cost = costs_of_cells(total);
  network.log_half = NEW_ARRAY(double, 2 * total + n_cells + 1);
  for (size_t k = 0; k <= 2 * total + n_cells; k++)
    network.log_half[k] = log(0.5 * (double) k);
  sums_sort(transposed ? table->row_sum : table->column_sum, network.n_columns, ascending,
            network.column);
  network.left[0] = (uint32_t) total;
  for (size_t j = 0; j < network.n_columns; j++)
    network.left[j + 1] = network.left[j] - network.column[j];
  for (size_t i = 0; i < n_cells; i++)
    network.enough += network.cost[(size_t) table->cell[i]];
  network.enough -= (int64_t) ldexp(log1p(1e-7), COST_BITS);

  struct level level = {0};
  level.margin = NEW_ARRAY(uint32_t, network.n_rows);
  sums_sort(transposed ? table->column_sum : table->row_sum, network.n_rows, descending,
            level.margin);
  path_add(&level, 0, 0, 1);
  bool done = true;
  for (; done && network.stage + 1 < network.n_columns; network.stage++) {
    done = stage_run(&network, &level);
    level_free(&level);
    level = network.next;
    network.next = (struct level){0};
  }
  *p_value = network.anything_dropped ? fmin(network.sum, 1) : 1;
  level_free(&level);
  for (size_t i = 0; i < network.n_rows; i++)
    free(network.density[i]);
  free(network.cost);
  free(network.log_half);
  return done;
}
