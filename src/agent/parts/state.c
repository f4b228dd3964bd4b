/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An idle agent writes nothing and is not woken: a timer runs only after a change. What is gathered
 * becomes bytes, and the bytes are compared with those in the file, so that only what is worth it
 * comes to the disk.
 *
 * A second agent that finds the directory in use does not start. One that ran without a state would
 * be noticed only when all others have lost their power, too.
 */
#include "agent/parts/state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <hearsay/error.h>

#include "agent/base/json.h"
#include "agent/parts/state_tags.h"
#include "service/service.h"
#include "service/timer.h"

/* ---- what is said ------------------------------------------------------------------------ */

static void tell_state(struct hs_state *state, enum hs_level level, const char *reason,
                       const char *message)
{
    hs_report(state->report, level, HS_LINE_STATE,
              json_pack("{s:s, s:o*}", "reason", reason, "message",
                        message ? hs_json_text(message, strlen(message)) : NULL));
}

/* Why the directory cannot be used: a whole line. */
static void explain(struct hs_state *state, int number, const char *other)
{
    if (number == EWOULDBLOCK)
        hs_error_text(state->words, "state directory %.200s: in use by %s", state->path,
                      other[0] != '\0' ? other : "another process");
    else
        hs_error_text(state->words, "state directory %.200s: %s", state->path, strerror(number));
    hs_service_hint(number, "STATE_DIRECTORY", state->words);
}

/* Each trouble is told once, and its end. */
static void note_trouble(struct hs_state *state, int number, const char *other)
{
    int before = state->trouble;
    state->trouble = number;
    if (number)
        explain(state, number, other);
    if (number && number != before)
        tell_state(state, HS_LEVEL_WARN, "failed", state->words);
    else if (!number && before)
        tell_state(state, HS_LEVEL_INFO, "failed-over", NULL);
}

/* ---- the start --------------------------------------------------------------------------- */

/* The setting, or the first directory of the service manager. */
static int find_path(struct hs_state *state, char error[HS_ERROR_TEXT_MAX])
{
    const char *from = state->options->state_dir, *service = getenv("STATE_DIRECTORY");
    size_t len = from ? strlen(from) : 0;
    if (!from && service) {
        from = service;
        len = strcspn(service, ":");
    }
    if (len == 0)
        return 0;
    state->path = strndup(from, len);
    if (!state->path)
        hs_error_text(error, "out of memory");
    return state->path ? 0 : HEARSAY_ERR_NOMEM;
}

static int load_file(struct hs_state *state)
{
    const struct hs_identity *identity = state->identity;
    char *bytes = malloc(HS_STATE_TEXT_MAX);
    size_t len = 0;
    if (!bytes)
        return ENOMEM;
    int number = hs_state_dir_load(&state->dir, bytes, HS_STATE_TEXT_MAX, &len);
    if (number == EFBIG || number == EINVAL || number == ELOOP) {
        state->found = HS_STATE_DAMAGED;
        hs_error_text(state->words, "%s",
                      number == EFBIG ? "is too large" : "is not a regular file");
        number = 0;
    } else if (number == 0) {
        state->found = hs_state_text_read(bytes, len, identity->cluster, identity->name,
                                          &state->before, state->words);
    }
    if (state->found == HS_STATE_GOOD) {
        state->hash = hearsay_ring_hash(bytes, len);
        state->contacts = state->before.contact_count;
        state->tag_count = json_array_size(state->before.tags);
    }
    free(bytes);
    return number == ENOENT ? 0 : number;
}

/* Tags that do not fit beside those of a new configuration are not used. */
static void put_tags(struct hs_state *state, struct hearsay_config *config)
{
    const struct hearsay_tag *configured = config->tags;
    size_t configured_count = config->tag_count;
    int count = hs_state_tags_apply(state->before.tags, configured, configured_count, state->tags,
                                    &state->tags_used);
    if (count >= 0) {
        config->tags = state->tags;
        config->tag_count = (size_t)count;
        if (hearsay_config_check(config, NULL) == 0)
            return;
    }
    config->tags = configured;
    config->tag_count = configured_count;
    state->tags_used = 0;
}

