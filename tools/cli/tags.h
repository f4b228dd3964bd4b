/* SPDX-License-Identifier: Apache-2.0 */
/* Tags as tables show them. */
#ifndef HEARSAY_CLI_TAGS_H
#define HEARSAY_CLI_TAGS_H

#include <stddef.h>

#include <jansson.h>

#include <hearsay/member.h>

#include "table.h"

/* The value as it stands in a table: in quotes if it holds anything that could be taken for the end
 * of it, or for another tag. Freed by the caller. */
char *cli_quote(const char *value);

/* Adds it so to a table. */
void cli_table_add_quoted(struct cli_table *table, const char *value);

/* "k=v,k2=\"v, 2\"" of an object of tags (NULL: none). Freed by the caller. */
char *cli_join_tags(const json_t *tags);
char *cli_join_member_tags(const struct hearsay_tag *tags, size_t count);

#endif
