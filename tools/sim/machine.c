/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Machines and their processes. A turn is what any program's loop does around a node, in the order
 * that node.h asks for: read all that has arrived, then the errors, then what is due, then send,
 * then take the events. The loop has no cost and is never late, unless its machine is paused.
 */
#include <stdlib.h>
#include <string.h>

#include <hearsay/error.h>

#include "world.h"

#define ADDR_NETWORK   10u /* machine i is 10.0.0.0 plus i plus 1 */
#define BOOT_SPREAD_US UINT32_MAX
#define MILLION        1000000
#define EVENTS_WAIT    64u /* of many introductions, before they are taken: fewer than a node keeps */

_Static_assert(SIM_MACHINES_MAX < 1u << 24, "machines fit 10.0.0.0/8");

/* ---- memory ------------------------------------------------------------------------------ */

/* Each block knows its size, so that what a node holds can be told. */
union block {
    size_t size;
    max_align_t align;
};

static void *machine_resize(void *context, void *ptr, size_t size)
{
    struct sim_machine *machine = context;
    union block *old = ptr ? (union block *)ptr - 1 : NULL;
    size_t old_size = old ? old->size : 0;
    union block *block = realloc(old, sizeof *block + size);
    if (block == NULL)
        return NULL;
    block->size = size;
    machine->memory += size - old_size;
    return block + 1;
}

static void machine_release(void *context, void *ptr)
{
    struct sim_machine *machine = context;
    if (ptr == NULL)
        return;
    union block *block = (union block *)ptr - 1;
    machine->memory -= block->size;
    free(block);
}

/* ---- machines ---------------------------------------------------------------------------- */

static int make_room(struct sim_world *world)
{
    if (world->machine_count == SIM_MACHINES_MAX)
        return HEARSAY_ERR_FULL;
    if (world->machine_count < world->machine_room)
        return 0;
    uint32_t room = world->machine_room ? 2 * world->machine_room : 16;
    struct sim_machine **machines = realloc(world->machines, room * sizeof *machines);
    if (machines == NULL)
        return HEARSAY_ERR_NOMEM;
    world->machines = machines;
    world->machine_room = room;
    return 0;
}

int sim_machine_new(struct sim_world *world, uint32_t *ret_machine)
{
    int result = make_room(world);
    if (result != 0)
        return result;
    struct sim_machine *machine = calloc(1, sizeof *machine);
    if (machine == NULL)
        return HEARSAY_ERR_NOMEM;
    machine->state = SIM_SILENT;
    machine->name = SIM_NOBODY;
    machine->wake_at = HEARSAY_NEVER;
    machine->boot_base = sim_random_below(&world->random, BOOT_SPREAD_US);
    *ret_machine = world->machine_count;
    world->machines[world->machine_count++] = machine;
    return 0;
}

static void inbox_fini(struct sim_world *world, struct sim_inbox *inbox)
{
    while (inbox->count > 0)
        sim_packet_free(world, inbox->packets[--inbox->count]);
}

void sim_machine_free(struct sim_world *world, struct sim_machine *machine)
{
    hearsay_node_free(machine->node);
    if (machine->memory != 0)
        sim_violate(world, "a node that is freed leaves %zu bytes", machine->memory);
    inbox_fini(world, &machine->inbox);
    inbox_fini(world, &machine->errors);
    free(machine->sights);
    free(machine);
}

uint32_t sim_machines(const struct sim_world *world)
{
    return world->machine_count;
}

enum sim_state sim_state(const struct sim_world *world, uint32_t machine)
{
    return world->machines[machine]->state;
}

struct hearsay_addr sim_addr(const struct sim_world *world, uint32_t machine)
{
    (void)world;
    uint32_t host = machine + 1;
    return (struct hearsay_addr){
        .family = 4,
        .port = HEARSAY_PORT_DEFAULT,
        .bytes = {ADDR_NETWORK, (uint8_t)(host >> 16), (uint8_t)(host >> 8), (uint8_t)host},
    };
}

uint32_t sim_machine_at(const struct sim_world *world, const struct hearsay_addr *addr)
{
    uint32_t host = (uint32_t)addr->bytes[1] << 16 | (uint32_t)addr->bytes[2] << 8 | addr->bytes[3];
    if (host == 0 || host > world->machine_count)
        return SIM_NOBODY;
    struct hearsay_addr own = sim_addr(world, host - 1);
    return hearsay_addr_equal(addr, &own) ? host - 1 : SIM_NOBODY;
}

const struct hearsay_node *sim_node(const struct sim_world *world, uint32_t machine)
{
    return world->machines[machine]->node;
}

const char *sim_name(const struct sim_world *world, uint32_t machine)
{
    uint32_t name = world->machines[machine]->name;
    return name == SIM_NOBODY ? "" : world->names.names[name];
}

