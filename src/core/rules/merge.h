/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Merging records that come from others into the view (R3, R6, R7).
 */
#ifndef HS_RULES_MERGE_H
#define HS_RULES_MERGE_H

#include "rules/news.h"
#include "rules/self.h"
#include "rules/suspect.h"
#include "rules/tombstone.h"

#define HS_SYNC_RESPONSE_RECORDS 256u /* records of one answer to an exchange (R24) */

/* Members of whom a peer has just told what we now hold: it need not be told them. */
struct hs_told {
    uint32_t slots[HS_SYNC_RESPONSE_RECORDS];
    uint32_t count;
};
void hs_told_add(struct hs_told *told, uint32_t slot);

/* Where the records that are being merged come from. */
struct hs_source {
    uint32_t from;        /* the sender's slot; HS_NO_SLOT: a peer that is not known yet */
    bool known_to_all;    /* everybody who could hear them from us knows them: not passed on */
    struct hs_told *told; /* they answer our exchange: notes what its peer has told; or NULL */
};

struct hs_merger {
    struct hs_core *core;
    struct hs_own *own;
    struct hs_suspicions *suspicions;
    struct hs_tombstones *tombstones;
    struct hs_news *news;
    uint64_t full_reported_at; /* boot time of the last FULL event */
};

void hs_merger_init(struct hs_merger *merger, struct hs_core *core, struct hs_own *own,
                    struct hs_suspicions *suspicions, struct hs_tombstones *tombstones,
                    struct hs_news *news);

/* Merges a rumor. */
void hs_merge_rumor(struct hs_merger *merger, const struct hs_rumor *rumor,
                    const struct hs_source *source);

/* Merges all rumors of a body. Returns a mask of what the sender is known to hold as we do: bit
 * slot % 64 of each member. */
uint64_t hs_merge_rumors(struct hs_merger *merger, struct hs_rumors *rumors,
                         const struct hs_source *source);

#endif
