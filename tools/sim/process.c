/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The processes of machines. A turn is what any program does around a node, in the order that
 * node.h requires: read all datagrams, then the errors, then do what is due, then send, then take
 * the events. A turn costs no time and is never late, unless its machine is paused.
 */
#include "process.h"

#include <stdlib.h>
#include <string.h>

#include <hearsay-tree/many.h>
#include <hearsay/error.h>
#include <hearsay/stats.h>

#include "digest.h"
#include "guard.h"
#include "invariant.h"
#include "keyed.h"
#include "machine.h"
#include "network.h"
#include "said.h"
#include "sight.h"
#include "violation.h"

#define EVENTS_WAIT 64u /* of many introductions, before they are taken: fewer than a node keeps */

static void inbox_fini(struct sim_world *world, struct sim_inbox *inbox)
{
    while (inbox->count > 0)
        sim_packet_free(world, inbox->packets[--inbox->count]);
}

void sim_machine_free(struct sim_world *world, struct sim_machine *machine)
{
    hearsay_node_free(machine->node);
    if (machine->memory.bytes != 0)
        sim_violate(world, "a node that is freed leaves %zu bytes", machine->memory.bytes);
    inbox_fini(world, &machine->inbox);
    inbox_fini(world, &machine->errors);
    free(machine->sights);
    free(machine);
}

/* ---- a turn of the loop ------------------------------------------------------------------ */

/* Returns the number of bytes. */
static uint64_t send_all(struct sim_world *world, uint32_t machine, struct hearsay_now now)
{
    struct hearsay_node *node = world->machines[machine]->node;
    uint8_t bytes[SIM_PACKET_ROOM];
    struct hearsay_addr to;
    uint64_t ticket, sum = 0;
    size_t len, count = 0;
    while ((len = hearsay_node_transmit(node, now, &to, &ticket, bytes, sizeof bytes)) > 0) {
        if (len > world->config.mtu)
            sim_violate(world, "%s sends %zu bytes, the mtu is %u (R10)", sim_name(world, machine),
                        len, world->config.mtu);
        sim_send(world, machine, &to, bytes, len);
        sum += len;
        hearsay_node_sent(node, now, ticket, 0);
        if (++count == SIM_BURST_MAX) {
            sim_violate(world, "%s does not stop sending", sim_name(world, machine));
            break;
        }
    }
    return sum;
}

static bool is_last_word(enum hearsay_event_kind kind)
{
    return kind == HEARSAY_EVENT_LEFT || kind == HEARSAY_EVENT_REFUSED ||
           kind == HEARSAY_EVENT_REPLACED;
}

static void take_events(struct sim_world *world, uint32_t machine, struct hearsay_now now)
{
    struct sim_machine *m = world->machines[machine];
    struct hearsay_event event;
    size_t count = 0;
    hearsay_node_ring_step(m->node, now, SIZE_MAX); /* in fake time a ring takes none */
    while (hearsay_node_next_event(m->node, now, &event)) {
        uint32_t subject = sim_check_event(world, machine, &event);
        sim_digest_event(world, machine, subject, &event);
        sim_say(world, machine, subject, &event);
        if (is_last_word(event.kind))
            m->over = true;
        if (++count == SIM_BURST_MAX) {
            sim_violate(world, "%s does not stop talking", sim_name(world, machine));
            return;
        }
    }
}

/* A wake for the node's deadline. One that became stale stays in the queue and is ignored when it
 * comes. */
static void plan_wake(struct sim_world *world, uint32_t machine)
{
    struct sim_machine *m = world->machines[machine];
    uint64_t deadline = hearsay_node_deadline(m->node);
    if (deadline == HEARSAY_NEVER) {
        m->wake_at = HEARSAY_NEVER;
        return;
    }
    uint64_t at = sim_time_of_boot(world, machine, deadline);
    if (at == m->wake_at)
        return;
    struct sim_item item = {.time = at, .machine = machine, .kind = SIM_ITEM_WAKE};
    m->wake_at = at;
    if (sim_queue_push(&world->queue, item) != 0)
        sim_violate(world, "the simulator is out of memory");
}

