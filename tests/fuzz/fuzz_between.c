/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz target: three real nodes and an attacker between them. The input is a list of steps
 * (steps.h): the nodes run while the attacker loses, repeats, delays and misdirects what passes; it
 * plays back or alters what it has recorded; a node restarts, goes back to a snapshot, gets other
 * keys or a command. The first step says which cluster it is, and whether at the end the attacker
 * leaves and all must agree again.
 *
 * The world and what must hold in it are in between.h.
 */
#include "between.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define RESTARTS_MAX 6u
#define ROOM         (4u << 20) /* of a node's arena: it is not used again when a node restarts */
#define TTL          (20 * SECOND) /* longer than a nonce is valid */
#define INSTANTS_MAX 1500u /* of a run, until the attacker leaves: then nobody rests any more */
#define HEAL_MAX     (900 * SECOND) /* until all agree again */
#define CALM         (20 * SECOND)  /* until all have heard of all that they have agreed on */
#define STORM        400u /* instants of a second: three nodes have so many for no good reason */
#define LONG         77u
#define AT_SENDER    8u /* bytes of a head: the id, the creation time */
#define AT_CREATED   17u

/* The first byte of a step, modulo their number. */
enum between_step {
    STEP_PASS,  /* the nodes run; the attacker may change what passes */
    STEP_REST,  /* the same, and it does nothing */
    STEP_GAP,   /* all of them are away for a time */
    STEP_PLAY,  /* recorded datagrams arrive again */
    STEP_BEND,  /* a recorded datagram arrives, changed */
    STEP_FORGE, /* a plain one arrives with another sender or another time */
    STEP_NEW,   /* a node restarts */
    STEP_BACK,  /* a node goes on from a snapshot */
    STEP_KEYS,
    STEP_ORDER, /* a command of the owner */
    STEP_ICMP,
    STEP_CLOCK,
    BETWEEN_STEPS
};

/* ---- time -------------------------------------------------------------------------------- */

/* Bytes: instants; masks of lost, repeated, late, misdirected; delay in steps of 10 ms. */
static void let_pass(struct run *run, const uint8_t *step)
{
    run->policy = (struct policy){step[2], step[3], step[4], step[5], step[6] * 10000u + 1};
    for (unsigned count = 1 + step[1] % 24; count > 0; count--)
        instant(run, run->s.now.boot + 10 * SECOND);
    run->policy = (struct policy){0};
}

/* Bytes: instants, seconds, of which there are any only if the next is LONG: they are slow. */
static void rest(struct run *run, const uint8_t *step)
{
    uint64_t end = run->s.now.boot + (step[3] == LONG ? step[2] % 64u * SECOND : 0);
    for (unsigned count = 1 + step[1] % 24; count > 0; count--)
        instant(run, run->s.now.boot + 10 * SECOND);
    while (run->s.now.boot < end && run->instants < INSTANTS_MAX)
        instant(run, end);
}

static void gap(struct run *run, const uint8_t *step)
{
    uint64_t span = ((uint64_t)(1 + step[1]) << step[2] % 14) * 1000;
    advance(run, run->s.now.boot + span);
    for (unsigned at = 0; at < NODES; at++) { /* before anything arrives, it may drop its view */
        hearsay_node_tick(run->s.sides[at].node, side_now(run, &run->s.sides[at]));
        run->s.sides[at].is_new |= span >= TTL;
    }
    instant(run, run->s.now.boot);
}

/* ---- the attacker ------------------------------------------------------------------------ */

/* Its author's address, that of a node, or one where nobody is. */
static struct hearsay_addr source_of(const struct run *run, const struct record *record,
                                     uint8_t choice)
{
    if (choice % 4 == 0)
        return record->from;
    return choice % 4 == 1 ? run->s.sides[choice / 4u % NODES].addr
                           : addr_of(STRANGERS_AT + choice % 64u);
}

static unsigned target_of(const struct run *run, const struct record *record, uint8_t choice)
{
    for (unsigned at = 0; at < NODES && choice % 4 == 3; at++)
        if (hearsay_addr_equal(&run->s.sides[at].addr, &record->to))
            return at;
    return choice % NODES;
}

