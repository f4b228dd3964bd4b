/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a handler is told: Serf's variables and standard input, as its scripts expect them, and
 * HEARSAY_* beside them (docs/handlers.md has the list).
 */
#ifndef HS_HANDLE_WORDS_H
#define HS_HANDLE_WORDS_H

#include <stddef.h>

#include "handle/item.h"

/* Whose view it is. */
struct hs_teller {
    const char *node, *cluster;
    const char *control;                 /* path of the agent's socket */
    const struct hs_mirror_member *self; /* the agent's own record; NULL: not known */
};

/* The standard input: a line for each member, name TAB address TAB role TAB tags. To be freed. */
char *hs_words_input(const struct hs_item *item, size_t *ret_len);

/* The environment: `outer` without what another run or a service manager has put there, and ours.
 * Ends with NULL. */
char **hs_words_environ(const struct hs_item *item, const struct hs_teller *teller,
                        char *const *outer);
void hs_words_free(char **environ_text);

#endif
