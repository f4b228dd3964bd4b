/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Differences of two rings. They are compared with the lists at both ends of each range, with the
 * exact moved share, and with the preference lists of the keys of a member that leaves.
 */
#include "ring_model.h"

#define POOL      14
#define MOVES_MAX 4096

struct moves {
    struct hearsay_ring_move list[MOVES_MAX];
    size_t count;
};

static struct moves *moves_of(const struct hearsay_ring *before, const struct hearsay_ring *after,
                              uint32_t n, bool zones)
{
    struct moves *moves = calloc(1, sizeof(*moves));
    struct hearsay_ring_diff diff;
    hearsay_ring_diff_begin(&diff, before, after, n, zones);
    while (hearsay_ring_diff_next(&diff, &moves->list[moves->count]))
        ENSURE(++moves->count < MOVES_MAX);
    ENSURE(!hearsay_ring_diff_next(&diff, &moves->list[moves->count]));
    return moves;
}

/* Names owners, so that rings can be compared. */
static size_t names_at(const struct hearsay_ring *ring, uint64_t point, uint32_t n, bool zones,
                       const char *names[HEARSAY_REPLICAS_MAX])
{
    uint32_t list[HEARSAY_REPLICAS_MAX];
    size_t count = zones ? hearsay_ring_replicas(ring, point, list, n)
                         : hearsay_ring_owners(ring, point, list, n);
    for (size_t i = 0; i < count; i++)
        names[i] = hearsay_ring_member_at(ring, list[i]).name;
    return count;
}

