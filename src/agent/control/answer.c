/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An agent that has not joined yet knows itself alone, and its ring sends every key to it. An agent
 * that is cut off shows how things were. While a ring settles, agents that see the same may have
 * another one. None of this can be seen in the rest of an answer, so each answer says it.
 */
#include "agent/control/answer.h"

json_t *hs_answer_view(const struct hs_context *context, json_t *fields)
{
    struct hearsay_stats stats;
    json_t *answer;

    hearsay_node_stats(context->node, &stats);
    answer =
        json_pack("{s:b, s:b, s:b, s:b}", "ok", 1, "ready", (int)context->life->ready, "isolated",
                  stats.isolated != HEARSAY_ISOLATION_NO, "settling", stats.ring_settling != 0);

    if (!fields || json_object_update(answer, fields) < 0) {
        json_decref(answer);
        answer = NULL;
    }
    json_decref(fields);
    return answer;
}

bool hs_answer_is_held(const struct hs_context *context, const char *name)
{
    struct hearsay_member member;

    return hearsay_node_member(context->node, context->clock->now, name, &member) == 0 &&
           member.status == HEARSAY_STATUS_DEAD && member.in_ring;
}
