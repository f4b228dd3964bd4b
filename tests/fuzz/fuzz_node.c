/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz target: a whole node. The input is a list of steps (steps.h): time passes, a peer sends a
 * datagram, the wall clock jumps, the owner gives a command, a datagram does not leave.
 *
 * Peers (node_peers.h) seal their datagrams correctly, or the checksum would hide the rules.
 * Making a node and its members costs more than a run, so each setup is made once and copied back
 * (arena.h).
 *
 * After each step the node's inside must be consistent (inspect.h), and what leaves it must keep
 * the bounds.
 */
#include <hearsay-tree/many.h>

#include "codec/encode.h"
#include "node_peers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CROWD 2100 /* members of the large setup: from 2,048 on an exchange has all its steps */

/* ---- time -------------------------------------------------------------------------------- */

static void tick(struct run *run)
{
    hearsay_node_tick(run->node, run->s.now);
    demand(hearsay_node_deadline(run->node) <= run->s.now.boot ? "a deadline of the past" : NULL);
}

static void pass(struct run *run, uint64_t span)
{
    run->s.now.boot += span;
    run->s.now.wall += span;
}

/* Acks each gossip that was said since `first`, of the peers in the mask. */
static void answer(struct run *run, unsigned first, unsigned mask)
{
    static const uint8_t plain[STEP_SIZE];
    uint8_t bytes[HEARSAY_DATAGRAM_MAX];
    unsigned last = run->s.said_count;
    if (last - first > SAID)
        first = last - SAID;
    for (; first != last; first++) {
        struct said said = run->s.said[first % SAID];
        for (unsigned i = 0; i < PEERS && said.kind == HEARSAY_KIND_GOSSIP; i++) {
            struct peer *peer = &run->s.peers[i];
            if (!(mask >> i & 1u) || !hearsay_addr_equal(&peer->addr, &said.to))
                continue;
            run->s.proven[peer->addr.bytes[3]] = true;
            size_t len = craft(run, peer, HEARSAY_KIND_ACK, plain, &said, bytes);
            deliver(run, &peer->addr, bytes, len);
            break;
        }
    }
}

/* Bytes: how many deadlines, who answers, how many in eight do not leave, how late. */
static void run_on(struct run *run, const uint8_t *step)
{
    for (unsigned count = 1 + step[1] % 16; count > 0; count--) {
        uint64_t due = hearsay_node_deadline(run->node);
        if (due == HEARSAY_NEVER)
            return;
        pass(run, due - run->s.now.boot + step[4] * 100u);
        tick(run);
        unsigned first = run->s.said_count;
        send_some(run, 64, step[3] % 8, NULL);
        pass(run, 500);
        answer(run, first, step[2]);
    }
}

static void span(struct run *run, const uint8_t *step)
{
    pass(run, ((uint64_t)(1 + step[1]) << step[2] % 28) * 1000);
    tick(run);
}

/* ---- the owner --------------------------------------------------------------------------- */

/* Another node, of our cluster or of another. */
static const struct hearsay_node *acquaintance(unsigned foreign)
{
    static struct arena arenas[2];
    static struct hearsay_node *nodes[2];
    if (nodes[foreign])
        return nodes[foreign];
    struct hearsay_config config;
    arena_init(&arenas[foreign], 1u << 20);
    hearsay_config_init(&config, HEARSAY_PROFILE_LAN);
    config.name = "friend";
    config.cluster = foreign ? "abroad" : "hearsay";
    config.advertise = addr_of(30);
    config.allocator = arena_allocator(&arenas[foreign]);
    if (hearsay_node_new(&nodes[foreign], &config, (struct hearsay_now){BOOT, WALL}) != 0)
        abort();
    return nodes[foreign];
}

