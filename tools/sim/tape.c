/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An attacker sees every datagram at the moment when it is sent, whether it arrives or not, and has
 * no key. It records them on a tape, and makes others from what it has seen. Its random numbers are
 * its own, so that the cluster's chance is the same with it and without it.
 */
#include "tape.h"

#include <stdlib.h>
#include <string.h>

#include <hearsay/error.h>
#include <hearsay/seal.h>
#include <hearsay/stats.h>

#include "grow.h"
#include "keyed.h"
#include "violation.h"

#define PLAIN_BODY 18u                      /* of a gossip without rumors */
#define YEAR_US    UINT64_C(31536000000000) /* that a plain forgery is ahead */

int sim_attacker_new(struct sim_world *world)
{
    struct sim_attacker *attacker = calloc(1, sizeof(*attacker));
    if (!attacker)
        return HEARSAY_ERR_NOMEM;
    attacker->random.state = ~world->seed;
    attacker->acked = calloc((size_t)SIM_ACKED_MAX * SIM_ACKED_MAX, sizeof(*attacker->acked));
    if (!attacker->acked) {
        sim_attacker_free(attacker);
        return HEARSAY_ERR_NOMEM;
    }
    world->attacker = attacker;
    return 0;
}

void sim_attacker_free(struct sim_attacker *attacker)
{
    if (!attacker)
        return;
    free(attacker->hold.about);
    free(attacker->reflect.about);
    free(attacker->unreachable.about);
    free(attacker->authors);
    free(attacker->acked);
    free(attacker->bytes);
    free(attacker->seen);
    free(attacker);
}

/* ---- what is seen ------------------------------------------------------------------------ */

unsigned sim_tape_kind(const uint8_t *bytes, size_t len)
{
    return len < SIM_HEAD_SIZE ? 0 : bytes[1] & 0xfu;
}

const uint8_t *sim_tape_bytes(const struct sim_attacker *attacker, uint32_t seen)
{
    return attacker->bytes + attacker->seen[seen].at;
}

static bool keep_bytes(struct sim_attacker *attacker, const uint8_t *bytes, size_t len)
{
    if (attacker->byte_room - attacker->byte_count < len) {
        size_t room = 2 * attacker->byte_room + SIM_PACKET_ROOM;
        uint8_t *grown = realloc(attacker->bytes, room);
        if (!grown)
            return false;
        attacker->bytes = grown;
        attacker->byte_room = room;
    }
    memcpy(attacker->bytes + attacker->byte_count, bytes, len);
    attacker->byte_count += len;
    return true;
}

/* Returns one more than its place, or 0. */
static uint32_t record(struct sim_world *world, uint32_t from, uint32_t to, const uint8_t *bytes,
                       size_t len)
{
    struct sim_attacker *attacker = world->attacker;
    if (attacker->seen_count == SIM_TAPE_MAX)
        return 0;
    struct sim_seen *all = sim_grow(attacker->seen, attacker->seen_count, &attacker->seen_room,
                                    sizeof(struct sim_seen));
    size_t at = attacker->byte_count;
    if (all)
        attacker->seen = all;
    if (!all || !keep_bytes(attacker, bytes, len)) {
        sim_violate(world, "the simulator is out of memory");
        return 0;
    }
    all[attacker->seen_count] = (struct sim_seen){
        .time = world->time, .at = at, .from = from, .to = to, .len = (uint16_t)len};
    return (uint32_t)++attacker->seen_count;
}

/* ---- what is done to it ------------------------------------------------------------------ */

static bool is_about(const struct sim_meddling *meddling, uint32_t to)
{
    return !meddling->about ||
           (to < meddling->about_limit && (meddling->about[to / 8] >> (to % 8) & 1));
}

static bool meddles(struct sim_world *world, const struct sim_meddling *meddling, uint32_t to,
                    unsigned kind)
{
    return world->time < meddling->until && is_about(meddling, to) &&
           (meddling->kinds >> kind & 1) &&
           sim_random_permille(&world->attacker->random, meddling->permille);
}

