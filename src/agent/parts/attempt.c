/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A seed of the configuration that did not answer is tried again after 1 s, 2 s, … 30 s. Jitter
 * keeps machines that boot together from asking together. Each attempt looks a name up anew. What
 * it says may change, so the node is not asked to remember its addresses.
 */
#include "agent/parts/attempt.h"

#include <hearsay/error.h>

#include "service/timer.h"

/* ---- the end ----------------------------------------------------------------------------- */

/* What an address has come to in this attempt. */
static bool has_ended_as(const struct hs_seed *seed, const struct hs_seed_addr *item,
                         enum hearsay_join_result result)
{
    return item->called > seed->addrs.begun && item->ended && item->result == result;
}

/* Whether all addresses are our own. One that was not called counts as somebody else's. */
static bool is_self(const struct hs_seed *seed)
{
    for (size_t i = 0; i < seed->addrs.count; i++) {
        const struct hs_seed_addr *item = &seed->addrs.items[i];

        if (item->owner != HS_SEED_OWNER_SELF && !has_ended_as(seed, item, HEARSAY_JOIN_SELF))
            return false;
    }
    return seed->addrs.count > 0;
}

/* Ends an attempt. It may free the seed. */
static void settle(struct hs_seed *seed)
{
    if (seed->request) {
        struct hs_join_request *request = seed->request;

        hs_seed_unlink(seed);
        hs_seed_free(seed);
        hs_seed_count_down(request);
        return;
    }
    seed->is_self = is_self(seed);
    seed->joined |= seed->is_self;
    if (seed->joined && seed->addrs.calls == seed->addrs.begun) /* nobody had to be called */
        seed->result =
            hearsay_join_result_name(seed->is_self ? HEARSAY_JOIN_SELF : HEARSAY_JOIN_OK);
    if (seed->joined)
        return;
    hs_timer_set(seed->retry, hs_seed_jitter(seed->backoff));
    seed->backoff *= 2;
    if (seed->backoff > HS_SEED_BACKOFF_LAST)
        seed->backoff = HS_SEED_BACKOFF_LAST;
}

/* ---- calls ------------------------------------------------------------------------------- */

/* How many more calls the seeds that are names may make together. */
static size_t calls_left(const struct hs_seeds *seeds)
{
    size_t calls = 0;

    for (const struct hs_seed *seed = seeds->first; seed; seed = seed->next)
        calls += seed->named ? seed->trying_count : 0;
    return calls < HS_SEEDS_CALLS_MAX ? HS_SEEDS_CALLS_MAX - calls : 0;
}

/* A command means whoever answers. A seed of the configuration means, once somebody is known to
 * have had the address, that member (R26: who is meant). */
static int call_addr(const struct hs_seed *seed, const struct hearsay_addr *addr)
{
    struct hearsay_node *node = seed->seeds->node;
    const struct hearsay_now now = seed->seeds->turn->clock->now;

    if (seed->request)
        return seed->named ? hearsay_node_join_once(node, now, addr)
                           : hearsay_node_join(node, now, addr);
    return seed->named ? hearsay_node_seed_once(node, now, addr)
                       : hearsay_node_seed(node, now, addr);
}

/* Returns false if there is no room for it until another call has ended. */
static bool call_one(struct hs_seed *seed, struct hs_seed_addr *item)
{
    if (seed->seeds->meet)
        seed->seeds->meet(seed->seeds->meet_context, &item->addr);
    int err = call_addr(seed, &item->addr);

    if (err == HEARSAY_ERR_FULL && seed->trying_count > 0)
        return false;
    hs_seed_addrs_called(&seed->addrs, item);
    item->trying = err == 0;
    seed->trying_count += err == 0;
    if (err < 0)
        hs_seed_tell_failed(seed, item, err);
    return true;
}

/* Calls the next addresses, or ends the attempt. It may free the seed. */
static void call_some(struct hs_seed *seed)
{
    size_t window = seed->named ? calls_left(seed->seeds) : HS_SEED_WINDOW_MAX;

    if (window > HS_SEED_WINDOW_MAX)
        window = HS_SEED_WINDOW_MAX;
    seed->waits_for_room = window == 0 && seed->room > 0;
    if (seed->waits_for_room) {
        hs_timer_set(seed->retry, HS_SEED_ROOM_US);
        return;
    }
    for (; window > 0 && seed->room > 0; window--, seed->room--) {
        struct hs_seed_addr *item = hs_seed_addrs_next(&seed->addrs);

        if (!item || !call_one(seed, item))
            break;
    }
    if (seed->trying_count == 0)
        settle(seed);
}

