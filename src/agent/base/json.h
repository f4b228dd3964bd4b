/* SPDX-License-Identifier: Apache-2.0 */
/* What the log and the control protocol both write as JSON. */
#ifndef HS_AGENT_BASE_JSON_H
#define HS_AGENT_BASE_JSON_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include <hearsay/addr.h>
#include <hearsay/member.h>

/* Text as JSON; what is not UTF-8 becomes '?'. NULL only when memory is out. */
json_t *hs_json_text(const char *text, size_t len);

json_t *hs_json_addr(const struct hearsay_addr *addr);

/* A member as `members` and `why` show it. */
json_t *hs_json_member(const struct hearsay_member *member);

/* jansson's readers take what they only read as non-const. */
static inline json_t *hs_json_mutable(const json_t *json)
{
    return (json_t *)(uintptr_t)json;
}

#endif
