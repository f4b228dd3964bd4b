/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A line about a member holds the whole member as it is when the line is made, so that reading a
 * line twice, or after a newer snapshot, does no harm. A line about a ring has only what is
 * different from the ring before, because a roster is long; so it has the version, too.
 *
 * Whatever cannot be told (no memory, events that the node has lost, a change that is too long for
 * a line) leaves a gap in the numbers, which every follower notices.
 */
#include "agent/parts/journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hearsay/error.h>

#include "agent/base/json.h"
#include "ctl/ring_json.h"
#include "service/timer.h"

/* Members of a ring in one line. More are told by a snapshot. */
#define MOVES_MAX 1024

/* ---- lines ------------------------------------------------------------------------------- */

static struct hs_journal_line *place_of(const struct hs_journal *journal, uint64_t number)
{
    return &journal->lines[number % HS_JOURNAL_MAX];
}

static void line_fini(struct hs_journal_line *line)
{
    free(line->text);
    *line = (struct hs_journal_line){NULL, 0};
}

static void forget_oldest(struct hs_journal *journal)
{
    struct hs_journal_line *oldest = place_of(journal, journal->first++);

    journal->bytes -= oldest->len;
    line_fini(oldest);
}

static void forget_held(struct hs_journal *journal)
{
    free(journal->held);
    journal->held = NULL;
}

/* Something cannot be told. The gap makes all followers begin anew. */
static void lose(struct hs_journal *journal)
{
    forget_held(journal);
    while (journal->first < journal->next)
        forget_oldest(journal);
    journal->first = ++journal->next;
}

/* Takes over the text. */
static void append(struct hs_journal *journal, char *text, size_t len)
{
    if (!text || len > HS_CTL_FOLLOW_LINE_MAX) {
        free(text);
        lose(journal);
        return;
    }
    while (journal->next - journal->first == HS_JOURNAL_MAX ||
           (journal->first < journal->next && journal->bytes + len > HS_JOURNAL_BYTES_MAX))
        forget_oldest(journal);
    *place_of(journal, journal->next++) = (struct hs_journal_line){text, len};
    journal->bytes += len;
}

/* An object as text with a newline. It ends with the line of the log, if there is one, as its field
 * `event`. Takes over the reference. NULL: no memory. */
static char *line_text(json_t *object, const char *event, size_t event_len, size_t *ret_len)
{
    size_t len = 0;
    char *text = object ? hs_ctl_dump(object, &len) : NULL, *longer;

    json_decref(object);
    if (!text || !event) {
        *ret_len = len;
        return text;
    }
    longer = malloc(len + sizeof(",\"event\":") + event_len);
    if (longer)
        *ret_len = (size_t)sprintf(longer, "%.*s,\"event\":%.*s}\n", (int)(len - 2), text,
                                   (int)event_len, event);
    free(text);
    return longer;
}

static json_t *id_of(const struct hs_journal *journal, uint64_t number)
{
    char id[HS_CTL_ID_MAX];

    hs_ctl_format_id(journal->instance, number, id);
    return json_string(id);
}

/* The beginning of the next line. */
static json_t *begin(const struct hs_journal *journal, const char *kind)
{
    return json_pack("{s:s, s:o}", "follow", kind, "id", id_of(journal, journal->next));
}

/* Ends the line that `begin` has begun, with the line of the log that is held. */
static void end(struct hs_journal *journal, json_t *object)
{
    size_t len = 0;
    char *text = line_text(object, journal->held, journal->held ? strlen(journal->held) : 0, &len);

    forget_held(journal);
    append(journal, text, len);
}

const struct hs_journal_line *hs_journal_line(const struct hs_journal *journal, uint64_t number)
{
    return number >= journal->first && number < journal->next ? place_of(journal, number) : NULL;
}

bool hs_journal_has_lost(const struct hs_journal *journal, uint64_t number)
{
    return number < journal->first;
}

bool hs_journal_parse(const struct hs_journal *journal, const char *id, uint64_t *ret_next)
{
    char instance[HS_CTL_HEX64_MAX];
    uint64_t number;

    if (hs_ctl_parse_id(id, instance, &number) < 0)
        return false;
    *ret_next = strcmp(instance, journal->instance) == 0 && number < journal->next ? number + 1 : 0;
    return true;
}

/* ---- members and rings ------------------------------------------------------------------- */

static void take_member(struct hs_journal *journal, const struct hearsay_event *event)
{
    struct hearsay_now now = journal->turn->clock->now;
    struct hearsay_member member;
    json_t *object;

    if (hearsay_node_member(journal->node, now, event->name, &member) < 0 || member.hidden) {
        object = begin(journal, "gone");
        hs_ctl_put(&object, "name", json_string(event->name));
    } else {
        object = begin(journal, "member");
        hs_ctl_put(&object, "member", hs_json_member_since(&member, now.wall));
    }
    end(journal, object);
}

/* What differs between two rosters: names that are gone, and members that are new or different. */
struct moves {
    json_t *removed, *set;
    size_t count;
};

static const char *zone_of(const struct hearsay_ring_member *member)
{
    return member->zone ? member->zone : "";
}