/* Notes which addresses need no call: one walk over the members, however many addresses, in steps
 * (R20a: turn budget). Then it calls the others. Members are called all the same until the seed has
 * joined, because their answer is what joining means. */
static void find_owners(struct hs_seed *seed)
{
    const struct hs_seeds *seeds = seed->seeds;
    struct hearsay_member member;
    unsigned left = HS_SEED_STEP_MEMBERS;

    seed->finds_owners = true;
    while (hearsay_node_next_member(seeds->node, seeds->turn->clock->now, &seed->cursor, &member)) {
        struct hs_seed_addr *item = hs_seed_addrs_find(&seed->addrs, &member.addr);

        if (item && member.self)
            item->owner = HS_SEED_OWNER_SELF;
        else if (item && seed->joined && member.status != HEARSAY_STATUS_DEAD)
            item->owner = HS_SEED_OWNER_MEMBER;
        if (--left == 0) {
            hs_timer_set(seed->retry, 0); /* after the next poll */
            return;
        }
    }
    seed->finds_owners = false;
    call_some(seed);
}

static void begin_calls(struct hs_seed *seed)
{
    hs_seed_addrs_begin(&seed->addrs);
    seed->room = seed->joined && !seed->request ? HS_SEED_AGAIN_MAX : seed->addrs.count;
    seed->cursor = 0;
    for (size_t i = 0; i < seed->addrs.count; i++)
        seed->addrs.items[i].owner = HS_SEED_OWNER_UNKNOWN;
    if (seed->named && !seed->request)
        find_owners(seed);
    else
        call_some(seed);
}

/* ---- the beginning ----------------------------------------------------------------------- */

static void on_resolved(void *context, const struct hearsay_addr *addrs, size_t count,
                        const char *error)
{
    struct hs_seed *seed = context;
    struct hs_turn *turn = seed->seeds->turn;
    bool changed = false;

    seed->lookup = NULL;
    hs_clock_read(turn->clock);
    seed->looked = turn->clock->now.boot;
    if (!error && hs_seed_addrs_set(&seed->addrs, addrs, count, &changed) < 0)
        error = "out of memory";
    if (error)
        hs_seed_tell_unresolved(seed, error);
    else
        hs_seed_tell_resolved(seed, changed);
    begin_calls(seed); /* without an answer, what the name said before is all there is */
    hs_turn_touch(turn);
}

void hs_attempt_begin(struct hs_seed *seed)
{
    if (!seed->named)
        begin_calls(seed);
    else
        hs_resolver_lookup(seed->seeds->resolver, seed->host, seed->port, on_resolved, seed,
                           &seed->lookup);
}

void hs_attempt_retry(evutil_socket_t fd, short what, void *context)
{
    struct hs_seed *seed = context;
    struct hs_turn *turn = seed->seeds->turn;

    (void)fd;
    (void)what;
    hs_clock_read(turn->clock);
    if (seed->finds_owners)
        find_owners(seed);
    else if (seed->waits_for_room)
        call_some(seed);
    else
        hs_attempt_begin(seed);
    hs_turn_touch(turn);
}

/* ---- ends of calls ----------------------------------------------------------------------- */

bool hs_attempt_ended(struct hs_seed *seed, const struct hearsay_event *event)
{
    struct hs_seed_addr *item = hs_seed_addrs_find(&seed->addrs, &event->addr);

    if (!item || !item->trying)
        return false;
    item->trying = false;
    seed->trying_count--;
    seed->joined |=
        event->result == HEARSAY_JOIN_OK || (!seed->named && event->result == HEARSAY_JOIN_SELF);
    hs_seed_tell_ended(seed, item, event);
    if (seed->trying_count > 0)
        return true;
    if (seed->joined) /* the rest is for later */
        seed->room = 0;
    call_some(seed);
    return true;
}

void hs_attempt_lost(struct hs_seed *seed)
{
    if (seed->trying_count == 0)
        return;
    for (size_t i = 0; i < seed->addrs.count; i++)
        seed->addrs.items[i].trying = false;
    seed->trying_count = 0;
    seed->result = "lost";
    hs_seed_tell(seed, HS_LEVEL_WARN, NULL, seed->result, NULL, NULL);
    seed->room = 0;
    call_some(seed);
}
