/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tags that were set while the agent ran, for the state (R37): each beside the configured value
 * that it replaced. A configuration that has changed since wins.
 *
 *     [{"key": "role", "value": "cache", "configured": "db"},     was role=db in the configuration
 *      {"key": "rack", "value": "r12", "configured": null},       was not there
 *      {"key": "old", "value": null, "configured": "1"}]          was deleted
 */
#ifndef HS_AGENT_PARTS_STATE_TAGS_H
#define HS_AGENT_PARTS_STATE_TAGS_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include <hearsay/member.h>

/* True if it is such an array. */
bool hs_state_tags_valid(const json_t *tags);

/* The difference between the tags that a member has and the configured ones. NULL without
 * memory. */
json_t *hs_state_tags_differ(const struct hearsay_member *member,
                             const struct hearsay_tag *configured, size_t count);

/* Applies a difference to the configured tags. The result borrows from both. Returns how many there
 * are, or -1 if they are too many. *ret_used: how many of the difference are in it. */
int hs_state_tags_apply(const json_t *tags, const struct hearsay_tag *configured, size_t count,
                        struct hearsay_tag ret_tags[HEARSAY_TAGS_COUNT], size_t *ret_used);

#endif
