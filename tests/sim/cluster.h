/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cluster language: tests that read as sentences, in fake seconds, on libsim.
 *
 *     cluster_start(5);
 *     wait_until_agree(5 SECONDS);
 *     crash("n3");
 *     expect_sees("*", "n3", HEARSAY_STATUS_DEAD, 8 SECONDS);
 *     expect_never(HEARSAY_STATUS_SUSPECT, "n3");
 *     cluster_end();
 *
 * One cluster at a time. Members are spoken of by labels, which are their names unless start_as
 * says otherwise, in lists: "n1", "n1,n4", "n2..n5", and "*" for every member whose process runs
 * now.
 *
 * Whatever is expected and does not happen, and any invariant that breaks, ends the test with the
 * seed, the fake time and the views in question. HEARSAY_TEST_SEED=number runs the tests in other
 * weather.
 */
#ifndef HS_TESTS_CLUSTER_H
#define HS_TESTS_CLUSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hearsay/event.h>
#include <hearsay/node.h>
#include <hearsay/ring.h>
#include <hearsay/stats.h>

#include "sim.h"

/* Durations: 5 SECONDS. Signed microseconds, for clocks that step back. */
#define MICROSECONDS *INT64_C(1)
#define MILLISECONDS *INT64_C(1000)
#define SECONDS      *INT64_C(1000000)
#define MINUTES      *INT64_C(60000000)
#define HOURS        *INT64_C(3600000000)
#define DAYS         *INT64_C(86400000000)

/* ---- beginning and end ------------------------------------------------------------------- */

/* An empty cluster; change settings() before members start. */
void cluster_new(void);

/* cluster_new, and n1 to n<count>, all at once; all but n1 join n1. */
void cluster_start(unsigned count);

/* Ends every process, and looks for what is left behind. */
void cluster_end(void);

struct hearsay_config *settings(void);
struct sim_link *network(void);
struct sim_world *world(void);

/* ---- members ----------------------------------------------------------------------------- */

/* Each on a machine of its own, alone, with its label as its name. A label seen for the first time
 * gets its machine here; clocks can be set before with clock_offset. */
void start(const char *labels);
void start_as(const char *label, const char *name);

/* Each of `labels` tries to join through each of `seeds`. A label that never ran is a seed that is
 * dead. */
void join(const char *labels, const char *seeds);

void crash(const char *labels);            /* the process dies, its port is closed */
void crash_with_words(const char *labels); /* the same, and its witness says so (R60) */
void kill_silently(const char *labels);    /* the machine loses power */
void freeze(const char *labels);           /* the process stops, its socket fills */
void thaw(const char *labels);
void leave(const char *labels);

/* A fresh process with fresh memory, which joins through `seeds` ("" for none): at the same
 * address, or at a new one, while what ran at the old one is left as it is. */
void restart(const char *labels, const char *seeds);
void restart_elsewhere(const char *label, const char *seeds);

void force_leave(const char *by, const char *label, bool prune, int expected_result);

/* The wall clock only: set against the world's, or stepped. */
void clock_offset(const char *labels, int64_t offset);
void clock_step(const char *labels, int64_t step);
void clock_1970(const char *labels);

/* ---- network ----------------------------------------------------------------------------- */

void cut(const char *labels, const char *others); /* both ways */
void cut_one_way(const char *from, const char *to);
void lose_between(const char *labels, const char *others, unsigned permille);
void heal(void);

/* ---- time -------------------------------------------------------------------------------- */

void run_for(int64_t duration);
int64_t fake_time(void);

/* Until all that run hold all that run alive, and nobody suspect, and views and rings are equal.
 * Returns how long it took. */
int64_t wait_until_agree(int64_t limit);

/* ---- expectations ------------------------------------------------------------------------ */

/* Within the limit, each observer holds each of the subjects as this, all at once.
 * HEARSAY_STATUS_NONE: it does not list it. Observers say nothing of themselves. Returns how long
 * it took. */
int64_t expect_sees(const char *observers, const char *subjects, enum hearsay_status status,
                    int64_t limit);

/* The same, without interruption for so long. */
void expect_keeps(const char *observers, const char *subjects, enum hearsay_status status,
                  int64_t duration);

/* The cause of death on record with each observer. */
void expect_cause(const char *observers, const char *subject, enum hearsay_cause cause);

/* From here on count what expect_never, expect_story and expect_reason look at. cluster_start marks
 * too. */
void mark(void);

/* Since the mark nobody said that anyone is this, except of these ("" for no exception). */
void expect_never(enum hearsay_status status, const char *except);

/* Since the mark each observer told exactly this of the subject's status: "suspect dead alive". */
void expect_story(const char *observers, const char *subject, const char *story);

/* Since the mark each observer gave this reason for the subject at least once. */
void expect_reason(const char *observers, const char *subject, enum hearsay_reason reason);

/* Since the mark the member's own node said this, within the limit. */
int64_t expect_event(const char *label, enum hearsay_event_kind kind, int64_t limit);
/* How its attempts to join ended since the mark: this many with this result. */
void expect_joins(const char *label, enum hearsay_join_result result, unsigned count);

void expect_views_equal(const char *labels);
void expect_rings_equal(const char *labels);

/* ---- looking ----------------------------------------------------------------------------- */

uint32_t machine_of(const char *label);
const char *name_of(const char *label);
const struct hearsay_node *node_of(const char *label);
bool is_running(const char *label);
struct hearsay_stats stats_of(const char *label);
enum hearsay_status status_at(const char *observer, const char *subject);

/* The first `count` distinct labels of a list, as machines; for loops over it. */
size_t machines_of(const char *labels, uint32_t *ret_machines, size_t room);

#endif