size_t sim_memory(const struct sim_world *world, uint32_t machine)
{
    const struct sim_machine *m = world->machines[machine];
    return m->node ? m->memory + hearsay_cards_bytes(world->cards) : 0;
}

/* ---- clocks ------------------------------------------------------------------------------ */

/* What its clocks have gained since the world began. */
static int64_t gained(const struct sim_world *world, const struct sim_machine *m)
{
    int64_t since = (int64_t)(world->time - m->drift_from);
    return m->drift_gained + since / MILLION * m->drift_ppm +
           since % MILLION * m->drift_ppm / MILLION;
}

struct hearsay_now sim_now(const struct sim_world *world, uint32_t machine)
{
    const struct sim_machine *m = world->machines[machine];
    int64_t own = (int64_t)world->time + gained(world, m);
    int64_t wall = (int64_t)SIM_WALL_START + own + m->offset;
    return (struct hearsay_now){
        .boot = m->boot_base + (uint64_t)own,
        .wall = wall > 0 ? (uint64_t)wall : 0,
    };
}

/* The world's time at which its boot clock shows this, or a little later. */
static uint64_t time_of_boot(const struct sim_world *world, const struct sim_machine *m,
                             uint64_t boot)
{
    int64_t left = (int64_t)(boot - m->boot_base) - (int64_t)world->time - gained(world, m);
    if (left <= 0)
        return world->time;
    if (m->drift_ppm == 0)
        return world->time + (uint64_t)left;
    return world->time + (uint64_t)((double)left * MILLION / (double)(MILLION + m->drift_ppm)) + 1;
}

void sim_clock_drift(struct sim_world *world, uint32_t machine, int32_t ppm)
{
    struct sim_machine *m = world->machines[machine];
    m->drift_gained = gained(world, m);
    m->drift_from = world->time;
    m->drift_ppm = ppm;
}

void sim_clock_set(struct sim_world *world, uint32_t machine, int64_t offset)
{
    world->machines[machine]->offset = offset;
}

int64_t sim_clock(const struct sim_world *world, uint32_t machine)
{
    return world->machines[machine]->offset;
}

/* ---- a turn of the loop ------------------------------------------------------------------ */

static void send_all(struct sim_world *world, uint32_t machine, struct hearsay_now now)
{
    struct hearsay_node *node = world->machines[machine]->node;
    uint8_t bytes[SIM_PACKET_ROOM];
    struct hearsay_addr to;
    uint64_t ticket;
    size_t len, count = 0;
    while ((len = hearsay_node_transmit(node, now, &to, &ticket, bytes, sizeof bytes)) > 0) {
        if (len > world->config.mtu)
            sim_violate(world, "%s sends %zu bytes, the mtu is %u (R10)", sim_name(world, machine),
                        len, world->config.mtu);
        sim_send(world, machine, &to, bytes, len);
        hearsay_node_sent(node, now, ticket, 0);
        if (++count == SIM_BURST_MAX) {
            sim_violate(world, "%s does not stop sending", sim_name(world, machine));
            return;
        }
    }
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
    uint64_t at = time_of_boot(world, m, deadline);
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

void sim_hear(struct sim_world *world, uint32_t machine, struct sim_packet *packet)
{
    read_datagram(world, machine, packet);
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

int sim_start(struct sim_world *world, uint32_t machine, const char *name, uint64_t last_stamp)
{
    struct sim_machine *m = world->machines[machine];
    sim_kill(world, machine, SIM_CLOSED);
    sim_forget_events(world);
    struct hearsay_config config = world->config;
    config.name = name;
    config.advertise = sim_addr(world, machine);
    config.last_stamp = last_stamp;
    config.cards = world->cards;
    config.allocator = (struct hearsay_allocator){machine_resize, machine_release, m};
    fill_entropy(world, &config);
    uint32_t number = sim_names_number(&world->names, name);
    if (number == SIM_NOBODY)
        return HEARSAY_ERR_NOMEM;
    int result = hearsay_node_new(&m->node, &config, sim_now(world, machine));
    if (result != 0)
        return result;
    m->name = number;
    m->state = SIM_RUNNING;
    finish_turn(world, machine);
    return 0;
}

void sim_kill(struct sim_world *world, uint32_t machine, enum sim_state state)
{
    struct sim_machine *m = world->machines[machine];
    hearsay_node_free(m->node);
    m->node = NULL;
    if (m->memory != 0)
        sim_violate(world, "%s is freed and leaves %zu bytes", sim_name(world, machine), m->memory);
    reset(world, machine);
    m->state = state;
}

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
        read_datagram(world, machine, m->inbox.packets[i]);
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
        if (i == machine || world->machines[i]->state != SIM_RUNNING)
            continue;
        result = hearsay_node_introduce(node, now, world->machines[i]->node);
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
