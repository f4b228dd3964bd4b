/* SPDX-License-Identifier: Apache-2.0 */
/* R41: a new instance of the agent knows itself alone until it has joined. Its view replaces the
 * one before when it has, or when that one is too old to be shown. */
#include "serve/outlook.h"

#include <hearsay/error.h>

#define LOOK_MS 250 /* the agent's silence is noticed by looking */

int hs_outlook_init(struct hs_outlook *ret_outlook, const char *path)
{
    *ret_outlook = (struct hs_outlook){.mirror = hs_mirror_new(NULL)};
    if (!ret_outlook->mirror)
        return HEARSAY_ERR_NOMEM;
    hs_mirror_in_steps(ret_outlook->mirror, HS_OUTLOOK_RING_UNITS);
    hs_link_init(&ret_outlook->link, path, ret_outlook->mirror);
    return 0;
}

void hs_outlook_fini(struct hs_outlook *outlook)
{
    if (!outlook->mirror)
        return;
    hs_link_fini(&outlook->link);
    hs_mirror_free(outlook->mirror);
    outlook->mirror = NULL;
}

static uint64_t age_us(const struct hs_outlook *outlook, uint64_t now)
{
    return outlook->good_at == 0 ? UINT64_MAX : now - outlook->good_at;
}

bool hs_outlook_work(struct hs_outlook *outlook, uint64_t now)
{
    bool any = hs_link_work(&outlook->link, now);

    if (hs_mirror_waits(outlook->mirror) && age_us(outlook, now) >= HS_WORTH_GONE_US) {
        hs_mirror_adopt(outlook->mirror);
        any = true;
    }
    if (hs_mirror_current(outlook->mirror))
        outlook->good_at = outlook->link.heard;
    return any;
}

int hs_outlook_timeout_ms(const struct hs_outlook *outlook, uint64_t now)
{
    int connect = hs_link_timeout_ms(&outlook->link, now);

    return connect >= 0 && connect < LOOK_MS ? connect : LOOK_MS;
}

struct hs_worth hs_outlook_worth(const struct hs_outlook *outlook, uint64_t now)
{
    struct hs_mirror_state state = hs_mirror_state(outlook->mirror);

    return hs_worth_of(&state, age_us(outlook, now));
}

uint64_t hs_outlook_silence_us(const struct hs_outlook *outlook, uint64_t now)
{
    return hs_link_silence_us(&outlook->link, now);
}
