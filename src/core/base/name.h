/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which bytes a name, a tag's key and a tag's value may hold. One place says so for the config, for
 * what an operator types and for what the network sends, so that nothing is taken from a peer that
 * we would not have said ourselves. None of these needs its text to be terminated.
 */
#ifndef HS_BASE_NAME_H
#define HS_BASE_NAME_H

#include <stdbool.h>
#include <stddef.h>

#include <hearsay/member.h>

/* R1: 1 to HEARSAY_NAME_MAX bytes of [A-Za-z0-9._:-]. */
bool hs_name_valid(const char *bytes, size_t len);

/* A cluster's name: the bytes of a name, at most HEARSAY_CLUSTER_MAX. */
bool hs_cluster_valid(const char *bytes, size_t len);

/* A tag's key: 1 to HEARSAY_TAG_KEY_MAX bytes of [A-Za-z0-9._-]. */
bool hs_tag_key_valid(const char *bytes, size_t len);

/* A tag's value: UTF-8 without control characters; may be empty. Terminals and JSON can show it. */
bool hs_tag_value_valid(const char *bytes, size_t len);

/* Checks keys, values, repeated keys, the count and the size that the tags take in a record.
 * Returns 0, INVALID or TOOBIG, and on failure a static sentence in *ret_error (may be NULL). */
int hs_tags_check(const struct hearsay_tag *tags, size_t count, const char **ret_error);

#endif
