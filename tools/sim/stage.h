/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The whole state of a scenario that is being played. There are no functions here: each file's own
 * header declares what that file does with the state.
 */
#ifndef SIM_STAGE_H
#define SIM_STAGE_H

#include "queue.h"
#include "random.h"
#include "result.h"

/* For so long after a member is back, what is said of it may still be old. */
#define SIM_GRACE_US UINT64_C(15000000)

/* Who loses more than this both ways can't be held up: no verdict about it is false. */
#define SIM_AILING_PERMILLE 500u

enum sim_truth {
    SIM_TRUTH_ABSENT, /* not started yet */
    SIM_TRUTH_UP,
    SIM_TRUTH_DOWN,
    SIM_TRUTH_ANY, /* paused, cut off from a part, hardly connected: nobody is right or wrong */
};

/* A member, by the number of its name. */
struct sim_member {
    uint32_t machine; /* where it runs, or ran last */
    enum sim_truth truth;
    bool settled; /* all who count say what is true */
    bool ailing, flapping, cut, paused, moved;
    bool accused, condemned; /* falsely, since it was last settled */
    enum sim_metric metric;  /* what is being measured since changed_at */
    uint32_t change;         /* 0: nothing; else different each time */
    bool suspected;
    uint64_t changed_at, excused_until, up_since;
    uint64_t away_from, away_until; /* when it was last paused */
    uint64_t timestamp_needed; /* all must hold a record of this process, not of the one before */
    uint64_t last_timestamp;   /* of its last process: what a snapshot would hold */
    struct sim_keying keying;  /* its keys and mode, */
    struct sim_keying keying_next; /* and those that it is about to have */
};

enum sim_task_kind {
    SIM_TASK_STATEMENT, /* value: its index */
    SIM_TASK_RESUME,    /* value: a member */
    SIM_TASK_STALL,     /* value: a member; id: for how long, milliseconds */
    SIM_TASK_START,     /* value: a member */
    SIM_TASK_FLAP,      /* value: index of a group */
    SIM_TASK_CHANGE,    /* value: a member; id: its change, which should be over by now */
    SIM_TASK_AGREED,    /* id: the disturbance, likewise */
    SIM_TASK_FORCE,     /* value: a member that an operator removes */
    SIM_TASK_PRUNE,     /* likewise, and takes from the lists */
    SIM_TASK_RELOAD,    /* value: a member */
    SIM_TASK_LOOK,      /* id: of a reload, after which all views should become equal */
    SIM_TASK_REFUSED,   /* from here on no datagram may be refused for its key */
    SIM_TASK_THROW,     /* value: an attack that goes on */
};

struct sim_task {
    enum sim_task_kind kind;
    uint32_t value, id;
};

struct sim_list {
    uint32_t *items;
    size_t count, room;
};

struct sim_group {
    struct sim_list members;
    enum sim_way way;
    uint64_t period;
    bool off;
};

/* A cut that leaves no way round: both sides are right to condemn each other. */
struct sim_separation {
    uint8_t *side; /* by member: 1, 2 */
    uint32_t count;
    bool one_way;
};

/* Datagrams that are thrown, one after the other. */
struct sim_campaign {
    struct sim_attack attack;
    struct sim_list picks;   /* places on the tape */
    struct sim_list targets; /* members; none: those that were meant */
    uint64_t begun, count, next;
};

struct sim_play {
    const struct sim_scenario *scenario;
    struct sim_world *world;
    struct sim_random random;
    struct sim_queue agenda; /* item.machine is an index of tasks */
    struct sim_task *tasks;
    uint32_t task_count;
    size_t task_room;
    struct sim_member *members;
    uint32_t member_count;
    size_t member_room;
    struct sim_group *groups;
    uint32_t group_count;
    struct sim_separation *separations;
    uint32_t separation_count;
    uint64_t healed_at; /* the world's time; 0: never */
    uint32_t unsettled, observers, running, changes;
    uint32_t disturbance; /* 0: all agree */
    uint64_t disturbed_at;
    uint32_t reload;  /* the last one of which the views are not yet equal */
    uint32_t reloads; /* members that are about to reload */
    uint64_t reloaded_at;
    bool rekeys;        /* members have, or will have, different keys */
    bool parted;        /* by their keys: some member does not hear some other one */
    uint64_t united_at; /* when that ended; 0: it never was so */
    uint64_t refused;   /* datagrams, when it began to matter */
    struct sim_campaign *campaigns;
    uint32_t campaign_count;
    size_t campaign_room;
    uint64_t origin; /* the world's time at which the scenario's time is 0 */
    uint64_t counted_until;
    struct sim_traffic before; /* at the origin */
    struct sim_result result;
    void (*progress)(void *context, const struct sim_play *play);
    void *progress_context;
};

#endif
