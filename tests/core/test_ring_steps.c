/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ring made in steps of any size is equal to one made in one call, and a step is bounded.
 * Everything that the public header shows of a ring is compared.
 */
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hearsay/hearsay.h>

#define MEMBERS 300u

static char names[MEMBERS][16];
static struct hearsay_ring_member members[MEMBERS];
static size_t held_blocks, allowed;

static void *counted_resize(void *context, void *ptr, size_t size)
{
    (void)context;
    if (allowed == 0)
        return NULL;
    allowed--;
    void *got = realloc(ptr, size);
    held_blocks += !ptr && got;
    return got;
}

static void counted_release(void *context, void *ptr)
{
    (void)context;
    held_blocks -= ptr != NULL;
    free(ptr);
}

static const struct hearsay_allocator counted = {counted_resize, counted_release, NULL};

static void start(void)
{
    static const char *const zones[] = {"north", NULL, "south", "", "east"};
    held_blocks = 0;
    allowed = SIZE_MAX;
    for (unsigned i = 0; i < MEMBERS; i++) {
        snprintf(names[i], sizeof names[i], "m%u", i * 7 % MEMBERS);
        members[i] = (struct hearsay_ring_member){names[i], zones[i % 5], 1 + i * 13 % 200};
    }
}

static struct hearsay_ring *whole(unsigned first, unsigned end)
{
    struct hearsay_ring *ring;
    ck_assert_int_eq(hearsay_ring_new(&ring, &counted, members + first, end - first), 0);
    return ring;
}

static void same_list(const uint32_t *a, size_t count_a, const uint32_t *b, size_t count_b)
{
    ck_assert_uint_eq(count_a, count_b);
    ck_assert_mem_eq(a, b, count_a * sizeof *a);
}

static void same_rings(const struct hearsay_ring *a, const struct hearsay_ring *b)
{
    uint32_t list_a[9], list_b[9], owner_a, owner_b;
    ck_assert_uint_eq(hearsay_ring_checksum(a), hearsay_ring_checksum(b));
    ck_assert_uint_eq(hearsay_ring_zones_checksum(a), hearsay_ring_zones_checksum(b));
    ck_assert_uint_eq(hearsay_ring_zones(a), hearsay_ring_zones(b));
    for (uint32_t i = 0; i < hearsay_ring_members(a); i++)
        ck_assert_uint_eq(hearsay_ring_share(a, i), hearsay_ring_share(b, i));
    for (uint64_t i = 0, hash = 1; i < 3000; i++, hash = hash * 6364136223846793005u + 12345) {
        ck_assert_int_eq(hearsay_ring_owner(a, hash, &owner_a), 0);
        ck_assert_int_eq(hearsay_ring_owner(b, hash, &owner_b), 0);
        ck_assert_uint_eq(owner_a, owner_b);
        same_list(list_a, hearsay_ring_owners(a, hash, list_a, 9), list_b,
                  hearsay_ring_owners(b, hash, list_b, 9));
        same_list(list_a, hearsay_ring_replicas(a, hash, list_a, 9), list_b,
                  hearsay_ring_replicas(b, hash, list_b, 9));
    }
}

/* Removes members first to from - 1 of `old`, adds from to end - 1. */
static int in_steps(struct hearsay_ring **ret_ring, const struct hearsay_ring *old, unsigned first,
                    unsigned from, unsigned end, size_t units)
{
    struct hearsay_ring_work *work;
    int err = hearsay_ring_work_begin(&work, &counted, old);
    if (err)
        return err;
    for (unsigned i = first; i < from && !err; i++)
        err = hearsay_ring_work_remove(work, names[i]);
    for (unsigned i = from; i < end && !err; i++)
        err = hearsay_ring_work_add(work, &members[i]);
    if (!err)
        while ((err = hearsay_ring_work_step(work, units)) == HEARSAY_RING_MORE)
            continue;
    if (err) {
        hearsay_ring_work_free(work);
        return err;
    }
    *ret_ring = hearsay_ring_work_end(work);
    return 0;
}