static bool among(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static bool same_list(const char *const *a, size_t a_count, const char *const *b, size_t b_count)
{
    bool same = a_count == b_count;
    for (size_t i = 0; same && i < a_count; i++)
        same = strcmp(a[i], b[i]) == 0;
    return same;
}

static void check_side(const struct hearsay_ring *ring, const uint32_t *indices, uint32_t count,
                       const char *const *names, size_t expected)
{
    ENSURE(count == expected);
    for (size_t i = 0; i < expected; i++)
        ENSURE(strcmp(hearsay_ring_member_at(ring, indices[i]).name, names[i]) == 0);
}

/* The lists at a point inside a move are those that the move says. */
static void check_inside(const struct hearsay_ring *before, const struct hearsay_ring *after,
                         const struct hearsay_ring_move *move, uint64_t point, uint32_t n,
                         bool zones)
{
    const char *was[HEARSAY_REPLICAS_MAX], *is[HEARSAY_REPLICAS_MAX];
    size_t old = names_at(before, point, n, zones, was), new = names_at(after, point, n, zones, is);
    check_side(before, move->before, move->before_count, was, old);
    check_side(after, move->after, move->after_count, is, new);
    ENSURE(!same_list(was, old, is, new));
    for (size_t i = 0; i < old; i++)
        ENSURE((move->goes >> i & 1) == !among(is, new, was[i]));
    for (size_t i = 0; i < new; i++)
        ENSURE((move->comes >> i & 1) == !among(was, old, is[i]));
    ENSURE(move->goes >> old == 0 && move->comes >> new == 0);
}

static bool same_move(const struct hearsay_ring_move *a, const struct hearsay_ring_move *b)
{
    return a->before_count == b->before_count && a->after_count == b->after_count &&
           memcmp(a->before, b->before, a->before_count * sizeof a->before[0]) == 0 &&
           memcmp(a->after, b->after, a->after_count * sizeof a->after[0]) == 0;
}

static const struct hearsay_ring_move *move_at(const struct moves *moves, uint64_t point)
{
    const struct hearsay_ring_move *found = NULL;
    for (size_t i = 0; i < moves->count; i++) {
        const struct hearsay_ring_move *move = &moves->list[i];
        if (point - move->first > move->last - move->first)
            continue;
        ENSURE(found == NULL);
        found = move;
    }
    return found;
}

/* A point is in a move if its lists differ, and only then. */
static void check_point(const struct hearsay_ring *before, const struct hearsay_ring *after,
                        const struct moves *moves, uint64_t point, uint32_t n, bool zones)
{
    const char *was[HEARSAY_REPLICAS_MAX], *is[HEARSAY_REPLICAS_MAX];
    size_t old = names_at(before, point, n, zones, was), new = names_at(after, point, n, zones, is);
    const struct hearsay_ring_move *move = move_at(moves, point);
    ENSURE((move == NULL) == same_list(was, old, is, new));
    if (move != NULL)
        check_inside(before, after, move, point, n, zones);
}

/* In order, apart or different, the wrap first: so few as can be. */
static void check_shape(const struct moves *moves)
{
    for (size_t i = 0; i < moves->count; i++) {
        const struct hearsay_ring_move *move = &moves->list[i];
        const struct hearsay_ring_move *next = &moves->list[(i + 1) % moves->count];
        ENSURE(i == 0 || move->first <= move->last);
        ENSURE(i + 1 == moves->count || next->first > move->last);
        if (moves->count > 1 && next->first == move->last + 1)
            ENSURE(!same_move(move, next));
    }
}

static void check_diff(const struct hearsay_ring *before, const struct hearsay_ring *after,
                       uint32_t n, bool zones, uint64_t *random)
{
    struct moves *moves = moves_of(before, after, n, zones);
    const struct hearsay_ring *sides[] = {before, after};
    uint64_t sum = 0, moved = hearsay_ring_moved(before, after);
    check_shape(moves);
    for (size_t i = 0; i < moves->count; i++) {
        sum += moves->list[i].last - moves->list[i].first + 1;
        check_inside(before, after, &moves->list[i], moves->list[i].first, n, zones);
        check_inside(before, after, &moves->list[i], moves->list[i].last, n, zones);
    }
    if (n == 1) /* to the last unit; 2^64 is 0 here and UINT64_MAX there */
        ENSURE(moves->count == 0 ? moved == 0 : sum == (moved == UINT64_MAX ? 0 : moved));
    for (int side = 0; side < 2; side++)
        for (size_t at = 0; at < hearsay_ring_tokens(sides[side]); at += 1 + at / 16)
            for (uint64_t near = 0; near < 3; near++)
                check_point(before, after, moves,
                            hearsay_ring_token(sides[side], at, NULL) + near - 1, n, zones);
    for (int i = 0; i < 10; i++)
        check_point(before, after, moves, harness_random(random), n, zones);
    check_point(before, after, moves, 0, n, zones);
    check_point(before, after, moves, UINT64_MAX, n, zones);
    free(moves);
}

/* ---- random rings -------------------------------------------------------------------------------
 */

/* A subset of a pool of names, each with one of a few weights and zones. */
static struct hearsay_ring *random_ring(struct memory *memory, uint64_t *random, size_t absent)
{
    struct hearsay_ring_member members[POOL];
    char names[POOL][16], zones[POOL][16];
    size_t count = 0;
    for (size_t i = 0; i < POOL; i++) {
        if (harness_below(random, 10) < absent)
            continue;
        snprintf(names[count], sizeof names[count], "m%zu", i);
        snprintf(zones[count], sizeof zones[count], "z%zu", i % 4);
        members[count] = (struct hearsay_ring_member){
            names[count], i % 5 ? zones[count] : NULL,
            harness_below(random, 4) ? 3 : 1 + (uint32_t)harness_below(random, 9)};
        count++;
    }
    return ring_of(memory, members, count);
}

START_TEST(test_a_difference_is_what_the_lists_say_everywhere)
{
    struct memory memory = {0};
    uint64_t random = 41;
    for (int round = 0; round < 400; round++) {
        struct hearsay_ring *before = random_ring(&memory, &random, (size_t)round % 10);
        struct hearsay_ring *after = random_ring(&memory, &random, (size_t)round / 2 % 11);
        check_diff(before, after, 1, false, &random);
        check_diff(before, after, 1 + (uint32_t)round % 4, round & 4, &random);
        check_diff(before, before, 3, true, &random);
        hearsay_ring_unref(before);
        hearsay_ring_unref(after);
    }
    ck_assert_uint_eq(memory.live, 0);
}
END_TEST

/* Exactly the leaver's keys move, and to the members that its preference lists named next. */
START_TEST(test_a_leavers_ranges_go_to_those_named_next)
{
    struct memory memory = {0};
    uint64_t random = 42;
    for (int round = 0; round < 200; round++) {
        struct hearsay_ring *before = random_ring(&memory, &random, 4);
        size_t members = hearsay_ring_members(before);
        if (members > 1) {
            uint32_t gone = (uint32_t)harness_below(&random, members);
            struct hearsay_ring *after =
                ring_without(before, hearsay_ring_member_at(before, gone).name);
            struct moves *moves = moves_of(before, after, 1, false);
            uint64_t sum = 0;
            for (size_t i = 0; i < moves->count; i++) {
                const struct hearsay_ring_move *move = &moves->list[i];
                uint32_t list[2];
                ENSURE(hearsay_ring_owners(before, move->last, list, 2) == 2);
                ENSURE(list[0] == gone && move->before[0] == gone);
                ENSURE(strcmp(hearsay_ring_member_at(before, list[1]).name,
                              hearsay_ring_member_at(after, move->after[0]).name) == 0);
                sum += move->last - move->first + 1;
            }
            ENSURE(sum == hearsay_ring_share(before, gone));
            free(moves);
            hearsay_ring_unref(after);
        }
        hearsay_ring_unref(before);
    }
}
END_TEST

/* With n replicas of all keys, the hashes that a member must get are those it holds more. */
START_TEST(test_what_comes_and_goes_is_what_each_holds_more_and_less)
{
    static struct hearsay_ring_range ranges[MOVES_MAX];
    struct memory memory = {0};
    uint64_t random = 43;
    for (int round = 0; round < 60; round++) {
        struct hearsay_ring *before = ring_of_many(&memory, 9, 8);
        struct hearsay_ring *after = ring_with(before, "newcomer", 8);
        uint32_t index, n = 1 + (uint32_t)harness_below(&random, 4);
        struct moves *moves = moves_of(before, after, n, false);
        uint64_t comes = 0, held = 0;
        ENSURE(hearsay_ring_find(after, "newcomer", &index) == 0);
        for (size_t i = 0; i < moves->count; i++)
            for (uint32_t k = 0; k < moves->list[i].after_count; k++)
                if (moves->list[i].comes >> k & 1) {
                    ENSURE(moves->list[i].after[k] == index); /* nobody else has to get any */
                    comes += moves->list[i].last - moves->list[i].first + 1;
                }
        size_t count = hearsay_ring_replica_ranges(after, index, n, false, ranges, MOVES_MAX);
        for (size_t i = 0; i < count; i++)
            held += ranges[i].last - ranges[i].first + 1;
        ENSURE(held == comes && held != 0);
        free(moves);
        hearsay_ring_unref(before);
        hearsay_ring_unref(after);
    }
}
END_TEST

/* ---- edges --------------------------------------------------------------------------------------
 */

START_TEST(test_all_moves_or_nothing)
{
    struct memory memory = {0};
    struct hearsay_ring *empty = ring_of(&memory, NULL, 0), *none = ring_of(&memory, NULL, 0);
    struct hearsay_ring *a = ring_with(empty, "a", 1), *b = ring_with(empty, "b", 3);
    const struct {
        const struct hearsay_ring *before, *after;
        size_t moves;
        uint32_t old, new, goes, comes;
    } cases[] = {
        {empty, none, 0, 0, 0, 0, 0}, {a, a, 0, 0, 0, 0, 0}, {empty, a, 1, 0, 1, 0, 1},
        {a, empty, 1, 1, 0, 1, 0},    {a, b, 1, 1, 1, 1, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct moves *moves = moves_of(cases[i].before, cases[i].after, 3, i % 2);
        ck_assert_uint_eq(moves->count, cases[i].moves);
        if (moves->count == 1) {
            ck_assert_uint_eq(moves->list[0].first, 0);
            ck_assert_uint_eq(moves->list[0].last, UINT64_MAX);
            ck_assert_uint_eq(moves->list[0].before_count, cases[i].old);
            ck_assert_uint_eq(moves->list[0].after_count, cases[i].new);
            ck_assert_uint_eq(moves->list[0].goes, cases[i].goes);
            ck_assert_uint_eq(moves->list[0].comes, cases[i].comes);
        }
        free(moves);
    }
    struct hearsay_ring *all[] = {empty, none, a, b};
    for (size_t i = 0; i < 4; i++)
        hearsay_ring_unref(all[i]);
    ck_assert_uint_eq(memory.live, 0);
}
END_TEST

START_TEST(test_a_number_of_replicas_out_of_bounds_is_the_nearest)
{
    struct memory memory = {0};
    struct hearsay_ring *before = ring_of_many(&memory, 20, 2);
    struct hearsay_ring *after = ring_without(before, "m3");
    struct moves *zero = moves_of(before, after, 0, false),
                 *one = moves_of(before, after, 1, false);
    struct moves *most = moves_of(before, after, HEARSAY_REPLICAS_MAX, false);
    struct moves *more = moves_of(before, after, UINT32_MAX, false);
    ck_assert_uint_eq(zero->count, one->count);
    ck_assert_uint_eq(most->count, more->count);
    ck_assert_uint_eq(more->list[0].before_count, HEARSAY_REPLICAS_MAX);
    ck_assert_uint_eq(zero->list[0].before_count, 1);
    ck_assert_uint_gt(most->count, one->count);
    free(zero);
    free(one);
    free(most);
    free(more);
    hearsay_ring_unref(before);
    hearsay_ring_unref(after);
}
END_TEST

/* A copy of a walk goes on by itself. */
START_TEST(test_a_walk_can_be_taken_up_again)
{
    struct memory memory = {0};
    struct hearsay_ring *before = ring_of_many(&memory, 9, 9);
    struct hearsay_ring *after = ring_with(before, "x", 9);
    struct hearsay_ring_diff diff, copy;
    struct hearsay_ring_move one, other;
    hearsay_ring_diff_begin(&diff, before, after, 2, false);
    for (int i = 0; i < 4; i++)
        ENSURE(hearsay_ring_diff_next(&diff, &one));
    copy = diff;
    while (hearsay_ring_diff_next(&diff, &one)) {
        ENSURE(hearsay_ring_diff_next(&copy, &other));
        ENSURE(one.first == other.first && one.last == other.last && same_move(&one, &other));
    }
    ENSURE(!hearsay_ring_diff_next(&copy, &other));
    hearsay_ring_unref(before);
    hearsay_ring_unref(after);
}
END_TEST

HARNESS_MAIN("ring_diff", test_a_difference_is_what_the_lists_say_everywhere,
             test_a_leavers_ranges_go_to_those_named_next,
             test_what_comes_and_goes_is_what_each_holds_more_and_less, test_all_moves_or_nothing,
             test_a_number_of_replicas_out_of_bounds_is_the_nearest,
             test_a_walk_can_be_taken_up_again)
