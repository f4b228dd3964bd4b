/* SPDX-License-Identifier: Apache-2.0 */
/* The cache of datagrams seen: a FIFO of exactly its size, in memory of fixed size (R11). */
#include "rig.h"

#include "view/dedup.h"

struct bench {
    struct rig_memory memory;
    struct hearsay_allocator allocator;
    struct hs_dedup dedup;
};

static void start(struct bench *bench)
{
    *bench = (struct bench){0};
    bench->allocator = rig_allocator(&bench->memory);
    ck_assert_int_eq(hs_dedup_init(&bench->dedup, &bench->allocator), 0);
}

static void stop(struct bench *bench)
{
    hs_dedup_fini(&bench->dedup, &bench->allocator);
    ck_assert_uint_eq(bench->memory.live, 0);
}

static struct hs_datagram_id id_of(uint64_t at)
{
    return (struct hs_datagram_id){1 + at % 5, 1000000 + at};
}

START_TEST(test_an_id_is_known_until_exactly_4096_others_have_come)
{
    struct bench bench;
    struct hs_datagram_id evicted;
    start(&bench);
    for (uint64_t at = 0; at < HS_DEDUP_SIZE; at++) {
        ck_assert(!hs_dedup_seen(&bench.dedup, id_of(at)));
        ck_assert(!hs_dedup_add(&bench.dedup, id_of(at), true, &evicted));
        ck_assert(hs_dedup_seen(&bench.dedup, id_of(at)));
    }
    ck_assert(hs_dedup_seen(&bench.dedup, id_of(0)));
    for (uint64_t at = HS_DEDUP_SIZE; at < 3 * HS_DEDUP_SIZE; at++) {
        struct hs_datagram_id oldest = id_of(at - HS_DEDUP_SIZE);
        ck_assert(hs_dedup_seen(&bench.dedup, oldest));
        ck_assert(hs_dedup_add(&bench.dedup, id_of(at), true, &evicted));
        ck_assert_uint_eq(evicted.sender, oldest.sender);
        ck_assert_uint_eq(evicted.created, oldest.created);
        ck_assert(!hs_dedup_seen(&bench.dedup, oldest));
    }
    stop(&bench);
}
END_TEST

START_TEST(test_sender_and_creation_time_both_count)
{
    struct bench bench;
    struct hs_datagram_id evicted;
    start(&bench);
    hs_dedup_add(&bench.dedup, (struct hs_datagram_id){7, 100}, true, &evicted);
    ck_assert(hs_dedup_seen(&bench.dedup, (struct hs_datagram_id){7, 100}));
    ck_assert(!hs_dedup_seen(&bench.dedup, (struct hs_datagram_id){7, 101}));
    ck_assert(!hs_dedup_seen(&bench.dedup, (struct hs_datagram_id){8, 100}));
    ck_assert(!hs_dedup_seen(&bench.dedup, (struct hs_datagram_id){100, 7}));
    stop(&bench);
}
END_TEST

/* Fault 10 of the original. */
START_TEST(test_a_million_messages_take_no_memory)
{
    struct bench bench;
    struct hs_datagram_id evicted;
    start(&bench);
    size_t calls = bench.memory.calls;
    for (uint64_t at = 0; at < 1000000; at++)
        hs_dedup_add(&bench.dedup, id_of(at), true, &evicted);
    ck_assert_uint_eq(bench.memory.calls, calls);
    ck_assert_uint_eq(bench.dedup.count, HS_DEDUP_SIZE);
    ck_assert_uint_eq(bench.dedup.index.used, HS_DEDUP_SIZE);
    for (uint64_t at = 1000000 - HS_DEDUP_SIZE; at < 1000000; at++)
        ck_assert(hs_dedup_seen(&bench.dedup, id_of(at)));
    ck_assert(!hs_dedup_seen(&bench.dedup, id_of(1000000 - HS_DEDUP_SIZE - 1)));
    stop(&bench);
}
END_TEST

HARNESS_MAIN("dedup", test_an_id_is_known_until_exactly_4096_others_have_come,
             test_sender_and_creation_time_both_count, test_a_million_messages_take_no_memory)