/* Bytes: the first, from the newest on or (128) from the oldest; how many; to whom; from where. */
static uint32_t choose(const struct run *run, const uint8_t *step)
{
    uint32_t back = step[1] % 128u % run->s.taped;
    return step[1] & 128u ? back : run->s.taped - 1 - back;
}

static void play(struct run *run, const uint8_t *step)
{
    uint32_t first = choose(run, step), end = first + 1 + step[2] % 16u;
    uint8_t bytes[HEARSAY_DATAGRAM_MAX];
    end = end < run->s.taped ? end : run->s.taped;
    for (uint32_t number = first; number < end; number++) {
        const struct record record = run->s.tape[number];
        struct hearsay_addr from = source_of(run, &record, step[4]);
        memcpy(bytes, run->setup->tape + record.at, record.len);
        attack(run, target_of(run, &record, step[3]), &from, bytes, record.len, number);
    }
}

/* Bytes: as above; which byte (5, 6), which bits of it (7; 0: it is cut there). */
static void bend(struct run *run, const uint8_t *step)
{
    uint32_t number = choose(run, step);
    const struct record record = run->s.tape[number];
    struct hearsay_addr from = source_of(run, &record, step[4]);
    uint8_t bytes[HEARSAY_DATAGRAM_MAX];
    size_t at = (step[5] * 256u + step[6]) % record.len, len = record.len;
    memcpy(bytes, run->setup->tape + record.at, record.len);
    bytes[at] ^= step[7];
    if (step[7] == 0)
        len = at;
    attack_altered(run, target_of(run, &record, step[3]), &from, bytes, len);
}

/* Anybody can make plain datagrams. Here their records are true; creation time and sender are
 * not. */
static void forge(struct run *run, const uint8_t *step)
{
    uint32_t number = choose(run, step);
    const struct record record = run->s.tape[number];
    struct hearsay_addr from = source_of(run, &record, step[4]);
    unsigned at = target_of(run, &record, step[3]);
    struct hs_core *core = &run->s.sides[at].node->core;
    uint8_t bytes[HEARSAY_DATAGRAM_MAX];
    struct hs_head head;
    memcpy(bytes, run->setup->tape + record.at, record.len);
    if (is_sealed(bytes, record.len) || !hs_head_decode(&head, bytes, record.len))
        return;
    uint64_t sender = run->s.sides[step[5] % NODES].node->core.wire.self_id;
    for (unsigned i = 0; i < 8 && step[6] & 1u; i++)
        bytes[AT_SENDER + i] = (uint8_t)(sender >> (56 - 8 * i));
    for (unsigned i = 0; i < 8 && step[6] & 2u; i++)
        bytes[AT_CREATED + i] = step[7];
    hearsay_seal_none.seal(NULL, hs_wire_binding(head.kind, core->wire.self_binding), bytes,
                           HS_HEAD_SIZE, bytes + HS_HEAD_SIZE, head.body_len,
                           bytes + HS_HEAD_SIZE + head.body_len);
    attack(run, at, &from, bytes, record.len, TAPE);
}

static void icmp(struct run *run, const uint8_t *step)
{
    const struct record *record = &run->s.tape[choose(run, step)];
    const struct side *side = &run->s.sides[step[2] & 1u ? step[2] % NODES : record->author];
    struct hearsay_addr to = step[3] & 1u ? run->s.sides[step[3] % NODES].addr : record->to;
    hearsay_node_unreachable(side->node, side_now(run, side), &to,
                             step[4] & 1u ? HEARSAY_UNREACHABLE_HOST : HEARSAY_UNREACHABLE_PORT,
                             run->setup->tape + record->at, record->len);
}

/* ---- nodes ------------------------------------------------------------------------------- */

static const char *const names[NODES] = {"a", "b", "c"};

