/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `ring-history` and `ring-diff`, and the answer that `ring-plan` shares with them: what moves
 * between two rings. The sums come first in the answer, because they say how many ranges follow. So
 * the rings are walked once for the sums before anything is written, and once more for the ranges,
 * both in small steps. Each range is a line of its own, so that neither agent nor reader must hold
 * all of them.
 */
#include "agent/control/diff.h"

#include <stdlib.h>
#include <string.h>

#include <hearsay/error.h>

#include "agent/base/json.h"
#include "agent/control/answer.h"
#include "agent/control/ring.h"
#include "ctl/ctl.h"

/* ---- ring-history ------------------------------------------------------------------------ */

static json_t *version_json(const struct hs_ring_version *ring)
{
    json_t *object = json_object();

    if (ring->version > 0) {
        char time[HS_CTL_TIME_MAX];

        hs_ctl_format_time(ring->wall, time);
        hs_ctl_put(&object, "version", json_integer((json_int_t)ring->version));
        hs_ctl_put(&object, "time", json_string(time));
    }
    hs_ctl_put(&object, "checksum", hs_ctl_hex64(ring->checksum));
    hs_ctl_put(&object, "zones_checksum", hs_ctl_hex64(ring->zones_checksum));
    hs_ctl_put(&object, "tokens", json_integer((json_int_t)ring->tokens));
    hs_ctl_put(&object, "members", json_integer((json_int_t)ring->members));
    return object;
}

void hs_command_ring_history(const struct hs_context *context, struct hs_client *client,
                             const json_t *request)
{
    const struct hs_rings *rings = context->rings;
    json_t *versions = json_array();

    (void)request;
    for (size_t i = 0; i < rings->count; i++) {
        json_t *object = version_json(&rings->kept[i]);

        hs_ctl_put(&object, "moved", json_real(rings->kept[i].moved));
        hs_ctl_append(&versions, object);
    }
    hs_client_answer(client, hs_answer_view(context, json_pack("{s:o}", "versions", versions)));
}

/* ---- the answer -------------------------------------------------------------------------- */

struct diff_answer {
    struct hs_stream stream; /* first field, because client.c passes a pointer to it */
    const struct hs_context *context;
    struct hs_ring_again sides[HS_SIDES];
    struct hs_tally *tally;
    struct hearsay_ring_diff walk;
    size_t at; /* of members */
    struct hs_ring_view view;
    enum { MAKE, COUNT, HEAD, MEMBERS, RANGES } next;
};

/* Identifies the ring. A planned ring has no version. */
static json_t *which_json(const struct hs_ring_again *side)
{
    struct hs_ring_version about =
        hs_rings_describe(side->ring, side->about.version, side->about.wall);

    return version_json(&about);
}

/* A part of the circle is written as a fraction and as an exact number. */
static void write_head(struct diff_answer *answer, struct hs_client *client)
{
    const struct hs_tally *tally = answer->tally;

    hs_client_open(
        client,
        hs_answer_view(answer->context,
                       json_pack("{s:o, s:o, s:i, s:b, s:f, s:o, s:f, s:o, s:I}", "before",
                                 which_json(&answer->sides[HS_BEFORE]), "after",
                                 which_json(&answer->sides[HS_AFTER]), "n", (int)tally->n, "zones",
                                 (int)tally->zones, "moved", hearsay_ring_fraction(tally->moved),
                                 "moved_hashes", hs_ctl_hex64(tally->moved), "reordered",
                                 hearsay_ring_fraction(tally->reordered), "reordered_hashes",
                                 hs_ctl_hex64(tally->reordered), "pieces",
                                 (json_int_t)tally->pieces)),
        "members");
}

static json_t *side_json(const struct hs_tally_member *member, int side)
{
    const struct hearsay_ring_member *in = &member->side[side];
    const char *zone = in->zone && in->zone[0] != '\0' ? in->zone : NULL;

    json_t *object = json_pack("{s:i, s:f}", "tokens", (int)in->tokens, "share",
                               hearsay_ring_fraction(member->share[side]));

    if (zone)
        hs_ctl_put(&object, "zone", json_string(zone));
    return object;
}

