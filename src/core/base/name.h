/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules for the bytes of names, tag keys and tag values (R1: record). The same functions check
 * the config, what an operator types and what the network sends. So a node accepts from its peers
 * exactly what it may send itself. The texts need not be terminated.
 */
#ifndef HS_BASE_NAME_H
#define HS_BASE_NAME_H

#include <stdbool.h>
#include <stddef.h>

#include <hearsay/member.h>

/* A member's name: 1 to HEARSAY_NAME_MAX bytes of [A-Za-z0-9._:-] (R1: record). */
bool hs_name_valid(const char *bytes, size_t len);

/* A cluster's name: the bytes of a name, at most HEARSAY_CLUSTER_MAX. */
bool hs_cluster_valid(const char *bytes, size_t len);

/* A tag's key: 1 to HEARSAY_TAG_KEY_MAX bytes of [A-Za-z0-9._-]. */
bool hs_tag_key_valid(const char *bytes, size_t len);

/* A tag's value: UTF-8 without control characters, so that terminals and JSON can show it. May be
 * empty. */
bool hs_tag_value_valid(const char *bytes, size_t len);

/* Checks keys, values, repeated keys, the count, and the size of the tags in a record. Returns 0,
 * INVALID or TOOBIG. On failure *ret_error is a static sentence about the reason. ret_error may be
 * NULL. */
int hs_tags_check(const struct hearsay_tag *tags, size_t count, const char **ret_error);

#endif