/* A node whose deadline never moves on would stop time. */
static void count_turn(struct sim_world *world, uint32_t machine)
{
    struct sim_machine *m = world->machines[machine];
    m->turns = m->turn_at == world->time ? m->turns + 1 : 0;
    m->turn_at = world->time;
    if (m->turns == SIM_TURNS_MAX)
        sim_violate(world, "%s is busy at one instant", sim_name(world, machine));
}

static void finish_turn(struct sim_world *world, uint32_t machine)
{
    struct sim_machine *m = world->machines[machine];
    struct hearsay_now now = sim_now(world, machine);
    count_turn(world, machine);
    if (hearsay_node_deadline(m->node) <= now.boot)
        hearsay_node_tick(m->node, now);
    send_all(world, machine, now);
    if (!m->neglected) {
        take_events(world, machine, now);
        sim_check_turn(world, machine);
    }
    if (m->over)
        sim_kill(world, machine, SIM_CLOSED);
    else
        plan_wake(world, machine);
}

void sim_wake(struct sim_world *world, uint32_t machine)
{
    struct sim_machine *m = world->machines[machine];
    if (m->state != SIM_RUNNING || m->wake_at != world->time)
        return;
    m->wake_at = HEARSAY_NEVER;
    finish_turn(world, machine);
}

static void read_datagram(struct sim_world *world, uint32_t machine, struct sim_packet *packet)
{
    struct hearsay_addr from = sim_addr(world, packet->from);
    hearsay_node_receive(world->machines[machine]->node, sim_now(world, machine), &from,
                         packet->bytes, packet->len);
}

static void read_error(struct sim_world *world, uint32_t machine, struct sim_packet *packet)
{
    struct hearsay_addr to = sim_addr(world, packet->to);
    hearsay_node_unreachable(world->machines[machine]->node, sim_now(world, machine), &to,
                             HEARSAY_UNREACHABLE_PORT, packet->bytes, packet->len);
}

/* Between two turns nothing waits to be sent, so what is sent first answers this datagram. */
static void read_guarded(struct sim_world *world, uint32_t machine, struct sim_packet *packet)
{
    struct sim_guarded before;
    uint8_t nothing[1] = {0};
    struct hearsay_addr from = sim_addr(world, packet->from);
    /* A node that was away notices it at the next call. It is no effect of what it then reads. */
    if (packet->origin == SIM_ORIGIN_REPEAT || packet->origin == SIM_ORIGIN_FORGED)
        hearsay_node_receive(world->machines[machine]->node, sim_now(world, machine), &from,
                             nothing, 0);
    sim_guard_before(world, machine, &before);
    read_datagram(world, machine, packet);
    sim_guard_heard(world, machine, packet, &before);
    sim_guard_answered(world, machine, packet, &before,
                       send_all(world, machine, sim_now(world, machine)));
}

static void read_any(struct sim_world *world, uint32_t machine, struct sim_packet *packet)
{
    if (world->attacker)
        read_guarded(world, machine, packet);
    else
        read_datagram(world, machine, packet);
}

void sim_hear(struct sim_world *world, uint32_t machine, struct sim_packet *packet)
{
    read_any(world, machine, packet);
    finish_turn(world, machine);
}

void sim_hear_closed(struct sim_world *world, uint32_t machine, struct sim_packet *packet)
{
    read_error(world, machine, packet);
    finish_turn(world, machine);
}

/* ---- processes --------------------------------------------------------------------------- */

static void fill_entropy(struct sim_world *world, struct hearsay_config *config)
{
    config->seed = sim_random_next(&world->random);
    for (size_t i = 0; i < sizeof config->entropy; i += sizeof(uint64_t)) {
        uint64_t word = sim_random_next(&world->random);
        memcpy(config->entropy + i, &word, sizeof word);
    }
}

static void reset(struct sim_world *world, uint32_t number)
{
    struct sim_machine *machine = world->machines[number];
    sim_unsee(world, number);
    sim_count(world, number, false);
    inbox_fini(world, &machine->inbox);
    inbox_fini(world, &machine->errors);
    machine->wake_at = HEARSAY_NEVER;
    machine->leaving = machine->over = machine->neglected = false;
}

