/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a seal is for (R11a: freshness, R28: no amplification, R32: seal):
 *
 *   - nobody is heard who has no key: each record is of a process that has run, and its subject
 *     wrote it
 *   - no state changes by a repeat
 *   - no member is muted: after the attack each two still exchange
 *   - no answer to the attacker is longer than its question, and no third party gets more bytes
 *     than the attacker has sent
 *
 * A node is looked at before and after it reads a datagram, and what it sends because of it is
 * sent before anything else. So other things that happen at the same time do not blur what is seen.
 */
#include "guard.h"

#include <string.h>

#include <hearsay/error.h>
#include <hearsay/stats.h>

#include "grow.h"
#include "keyed.h"
#include "machine.h"
#include "tape.h"
#include "violation.h"

/* Each member sends a gossip to each other member once in this many walks through its list, if one
 * datagram in three is lost. */
#define MUTE_WALKS 4u
#define MUTE_US    UINT64_C(10000000)

/* ---- one datagram ------------------------------------------------------------------------ */

void sim_guard_before(const struct sim_world *world, uint32_t machine,
                      struct sim_guarded *ret_before)
{
    const struct hearsay_node *node = world->machines[machine]->node;
    struct hearsay_stats stats;
    hearsay_node_stats(node, &stats);
    *ret_before = (struct sim_guarded){
        .digest = stats.digest,
        .merged = stats.records_merged,
        .refutations = stats.refutations,
        .acks = stats.received[HEARSAY_KIND_ACK],
        .events = hearsay_node_events(node),
    };
    for (unsigned kind = 0; kind < HEARSAY_KIND_COUNT; kind++)
        ret_before->heard += stats.received[kind];
    memcpy(ret_before->members, stats.members, sizeof(stats.members));
}

static bool is_sealed(const struct sim_packet *packet)
{
    size_t body = (size_t)packet->bytes[SIM_HEAD_LENGTH] << 8 | packet->bytes[SIM_HEAD_LENGTH + 1];
    return packet->len >= SIM_HEAD_SIZE && packet->len == SIM_HEAD_SIZE + body + SIM_TRAILER_SIZE;
}

/* Must it change nothing? A datagram that was lost, or not heard when it came because it could have
 * been a repeat, is only late when it is sent again to the same process. Without a key, or while
 * plain datagrams are taken, anybody is heard. */
static bool must_not_count(const struct sim_world *world, uint32_t machine,
                           const struct sim_packet *packet)
{
    const struct sim_attacker *attacker = world->attacker;
    const struct sim_machine *m = world->machines[machine];
    if (packet->origin != SIM_ORIGIN_REPEAT && packet->origin != SIM_ORIGIN_FORGED)
        return false;
    if (!attacker->judges_plain && m->mode != HEARSAY_SEAL_REQUIRE &&
        (m->mode == HEARSAY_SEAL_OFF || !is_sealed(packet)))
        return false;
    if (packet->origin == SIM_ORIGIN_FORGED || packet->seen == 0)
        return true;
    const struct sim_seen *seen = &attacker->seen[packet->seen - 1];
    return seen->heard || seen->time < m->started_at || seen->to != machine;
}

static const char *origin_name(const struct sim_packet *packet)
{
    return packet->origin == SIM_ORIGIN_FORGED ? "forgery" : "repeat";
}

static void note_ack(struct sim_world *world, uint32_t machine, const struct sim_packet *packet)
{
    struct sim_attacker *attacker = world->attacker;
    if (machine < SIM_ACKED_MAX && packet->from < SIM_ACKED_MAX)
        attacker->acked[(size_t)machine * SIM_ACKED_MAX + packet->from] = world->time;
}

void sim_guard_heard(struct sim_world *world, uint32_t machine, const struct sim_packet *packet,
                     const struct sim_guarded *before)
{
    struct sim_guarded now;
    bool is_members = packet->origin == SIM_ORIGIN_MEMBER || packet->origin == SIM_ORIGIN_HELD;
    sim_guard_before(world, machine, &now);
    if (is_members && now.acks > before->acks)
        note_ack(world, machine, packet);
    if (must_not_count(world, machine, packet) &&
        (now.digest != before->digest || now.merged != before->merged ||
         now.refutations != before->refutations || now.events != before->events ||
         memcmp(now.members, before->members, sizeof(now.members)) != 0))
        sim_violate(world, "a %s of a %s changes what %s holds (R11a)", origin_name(packet),
                    hearsay_kind_name(sim_tape_kind(packet->bytes, packet->len)),
                    sim_name(world, machine));
}

/* After the answers: those to what is heard for the first time are no answers to a repeat. */
static void note_heard(struct sim_world *world, uint32_t machine, const struct sim_packet *packet,
                       const struct sim_guarded *before)
{
    struct sim_guarded now;
    if (packet->seen == 0 || packet->origin == SIM_ORIGIN_FORGED)
        return;
    struct sim_seen *seen = &world->attacker->seen[packet->seen - 1];
    sim_guard_before(world, machine, &now);
    seen->heard |= seen->to == machine && now.heard > before->heard;
}

void sim_guard_answered(struct sim_world *world, uint32_t machine, const struct sim_packet *packet,
                        const struct sim_guarded *before, uint64_t bytes)
{
    bool is_attack = packet->origin == SIM_ORIGIN_REPEAT || packet->origin == SIM_ORIGIN_FORGED;
    world->attacker->answered += is_attack && bytes > 0;
    world->attacker->answered_bytes += is_attack ? bytes : 0;
    if (bytes > packet->len && must_not_count(world, machine, packet))
        sim_violate(world, "%s answers a %s of a %s, %zu bytes, with %llu bytes (R28)",
                    sim_name(world, machine), origin_name(packet),
                    hearsay_kind_name(sim_tape_kind(packet->bytes, packet->len)), packet->len,
                    (unsigned long long)bytes);
    note_heard(world, machine, packet, before);
}

