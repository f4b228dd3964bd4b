/* SPDX-License-Identifier: Apache-2.0 */
/* Both worlds are walked by name. A short list of differences is worth more to a reader than the
 * word that all may be different. */
#include "mirror/adopt.h"

#include <stdio.h>
#include <string.h>

/* After so many differences between two worlds a reader had better look at everything. */
#define DIFFERENCES_MAX (HS_MIRROR_LOG_MAX / 2)

static void note(struct hs_mirror *mirror, enum hs_mirror_kind kind, const char *name)
{
    struct hs_mirror_entry entry = {.kind = kind};

    snprintf(entry.name, sizeof(entry.name), "%s", name);
    hs_mirror_log_add(&mirror->log, &entry, NULL);
}

/* A walk over the members of two worlds by name. Each that differs is passed on. */
struct differences {
    const struct hs_mirror_member *const *before, *const *after;
    size_t befores, afters, i, j;
};

/* Returns false at the end. *ret_kind is MEMBER or GONE. */
static bool next_difference(struct differences *walk, enum hs_mirror_kind *ret_kind,
                            const char **ret_name)
{
    while (walk->i < walk->befores || walk->j < walk->afters) {
        const struct hs_mirror_member *old = walk->i < walk->befores ? walk->before[walk->i] : NULL;
        const struct hs_mirror_member *new = walk->j < walk->afters ? walk->after[walk->j] : NULL;
        int order = old && new ? strcmp(old->name, new->name) : old ? -1 : 1;

        if (!old && !new)
            break;
        walk->i += order <= 0;
        walk->j += order >= 0;
        if (order == 0 && !hs_mirror_member_differs(old, new))
            continue;
        *ret_kind = order < 0 ? HS_MIRROR_GONE : HS_MIRROR_MEMBER;
        *ret_name = order < 0 ? old->name : new->name;
        return true;
    }
    return false;
}

static bool same_state(const struct hs_mirror_state *a, const struct hs_mirror_state *b)
{
    return a->ready == b->ready && a->isolated == b->isolated && a->leaving == b->leaving &&
           a->settling == b->settling;
}

/* Returns false if there is too much to tell, or no memory. */
static bool note_differences(struct hs_mirror *mirror, struct hs_world *before,
                             struct hs_world *after)
{
    struct differences walk = {.before = hs_world_sorted(before),
                               .after = hs_world_sorted(after),
                               .befores = before->count,
                               .afters = after->count};
    struct differences again;
    enum hs_mirror_kind kind;
    const char *name;
    size_t count = 0;

    if ((walk.befores > 0 && !walk.before) || (walk.afters > 0 && !walk.after))
        return false;
    again = walk;
    while (next_difference(&walk, &kind, &name))
        if (++count > DIFFERENCES_MAX)
            return false;
    while (next_difference(&again, &kind, &name))
        note(mirror, kind, name);
    if (hearsay_ring_checksum(before->roster.ring) != hearsay_ring_checksum(after->roster.ring) ||
        hearsay_ring_zones_checksum(before->roster.ring) !=
            hearsay_ring_zones_checksum(after->roster.ring))
        note(mirror, HS_MIRROR_RING, "");
    if (!same_state(&before->state, &after->state))
        note(mirror, HS_MIRROR_STATE, "");
    return true;
}

void hs_adopt(struct hs_mirror *mirror)
{
    if (!mirror->coming || !mirror->coming->complete)
        return;
    if (!mirror->shown || !note_differences(mirror, mirror->shown, mirror->coming))
        note(mirror, HS_MIRROR_ALL, "");
    hs_world_free(mirror->shown);
    mirror->shown = mirror->coming;
    mirror->coming = NULL;
}

void hs_adopt_if_good(struct hs_mirror *mirror)
{
    if (!mirror->coming || !mirror->coming->complete)
        return;
    if (!mirror->shown || mirror->coming->state.ready ||
        strcmp(mirror->shown->state.instance, mirror->coming->state.instance) == 0)
        hs_adopt(mirror);
}
