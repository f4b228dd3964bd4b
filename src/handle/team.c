/* SPDX-License-Identifier: Apache-2.0 */
#include "handle/team.h"

#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "handle/need.h"

static void dismiss(struct hs_team *team, size_t index)
{
    hs_handler_fini(team->handlers[index]);
    free(team->handlers[index]);
    team->count--;
    memmove(&team->handlers[index], &team->handlers[index + 1],
            (team->count - index) * sizeof(team->handlers[0]));
}

void hs_team_fini(struct hs_team *team)
{
    while (team->count > 0)
        dismiss(team, team->count - 1);
}

/* ---- who belongs to it ------------------------------------------------------------------- */

/* Gives up what waits, but for the run that is under way. */
static void retire(struct hs_handler *handler)
{
    size_t kept = hs_handler_runs(handler) ? 1 : 0;

    while (handler->backlog.count > kept)
        hs_item_unref(handler->backlog.items[--handler->backlog.count]);
    handler->retired = true;
}

static struct hs_handler *find_handler(const struct hs_team *team, const char *label)
{
    for (size_t i = 0; i < team->count; i++)
        if (strcmp(team->handlers[i]->spec.label, label) == 0)
            return team->handlers[i];
    return NULL;
}

static bool is_named(const struct hs_specs *specs, const char *label)
{
    for (size_t i = 0; i < specs->count; i++)
        if (strcmp(specs->items[i].label, label) == 0)
            return true;
    return false;
}

/* Those that have ended; and if there is no room, the oldest of those that have not. */
static void dismiss_retired(struct hs_team *team, size_t room)
{
    for (size_t i = team->count; i-- > 0;)
        if (team->handlers[i]->retired && !hs_handler_runs(team->handlers[i]))
            dismiss(team, i);
    for (size_t i = 0; i < team->count && HS_TEAM_MAX - team->count < room;) {
        if (team->handlers[i]->retired)
            dismiss(team, i);
        else
            i++;
    }
}

size_t hs_team_set(struct hs_team *team, struct hs_specs *specs)
{
    size_t first;

    for (size_t i = 0; i < team->count; i++)
        if (!is_named(specs, team->handlers[i]->spec.label))
            retire(team->handlers[i]);
    dismiss_retired(team, specs->count);
    first = team->count;
    for (size_t i = 0; i < specs->count; i++) {
        struct hs_handler *old = find_handler(team, specs->items[i].label);

        if (old) {
            old->retired = false;
            continue;
        }
        struct hs_handler *fresh = hs_need(calloc(1, sizeof(*fresh)));
        fresh->spec = specs->items[i];
        specs->items[i] = (struct hs_spec){.kinds = 0};
        team->handlers[team->count++] = fresh;
    }
    hs_specs_fini(specs);
    return first;
}

static void welcome(struct hs_team *team, struct hs_handler *handler, const struct hs_feed *feed)
{
    static const enum hs_kind whole[] = {HS_KIND_JOIN, HS_KIND_RING};

    for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++) {
        struct hs_item *item = hs_feed_whole(feed, whole[i]);

        if (item)
            hs_handler_give(handler, item, team->say);
        hs_item_unref(item);
    }
}

void hs_team_welcome(struct hs_team *team, size_t first, const struct hs_kept *kept,
                     const struct hs_feed *feed, bool silent)
{
    for (size_t i = first; i < team->count; i++)
        if (!(kept && hs_kept_restore(kept, team->handlers[i])) && !silent)
            welcome(team, team->handlers[i], feed);
}

/* ---- what it does ------------------------------------------------------------------------ */

bool hs_team_give(struct hs_team *team, struct hs_item *item)
{
    bool any = false;

    for (size_t i = 0; i < team->count; i++)
        if (!team->handlers[i]->retired && hs_handler_give(team->handlers[i], item, team->say))
            any = true;
    return any;
}

bool hs_team_begin(struct hs_team *team, const struct hs_teller *teller, uint64_t now)
{
    bool any = false;

    for (size_t i = 0; i < team->count; i++)
        if (!team->handlers[i]->retired &&
            hs_handler_begin(team->handlers[i], teller, now, team->timeout_us, team->say))
            any = true;
    return any;
}

bool hs_team_work(struct hs_team *team, uint64_t now)
{
    bool any = false;

    for (size_t i = 0; i < team->count; i++)
        if (hs_handler_work(team->handlers[i], now, team->say))
            any = true;
    dismiss_retired(team, 0);
    return any;
}

bool hs_team_runs(const struct hs_team *team)
{
    for (size_t i = 0; i < team->count; i++)
        if (hs_handler_runs(team->handlers[i]))
            return true;
    return false;
}

void hs_team_stop(struct hs_team *team, uint64_t now)
{
    for (size_t i = 0; i < team->count; i++)
        hs_handler_stop(team->handlers[i], now);
}

uint64_t hs_team_deadline(const struct hs_team *team, bool begins)
{
    uint64_t first = UINT64_MAX;

    for (size_t i = 0; i < team->count; i++) {
        uint64_t deadline = hs_handler_deadline(team->handlers[i], begins);

        first = deadline < first ? deadline : first;
    }
    return first;
}

size_t hs_team_fds(const struct hs_team *team, struct pollfd fds[HS_TEAM_FDS_MAX])
{
    size_t count = 0;

    for (size_t i = 0; i < team->count; i++)
        count += hs_child_fds(&team->handlers[i]->child, fds + count);
    return count;
}