void sim_guard_outside(struct sim_world *world, uint32_t machine, const struct hearsay_addr *to,
                       size_t len)
{
    for (uint32_t i = 0; world->attacker && i < SIM_OUTSIDERS; i++) {
        struct hearsay_addr outside = sim_addr(world, SIM_OUTSIDER_FIRST + i);
        if (!hearsay_addr_equal(&outside, to))
            continue;
        world->attacker->credit[i] -= (int64_t)len;
        if (world->attacker->credit[i] < 0)
            sim_violate(world, "%s sends more to an address than has come from it (R28)",
                        sim_name(world, machine));
    }
}

/* ---- who wrote what ---------------------------------------------------------------------- */

static struct sim_author *author_of(struct sim_attacker *attacker, uint32_t name, uint64_t id)
{
    for (size_t i = attacker->author_count; i-- > 0;)
        if (attacker->authors[i].name == name && attacker->authors[i].id == id)
            return &attacker->authors[i];
    return NULL;
}

void sim_guard_started(struct sim_world *world, uint32_t machine)
{
    struct sim_attacker *attacker = world->attacker;
    struct hearsay_member self;
    if (!attacker)
        return;
    struct sim_author *authors = sim_grow(attacker->authors, attacker->author_count,
                                          &attacker->author_room, sizeof(struct sim_author));
    if (!authors) {
        sim_violate(world, "the simulator is out of memory");
        return;
    }
    hearsay_node_self(world->machines[machine]->node, sim_now(world, machine), &self);
    attacker->authors = authors;
    authors[attacker->author_count++] = (struct sim_author){
        .id = self.id, .name = world->machines[machine]->name, .machine = machine, .runs = true};
}

void sim_guard_ending(struct sim_world *world, uint32_t machine)
{
    struct hearsay_member self;
    if (!world->attacker || !world->machines[machine]->node)
        return;
    hearsay_node_self(world->machines[machine]->node, sim_now(world, machine), &self);
    struct sim_author *author = author_of(world->attacker, world->machines[machine]->name, self.id);
    if (author) {
        author->runs = false;
        author->timestamp = self.timestamp;
    }
}

static bool has_same_content(const struct hearsay_member *a, const struct hearsay_member *b)
{
    return a->tokens == b->tokens && a->start == b->start && a->instance == b->instance &&
           hearsay_addr_equal(&a->addr, &b->addr) && a->tags_len == b->tags_len &&
           (a->tags_len == 0 || memcmp(a->tags, b->tags, a->tags_len) == 0);
}

/* An alive record is as its subject has written it. */
static void check_alive(struct sim_world *world, uint32_t machine, const struct sim_author *author,
                        const struct hearsay_event *event)
{
    struct hearsay_member self = {.timestamp = author->timestamp}, held;
    const struct hearsay_node *subject =
        author->runs ? world->machines[author->machine]->node : NULL;
    if (subject)
        hearsay_node_self(subject, sim_now(world, author->machine), &self);
    if (event->timestamp > self.timestamp)
        sim_violate(world, "%s holds a record of %s that it has not written (R32)",
                    sim_name(world, machine), event->name);
    if (!subject || hearsay_node_member(world->machines[machine]->node, sim_now(world, machine),
                                        event->name, &held) != 0)
        return;
    if (held.id == self.id && held.timestamp == self.timestamp && !has_same_content(&held, &self))
        sim_violate(world, "%s holds another record of %s than it has written (R32)",
                    sim_name(world, machine), event->name);
}

void sim_guard_event(struct sim_world *world, uint32_t machine, uint32_t subject,
                     const struct hearsay_event *event)
{
    if (!world->attacker || event->to == HEARSAY_STATUS_NONE)
        return;
    const struct sim_author *author = author_of(world->attacker, subject, event->id);
    if (!author && event->id != 0)
        sim_violate(world, "%s lists a process of %s that has never run (R32)",
                    sim_name(world, machine), event->name);
    else if (author && event->to == HEARSAY_STATUS_ALIVE)
        check_alive(world, machine, author, event);
}

/* ---- the end ----------------------------------------------------------------------------- */

/* The time in which a member sends gossip to each other member, and is acked. */
static uint64_t time_for_all(const struct sim_world *world)
{
    uint64_t rounds = world->machine_count / world->config.fanout + 1;
    return MUTE_WALKS * rounds * world->config.interval + MUTE_US;
}

static bool is_to_be_heard(const struct sim_world *world, uint32_t machine, uint64_t since)
{
    const struct sim_machine *m = world->machines[machine];
    return m->state == SIM_RUNNING && m->counted && m->started_at <= since;
}

void sim_guard_finish(struct sim_world *world)
{
    struct sim_attacker *attacker = world->attacker;
    if (!attacker || attacker->last_at == 0 ||
        world->time < attacker->last_at + time_for_all(world))
        return;
    for (uint32_t a = 0; a < world->machine_count && a < SIM_ACKED_MAX; a++)
        for (uint32_t b = 0; b < world->machine_count && b < SIM_ACKED_MAX; b++) {
            if (a == b || !is_to_be_heard(world, a, attacker->last_at) ||
                !is_to_be_heard(world, b, attacker->last_at) ||
                world->machines[a]->side != world->machines[b]->side)
                continue;
            attacker->pairs++;
            if (attacker->acked[(size_t)a * SIM_ACKED_MAX + b] <= attacker->last_at)
                sim_violate(world, "%s has got no ack from %s since the attack: one is muted",
                            sim_name(world, a), sim_name(world, b));
        }
}
