/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs keep connections open and forget them, and monitors are stopped with ^Z. If these could
 * take all places, nobody could ask the agent what is wrong. So
 *
 * - a connection that asks nothing ends after a minute, and after a second if its place is needed;
 * - monitors cannot have the last places, in which questions are asked;
 * - root, the agent's user, the members of the control group and those who may only ask each have
 *   some places that the others cannot take;
 * - clients cannot use up the descriptors of the process, of which look-ups and reloads need some.
 */
#include "agent/control/places.h"

#include <sys/resource.h>
#include <unistd.h>

#include <hearsay/error.h>

#include "service/timer.h"

static void on_sweep(evutil_socket_t fd, short what, void *context)
{
    struct hs_places *places = context;
    struct hs_turn *turn = places->clients->turn;

    (void)fd;
    (void)what;
    hs_clock_read(turn->clock);
    while (hs_clients_end_quiet(places->clients, HS_PEER_KINDS, HS_IDLE_US, UINT64_MAX)) {
    }
    hs_places_watch(places);
    hs_turn_touch(turn);
}

static size_t places_max(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 ||
        limit.rlim_cur >= HS_DESCRIPTORS_OWN + HS_CTL_CLIENTS_MAX)
        return HS_CTL_CLIENTS_MAX;
    return limit.rlim_cur > HS_DESCRIPTORS_OWN + HS_PLACES_MIN
               ? (size_t)limit.rlim_cur - HS_DESCRIPTORS_OWN
               : HS_PLACES_MIN;
}

int hs_places_init(struct hs_places *ret_places, struct event_base *base,
                   struct hs_clients *clients, const struct hs_groups *groups)
{
    size_t max = places_max();

    *ret_places = (struct hs_places){
        .clients = clients,
        .max = max,
        .kept = max * HS_PLACES_KEPT / HS_CTL_CLIENTS_MAX,
        .own_user = geteuid() != 0,
        .groups = groups,
    };
    clients->monitors_max = max - max * HS_PLACES_ASKING / HS_CTL_CLIENTS_MAX;
    ret_places->sweep = evtimer_new(base, on_sweep, ret_places);
    return ret_places->sweep ? 0 : HEARSAY_ERR_NOMEM;
}

void hs_places_fini(struct hs_places *places)
{
    if (places->sweep)
        event_free(places->sweep);
    places->sweep = NULL;
}

/* Who may connect at all, apart from the others. */
static bool is_expected(const struct hs_places *places, enum hs_peer_kind kind)
{
    if (kind == HS_PEER_AGENT)
        return places->own_user;
    if (kind == HS_PEER_ADMIN)
        return places->groups->control != HS_GROUP_NONE;
    return kind == HS_PEER_ROOT || places->groups->read != HS_GROUP_NONE;
}

/* A kind that has less than its own share takes from that; one that has more takes what is owed to
 * nobody. */
static bool has_place(const struct hs_places *places, enum hs_peer_kind kind)
{
    const struct hs_clients *clients = places->clients;
    size_t owed = 0;

    for (int other = 0; other < HS_PEER_KINDS; other++)
        if (other != (int)kind && clients->count_of[other] < places->kept &&
            is_expected(places, (enum hs_peer_kind)other))
            owed += places->kept - clients->count_of[other];
    return clients->count < places->max &&
           (clients->count_of[kind] < places->kept || places->max - clients->count > owed);
}

bool hs_places_free(struct hs_places *places, enum hs_peer_kind kind)
{
    if (has_place(places, kind))
        return true;
    hs_clients_reap(places->clients);
    while (!has_place(places, kind))
        if (!hs_clients_end_quiet(places->clients, kind, HS_IDLE_YIELD_US, HS_STUCK_US))
            return false;
    return true;
}

void hs_places_watch(struct hs_places *places)
{
    if (places->clients->count > 0 && !evtimer_pending(places->sweep, NULL))
        hs_timer_set(places->sweep, HS_IDLE_SWEEP_US);
}
