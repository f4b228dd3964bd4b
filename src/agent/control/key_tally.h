/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which member has which key (R34: rotation), counted from the marks in the members' records. A
 * member counts while it is alive or suspect, and if it is dead of `failed`, because it may come
 * back as it was. These two are counted apart. One that left or was forced out does not count.
 */
#ifndef HS_AGENT_CONTROL_KEY_TALLY_H
#define HS_AGENT_CONTROL_KEY_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hearsay/member.h>

#define HS_KEYS_OTHERS_MAX 16 /* keys that only other members have */
#define HS_KEYS_ROWS_MAX   (HEARSAY_KEYS_MAX + HS_KEYS_OTHERS_MAX)
#define HS_KEYS_NAMED_MAX  32 /* members that one list names */

struct hs_key_named {
    const char *name; /* borrowed */
    enum hearsay_status status;
    enum hearsay_cause cause;
};

/* Some members: how many, and the first of them by name. */
struct hs_key_list {
    uint32_t present, failed; /* alive or suspect; dead of `failed` */
    uint32_t named_count;
    struct hs_key_named named[HS_KEYS_NAMED_MAX];
};

struct hs_key_row {
    uint32_t mark;
    struct hs_key_list holders; /* have it */
    struct hs_key_list sealers; /* have it as their first key */
    struct hs_key_list lacks;   /* do not have it */
};

struct hs_key_tally {
    struct hs_key_row rows[HS_KEYS_ROWS_MAX]; /* first ours in their order, then those of others */
    size_t ours, count;
    bool has_more; /* there are keys of others for which there was no row */
    struct hs_key_list all;
    struct hs_key_list plain; /* have no key */
    struct hs_key_list apart; /* have keys, but none of ours */
};

/* Begins with this agent's keys. */
void hs_key_tally_init(struct hs_key_tally *ret_tally, const struct hearsay_member *self);

/* Counts a member, this agent among them. Call it once for each, by name. `name` must live as long
 * as the tally; the member need not. */
void hs_key_tally_add(struct hs_key_tally *tally, const struct hearsay_member *member,
                      const char *name);

#endif
