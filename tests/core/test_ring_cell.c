/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handing rings to readers: one writer, four readers, and no lock. It is built twice, the second
 * time with the thread sanitizer, which finds races that a successful run does not show.
 *
 * Every published ring has the members m0 … m<k>. In a ring that is incomplete or freed a reader
 * would see names, counts or a checksum that do not agree.
 */
#include "ring/cell.h"
#include "ring_model.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#define READERS  4
#define VERSIONS 3000
#define KINDS    8

/* ---- one thread ---------------------------------------------------------------------------------
 */

START_TEST(test_a_cell_gives_the_newest)
{
    struct memory memory = {0};
    struct hearsay_allocator allocator = memory_allocator(&memory);
    struct hearsay_ring *first = ring_of_many(&memory, 2, 2), *second = ring_with(first, "x", 2);
    struct hearsay_ring_cell *cell = NULL;
    ck_assert_int_eq(hearsay_ring_cell_new(&cell, &allocator, first), 0);
    struct hearsay_ring *held = hearsay_ring_cell_acquire(cell), *own = NULL;
    ck_assert_ptr_eq(held, first);
    ck_assert(hearsay_ring_cell_refresh(cell, &own));
    ck_assert_ptr_eq(own, first);
    ck_assert(!hearsay_ring_cell_refresh(cell, &own));
    hearsay_ring_unref(first);

    ck_assert_int_eq(hearsay_ring_cell_publish(cell, second), 0);
    hearsay_ring_unref(second);
    ck_assert_uint_eq(hearsay_ring_members(held), 2); /* who holds it, has it */
    hearsay_ring_unref(held);
    ck_assert(hearsay_ring_cell_refresh(cell, &own)); /* drops the first, which nobody has now */
    ck_assert_ptr_eq(own, second);
    ck_assert(!hearsay_ring_cell_refresh(cell, &own));
    ck_assert_uint_eq(memory.live, 2); /* the second, and the cell */
    hearsay_ring_cell_free(cell);
    ck_assert_uint_eq(hearsay_ring_members(own), 3);
    hearsay_ring_unref(own);
    hearsay_ring_cell_free(NULL);
    ck_assert_uint_eq(memory.live, 0);
}
END_TEST

START_TEST(test_a_cell_may_hold_one_ring_again_and_again)
{
    struct memory memory = {0};
    struct hearsay_allocator allocator = memory_allocator(&memory);
    struct hearsay_ring *a = ring_of_many(&memory, 2, 2), *b = ring_with(a, "x", 2);
    struct hearsay_ring_cell *cell = NULL;
    ck_assert_int_eq(hearsay_ring_cell_new(&cell, &allocator, a), 0);
    for (int i = 0; i < 1000; i++) {
        const struct hearsay_ring *next = i % 3 ? a : b;
        ENSURE(hearsay_ring_cell_publish(cell, next) == 0);
        for (int k = 0; k < i % 4; k++) {
            struct hearsay_ring *held = hearsay_ring_cell_acquire(cell);
            ENSURE(held == next);
            hearsay_ring_unref(held);
        }
    }
    hearsay_ring_cell_free(cell);
    hearsay_ring_unref(a);
    hearsay_ring_unref(b);
    ck_assert_uint_eq(memory.live, 0);
}
END_TEST

START_TEST(test_a_cell_that_cannot_be_made_is_not)
{
    struct memory memory = {0};
    struct hearsay_allocator allocator = memory_allocator(&memory);
    struct hearsay_ring *ring = ring_of_many(&memory, 2, 2);
    struct hearsay_ring_cell *cell = NULL;
    memory.fail_at = memory.calls + 1;
    ck_assert_int_eq(hearsay_ring_cell_new(&cell, &allocator, ring), HEARSAY_ERR_NOMEM);
    ck_assert_ptr_null(cell);
    hearsay_ring_unref(ring);
    ck_assert_uint_eq(memory.live, 0);
}
END_TEST

/* Readers that were stopped between coming and leaving hold their rings, and a slot each. When none
 * is free the writer is told, and loses nothing by it. */
START_TEST(test_stopped_readers_cost_slots_and_nothing_else)
{
    enum { STOPPED = 63 };
    struct memory memory = {0};
    struct hearsay_allocator allocator = memory_allocator(&memory);
    struct hearsay_ring *rings[STOPPED + 1], *held[STOPPED];
    struct hearsay_ring_cell *cell = NULL;
    uint32_t slots[STOPPED];
    for (uint32_t i = 0; i <= STOPPED; i++)
        rings[i] = ring_of_many(&memory, i + 1, 1);
    ck_assert_int_eq(hearsay_ring_cell_new(&cell, &allocator, rings[0]), 0);
    for (uint32_t i = 0; i < STOPPED; i++) {
        held[i] = hs_ring_cell_come(cell, &slots[i]);
        ck_assert_ptr_eq(held[i], rings[i]);
        ck_assert_int_eq(hearsay_ring_cell_publish(cell, rings[i + 1]), 0);
    }
    ck_assert_int_eq(hearsay_ring_cell_publish(cell, rings[0]), HEARSAY_ERR_FULL);
    struct hearsay_ring *newest = hearsay_ring_cell_acquire(cell);
    ck_assert_ptr_eq(newest, rings[STOPPED]);
    hearsay_ring_unref(newest);

    for (uint32_t i = 0; i <= STOPPED; i++)
        hearsay_ring_unref(rings[i]);
    ck_assert_uint_eq(memory.live, STOPPED + 2);
    for (uint32_t i = 0; i < STOPPED; i++) {
        ck_assert_uint_eq(hearsay_ring_members(held[i]), i + 1);
        hs_ring_cell_leave(cell, slots[i]);
        hearsay_ring_unref(held[i]);
        ck_assert_uint_eq(memory.live, STOPPED + 1 - i);
        newest = hearsay_ring_cell_acquire(cell);
        ck_assert_int_eq(hearsay_ring_cell_publish(cell, newest), 0); /* there is room again */
        hearsay_ring_unref(newest);
    }
    hearsay_ring_cell_free(cell);
    ck_assert_uint_eq(memory.live, 0);
}
END_TEST

