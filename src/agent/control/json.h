/* SPDX-License-Identifier: Apache-2.0 */
/* JSON pieces that several commands share. */
#ifndef HS_AGENT_CONTROL_JSON_H
#define HS_AGENT_CONTROL_JSON_H

#include <stdint.h>

#include <jansson.h>

#include <hearsay/member.h>

/* A member as `members` and `why` show it. */
json_t *hs_json_member(const struct hearsay_member *member);

/* jansson's readers take what they only read as non-const. */
static inline json_t *hs_json_mutable(const json_t *json)
{
    return (json_t *)(uintptr_t)json;
}

#endif