static void command(struct run *run, const uint8_t *step)
{
    struct hearsay_addr addr = addr_of(step[2] % 32);
    struct hearsay_tag tags[] = {{"zone", step[3] & 1u ? "x" : "y"}, {"role", "z"}};
    char many[8];
    switch (step[1] % 8) {
    case 0:
    case 1:
        hearsay_node_join(run->node, run->s.now, &addr);
        break;
    case 2:
    case 3:
        snprintf(many, sizeof(many), "%s", peer_names[step[2] % PEERS]);
        hearsay_node_force_leave(run->node, run->s.now, step[2] & 64u ? "nobody" : many,
                                 step[3] & 1u);
        break;
    case 4:
        hs_node_introduce(run->node, run->s.now, acquaintance(step[2] & 1u));
        break;
    case 5:
        hearsay_node_set_tags(run->node, run->s.now, tags, step[2] % 3);
        break;
    case 6:
        for (unsigned last = 0; last <= step[2] % 72u; last++) { /* all places for contacts */
            addr = addr_of(last);
            hearsay_node_join(run->node, run->s.now, &addr);
        }
        break;
    default:
        hearsay_node_leave(run->node, run->s.now);
    }
}

static void look(struct run *run, const uint8_t *step)
{
    struct hearsay_event event;
    struct hearsay_member member;
    struct hearsay_stats stats;
    struct hearsay_history_step history[8];
    uint32_t cursor = 0, seen = 0;
    for (size_t count = step[1] ? step[1] : SIZE_MAX;
         count > 0 && hearsay_node_next_event(run->node, run->s.now, &event); count--)
        demand(event.kind < HEARSAY_EVENT_MEMBER || event.kind > HEARSAY_EVENT_FOREIGN
                   ? "an event of no kind"
                   : NULL);
    while (hearsay_node_next_member(run->node, run->s.now, &cursor, &member))
        seen++;
    hearsay_node_stats(run->node, &stats);
    demand(seen != stats.members[0] + stats.members[1] + stats.members[2] + stats.members[3] ||
                   seen - stats.members[0] > run->setup->config.max_members
               ? "counts that are not the members'"
               : NULL);
    hearsay_node_history(run->node, peer_names[step[2] % PEERS], history, 8);
    hearsay_node_self(run->node, run->s.now, &member);
    demand(member.self ? NULL : "a node that is not itself");
}

static void restart(struct run *run, const uint8_t *step)
{
    struct peer *peer = &run->s.peers[step[1] % PEERS];
    unsigned last = step[2] & 1u ? 20 + step[1] % PEERS : 2 + step[1] % PEERS;
    make_blob(peer, addr_of(last), peer->instance + step[3] % 16, WALL + step[4]);
}

static void quote(struct run *run, const uint8_t *step)
{
    const struct said *said = recall(run, step[2] & 4u ? HEARSAY_KIND_JOIN : HEARSAY_KIND_GOSSIP,
                                     &run->s.peers[step[3] % PEERS].addr, step[4]);
    struct hearsay_addr to = step[2] & 4u && said->to.family == 0 ? addr_of(step[3]) : said->to;
    hearsay_node_unreachable(run->node, run->s.now, &to,
                             step[2] & 1u ? HEARSAY_UNREACHABLE_HOST : HEARSAY_UNREACHABLE_PORT,
                             said->head, step[2] & 2u ? step[5] % HS_HEAD_SIZE : HS_HEAD_SIZE);
}

/* A datagram of our own that comes back. */
static void echo_own(struct run *run, const uint8_t *step)
{
    uint8_t bytes[HEARSAY_DATAGRAM_MAX];
    struct hearsay_addr from = addr_of(step[2] % 32);
    size_t len = craft(run, &run->s.own, HEARSAY_KIND_JOIN, step, &run->s.said[0], bytes);
    deliver(run, &from, bytes, len);
}

/* The owner gives other keys, or another mode. */
static void reload(struct run *run, const uint8_t *step)
{
    enum hearsay_seal_mode mode = (enum hearsay_seal_mode)(step[3] % HEARSAY_SEAL_MODES);
    bool has_keys = mode != HEARSAY_SEAL_OFF || step[3] & 4u;
    demand(hearsay_node_set_cipher(run->node, run->s.now, has_keys ? &hearsay_cipher_siv : NULL,
                                   has_keys ? keyset(step[2]) : NULL, mode) != 0
               ? "keys that are refused"
               : NULL);
}

