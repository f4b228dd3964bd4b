/* SPDX-License-Identifier: Apache-2.0 */
/* Large answers: how they are shared, made in turn and waited for. */
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "serve/bodies.h"

static struct hs_bodies bodies;
static struct hs_bodies_waiter waiters[8];
static struct {
    unsigned calls;
    enum hs_bodies_outcome outcome;
    struct hs_body *body; /* a reference */
} told[8];
static unsigned drafts; /* that exist */

static void start(void)
{
    memset(&bodies, 0, sizeof(bodies));
    memset(waiters, 0, sizeof(waiters));
    memset(told, 0, sizeof(told));
}

static void end(void)
{
    for (size_t i = 0; i < 8; i++)
        hs_body_unref(told[i].body);
    hs_bodies_fini(&bodies);
    ck_assert_uint_eq(drafts, 0);
}

static void on_called(struct hs_bodies_waiter *waiter, enum hs_bodies_outcome outcome,
                      struct hs_body *body)
{
    size_t index = (size_t)(waiter - waiters);

    told[index].calls++;
    told[index].outcome = outcome;
    told[index].body = body ? hs_body_ref(body) : NULL;
}

static struct hs_bodies_waiter *waiter(size_t index)
{
    waiters[index].called = on_called;
    return &waiters[index];
}

/* A draft that counts its pieces. */
struct counting {
    int left;
    bool fails; /* at the last one */
};

static enum hs_draft_progress write_one(void *state, FILE *out)
{
    struct counting *counting = state;

    fputc('x', out);
    if (--counting->left > 0)
        return HS_DRAFT_MORE;
    return counting->fails ? HS_DRAFT_FAILED : HS_DRAFT_DONE;
}

static void counting_free(void *state)
{
    drafts--;
    free(state);
}

static struct hs_draft *draft_of(int pieces, bool fails)
{
    static const struct hs_draft_kind kind = {write_one, counting_free};
    struct counting *counting = malloc(sizeof(*counting));

    *counting = (struct counting){.left = pieces, .fails = fails};
    drafts++;
    return hs_draft_new(&kind, counting, "text/plain");
}

/* Begins a draft under a key, for a waiter of that index. */
static void begun(const char *key, size_t index, int pieces)
{
    ck_assert(hs_bodies_begin(&bodies, key, draft_of(pieces, false), true, waiter(index), 1));
}

/* A step of one piece. */
static bool step(void)
{
    return hs_bodies_work(&bodies, 1, 0);
}

/* ---- made ones --------------------------------------------------------------------------- */

static struct hs_body *body_of(const char *text)
{
    return hs_body_new(strdup(text), strlen(text));
}

START_TEST(test_a_body_is_shared_while_it_is_fresh)
{
    struct hs_body *body = body_of("a"), *found;

    start();
    ck_assert(hs_bodies_add(&bodies, "k", body, 1));
    ck_assert_ptr_null(hs_bodies_find(&bodies, "l", 1));
    found = hs_bodies_find(&bodies, "k", HS_BODIES_FRESH_US);
    ck_assert_ptr_eq(found, body);
    hs_body_unref(found);
    ck_assert_ptr_null(hs_bodies_find(&bodies, "k", HS_BODIES_FRESH_US + 1));
    hs_body_unref(body);
    hs_bodies_trim(&bodies, HS_BODIES_FRESH_US + HS_BODIES_KEPT_US);
    ck_assert_ptr_null(bodies.places[0].body);
    end();
}
END_TEST

START_TEST(test_bodies_that_are_read_keep_their_places)
{
    struct hs_body *read[HS_BODIES_MAX], *more = body_of("more");
    char key[2] = "a";

    start();
    for (int i = 0; i < HS_BODIES_MAX; i++, key[0]++) {
        read[i] = body_of(key);
        ck_assert(hs_bodies_add(&bodies, key, read[i], 1));
    }
    ck_assert(!hs_bodies_has_room(&bodies));
    ck_assert(!hs_bodies_add(&bodies, "x", more, 2));
    hs_bodies_trim(&bodies, UINT64_MAX);
    ck_assert(!hs_bodies_has_room(&bodies));
    hs_body_unref(read[2]);
    ck_assert(hs_bodies_has_room(&bodies));
    ck_assert(hs_bodies_add(&bodies, "x", more, 2));
    ck_assert_ptr_null(hs_bodies_find(&bodies, "c", 2));
    hs_body_unref(more);
    for (int i = 0; i < HS_BODIES_MAX; i++)
        if (i != 2)
            hs_body_unref(read[i]);
    end();
}
END_TEST

/* ---- drafts ------------------------------------------------------------------------------ */

START_TEST(test_who_asks_for_the_same_waits_for_the_same_draft)
{
    start();
    begun("k", 0, 3);
    ck_assert(!hs_bodies_join(&bodies, "l", waiter(1)));
    ck_assert(hs_bodies_join(&bodies, "k", waiter(1)));
    ck_assert_ptr_null(hs_bodies_find(&bodies, "k", 1));
    ck_assert(step() && step());
    ck_assert_uint_eq(told[0].calls + told[1].calls, 0);
    ck_assert(!step());
    ck_assert_uint_eq(told[0].calls, 1);
    ck_assert_uint_eq(told[1].calls, 1);
    ck_assert_int_eq(told[1].outcome, HS_BODIES_MADE);
    ck_assert_ptr_eq(told[0].body, told[1].body);
    ck_assert_str_eq(told[0].body->bytes, "xxx");
    ck_assert_str_eq(told[0].body->type, "text/plain");
    ck_assert(told[0].body->fixed);
    told[2].body = hs_bodies_find(&bodies, "k", 1); /* and it is kept */
    ck_assert_ptr_eq(told[2].body, told[0].body);
    end();
}
END_TEST

