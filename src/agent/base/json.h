/* SPDX-License-Identifier: Apache-2.0 */
/* JSON that both the log and the control protocol write. */
#ifndef HS_AGENT_BASE_JSON_H
#define HS_AGENT_BASE_JSON_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include <hearsay/addr.h>
#include <hearsay/member.h>

/* Text as JSON. Bytes that are not UTF-8 become '?'. Returns NULL only if there is no memory. */
json_t *hs_json_text(const char *text, size_t len);

json_t *hs_json_addr(const struct hearsay_addr *addr);

/* The mark of a key as text: the first 8 hex digits of its fingerprint. */
json_t *hs_json_mark(uint32_t mark);

/* A member as `members` and `why` show it. */
json_t *hs_json_member(const struct hearsay_member *member);

/* A member as `follow` tells it; `wall` is now. */
json_t *hs_json_member_since(const struct hearsay_member *member, uint64_t wall);

/* Removes const, because jansson's reading functions take non-const arguments. */
static inline json_t *hs_json_mutable(const json_t *json)
{
    return (json_t *)(uintptr_t)json;
}

#endif
