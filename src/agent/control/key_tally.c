/* SPDX-License-Identifier: Apache-2.0 */
/* One walk is enough: who was counted before a key was first seen lacks it. So the list of all that
 * were counted so far is where the list of those that lack it begins. */
#include "agent/control/key_tally.h"

static bool counts(const struct hearsay_member *member)
{
    if (member->status != HEARSAY_STATUS_DEAD)
        return true;
    return member->cause == HEARSAY_CAUSE_FAILED && !member->hidden;
}

static void list_add(struct hs_key_list *list, const struct hs_key_named *named)
{
    if (named->status == HEARSAY_STATUS_DEAD)
        list->failed++;
    else
        list->present++;
    if (list->named_count < HS_KEYS_NAMED_MAX)
        list->named[list->named_count++] = *named;
}

static bool has_key(const struct hearsay_member *member, uint32_t mark)
{
    for (size_t i = 0; i < member->key_count; i++)
        if (member->keys[i] == mark)
            return true;
    return false;
}

/* While ours are added `ours` is still 0. */
_Static_assert(HEARSAY_KEYS_MAX <= HS_KEYS_OTHERS_MAX, "all of ours have a row");

static void add_row(struct hs_key_tally *tally, uint32_t mark)
{
    for (size_t i = 0; i < tally->count; i++)
        if (tally->rows[i].mark == mark)
            return;
    if (tally->count == tally->ours + HS_KEYS_OTHERS_MAX) {
        tally->has_more = true;
        return;
    }
    tally->rows[tally->count++] = (struct hs_key_row){.mark = mark, .lacks = tally->all};
}

void hs_key_tally_init(struct hs_key_tally *ret_tally, const struct hearsay_member *self)
{
    *ret_tally = (struct hs_key_tally){.count = 0};
    for (size_t i = 0; i < self->key_count; i++)
        add_row(ret_tally, self->keys[i]);
    ret_tally->ours = ret_tally->count;
}

void hs_key_tally_add(struct hs_key_tally *tally, const struct hearsay_member *member,
                      const char *name)
{
    struct hs_key_named named = {name, member->status, member->cause};
    bool shared = false;

    if (!counts(member))
        return;
    for (size_t i = 0; i < member->key_count; i++)
        add_row(tally, member->keys[i]);
    for (size_t i = 0; i < tally->count; i++) {
        struct hs_key_row *row = &tally->rows[i];
        bool has = has_key(member, row->mark);

        list_add(has ? &row->holders : &row->lacks, &named);
        if (has && member->keys[0] == row->mark)
            list_add(&row->sealers, &named);
        shared = shared || (has && i < tally->ours);
    }
    list_add(&tally->all, &named);
    if (member->key_count == 0)
        list_add(&tally->plain, &named);
    else if (!shared)
        list_add(&tally->apart, &named);
}
