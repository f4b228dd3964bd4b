/* SPDX-License-Identifier: Apache-2.0 */
/* What waits for a handler that is too slow. */
#include "made.h"

#include "handle/backlog.h"

static struct hs_backlog backlog;

/* Returns what hs_backlog_push returns. */
static size_t push(enum hs_kind kind, const char *name, const char *before, const char *after,
                   uint32_t kinds, bool running)
{
    struct hs_item *item = made_item(kind, name, before, after);
    size_t left = 0, merged = hs_backlog_push(&backlog, item, kinds, running, &left);

    hs_item_unref(item);
    if (merged > 0)
        ck_assert_uint_eq(backlog.count, left + (running ? 1 : 0) + 1);
    return merged;
}

/* Fills it with one member's restarts, which are nothing in the end. */
static void fill(uint32_t kinds, bool running)
{
    while (backlog.count < HS_BACKLOG_MAX) {
        bool up = backlog.count % 2;

        ck_assert_uint_eq(push(up ? HS_KIND_JOIN : HS_KIND_FAILED, "flapping",
                               up ? "failed" : "alive", up ? "alive" : "failed", kinds, running),
                          0);
    }
}

static bool has(const struct hs_item *item, const char *name)
{
    for (size_t i = 0; i < item->count; i++)
        if (strcmp(hs_item_member(item, i)->name, name) == 0)
            return true;
    return false;
}

START_TEST(test_events_wait_in_their_order_while_there_is_room)
{
    backlog.count = 0;
    fill(HS_KINDS_ALL, false);
    for (size_t i = 0; backlog.count > 0; i++) {
        ck_assert_int_eq(backlog.items[0]->kind, i % 2 ? HS_KIND_JOIN : HS_KIND_FAILED);
        hs_backlog_shift(&backlog);
    }
    ck_assert_uint_eq(backlog.count, 0);
}
END_TEST

START_TEST(test_one_too_many_merges_them_into_how_far_each_member_has_come)
{
    push(HS_KIND_FAILED, "a", "alive", "failed", HS_KINDS_ALL, false);
    push(HS_KIND_JOIN, "b", "none", "alive", HS_KINDS_ALL, false);
    push(HS_KIND_FAILED, "c", "alive", "failed", HS_KINDS_ALL, false);
    push(HS_KIND_LEAVE, "c", "failed", "forced", HS_KINDS_ALL, false);
    push(HS_KIND_SUSPECT, "d", "alive", "suspect", HS_KINDS_ALL, false);
    push(HS_KIND_REFUTED, "d", "suspect", "alive", HS_KINDS_ALL, false);
    push(HS_KIND_FAILED, "e", "alive", "failed", HS_KINDS_ALL, false);
    push(HS_KIND_REAP, "e", "failed", "none", HS_KINDS_ALL, false);
    fill(HS_KINDS_ALL, false);
    ck_assert_uint_eq(push(HS_KIND_JOIN, "z", "none", "alive", HS_KINDS_ALL, false),
                      HS_BACKLOG_MAX);
    /* leave: c; failed: a, e; reap: e; join: b; and what came then */
    ck_assert_uint_eq(backlog.count, 5);
    ck_assert_int_eq(backlog.items[0]->kind, HS_KIND_LEAVE);
    ck_assert(has(backlog.items[0], "c") && backlog.items[0]->count == 1);
    ck_assert_int_eq(backlog.items[1]->kind, HS_KIND_FAILED);
    ck_assert(has(backlog.items[1], "a") && has(backlog.items[1], "e"));
    ck_assert_uint_eq(backlog.items[1]->count, 2);
    ck_assert_int_eq(backlog.items[2]->kind, HS_KIND_REAP);
    ck_assert_str_eq(hs_item_member(backlog.items[2], 0)->name, "e");
    ck_assert_int_eq(backlog.items[3]->kind, HS_KIND_JOIN);
    ck_assert(has(backlog.items[3], "b") && backlog.items[3]->count == 1);
    ck_assert_ptr_null(backlog.items[3]->event);
    ck_assert_str_eq(backlog.items[3]->id, "00000000000000a1-7");
    ck_assert(has(backlog.items[4], "z"));
    hs_backlog_fini(&backlog);
}
END_TEST

START_TEST(test_a_handler_is_only_told_what_it_has_asked_for)
{
    uint32_t kinds = HS_KIND_BIT(HS_KIND_FAILED);

    while (backlog.count < HS_BACKLOG_MAX) {
        char name[20];

        snprintf(name, sizeof(name), "n%zu", backlog.count % 10);
        push(HS_KIND_FAILED, name, "alive", "failed", kinds, false);
    }
    push(HS_KIND_FAILED, "e", "alive", "failed", kinds, false);
    ck_assert_uint_eq(backlog.count, 2);
    ck_assert_uint_eq(backlog.items[0]->count, 10);
    /* a member that has gone altogether meanwhile has failed, and its reaping is not asked for */
    fill(kinds, false);
    hs_backlog_fini(&backlog);
}
END_TEST