int sim_start(struct sim_world *world, uint32_t machine, const char *name, uint64_t last_timestamp)
{
    struct sim_machine *m = world->machines[machine];
    sim_kill(world, machine, SIM_CLOSED);
    sim_forget_events(world);
    struct hearsay_config config = world->config;
    config.name = name;
    config.advertise = sim_addr(world, machine);
    config.last_timestamp = last_timestamp;
    config.allocator = sim_counting_allocator(&m->memory);
    config.cipher = m->keyring ? &sim_cipher : NULL;
    config.cipher_context = m->keyring;
    config.seal_mode = m->mode;
    fill_entropy(world, &config);
    uint32_t number = sim_names_number(&world->names, name);
    if (number == SIM_NOBODY)
        return HEARSAY_ERR_NOMEM;
    int result = hs_node_new_sharing(&m->node, &config, sim_now(world, machine), world->meta_pool);
    if (result != 0)
        return result;
    m->name = number;
    m->state = SIM_RUNNING;
    m->started_at = world->time;
    sim_guard_started(world, machine);
    finish_turn(world, machine);
    return 0;
}

static uint64_t refused_by(const struct hearsay_node *node)
{
    struct hearsay_stats stats;
    hearsay_node_stats(node, &stats);
    return stats.drops[HEARSAY_DROP_PLAIN] + stats.drops[HEARSAY_DROP_SEALED] +
           stats.drops[HEARSAY_DROP_KEY] + stats.drops[HEARSAY_DROP_FORGED];
}

uint64_t sim_refused(const struct sim_world *world)
{
    uint64_t refused = world->refused_before;
    for (uint32_t i = 0; i < world->machine_count; i++)
        if (world->machines[i]->node)
            refused += refused_by(world->machines[i]->node);
    return refused;
}

void sim_kill(struct sim_world *world, uint32_t machine, enum sim_state state)
{
    struct sim_machine *m = world->machines[machine];
    sim_guard_ending(world, machine);
    if (m->node)
        world->refused_before += refused_by(m->node);
    hearsay_node_free(m->node);
    m->node = NULL;
    if (m->memory.bytes != 0)
        sim_violate(world, "%s is freed and leaves %zu bytes", sim_name(world, machine),
                    m->memory.bytes);
    reset(world, machine);
    m->state = state;
}

/* ---- last words (R60) -------------------------------------------------------------------- */

static void plan_item(struct sim_world *world, uint64_t delay, struct sim_item item)
{
    item.time = world->time + delay;
    if (sim_queue_push(&world->queue, item) == 0)
        return;
    sim_violate(world, "the simulator is out of memory");
    sim_packet_free(world, item.packet);
}

void sim_speak_last(struct sim_world *world, uint32_t machine)
{
    static const uint64_t again[] = {10000, 30000}; /* as src/agent/parts/witness.h has it */
    uint8_t bytes[SIM_PACKET_ROOM];
    struct hearsay_addr to;
    struct hearsay_node *node = world->machines[machine]->node;
    for (unsigned index = 0; node != NULL && index < HEARSAY_LAST_WORDS_MAX; index++) {
        size_t len =
            hearsay_node_last_words(node, sim_now(world, machine), index, &to, bytes, sizeof bytes);
        if (len == 0)
            break;
        sim_send(world, machine, &to, bytes, len);
        for (size_t i = 0; i < sizeof again / sizeof again[0]; i++) {
            struct sim_packet *packet =
                sim_packet_new(world, machine, sim_machine_at(world, &to), bytes, len);
            plan_item(world, again[i], (struct sim_item){.kind = SIM_ITEM_WORD, .packet = packet});
        }
    }
    plan_item(world, again[1], (struct sim_item){.kind = SIM_ITEM_CLOSE, .machine = machine});
}

void sim_say_word(struct sim_world *world, struct sim_packet *packet)
{
    if (packet == NULL) {
        sim_violate(world, "the simulator is out of memory");
        return;
    }
    struct hearsay_addr to = sim_addr(world, packet->to);
    sim_send(world, packet->from, &to, packet->bytes, packet->len);
    sim_packet_free(world, packet);
}

void sim_witness_ends(struct sim_world *world, uint32_t machine)
{
    if (world->machines[machine]->state == SIM_SILENT)
        world->machines[machine]->state = SIM_CLOSED;
}

/* ---- pausing ----------------------------------------------------------------------------- */