static bool is_same(const struct hearsay_ring_member *a, const struct hearsay_ring_member *b)
{
    return a->tokens == b->tokens && strcmp(zone_of(a), zone_of(b)) == 0;
}

/* Both rosters are sorted by name. */
static void compare(const struct hearsay_ring *before, const struct hearsay_ring *after,
                    struct moves *moves)
{
    size_t befores = hearsay_ring_members(before), afters = hearsay_ring_members(after);
    uint32_t i = 0, j = 0;

    while ((i < befores || j < afters) && moves->count <= MOVES_MAX) {
        struct hearsay_ring_member old = {NULL}, new = {NULL};
        int order = i == befores ? 1 : -1;

        if (i < befores)
            old = hearsay_ring_member_at(before, i);
        if (j < afters)
            new = hearsay_ring_member_at(after, j);
        if (i < befores && j < afters)
            order = strcmp(old.name, new.name);
        if (order < 0)
            hs_ctl_append(&moves->removed, json_string(old.name));
        else if (order > 0 || !is_same(&old, &new))
            hs_ctl_append(&moves->set, hs_ctl_roster_member(&new));
        moves->count += order != 0 || !is_same(&old, &new);
        i += order <= 0;
        j += order >= 0;
    }
}

static void take_ring(struct hs_journal *journal, const struct hearsay_event *event)
{
    const struct hs_rings *rings = journal->rings;
    const struct hearsay_ring *before =
        rings->count > 0 ? rings->kept[rings->count - 1].ring : NULL;
    struct moves moves = {json_array(), json_array(), 0};
    json_t *object;

    if (before)
        compare(before, hearsay_node_ring(journal->node), &moves);
    if (!before || moves.count > MOVES_MAX) {
        json_decref(moves.removed);
        json_decref(moves.set);
        lose(journal);
        return;
    }
    object = begin(journal, "ring");
    hs_ctl_put(&object, "version", json_integer((json_int_t)event->ring_version));
    hs_ctl_put(&object, "checksum", hs_ctl_hex64(event->ring_checksum));
    hs_ctl_put(&object, "zones_checksum", hs_ctl_hex64(event->ring_zones));
    hs_ctl_put(&object, "removed", moves.removed);
    hs_ctl_put(&object, "set", moves.set);
    end(journal, object);
}

void hs_journal_take(struct hs_journal *journal, const struct hearsay_event *event)
{
    if (!journal->on)
        return;
    if (event->kind == HEARSAY_EVENT_MEMBER)
        take_member(journal, event);
    else if (event->kind == HEARSAY_EVENT_RING)
        take_ring(journal, event);
    else if (event->kind == HEARSAY_EVENT_RESYNC)
        lose(journal);
}

/* ---- lines of the log -------------------------------------------------------------------- */

static bool journal_wants(const struct hs_sink *sink, enum hs_level level)
{
    (void)level;
    return ((const struct hs_journal *)sink)->on;
}

/* What members and rings are like is added when the event is taken. */
static void journal_take_line(struct hs_sink *sink, enum hs_level level, enum hs_line line,
                              const char *text, size_t len)
{
    struct hs_journal *journal = (struct hs_journal *)sink;

    (void)level;
    forget_held(journal);
    journal->held = strndup(text, len - 1);
    if (!journal->held)
        lose(journal);
    else if (line != HS_LINE_MEMBER && line != HS_LINE_RING)
        end(journal, begin(journal, "event"));
}

/* ---- the agent's state ------------------------------------------------------------------- */

static struct hs_journal_state state_of(const struct hs_journal *journal)
{
    struct hearsay_stats stats;

    hearsay_node_stats(journal->node, &stats);
    return (struct hs_journal_state){.ready = journal->life->ready,
                                     .isolated = stats.isolated != HEARSAY_ISOLATION_NO,
                                     .leaving = journal->life->leaving,
                                     .settling = stats.ring_settling != 0};
}

static void put_state(json_t **object, const struct hs_journal_state *state)
{
    hs_ctl_put(object, "ready", json_boolean(state->ready));
    hs_ctl_put(object, "isolated", json_boolean(state->isolated));
    hs_ctl_put(object, "leaving", json_boolean(state->leaving));
    hs_ctl_put(object, "settling", json_boolean(state->settling));
}

void hs_journal_watch(struct hs_journal *journal)
{
    struct hs_journal_state now;
    json_t *object;

    if (!journal->on)
        return;
    now = state_of(journal);
    if (now.ready == journal->state.ready && now.isolated == journal->state.isolated &&
        now.leaving == journal->state.leaving && now.settling == journal->state.settling)
        return;
    journal->state = now;
    object = begin(journal, "state");
    put_state(&object, &now);
    end(journal, object);
}

json_t *hs_journal_state_json(const struct hs_journal *journal, const char *kind)
{
    struct hs_journal_state state = state_of(journal);
    struct hearsay_stats stats;
    char time[HS_CTL_TIME_MAX];
    json_t *object;

    hearsay_node_stats(journal->node, &stats);
    hs_ctl_format_time(journal->turn->clock->now.wall, time);
    object =
        json_pack("{s:s, s:o, s:s, s:o}", "follow", kind, "id", id_of(journal, journal->next - 1),
                  "time", time, "digest", hs_ctl_hex64(stats.digest));
    put_state(&object, &state);
    return object;
}

