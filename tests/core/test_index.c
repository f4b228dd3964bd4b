/* SPDX-License-Identifier: Apache-2.0 */
/* The index: adding, finding and deleting against a model, with keys that crowd together. */
#include "rig.h"

#include "view/index.h"

#define SLOTS 300

struct bench {
    struct rig_memory memory;
    struct hearsay_allocator allocator;
    struct hs_index index;
    uint64_t keys[SLOTS];
    bool present[SLOTS];
};

static uint64_t key_of(const void *owner, uint32_t slot)
{
    const struct bench *bench = owner;
    return bench->keys[slot];
}

static void start(struct bench *bench, uint32_t entries)
{
    *bench = (struct bench){0};
    bench->allocator = rig_allocator(&bench->memory);
    ck_assert_int_eq(hs_index_init(&bench->index, &bench->allocator, entries, key_of, bench), 0);
}

static void stop(struct bench *bench)
{
    hs_index_fini(&bench->index, &bench->allocator);
    ck_assert_uint_eq(bench->memory.live, 0);
}

static void check(const struct bench *bench)
{
    uint32_t used = 0;
    for (uint32_t slot = 0; slot < SLOTS; slot++) {
        uint32_t found = hs_index_find(&bench->index, bench->keys[slot]);
        ck_assert_uint_eq(found, bench->present[slot] ? slot : HS_NO_SLOT);
        used += bench->present[slot];
    }
    ck_assert_uint_eq(bench->index.used, used);
}

/* Adds or removes a random slot, `steps` times. `spread`: how many homes the keys have. */
static void churn(struct bench *bench, uint64_t seed, uint64_t spread, unsigned steps)
{
    for (uint32_t slot = 0; slot < SLOTS; slot++)
        bench->keys[slot] = (uint64_t)slot << 32 | (slot * UINT64_C(2654435761)) % spread;
    for (unsigned i = 0; i < steps; i++) {
        uint32_t slot = (uint32_t)harness_below(&seed, SLOTS);
        if (bench->present[slot])
            hs_index_remove(&bench->index, bench->keys[slot]);
        else
            hs_index_add(&bench->index, bench->keys[slot], slot);
        bench->present[slot] = !bench->present[slot];
        if (i % 97 == 0)
            check(bench);
    }
    check(bench);
}

START_TEST(test_random_operations_against_a_model)
{
    static const uint64_t spreads[] = {1, 3, 50, 1000, UINT32_MAX};
    for (size_t i = 0; i < 5; i++) {
        struct bench bench;
        start(&bench, SLOTS);
        churn(&bench, i, spreads[i], 3000);
        stop(&bench);
    }
}
END_TEST

/* Keys whose home is the last place wrap to the first. */
START_TEST(test_deletion_across_the_end_of_the_table)
{
    struct bench bench;
    start(&bench, 4);
    for (uint32_t slot = 0; slot < 6; slot++) {
        bench.keys[slot] = (uint64_t)(slot + 1) << 32 | (bench.index.mask - slot % 2);
        hs_index_add(&bench.index, bench.keys[slot], slot);
        bench.present[slot] = true;
    }
    for (uint32_t slot = 0; slot < 6; slot++) {
        hs_index_remove(&bench.index, bench.keys[slot]);
        bench.present[slot] = false;
        for (uint32_t other = slot + 1; other < 6; other++)
            ck_assert_uint_eq(hs_index_find(&bench.index, bench.keys[other]), other);
        hs_index_remove(&bench.index, bench.keys[slot]); /* not there: nothing */
    }
    ck_assert_uint_eq(bench.index.used, 0);
    stop(&bench);
}
END_TEST

START_TEST(test_growing_keeps_all_and_failing_to_grow_too)
{
    struct bench bench;
    start(&bench, 8);
    for (uint32_t slot = 0; slot < SLOTS; slot++) {
        bench.keys[slot] = slot * UINT64_C(0x9e3779b97f4a7c15);
        ck_assert_int_eq(hs_index_reserve(&bench.index, &bench.allocator, slot + 1), 0);
        hs_index_add(&bench.index, bench.keys[slot], slot);
        bench.present[slot] = true;
    }
    check(&bench);
    bench.memory.fail = 1;
    ck_assert_int_eq(hs_index_reserve(&bench.index, &bench.allocator, 100000), HEARSAY_ERR_NOMEM);
    check(&bench);
    stop(&bench);
}
END_TEST

HARNESS_MAIN("index", test_random_operations_against_a_model,
             test_deletion_across_the_end_of_the_table,
             test_growing_keeps_all_and_failing_to_grow_too)
