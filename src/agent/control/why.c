/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `why`: a member and its history. The number of steps is bounded, so the answer takes less than a
 * millisecond and is made at once.
 */
#include "agent/control/why.h"

#include <stdlib.h>

#include "agent/base/json.h"
#include "agent/control/answer.h"
#include "ctl/ctl.h"

#define HISTORY_MAX 64 /* most steps in one answer */

static json_t *step_json(const struct hearsay_history_step *step)
{
    char time[HS_CTL_TIME_MAX];
    json_t *object;

    hs_ctl_format_time(step->when.wall, time);
    object = json_pack("{s:s, s:s}", "time", time, "step", hearsay_step_name(step->step));
    if (step->result != HEARSAY_REASON_NONE)
        hs_ctl_put(&object, "result", json_string(hearsay_reason_name(step->result)));
    if (step->actor[0] != '\0')
        hs_ctl_put(&object, "actor", json_string(step->actor));
    if (step->tries > 0)
        hs_ctl_put(&object, "tries", json_integer(step->tries));
    if (step->rtt_us > 0)
        hs_ctl_put(&object, "rtt_us", json_integer(step->rtt_us));
    if (step->timestamp > 0)
        hs_ctl_put(&object, "timestamp", json_integer((json_int_t)step->timestamp));
    return object;
}

void hs_command_why(const struct hs_context *context, struct hs_client *client,
                    const json_t *request)
{
    struct hearsay_history_step *history;
    struct hearsay_member member;
    const char *name;
    json_t *steps;
    size_t count;

    if (json_unpack(hs_json_mutable(request), "{s:s}", "name", &name) < 0) {
        hs_client_fail(client, HS_CTL_ERROR_USAGE, "name is needed and must be text");
        return;
    }
    if (hearsay_node_member(context->node, context->clock->now, name, &member) < 0) {
        hs_client_fail(client, HS_CTL_ERROR_NOT_FOUND, "no member named %.128s", name);
        return;
    }
    history = calloc(HISTORY_MAX, sizeof(*history));
    if (!history) {
        hs_client_answer(client, NULL);
        return;
    }
    steps = json_array();
    count = hearsay_node_history(context->node, name, history, HISTORY_MAX);
    for (size_t i = 0; i < count; i++)
        hs_ctl_append(&steps, step_json(&history[i]));
    free(history);
    hs_client_answer(client,
                     hs_answer_view(context, json_pack("{s:o, s:o}", "member",
                                                       hs_json_member(&member), "history", steps)));
}
