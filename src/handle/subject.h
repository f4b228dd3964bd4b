/* SPDX-License-Identifier: Apache-2.0 */
/* A member as it was at a moment. It never changes, so all who need it share it. */
#ifndef HS_HANDLE_SUBJECT_H
#define HS_HANDLE_SUBJECT_H

#include <jansson.h>

#include "mirror/member.h"

struct hs_subject;

/* A copy of what a mirror shows, with one reference. */
struct hs_subject *hs_subject_new(const struct hs_mirror_member *member);

/* NULL is a no-op, and gives NULL. */
struct hs_subject *hs_subject_ref(struct hs_subject *subject);
void hs_subject_unref(struct hs_subject *subject);

/* NULL gives NULL. Valid as long as the reference. */
const struct hs_mirror_member *hs_subject_member(const struct hs_subject *subject);

/* As JSON, which is that of `follow`, and back. Returns NULL if it is no member. */
json_t *hs_subject_json(const struct hs_subject *subject);
struct hs_subject *hs_subject_read(const json_t *object);

#endif