static void write_member(const struct hs_context *context, struct hs_client *client,
                         const struct hs_tally_member *member)
{
    const char *name = member->side[HS_BEFORE].tokens > 0 ? member->side[HS_BEFORE].name
                                                          : member->side[HS_AFTER].name;
    json_t *object = json_pack("{s:s}", "name", name);

    if (member->side[HS_BEFORE].tokens > 0)
        hs_ctl_put(&object, "before", side_json(member, HS_BEFORE));
    if (member->side[HS_AFTER].tokens > 0)
        hs_ctl_put(&object, "after", side_json(member, HS_AFTER));
    hs_ctl_put(&object, "gained", json_real(hearsay_ring_fraction(member->gained)));
    hs_ctl_put(&object, "gained_hashes", hs_ctl_hex64(member->gained));
    hs_ctl_put(&object, "lost", json_real(hearsay_ring_fraction(member->lost)));
    hs_ctl_put(&object, "lost_hashes", hs_ctl_hex64(member->lost));
    if (hs_answer_is_held(context, name))
        hs_ctl_put(&object, "held", json_true());
    hs_client_write_json(client, object);
    json_decref(object);
}

static json_t *names_json(const struct hearsay_ring *ring, const uint32_t *owners, uint32_t count)
{
    json_t *names = json_array();

    for (uint32_t i = 0; i < count; i++)
        hs_ctl_append(&names, json_string(hearsay_ring_member_at(ring, owners[i]).name));
    return names;
}

static void write_range(struct diff_answer *answer, struct hs_client *client,
                        const struct hearsay_ring_move *move)
{
    struct hearsay_ring *const *rings = answer->tally->rings;
    json_t *object =
        json_pack("{s:o, s:o, s:o, s:o}", "first", hs_ctl_hex64(move->first), "last",
                  hs_ctl_hex64(move->last), "before",
                  names_json(rings[HS_BEFORE], move->before, move->before_count), "after",
                  names_json(rings[HS_AFTER], move->after, move->after_count));

    hs_client_write(client, "\n");
    hs_client_write_json(client, object);
    json_decref(object);
}

/* False: there is none left. */
static bool write_next_member(struct diff_answer *answer, struct hs_client *client)
{
    if (answer->at == answer->tally->count)
        return false;
    if (answer->at > 0)
        hs_client_write(client, ",");
    write_member(answer->context, client, &answer->tally->members[answer->at++]);
    return true;
}

/* False: there is none left. */
static bool write_next_range(struct diff_answer *answer, struct hs_client *client)
{
    struct hearsay_ring_move move;
    enum hearsay_ring_progress progress =
        hearsay_ring_diff_step(&answer->walk, HS_RING_ANSWER_UNITS, &move);

    if (progress == HEARSAY_RING_PIECE)
        write_range(answer, client, &move);
    return progress != HEARSAY_RING_DONE;
}

/* Answers with an error. Nothing of the answer may have been written. */
static bool fail_late(struct hs_client *client, const struct hs_ring_again *side, int err)
{
    json_t *answer =
        hs_ctl_error(HS_CTL_ERROR_INTERNAL,
                     side->about.version > 0 ? "the ring of version %llu cannot be made again: %s"
                                             : "the ring after version %llu cannot be made: %s",
                     (unsigned long long)side->about.version, hearsay_strerror(err));

    hs_client_write_json(client, answer);
    json_decref(answer);
    return false;
}

/* Makes both rings, one after the other. Returns false if it has answered with an error. */
static bool make_sides(struct diff_answer *answer, struct hs_client *client)
{
    const struct hs_ring_view *view = &answer->view;

    for (int i = 0; i < HS_SIDES; i++) {
        struct hs_ring_again *side = &answer->sides[i];
        int err = hs_ring_again_step(side, HS_RING_ANSWER_UNITS);

        if (err == HEARSAY_RING_MORE)
            return true;
        if (err)
            return fail_late(client, side, err);
    }
    answer->tally = hs_tally_new(answer->sides[HS_BEFORE].ring, answer->sides[HS_AFTER].ring,
                                 view->n > 0 ? view->n : 1, view->zones);
    if (!answer->tally)
        return fail_late(client, &answer->sides[HS_AFTER], HEARSAY_ERR_NOMEM);
    answer->next = COUNT;
    return true;
}

