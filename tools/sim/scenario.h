/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A scenario: how many members, on what network, what happens to them and when, and what is
 * expected. It is written one statement a line, in a file or as flags; docs/simulator.md is the
 * language's reference, and `sim_verbs` its grammar.
 */
#ifndef SIM_SCENARIO_H
#define SIM_SCENARIO_H

#include "action.h"

#define SIM_STATEMENTS_MAX 256u
#define SIM_RUNS_MAX       10000u

struct sim_statement {
    struct sim_action action;
    uint64_t at, every; /* microseconds from the beginning; `every` 0: once */
    unsigned line;      /* 0: a flag */
    char text[SIM_TEXT_MAX];
};

/* What must come true, or the run has failed. */
struct sim_expectations {
    uint64_t dead_within;      /* 0: not asked */
    uint64_t agreed_within;    /* likewise */
    uint64_t no_refused_since; /* of no_refused */
    bool no_refused;           /* no datagram refused for its form or key from then on */
    bool no_false_dead, no_false_suspicion, no_revival, no_wrong_merge, replacement_stays;
};

struct sim_scenario {
    uint32_t members;
    uint32_t clusters;         /* of one name, into which the members are divided */
    uint64_t start_within;     /* the members start within so long */
    bool acquainted;           /* all know all from the first moment */
    uint64_t run;              /* microseconds after the beginning */
    uint64_t beginning_within; /* and that takes at most so long */
    uint64_t seed;
    uint32_t runs;
    struct hearsay_config config; /* settings of all members */
    struct sim_latency latency;
    struct sim_expectations expect;
    struct sim_racks racks;
    struct sim_key_rules keys;
    struct sim_statement statements[SIM_STATEMENTS_MAX];
    size_t statement_count;
};

/* 100 members on a LAN for a minute, in fair weather, with the daemon's own settings. */
void sim_scenario_init(struct sim_scenario *ret_scenario);

/* Reads one statement. Returns 0, or HEARSAY_ERR_INVALID with a sentence in `error` that says what
 * would be right. An empty one is none. */
int sim_scenario_read(struct sim_scenario *scenario, const char *text, unsigned line,
                      char error[SIM_ERROR_TEXT_MAX]);

/* Reads a file; `error` begins with its name and the line. */
int sim_scenario_read_file(struct sim_scenario *scenario, const char *path,
                           char error[SIM_ERROR_TEXT_MAX]);

/* Does a statement with this verb happen? */
bool sim_scenario_has(const struct sim_scenario *scenario, enum sim_verb verb);

/* What can only be judged when all is read. `error` says it. */
int sim_scenario_check(const struct sim_scenario *scenario, char error[SIM_ERROR_TEXT_MAX]);

/* The statements, for --help and for those who look for a word. */
struct sim_verb_row {
    const char *word;
    const char *usage; /* of the whole statement */
    bool timed;        /* may stand after `at` and `every` */
};
const struct sim_verb_row *sim_verb_rows(size_t *ret_count);

#endif
