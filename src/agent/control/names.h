/* SPDX-License-Identifier: Apache-2.0 */
/* Names, added in any order and taken by order: each call costs the logarithm of their number, so
 * that a list of all members is sorted in steps. */
#ifndef HS_AGENT_CONTROL_NAMES_H
#define HS_AGENT_CONTROL_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hs_names {
    char *text; /* all names, each with its terminator */
    size_t text_len, text_room;
    uint32_t *heap; /* offsets into text; the first is that of the least name */
    size_t count, room;
};

/* Copies the name. False when memory is out. */
bool hs_names_add(struct hs_names *names, const char *name);

/* Takes the least name, borrowed until the next add; NULL when there is none. */
const char *hs_names_take(struct hs_names *names);

/* All zeroes are a no-op. */
void hs_names_fini(struct hs_names *names);

#endif