static void begin(struct run *run, unsigned at, unsigned keyset, enum hearsay_seal_mode mode)
{
    struct side *side = &run->s.sides[at];
    struct hearsay_config config = run->setup->config;
    config.name = names[at];
    config.advertise = side->addr;
    config.allocator = arena_allocator(&run->setup->arenas[at]);
    config.seed = 100 * run->s.restarts + at + 1;
    memset(config.entropy, (int)config.seed, sizeof(config.entropy));
    config.cipher = keyset ? &hearsay_cipher_siv : NULL;
    config.cipher_context = keyrings[keyset];
    config.seal_mode = keyset ? mode : HEARSAY_SEAL_OFF;
    if (hearsay_node_new(&side->node, &config, side_now(run, side)) != 0)
        abort();
    side->keyset = (uint8_t)keyset;
    side->born = run->s.taped;
    side->left = false;
    note_own(run, side);
}

/* Bytes: who, whether elsewhere, keys (0: as before), mode. */
static void restart(struct run *run, const uint8_t *step)
{
    unsigned at = step[1] % NODES;
    struct side *side = &run->s.sides[at];
    enum hearsay_seal_mode mode = mode_of(side);
    if (run->s.restarts == RESTARTS_MAX)
        return;
    run->s.restarts++;
    hearsay_node_free(side->node);
    demand(run->setup->arenas[at].live ? "memory that is not released" : NULL);
    for (uint32_t i = 0; i < run->s.taped; i++) /* the new process has heard nothing */
        run->s.tape[i].heard &= (uint8_t) ~(1u << at);
    side->addr = addr_of(1 + at + (step[2] & 1u ? 10 : 0));
    side->is_new = true;
    if (step[3])
        begin(run, at, step[3] % KEYSETS, (enum hearsay_seal_mode)(step[4] % HEARSAY_SEAL_MODES));
    else
        begin(run, at, side->keyset, mode);
}

/* Bytes: who, whether the wall clock is right. The attacker has what the node made after the
 * snapshot; the node itself does not know of it. */
static void restore(struct run *run, const uint8_t *step)
{
    unsigned at = step[1] % NODES;
    struct side *side = &run->s.sides[at];
    const struct scene *base = &run->setup->scene;
    bool is_lost = side->left; /* nobody calls it any more; or it knows addresses of before */
    for (unsigned i = 0; i < NODES; i++)
        is_lost |= !hearsay_addr_equal(&run->s.sides[i].addr, &base->sides[i].addr);
    arena_restore(&run->setup->arenas[at]);
    *side = base->sides[at];
    side->is_new |= is_lost;
    side->back = run->s.now.boot - base->now.boot;
    if (step[2] & 1u)
        side->wall -= (int64_t)(run->s.now.wall - base->now.wall);
    for (uint32_t i = 0; i < run->s.taped; i++) {
        run->s.tape[i].heard &= (uint8_t) ~(1u << at);
        if (i < base->taped)
            run->s.tape[i].heard |= base->tape[i].heard & (uint8_t)(1u << at);
    }
    run->s.is_restored = true;
}

static void set_keys(struct run *run, unsigned at, unsigned keyset, enum hearsay_seal_mode mode)
{
    struct side *side = &run->s.sides[at];
    side->keyset = (uint8_t)keyset;
    if (hearsay_node_set_cipher(side->node, side_now(run, side),
                                keyset ? &hearsay_cipher_siv : NULL, keyrings[keyset],
                                keyset ? mode : HEARSAY_SEAL_OFF) != 0)
        abort();
}

/* Bytes: what, who, about whom. */
static void order(struct run *run, const uint8_t *step)
{
    struct side *side = &run->s.sides[step[2] % NODES], *other = &run->s.sides[step[3] % NODES];
    struct hearsay_now now = side_now(run, side);
    struct hearsay_tag tag = {"zone", step[3] & 4u ? "x" : "y"};
    struct hearsay_addr addr = addr_of(1 + step[2] % NODES + (step[3] & 1u ? 20 : 0));
    switch (step[1] % 6) {
    case 0:
        hearsay_node_join(side->node, now, &other->addr);
        break;
    case 1:
        side->left = hearsay_node_leave(side->node, now) == 0 || side->left;
        break;
    case 2:
        run->s.is_forced |=
            hearsay_node_force_leave(side->node, now, names[step[3] % NODES], step[4] & 1u) == 0;
        break;
    case 3:
        hearsay_node_set_tags(side->node, now, &tag, step[3] & 1u);
        break;
    case 4:
        if (hearsay_node_set_addr(side->node, now, &addr) == 0)
            side->addr = addr;
        break;
    default:
        hearsay_node_seed(side->node, now, &other->addr);
    }
}

