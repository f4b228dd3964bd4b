/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The world of fuzz_between: three real nodes, the datagrams that are under way, the attacker's
 * tape of all that was sent, and the truth about who wrote what. Each node lives in an arena of its
 * own (arena.h), so that it can go back alone to a snapshot of itself.
 *
 * What must hold whatever the attacker does is checked here (check_*, hand): it may hold up, repeat
 * and change what it sees, but it has no key.
 */
#ifndef HS_TESTS_FUZZ_BETWEEN_H
#define HS_TESTS_FUZZ_BETWEEN_H

#include <inttypes.h>
#include <stdio.h>

#include <hearsay/error.h>
#include <hearsay/keyring.h>

#include "arena.h"
#include "codec/form.h"
#include "demand.h"
#include "inspect.h"
#include "steps.h"

#define HOP UINT64_C(500)

#define NODES        3u
#define KEYSETS      6u
#define AIR          32u  /* datagrams under way; more are lost */
#define TAPE         256u /* recorded datagrams; later ones are not recorded */
#define TAPE_BYTES   65536u
#define WRITTEN      256u       /* versions of records that are remembered */
#define DRAIN        256u       /* most datagrams that a node of three makes at once */
#define LIVE_MAX     (1u << 20) /* bytes of a node that knows so few others */
#define STRANGERS_AT 100u       /* the last byte of the addresses where nobody is */

/* One node and the machine on which it runs. */
struct side {
    struct hearsay_node *node;
    struct hearsay_addr addr;
    uint64_t back; /* its boot clock is behind the world's by so much */
    int64_t wall;  /* added to its wall clock */
    uint32_t born; /* datagrams on the tape when its process began */
    uint8_t keyset;
    bool left;   /* it said goodbye */
    bool is_new; /* it knows nobody: its operator has seeds for it */
};

struct record { /* a datagram on the tape */
    struct hearsay_addr to, from;
    uint32_t at; /* in the bytes of the tape */
    uint16_t len;
    uint8_t author, heard; /* heard: a bit for each node that has taken it */
};

struct version { /* of a member's own record */
    uint64_t id, hash, timestamp;
    uint8_t status;
};

/* All that changes in a run, except the nodes and what is under way. */
struct scene {
    struct hearsay_now now;
    struct side sides[NODES];
    uint32_t taped, taped_bytes, written, restarts, passed;
    bool is_restored; /* a node went on from a snapshot, or its wall clock went back */
    bool is_forced;   /* an operator has declared somebody dead */
    struct record tape[TAPE];
    struct version versions[WRITTEN];
};

struct flight {
    uint64_t due;    /* world's boot time */
    uint32_t record; /* TAPE: not recorded */
    uint16_t len;
    struct hearsay_addr from, to;
    uint8_t bytes[HEARSAY_DATAGRAM_MAX];
};

/* What the attacker does to datagrams that pass: bit n of a mask is for each datagram whose number
 * is n, modulo 8. */
struct policy {
    uint8_t lost, twice, late, astray;
    uint64_t delay; /* of those that are late, microseconds */
};

struct setup {
    struct arena arenas[NODES];
    struct hearsay_config config;
    struct scene scene;
    uint8_t tape[TAPE_BYTES];
    bool is_made;
};

struct run {
    struct steps input;
    struct setup *setup;
    struct policy policy;
    uint32_t flights, instants;
    struct scene s;
};

static struct flight air[AIR];
static struct hearsay_keyring *keyrings[KEYSETS]; /* by keyset; the first is none */

/* With -DBETWEEN_SAYS a replay tells what happens. */
#ifdef BETWEEN_SAYS
#define say(...) fprintf(stderr, __VA_ARGS__)
#else
#define say(...) ((void)0)
#endif

static inline bool is_stranger(const struct hearsay_addr *addr)
{
    return addr->bytes[3] >= STRANGERS_AT;
}

static inline struct hearsay_now side_now(const struct run *run, const struct side *side)
{
    return (struct hearsay_now){run->s.now.boot - side->back,
                                (uint64_t)((int64_t)run->s.now.wall + side->wall)};
}

/* It has left: its owner has had the event and stopped it. */
static inline bool is_gone(const struct side *side)
{
    return side->node->core.leaving == HS_LEAVE_DONE;
}

/* ---- keys -------------------------------------------------------------------------------- */

#define KEY_A "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define KEY_B "//////////////////////////////////////////8="
#define KEY_C "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="

