/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The members' names without regard to case. Members' names have case and names of the DNS have
 * not, so one name of the DNS may be the name of several members. The list follows the mirror's log
 * of changes, so a question costs no walk over all members.
 */
#ifndef HS_DNS_SPELLING_H
#define HS_DNS_SPELLING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mirror/mirror.h"

/* A member's name as it is, and the next that differs from it in case only. */
struct hs_dns_spelling {
    struct hs_dns_spelling *next;
    const char *name; /* behind the struct */
};

/* All zeroes: it knows nothing yet. */
struct hs_dns_spellings {
    void *tree;      /* of lists by name in lower case: tsearch(3) */
    size_t dotted;   /* names with a dot */
    uint64_t cursor; /* of the mirror's log */
    bool known;      /* it holds what the mirror does */
};

void hs_dns_spellings_fini(struct hs_dns_spellings *spellings);

/* Takes what has changed in the mirror. Errors: NOMEM; then the next call begins anew. */
int hs_dns_spellings_follow(struct hs_dns_spellings *spellings, struct hs_mirror *mirror);

/* The names that are this text but for their case, or NULL. */
const struct hs_dns_spelling *hs_dns_spellings_find(const struct hs_dns_spellings *spellings,
                                                    const char *text);

#endif