START_TEST(test_steps_of_any_size_make_the_ring_of_one_call)
{
    static const size_t sizes[] = {0, 7, 1000, 30000, SIZE_MAX};
    start();
    struct hearsay_ring *before = whole(0, 200), *after = whole(100, MEMBERS), *ring;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        ck_assert_int_eq(in_steps(&ring, NULL, 0, 0, 200, sizes[i]), 0);
        same_rings(ring, before);
        hearsay_ring_unref(ring);
        /* 0 to 99 go, 100 to 199 stay, the others come */
        struct hearsay_ring_work *work;
        int err;
        ck_assert_int_eq(hearsay_ring_work_begin(&work, &counted, before), 0);
        for (unsigned k = 0; k < 100; k++)
            ck_assert_int_eq(hearsay_ring_work_remove(work, names[k]), 0);
        for (unsigned k = 200; k < MEMBERS; k++)
            ck_assert_int_eq(hearsay_ring_work_add(work, &members[k]), 0);
        while ((err = hearsay_ring_work_step(work, sizes[i])) == HEARSAY_RING_MORE)
            continue;
        ck_assert_int_eq(err, 0);
        ring = hearsay_ring_work_end(work);
        same_rings(ring, after);
        hearsay_ring_unref(ring);
    }
    hearsay_ring_unref(before);
    hearsay_ring_unref(after);
    ck_assert_uint_eq(held_blocks, 0);
}
END_TEST

/* More tokens in one run than are sorted at once, so that the sort goes down a level in steps. */
START_TEST(test_steps_sort_many_tokens)
{
    enum { MANY = 1100 };
    static char many_names[MANY][16];
    static struct hearsay_ring_member many[MANY];
    struct hearsay_ring *ring;
    struct hearsay_ring_work *work;
    int err;
    start();
    for (unsigned i = 0; i < MANY; i++) {
        snprintf(many_names[i], sizeof many_names[i], "n%u", i);
        many[i] = (struct hearsay_ring_member){many_names[i], NULL, HEARSAY_TOKENS_MAX};
    }
    ck_assert_int_eq(hearsay_ring_work_begin(&work, &counted, NULL), 0);
    for (unsigned i = 0; i < MANY; i++)
        ck_assert_int_eq(hearsay_ring_work_add(work, &many[i]), 0);
    while ((err = hearsay_ring_work_step(work, 10007)) == HEARSAY_RING_MORE)
        continue;
    ck_assert_int_eq(err, 0);
    ring = hearsay_ring_work_end(work);
    ck_assert_uint_eq(hearsay_ring_tokens(ring), (size_t)MANY * HEARSAY_TOKENS_MAX);
    for (size_t at = 1; at < hearsay_ring_tokens(ring); at++)
        if (hearsay_ring_token(ring, at - 1, NULL) > hearsay_ring_token(ring, at, NULL))
            ck_abort_msg("token %zu is out of order", at);
    hearsay_ring_unref(ring);
    ck_assert_uint_eq(held_blocks, 0);
}
END_TEST

START_TEST(test_work_says_what_is_wrong)
{
    struct hearsay_ring_work *work;
    struct hearsay_ring *ring = NULL, *old;
    const struct hearsay_ring_member odd[] = {
        {"", NULL, 1}, {"a b", NULL, 1}, {"a", NULL, 0}, {"a", "\x01", 1}};
    start();
    old = whole(0, 5);
    ck_assert_int_eq(hearsay_ring_work_begin(&work, &counted, old), 0);
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_eq(hearsay_ring_work_add(work, &odd[i]), HEARSAY_ERR_INVALID);
    ck_assert_int_eq(hearsay_ring_work_remove(work, "nobody"), 0);
    ck_assert_int_eq(hearsay_ring_work_step(work, 1), HEARSAY_RING_MORE);
    ck_assert_int_eq(hearsay_ring_work_add(work, &members[9]), HEARSAY_ERR_INVALID);
    ck_assert_int_eq(hearsay_ring_work_remove(work, names[0]), HEARSAY_ERR_INVALID);
    ck_assert_ptr_null(hearsay_ring_work_end(work)); /* not done */
    ck_assert_int_eq(in_steps(&ring, old, 0, 0, 1, 10), HEARSAY_ERR_EXISTS);
    hearsay_ring_work_free(NULL);
    hearsay_ring_unref(old);
    ck_assert_uint_eq(held_blocks, 0);
}
END_TEST

START_TEST(test_work_without_memory_fails_and_leaves_nothing)
{
    struct hearsay_ring *ring;
    size_t n = 0;
    start();
    while (allowed = n, in_steps(&ring, NULL, 0, 0, 200, 500) == HEARSAY_ERR_NOMEM) {
        ck_assert_uint_eq(held_blocks, 0);
        n++;
    }
    ck_assert_uint_gt(n, 4); /* work, members, their names, the order of these, the ring */
    allowed = SIZE_MAX;
    hearsay_ring_unref(ring);
    ck_assert_uint_eq(held_blocks, 0);
}
END_TEST

