/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which rumors ride in a datagram that is being made (R16).
 */
#ifndef HS_RULES_LOAD_H
#define HS_RULES_LOAD_H

#include "rules/core.h"

#define HS_LOAD_MAX 32u /* rumors of one datagram that are counted */

/* A rumor in a datagram: whose record, and which version of it. */
struct hs_loaded {
    uint32_t slot;
    uint16_t version;
    bool with_blob;
};

struct hs_load {
    struct hs_encoder *encoder;
    uint64_t told; /* what the receiver has just told us: see hs_merge_rumors */
    uint32_t count, misses;
    struct hs_loaded rumors[HS_LOAD_MAX];
};

/* Appends rumors to a datagram for the member at `to` while they fit. `tell`: its own record, too,
 * since it has an older one (R5). */
void hs_load_rumors(struct hs_core *core, struct hs_load *load, uint32_t to, bool tell);

/* Counts a transmission of each of these rumors. */
void hs_load_credit(struct hs_core *core, const struct hs_loaded *rumors, uint32_t count);

/* Takes these transmissions back: they did not take place. */
void hs_load_take_back(struct hs_core *core, const struct hs_loaded *rumors, uint32_t count);

#endif
