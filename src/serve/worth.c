/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/worth.h"

struct hs_worth hs_worth_of(const struct hs_mirror_state *state, uint64_t age_us)
{
    bool shown = state->id[0] != '\0';

    return (struct hs_worth){.ready = shown && state->ready,
                             .isolated = shown && state->isolated,
                             .leaving = shown && state->leaving,
                             .settling = shown && state->settling,
                             .gone = !shown || age_us >= HS_WORTH_GONE_US,
                             .stale_us = shown && age_us >= HS_WORTH_STALE_US ? age_us : 0};
}

bool hs_worth_is_full(const struct hs_worth *worth)
{
    return worth->ready && !worth->isolated && !worth->gone && worth->stale_us == 0;
}

json_t *hs_worth_json(const struct hs_worth *worth)
{
    json_t *object = json_pack("{s:b, s:b, s:b}", "ready", (int)worth->ready, "isolated",
                               (int)worth->isolated, "settling", (int)worth->settling);

    if (!object || worth->stale_us == 0 ||
        json_object_set_new(object, "stale_us", json_integer((json_int_t)worth->stale_us)) == 0)
        return object;
    json_decref(object);
    return NULL;
}
