/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The nth allocation fails, for every n: no crash, no leak, outputs untouched, and the node goes on
 * working when there is memory again.
 */
#include "inspect.h"
#include "rig.h"

#include <string.h>

#define MOST 2000u /* no scenario allocates so often */

START_TEST(test_making_a_node_fails_whole)
{
    static char nowhere;
    struct hearsay_node *untouched = (struct hearsay_node *)(void *)&nowhere;
    for (size_t n = 1; n < MOST; n++) {
        struct rig rig;
        rig_init(&rig);
        rig.memory.fail = n;
        struct hearsay_node *node = untouched;
        int err = hearsay_node_new(&node, &rig.config, rig.now);
        if (!rig.memory.failed) {
            ck_assert_int_eq(err, 0);
            ck_assert_uint_gt(n, 8);
            hearsay_node_free(node);
            ck_assert_uint_eq(rig.memory.live, 0);
            return;
        }
        ck_assert_int_eq(err, HEARSAY_ERR_NOMEM);
        ck_assert_ptr_eq(node, untouched);
        ck_assert_uint_eq(rig.memory.live, 0);
    }
    ck_abort_msg("it never succeeds");
}
END_TEST

/* ---- a life ------------------------------------------------------------------------------ */

/* What a node goes through: members come, rings change, tags are set, one is suspected and dies. */
static void live(struct rig *rig)
{
    const struct hearsay_tag tags[] = {{"zone", "a"}, {"role", "cache"}};
    for (unsigned i = 0; i < 9; i++) {
        struct hs_rumor rumor = rig_rumor(&rig->peers[i], HEARSAY_STATUS_ALIVE, RIG_WALL);
        rig_tell(rig, &rig->peers[0], &rumor);
        rig->node->core.now = rig->now;
    }
    rig_forget_events(rig);
    hearsay_node_set_tags(rig->node, rig->now, tags, 2);
    rig_forget_events(rig);
    struct hs_rumor doubt = rig_rumor(&rig->peers[8], HEARSAY_STATUS_SUSPECT, RIG_WALL + 1);
    rig_tell(rig, &rig->peers[0], &doubt);
    rig_run(rig, 12 * RIG_SECOND);
    rig_forget_events(rig);
    rig_run(rig, 8 * RIG_SECOND);
    rig_forget_events(rig);
}

/* Peers of which the node knows the first; the last never answers. */
static void prepare(struct rig *rig)
{
    static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g", "h", "silent"};
    rig_init(rig);
    rig_start(rig);
    rig_meet(rig, names[0])->answers = true;
    for (unsigned i = 1; i < 9; i++)
        rig_stranger(rig, names[i])->answers = i < 8;
    rig_forget_events(rig);
    rig->memory.calls = 0;
}

/* With memory again, everything that was missed is made up for. */
static void check_recovery(struct rig *rig)
{
    const struct hearsay_tag tags[] = {{"zone", "b"}};
    struct hearsay_member self;
    size_t len;
    rig->memory.fail = 0;
    live(rig);
    ck_assert_int_eq(hearsay_node_set_tags(rig->node, rig->now, tags, 1), 0);
    rig_run(rig, 20 * RIG_SECOND);
    rig_forget_events(rig);
    for (unsigned i = 0; i < 9; i++)
        ck_assert_int_eq(rig_member(rig, rig->peers[i].name).status,
                         i < 8 ? HEARSAY_STATUS_ALIVE : HEARSAY_STATUS_DEAD);
    ck_assert_uint_eq(hearsay_ring_members(hearsay_node_ring(rig->node)), 9);
    hearsay_node_self(rig->node, rig->now, &self);
    ck_assert_mem_eq(hearsay_member_tag(&self, "zone", &len), "b", 1);
    ck_assert_ptr_null(inspect_node(rig->node));
}

START_TEST(test_life_goes_on_after_any_one_failure)
{
    for (size_t n = 1; n < MOST; n++) {
        struct rig rig;
        prepare(&rig);
        rig.memory.fail = n;
        live(&rig);
        ck_assert_ptr_null(inspect_node(rig.node));
        bool failed = rig.memory.failed;
        check_recovery(&rig);
        rig_fini(&rig);
        if (!failed) {
            ck_assert_uint_gt(n, 20);
            return;
        }
    }
    ck_abort_msg("it never succeeds");
}
END_TEST