START_TEST(test_drafts_are_written_in_turn)
{
    start();
    begun("long", 0, 100);
    begun("short", 1, 2);
    for (int i = 0; i < 4; i++)
        ck_assert(step());
    ck_assert_uint_eq(told[1].calls, 1);
    ck_assert_uint_eq(told[0].calls, 0);
    for (int i = 0; i < 98; i++)
        step();
    ck_assert_uint_eq(told[0].calls, 1);
    end();
}
END_TEST

/* The age of durations counts from when they were measured. */
START_TEST(test_a_draft_is_as_old_as_its_beginning)
{
    struct hs_body *found;

    start();
    ck_assert(hs_bodies_begin(&bodies, "k", draft_of(1, false), false, waiter(0), 1));
    ck_assert(!hs_bodies_work(&bodies, HS_BODIES_FRESH_US, 0));
    found = hs_bodies_find(&bodies, "k", HS_BODIES_FRESH_US);
    ck_assert_ptr_nonnull(found);
    hs_body_unref(found);
    ck_assert_ptr_null(hs_bodies_find(&bodies, "k", HS_BODIES_FRESH_US + 1));
    end();
}
END_TEST

START_TEST(test_a_draft_without_memory_is_told_and_leaves_its_place)
{
    start();
    ck_assert(hs_bodies_begin(&bodies, "k", draft_of(2, true), true, waiter(0), 1));
    ck_assert(step());
    ck_assert(!step());
    ck_assert_uint_eq(told[0].calls, 1);
    ck_assert_int_eq(told[0].outcome, HS_BODIES_FAILED);
    ck_assert_ptr_null(told[0].body);
    ck_assert(!hs_bodies_drafting(&bodies));
    ck_assert_ptr_null(bodies.places[0].key);
    end();
}
END_TEST

START_TEST(test_a_draft_that_nobody_waits_for_is_given_up)
{
    start();
    begun("k", 0, 100);
    ck_assert(hs_bodies_join(&bodies, "k", waiter(1)));
    ck_assert(step());
    hs_bodies_leave(waiter(0));
    ck_assert(step());
    ck_assert_uint_eq(drafts, 1);
    hs_bodies_leave(waiter(1));
    hs_bodies_leave(waiter(1));
    ck_assert(!step());
    ck_assert_uint_eq(drafts, 0);
    ck_assert_uint_eq(told[0].calls + told[1].calls, 0);
    end();
}
END_TEST

/* Whoever finds no place stands in line while there are drafts, and is called when one is done. */
START_TEST(test_the_line_is_called_one_by_one)
{
    struct hs_draft *more = draft_of(1, false);
    char key[2] = "a";

    start();
    ck_assert(!hs_bodies_line_up(&bodies, waiter(6)));
    for (size_t i = 0; i < HS_BODIES_MAX; i++, key[0]++)
        begun(key, i, i == 0 ? 1 : 100);
    ck_assert(!hs_bodies_has_room(&bodies));
    ck_assert(!hs_bodies_begin(&bodies, "x", more, true, waiter(4), 1));
    ck_assert(hs_bodies_line_up(&bodies, waiter(4)));
    ck_assert(hs_bodies_line_up(&bodies, waiter(5)));
    ck_assert(hs_bodies_line_up(&bodies, waiter(6)));
    hs_bodies_leave(waiter(5));
    for (int i = 0; i < 2 * HS_BODIES_MAX; i++)
        ck_assert(step());
    ck_assert_uint_eq(told[0].calls, 1); /* it is read, so that there is no place still */
    ck_assert_uint_eq(told[4].calls, 0);
    hs_body_unref(told[0].body);
    told[0].body = NULL;
    ck_assert(step());
    ck_assert_uint_eq(told[4].calls, 1);
    ck_assert_int_eq(told[4].outcome, HS_BODIES_AGAIN);
    ck_assert_uint_eq(told[6].calls, 0);
    ck_assert(hs_bodies_begin(&bodies, "x", more, true, waiter(4), 1));
    ck_assert(step());
    ck_assert_uint_eq(told[5].calls + told[6].calls, 0);
    for (size_t i = 1; i < 5; i++)
        hs_bodies_leave(waiter(i));
    step();
    ck_assert_uint_eq(told[6].calls, 1);
    ck_assert(!step());
    end();
}
END_TEST

/* Readers are not waited for: who stands in line when nothing is a draft any more is told so. */
START_TEST(test_the_line_does_not_wait_for_readers)
{
    char key[2] = "a";

    start();
    for (size_t i = 0; i < HS_BODIES_MAX; i++, key[0]++)
        begun(key, i, 1);
    ck_assert(hs_bodies_line_up(&bodies, waiter(5)));
    while (step())
        ;
    ck_assert_uint_eq(told[5].calls, 1);
    ck_assert_int_eq(told[5].outcome, HS_BODIES_AGAIN);
    ck_assert(!hs_bodies_has_room(&bodies));
    ck_assert(!hs_bodies_line_up(&bodies, waiter(5)));
    end();
}
END_TEST

HARNESS_MAIN("serve-bodies", test_a_body_is_shared_while_it_is_fresh,
             test_bodies_that_are_read_keep_their_places,
             test_who_asks_for_the_same_waits_for_the_same_draft, test_drafts_are_written_in_turn,
             test_a_draft_is_as_old_as_its_beginning,
             test_a_draft_without_memory_is_told_and_leaves_its_place,
             test_a_draft_that_nobody_waits_for_is_given_up, test_the_line_is_called_one_by_one,
             test_the_line_does_not_wait_for_readers)
