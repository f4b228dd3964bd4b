/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An agent that has not joined yet knows itself alone, and its ring sends every key to it. An agent
 * that is cut off shows how things were. Neither can be seen in the rest of an answer, so each
 * answer says it.
 */
#include "agent/control/answer.h"

json_t *hs_answer_view(const struct hs_context *context, json_t *fields)
{
    struct hearsay_stats stats;
    json_t *answer;

    hearsay_node_stats(context->node, &stats);
    answer = json_pack("{s:b, s:b, s:b}", "ok", 1, "ready", (int)context->life->ready, "isolated",
                       stats.isolated != HEARSAY_ISOLATION_NO);

    if (!fields || json_object_update(answer, fields) < 0) {
        json_decref(answer);
        answer = NULL;
    }
    json_decref(fields);
    return answer;
}
