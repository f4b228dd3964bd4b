/* SPDX-License-Identifier: Apache-2.0 */
/* Timers: order by (deadline, sequence), moving and disarming, against a plain list. */
#include "rig.h"

#define TIMERS 64

struct bench {
    struct rig_memory memory;
    struct hearsay_allocator allocator;
    struct hs_heap heap;
    struct hs_timer timers[TIMERS];
    struct {
        uint64_t deadline, sequence;
    } model[TIMERS]; /* of those that are armed */
    uint64_t sequence;
};

static void start(struct bench *bench)
{
    *bench = (struct bench){0};
    bench->allocator = rig_allocator(&bench->memory);
    ck_assert_int_eq(hs_heap_reserve(&bench->heap, &bench->allocator, TIMERS), 0);
}

static void stop(struct bench *bench)
{
    hs_heap_fini(&bench->heap, &bench->allocator);
    ck_assert_uint_eq(bench->memory.live, 0);
}

static struct hs_timer *pop(struct bench *bench)
{
    return hs_heap_take(&bench->heap, UINT64_MAX - 1);
}

START_TEST(test_equal_deadlines_fire_in_the_order_of_arming)
{
    struct bench bench;
    start(&bench);
    for (unsigned i = 0; i < TIMERS; i++)
        hs_heap_arm(&bench.heap, &bench.timers[(i * 37) % TIMERS], 5);
    for (unsigned i = 0; i < TIMERS; i++)
        ck_assert_ptr_eq(pop(&bench), &bench.timers[(i * 37) % TIMERS]);
    ck_assert_ptr_null(pop(&bench));
    stop(&bench);
}
END_TEST

START_TEST(test_arming_again_moves_a_timer_behind_its_equals)
{
    struct bench bench;
    start(&bench);
    hs_heap_arm(&bench.heap, &bench.timers[0], 5);
    hs_heap_arm(&bench.heap, &bench.timers[1], 5);
    hs_heap_arm(&bench.heap, &bench.timers[0], 5);
    ck_assert_uint_eq(bench.heap.count, 2);
    ck_assert_ptr_eq(pop(&bench), &bench.timers[1]);
    ck_assert_ptr_eq(pop(&bench), &bench.timers[0]);
    stop(&bench);
}
END_TEST

START_TEST(test_arm_by_only_makes_it_earlier)
{
    struct bench bench;
    start(&bench);
    hs_heap_arm_by(&bench.heap, &bench.timers[0], 9);
    ck_assert_uint_eq(hs_heap_deadline(&bench.heap), 9);
    hs_heap_arm_by(&bench.heap, &bench.timers[0], 12);
    ck_assert_uint_eq(hs_heap_deadline(&bench.heap), 9);
    hs_heap_arm_by(&bench.heap, &bench.timers[0], 4);
    ck_assert_uint_eq(hs_heap_deadline(&bench.heap), 4);
    stop(&bench);
}
END_TEST

START_TEST(test_disarming_what_is_not_armed_does_nothing)
{
    struct bench bench;
    start(&bench);
    hs_heap_disarm(&bench.heap, &bench.timers[0]);
    hs_heap_arm(&bench.heap, &bench.timers[0], 1);
    hs_heap_disarm(&bench.heap, &bench.timers[0]);
    hs_heap_disarm(&bench.heap, &bench.timers[0]);
    ck_assert(!hs_timer_armed(&bench.timers[0]));
    ck_assert_uint_eq(hs_heap_deadline(&bench.heap), HEARSAY_NEVER);
    stop(&bench);
}
END_TEST

START_TEST(test_only_what_is_due_is_taken)
{
    struct bench bench;
    start(&bench);
    hs_heap_arm(&bench.heap, &bench.timers[0], 7);
    ck_assert_ptr_null(hs_heap_take(&bench.heap, 6));
    ck_assert(hs_timer_armed(&bench.timers[0]));
    ck_assert_ptr_eq(hs_heap_take(&bench.heap, 7), &bench.timers[0]);
    ck_assert(!hs_timer_armed(&bench.timers[0]));
    stop(&bench);
}
END_TEST

/* TIMERS: none is armed. */
static unsigned least(const struct bench *bench)
{
    unsigned least = TIMERS;
    for (unsigned i = 0; i < TIMERS; i++) {
        if (!hs_timer_armed(&bench->timers[i]))
            continue;
        bool sooner = least == TIMERS || bench->model[i].deadline < bench->model[least].deadline ||
                      (bench->model[i].deadline == bench->model[least].deadline &&
                       bench->model[i].sequence < bench->model[least].sequence);
        if (sooner)
            least = i;
    }
    return least;
}

START_TEST(test_random_operations_against_a_list)
{
    struct bench bench;
    uint64_t random = 1;
    start(&bench);
    for (unsigned i = 0; i < 50000; i++) {
        unsigned at = (unsigned)harness_below(&random, TIMERS);
        if (harness_below(&random, 3)) {
            bench.model[at].deadline = harness_below(&random, 40);
            bench.model[at].sequence = bench.sequence++;
            hs_heap_arm(&bench.heap, &bench.timers[at], bench.model[at].deadline);
        } else {
            hs_heap_disarm(&bench.heap, &bench.timers[at]);
        }
        unsigned first = least(&bench);
        ck_assert_uint_eq(hs_heap_deadline(&bench.heap),
                          first == TIMERS ? HEARSAY_NEVER : bench.model[first].deadline);
        if (first < TIMERS && i % 5 == 0)
            ck_assert_ptr_eq(pop(&bench), &bench.timers[first]);
    }
    stop(&bench);
}
END_TEST

START_TEST(test_arming_never_allocates)
{
    struct bench bench;
    start(&bench);
    size_t calls = bench.memory.calls;
    for (unsigned i = 0; i < TIMERS; i++)
        hs_heap_arm(&bench.heap, &bench.timers[i], TIMERS - i);
    ck_assert_uint_eq(bench.memory.calls, calls);
    bench.memory.fail = 1;
    ck_assert_int_eq(hs_heap_reserve(&bench.heap, &bench.allocator, 100000), HEARSAY_ERR_NOMEM);
    ck_assert_ptr_eq(pop(&bench), &bench.timers[TIMERS - 1]);
    stop(&bench);
}
END_TEST

HARNESS_MAIN("heap", test_equal_deadlines_fire_in_the_order_of_arming,
             test_arming_again_moves_a_timer_behind_its_equals, test_arm_by_only_makes_it_earlier,
             test_disarming_what_is_not_armed_does_nothing, test_only_what_is_due_is_taken,
             test_random_operations_against_a_list, test_arming_never_allocates)
