/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the command of a request line in one table. */
#include "agent/control/commands.h"

#include <string.h>

#include <hearsay/error.h>

#include "agent/base/json.h"
#include "agent/control/change.h"
#include "agent/control/denials.h"
#include "agent/control/diff.h"
#include "agent/control/follow.h"
#include "agent/control/keys.h"
#include "agent/control/members.h"
#include "agent/control/monitor.h"
#include "agent/control/plan.h"
#include "agent/control/ring.h"
#include "agent/control/status.h"
#include "agent/control/why.h"

struct command {
    void (*run)(const struct hs_context *context, struct hs_client *client, const json_t *request);
    const char *fields; /* fields of the request besides cmd, separated by blanks */
    /* Changes the node: at most one such command per client and turn, and none for who may only
     * ask. */
    bool changes;
    const char *change; /* the field without which it only asks, after all; NULL: none */
};

static const struct command commands[HS_CTL_COMMAND_COUNT] = {
    [HS_CTL_COMMAND_MEMBERS] = {hs_command_members, "status tag name all", false, NULL},
    [HS_CTL_COMMAND_RING] = {hs_command_ring, "n zones ranges", false, NULL},
    [HS_CTL_COMMAND_RING_HISTORY] = {hs_command_ring_history, "", false, NULL},
    [HS_CTL_COMMAND_RING_DIFF] = {hs_command_ring_diff, "from to n zones ranges", false, NULL},
    [HS_CTL_COMMAND_RING_PLAN] = {hs_command_ring_plan, "add remove set n zones ranges", false,
                                  NULL},
    [HS_CTL_COMMAND_LOOKUP] = {hs_command_lookup, "key key_hex n zones", false, NULL},
    [HS_CTL_COMMAND_STATUS] = {hs_command_status, "", false, NULL},
    [HS_CTL_COMMAND_MONITOR] = {hs_command_monitor, "events", false, NULL},
    [HS_CTL_COMMAND_FOLLOW] = {hs_command_follow, "since", false, NULL},
    [HS_CTL_COMMAND_JOIN] = {hs_command_join, "addrs", true, NULL},
    [HS_CTL_COMMAND_LEAVE] = {hs_command_leave, "", true, NULL},
    [HS_CTL_COMMAND_FORCE_LEAVE] = {hs_command_force_leave, "name prune", true, NULL},
    [HS_CTL_COMMAND_TAGS_SET] = {hs_command_tags_set, "tags", true, NULL},
    [HS_CTL_COMMAND_TAGS_DELETE] = {hs_command_tags_delete, "keys", true, NULL},
    [HS_CTL_COMMAND_WEIGHT] = {hs_command_weight, "weight", true, "weight"},
    [HS_CTL_COMMAND_RELOAD] = {hs_command_reload, "", true, NULL},
    [HS_CTL_COMMAND_FORGET] = {hs_command_forget, "", true, NULL},
    [HS_CTL_COMMAND_WHY] = {hs_command_why, "name", false, NULL},
    [HS_CTL_COMMAND_KEYS] = {hs_command_keys, "", false, NULL},
    [HS_CTL_COMMAND_VERSION] = {hs_command_version, "", false, NULL},
};

static bool field_allowed(const char *fields, const char *key)
{
    size_t len = strlen(key);

    for (const char *at = fields; *at != '\0'; at += strspn(at, " ")) {
        size_t word = strcspn(at, " ");

        if (word == len && memcmp(at, key, len) == 0)
            return true;
        at += word;
    }
    return false;
}

/* Finds an unknown field, because a misspelt field must not count as absent. */
static const char *find_stray(const json_t *request, const char *fields)
{
    void *iter = json_object_iter(hs_json_mutable(request));

    for (; iter; iter = json_object_iter_next(hs_json_mutable(request), iter)) {
        const char *key = json_object_iter_key(iter);

        if (strcmp(key, "cmd") != 0 && !field_allowed(fields, key))
            return key;
    }
    return NULL;
}

/* Who may only ask gets an error instead. */
static bool is_denied(const struct hs_context *context, struct hs_client *client,
                      enum hs_ctl_command command, const json_t *request)
{
    const struct hs_peer *peer = hs_client_peer(client);
    const struct command *row = &commands[command];
    bool asks = !row->changes || (row->change && !json_object_get(request, row->change));

    if (asks || hs_peer_may_change(peer))
        return false;
    hs_client_fail(client, HS_CTL_ERROR_DENIED,
                   "user %lu may ask this agent and not change it: %s is for root, the agent's "
                   "user and its control-group",
                   (unsigned long)peer->uid, hs_ctl_command_name(command));
    hs_denials_note(context->denials, context->report, peer, hs_ctl_command_name(command));
    return true;
}

/* Returns true if it may have changed the node. */
static bool carry_out(const struct hs_context *context, struct hs_client *client,
                      enum hs_ctl_command command, const json_t *request)
{
    const struct command *row = &commands[command];
    const char *stray = find_stray(request, row->fields);

    if (is_denied(context, client, command, request))
        return false;
    if (stray)
        hs_client_fail(client, HS_CTL_ERROR_USAGE, "%s has no field \"%.64s\"",
                       hs_ctl_command_name(command), stray);
    else
        row->run(context, client, request);
    return row->changes;
}

bool hs_commands_handle(void *context, struct hs_client *client, const char *line, size_t len)
{
    json_t *request = NULL, *error = NULL;
    enum hs_ctl_command command;
    int r = hs_ctl_parse_request(line, len, &command, &request, &error);

    if (r < 0) {
        hs_client_answer(client, error);
        if (r != HEARSAY_ERR_INVALID)
            hs_client_drain(client);
        return false;
    }
    bool changed = carry_out(context, client, command, request);
    json_decref(request);
    return changed;
}
