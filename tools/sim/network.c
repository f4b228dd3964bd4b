/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The paths between sockets. All random numbers for a datagram are drawn when it is sent, in a
 * fixed order, and each copy then waits in the world's queue. A socket accepts a datagram whatever
 * its process does. A closed port sends it back as an ICMP error over the same path, so that this
 * evidence can be lost, as on a real network.
 */
#include "network.h"

#include <stdlib.h>
#include <string.h>

#include <hearsay/error.h>

#include "digest.h"
#include "guard.h"
#include "machine.h"
#include "tape.h"
#include "violation.h"

const struct sim_latency sim_latency_lan = {{100, 200, 350, 450, 500}};
const struct sim_latency sim_latency_wan = {{20000, 40000, 80000, 120000, 150000}};

static const uint32_t latency_percent[SIM_LATENCY_POINTS] = {0, 50, 90, 99, 100};

static uint32_t draw_latency(struct sim_random *random, const struct sim_latency *latency)
{
    const uint32_t whole = 100000;
    uint32_t at = sim_random_below(random, whole);
    unsigned i = 1;
    while (at >= latency_percent[i] * (whole / 100))
        i++;
    uint64_t low = latency_percent[i - 1] * (whole / 100);
    uint64_t width = latency_percent[i] * (whole / 100) - low;
    uint64_t rise = latency->us[i] - latency->us[i - 1];
    return latency->us[i - 1] + (uint32_t)(rise * (at - low) / width);
}

/* ---- rules ------------------------------------------------------------------------------- */

static bool in_bitmap(const uint8_t *bitmap, uint32_t limit, uint32_t machine)
{
    return machine < limit && (bitmap[machine / 8] >> (machine % 8) & 1) != 0;
}

static bool is_over(const struct sim_world *world, const struct sim_rule *rule)
{
    return rule->link.until > 0 && rule->link.until <= world->time;
}

static const struct sim_link *path(const struct sim_world *world, uint32_t from, uint32_t to)
{
    for (size_t i = world->rule_count; i-- > 0;) {
        const struct sim_rule *rule = &world->rules[i];
        if (in_bitmap(rule->from, rule->from_limit, from) &&
            in_bitmap(rule->to, rule->to_limit, to) && !is_over(world, rule))
            return &rule->link;
    }
    return &world->network;
}

static uint8_t *bitmap_of(const uint32_t *machines, size_t count, uint32_t *ret_limit)
{
    uint32_t limit = 0;
    for (size_t i = 0; i < count; i++)
        if (machines[i] >= limit)
            limit = machines[i] + 1;
    uint8_t *bitmap = calloc(limit / 8 + 1, 1);
    if (bitmap == NULL)
        return NULL;
    for (size_t i = 0; i < count; i++)
        bitmap[machines[i] / 8] |= (uint8_t)(1u << machines[i] % 8);
    *ret_limit = limit;
    return bitmap;
}

static void rule_fini(struct sim_rule *rule)
{
    free(rule->from);
    free(rule->to);
}

static void forget_what_is_over(struct sim_world *world)
{
    size_t kept = 0;
    for (size_t i = 0; i < world->rule_count; i++)
        if (is_over(world, &world->rules[i]))
            rule_fini(&world->rules[i]);
        else
            world->rules[kept++] = world->rules[i];
    world->rule_count = kept;
}

int sim_rule(struct sim_world *world, const uint32_t *from, size_t from_count, const uint32_t *to,
             size_t to_count, const struct sim_link *link)
{
    struct sim_rule rule = {.link = *link};
    forget_what_is_over(world);
    struct sim_rule *rules = realloc(world->rules, (world->rule_count + 1) * sizeof *world->rules);
    if (rules == NULL)
        return HEARSAY_ERR_NOMEM;
    world->rules = rules;
    rule.from = bitmap_of(from, from_count, &rule.from_limit);
    rule.to = bitmap_of(to, to_count, &rule.to_limit);
    if (rule.from == NULL || rule.to == NULL) {
        rule_fini(&rule);
        return HEARSAY_ERR_NOMEM;
    }
    world->rules[world->rule_count++] = rule;
    return 0;
}

int sim_cut(struct sim_world *world, const uint32_t *from, size_t from_count, const uint32_t *to,
            size_t to_count)
{
    struct sim_link link = {.loss = SIM_PERMILLE};
    return sim_rule(world, from, from_count, to, to_count, &link);
}

void sim_heal(struct sim_world *world)
{
    for (size_t i = 0; i < world->rule_count; i++)
        rule_fini(&world->rules[i]);
    world->rule_count = 0;
}

