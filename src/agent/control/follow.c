/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A follower is an answer that has no end. In each step it writes one line: of the journal, if
 * there is one that it has not written yet, else the next of its snapshot. So changes of the view
 * stand between the lines of a snapshot, in their order. A line of a snapshot is at least as new as
 * all lines of the journal before it, because it is made from the view when it is written.
 *
 * The roster comes last. It is that of one ring, and lines of the journal say only what differs
 * from the ring before: if a new ring is made meanwhile, the roster begins again.
 *
 * A follower that reads slowly is not written to (client.c), and the journal goes on. When the line
 * that it needs is gone it is told `resync`, and gets a new snapshot.
 */
#include "agent/control/follow.h"

#include <stdlib.h>
#include <string.h>

#include "agent/base/json.h"
#include "agent/control/monitor.h"
#include "agent/parts/journal.h"
#include "ctl/ctl.h"
#include "ctl/ring_json.h"

#define ROSTER_STEP 32 /* members of a ring in a line */
#define MEMBER_STEP 64 /* places of the view that are passed over in a step */

struct follower {
    struct hs_stream stream; /* first field, because client.c passes a pointer to it */
    const struct hs_context *context;
    enum { GREET, RESYNC, REST, BEGIN, MEMBERS, ROSTER, CATCH_UP, FOLLOW } phase;
    bool resumes;              /* it has said since when */
    uint64_t next;             /* number of the next line of the journal */
    uint64_t beats;            /* signs of life that were written or passed over */
    uint64_t begun;            /* boot time at which the last snapshot began; 0: none has */
    uint32_t cursor;           /* of hearsay_node_next_member */
    uint32_t roster_at;        /* of the ring's members */
    struct hearsay_ring *ring; /* of the roster; NULL: none is being written */
};

/* Takes over the reference. */
static void write_line(struct hs_client *client, json_t *object)
{
    hs_client_write_json(client, object);
    hs_client_write(client, "\n");
    json_decref(object);
}

/* ---- the snapshot ------------------------------------------------------------------------ */

static void write_begin(struct follower *follower, struct hs_client *client)
{
    follower->begun = follower->context->clock->now.boot;
    follower->next = follower->context->journal->next;
    follower->cursor = 0;
    write_line(client, hs_journal_state_json(follower->context->journal, "snapshot"));
    follower->phase = MEMBERS;
}

/* Writes the next member that is not hidden, if there is one among the next places. */
static void write_member(struct follower *follower, struct hs_client *client)
{
    struct hearsay_now now = follower->context->clock->now;
    struct hearsay_member member;

    for (int i = 0; i < MEMBER_STEP; i++) {
        if (!hearsay_node_next_member(follower->context->node, now, &follower->cursor, &member)) {
            follower->phase = ROSTER;
            return;
        }
        if (member.hidden)
            continue;
        write_line(client, json_pack("{s:s, s:o}", "follow", "member", "member",
                                     hs_json_member_since(&member, now.wall)));
        return;
    }
}

static void drop_ring(struct follower *follower)
{
    hs_rings_drop(follower->context->rings, follower->ring);
    follower->ring = NULL;
}

/* {version, checksum, zones_checksum, tokens} */
static json_t *ring_json(const struct follower *follower)
{
    const struct hearsay_ring *ring = hearsay_node_ring(follower->context->node);

    return json_pack("{s:I, s:o, s:o, s:I}", "version",
                     (json_int_t)hearsay_node_ring_version(follower->context->node), "checksum",
                     hs_ctl_hex64(ring ? hearsay_ring_checksum(ring) : 0), "zones_checksum",
                     hs_ctl_hex64(ring ? hearsay_ring_zones_checksum(ring) : 0), "tokens",
                     (json_int_t)(ring ? hearsay_ring_tokens(ring) : 0));
}

/* Lines of the ring before have been written already, so the roster is that of the newest ring. */
static void write_roster(struct follower *follower, struct hs_client *client)
{
    const struct hearsay_ring *newest = hearsay_node_ring(follower->context->node);
    json_t *line, *members = json_array();
    uint32_t end;

    if (follower->ring != newest) {
        drop_ring(follower);
        follower->ring = hearsay_ring_ref(newest);
        follower->roster_at = 0;
    }
    line = json_pack("{s:s, s:I, s:b}", "follow", "roster", "version",
                     (json_int_t)hearsay_node_ring_version(follower->context->node), "first",
                     follower->roster_at == 0);
    end = newest ? (uint32_t)hearsay_ring_members(newest) : 0;
    for (int i = 0; i < ROSTER_STEP && follower->roster_at < end; i++) {
        struct hearsay_ring_member member = hearsay_ring_member_at(newest, follower->roster_at++);

        hs_ctl_append(&members, hs_ctl_roster_member(&member));
    }
    hs_ctl_put(&line, "members", members);
    hs_ctl_put(&line, "last", json_boolean(follower->roster_at == end));
    write_line(client, line);
    if (follower->roster_at == end)
        follower->phase = CATCH_UP;
}