static inline void make_keyrings(void)
{
    static const char *const texts[KEYSETS] = {
        NULL, KEY_A, KEY_A "\n" KEY_B, KEY_B "\n" KEY_A, KEY_B, KEY_C,
    };
    for (unsigned i = 1; i < KEYSETS; i++)
        if (!keyrings[i] &&
            hearsay_keyring_parse(&keyrings[i], "hearsay", texts[i], strlen(texts[i]), NULL) != 0)
            abort();
}

static inline enum hearsay_seal_mode mode_of(const struct side *side)
{
    return side->node->core.wire.mode;
}

/* ---- what was written -------------------------------------------------------------------- */

static inline const struct version *find_version(const struct run *run, uint64_t id, uint64_t hash,
                                                 uint64_t timestamp, unsigned status)
{
    for (uint32_t i = run->s.written; i-- > 0;) {
        const struct version *version = &run->s.versions[i];
        if (version->id == id && version->hash == hash && version->timestamp == timestamp &&
            version->status == status)
            return version;
    }
    return NULL;
}

/* Only this node writes its record: what it holds of itself is true. */
static inline void note_own(struct run *run, const struct side *side)
{
    const struct hs_member *self = hs_self(&side->node->core);
    if (run->s.written < WRITTEN &&
        !find_version(run, self->meta->id, self->meta->hash, self->timestamp, self->status))
        run->s.versions[run->s.written++] =
            (struct version){self->meta->id, self->meta->hash, self->timestamp, self->status};
}

static inline const char *member_fault(const struct run *run, const struct hs_member *member)
{
    uint64_t id = member->meta->id, hash = member->meta->hash, timestamp = member->timestamp;
    if (member->status == HEARSAY_STATUS_ALIVE)
        return find_version(run, id, hash, timestamp, HEARSAY_STATUS_ALIVE)
                   ? NULL
                   : "an alive record that its subject never wrote";
    if (member->cause == HEARSAY_CAUSE_LEFT)
        return find_version(run, id, hash, timestamp, HEARSAY_STATUS_DEAD)
                   ? NULL
                   : "a goodbye that its subject never said";
    /* A suspicion is one microsecond newer than what it doubts, a forced death than any record. */
    if (!run->s.is_forced && !find_version(run, id, hash, timestamp - 1, HEARSAY_STATUS_ALIVE))
        return "a suspicion of a record that its subject never wrote";
    for (uint32_t i = 0; i < run->s.written; i++)
        if (run->s.versions[i].id == id && run->s.versions[i].hash == hash)
            return NULL;
    return "a blob that its subject never wrote";
}

static inline void check_views(struct run *run)
{
    for (unsigned at = 0; at < NODES; at++)
        note_own(run, &run->s.sides[at]);
    if (run->s.written == WRITTEN)
        return;
    for (unsigned at = 0; at < NODES; at++) {
        const struct hs_table *table = &run->s.sides[at].node->core.view.table;
        for (uint32_t slot = 0; slot < table->used; slot++)
            if (hs_table_at(table, slot)->meta)
                demand(member_fault(run, hs_table_at(table, slot)));
    }
}

/* ---- the tape and the air ---------------------------------------------------------------- */

static inline uint32_t tape(struct run *run, unsigned author, const struct hearsay_addr *from,
                            const struct hearsay_addr *to, const uint8_t *bytes, size_t len)
{
    if (run->s.taped == TAPE || run->s.taped_bytes + len > TAPE_BYTES)
        return TAPE;
    run->s.tape[run->s.taped] = (struct record){.to = *to,
                                                .from = *from,
                                                .at = run->s.taped_bytes,
                                                .len = (uint16_t)len,
                                                .author = (uint8_t)author};
    memcpy(run->setup->tape + run->s.taped_bytes, bytes, len);
    run->s.taped_bytes += (uint32_t)len;
    return run->s.taped++;
}

static inline void fly(struct run *run, const struct flight *flight)
{
    if (run->flights == AIR)
        return;
    struct flight *place = &air[run->flights++];
    memcpy(place, flight, offsetof(struct flight, bytes) + flight->len);
}

/* A datagram passes the attacker. */
static inline void pass_by(struct run *run, struct flight *flight)
{
    uint8_t bit = (uint8_t)(1u << run->s.passed++ % 8);
    flight->due = run->s.now.boot + HOP;
    if (run->policy.lost & bit)
        return;
    if (run->policy.twice & bit)
        fly(run, flight);
    if (run->policy.late & bit)
        flight->due += run->policy.delay;
    if (run->policy.astray & bit) /* another node gets it, or it comes from elsewhere */
        *(run->policy.delay & 1u ? &flight->from : &flight->to) =
            run->s.sides[run->s.passed % NODES].addr;
    fly(run, flight);
}