void sim_network_fini(struct sim_world *world)
{
    sim_heal(world);
    free(world->rules);
    world->rules = NULL;
    while (world->pool != NULL) {
        struct sim_packet *packet = world->pool;
        world->pool = packet->next;
        free(packet);
    }
}

struct sim_link *sim_network(struct sim_world *world)
{
    return &world->network;
}

const struct sim_traffic *sim_traffic(const struct sim_world *world)
{
    return &world->traffic;
}

/* ---- ailing machines --------------------------------------------------------------------- */

struct sim_ailment *sim_ailment(struct sim_world *world, uint32_t machine)
{
    return &world->machines[machine]->ailment;
}

static uint32_t draw_ailing(struct sim_world *world, uint32_t from, uint32_t to)
{
    uint32_t most = world->machines[from]->ailment.delay_us + world->machines[to]->ailment.delay_us;
    return most > 0 ? sim_random_below(&world->random, most) : 0;
}

/* Is this one lost, by the path or at one of its ends? */
static bool is_lost(struct sim_world *world, const struct sim_link *link, uint32_t from,
                    uint32_t to)
{
    return sim_random_permille(&world->random, link->loss) ||
           sim_random_permille(&world->random, world->machines[from]->ailment.loss_out) ||
           sim_random_permille(&world->random, world->machines[to]->ailment.loss_in);
}

/* ---- sending ----------------------------------------------------------------------------- */

/* NULL: no memory, or longer than any datagram. */
struct sim_packet *sim_packet_new(struct sim_world *world, uint32_t from, uint32_t to,
                                  const void *bytes, size_t len)
{
    struct sim_packet *packet = world->pool;
    if (len > SIM_PACKET_ROOM)
        return NULL;
    if (packet != NULL)
        world->pool = packet->next;
    else
        packet = malloc(sizeof *packet);
    if (packet == NULL)
        return NULL;
    packet->from = from;
    packet->to = to;
    packet->origin = SIM_ORIGIN_MEMBER;
    packet->seen = 0;
    packet->len = len;
    memcpy(packet->bytes, bytes, len);
    return packet;
}

void sim_packet_free(struct sim_world *world, struct sim_packet *packet)
{
    if (packet == NULL)
        return;
    packet->next = world->pool;
    world->pool = packet;
}

void sim_lose(struct sim_world *world, struct sim_packet *packet)
{
    world->traffic.lost++;
    sim_packet_free(world, packet);
}

static void post(struct sim_world *world, struct sim_packet *packet, enum sim_item_kind kind,
                 uint32_t machine, uint64_t delay)
{
    struct sim_item item = {
        .time = world->time + delay, .packet = packet, .machine = machine, .kind = kind};
    if (sim_queue_push(&world->queue, item) != 0) {
        sim_violate(world, "the simulator is out of memory");
        sim_packet_free(world, packet);
    }
}

static void damage(struct sim_world *world, struct sim_packet *packet)
{
    world->traffic.corrupted++;
    uint32_t at = sim_random_below(&world->random, (uint32_t)packet->len);
    packet->bytes[at] ^= (uint8_t)(1 + sim_random_below(&world->random, UINT8_MAX));
}

static void launch(struct sim_world *world, const struct sim_link *link, uint32_t from, uint32_t to,
                   const uint8_t *bytes, size_t len, const struct sim_meddled *meddled)
{
    uint64_t delay = draw_latency(&world->random, &link->latency) + draw_ailing(world, from, to);
    if (sim_random_permille(&world->random, link->reorder)) {
        world->traffic.delayed++;
        delay += sim_random_below(&world->random, link->reorder_us);
    }
    struct sim_packet *packet = sim_packet_new(world, from, to, bytes, len);
    if (packet == NULL) {
        sim_violate(world, "the simulator is out of memory");
        return;
    }
    if (len > 0 && sim_random_permille(&world->random, link->corrupt))
        damage(world, packet);
    packet->seen = meddled->seen;
    if (meddled->hold > 0) {
        packet->origin = SIM_ORIGIN_HELD;
        delay += meddled->hold;
    }
    post(world, packet, SIM_ITEM_DATAGRAM, to, delay);
}

/* A firewall on the way says that the port is closed. */
static void refuse_early(struct sim_world *world, const struct sim_link *link, uint32_t from,
                         uint32_t to, const uint8_t *bytes, size_t len)
{
    struct sim_packet *packet =
        sim_packet_new(world, from, to, bytes, len < SIM_QUOTE_MAX ? len : SIM_QUOTE_MAX);
    world->traffic.refused++;
    if (packet == NULL)
        sim_violate(world, "the simulator is out of memory");
    else
        post(world, packet, SIM_ITEM_UNREACHABLE, from,
             draw_latency(&world->random, &link->latency));
}

