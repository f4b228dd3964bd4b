/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many runs of one scenario. The beginning is played once; then each run is a copy of this process
 * that goes on with random numbers of its own. To copy a process is the cheapest way to copy a
 * world, and a run that crashes does not end the others.
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

/* Returns 0 or an error; `error` says it. */
int sim_runs_do(struct sim_runs *runs, char error[SIM_ERROR_TEXT_MAX]);

void sim_runs_fini(struct sim_runs *runs);

#endif