int hs_state_open(struct hs_state *state, struct hearsay_config *config,
                  char error[HS_ERROR_TEXT_MAX])
{
    char other[HS_STATE_HOLDER_MAX] = "";
    state->dir.lock_fd = -1;
    int err = find_path(state, error);
    if (err < 0 || !state->path)
        return err;
    snprintf(state->holder, sizeof(state->holder), "process %d, member %s\n", (int)getpid(),
             state->identity->name);
    state->dir.path = state->path;
    state->dir.holder = state->holder;
    int number = hs_state_dir_lock(&state->dir, other);
    if (number == EWOULDBLOCK) {
        explain(state, number, other);
        hs_error_text(error, "%s", state->words);
        return HEARSAY_ERR_INVALID;
    }
    int unread = load_file(state);
    state->trouble = number ? number : unread;
    if (state->found == HS_STATE_GOOD) {
        config->last_timestamp = state->before.timestamp;
        put_tags(state, config);
    }
    return 0;
}

/* A file of somebody else is left alone. */
static bool is_others(const struct hs_state *state)
{
    return state->found == HS_STATE_LATER || state->found == HS_STATE_FOREIGN;
}

static void say_found(struct hs_state *state)
{
    static const char *const reasons[] = {
        [HS_STATE_DAMAGED] = "damaged", [HS_STATE_LATER] = "later", [HS_STATE_FOREIGN] = "foreign"};
    char line[HS_ERROR_TEXT_MAX];
    if (state->found == HS_STATE_NOTHING)
        return;
    if (state->found == HS_STATE_GOOD) {
        hs_report(state->report, HS_LEVEL_INFO, HS_LINE_STATE,
                  json_pack("{s:s, s:i, s:i}", "reason", "restored", "contacts",
                            (int)state->before.contact_count, "tags", (int)state->tags_used));
        return;
    }
    hs_error_text(line, "%.200s/" HS_STATE_FILE " %.200s; it is not used%s", state->path,
                  state->words, is_others(state) ? ", and nothing is kept" : "");
    hs_error_text(state->words, "%s", line);
    tell_state(state, HS_LEVEL_WARN, reasons[state->found], line);
}

/* R37: a changed configuration wins. With other seeds than then this agent was moved to another
 * cluster, perhaps: to call the former one, too, would make one of the two. */
static bool has_same_seeds(const struct hs_state *state)
{
    const struct hs_option_list *join = &state->options->join;
    for (size_t i = 0; i < join->count; i++)
        for (size_t k = 0; k < json_array_size(state->before.join); k++)
            if (strcmp(join->items[i], json_string_value(json_array_get(state->before.join, k))) ==
                0)
                return true;
    return join->count == 0;
}

static void give_contacts(struct hs_state *state)
{
    const struct hs_state_content *before = &state->before;
    const struct hearsay_contact founder = {.addr = before->founder.addr,
                                            .name_hash = before->founder.name_hash,
                                            .id = before->founder.id};
    if (before->contact_count == 0)
        return;
    if (!has_same_seeds(state)) {
        tell_state(
            state, HS_LEVEL_INFO, "unused",
            "the seeds are others than when this state was written, so the contacts in it are "
            "not called");
        return;
    }
    if (founder.id)
        hearsay_node_remember_founder(state->node, &founder);
    for (size_t i = 0; i < before->contact_count; i++) {
        const struct hs_state_contact *from = &before->contacts[i];
        const struct hearsay_contact contact = {
            .addr = from->addr, .age_s = from->age_s, .name_hash = from->name_hash, .id = from->id};
        hearsay_node_remember(state->node, state->turn->clock->now, &contact);
    }
    state->recalls = true;
}

static void on_due(evutil_socket_t fd, short what, void *context);
static void on_written(evutil_socket_t fd, short what, void *context);

static int start_writing(struct hs_state *state)
{
    int number = hs_state_writer_start(&state->writer, &state->dir);
    if (number)
        return number;
    state->due = evtimer_new(state->base, on_due, state);
    state->written =
        event_new(state->base, state->writer.event_fd, EV_READ | EV_PERSIST, on_written, state);
    return state->due && state->written && event_add(state->written, NULL) == 0 ? 0 : ENOMEM;
}

void hs_state_begin(struct hs_state *state)
{
    int number = state->trouble;
    if (!state->path)
        return;
    say_found(state);
    if (state->found == HS_STATE_GOOD)
        give_contacts(state);
    state->trouble = 0;
    if (number)
        note_trouble(state, number, "");
    if (is_others(state))
        return;
    number = start_writing(state);
    if (number)
        note_trouble(state, number, "");
    hs_state_touch(state);
}

