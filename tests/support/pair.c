/* SPDX-License-Identifier: Apache-2.0 */
/*
 * While datagrams are under way, time moves from hop to hop, else from deadline to deadline. All
 * datagrams under way arrive at the same time, in the order in which they were sent.
 */
#include "pair.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void pair_init(struct pair *pair)
{
    memset(pair, 0, sizeof *pair);
    pair->now = (struct hearsay_now){RIG_BOOT, RIG_WALL};
    pair->air = calloc(PAIR_AIR, sizeof *pair->air);
    ck_assert_ptr_nonnull(pair->air);
    hearsay_config_init(&pair->config, HEARSAY_PROFILE_LAN);
    pair->config.tokens = 4;
    pair->config.allocator = rig_allocator(&pair->memory);
}

void pair_fini(struct pair *pair)
{
    for (unsigned at = 0; at < pair->count; at++)
        hearsay_node_free(pair->nodes[at]);
    free(pair->air);
    ck_assert_uint_eq(pair->memory.live, 0);
}

struct hearsay_now pair_now(const struct pair *pair, unsigned at)
{
    return (struct hearsay_now){pair->now.boot,
                                (uint64_t)((int64_t)pair->now.wall + pair->clock[at])};
}

unsigned pair_add_at(struct pair *pair, const char *name, unsigned last)
{
    unsigned at = pair->count++;
    ck_assert_uint_lt(at, PAIR_NODES);
    pair->addrs[at] = rig_addr(last);
    pair->config.name = name;
    pair->config.advertise = pair->addrs[at];
    pair->config.seed = 100 + at;
    memset(pair->config.entropy, (int)(at + 1), sizeof pair->config.entropy);
    ck_assert_int_eq(hearsay_node_new(&pair->nodes[at], &pair->config, pair_now(pair, at)), 0);
    return at;
}

unsigned pair_add(struct pair *pair, const char *name)
{
    return pair_add_at(pair, name, pair->count + 1);
}

void pair_kill(struct pair *pair, unsigned at)
{
    hearsay_node_free(pair->nodes[at]);
    pair->nodes[at] = NULL;
}

void pair_join(struct pair *pair, unsigned at, unsigned through)
{
    ck_assert_int_eq(hearsay_node_join(pair->nodes[at], pair_now(pair, at), &pair->addrs[through]),
                     0);
}

void pair_form(struct pair *pair, unsigned count)
{
    static const char *const names[PAIR_NODES] = {"n0", "n1", "n2", "n3", "n4", "n5"};
    for (unsigned i = 0; i < count; i++)
        pair_add(pair, names[i]);
    for (unsigned i = 1; i < count; i++)
        pair_join(pair, i, 0);
    pair_run(pair, 3 * RIG_SECOND);
    ck_assert(pair_agree(pair));
    for (unsigned i = 0; i < count; i++)
        ck_assert_uint_eq(pair_stats(pair, i).members[HEARSAY_STATUS_ALIVE], count);
    pair_forget_events(pair);
}

/* ---- the air ----------------------------------------------------------------------------- */

static void collect(struct pair *pair, unsigned at)
{
    struct pair_datagram *datagram = &pair->air[pair->air_count];
    uint64_t ticket;
    while (pair->nodes[at] && pair->air_count < PAIR_AIR &&
           (datagram->len =
                hearsay_node_transmit(pair->nodes[at], pair_now(pair, at), &datagram->to, &ticket,
                                      datagram->bytes, sizeof datagram->bytes)) > 0) {
        datagram->from = at;
        datagram->from_addr = pair->addrs[at];
        if (pair->deaf[at] || (pair->pass && !pair->pass(pair->context, datagram)))
            continue;
        datagram = &pair->air[++pair->air_count];
    }
}