/* The mirror is current. No line of the journal and none of the roster is missing. */
static void write_current(struct follower *follower, struct hs_client *client)
{
    json_t *line = hs_journal_state_json(follower->context->journal, "current");

    drop_ring(follower);
    hs_ctl_put(&line, "ring", ring_json(follower));
    write_line(client, line);
    follower->phase = FOLLOW;
}

/* ---- lines ------------------------------------------------------------------------------- */

static void write_beat(struct follower *follower, struct hs_client *client)
{
    const struct hs_journal *journal = follower->context->journal;

    if (journal->beat.text && follower->beats != journal->beats)
        hs_client_write(client, journal->beat.text);
    follower->beats = journal->beats;
    hs_client_wait(client);
}

static void greet(struct follower *follower, struct hs_client *client)
{
    const struct hs_context *context = follower->context;
    json_t *line = hs_ctl_ok();

    hs_ctl_put(&line, "node", json_string(context->identity->name));
    hs_ctl_put(&line, "cluster", json_string(context->identity->cluster));
    hs_ctl_put(&line, "instance", json_string(follower->context->journal->instance));
    write_line(client, line);
    if (follower->next > 0)
        follower->phase = CATCH_UP;
    else
        follower->phase = follower->resumes ? RESYNC : BEGIN;
}

/* What was missed is told before the snapshot, which may have to wait. */
static void write_resync(struct follower *follower, struct hs_client *client)
{
    drop_ring(follower);
    write_line(client, json_pack("{s:s}", "follow", "resync"));
    follower->phase = REST;
}

static bool may_begin(const struct follower *follower)
{
    return follower->begun == 0 ||
           follower->context->clock->now.boot - follower->begun >= HS_FOLLOW_RESYNC_US;
}

static void step(struct follower *follower, struct hs_client *client)
{
    switch (follower->phase) {
    case GREET:
        greet(follower, client);
        break;
    case RESYNC:
        write_resync(follower, client);
        break;
    case REST:
        if (may_begin(follower))
            follower->phase = BEGIN;
        else
            write_beat(follower, client);
        break;
    case BEGIN:
        write_begin(follower, client);
        break;
    case MEMBERS:
        write_member(follower, client);
        break;
    case ROSTER:
        write_roster(follower, client);
        break;
    case CATCH_UP:
        write_current(follower, client);
        break;
    case FOLLOW:
        write_beat(follower, client);
        break;
    }
}

/* Returns true if the follower reads the journal at all. */
static bool reads(const struct follower *follower)
{
    return follower->phase >= MEMBERS;
}

static bool follow_more(struct hs_stream *stream, struct hs_client *client)
{
    struct follower *follower = (struct follower *)stream;
    const struct hs_journal_line *line = NULL;

    if (reads(follower) && hs_journal_has_lost(follower->context->journal, follower->next))
        follower->phase = RESYNC;
    if (reads(follower))
        line = hs_journal_line(follower->context->journal, follower->next);
    if (line) {
        hs_client_write(client, line->text);
        follower->next++;
    } else {
        step(follower, client);
    }
    return true;
}

static void follow_free(struct hs_stream *stream)
{
    struct follower *follower = (struct follower *)stream;

    drop_ring(follower);
    hs_journal_leave(follower->context->journal);
    free(follower);
}

/* Returns false if it has answered with an error. *ret_next is 0 if there is nothing to resume. */
static bool parse_since(const struct hs_context *context, struct hs_client *client,
                        const json_t *request, uint64_t *ret_next)
{
    const json_t *since = json_object_get(request, "since");

    *ret_next = 0;
    if (!since)
        return true;
    if (json_is_string(since) &&
        hs_journal_parse(context->journal, json_string_value(since), ret_next))
        return true;
    hs_client_fail(client, HS_CTL_ERROR_USAGE,
                   "since must be the id of a line, as in 0123456789abcdef-17");
    return false;
}

void hs_command_follow(const struct hs_context *context, struct hs_client *client,
                       const json_t *request)
{
    struct follower *follower;
    uint64_t next;

    if (!parse_since(context, client, request, &next))
        return;
    if (!hs_monitor_admits(context->clients, client))
        return;
    follower = calloc(1, sizeof(*follower));
    if (!follower || hs_journal_enter(context->journal) < 0) {
        free(follower);
        hs_client_answer(client, NULL);
        return;
    }
    follower->stream = (struct hs_stream){.more = follow_more, .free = follow_free};
    follower->context = context;
    follower->next = next;
    follower->resumes = json_object_get(request, "since");
    follower->beats = context->journal->beats;
    if (next > 0)
        hs_journal_tell_rtts(context->journal);
    hs_client_follow(client, &follower->stream);
}