struct sim_meddled sim_tape_see(struct sim_world *world, uint32_t from, uint32_t to,
                                const uint8_t *bytes, size_t len)
{
    struct sim_attacker *attacker = world->attacker;
    unsigned kind = sim_tape_kind(bytes, len);
    struct sim_meddled meddled = {.seen = record(world, from, to, bytes, len)};
    meddled.reflect = meddles(world, &attacker->reflect, to, kind);
    meddled.unreachable = meddles(world, &attacker->unreachable, to, kind);
    if (meddles(world, &attacker->hold, to, kind))
        meddled.hold = 1 + sim_random_below(&attacker->random, (uint32_t)attacker->hold.by);
    return meddled;
}

/* ---- what is made of it ------------------------------------------------------------------ */

static void fill_random(struct sim_attacker *attacker, uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)sim_random_next(&attacker->random);
}

size_t sim_tape_noise(struct sim_attacker *attacker, uint8_t bytes[SIM_PACKET_ROOM])
{
    size_t len = 1 + sim_random_below(&attacker->random, HEARSAY_DATAGRAM_MAX);
    fill_random(attacker, bytes, len);
    return len;
}

static void put_number(uint8_t *bytes, uint64_t number, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        bytes[i] = (uint8_t)(number >> 8 * (size - 1 - i));
}

static uint64_t get_number(const uint8_t *bytes, unsigned size)
{
    uint64_t number = 0;
    for (unsigned i = 0; i < size; i++)
        number = number << 8 | bytes[i];
    return number;
}

/* Half of the fakes have a creation time of their own, a little later than that of the original.
 * The other half look like repeats. */
size_t sim_tape_fake(struct sim_attacker *attacker, uint32_t seen, uint8_t bytes[SIM_PACKET_ROOM])
{
    size_t len = attacker->seen[seen].len;
    memcpy(bytes, sim_tape_bytes(attacker, seen), len);
    size_t body = get_number(bytes + SIM_HEAD_LENGTH, 2);
    fill_random(attacker, bytes + SIM_HEAD_SIZE, body);
    if (len == SIM_HEAD_SIZE + body + SIM_TRAILER_SIZE) /* its marker and the key's id are known */
        fill_random(attacker, bytes + len - SIM_TRAILER_SIZE + 3, SIM_TRAILER_SIZE - 3);
    if (sim_random_permille(&attacker->random, SIM_PERMILLE / 2)) {
        uint64_t created = get_number(bytes + SIM_HEAD_CREATED, 8);
        created += sim_random_below(&attacker->random, UINT32_MAX);
        put_number(bytes + SIM_HEAD_CREATED, created, 8);
    }
    return len;
}

size_t sim_tape_plain(struct sim_attacker *attacker, uint32_t seen, const char *name,
                      uint8_t bytes[SIM_PACKET_ROOM])
{
    uint8_t *body = bytes + SIM_HEAD_SIZE;
    memcpy(bytes, sim_tape_bytes(attacker, seen), SIM_HEAD_SIZE);
    uint64_t created = get_number(bytes + SIM_HEAD_CREATED, 8) + YEAR_US;
    created += sim_random_below(&attacker->random, UINT32_MAX);
    bytes[1] = (uint8_t)((bytes[1] & 0xf0u) | HEARSAY_KIND_GOSSIP);
    put_number(bytes + SIM_HEAD_CREATED, created, 8);
    put_number(bytes + SIM_HEAD_LENGTH, PLAIN_BODY, 2);
    body[0] = body[9] = 0xcf; /* a number of eight bytes */
    put_number(body + 1, sim_random_next(&attacker->random), 8);
    put_number(body + 10, created, 8);
    hearsay_seal_none.seal(NULL, sim_name_binding(name), bytes, SIM_HEAD_SIZE, body, PLAIN_BODY,
                           body + PLAIN_BODY);
    return SIM_HEAD_SIZE + PLAIN_BODY + hearsay_seal_none.trailer_size;
}