void sim_pause(struct sim_world *world, uint32_t machine)
{
    if (world->machines[machine]->state == SIM_RUNNING)
        world->machines[machine]->state = SIM_PAUSED;
}

/* R21: the socket is drained, then the errors, and only then is anything judged. */
void sim_resume(struct sim_world *world, uint32_t machine)
{
    struct sim_machine *m = world->machines[machine];
    if (m->state != SIM_PAUSED)
        return;
    sim_forget_events(world);
    m->state = SIM_RUNNING;
    for (size_t i = 0; i < m->inbox.count; i++)
        read_any(world, machine, m->inbox.packets[i]);
    inbox_fini(world, &m->inbox);
    for (size_t i = 0; i < m->errors.count; i++)
        read_error(world, machine, m->errors.packets[i]);
    inbox_fini(world, &m->errors);
    m->wake_at = HEARSAY_NEVER;
    finish_turn(world, machine);
}

void sim_neglect(struct sim_world *world, uint32_t machine, bool neglected)
{
    struct sim_machine *m = world->machines[machine];
    sim_forget_events(world);
    m->neglected = neglected;
    if (m->state == SIM_RUNNING)
        finish_turn(world, machine);
}

/* ---- commands ---------------------------------------------------------------------------- */

/* The node to command, or NULL. */
static struct hearsay_node *listener(struct sim_world *world, uint32_t machine)
{
    sim_forget_events(world);
    struct sim_machine *m = world->machines[machine];
    return m->state == SIM_RUNNING ? m->node : NULL;
}

int sim_acquaint(struct sim_world *world, uint32_t machine)
{
    struct hearsay_node *node = listener(world, machine);
    if (node == NULL)
        return HEARSAY_ERR_STOPPED;
    struct hearsay_now now = sim_now(world, machine);
    int result = 0;
    for (uint32_t i = 0; i < world->machine_count && result == 0; i++) {
        if (i == machine || world->machines[i]->state != SIM_RUNNING ||
            world->machines[i]->side != world->machines[machine]->side)
            continue;
        result = hs_node_introduce(node, now, world->machines[i]->node);
        if (hearsay_node_events(node) >= EVENTS_WAIT)
            take_events(world, machine, now);
    }
    finish_turn(world, machine);
    return result;
}

int sim_join(struct sim_world *world, uint32_t machine, const struct hearsay_addr *seed)
{
    struct hearsay_node *node = listener(world, machine);
    if (node == NULL)
        return HEARSAY_ERR_STOPPED;
    int result = hearsay_node_join(node, sim_now(world, machine), seed);
    finish_turn(world, machine);
    return result;
}

int sim_leave(struct sim_world *world, uint32_t machine)
{
    struct hearsay_node *node = listener(world, machine);
    if (node == NULL)
        return HEARSAY_ERR_STOPPED;
    world->machines[machine]->leaving = true;
    int result = hearsay_node_leave(node, sim_now(world, machine));
    finish_turn(world, machine);
    return result;
}

int sim_force_leave(struct sim_world *world, uint32_t machine, const char *name, bool prune)
{
    struct hearsay_node *node = listener(world, machine);
    if (node == NULL)
        return HEARSAY_ERR_STOPPED;
    int result = hearsay_node_force_leave(node, sim_now(world, machine), name, prune);
    finish_turn(world, machine);
    return result;
}

int sim_set_tags(struct sim_world *world, uint32_t machine, const struct hearsay_tag *tags,
                 size_t count)
{
    struct hearsay_node *node = listener(world, machine);
    if (node == NULL)
        return HEARSAY_ERR_STOPPED;
    int result = hearsay_node_set_tags(node, sim_now(world, machine), tags, count);
    finish_turn(world, machine);
    return result;
}

int sim_set_keys(struct sim_world *world, uint32_t machine, const struct sim_keyring *keyring,
                 enum hearsay_seal_mode mode)
{
    struct hearsay_node *node = listener(world, machine);
    struct sim_machine *m = world->machines[machine];
    m->keyring = keyring;
    m->mode = mode;
    if (!node)
        return 0;
    int err = hearsay_node_set_cipher(node, sim_now(world, machine), keyring ? &sim_cipher : NULL,
                                      keyring, mode);
    finish_turn(world, machine);
    return err;
}
