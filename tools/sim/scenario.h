/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A scenario: how many members, on what network, what happens to them and when, and what is
 * expected. It is written one statement a line, in a file or as flags; docs/simulator.md is the
 * language's reference, and `sim_verbs` its grammar.
 */
#ifndef SIM_SCENARIO_H
#define SIM_SCENARIO_H

#include "sim.h"
#include "words.h"

#define SIM_STATEMENTS_MAX 256u
#define SIM_RANGES_MAX     8u
#define SIM_RACKS_MAX      16u
#define SIM_RACK_NAME_MAX  16u
#define SIM_RUNS_MAX       10000u

/* Whom a statement is about. */
enum sim_who_kind {
    SIM_WHO_NONE,
    SIM_WHO_LIST,   /* n1,n3..n9 */
    SIM_WHO_ALL,    /* all */
    SIM_WHO_RANDOM, /* random, 5 random: up and well, drawn when it happens */
    SIM_WHO_SHARE,  /* 1%, half: likewise */
    SIM_WHO_OTHERS, /* others: who is not the other one of the statement */
};

struct sim_who {
    enum sim_who_kind kind;
    uint32_t count;    /* RANDOM */
    uint32_t permille; /* SHARE */
    uint32_t ranges[SIM_RANGES_MAX][2];
    size_t range_count;
};

enum sim_verb {
    /* the weather */
    SIM_LATENCY = 1,
    SIM_LOSS,
    SIM_DUPLICATE,
    SIM_REORDER,
    SIM_CORRUPT,
    SIM_SLOW,
    SIM_CUT,
    SIM_FIREWALL,
    SIM_FLAP,
    SIM_HEAL,
    /* the members */
    SIM_CRASH,
    SIM_LEAVE,
    SIM_PAUSE,
    SIM_RESUME,
    SIM_RESTART,
    SIM_CLONE,
    SIM_JOIN,
    SIM_CLOCK,
    SIM_FORCE_LEAVE,
    SIM_TAGS,
};

enum sim_way {
    SIM_WAY_BOTH,
    SIM_WAY_IN,
    SIM_WAY_OUT,
    SIM_WAY_CLOSED, /* a crash that leaves a closed port */
    SIM_WAY_SILENT, /* one that leaves nothing */
    SIM_WAY_FRESH,
    SIM_WAY_MEMORY,
    SIM_WAY_ELSEWHERE,
    SIM_WAY_PRUNE, /* a removal that takes the member from the lists, too */
};

/* Tags as they were written, "zone=a": text, so that an action can be copied. */
struct sim_tags {
    char text[SIM_TEXT_MAX]; /* one behind the other, each with its terminating zero */
    size_t count;
};

/* The same as the library takes them; they borrow from `text`. */
struct sim_tag_list {
    char text[SIM_TEXT_MAX];
    struct hearsay_tag tags[HEARSAY_TAGS_COUNT];
};

struct sim_action {
    enum sim_verb verb;
    enum sim_way way;
    struct sim_who who, other;
    uint32_t permille;
    uint32_t count;
    uint64_t duration; /* microseconds; 0: none given */
    int64_t offset;
    int32_t ppm;
    struct sim_latency latency;
    struct sim_tags tags;
};

struct sim_statement {
    struct sim_action action;
    uint64_t at, every; /* microseconds from the beginning; `every` 0: once */
    unsigned line;      /* 0: a flag */
    char text[SIM_TEXT_MAX];
};

/* What must come true, or the run has failed. */
struct sim_expectations {
    uint64_t dead_within;   /* 0: not asked */
    uint64_t agreed_within; /* likewise */
    bool no_false_dead, no_false_suspicion, no_revival, replacement_stays;
};

struct sim_rack {
    char name[SIM_RACK_NAME_MAX];
    struct sim_who who;
};

struct sim_scenario {
    uint32_t members;
    uint64_t start_within;     /* the members start within so long */
    bool acquainted;           /* all know all from the first moment */
    uint64_t run;              /* microseconds after the beginning */
    uint64_t beginning_within; /* and that takes at most so long */
    uint64_t seed;
    uint32_t runs;
    struct hearsay_config config; /* settings of all members */
    struct sim_latency latency;
    struct sim_expectations expect;
    struct sim_rack racks[SIM_RACKS_MAX];
    size_t rack_count;
    struct sim_statement statements[SIM_STATEMENTS_MAX];
    size_t statement_count;
};

/* 100 members on a LAN for a minute, in fair weather, with the daemon's own settings. */
void sim_scenario_init(struct sim_scenario *ret_scenario);

/* Reads one statement. Returns 0, or HEARSAY_ERR_INVALID with a sentence in `why` that says what
 * would be right. An empty one is none. */
int sim_scenario_read(struct sim_scenario *scenario, const char *text, unsigned line,
                      char why[SIM_WHY_MAX]);

/* Reads a file; `why` begins with its name and the line. */
int sim_scenario_read_file(struct sim_scenario *scenario, const char *path, char why[SIM_WHY_MAX]);

/* What can only be judged when all is read. `why` says it. */
int sim_scenario_check(const struct sim_scenario *scenario, char why[SIM_WHY_MAX]);

/* The statements, for --help and for those who look for a word. */
struct sim_verb_row {
    const char *word;
    const char *usage; /* of the whole statement */
    bool timed;        /* may stand after `at` and `every` */
};
const struct sim_verb_row *sim_verb_rows(size_t *ret_count);

/* ---- its parts --------------------------------------------------------------------------- */

/* tags.c: reads one KEY=VALUE. False: none, or too many. */
bool sim_tags_add(struct sim_tags *tags, const char *word);
void sim_tags_list(struct sim_tag_list *ret_list, const struct sim_tags *tags);

/* setting.c: sets one protocol setting by the name that files and flags of hearsayd know it by.
 * Returns 0 or INVALID with `why`. */
int sim_setting_set(struct hearsay_config *config, const char *key, const char *value,
                    char why[SIM_WHY_MAX]);

/* who.c: reads whom. False: no such words. */
bool sim_who_read(struct sim_who *ret_who, const struct sim_scenario *scenario,
                  struct sim_words *words);

/* action.c: reads what follows the verb. False: not as its usage says. */
bool sim_action_read(struct sim_action *ret_action, const struct sim_scenario *scenario,
                     struct sim_words *words);

#endif
