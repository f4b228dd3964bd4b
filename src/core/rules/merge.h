/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Merging records that come from other nodes into the view (R3, R6, R7). Rumors, joins and
 * exchanges all bring records, and all of them are merged by these functions.
 */
#ifndef HS_RULES_MERGE_H
#define HS_RULES_MERGE_H

#include "rules/news.h"
#include "rules/self.h"
#include "rules/suspect.h"
#include "rules/tombstone.h"

#define HS_SYNC_RESPONSE_RECORDS 256u /* records of one answer in an exchange (R24) */

/* Members whose records a peer has just sent as we now hold them: the peer need not be sent
 * them. */
struct hs_told {
    uint32_t slots[HS_SYNC_RESPONSE_RECORDS];
    uint32_t count;
};
/* Adds a member. When there is no room it is left out, and the peer is sent its record once
 * more. */
void hs_told_add(struct hs_told *told, uint32_t slot);

/* The source of the records that are being merged. */
struct hs_source {
    uint32_t from; /* slot of the sender; HS_NO_SLOT: a peer that is not a member yet */
    bool own_addr; /* it came from the address in the sender's record */
    /* every member that could hear them from us knows them: they are not passed on */
    bool known_to_all;
    struct hs_told *told; /* they answer our exchange: collects what its peer has sent; else NULL */
};

struct hs_merger {
    struct hs_core *core;
    struct hs_own *own;
    struct hs_suspicions *suspicions;
    struct hs_tombstones *tombstones;
    struct hs_news *news;
    uint64_t full_reported_at; /* boot time of the last FULL event */
};

/* The pointers are borrowed. */
void hs_merger_init(struct hs_merger *merger, struct hs_core *core, struct hs_own *own,
                    struct hs_suspicions *suspicions, struct hs_tombstones *tombstones,
                    struct hs_news *news);

/* What became of a record. All but the first: its drop has been counted, or there was none. */
enum hs_merged {
    HS_MERGED, /* we now hold the same record */
    HS_MERGE_STALE,
    HS_MERGE_DAMPED,  /* R18: the member has refuted too often for such a word of others */
    HS_MERGE_UNKNOWN, /* its subject is not known, or two names have one hash */
    HS_MERGE_FUTURE,  /* R6: its timestamp is too far ahead */
    HS_MERGE_FULL,    /* all places of the table are taken by the living */
    HS_MERGE_NO_MEMORY,
    HS_MERGE_OWN, /* it was about ourselves */
};

/* Merges one rumor. A rumor that breaks a rule is counted and dropped. */
enum hs_merged hs_merge_rumor(struct hs_merger *merger, const struct hs_rumor *rumor,
                              const struct hs_source *source);

/* What the rumors of a body have told. */
struct hs_heard {
    uint64_t told;   /* members whose record the sender holds as we do: bit (slot % 64) for each */
    bool last_words; /* the sender's process has ended: these are its last words (R60) */
};

/* Merges all rumors of a body. */
struct hs_heard hs_merge_rumors(struct hs_merger *merger, struct hs_rumors *rumors,
                                const struct hs_source *source);

#endif
