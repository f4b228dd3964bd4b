/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one run has shown: counters, and a sample for the time of each verdict. Samples are kept
 * because percentiles over many runs must be those of all samples together.
 */
#ifndef SIM_RESULT_H
#define SIM_RESULT_H

#include "scenario.h"

/* What is measured, and how a table calls it. */
#define SIM_METRICS(X)                                                                             \
    X(SUSPECTED, "suspected", "gone: first suspicion")                                             \
    X(DEAD_CLOSED, "dead-closed", "crash, closed port: all say dead")                              \
    X(DEAD_SILENT, "dead-silent", "crash, silent: all say dead")                                   \
    X(DEAD_WORDS, "dead-words", "crash, last words: all say dead")                                 \
    X(CUT_OFF, "cut-off", "cut off: all say dead")                                                 \
    X(LEFT, "left", "leave: all say dead")                                                         \
    X(BACK, "back", "up or back: all say alive")                                                   \
    X(AGREED, "agreed", "any change: all agree again")                                             \
    X(KEYS, "keys", "reload: all views are equal")

enum sim_metric {
#define SIM_METRIC_ENUM(name, key, text) SIM_METRIC_##name,
    SIM_METRICS(SIM_METRIC_ENUM)
#undef SIM_METRIC_ENUM
        SIM_METRIC_COUNT
};

const char *sim_metric_key(enum sim_metric metric);
const char *sim_metric_text(enum sim_metric metric);

struct sim_sample {
    enum sim_metric metric;
    uint32_t run, subject;
    uint64_t at; /* of the change, microseconds of the scenario */
    uint64_t us; /* how long it took from there */
};

/* Expectations, as they are numbered in a result. */
enum sim_expectation {
    SIM_EXPECT_BEGINNING,
    SIM_EXPECT_DEAD,
    SIM_EXPECT_AGREED,
    SIM_EXPECT_NO_FALSE_DEAD,
    SIM_EXPECT_NO_FALSE_SUSPICION,
    SIM_EXPECT_NO_REVIVAL,
    SIM_EXPECT_NO_WRONG_MERGE,
    SIM_EXPECT_REPLACEMENT,
    SIM_EXPECT_NO_REFUSED,
    SIM_EXPECT_INVARIANTS,
    SIM_EXPECT_COUNT
};

struct sim_failure {
    uint32_t times;
    uint64_t at, step; /* of the first one; `at` in microseconds of the scenario */
    char text[SIM_ERROR_TEXT_MAX];
};

/* One count a tenth of the run, for plots over time. */
#define SIM_SLICES 60u

struct sim_slice {
    uint64_t bytes, false_dead, false_suspicions;
};

struct sim_result {
    uint32_t run;
    uint64_t seed, digest, events_digest, steps, time;
    uint64_t beginning; /* microseconds until the cluster had agreed for the first time */
    uint64_t member_us; /* microseconds of all running members together */
    uint64_t sent, bytes;
    uint64_t crashes, unresolved; /* deaths that not all had told of at the end */
    uint64_t stalls;
    uint64_t false_dead, false_dead_members;
    uint64_t false_suspicions, false_suspicion_members;
    uint64_t ailing_dead; /* verdicts about members whose network hardly works: not false */
    uint64_t refutations;
    uint64_t forced;        /* removals by an operator that a member has carried out */
    uint64_t views_dropped; /* by members that were away for longer than tombstones live */
    uint64_t evicted;       /* processes that gave way to another of their name */
    uint64_t refused;       /* datagrams, for their form or key */
    uint64_t attack_sent, attack_bytes;              /* by an attacker */
    uint64_t attack_answered, attack_answered_bytes; /* to it, or because of it */
    uint64_t attack_pairs; /* of members that were found to exchange after it */
    uint64_t memory, view; /* bytes of the greatest node, and members in its view */
    uint64_t cpu_us;       /* what it took to simulate, of a processor's time */
    struct sim_slice slices[SIM_SLICES];
    struct sim_failure failures[SIM_EXPECT_COUNT];
    size_t sample_count, sample_room;
    struct sim_sample *samples;
};

/* Returns false without memory. */
bool sim_result_add(struct sim_result *result, const struct sim_sample *sample);

/* The first time is kept in words, the others are counted. */
void sim_result_fail(struct sim_result *result, enum sim_expectation expectation, uint64_t at,
                     uint64_t step, const char *format, ...) __attribute__((format(printf, 5, 6)));
bool sim_result_failed(const struct sim_result *result);

/* Through a file descriptor, from a child to its parent. Return false on an error. */
bool sim_result_write(const struct sim_result *result, int fd);
bool sim_result_read(struct sim_result *ret_result, int fd);

void sim_result_fini(struct sim_result *result);

/* ---- over many --------------------------------------------------------------------------- */

/* The samples of one metric, sorted by time taken. */
struct sim_series {
    uint64_t *us;
    size_t count;
};
bool sim_series_collect(struct sim_series *ret_series, const struct sim_result *results,
                        size_t count, enum sim_metric metric);
void sim_series_fini(struct sim_series *series);

/* The least value that so many permille do not exceed; 0 of none. */
uint64_t sim_series_at(const struct sim_series *series, uint32_t permille);

#endif