/* From the nth on, nothing can be allocated. */
static void *barren(void *context, void *ptr, size_t size)
{
    struct rig_memory *memory = context;
    (void)size;
    (void)ptr;
    memory->failed = true;
    return NULL;
}

START_TEST(test_node_without_any_memory_keeps_its_bounds_and_its_word)
{
    struct rig rig;
    prepare(&rig);
    void *(*resize)(void *, void *, size_t) = rig.node->core.allocator.resize;
    rig.node->core.allocator.resize = barren;
    live(&rig);
    ck_assert(rig.memory.failed);
    ck_assert_ptr_null(inspect_node(rig.node));
    ck_assert_int_eq(rig_member(&rig, "a").status, HEARSAY_STATUS_ALIVE);
    rig.node->core.allocator.resize = resize;
    check_recovery(&rig);
    rig_fini(&rig);
}
END_TEST

/* A member fell silent when there was no memory for its suspicion. It is suspected later. */
START_TEST(test_suspicion_that_had_no_memory_is_raised_again)
{
    struct rig rig;
    prepare(&rig);
    for (unsigned i = 0; i < 9; i++) {
        struct hs_rumor rumor = rig_rumor(&rig.peers[i], HEARSAY_STATUS_ALIVE, RIG_WALL);
        rig_tell(&rig, &rig.peers[0], &rumor);
    }
    rig_forget_events(&rig);
    void *(*resize)(void *, void *, size_t) = rig.node->core.allocator.resize;
    rig.node->core.allocator.resize = barren;
    rig_run(&rig, 20 * RIG_SECOND);
    ck_assert(rig.memory.failed);
    ck_assert_int_eq(rig_member(&rig, "silent").status, HEARSAY_STATUS_ALIVE);
    ck_assert_ptr_null(inspect_node(rig.node));
    rig.node->core.allocator.resize = resize;
    rig_run(&rig, 20 * RIG_SECOND);
    ck_assert_int_eq(rig_member(&rig, "silent").status, HEARSAY_STATUS_DEAD);
    rig_fini(&rig);
}
END_TEST

START_TEST(test_tags_that_find_no_memory_leave_the_record_as_it_was)
{
    const struct hearsay_tag tags[] = {{"zone", "a"}};
    struct hearsay_member before, after;
    struct rig rig;
    prepare(&rig);
    hearsay_node_self(rig.node, rig.now, &before);
    rig.memory.fail = 1;
    ck_assert_int_eq(hearsay_node_set_tags(rig.node, rig.now, tags, 1), HEARSAY_ERR_NOMEM);
    hearsay_node_self(rig.node, rig.now, &after);
    ck_assert_uint_eq(before.timestamp, after.timestamp);
    ck_assert_uint_eq(after.tags_len, before.tags_len);
    ck_assert_ptr_null(inspect_node(rig.node));
    rig_fini(&rig);
}
END_TEST

/* An operator is told to raise max-members when the table is full, and only then. */
START_TEST(test_lack_of_memory_is_not_called_a_full_table)
{
    for (size_t n = 1; n < 5; n++) {
        struct rig rig;
        struct hearsay_event event;
        prepare(&rig);
        struct hs_rumor rumor = rig_rumor(&rig.peers[5], HEARSAY_STATUS_SUSPECT, RIG_WALL);
        rig.memory.fail = n;
        rig_tell(&rig, &rig.peers[0], &rumor);
        bool failed = rig.memory.failed;
        ck_assert_uint_eq(rig_drops(&rig, HEARSAY_DROP_NO_MEMORY), failed);
        ck_assert_uint_eq(rig_drops(&rig, HEARSAY_DROP_TABLE_FULL), 0);
        ck_assert(!rig_event(&rig, HEARSAY_EVENT_FULL, &event));
        rig_fini(&rig);
        ck_assert(failed || n > 1);
    }
}
END_TEST

HARNESS_MAIN("alloc", test_making_a_node_fails_whole, test_life_goes_on_after_any_one_failure,
             test_node_without_any_memory_keeps_its_bounds_and_its_word,
             test_suspicion_that_had_no_memory_is_raised_again,
             test_tags_that_find_no_memory_leave_the_record_as_it_was,
             test_lack_of_memory_is_not_called_a_full_table)