static void odd(struct run *run, const uint8_t *step)
{
    if (step[1] % 8 == 4) {
        reload(run, step);
        return;
    }
    switch (step[1] % 4) {
    case 1:
        receive_raw(run, step);
        break;
    case 2:
        run->setup->arena.fail = 1 + step[2] % 8;
        break;
    case 3:
        echo_own(run, step);
        break;
    default:
        quote(run, step);
    }
}

static void step_one(struct run *run, const uint8_t *step)
{
    unsigned kind = step[0] % STEP_KINDS;
    switch ((enum step_kind)(kind < STEP_MESSAGE ? kind : STEP_MESSAGE)) {
    case STEP_RUN:
        run_on(run, step);
        break;
    case STEP_SPAN:
        span(run, step);
        break;
    case STEP_WALL:
        run->s.now.wall = WALL + step[1] * SECOND; /* it may go back */
        break;
    case STEP_COMMAND:
        command(run, step);
        break;
    case STEP_SEND:
        send_some(run, step[1], step[2] % 8, NULL);
        break;
    case STEP_LOOK:
        look(run, step);
        break;
    case STEP_RESTART:
        restart(run, step);
        break;
    case STEP_ODD:
        odd(run, step);
        break;
    case STEP_MESSAGE:
        receive(run, 1 + (kind - STEP_MESSAGE) % (HEARSAY_KIND_COUNT - 1), step);
        break;
    }
}

/* ---- setups ------------------------------------------------------------------------------ */

static void say(struct run *run, unsigned who, unsigned kind, uint8_t answers, uint8_t field)
{
    const uint8_t step[STEP_SIZE] = {0, (uint8_t)who, answers, field, 1, 0, 0, 0};
    receive(run, kind, step);
    send_some(run, UINT32_MAX, 0, NULL);
}

/* All but the last of the members join; the last is known by the first one's word alone. */
static void let_in(struct run *run)
{
    for (unsigned i = 0; i + 1 < MEMBERS; i++) {
        say(run, i, HEARSAY_KIND_JOIN, 0, 2 | 8); /* a nonce, no echo */
        say(run, i, HEARSAY_KIND_JOIN, 0, 2);
    }
    uint8_t told[] = {0, 0, 0, 0, 0, 0, 1, 0, MEMBERS - 1, 4, 0, 0, 0, 0, 0, 0};
    run->input = (struct steps){told + STEP_SIZE, told + sizeof(told)};
    receive(run, HEARSAY_KIND_GOSSIP, told);
    send_some(run, UINT32_MAX, 0, NULL);
}

/* Thousands more, in as few datagrams as they fit. */
static void crowd_in(struct run *run)
{
    for (unsigned done = 0; done < CROWD;) {
        uint8_t bytes[HEARSAY_DATAGRAM_MAX];
        struct peer *teller = &run->s.peers[0];
        struct hs_encoder encoder;
        struct hs_message message = {.kind = HEARSAY_KIND_GOSSIP, .created = ++run->s.created};
        if (!hs_encode_begin(&encoder, &teller->wire, bytes, sizeof(bytes),
                             run->s.own.wire.self_binding, &message))
            abort();
        for (bool fits = true; fits && done < CROWD; done += fits) {
            char name[8];
            snprintf(name, sizeof(name), "x%u", done);
            struct peer one = make_peer(run->setup, name, 100 + done % 100, WALL);
            fits = hs_encode_rumor(&encoder, &(struct hs_rumor){.blob = one.blob,
                                                                .blob_len = one.len,
                                                                .timestamp = WALL,
                                                                .status = HEARSAY_STATUS_ALIVE});
        }
        deliver(run, &teller->addr, bytes, hs_encode_end(&encoder));
        send_some(run, UINT32_MAX, 0, NULL);
    }
}

