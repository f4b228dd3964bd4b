/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Both forms of HS_ASSERT in one program, whatever this build's type, and preconditions that stop a
 * program: each in a process of its own.
 */
#undef NDEBUG
#include "base/assert.h"

static int evaluations;

static int count_and_say(int answer)
{
    evaluations++;
    return answer;
}

static void assert_in_debug(int answer)
{
    HS_ASSERT(count_and_say(answer));
}

#undef HS_BASE_ASSERT_H
#undef HS_ASSERT
#define NDEBUG
#include "base/assert.h"

/* What only a release's assertion names must raise no warning. */
#pragma GCC diagnostic error "-Wunused-function"
#pragma GCC diagnostic error "-Wunused-parameter"
#pragma GCC diagnostic error "-Wunused-variable"

static int only_asserted(int answer)
{
    evaluations++;
    return answer;
}

static void assert_in_release(int answer)
{
    int twice = 2 * answer;
    HS_ASSERT(only_asserted(twice));
}

#undef NDEBUG
#undef HS_BASE_ASSERT_H
#undef HS_ASSERT
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <msgpack/pack.h>

#include "base/heap.h"
#include "base/memory.h"
#include "codec/cursor.h"
#include "codec/pack.h"
#include "harness.h"

/* True when a process that runs this is stopped by a signal, or by the sanitizer that catches
 * it. */
static bool stops(void (*run)(void))
{
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
        run();
        _exit(0);
    }
    int status = 0;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) || WEXITSTATUS(status) != 0;
}

static void assert_falsehood(void)
{
    assert_in_debug(0);
}

START_TEST(test_a_false_condition_stops_the_program)
{
    ck_assert(stops(assert_falsehood));
}
END_TEST

START_TEST(test_a_true_condition_is_evaluated_once)
{
    evaluations = 0;
    assert_in_debug(1);
    ck_assert_int_eq(evaluations, 1);
}
END_TEST

START_TEST(test_a_release_evaluates_nothing)
{
    evaluations = 0;
    assert_in_release(0);
    assert_in_release(1);
    ck_assert_int_eq(evaluations, 0);
}
END_TEST

/* ---- preconditions of base/ and codec/ ---------------------------------------------------- */

static void arm_without_room(void)
{
    struct hs_heap heap = {0};
    struct hs_timer timer = {0};
    hs_heap_arm(&heap, &timer, 1);
}

static void pack_behind_the_limit(void)
{
    uint8_t bytes[8];
    struct hs_pack pack;
    hs_pack_init(&pack, bytes, 5, 4);
}

static void read_behind_the_end(void)
{
    const uint8_t bytes[2] = {0, 0};
    struct hs_cursor cursor = {bytes + 1, bytes};
    (void)hs_cursor_left(&cursor);
}

static void *no_memory(void *context, void *ptr, size_t size)
{
    (void)context;
    (void)ptr;
    (void)size;
    return NULL;
}

static void allocate_nothing(void)
{
    const struct hearsay_allocator allocator = {.resize = no_memory};
    (void)hs_alloc(&allocator, 0);
}

/* In a release these do what they must not, so they are only tried where assertions are. */
START_TEST(test_broken_preconditions_stop_the_program)
{
    if (!HS_TEST_ASSERTS)
        return;
    ck_assert(stops(arm_without_room));
    ck_assert(stops(pack_behind_the_limit));
    ck_assert(stops(read_behind_the_end));
    ck_assert(stops(allocate_nothing));
}
END_TEST

HARNESS_MAIN("assert", test_a_false_condition_stops_the_program,
             test_a_true_condition_is_evaluated_once, test_a_release_evaluates_nothing,
             test_broken_preconditions_stop_the_program)
