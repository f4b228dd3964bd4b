/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The addresses of one seed, and whose turn it is. A name may have hundreds, of which one lives. So
 * the one that was called longest ago is next, whatever the order of an answer, and an address
 * that was never called goes first.
 */
#ifndef HS_AGENT_PARTS_SEED_ADDRS_H
#define HS_AGENT_PARTS_SEED_ADDRS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hearsay/addr.h>
#include <hearsay/event.h>

/* Whose an address is, as far as this agent knows without calling it. */
enum hs_seed_owner {
    HS_SEED_OWNER_UNKNOWN,
    HS_SEED_OWNER_SELF,
    HS_SEED_OWNER_MEMBER, /* alive or suspect: need not be called */
};

struct hs_seed_addr {
    struct hearsay_addr addr;
    uint64_t called; /* number of its last call; 0: none yet */
    enum hs_seed_owner owner;
    bool trying;                     /* the call is under way */
    bool ended;                      /* the last call has ended, as `result` says */
    bool failed;                     /* the last one could not be made, which was told */
    bool told;                       /* `result` was told, of this call or an earlier one */
    enum hearsay_join_result result; /* of the last call that has ended */
};

struct hs_seed_addrs {
    struct hs_seed_addr *items;
    struct hs_seed_addr **sorted; /* by address */
    size_t count;
    uint64_t calls; /* so far */
    uint64_t begun; /* calls before the present attempt */
};

/* Replaces the addresses; what is known of those that stay is kept. *ret_changed: some are new or
 * gone. The addresses must differ. Returns 0 or HEARSAY_ERR_NOMEM, and then changes nothing. */
int hs_seed_addrs_set(struct hs_seed_addrs *set, const struct hearsay_addr *addrs, size_t count,
                      bool *ret_changed);

/* NULL if it is none of them. */
struct hs_seed_addr *hs_seed_addrs_find(struct hs_seed_addrs *set, const struct hearsay_addr *addr);

/* Begins an attempt, in which each address is called once at most. */
void hs_seed_addrs_begin(struct hs_seed_addrs *set);

/* The next one to be called in this attempt, or NULL. */
struct hs_seed_addr *hs_seed_addrs_next(struct hs_seed_addrs *set);

/* It is being called. */
void hs_seed_addrs_called(struct hs_seed_addrs *set, struct hs_seed_addr *item);

/* Frees what the set holds. */
void hs_seed_addrs_fini(struct hs_seed_addrs *set);

#endif