void hs_state_recall(struct hs_state *state)
{
    if (!state->recalls || !(hs_seeds_settled(state->seeds) || hs_seeds_failed(state->seeds)))
        return;
    state->recalls = false;
    hearsay_node_recall(state->node, state->turn->clock->now);
}

/* ---- writing ----------------------------------------------------------------------------- */

static bool writes(const struct hs_state *state)
{
    return state->writer.started && state->due && state->written && !state->forgotten;
}

static void plan_writing(struct hs_state *state)
{
    uint64_t now = state->turn->clock->now.boot, delay = HS_STATE_DELAY_US;
    uint64_t gap = state->trouble ? HS_STATE_RETRY_US : HS_STATE_GAP_US;
    if (!writes(state) || !state->changed || state->gathers || evtimer_pending(state->due, NULL) ||
        hs_state_writer_busy(&state->writer))
        return;
    if (state->tried_at && state->tried_at + gap > now + delay)
        delay = state->tried_at + gap - now;
    hs_timer_set(state->due, delay);
}

void hs_state_touch(struct hs_state *state)
{
    if (state->changed || !writes(state))
        return;
    state->changed = true;
    plan_writing(state);
}

/* Gives the writer what was gathered, unless the file has it already. */
static void give_bytes(struct hs_state *state)
{
    struct hs_state_gather *gather = &state->gather;
    char *bytes = NULL;
    size_t len = 0;
    if (hs_state_gather_end(gather, state->node, state->turn->clock->now, state->options,
                            &state->before) == 0)
        bytes = hs_state_text_make(&gather->content, state->identity->cluster,
                                   state->identity->name, &len);
    if (!bytes) {
        note_trouble(state, ENOMEM, "");
        state->changed = true;
        state->tried_at = state->turn->clock->now.boot;
        return;
    }
    state->next_hash = hearsay_ring_hash(bytes, len);
    if (state->next_hash == state->hash && !state->trouble)
        free(bytes);
    else
        hs_state_writer_give(&state->writer, bytes, len);
}

static bool gather_some(struct hs_state *state, unsigned max)
{
    if (!state->gathers)
        hs_state_gather_begin(&state->gather, state->identity->name);
    if (!state->gathers)
        state->changed = false;
    state->gathers =
        !hs_state_gather_step(&state->gather, state->node, state->turn->clock->now, max);
    if (!state->gathers)
        give_bytes(state);
    return !state->gathers;
}

static void on_due(evutil_socket_t fd, short what, void *context)
{
    struct hs_state *state = context;
    (void)fd;
    (void)what;
    hs_clock_read(state->turn->clock);
    if (!gather_some(state, HS_STATE_STEP_CONTACTS))
        hs_timer_set(state->due, 0); /* after the next poll */
    else
        plan_writing(state);
    hs_turn_touch(state->turn);
}

/* ---- the end of a writing ---------------------------------------------------------------- */

static void answer_wishes(struct hs_state *state, const char *error)
{
    struct hs_state_wish *wish = state->wishes, *next;
    state->wishes = NULL;
    for (; wish; wish = next) {
        next = wish->next;
        wish->done(wish, error);
    }
}

static void note_saved(struct hs_state *state, bool removed)
{
    const struct hs_state_content *content = &state->gather.content;
    state->saved = !removed;
    state->saved_at = state->turn->clock->now.boot;
    state->hash = removed ? 0 : state->next_hash;
    state->contacts = removed ? 0 : content->contact_count;
    state->tag_count = removed ? 0 : json_array_size(content->tags);
}

static void take_result(struct hs_state *state)
{
    struct hs_state_job job;
    if (!hs_state_writer_take(&state->writer, &job))
        return;
    bool removed = !job.bytes;
    free(job.bytes);
    state->tried_at = state->turn->clock->now.boot;
    note_trouble(state, job.error, job.other);
    if (!job.error)
        note_saved(state, removed);
    else
        state->changed = true;
    if (removed && !job.error)
        tell_state(state, HS_LEVEL_INFO, "forgotten", NULL);
    else if (removed)
        state->forgotten = false; /* who wished it is told, and the state is kept as before */
    if (removed)
        answer_wishes(state, job.error ? state->words : NULL);
    else if (state->wishes)
        hs_state_writer_give(&state->writer, NULL, 0);
}