START_TEST(test_what_is_being_handled_stays_as_it_is)
{
    push(HS_KIND_FAILED, "a", "alive", "failed", HS_KINDS_ALL, true);
    push(HS_KIND_JOIN, "a", "failed", "alive", HS_KINDS_ALL, true);
    fill(HS_KINDS_ALL, true);
    struct hs_item *first = backlog.items[0];
    ck_assert_uint_eq(push(HS_KIND_JOIN, "z", "none", "alive", HS_KINDS_ALL, true),
                      HS_BACKLOG_MAX - 1);
    ck_assert_ptr_eq(backlog.items[0], first);
    ck_assert_int_eq(backlog.items[1]->kind, HS_KIND_JOIN);
    ck_assert(has(backlog.items[1], "a"));
    hs_backlog_fini(&backlog);
}
END_TEST

static void push_plain(enum hs_kind kind, uint64_t version)
{
    struct hs_item *item = hs_item_new(kind);
    size_t left;

    item->ring_version = version;
    hs_backlog_push(&backlog, item, HS_KINDS_ALL, false, &left);
    hs_item_unref(item);
}

START_TEST(test_of_rings_and_of_isolation_the_last_word_counts)
{
    for (uint64_t i = 0; i < HS_BACKLOG_MAX; i++)
        push_plain(i % 3 == 0   ? HS_KIND_RING
                   : i % 3 == 1 ? HS_KIND_ISOLATED
                                : HS_KIND_CONNECTED,
                   i);
    push_plain(HS_KIND_RING, 1000);
    ck_assert_uint_eq(backlog.count, 3);
    ck_assert_int_eq(backlog.items[0]->kind, HS_KIND_RING);
    ck_assert_uint_eq(backlog.items[0]->ring_version, HS_BACKLOG_MAX - 1);
    ck_assert_int_eq(backlog.items[1]->kind, HS_KIND_CONNECTED);
    ck_assert_uint_eq(backlog.items[2]->ring_version, 1000);
    hs_backlog_fini(&backlog);
}
END_TEST

/* Whatever happens and whenever it is merged, whoever has handled all events knows what is so. */
START_TEST(test_after_a_random_history_a_handler_knows_who_is_there)
{
    static const char *const states[] = {"none", "alive", "suspect", "failed", "left"};
    static const char *const names[] = {"a", "b", "c", "d", "e", "f"};
    size_t now[6] = {0};
    bool known[6] = {false};
    uint64_t seed = 7;

    for (int step = 0; step < 100000; step++) {
        size_t who = harness_below(&seed, 6), to = harness_below(&seed, 5);
        struct hs_subject *was = made_subject(names[who], states[now[who]]);
        struct hs_subject *is = made_subject(names[who], states[to]);
        uint32_t kinds = hs_change_kinds(hs_subject_member(was), hs_subject_member(is));

        for (int kind = 0; kind < HS_KIND_COUNT; kind++)
            if (kinds & HS_KIND_BIT(kind))
                push((enum hs_kind)kind, names[who], states[now[who]], states[to], HS_KINDS_SERF,
                     false);
        hs_subject_unref(was);
        hs_subject_unref(is);
        now[who] = to;
        while (step % 5000 == 4999 && backlog.count > 0) {
            const struct hs_item *item = backlog.items[0];

            for (size_t i = 0; i < item->count; i++)
                if (item->kind == HS_KIND_JOIN)
                    known[hs_item_member(item, i)->name[0] - 'a'] = true;
                else if (item->kind == HS_KIND_FAILED || item->kind == HS_KIND_LEAVE)
                    known[hs_item_member(item, i)->name[0] - 'a'] = false;
            hs_backlog_shift(&backlog);
        }
        for (size_t i = 0; step % 5000 == 4999 && i < 6; i++)
            ck_assert_int_eq(known[i], now[i] == 1 || now[i] == 2);
    }
}
END_TEST

HARNESS_MAIN("handle_backlog", test_events_wait_in_their_order_while_there_is_room,
             test_one_too_many_merges_them_into_how_far_each_member_has_come,
             test_a_handler_is_only_told_what_it_has_asked_for,
             test_what_is_being_handled_stays_as_it_is,
             test_of_rings_and_of_isolation_the_last_word_counts,
             test_after_a_random_history_a_handler_knows_who_is_there)