START_TEST(test_sum_and_difference_in_steps_are_those_of_one_call)
{
    static const size_t sizes[] = {0, 1, 3, 50, 1000};
    start();
    struct hearsay_ring *rings[] = {whole(0, 200), whole(100, MEMBERS), whole(0, 1), whole(0, 0)};
    for (unsigned i = 0; i < 4 * 4 * 5; i++) {
        const struct hearsay_ring *a = rings[i % 4], *b = rings[i / 4 % 4];
        size_t units = sizes[i / 16];
        struct hearsay_ring_sum sum;
        struct hearsay_ring_diff one, two;
        struct hearsay_ring_move expected = {0}, move = {0};
        enum hearsay_ring_progress progress;
        hearsay_ring_moved_begin(&sum, a, b);
        while (hearsay_ring_moved_step(&sum, units))
            continue;
        ck_assert_uint_eq(hearsay_ring_moved_end(&sum), hearsay_ring_moved(a, b));
        hearsay_ring_diff_begin(&one, a, b, 1 + i % 3, i % 2 == 1);
        hearsay_ring_diff_begin(&two, a, b, 1 + i % 3, i % 2 == 1);
        while (hearsay_ring_diff_next(&one, &expected)) {
            while ((progress = hearsay_ring_diff_step(&two, units, &move)) == HEARSAY_RING_MORE)
                continue;
            ck_assert_int_eq(progress, HEARSAY_RING_PIECE);
            ck_assert_uint_eq(move.first, expected.first);
            ck_assert_uint_eq(move.last, expected.last);
            ck_assert_uint_eq(move.comes, expected.comes);
            ck_assert_uint_eq(move.goes, expected.goes);
        }
        while ((progress = hearsay_ring_diff_step(&two, units, &move)) == HEARSAY_RING_MORE)
            continue;
        ck_assert_int_eq(progress, HEARSAY_RING_DONE);
    }
    for (unsigned i = 0; i < 4; i++)
        hearsay_ring_unref(rings[i]);
}
END_TEST

/* Rings of no difference have no piece to stop at: a step stops all the same. */
START_TEST(test_step_of_a_difference_is_bounded)
{
    start();
    struct hearsay_ring *ring = whole(0, MEMBERS);
    struct hearsay_ring_diff diff;
    struct hearsay_ring_move move;
    size_t steps = 0;
    hearsay_ring_diff_begin(&diff, ring, ring, 1, false);
    while (hearsay_ring_diff_step(&diff, 100, &move) == HEARSAY_RING_MORE)
        steps++;
    ck_assert_uint_gt(steps, hearsay_ring_tokens(ring) / 100);
    hearsay_ring_unref(ring);
}
END_TEST

START_TEST(test_reference_is_dropped_in_steps)
{
    start();
    struct hearsay_ring *ring = NULL, *other;
    ck_assert(!hearsay_ring_unref_step(&ring));
    ring = whole(0, 10);
    other = hearsay_ring_ref(ring);
    ck_assert(!hearsay_ring_unref_step(&other)); /* we hold it, too */
    ck_assert_ptr_null(other);
    ck_assert_uint_eq(hearsay_ring_members(ring), 10);
    ck_assert(!hearsay_ring_unref_step(&ring)); /* a small one, at once */
    ck_assert_ptr_null(ring);
    ck_assert_uint_eq(held_blocks, 0);
    for (unsigned i = 0; i < MEMBERS; i++)
        members[i].tokens = 1000;
    ring = whole(0, MEMBERS);
    unsigned steps = 1;
    while (hearsay_ring_unref_step(&ring))
        steps++;
    ck_assert_ptr_null(ring);
    ck_assert_uint_gt(steps, 3); /* 7 MB */
    ck_assert_uint_eq(held_blocks, 0);
}
END_TEST

HARNESS_MAIN("ring_steps", test_steps_of_any_size_make_the_ring_of_one_call,
             test_steps_sort_many_tokens, test_work_says_what_is_wrong,
             test_work_without_memory_fails_and_leaves_nothing,
             test_sum_and_difference_in_steps_are_those_of_one_call,
             test_step_of_a_difference_is_bounded, test_reference_is_dropped_in_steps)