static void deliver(struct pair *pair)
{
    size_t count = pair->air_count;
    pair->air_count = 0;
    for (size_t i = 0; i < count; i++) {
        struct pair_datagram *datagram = &pair->air[i];
        for (unsigned at = 0; at < pair->count; at++) {
            if (!pair->nodes[at] || pair->deaf[at] ||
                !hearsay_addr_equal(&pair->addrs[at], &datagram->to))
                continue;
            pair->carried++;
            hearsay_node_receive(pair->nodes[at], pair_now(pair, at), &datagram->from_addr,
                                 datagram->bytes, datagram->len);
        }
    }
}

static uint64_t next_deadline(const struct pair *pair)
{
    uint64_t first = HEARSAY_NEVER;
    for (unsigned at = 0; at < pair->count; at++) {
        uint64_t due = pair->nodes[at] ? hearsay_node_deadline(pair->nodes[at]) : HEARSAY_NEVER;
        first = due < first ? due : first;
    }
    return first;
}

static void advance(struct pair *pair, uint64_t boot)
{
    uint64_t span = boot > pair->now.boot ? boot - pair->now.boot : 0;
    pair->now.boot += span;
    pair->now.wall += span;
}

/* One instant. */
static void step(struct pair *pair, uint64_t end)
{
    uint64_t next = next_deadline(pair);
    for (unsigned at = 0; at < pair->count; at++)
        collect(pair, at);
    if (pair->air_count)
        next = pair->now.boot + PAIR_HOP;
    advance(pair, next < end ? next : end);
    deliver(pair);
    for (unsigned at = 0; at < pair->count; at++)
        if (pair->nodes[at])
            hearsay_node_tick(pair->nodes[at], pair_now(pair, at));
}

void pair_run(struct pair *pair, uint64_t span)
{
    uint64_t end = pair->now.boot + span;
    while (pair->now.boot < end)
        step(pair, end);
}

bool pair_until(struct pair *pair, unsigned at, const char *name, enum hearsay_status status,
                uint64_t span)
{
    uint64_t end = pair->now.boot + span;
    while (pair->now.boot < end && pair_member(pair, at, name).status != status)
        step(pair, end);
    return pair_member(pair, at, name).status == status;
}

/* ---- looking ----------------------------------------------------------------------------- */

bool pair_agree(const struct pair *pair)
{
    uint64_t digest = 0;
    bool first = true;
    for (unsigned at = 0; at < pair->count; at++) {
        if (!pair->nodes[at])
            continue;
        uint64_t theirs = pair_stats(pair, at).digest;
        if (!first && theirs != digest)
            return false;
        digest = theirs;
        first = false;
    }
    return true;
}

struct hearsay_member pair_member(const struct pair *pair, unsigned at, const char *name)
{
    struct hearsay_member member = {.status = HEARSAY_STATUS_NONE};
    hearsay_node_member(pair->nodes[at], pair_now(pair, at), name, &member);
    return member;
}

struct hearsay_stats pair_stats(const struct pair *pair, unsigned at)
{
    struct hearsay_stats stats;
    hearsay_node_stats(pair->nodes[at], &stats);
    return stats;
}

bool pair_event(struct pair *pair, unsigned at, enum hearsay_event_kind kind,
                struct hearsay_event *ret_event)
{
    while (hearsay_node_next_event(pair->nodes[at], pair_now(pair, at), ret_event))
        if (ret_event->kind == kind)
            return true;
    return false;
}

bool pair_event_to(struct pair *pair, unsigned at, const char *name, enum hearsay_status to,
                   struct hearsay_event *ret_event)
{
    while (pair_event(pair, at, HEARSAY_EVENT_MEMBER, ret_event))
        if (strcmp(ret_event->name, name) == 0 && ret_event->to == to)
            return true;
    return false;
}

void pair_forget_events(struct pair *pair)
{
    struct hearsay_event event;
    for (unsigned at = 0; at < pair->count; at++)
        while (pair->nodes[at] &&
               hearsay_node_next_event(pair->nodes[at], pair_now(pair, at), &event))
            continue;
}