static void set_clock(struct run *run, const uint8_t *step)
{
    struct side *side = &run->s.sides[step[1] % NODES];
    side->wall = ((int64_t)step[2] - 128) * (int64_t)(SECOND << step[3] % 12);
    run->s.is_restored = true;
}

static void step_one(struct run *run, const uint8_t *step)
{
    say("step %u: %u %u %u %u %u %u %u\n", step[0] % BETWEEN_STEPS, step[1], step[2], step[3],
        step[4], step[5], step[6], step[7]);
    switch ((enum between_step)(step[0] % BETWEEN_STEPS)) {
    case STEP_PASS:
        let_pass(run, step);
        break;
    case STEP_REST:
        rest(run, step);
        break;
    case STEP_GAP:
        gap(run, step);
        break;
    case STEP_PLAY:
        play(run, step);
        break;
    case STEP_BEND:
        bend(run, step);
        break;
    case STEP_FORGE:
        forge(run, step);
        break;
    case STEP_NEW:
        restart(run, step);
        break;
    case STEP_BACK:
        restore(run, step);
        break;
    case STEP_KEYS:
        set_keys(run, step[1] % NODES, step[2] % KEYSETS,
                 (enum hearsay_seal_mode)(step[3] % HEARSAY_SEAL_MODES));
        break;
    case STEP_ORDER:
        order(run, step);
        break;
    case STEP_ICMP:
        icmp(run, step);
        break;
    case STEP_CLOCK:
        set_clock(run, step);
        break;
    case BETWEEN_STEPS:
        break;
    }
}

/* ---- afterwards -------------------------------------------------------------------------- */

static bool share_key(const struct hs_wire *one, const struct hs_wire *other)
{
    for (uint32_t i = 0; i < one->key_count; i++)
        for (uint32_t k = 0; k < other->key_count; k++)
            if (one->keys[i] == other->keys[k])
                return true;
    return false;
}

/* R35: these two understand each other for good. */
static bool understand(const struct hs_wire *one, const struct hs_wire *other)
{
    if (one->mode != HEARSAY_SEAL_REQUIRE && other->mode != HEARSAY_SEAL_REQUIRE)
        return true;
    return one->mode >= HEARSAY_SEAL_ON && other->mode >= HEARSAY_SEAL_ON && share_key(one, other);
}

static bool holds_alive(const struct side *side, const struct side *other)
{
    const struct hs_core *core = &side->node->core;
    uint32_t slot = hs_table_find_id(&core->view.table, other->node->core.wire.self_id);
    return slot != HS_NO_SLOT && hs_member_at(core, slot)->status == HEARSAY_STATUS_ALIVE;
}

static bool agree(const struct run *run)
{
    for (unsigned i = 0; i < NODES; i++)
        for (unsigned k = 0; k < NODES; k++) {
            const struct side *one = &run->s.sides[i], *other = &run->s.sides[k];
            if (one->left || other->left)
                continue;
            if (!holds_alive(one, other) ||
                one->node->core.view.table.digest != other->node->core.view.table.digest)
                return false;
        }
    return true;
}

/* Datagrams of members that were not heard. */
static uint64_t unheard(const struct run *run)
{
    static const enum hearsay_drop reasons[] = {HEARSAY_DROP_REPLAYED, HEARSAY_DROP_STRANGER,
                                                HEARSAY_DROP_KEY,      HEARSAY_DROP_FORGED,
                                                HEARSAY_DROP_PLAIN,    HEARSAY_DROP_SEALED};
    uint64_t count = 0;
    for (unsigned at = 0; at < NODES; at++)
        for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
            if (!run->s.sides[at].left)
                count += run->s.sides[at].node->core.stats.drops[reasons[i]];
    return count;
}

static void let_run(struct run *run, uint64_t span)
{
    for (uint64_t end = run->s.now.boot + span; run->s.now.boot < end;)
        instant(run, end);
}

