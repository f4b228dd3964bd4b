/* SPDX-License-Identifier: Apache-2.0 */
#include "handle/subject.h"

#include <stdlib.h>

#include <hearsay/error.h>

#include "ctl/ctl.h"
#include "handle/need.h"

struct hs_subject {
    unsigned refs;
    struct hs_mirror_member *member;
};

static struct hs_subject *subject_of(struct hs_mirror_member *member)
{
    struct hs_subject *subject = hs_need(malloc(sizeof(*subject)));

    *subject = (struct hs_subject){.refs = 1, .member = member};
    return subject;
}

struct hs_subject *hs_subject_new(const struct hs_mirror_member *member)
{
    return subject_of(hs_need(hs_mirror_member_copy(member)));
}

struct hs_subject *hs_subject_ref(struct hs_subject *subject)
{
    if (subject)
        subject->refs++;
    return subject;
}

void hs_subject_unref(struct hs_subject *subject)
{
    if (!subject || --subject->refs > 0)
        return;
    hs_mirror_member_unref(subject->member);
    free(subject);
}

const struct hs_mirror_member *hs_subject_member(const struct hs_subject *subject)
{
    return subject ? subject->member : NULL;
}

json_t *hs_subject_json(const struct hs_subject *subject)
{
    return hs_need(hs_mirror_member_since_json(subject->member));
}

struct hs_subject *hs_subject_read(const json_t *object)
{
    struct hs_mirror_member *member = NULL;
    int err = hs_mirror_member_read(object, &member);

    if (err == HEARSAY_ERR_NOMEM)
        hs_need(NULL);
    return err < 0 ? NULL : subject_of(member);
}