/* ---- one writer, four readers -------------------------------------------------------------------
 */

/* An allocator that threads may share. */
static _Atomic size_t shared_live;

static void *shared_resize(void *context, void *ptr, size_t size)
{
    (void)context;
    if (ptr != NULL)
        return realloc(ptr, size);
    atomic_fetch_add(&shared_live, 1);
    return malloc(size);
}

static void shared_release(void *context, void *ptr)
{
    (void)context;
    if (ptr == NULL)
        return;
    atomic_fetch_sub(&shared_live, 1);
    free(ptr);
}

static const struct hearsay_allocator shared = {shared_resize, shared_release, NULL};

struct stage {
    struct hearsay_ring_cell *cell;
    uint64_t checksums[KINDS]; /* of rings with 1, 2, … members */
    _Atomic bool ended;
    _Atomic uint64_t reads;
};

/* Ring number `version`: made anew each time, so that old ones are freed while readers read. */
static struct hearsay_ring *version_of(uint32_t version)
{
    struct hearsay_ring_member members[KINDS];
    char names[KINDS][16];
    uint32_t count = 1 + version % KINDS;
    for (uint32_t i = 0; i < count; i++) {
        snprintf(names[i], sizeof names[i], "m%u", i);
        members[i] = (struct hearsay_ring_member){names[i], NULL, 4};
    }
    struct hearsay_ring *ring = NULL;
    ENSURE(hearsay_ring_new(&ring, &shared, members, count) == 0);
    return ring;
}

static void read_ring(const struct stage *stage, const struct hearsay_ring *ring, uint64_t hash)
{
    uint32_t owner, list[3];
    size_t members = hearsay_ring_members(ring);
    if (members < 1 || members > KINDS ||
        hearsay_ring_checksum(ring) != stage->checksums[members - 1] ||
        hearsay_ring_tokens(ring) != 4 * members)
        abort();
    if (hearsay_ring_owner(ring, hash, &owner) != 0 || owner >= members ||
        hearsay_ring_member_at(ring, owner).name[1] != (char)('0' + owner) ||
        hearsay_ring_owners(ring, hash, list, 3) != (members < 3 ? members : 3) || list[0] != owner)
        abort();
}

/* Every other read acquires; the others keep a ring and refresh it. */
static void *read_along(void *context)
{
    struct stage *stage = context;
    struct hearsay_ring *kept = NULL;
    for (uint64_t i = 0; !atomic_load(&stage->ended); i++) {
        struct hearsay_ring *ring = hearsay_ring_cell_acquire(stage->cell);
        read_ring(stage, ring, i * UINT64_C(0x9e3779b97f4a7c15));
        hearsay_ring_unref(ring);
        hearsay_ring_cell_refresh(stage->cell, &kept);
        read_ring(stage, kept, i * UINT64_C(0xbf58476d1ce4e5b9));
        atomic_fetch_add(&stage->reads, 1);
    }
    hearsay_ring_unref(kept);
    return NULL;
}

/* FULL is an answer while readers are stopped between two steps: others run, and it passes. */
static void publish(struct hearsay_ring_cell *cell, const struct hearsay_ring *ring)
{
    int error;
    while ((error = hearsay_ring_cell_publish(cell, ring)) == HEARSAY_ERR_FULL)
        sched_yield();
    ENSURE(error == 0);
}

START_TEST(test_a_writer_and_four_readers)
{
    static struct stage stage;
    pthread_t readers[READERS];
    struct hearsay_ring *ring = version_of(0);
    for (uint32_t i = 0; i < KINDS; i++) {
        struct hearsay_ring *kind = version_of(i);
        stage.checksums[i] = hearsay_ring_checksum(kind);
        hearsay_ring_unref(kind);
    }
    ENSURE(hearsay_ring_cell_new(&stage.cell, &shared, ring) == 0);
    hearsay_ring_unref(ring);
    for (size_t i = 0; i < READERS; i++)
        ENSURE(pthread_create(&readers[i], NULL, read_along, &stage) == 0);
    /* On and on until readers have seen a good many: a busy machine may start them late. */
    for (uint32_t i = 1; i < VERSIONS || atomic_load(&stage.reads) < VERSIONS; i++) {
        ring = version_of(i);
        publish(stage.cell, ring);
        hearsay_ring_unref(ring);
        if (i % 64 == 0)
            sched_yield();
    }
    atomic_store(&stage.ended, true);
    for (size_t i = 0; i < READERS; i++)
        pthread_join(readers[i], NULL);
    hearsay_ring_cell_free(stage.cell);
    ck_assert_uint_eq(atomic_load(&shared_live), 0);
}
END_TEST

HARNESS_MAIN("ring_cell", test_a_cell_gives_the_newest,
             test_a_cell_may_hold_one_ring_again_and_again, test_a_cell_that_cannot_be_made_is_not,
             test_stopped_readers_cost_slots_and_nothing_else, test_a_writer_and_four_readers)
