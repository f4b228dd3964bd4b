/* SPDX-License-Identifier: Apache-2.0 */
/* What an owner sees: it feeds lines (take.c) and asks about the world that is shown. */
#include "mirror/mirror.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hearsay/error.h>

#include "mirror/adopt.h"
#include "mirror/impl.h"
#include "mirror/take.h"

/* ---- coming and going -------------------------------------------------------------------- */

struct hs_mirror *hs_mirror_new(const struct hs_mirror_bounds *bounds)
{
    struct hs_mirror *mirror = calloc(1, sizeof(*mirror));

    if (!mirror)
        return NULL;
    mirror->bounds = bounds ? *bounds
                            : (struct hs_mirror_bounds){.members_max = HS_MIRROR_MEMBERS_MAX,
                                                        .tokens_max = HS_MIRROR_TOKENS_MAX};
    if (hs_mirror_log_init(&mirror->log) == 0)
        return mirror;
    free(mirror);
    return NULL;
}

void hs_mirror_free(struct hs_mirror *mirror)
{
    if (!mirror)
        return;
    hs_take_give_up(mirror);
    hs_world_free(mirror->shown);
    hs_world_free(mirror->coming);
    hs_mirror_log_fini(&mirror->log);
    json_decref(mirror->round_trips);
    free(mirror);
}

/* What waits is complete and can be resumed; half a snapshot is of no use. */
void hs_mirror_cut(struct hs_mirror *mirror)
{
    mirror->current = mirror->greeted = false;
    if (mirror->coming && !mirror->coming->complete)
        mirror->resumes = false;
    hs_take_give_up(mirror);
}

void hs_mirror_request(const struct hs_mirror *mirror, char text[HS_MIRROR_REQUEST_MAX])
{
    const struct hs_world *world = mirror->coming ? mirror->coming : mirror->shown;

    if (mirror->resumes && world)
        snprintf(text, HS_MIRROR_REQUEST_MAX, "{\"cmd\":\"follow\",\"since\":\"%s\"}\n",
                 world->state.id);
    else
        snprintf(text, HS_MIRROR_REQUEST_MAX, "{\"cmd\":\"follow\"}\n");
}

bool hs_mirror_waits(const struct hs_mirror *mirror)
{
    return mirror->coming && mirror->coming->complete;
}

void hs_mirror_adopt(struct hs_mirror *mirror)
{
    hs_adopt(mirror);
}

/* ---- lines ------------------------------------------------------------------------------- */

/* After an error the next connection begins anew, unless the agent has only refused this one. */
static int judge(struct hs_mirror *mirror, int err)
{
    if (err >= 0)
        return 0;
    mirror->current = false;
    mirror->resumes = mirror->resumes && err == HEARSAY_ERR_STOPPED;
    hs_take_give_up(mirror);
    return err;
}

static int take(struct hs_mirror *mirror, const char *text, size_t len)
{
    json_t *line = NULL;
    int err = hs_take_finish(mirror);

    if (err < 0)
        return err;
    if (len > HS_CTL_FOLLOW_LINE_MAX)
        return hs_take_fail(mirror, HEARSAY_ERR_TOOBIG, "a line of %zu bytes", len);
    err = hs_ctl_parse(text, len, &line);
    if (err < 0)
        return hs_take_fail(mirror, err, "a line cannot be read: %s", hearsay_strerror(err));
    err = hs_take(mirror, line);
    json_decref(line);
    return err == 0 && mirror->units == 0 ? hs_take_finish(mirror) : err;
}

int hs_mirror_feed(struct hs_mirror *mirror, const char *text, size_t len)
{
    mirror->fault[0] = '\0';
    return judge(mirror, take(mirror, text, len));
}

void hs_mirror_in_steps(struct hs_mirror *mirror, size_t units)
{
    mirror->units = units;
}

bool hs_mirror_busy(const struct hs_mirror *mirror)
{
    return mirror->making.line;
}

int hs_mirror_step(struct hs_mirror *mirror)
{
    return judge(mirror, hs_take_step(mirror, mirror->units));
}

/* ---- questions --------------------------------------------------------------------------- */

const char *hs_mirror_fault(const struct hs_mirror *mirror)
{
    return mirror->fault;
}

bool hs_mirror_greeted(const struct hs_mirror *mirror)
{
    return mirror->greeted;
}

bool hs_mirror_current(const struct hs_mirror *mirror)
{
    return mirror->current && mirror->shown && !mirror->coming;
}

const char *hs_mirror_node(const struct hs_mirror *mirror)
{
    return mirror->node;
}

const char *hs_mirror_cluster(const struct hs_mirror *mirror)
{
    return mirror->cluster;
}

struct hs_mirror_state hs_mirror_state(const struct hs_mirror *mirror)
{
    return mirror->shown ? mirror->shown->state : (struct hs_mirror_state){.number = 0};
}

size_t hs_mirror_count(const struct hs_mirror *mirror, enum hearsay_status status)
{
    if (!mirror->shown)
        return 0;
    return status == HEARSAY_STATUS_NONE ? mirror->shown->count : mirror->shown->counts[status];
}

const struct hs_mirror_member *hs_mirror_find(const struct hs_mirror *mirror, const char *name)
{
    return mirror->shown ? hs_world_find(mirror->shown, name) : NULL;
}

const struct hs_mirror_member *const *hs_mirror_members(struct hs_mirror *mirror)
{
    return mirror->shown ? hs_world_sorted(mirror->shown) : NULL;
}

const struct hearsay_ring *hs_mirror_ring(const struct hs_mirror *mirror)
{
    return mirror->shown ? mirror->shown->roster.ring : NULL;
}

const struct hs_mirror_log *hs_mirror_log(const struct hs_mirror *mirror)
{
    return &mirror->log;
}

const json_t *hs_mirror_round_trips(const struct hs_mirror *mirror, uint64_t *ret_beats)
{
    *ret_beats = mirror->beats;
    return mirror->round_trips;
}
