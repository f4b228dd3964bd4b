/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last changes of the view, as the lines that `follow` sends (docs/control.md, "Follow"; R41).
 * Each line is made once for all followers and has a number, from 1; with the instance of this
 * agent the number is its id. A follower reads on from the number that it has. If that line is no
 * longer here, it begins anew with a snapshot: nothing is lost silently.
 *
 * The journal is off as long as nobody follows, and for some time after the last follower has gone
 * it is kept, because followers come back.
 */
#ifndef HS_AGENT_PARTS_JOURNAL_H
#define HS_AGENT_PARTS_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <event2/event.h>

#include <hearsay/event.h>

#include "agent/base/turn.h"
#include "agent/parts/life.h"
#include "agent/parts/report.h"
#include "agent/parts/rings.h"
#include "ctl/ctl.h"

#define HS_JOURNAL_MAX       1024      /* lines that are kept */
#define HS_JOURNAL_BYTES_MAX 1048576   /* of all of them */
#define HS_JOURNAL_BEAT_US   500000    /* between two signs of life */
#define HS_JOURNAL_KEPT_US   600000000 /* it is kept for so long when nobody follows */
#define HS_JOURNAL_RTTS_MAX  64        /* round trips in one sign of life */
#define HS_JOURNAL_RTT_STEP  1024      /* members that are looked at for it */

struct hs_journal_line {
    char *text; /* with its newline, terminated; NULL: none */
    size_t len;
};

/* What is told when it changes. */
struct hs_journal_state {
    bool ready, isolated, leaving, settling;
};

struct hs_journal {
    struct hs_sink sink; /* first: it gets the lines of the log */

    /* set by the caller; the rest is zero */
    struct hs_turn *turn;
    const struct hs_life *life;
    const struct hs_rings *rings;
    struct hearsay_node *node;

    bool on;
    char instance[HS_CTL_HEX64_MAX];
    uint64_t first, next; /* numbers of the lines that are kept: from `first` to next - 1 */
    uint64_t told;        /* `next` when hs_journal_is_new was asked for the last time */
    struct hs_journal_line *lines; /* HS_JOURNAL_MAX, by number; NULL: none yet */
    size_t bytes;
    char *held; /* the line of the log about the event that is being taken; NULL: none */
    struct hs_journal_state state;

    struct event *timer;
    size_t followers;
    uint64_t beats;              /* signs of life so far */
    uint64_t beaten;             /* `beats` when hs_journal_is_new was asked for the last time */
    struct hs_journal_line beat; /* the newest one */
    uint32_t *rtts, rtts_room;   /* round trips as they were told, by cursor */
    uint32_t cursor;             /* of hearsay_node_next_member */
};

/* Returns 0 or HEARSAY_ERR_NOMEM. */
int hs_journal_init(struct hs_journal *journal, struct event_base *base);
void hs_journal_fini(struct hs_journal *journal);

/* A follower has come, or gone. hs_journal_enter returns 0 or HEARSAY_ERR_NOMEM; only then
 * hs_journal_leave is due. */
int hs_journal_enter(struct hs_journal *journal);
void hs_journal_leave(struct hs_journal *journal);

/* An event of the node is being taken: MEMBER, RING (before the rings know it), or RESYNC. Its line
 * of the log has been reported before. */
void hs_journal_take(struct hs_journal *journal, const struct hearsay_event *event);

/* Looks whether the agent's state has changed. To be called after something was done, and
 * once a second. */
void hs_journal_watch(struct hs_journal *journal);

/* Returns true once if followers have something to read. */
bool hs_journal_is_new(struct hs_journal *journal);

/* The line of this number, or NULL if there is none yet. */
const struct hs_journal_line *hs_journal_line(const struct hs_journal *journal, uint64_t number);

/* Returns true if a follower that wants to read from this number on has missed something. */
bool hs_journal_has_lost(const struct hs_journal *journal, uint64_t number);

/* Reads an id. Returns false if it is none. *ret_next is the number after it, or 0 if the id is of
 * another instance. */
bool hs_journal_parse(const struct hs_journal *journal, const char *id, uint64_t *ret_next);

/* All round trips are told again: somebody has missed some. */
void hs_journal_tell_rtts(struct hs_journal *journal);

/* The state of the agent now, as fields of a line whose name is given (`follow`), with the id of
 * the newest line. NULL: no memory. */
json_t *hs_journal_state_json(const struct hs_journal *journal, const char *kind);

#endif
