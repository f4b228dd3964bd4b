/* SPDX-License-Identifier: Apache-2.0 */
/* JSON that both the log and the control protocol write. */
#ifndef HS_AGENT_BASE_JSON_H
#define HS_AGENT_BASE_JSON_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include <hearsay/addr.h>
#include <hearsay/member.h>

#define HS_MARK_TEXT_MAX 9 /* bytes of a key's mark as text, with its terminator */

/* Text as JSON. Bytes that are not UTF-8 become '?'. Returns NULL only if there is no memory. */
json_t *hs_json_text(const char *text, size_t len);

json_t *hs_json_addr(const struct hearsay_addr *addr);

/* The mark of a key as text: the first 8 hex digits of its fingerprint. */
json_t *hs_json_mark(uint32_t mark);

/* A member as `members` and `why` show it. */
json_t *hs_json_member(const struct hearsay_member *member);

/* Set a field, append an item; both take over the reference to the value. Without memory, or if the
 * value is NULL, the whole is given up: freed, and *object or *array is NULL, which the next calls
 * leave so. A part must not pass for the whole. */
void hs_json_put(json_t **object, const char *key, json_t *value);
void hs_json_append(json_t **array, json_t *value);

/* Removes const, because jansson's reading functions take non-const arguments. */
static inline json_t *hs_json_mutable(const json_t *json)
{
    return (json_t *)(uintptr_t)json;
}

#endif