/* The crowd is chosen seldom, because it is slow. */
enum { USUAL, SMALL, STRICT, ALONE, CROWDED };
#define SETUPS (CROWDED * HEARSAY_SEAL_MODES + 1) /* each in all modes, but the crowd is plain */

/* Steps between two inspections. An input may end at any step, and is then inspected too, except
 * that most inputs of the crowd are not: to look through thousands takes longer than all the
 * rest. */
#define INSPECT_EVERY 13
#define INSPECT_CROWD 16 /* the second byte of the input is a multiple of this */

static void configure(struct setup *setup, unsigned choice, enum hearsay_seal_mode mode)
{
    struct hearsay_config *config = &setup->config;
    hearsay_config_init(config, HEARSAY_PROFILE_LAN);
    config->name = "me";
    config->advertise = addr_of(1);
    config->allocator = arena_allocator(&setup->arena);
    config->tokens = 2;
    config->ring = choice == USUAL || choice == STRICT || choice == ALONE;
    config->mtu = choice == SMALL ? HEARSAY_MTU_MIN : HEARSAY_DATAGRAM_MAX;
    config->max_members = choice == SMALL ? 6 : choice == CROWDED ? CROWD + 100 : 40;
    config->tombstone_ttl = 3600 * SECOND;
    config->seal = &hearsay_seal_none;
    config->cipher = mode == HEARSAY_SEAL_OFF ? NULL : &hearsay_cipher_siv;
    config->cipher_context = mode == HEARSAY_SEAL_OFF ? NULL : keyset(0);
    config->seal_mode = mode;
}

static void make_setup(struct setup *setup, unsigned choice, enum hearsay_seal_mode mode)
{
    arena_init(&setup->arena, choice == CROWDED ? 32u << 20 : 4u << 20);
    configure(setup, choice, mode);
    struct run run = {.setup = setup};
    run.s.now = (struct hearsay_now){BOOT, WALL};
    run.s.created = WALL;
    if (hearsay_node_new(&setup->node, &setup->config, run.s.now) != 0)
        abort();
    run.node = setup->node;
    for (unsigned i = 0; i < PEERS; i++)
        run.s.peers[i] = make_peer(setup, peer_names[i], 2 + i, WALL + i);
    struct hearsay_member self;
    hearsay_node_self(run.node, run.s.now, &self);
    run.s.own = make_peer(setup, "me", 1, self.start);
    run.s.own.wire.self_id = self.id;
    if (choice != ALONE)
        let_in(&run);
    if (choice == CROWDED)
        crowd_in(&run);
    look(&run, (const uint8_t[STEP_SIZE]){0});
    demand(inspect_node(run.node));
    arena_save(&setup->arena);
    setup->scene = run.s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct setup setups[SETUPS];
    struct run run = {.input = {data, data + size}};
    const uint8_t *choice = next_step(&run.input);
    unsigned shape = choice[0] % 32 == 31 ? CROWDED : choice[0] % CROWDED;
    unsigned mode = shape == CROWDED ? HEARSAY_SEAL_OFF : choice[2] % HEARSAY_SEAL_MODES;
    run.setup = &setups[shape + mode * CROWDED + (mode > 0)];
    bool inspected = shape != CROWDED || choice[1] % INSPECT_CROWD == 0;
    if (!run.setup->node)
        make_setup(run.setup, shape, (enum hearsay_seal_mode)mode);
    arena_restore(&run.setup->arena);
    run.node = run.setup->node;
    run.s = run.setup->scene;
    for (unsigned count = 1; run.input.at < run.input.end && count < STEPS_MAX; count++) {
        step_one(&run, next_step(&run.input));
        if (inspected && count % INSPECT_EVERY == 0)
            demand(inspect_node(run.node));
    }
    if (inspected)
        demand(inspect_node(run.node));
    hearsay_node_free(run.node);
    demand(run.setup->arena.live ? "memory that is not released" : NULL);
    return 0;
}