static bool diff_more(struct hs_stream *stream, struct hs_client *client)
{
    struct diff_answer *answer = (struct diff_answer *)stream;
    const struct hs_tally *tally = answer->tally;

    switch (answer->next) {
    case MAKE:
        return make_sides(answer, client);
    case COUNT:
        if (!hs_tally_step(answer->tally))
            answer->next = HEAD;
        return true;
    case HEAD:
        write_head(answer, client);
        answer->next = MEMBERS;
        return true;
    case MEMBERS:
        if (write_next_member(answer, client))
            return true;
        hs_client_write(client, "]}");
        answer->next = RANGES;
        hearsay_ring_diff_begin(&answer->walk, tally->rings[HS_BEFORE], tally->rings[HS_AFTER],
                                tally->n, tally->zones);
        return answer->view.ranges;
    case RANGES:
        break;
    }
    return write_next_range(answer, client);
}

static void diff_free(struct hs_stream *stream)
{
    struct diff_answer *answer = (struct diff_answer *)stream;

    hs_tally_free(answer->tally);
    for (int side = 0; side < HS_SIDES; side++)
        hs_ring_again_fini(&answer->sides[side], answer->context->rings);
    free(answer);
}

void hs_answer_diff(const struct hs_context *context, struct hs_client *client,
                    struct hs_ring_again sides[HS_SIDES], const struct hs_ring_view *view)
{
    struct diff_answer *answer = calloc(1, sizeof(*answer));

    if (!answer) {
        for (int side = 0; side < HS_SIDES; side++)
            hs_ring_again_fini(&sides[side], context->rings);
        hs_client_answer(client, NULL);
        return;
    }
    answer->stream = (struct hs_stream){.more = diff_more, .free = diff_free};
    answer->context = context;
    answer->view = *view;
    memcpy(answer->sides, sides, sizeof(answer->sides));
    hs_client_stream(client, &answer->stream);
}

/* ---- ring-diff --------------------------------------------------------------------------- */

/* Finds the version that a request names. Returns NULL if it has answered with an error. */
static const struct hs_ring_version *find_version(const struct hs_rings *rings,
                                                  struct hs_client *client, json_int_t version)
{
    const struct hs_ring_version *found =
        version > 0 ? hs_rings_find(rings, (uint64_t)version) : NULL;
    char list[HS_ERROR_TEXT_MAX];

    if (found)
        return found;
    hs_rings_list(rings, list);
    hs_client_fail(client, HS_CTL_ERROR_NOT_FOUND,
                   "no ring of version %lld is remembered, only %.200s", (long long)version, list);
    return NULL;
}

static void answer_versions(const struct hs_context *context, struct hs_client *client,
                            const struct hs_ring_version *const kept[HS_SIDES],
                            const struct hs_ring_view *view)
{
    struct hs_rings *rings = context->rings;
    struct hs_ring_again sides[HS_SIDES] = {{0}};

    for (int side = 0; side < HS_SIDES; side++) {
        int err = hs_ring_again_begin(&sides[side], rings, kept[side]);

        if (!err)
            continue;
        for (int begun = 0; begun <= side; begun++)
            hs_ring_again_fini(&sides[begun], rings);
        hs_client_answer(client, NULL);
        return;
    }
    hs_answer_diff(context, client, sides, view);
}

void hs_command_ring_diff(const struct hs_context *context, struct hs_client *client,
                          const json_t *request)
{
    struct hs_rings *rings = context->rings;
    const struct hs_ring_version *kept[HS_SIDES];
    struct hs_ring_view view;
    json_int_t from = 0, to = 0;

    if (!hs_ring_view_parse(client, request, &view))
        return;
    if (rings->count > 0)
        to = (json_int_t)rings->kept[rings->count - 1].version;
    if (json_unpack(hs_json_mutable(request), "{s?I, s?I}", "from", &from, "to", &to) < 0) {
        hs_client_fail(client, HS_CTL_ERROR_USAGE, "from and to must be versions of the ring");
        return;
    }
    if (!json_object_get(request, "from")) {
        if (rings->count < 2) {
            hs_client_fail(client, HS_CTL_ERROR_NOT_FOUND,
                           "nothing to compare yet: this agent has had one ring since its start");
            return;
        }
        from = to - 1;
    }
    kept[HS_BEFORE] = find_version(rings, client, from);
    if (!kept[HS_BEFORE])
        return;
    kept[HS_AFTER] = find_version(rings, client, to);
    if (!kept[HS_AFTER])
        return;
    answer_versions(context, client, kept, &view);
}