/* Nobody is mute for those who hold it alive. */
static void check_calm(struct run *run)
{
    let_run(run, CALM);
    uint64_t before = unheard(run);
    let_run(run, CALM);
    demand(unheard(run) != before ? "a member that is held alive and not heard" : NULL);
    demand(agree(run) ? NULL : "nodes that agree no more");
}

/* R26: one calls the other by itself, at the address where it now is. */
static bool calls(const struct side *one, const struct side *other)
{
    const struct hs_core *core = &one->node->core;
    uint32_t slot = hs_table_find_id(&core->view.table, other->node->core.wire.self_id);
    const struct hs_member *member = slot == HS_NO_SLOT ? NULL : hs_member_at(core, slot);
    if (member && (hs_member_present(member) || member->cause == HEARSAY_CAUSE_FAILED) &&
        hearsay_addr_equal(&member->meta->addr, &other->addr))
        return true;
    for (uint32_t i = 0; i < HS_CONTACTS_MAX; i++) {
        const struct hs_contact *contact = &one->node->contacts.items[i];
        if ((contact->flags & HS_CONTACT_KEPT) && hearsay_addr_equal(&contact->addr, &other->addr))
            return true;
    }
    return false;
}

/* Those that stay and find each other without help, as a mask: `first` and whoever is led to it. */
static unsigned reach(const struct run *run, unsigned first)
{
    unsigned met = 1u << first;
    for (unsigned round = 1; round < NODES; round++)
        for (unsigned i = 0; i < NODES; i++)
            for (unsigned k = 0; k < NODES; k++) {
                const struct side *one = &run->s.sides[i], *other = &run->s.sides[k];
                if (met >> i & 1u && !other->left && (calls(one, other) || calls(other, one)))
                    met |= 1u << k;
            }
    return met;
}

static void give_seeds(struct run *run, unsigned at)
{
    struct side *side = &run->s.sides[at];
    for (unsigned k = 0; k < NODES; k++)
        if (k != at)
            hearsay_node_join(side->node, side_now(run, side), &run->s.sides[k].addr);
}

/* R38: all that knew of each other have moved before they could say so, or have left. Then nothing
 * that they hold leads from one to the other, ever, and one of them is given seeds. */
static void join_parted(struct run *run)
{
    unsigned first = 0, stay = 0;
    for (unsigned at = NODES; at-- > 0;)
        if (!run->s.sides[at].left) {
            stay |= 1u << at;
            first = at;
        }
    if (!stay || reach(run, first) == stay)
        return;
    say("parted\n");
    give_seeds(run, first);
}

/* The attacker is gone. Operators have given keys that fit, and seeds where these are needed. */
static void heal(struct run *run)
{
    bool fits = true;
    for (unsigned i = 0; i < NODES; i++)
        for (unsigned k = 0; k < i; k++)
            fits &= understand(&run->s.sides[i].node->core.wire, &run->s.sides[k].node->core.wire);
    for (unsigned at = 0; at < NODES; at++) {
        if (!fits)
            set_keys(run, at, 1, HEARSAY_SEAL_REQUIRE);
        if (run->s.sides[at].is_new)
            give_seeds(run, at);
    }
    join_parted(run);
    uint64_t begin = run->s.now.boot;
    run->instants = 0;
    while (!agree(run) && run->s.now.boot < begin + HEAL_MAX) {
        instant(run, begin + HEAL_MAX);
        demand(run->instants > STORM + (run->s.now.boot - begin) / SECOND * STORM
                   ? "nodes that talk without end"
                   : NULL);
    }
    demand(agree(run) ? NULL : "nodes that do not agree when the attacker is gone");
}

/* ---- setups ------------------------------------------------------------------------------ */