/* ---- signs of life ----------------------------------------------------------------------- */

/* Returns false if there is no memory for it: then it is told as if it were new. */
static bool rtts_make_room(struct hs_journal *journal, uint32_t cursor)
{
    uint32_t room = journal->rtts_room > 0 ? journal->rtts_room : HS_JOURNAL_RTT_STEP;
    uint32_t *rtts;

    if (cursor <= journal->rtts_room)
        return true;
    while (room < cursor)
        room *= 2;
    rtts = realloc(journal->rtts, room * sizeof(*rtts));
    if (!rtts)
        return false;
    memset(rtts + journal->rtts_room, 0, (room - journal->rtts_room) * sizeof(*rtts));
    journal->rtts = rtts;
    journal->rtts_room = room;
    return true;
}

/* Round trips that are other than they were told. The walk goes on where it was. */
static json_t *new_rtts(struct hs_journal *journal)
{
    struct hearsay_now now = journal->turn->clock->now;
    json_t *rtts = json_object();
    struct hearsay_member member;
    size_t count = 0;

    for (int i = 0; i < HS_JOURNAL_RTT_STEP && count < HS_JOURNAL_RTTS_MAX; i++) {
        if (!hearsay_node_next_member(journal->node, now, &journal->cursor, &member)) {
            journal->cursor = 0;
            break;
        }
        if (member.hidden || !rtts_make_room(journal, journal->cursor) ||
            journal->rtts[journal->cursor - 1] == member.rtt_us)
            continue;
        journal->rtts[journal->cursor - 1] = member.rtt_us;
        hs_ctl_put(&rtts, member.name, json_integer(member.rtt_us));
        count++;
    }
    return rtts;
}

void hs_journal_tell_rtts(struct hs_journal *journal)
{
    if (journal->rtts)
        memset(journal->rtts, 0, journal->rtts_room * sizeof(*journal->rtts));
}

static void beat(struct hs_journal *journal)
{
    json_t *object = hs_journal_state_json(journal, "alive"), *rtts = new_rtts(journal);

    if (json_object_size(rtts) > 0)
        hs_ctl_put(&object, "rtt_us", rtts);
    else
        json_decref(rtts);
    line_fini(&journal->beat);
    journal->beat.text = line_text(object, NULL, 0, &journal->beat.len);
    journal->beats++;
}

static void turn_off(struct hs_journal *journal)
{
    lose(journal);
    line_fini(&journal->beat);
    free(journal->lines);
    free(journal->rtts);
    journal->lines = NULL;
    journal->rtts = NULL;
    journal->rtts_room = journal->cursor = 0;
    journal->on = false;
}

static void on_timer(evutil_socket_t fd, short what, void *context)
{
    struct hs_journal *journal = context;

    (void)fd;
    (void)what;
    hs_clock_read(journal->turn->clock);
    if (journal->followers == 0) {
        turn_off(journal);
        return;
    }
    beat(journal);
    hs_timer_set(journal->timer, HS_JOURNAL_BEAT_US);
    hs_turn_touch(journal->turn);
}

bool hs_journal_is_new(struct hs_journal *journal)
{
    bool is_new = journal->next != journal->told || journal->beats != journal->beaten;

    journal->told = journal->next;
    journal->beaten = journal->beats;
    return is_new;
}

/* ---- coming and going -------------------------------------------------------------------- */

int hs_journal_init(struct hs_journal *journal, struct event_base *base)
{
    journal->sink = (struct hs_sink){.wants = journal_wants, .take = journal_take_line};
    journal->first = journal->next = journal->told = 1;
    journal->timer = evtimer_new(base, on_timer, journal);
    return journal->timer ? 0 : HEARSAY_ERR_NOMEM;
}

void hs_journal_fini(struct hs_journal *journal)
{
    if (journal->on)
        turn_off(journal);
    if (journal->timer)
        event_free(journal->timer);
    journal->timer = NULL;
}

static int turn_on(struct hs_journal *journal)
{
    struct hearsay_member self;

    journal->lines = calloc(HS_JOURNAL_MAX, sizeof(*journal->lines));
    if (!journal->lines)
        return HEARSAY_ERR_NOMEM;
    hearsay_node_self(journal->node, journal->turn->clock->now, &self);
    hs_ctl_format_hex64(self.instance, journal->instance);
    journal->state = state_of(journal);
    journal->on = true;
    return 0;
}

int hs_journal_enter(struct hs_journal *journal)
{
    if (!journal->on && turn_on(journal) < 0)
        return HEARSAY_ERR_NOMEM;
    if (journal->followers++ == 0)
        hs_timer_set(journal->timer, HS_JOURNAL_BEAT_US);
    return 0;
}

void hs_journal_leave(struct hs_journal *journal)
{
    if (--journal->followers == 0 && journal->timer)
        hs_timer_set(journal->timer, HS_JOURNAL_KEPT_US);
}
