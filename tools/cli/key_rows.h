/* SPDX-License-Identifier: Apache-2.0 */
/* The answer of `keys`, as its table and its check read it. */
#ifndef HEARSAY_CLI_KEY_ROWS_H
#define HEARSAY_CLI_KEY_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "ctl/ctl.h"

/* Reads a fingerprint, of which the mark is enough, and gives its mark. Returns false after saying,
 * with `what` in front, that it is none. */
bool cli_parse_mark(const char *what, const char *text, char ret_mark[HS_CTL_MARK_MAX]);

/* Which of the members count: those that are alive or suspect, and those dead of `failed`. */
enum cli_count { CLI_PRESENT, CLI_WITH_FAILED };

/* A list of members in the answer, with the two numbers that belong to it. */
struct cli_key_list {
    const char *present, *failed, *names; /* the fields */
};
extern const struct cli_key_list cli_holders, cli_sealers, cli_lacks; /* of a key */
extern const struct cli_key_list cli_plain, cli_apart;                /* of the answer */

/* How many members are in the list. */
uint64_t cli_key_count(const json_t *object, const struct cli_key_list *list, enum cli_count who);

/* Their names: "n4, n7 (suspect), n9 (failed), and 3 more"; freed by the caller. */
char *cli_key_names(const json_t *object, const struct cli_key_list *list, enum cli_count who);

/* All members that count. */
uint64_t cli_key_total(const json_t *answer, enum cli_count who);

/* "1 member", "30 members", "30 members and 1 that failed"; freed by the caller. */
char *cli_key_members(const json_t *object, const struct cli_key_list *list, enum cli_count who);
char *cli_key_everybody(const json_t *answer, enum cli_count who);

/* "has" or "have". */
const char *cli_key_have(uint64_t count);

/* Walks the keys, only ours or all. Set *cursor to 0 before the first call. NULL at the end. */
const json_t *cli_next_key(const json_t *answer, bool ours, size_t *cursor);

/* The key of this mark, or NULL if no member has it. */
const json_t *cli_find_key(const json_t *answer, const char *mark);

/* True if the view says enough for a step: the agent has joined and is not isolated. */
bool cli_key_view_is_good(const json_t *answer);

/* Prints names under a title of its own line, broken into lines that fit. */
void cli_put_key_names(const json_t *object, const struct cli_key_list *list, enum cli_count who);

/* Says on stderr which members have no key, or none in common with this agent. */
void cli_warn_of_keys(const json_t *answer);

#endif
