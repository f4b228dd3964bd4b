/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which rumors a datagram carries (R16). This is apart from the senders because gossip, acks and
 * nacks all carry rumors.
 */
#ifndef HS_RULES_LOAD_H
#define HS_RULES_LOAD_H

#include "rules/core.h"

#define HS_LOAD_MAX 32u /* rumors of one datagram that are counted */

/* A rumor in a datagram: the member and the version of its rumor. */
struct hs_loaded {
    uint32_t slot;
    uint16_t version;
    bool with_blob;
};

struct hs_load {
    struct hs_encoder *encoder;
    uint64_t told; /* mask of what the receiver has just told us: see hs_merge_rumors */
    uint32_t count, misses;
    struct hs_loaded rumors[HS_LOAD_MAX];
};

/* Appends rumors to a datagram for the member at `to` while they fit. `tell`: the receiver's own
 * record, too, because it has an older one (R5: catching up). */
void hs_load_rumors(struct hs_core *core, struct hs_load *load, uint32_t to, bool tell);

/* Counts a transmission for each of these rumors. */
void hs_load_credit(struct hs_core *core, const struct hs_loaded *rumors, uint32_t count);

/* Takes back a transmission that did not take place for each of these rumors. */
void hs_load_take_back(struct hs_core *core, const struct hs_loaded *rumors, uint32_t count);

#endif
