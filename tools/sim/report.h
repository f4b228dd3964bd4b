/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sums over all runs, and the table that shows them.
 */
#ifndef SIM_REPORT_H
#define SIM_REPORT_H

#include <stdio.h>

#include "runs.h"

/* A result in sums, as all three reports need it. */
struct sim_total {
    uint64_t member_us, sent, bytes, crashes, unresolved, stalls, false_dead, false_dead_members,
        false_suspicions, false_suspicion_members, ailing_dead, refutations, evicted, memory, view,
        time, cpu_us, steps, forced, views_dropped, refused, attack_sent, attack_bytes,
        attack_answered, attack_answered_bytes, attack_pairs;
    uint32_t failed_runs;
};
void sim_total_of(struct sim_total *ret_total, const struct sim_runs *runs);

/* "expect no false dead", with its time where it has one. */
void sim_expectation_write(char text[64], const struct sim_scenario *scenario,
                           enum sim_expectation expectation);

/* Is it asked for? The beginning and the invariants always are. */
bool sim_expectation_asked(const struct sim_scenario *scenario, enum sim_expectation expectation);

/* A table of 80 columns. `command` is what repeats the whole. */
void sim_report_table(FILE *out, const struct sim_runs *runs, const char *command);

#endif