/* What was sent meanwhile, and where to. */
struct sent {
    size_t to_asker; /* bytes to the address from which a datagram came */
    size_t count, elsewhere;
};

static inline void collect(struct run *run, unsigned at, const struct hearsay_addr *asker,
                           struct sent *ret_sent)
{
    const struct side *side = &run->s.sides[at];
    struct flight flight;
    uint64_t ticket;
    size_t len;
    if (is_gone(side))
        return;
    note_own(run, side);
    while ((len = hearsay_node_transmit(side->node, side_now(run, side), &flight.to, &ticket,
                                        flight.bytes, sizeof(flight.bytes))) > 0) {
        flight.from = side->addr;
        flight.len = (uint16_t)len;
        flight.record = tape(run, at, &flight.from, &flight.to, flight.bytes, len);
        demand(++ret_sent->count > DRAIN ? "more datagrams than three nodes need" : NULL);
        if (asker && hearsay_addr_equal(asker, &flight.to))
            ret_sent->to_asker += len;
        else if (is_stranger(&flight.to))
            ret_sent->elsewhere++;
        if (!is_stranger(&flight.to))
            pass_by(run, &flight);
    }
}

/* ---- handing over ------------------------------------------------------------------------ */

/* The same, before and after a datagram was handed over. */
struct mark {
    uint64_t digest, drops, received;
};

static inline struct mark mark_of(const struct side *side)
{
    struct mark mark = {.digest = side->node->core.view.table.digest,
                        .drops = hearsay_node_drops(side->node)};
    for (unsigned kind = 0; kind < HEARSAY_KIND_COUNT; kind++)
        mark.received += side->node->core.stats.received[kind];
    return mark;
}

static inline bool is_sealed(const uint8_t *bytes, size_t len)
{
    struct hs_head head;
    return hs_head_decode(&head, bytes, len) &&
           len - HS_HEAD_SIZE - head.body_len == HS_SEALED_TRAILER;
}

/* R11a: freshness. Returns true if a datagram of the tape must change nothing: it has been heard,
 * or it is of a time before the process, which no clock and no snapshot has brought back. */
static inline bool is_spent(const struct run *run, unsigned at, const struct record *record)
{
    const struct side *side = &run->s.sides[at];
    bool sealed = is_sealed(run->setup->tape + record->at, record->len);
    if (!sealed && mode_of(side) != HEARSAY_SEAL_REQUIRE)
        return false;
    return record->heard >> at & 1u ||
           (!run->s.is_restored && (uint32_t)(record - run->s.tape) < side->born);
}

/* These have nonces, and are read to find out whether they are valid. */
static inline bool is_handshake(const uint8_t *bytes)
{
    unsigned kind = bytes[1] & 15u;
    return kind == HEARSAY_KIND_JOIN || kind == HEARSAY_KIND_CHALLENGE ||
           kind == HEARSAY_KIND_REFUSAL;
}

static inline void hand_over(struct run *run, unsigned at, const struct hearsay_addr *from,
                             uint8_t *bytes, size_t len)
{
    const struct side *side = &run->s.sides[at];
    uint8_t *copy = malloc(len ? len : 1); /* its own block: reads past its end are seen */
    if (!copy)
        abort();
    memcpy(copy, bytes, len);
    hearsay_node_receive(side->node, side_now(run, side), from, copy, len);
    free(copy);
    note_own(run, side);
}

/* A datagram of the tape arrives, perhaps again, perhaps from elsewhere. */
static inline void hand(struct run *run, unsigned at, const struct hearsay_addr *from,
                        uint8_t *bytes, size_t len, uint32_t number)
{
    const struct side *side = &run->s.sides[at];
    struct record *record = number < TAPE ? &run->s.tape[number] : NULL;
    bool spent = record && is_spent(run, at, record);
    struct mark before = mark_of(side);
    hand_over(run, at, from, bytes, len);
    struct mark after = mark_of(side);
    say("  %" PRIu64 ": #%u kind %u of %c to %c: %s%s%s\n", run->s.now.boot, number, bytes[1] & 15,
        record ? 'a' + record->author : '?', 'a' + at, spent ? "spent " : "",
        after.received != before.received ? "heard " : "",
        after.digest != before.digest ? "changes" : "");
    demand(spent && after.digest != before.digest ? "a repeat that changes a view" : NULL);
    demand(spent && after.received != before.received && !is_handshake(bytes)
               ? "a repeat that is heard"
               : NULL);
    if (record && after.received != before.received)
        record->heard |= (uint8_t)(1u << at);
}

