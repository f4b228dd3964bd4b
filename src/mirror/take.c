/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines change the world that is being read, if there is one, else the one that is shown. When the
 * line `current` ends a snapshot, its world takes the place of the one that is shown.
 *
 * A ring may be made in steps. Meanwhile nothing else is taken, and the world is as it was before.
 *
 * Ids of one connection have no gap. A gap would be a change that nobody saw, so it is an error.
 */
#include "mirror/take.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hearsay/error.h>

#include "mirror/adopt.h"

int hs_take_fail(struct hs_mirror *mirror, int err, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(mirror->fault, sizeof(mirror->fault), format, args);
    va_end(args);
    return err;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

static void give_up_making(struct hs_mirror *mirror)
{
    if (mirror->making.line)
        hs_mirror_roster_give_up(&mirror->making.world->roster);
    json_decref(mirror->making.line);
    mirror->making = (struct hs_mirror_making){.line = NULL};
}

void hs_take_give_up(struct hs_mirror *mirror)
{
    give_up_making(mirror);
    if (!mirror->coming || mirror->coming->complete)
        return;
    hs_world_free(mirror->coming);
    mirror->coming = NULL;
}

static void drop_coming(struct hs_mirror *mirror)
{
    hs_world_free(mirror->coming);
    mirror->coming = NULL;
}

/* ---- fields ------------------------------------------------------------------------------ */

static int take_id(struct hs_mirror *mirror, struct hs_world *world, const char *id)
{
    char instance[HS_CTL_HEX64_MAX];
    uint64_t number;

    if (hs_ctl_parse_id(id, instance, &number) < 0)
        return hs_take_fail(mirror, HEARSAY_ERR_SYNTAX, "\"%.48s\" is no id of a line", id);
    if (strcmp(instance, mirror->instance) != 0)
        return hs_take_fail(mirror, HEARSAY_ERR_INVALID, "line %s is of another instance than %s",
                            id, mirror->instance);
    memcpy(world->state.instance, instance, sizeof(instance));
    memcpy(world->state.id, id, strlen(id) + 1);
    world->state.number = number;
    return 0;
}

static bool read_flag(const json_t *line, const char *key, bool *flag)
{
    const json_t *value = json_object_get(line, key);

    *flag = json_is_true(value);
    return json_is_boolean(value);
}

static int read_flags(struct hs_mirror *mirror, const json_t *line, struct hs_mirror_state *state)
{
    read_flag(line, "settling", &state->settling); /* the first release does not say it */
    if (read_flag(line, "ready", &state->ready) && read_flag(line, "isolated", &state->isolated) &&
        read_flag(line, "leaving", &state->leaving))
        return 0;
    return hs_take_fail(mirror, HEARSAY_ERR_SYNTAX,
                        "a line does not say ready, isolated and leaving");
}

/* `snapshot`, `current` and `alive`. */
static int read_state(struct hs_mirror *mirror, const json_t *line, struct hs_mirror_state *state)
{
    if (hs_ctl_parse_hex64(text_of(line, "digest"), &state->digest) < 0 ||
        hs_ctl_parse_time(text_of(line, "time"), &state->time) < 0)
        return hs_take_fail(mirror, HEARSAY_ERR_SYNTAX, "a line \"%.32s\" has no digest or no time",
                            text_of(line, "follow"));
    return read_flags(mirror, line, state);
}

/* Of another instance what was kept cannot be resumed. That one may be of another cluster. */
static void drop_kept(struct hs_mirror *mirror)
{
    if (!mirror->kept)
        return;
    mirror->kept = false;
    if (strcmp(mirror->shown->state.instance, mirror->instance) == 0)
        return;
    hs_world_free(mirror->shown);
    mirror->shown = NULL;
    mirror->resumes = false;
}

static int take_greeting(struct hs_mirror *mirror, const json_t *line)
{
    uint64_t ignored;

    if (json_is_false(json_object_get(line, "ok")))
        return hs_take_fail(mirror, HEARSAY_ERR_STOPPED, "the agent refuses: %.200s",
                            text_of(line, "message"));
    if (!json_is_true(json_object_get(line, "ok")) ||
        hs_ctl_parse_hex64(text_of(line, "instance"), &ignored) < 0 ||
        !hearsay_name_valid(text_of(line, "node")))
        return hs_take_fail(mirror, HEARSAY_ERR_SYNTAX,
                            "what answers is not an agent that can be followed");
    snprintf(mirror->node, sizeof(mirror->node), "%s", text_of(line, "node"));
    snprintf(mirror->cluster, sizeof(mirror->cluster), "%s", text_of(line, "cluster"));
    snprintf(mirror->instance, sizeof(mirror->instance), "%s", text_of(line, "instance"));
    mirror->greeted = true;
    drop_kept(mirror);
    return 0;
}

/* ---- lines without an id of their own ---------------------------------------------------- */

static int take_resync(struct hs_mirror *mirror, struct hs_world *world, json_t *line)
{
    (void)world;
    (void)line;
    mirror->current = mirror->resumes = false;
    drop_coming(mirror);
    return 0;
}

static int take_snapshot(struct hs_mirror *mirror, struct hs_world *world, json_t *line)
{
    int err;

    (void)world;
    mirror->current = mirror->resumes = false;
    drop_coming(mirror);
    mirror->coming = hs_world_new(&mirror->bounds);
    if (!mirror->coming)
        return hs_take_fail(mirror, HEARSAY_ERR_NOMEM, "out of memory");
    err = take_id(mirror, mirror->coming, text_of(line, "id"));
    return err < 0 ? err : read_state(mirror, line, &mirror->coming->state);
}

/* The line's ring is made in steps: hs_take_step. */
static void make(struct hs_mirror *mirror, struct hs_world *world, json_t *line)
{
    mirror->making = (struct hs_mirror_making){.line = json_incref(line), .world = world};
}

static int take_roster(struct hs_mirror *mirror, struct hs_world *world, json_t *line)
{
    int err = world->complete ? HEARSAY_ERR_INVALID : hs_mirror_roster_read(&world->roster, line);

    if (err < 0)
        return hs_take_fail(mirror, err, "a roster cannot be used: %s", hearsay_strerror(err));
    if (err == HEARSAY_RING_MORE)
        make(mirror, world, line);
    return 0;
}

static int take_current(struct hs_mirror *mirror, struct hs_world *world, json_t *line)
{
    const json_t *ring = json_object_get(line, "ring");
    uint64_t before = world->state.number;
    int err = take_id(mirror, world, text_of(line, "id"));

    if (err == 0)
        err = read_state(mirror, line, &world->state);
    if (err < 0)
        return err;
    if (world->state.number != before)
        return hs_take_fail(mirror, HEARSAY_ERR_INVALID, "lines are missing before %s",
                            world->state.id);
    err = hs_mirror_roster_check(&world->roster, ring);
    if (err < 0)
        return hs_take_fail(mirror, err, "the ring is not the agent's: %s", hearsay_strerror(err));
    world->state.ring_version = world->roster.version;
    world->complete = mirror->current = mirror->resumes = true;
    hs_adopt_if_good(mirror);
    return 0;
}

static void take_round_trips(struct hs_mirror *mirror, const struct hs_world *world, json_t *trips)
{
    struct hs_ctl_field field = {.key = NULL};

    json_decref(mirror->round_trips);
    mirror->round_trips = json_is_object(trips) ? json_incref(trips) : NULL;
    while (hs_ctl_next_field(mirror->round_trips, &field)) {
        struct hs_mirror_member *member = hs_world_find(world, field.key);
        json_int_t rtt = json_integer_value(field.value);

        if (member && rtt >= 0 && rtt <= UINT32_MAX)
            member->rtt_us = (uint32_t)rtt;
    }
}

/* It says which line was the last when it was made, so one that is missing shows. It may have been
 * made before lines that stand before it, because those are told first: then only its round trips
 * are news. */
static int take_alive(struct hs_mirror *mirror, struct hs_world *world, json_t *line)
{
    struct hs_world then = {.complete = false};
    int err;

    if (!mirror->current)
        return 0;
    then.state = world->state;
    err = take_id(mirror, &then, text_of(line, "id"));
    if (err == 0 && then.state.number > world->state.number)
        err = hs_take_fail(mirror, HEARSAY_ERR_INVALID, "lines are missing between %s and %s",
                           world->state.id, then.state.id);
    if (err == 0)
        err = read_state(mirror, line, &then.state);
    if (err < 0)
        return err;
    if (then.state.number == world->state.number) {
        world->state = then.state;
        mirror->beats++;
    }
    take_round_trips(mirror, world, json_object_get(line, "rtt_us"));
    return 0;
}

/* ---- lines of the journal ---------------------------------------------------------------- */

/* *ret_text is to be freed; NULL: there is none. */
static int event_text(struct hs_mirror *mirror, const json_t *line, char **ret_text)
{
    const json_t *event = json_object_get(line, "event");
    size_t len;

    *ret_text = NULL;
    if (!json_is_object(event))
        return 0;
    *ret_text = hs_ctl_dump(event, &len);
    if (!*ret_text)
        return hs_take_fail(mirror, HEARSAY_ERR_NOMEM, "out of memory for an event");
    (*ret_text)[len - 1] = '\0';
    return 0;
}

/* Lines of a world that is not shown are told when it is. */
static int note_line(struct hs_mirror *mirror, const struct hs_world *world,
                     enum hs_mirror_kind kind, const char *name, const json_t *line)
{
    struct hs_mirror_entry entry = {.kind = kind};
    char *event;

    if (json_object_get(line, "id") == NULL || world != mirror->shown)
        return 0;
    int err = event_text(mirror, line, &event);
    if (err < 0)
        return err;
    snprintf(entry.id, sizeof(entry.id), "%s", world->state.id);
    snprintf(entry.name, sizeof(entry.name), "%s", name);
    hs_mirror_log_add(&mirror->log, &entry, event);
    return 0;
}

static int take_member(struct hs_mirror *mirror, struct hs_world *world, json_t *line)
{
    struct hs_mirror_member *member;
    int err = hs_mirror_member_read(json_object_get(line, "member"), &member);

    if (err < 0)
        return hs_take_fail(mirror, err, "a member cannot be read: %s", hearsay_strerror(err));
    err = hs_world_put(world, member);
    if (err < 0) {
        hs_mirror_member_unref(member);
        return hs_take_fail(mirror, err, "a member cannot be held: %s", hearsay_strerror(err));
    }
    return note_line(mirror, world, HS_MIRROR_MEMBER, member->name, line);
}

static int take_gone(struct hs_mirror *mirror, struct hs_world *world, json_t *line)
{
    const char *name = text_of(line, "name");

    if (!hearsay_name_valid(name))
        return hs_take_fail(mirror, HEARSAY_ERR_SYNTAX, "a line \"gone\" names no member");
    hs_world_remove(world, name);
    return note_line(mirror, world, HS_MIRROR_GONE, name, line);
}

static int take_ring(struct hs_mirror *mirror, struct hs_world *world, json_t *line)
{
    int err = hs_mirror_roster_change(&world->roster, line);

    if (err < 0)
        return hs_take_fail(mirror, err, "the ring cannot be changed as the agent says: %s",
                            hearsay_strerror(err));
    if (err == HEARSAY_RING_MORE)
        make(mirror, world, line);
    return 0;
}

/* The ring of the line has been made. */
static int ring_made(struct hs_mirror *mirror, struct hs_world *world, const json_t *line)
{
    int err;

    if (strcmp(text_of(line, "follow"), "ring") != 0)
        return 0;
    err = hs_mirror_roster_changed(&world->roster, line);
    if (err < 0)
        return hs_take_fail(mirror, err, "the ring cannot be changed as the agent says: %s",
                            hearsay_strerror(err));
    world->state.ring_version = world->roster.version;
    return note_line(mirror, world, HS_MIRROR_RING, "", line);
}

int hs_take_step(struct hs_mirror *mirror, size_t units)
{
    struct hs_mirror_making making = mirror->making;

    if (!making.line)
        return HEARSAY_RING_DONE;
    int err = hs_mirror_roster_step(&making.world->roster, units);
    if (err == HEARSAY_RING_MORE)
        return err;
    mirror->making = (struct hs_mirror_making){.line = NULL};
    if (err < 0) {
        hs_take_fail(mirror, err, "a ring cannot be made: %s", hearsay_strerror(err));
    } else {
        making.world->state = making.after;
        err = ring_made(mirror, making.world, making.line);
    }
    json_decref(making.line);
    return err;
}

int hs_take_finish(struct hs_mirror *mirror)
{
    int err;

    do
        err = hs_take_step(mirror, SIZE_MAX / 2);
    while (err == HEARSAY_RING_MORE);
    return err;
}

static int take_state(struct hs_mirror *mirror, struct hs_world *world, json_t *line)
{
    int err = read_flags(mirror, line, &world->state);

    if (err < 0)
        return err;
    err = note_line(mirror, world, HS_MIRROR_STATE, "", line);
    if (err == 0)
        hs_adopt_if_good(mirror);
    return err;
}

static int take_event(struct hs_mirror *mirror, struct hs_world *world, json_t *line)
{
    return note_line(mirror, world, HS_MIRROR_EVENT, "", line);
}

/* ---- the lines --------------------------------------------------------------------------- */

static const struct kind {
    const char *name;
    int (*take)(struct hs_mirror *mirror, struct hs_world *world, json_t *line);
    bool starts; /* needs no world before it */
    bool counts; /* its id, if it has one, is the next one */
} kinds[] = {
    {"resync", take_resync, true, false},    {"snapshot", take_snapshot, true, false},
    {"member", take_member, false, true},    {"gone", take_gone, false, true},
    {"ring", take_ring, false, true},        {"event", take_event, false, true},
    {"state", take_state, false, true},      {"roster", take_roster, false, false},
    {"current", take_current, false, false}, {"alive", take_alive, true, false},
};

/* A kind that this release does not know is passed over. */
static const struct kind *find_kind(const char *name)
{
    static const struct kind unknown = {"", take_event, false, true};

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    return &unknown;
}

/* A line of the log says when it was written. */
static void note_time(struct hs_world *world, const json_t *line)
{
    uint64_t time;

    if (hs_ctl_parse_time(text_of(json_object_get(line, "event"), "time"), &time) == 0)
        world->state.time = time;
}

/* Reads the id of a line that must be the next one. */
static int count_line(struct hs_mirror *mirror, struct hs_world *world, const char *id)
{
    uint64_t before = world->state.number;
    char last[HS_MIRROR_ID_MAX];
    int err;

    memcpy(last, world->state.id, sizeof(last));
    err = take_id(mirror, world, id);
    if (err == 0 && world->state.number != before + 1)
        err = hs_take_fail(mirror, HEARSAY_ERR_INVALID, "line %.48s does not follow %s", id, last);
    return err;
}

static int take_line(struct hs_mirror *mirror, json_t *line)
{
    const char *name = text_of(line, "follow");
    const json_t *id = json_object_get(line, "id");
    const struct kind *kind = find_kind(name);
    struct hs_world *world = mirror->coming ? mirror->coming : mirror->shown;
    int err = 0;

    if (name[0] == '\0')
        return hs_take_fail(mirror, HEARSAY_ERR_SYNTAX, "a line does not say what it is");
    if (kind->starts)
        return kind->take(mirror, world, line);
    if (!world)
        return hs_take_fail(mirror, HEARSAY_ERR_INVALID, "a line \"%.32s\" before any snapshot",
                            name);
    if (world->complete && !mirror->resumes)
        return hs_take_fail(mirror, HEARSAY_ERR_INVALID, "a line \"%.32s\" after resync", name);
    struct hs_mirror_state before = world->state;
    if (kind->counts && id)
        err = count_line(mirror, world, text_of(line, "id"));
    else if (kind->counts && world->complete)
        err = hs_take_fail(mirror, HEARSAY_ERR_INVALID, "a line \"%.32s\" has no id", name);
    note_time(world, line);
    if (err == 0)
        err = kind->take(mirror, world, line);
    if (mirror->making.line) {
        mirror->making.after = world->state;
        world->state = before;
    }
    return err;
}

int hs_take(struct hs_mirror *mirror, json_t *line)
{
    return mirror->greeted ? take_line(mirror, line) : take_greeting(mirror, line);
}