static void account(struct sim_world *world, uint32_t from, uint32_t to, const uint8_t *bytes,
                    size_t len)
{
    sim_digest_datagram(world, from, to, bytes, len);
    world->traffic.sent++;
    world->traffic.bytes += len;
    if (len > world->traffic.longest)
        world->traffic.longest = len;
}

/* ---- the attacker ------------------------------------------------------------------------ */

void sim_throw(struct sim_world *world, uint32_t from, uint32_t to, const uint8_t *bytes,
               size_t len, enum sim_origin origin, uint32_t seen)
{
    struct sim_attacker *attacker = world->attacker;
    struct sim_packet *packet = sim_packet_new(world, from, to, bytes, len);
    if (!packet) {
        sim_violate(world, "the simulator is out of memory");
        return;
    }
    uint64_t delay = draw_latency(&attacker->random, &world->network.latency);
    packet->origin = origin;
    packet->seen = seen;
    attacker->sent++;
    attacker->sent_bytes += len;
    attacker->last_at = world->time + delay;
    if (from >= SIM_OUTSIDER_FIRST)
        attacker->credit[from - SIM_OUTSIDER_FIRST] += (int64_t)len;
    post(world, packet, SIM_ITEM_DATAGRAM, to, delay);
}

/* An ICMP error that quotes what was seen, though the port is open. */
static void forge_error(struct sim_world *world, uint32_t from, uint32_t to, const uint8_t *bytes,
                        size_t len)
{
    struct sim_packet *packet =
        sim_packet_new(world, from, to, bytes, len < SIM_QUOTE_MAX ? len : SIM_QUOTE_MAX);
    struct sim_attacker *attacker = world->attacker;
    uint64_t delay = draw_latency(&attacker->random, &world->network.latency);
    attacker->sent++;
    attacker->last_at = world->time + delay;
    if (!packet)
        sim_violate(world, "the simulator is out of memory");
    else
        post(world, packet, SIM_ITEM_UNREACHABLE, from, delay);
}

static void meddle(struct sim_world *world, uint32_t from, uint32_t to, const uint8_t *bytes,
                   size_t len, struct sim_meddled *ret_meddled)
{
    if (!world->attacker)
        return;
    *ret_meddled = sim_tape_see(world, from, to, bytes, len);
    if (ret_meddled->reflect)
        sim_throw(world, to, from, bytes, len, SIM_ORIGIN_REPEAT, ret_meddled->seen);
    if (ret_meddled->unreachable)
        forge_error(world, from, to, bytes, len);
    if (ret_meddled->hold > 0)
        world->attacker->last_at = world->time + ret_meddled->hold;
}

/* ---- all of it --------------------------------------------------------------------------- */

void sim_send(struct sim_world *world, uint32_t from, const struct hearsay_addr *to_addr,
              const uint8_t *bytes, size_t len)
{
    uint32_t to = sim_machine_at(world, to_addr);
    struct sim_meddled meddled = {0};
    account(world, from, to, bytes, len);
    if (to == SIM_NOBODY) {
        sim_guard_outside(world, from, to_addr, len);
        world->traffic.lost++;
        return;
    }
    meddle(world, from, to, bytes, len, &meddled);
    const struct sim_link *link = path(world, from, to);
    if (is_lost(world, link, from, to)) {
        world->traffic.lost++;
        return;
    }
    if (link->refuse) {
        refuse_early(world, link, from, to, bytes, len);
        return;
    }
    launch(world, link, from, to, bytes, len, &meddled);
    if (sim_random_permille(&world->random, link->duplicate)) {
        world->traffic.duplicated++;
        launch(world, link, from, to, bytes, len, &meddled);
    }
}

/* ---- at the other end -------------------------------------------------------------------- */

/* The kernel of the machine that was reached answers for the process that is not there. */
void sim_refuse(struct sim_world *world, struct sim_packet *packet)
{
    const struct sim_link *link = path(world, packet->to, packet->from);
    world->traffic.refused++;
    if (is_lost(world, link, packet->to, packet->from)) {
        sim_lose(world, packet);
        return;
    }
    if (packet->len > SIM_QUOTE_MAX)
        packet->len = SIM_QUOTE_MAX;
    uint64_t delay = draw_latency(&world->random, &link->latency);
    post(world, packet, SIM_ITEM_UNREACHABLE, packet->from, delay);
}

void sim_keep(struct sim_world *world, struct sim_inbox *inbox, struct sim_packet *packet)
{
    if (inbox->count == SIM_INBOX_DEFAULT) {
        world->traffic.overflowed++;
        sim_packet_free(world, packet);
        return;
    }
    inbox->packets[inbox->count++] = packet;
}
