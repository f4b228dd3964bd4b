/* SPDX-License-Identifier: Apache-2.0 */
/* The lines are those of a whole snapshot: greeting, `snapshot`, `roster` and `current`. Members
 * stand before the last one. */
#include "mirror/seed.h"

#include <hearsay/error.h>

#include "ctl/ctl.h"
#include "ctl/ring_json.h"
#include "mirror/impl.h"
#include "mirror/take.h"

/* ---- keeping ----------------------------------------------------------------------------- */

static json_t *greeting_json(const struct hs_mirror *mirror)
{
    return json_pack("{s:b, s:s, s:s, s:s}", "ok", 1, "node", mirror->node, "cluster",
                     mirror->cluster, "instance", mirror->shown->state.instance);
}

static json_t *state_json(const struct hs_mirror_state *state, const char *kind)
{
    char time[HS_CTL_TIME_MAX];

    hs_ctl_format_time(state->time, time);
    return json_pack("{s:s, s:s, s:s, s:o, s:b, s:b, s:b, s:b}", "follow", kind, "id", state->id,
                     "time", time, "digest", hs_ctl_hex64(state->digest), "ready",
                     (int)state->ready, "isolated", (int)state->isolated, "leaving",
                     (int)state->leaving, "settling", (int)state->settling);
}

static json_t *roster_json(const struct hs_mirror_roster *roster)
{
    json_t *members = json_array();

    for (uint32_t i = 0; i < hearsay_ring_members(roster->ring); i++) {
        struct hearsay_ring_member member = hearsay_ring_member_at(roster->ring, i);

        hs_ctl_append(&members, hs_ctl_roster_member(&member));
    }
    return json_pack("{s:s, s:I, s:b, s:b, s:o}", "follow", "roster", "version",
                     (json_int_t)roster->version, "first", 1, "last", 1, "members", members);
}

static json_t *current_json(const struct hs_world *world)
{
    json_t *line = state_json(&world->state, "current");

    hs_ctl_put(&line, "ring", hs_ctl_ring_head(world->roster.ring, world->roster.version));
    return line;
}

json_t *hs_mirror_seed_json(const struct hs_mirror *mirror)
{
    json_t *lines;

    if (!mirror->shown || !mirror->resumes || mirror->coming)
        return NULL;
    lines = json_array();
    hs_ctl_append(&lines, greeting_json(mirror));
    hs_ctl_append(&lines, state_json(&mirror->shown->state, "snapshot"));
    hs_ctl_append(&lines, roster_json(&mirror->shown->roster));
    hs_ctl_append(&lines, current_json(mirror->shown));
    return lines;
}

/* ---- taking ------------------------------------------------------------------------------ */

static int take(struct hs_mirror *mirror, json_t *line)
{
    int err = hs_take(mirror, line);

    return err < 0 ? err : hs_take_finish(mirror);
}

static int take_members(struct hs_mirror *mirror, const json_t *members)
{
    int err = 0;

    for (size_t i = 0; err == 0 && i < json_array_size(members); i++) {
        json_t *line =
            json_pack("{s:s, s:O}", "follow", "member", "member", json_array_get(members, i));

        err = line ? take(mirror, line) : HEARSAY_ERR_NOMEM;
        json_decref(line);
    }
    return err;
}

static int take_all(struct hs_mirror *mirror, const json_t *seed, const json_t *members)
{
    size_t count = json_array_size(seed);
    int err = 0;

    for (size_t i = 0; err == 0 && i < count; i++) {
        if (i + 1 == count)
            err = take_members(mirror, members);
        if (err == 0)
            err = take(mirror, json_array_get(seed, i));
    }
    return err == 0 && !hs_mirror_current(mirror) ? HEARSAY_ERR_INVALID : err;
}

static void forget(struct hs_mirror *mirror)
{
    hs_take_give_up(mirror);
    hs_world_free(mirror->coming);
    hs_world_free(mirror->shown);
    mirror->coming = mirror->shown = NULL;
    mirror->node[0] = mirror->cluster[0] = mirror->instance[0] = '\0';
    mirror->fault[0] = '\0';
    mirror->resumes = false;
}

int hs_mirror_seed(struct hs_mirror *mirror, const json_t *seed, const json_t *members)
{
    int err = take_all(mirror, seed, members);

    hs_mirror_cut(mirror);
    mirror->kept = err == 0;
    if (err < 0)
        forget(mirror);
    return err;
}
