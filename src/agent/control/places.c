/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs keep connections open and forget them, and monitors are stopped with ^Z. If these could
 * take all places, nobody could ask the agent what is wrong. So
 *
 * - a connection that asks nothing ends after a minute, and after a second if its place is needed;
 * - monitors cannot have the last places, in which questions are asked;
 * - root, the agent's user and the members of the control group each have some places that the
 *   others cannot take;
 * - clients cannot use up the descriptors of the process, of which look-ups and reloads need some.
 */
#include "agent/control/places.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <hearsay/error.h>

static void on_sweep(evutil_socket_t fd, short what, void *context)
{
    struct hs_places *places = context;
    struct hs_turn *turn = places->clients->turn;

    (void)fd;
    (void)what;
    hs_clock_read(turn->clock);
    while (hs_clients_end_quiet(places->clients, HS_CLIENT_OF_COUNT, HS_IDLE_US, UINT64_MAX)) {
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
                   struct hs_clients *clients, const char *const *group)
{
    size_t max = places_max();

    *ret_places = (struct hs_places){
        .clients = clients,
        .max = max,
        .kept = max * HS_PLACES_KEPT / HS_CTL_CLIENTS_MAX,
        .own_user = geteuid() != 0,
        .group = group,
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

enum hs_client_of hs_places_whose(int fd, uid_t *ret_uid)
{
    struct ucred peer = {.uid = (uid_t)-1};
    socklen_t len = sizeof(peer);

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
        peer.uid = (uid_t)-1;
    *ret_uid = peer.uid;
    if (peer.uid == 0)
        return HS_CLIENT_OF_ROOT;
    return peer.uid == geteuid() ? HS_CLIENT_OF_AGENT : HS_CLIENT_OF_GROUP;
}

/* Who may connect at all, apart from the others. */
static bool is_expected(const struct hs_places *places, enum hs_client_of whose)
{
    if (whose == HS_CLIENT_OF_AGENT)
        return places->own_user;
    return whose == HS_CLIENT_OF_ROOT || *places->group;
}

/* A kind that has less than its own share takes from that; one that has more takes what is owed to
 * nobody. */
static bool has_place(const struct hs_places *places, enum hs_client_of whose)
{
    const struct hs_clients *clients = places->clients;
    size_t owed = 0;

    for (int other = 0; other < HS_CLIENT_OF_COUNT; other++)
        if (other != (int)whose && clients->count_of[other] < places->kept &&
            is_expected(places, (enum hs_client_of)other))
            owed += places->kept - clients->count_of[other];
    return clients->count < places->max &&
           (clients->count_of[whose] < places->kept || places->max - clients->count > owed);
}

bool hs_places_free(struct hs_places *places, enum hs_client_of whose)
{
    if (has_place(places, whose))
        return true;
    hs_clients_reap(places->clients);
    while (!has_place(places, whose))
        if (!hs_clients_end_quiet(places->clients, whose, HS_IDLE_YIELD_US, HS_STUCK_US))
            return false;
    return true;
}

void hs_places_watch(struct hs_places *places)
{
    static const struct timeval period = {HS_IDLE_SWEEP_US / 1000000, HS_IDLE_SWEEP_US % 1000000};

    if (places->clients->count > 0 && !evtimer_pending(places->sweep, NULL))
        evtimer_add(places->sweep, &period);
}