/* The attacker hands something over itself. R28: no amplification. */
static inline void attack(struct run *run, unsigned at, const struct hearsay_addr *from,
                          uint8_t *bytes, size_t len, uint32_t number)
{
    struct sent sent = {0};
    const struct side *side = &run->s.sides[at];
    hearsay_node_tick(side->node, side_now(run, side));
    if (is_gone(side))
        return;
    collect(run, at, NULL, &sent);
    sent = (struct sent){0};
    hand(run, at, from, bytes, len, number);
    collect(run, at, from, &sent);
    demand(is_stranger(from) && sent.to_asker > len ? "an answer that is longer than its question"
                                                    : NULL);
    demand(sent.elsewhere ? "a datagram to a third party" : NULL);
}

/* The same with a datagram that the attacker has changed. */
static inline void attack_altered(struct run *run, unsigned at, const struct hearsay_addr *from,
                                  uint8_t *bytes, size_t len)
{
    struct sent sent = {0};
    const struct side *side = &run->s.sides[at];
    hearsay_node_tick(side->node, side_now(run, side));
    if (is_gone(side))
        return;
    collect(run, at, NULL, &sent);
    sent = (struct sent){0};
    struct mark before = mark_of(side);
    hand_over(run, at, from, bytes, len);
    struct mark after = mark_of(side);
    collect(run, at, from, &sent);
    demand(after.digest != before.digest ? "a changed datagram that changes a view" : NULL);
    demand(after.received != before.received ? "a changed datagram that is heard" : NULL);
    demand(after.drops != before.drops + 1 ? "a changed datagram that is not counted once" : NULL);
    demand(sent.count ? "a changed datagram that is answered" : NULL);
}

/* ---- time -------------------------------------------------------------------------------- */

static inline void advance(struct run *run, uint64_t boot)
{
    uint64_t span = boot > run->s.now.boot ? boot - run->s.now.boot : 0;
    run->s.now.boot += span;
    run->s.now.wall += span;
}

static inline void deliver_due(struct run *run)
{
    uint32_t kept = 0, count = run->flights;
    for (uint32_t i = 0; i < count; i++) {
        struct flight *flight = &air[i];
        if (flight->due > run->s.now.boot) {
            if (kept != i)
                memcpy(&air[kept], flight, offsetof(struct flight, bytes) + flight->len);
            kept++;
            continue;
        }
        for (unsigned at = 0; at < NODES; at++)
            if (hearsay_addr_equal(&run->s.sides[at].addr, &flight->to) &&
                !is_gone(&run->s.sides[at]))
                hand(run, at, &flight->from, flight->bytes, flight->len, flight->record);
    }
    run->flights = kept;
}

/* The next deadline in the world's boot time. */
static inline uint64_t next_due(const struct run *run)
{
    uint64_t first = HEARSAY_NEVER;
    for (unsigned at = 0; at < NODES; at++) {
        const struct side *side = &run->s.sides[at];
        uint64_t due = hearsay_node_deadline(side->node);
        if (due != HEARSAY_NEVER && !is_gone(side) && due + side->back < first)
            first = due + side->back;
    }
    for (uint32_t i = 0; i < run->flights; i++)
        first = air[i].due < first ? air[i].due : first;
    return first;
}

/* From one event to the next, but not beyond `end`. */
static inline void instant(struct run *run, uint64_t end)
{
    struct sent sent = {0};
    for (unsigned at = 0; at < NODES; at++)
        collect(run, at, NULL, &sent);
    demand(sent.elsewhere ? "a datagram to an address where nobody ever was" : NULL);
    uint64_t next = next_due(run);
    run->instants++;
    advance(run, next < end ? next : end);
    deliver_due(run);
    for (unsigned at = 0; at < NODES; at++) {
        const struct side *side = &run->s.sides[at];
        if (is_gone(side))
            continue;
        hearsay_node_tick(side->node, side_now(run, side));
        demand(hearsay_node_deadline(side->node) <= side_now(run, side).boot
                   ? "a deadline of the past"
                   : NULL);
    }
}

#endif
