/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many runs of one scenario: one beginning, then a process for each run, which goes on from there
 * with chance of its own. A copy of a process is the cheapest copy of a world; and a run that
 * crashes takes nothing else with it.
 */
#ifndef SIM_RUNS_H
#define SIM_RUNS_H

#include "play.h"

struct sim_runs {
    const struct sim_scenario *scenario;
    unsigned jobs; /* at the same time; 0: as many as there are processors and memory for */
    uint32_t only; /* this run alone; 0: all */
    bool progress; /* a line on stderr */
    struct sim_result *results;
    uint32_t count;
    uint64_t beginning_cpu_us;
    uint64_t digest, events_digest; /* of all runs */
};

/* Returns 0 or an error; `why` says it. */
int sim_runs_do(struct sim_runs *runs, char why[SIM_WHY_MAX]);

void sim_runs_fini(struct sim_runs *runs);

#endif
