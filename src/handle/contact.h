/* SPDX-License-Identifier: Apache-2.0 */
/* The agent: where it is, and what is said when it goes and comes. */
#ifndef HS_HANDLE_CONTACT_H
#define HS_HANDLE_CONTACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctl/ctl.h"
#include "handle/say.h"
#include "link/link.h"

#define HS_CONTACT_SILENCE_US 5000000 /* an agent that is so long silent hangs, or was stopped */

struct hs_contact {
    const char (*paths)[HS_CTL_PATH_MAX]; /* where to look, in this order; borrowed */
    size_t path_count;
    const struct hs_say *say; /* borrowed */
    struct hs_link link;
    bool reached;   /* it was followed when that was looked at last */
    uint64_t since; /* it is not, since then */
    uint64_t said;  /* when that was said last; 0: it was not */
};

void hs_contact_init(struct hs_contact *contact, const char (*paths)[HS_CTL_PATH_MAX],
                     size_t path_count, struct hs_mirror *mirror, const struct hs_say *say,
                     uint64_t now);

/* As hs_link_step. */
bool hs_contact_step(struct hs_contact *contact, uint64_t now);

/* Says whether the agent is there, if that is news, or was not said for long. */
void hs_contact_look(struct hs_contact *contact, uint64_t now);

#endif
