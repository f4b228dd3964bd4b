/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/live.h"

#include <inttypes.h>

void hs_live_health(const struct hs_request *request, struct hs_reply *reply)
{
    if (request->silence_us >= HS_WORTH_GONE_US)
        hs_reply_gone(reply);
    else
        hs_reply_json(reply, json_pack("{s:b}", "ok", 1));
}

/* Why the view cannot be relied on; NULL: it can. */
static const char *fault_of(const struct hs_worth *worth)
{
    if (worth->stale_us > 0)
        return "the agent is silent";
    if (!worth->ready)
        return "the agent has not joined";
    if (worth->leaving)
        return "the agent leaves";
    return worth->isolated ? "the agent is isolated" : NULL;
}

void hs_live_ready(const struct hs_request *request, struct hs_reply *reply)
{
    const char *fault = fault_of(&request->worth);
    char sentence[HS_ARGS_FAULT_MAX];
    uint64_t wanted = 0, alive = hs_mirror_count(request->mirror, HEARSAY_STATUS_ALIVE);

    if (hs_args_number(request->args, "members", 0, HS_MIRROR_MEMBERS_MAX, &wanted, sentence) < 0) {
        hs_reply_usage(reply, sentence);
        return;
    }
    if (request->worth.gone) {
        hs_reply_gone(reply);
    } else if (fault) {
        hs_reply_error(reply, 503, "unavailable", "%s", fault);
    } else if (alive < wanted) {
        hs_reply_error(reply, 503, "unavailable",
                       "%" PRIu64 " members are alive, and %" PRIu64 " are wanted", alive, wanted);
    } else {
        hs_reply_json(reply, json_pack("{s:b, s:I}", "ok", 1, "alive", (json_int_t)alive));
    }
}