static void on_written(evutil_socket_t fd, short what, void *context)
{
    struct hs_state *state = context;
    (void)fd;
    (void)what;
    hs_clock_read(state->turn->clock);
    take_result(state);
    plan_writing(state);
    hs_turn_touch(state->turn);
}

int hs_state_forget(struct hs_state *state, struct hs_state_wish *wish,
                    char error[HS_ERROR_TEXT_MAX])
{
    if (!state->path)
        hs_error_text(error, "this agent keeps no state: it has no state-dir");
    else if (!state->writer.started || !state->written)
        hs_error_text(error, "%s", state->words);
    else
        error[0] = '\0';
    if (error[0] != '\0')
        return HEARSAY_ERR_INVALID;
    state->forgotten = true;
    state->recalls = state->gathers = false;
    hs_state_content_fini(&state->before);
    if (state->due)
        evtimer_del(state->due);
    hearsay_node_forget(state->node, state->turn->clock->now);
    wish->next = state->wishes;
    state->wishes = wish;
    if (!hs_state_writer_busy(&state->writer))
        hs_state_writer_give(&state->writer, NULL, 0);
    return 0;
}

/* ---- for others -------------------------------------------------------------------------- */

void hs_state_add_name(const struct hs_state *state, struct hearsay_event *event)
{
    for (size_t i = 0; i < state->before.contact_count && event->name[0] == '\0'; i++)
        if (hearsay_addr_equal(&state->before.contacts[i].addr, &event->addr))
            snprintf(event->name, sizeof(event->name), "%s", state->before.contacts[i].name);
}

/* Something is not in the file yet. */
static bool is_waiting(struct hs_state *state)
{
    return !state->forgotten && (state->changed || state->gathers ||
                                 (state->writer.started && hs_state_writer_busy(&state->writer)));
}

json_t *hs_state_json(struct hs_state *state)
{
    bool troubled = state->trouble || is_others(state);
    if (!state->path)
        return json_null();
    uint64_t ago = state->turn->clock->now.boot - state->saved_at;
    return json_pack("{s:o, s:i, s:i, s:o, s:b, s:b, s:o}", "dir",
                     hs_json_text(state->path, strlen(state->path)), "contacts",
                     (int)state->contacts, "tags", (int)state->tag_count, "saved_us",
                     state->saved ? json_integer((json_int_t)ago) : json_null(), "waiting",
                     (int)is_waiting(state), "forgotten", (int)state->forgotten, "error",
                     troubled ? hs_json_text(state->words, strlen(state->words)) : json_null());
}

/* ---- the end of the agent ---------------------------------------------------------------- */

/* Waits for the writer until a boot time. Returns false if it is not done by then. */
static bool wait_until(struct hs_state *state, uint64_t end)
{
    uint64_t now = state->turn->clock->now.boot;
    bool idle = hs_state_writer_wait(&state->writer, end > now ? end - now : 0);
    hs_clock_read(state->turn->clock);
    take_result(state);
    return idle;
}

void hs_state_end(struct hs_state *state)
{
    if (!writes(state))
        return;
    hs_clock_read(state->turn->clock);
    uint64_t end = state->turn->clock->now.boot + HS_STATE_END_US;
    bool idle = wait_until(state, end);
    if (idle && (state->changed || state->gathers)) {
        state->gathers = false;
        while (!gather_some(state, HS_STATE_STEP_CONTACTS))
            continue;
        idle = wait_until(state, end);
    }
    if (!idle)
        note_trouble(state, ETIMEDOUT, "");
}

void hs_state_fini(struct hs_state *state)
{
    answer_wishes(state, "the agent ends");
    if (state->due)
        event_free(state->due);
    if (state->written)
        event_free(state->written);
    state->due = state->written = NULL;
    hs_state_content_fini(&state->before);
    hs_state_content_fini(&state->gather.content);
    if (!hs_state_writer_stop(&state->writer, state->trouble == ETIMEDOUT ? 0 : HS_STATE_END_US))
        return; /* the thread still uses the path */
    if (state->path)
        hs_state_dir_close(&state->dir);
    free(state->path);
    state->path = NULL;
}