/* Keys and mode of each node; a newcomer has not joined yet. */
static const struct cluster {
    uint8_t keysets[NODES], modes[NODES];
    bool has_newcomer;
} clusters[] = {
    {{1, 1, 1}, {HEARSAY_SEAL_REQUIRE, HEARSAY_SEAL_REQUIRE, HEARSAY_SEAL_REQUIRE}, false},
    {{1, 1, 1}, {HEARSAY_SEAL_REQUIRE, HEARSAY_SEAL_REQUIRE, HEARSAY_SEAL_REQUIRE}, true},
    {{1, 2, 3}, {HEARSAY_SEAL_REQUIRE, HEARSAY_SEAL_REQUIRE, HEARSAY_SEAL_REQUIRE}, false},
    {{1, 1, 1}, {HEARSAY_SEAL_ON, HEARSAY_SEAL_ON, HEARSAY_SEAL_ON}, false},
    {{1, 1, 0}, {HEARSAY_SEAL_ON, HEARSAY_SEAL_ACCEPT, HEARSAY_SEAL_OFF}, false},
    {{0, 0, 0}, {HEARSAY_SEAL_OFF, HEARSAY_SEAL_OFF, HEARSAY_SEAL_OFF}, false},
};
#define SETUPS (sizeof(clusters) / sizeof(clusters[0]))

static void configure(struct hearsay_config *config)
{
    hearsay_config_init(config, HEARSAY_PROFILE_LAN);
    config->tokens = 1;
    config->ring = false;
    config->max_members = 8;
    config->tombstone_ttl = TTL;
}

static void make_setup(struct setup *setup, const struct cluster *cluster)
{
    static struct run run;
    run = (struct run){.setup = setup, .s.now = {BOOT, WALL}};
    make_keyrings();
    configure(&setup->config);
    for (unsigned at = 0; at < NODES; at++) {
        arena_init(&setup->arenas[at], ROOM);
        run.s.sides[at].addr = addr_of(1 + at);
        begin(&run, at, cluster->keysets[at], (enum hearsay_seal_mode)cluster->modes[at]);
        run.s.sides[at].born = 0;
    }
    for (unsigned at = 1; at < NODES - cluster->has_newcomer; at++)
        hearsay_node_join(run.s.sides[at].node, run.s.now, &run.s.sides[0].addr);
    for (uint64_t end = run.s.now.boot + 3 * SECOND; run.s.now.boot < end;)
        instant(&run, end);
    while (run.flights)
        instant(&run, HEARSAY_NEVER);
    run.s.sides[NODES - 1].is_new = cluster->has_newcomer;
    demand(cluster->has_newcomer || agree(&run) ? NULL : "a cluster that does not form");
    check_views(&run);
    for (unsigned at = 0; at < NODES; at++)
        arena_save(&setup->arenas[at]);
    setup->scene = run.s;
    setup->is_made = true;
}

static void check_nodes(const struct run *run)
{
    for (unsigned at = 0; at < NODES; at++) {
        const struct arena *arena = &run->setup->arenas[at];
        size_t live = 0;
        for (uint32_t i = 0; i < arena->count; i++)
            live += arena->blocks[i].size;
        demand(inspect_node(run->s.sides[at].node));
        demand(live > LIVE_MAX ? "a node that takes more and more memory" : NULL);
    }
}

/* What a run changes of the scene is copied back, and not all that it has room for. */
static void load_scene(struct scene *scene, const struct scene *from)
{
    memcpy(scene, from, offsetof(struct scene, tape));
    memcpy(scene->tape, from->tape, from->taped * sizeof(*from->tape));
    memcpy(scene->versions, from->versions, from->written * sizeof(*from->versions));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct setup setups[SETUPS];
    static struct run run;
    run.input = (struct steps){data, data + size};
    run.flights = run.instants = 0;
    run.policy = (struct policy){0};
    const uint8_t *choice = next_step(&run.input);
    run.setup = &setups[choice[0] % SETUPS];
    if (!run.setup->is_made)
        make_setup(run.setup, &clusters[choice[0] % SETUPS]);
    for (unsigned at = 0; at < NODES; at++)
        arena_restore(&run.setup->arenas[at]);
    load_scene(&run.s, &run.setup->scene);
    for (unsigned count = 1; run.input.at < run.input.end && count < STEPS_MAX; count++) {
        step_one(&run, next_step(&run.input));
        check_views(&run);
    }
    check_nodes(&run);
    if (choice[1] % 4 == 0) {
        heal(&run);
        if (choice[1] % 16 == 12) /* seldom, because it is slow */
            check_calm(&run);
        check_views(&run);
    }
    return 0;
}
