/* SPDX-License-Identifier: Apache-2.0 */
/* The history that `why` shows: steps per subject, the newest are kept, and the steps of a
 * verdict. */
#include "rig.h"

#include <string.h>

#include "view/history.h"

START_TEST(test_steps_of_a_subject_are_found_from_the_newest_and_the_oldest_go)
{
    struct rig_memory memory = {0};
    struct hearsay_allocator allocator = rig_allocator(&memory);
    struct hs_history history;
    uint64_t cursor = 0;
    ck_assert_int_eq(hs_history_init(&history, &allocator), 0);
    ck_assert_ptr_null(hs_history_previous(&history, 1, &cursor));
    for (uint64_t i = 0; i < 3 * HS_HISTORY_MAX; i++) {
        struct hs_history_item item = {.subject = i % 4, .timestamp = i};
        hs_history_add(&history, &item);
    }
    for (uint64_t subject = 0; subject < 4; subject++) {
        uint64_t expected = 3 * HS_HISTORY_MAX - 4 + subject, count = 0;
        const struct hs_history_item *item;
        for (cursor = 0; (item = hs_history_previous(&history, subject, &cursor)); count++) {
            ck_assert_uint_eq(item->timestamp, expected);
            expected -= 4;
        }
        ck_assert_uint_eq(count, HS_HISTORY_MAX / 4);
    }
    hs_history_fini(&history, &allocator);
    ck_assert_uint_eq(memory.live, 0);
}
END_TEST

static const struct hearsay_history_step *find(const struct hearsay_history_step *steps,
                                               size_t count, enum hearsay_step step)
{
    for (size_t i = 0; i < count; i++)
        if (steps[i].step == step)
            return &steps[i];
    return NULL;
}

START_TEST(test_verdict_leaves_its_evidence_in_order)
{
    struct rig rig;
    struct hearsay_history_step steps[HS_HISTORY_MAX];
    rig_init(&rig);
    rig_start(&rig);
    rig_meet_some(&rig, 5);
    rig_meet(&rig, "silent");
    rig_run(&rig, 20 * RIG_SECOND);
    size_t count = hearsay_node_history(rig.node, "silent", steps, HS_HISTORY_MAX);
    const struct hearsay_history_step *joined = find(steps, count, HEARSAY_STEP_JOINED);
    const struct hearsay_history_step *asked = find(steps, count, HEARSAY_STEP_ASKED);
    const struct hearsay_history_step *failed = find(steps, count, HEARSAY_STEP_PROBE_FAILED);
    const struct hearsay_history_step *accused = find(steps, count, HEARSAY_STEP_ACCUSED);
    const struct hearsay_history_step *declared = find(steps, count, HEARSAY_STEP_DECLARED);
    ck_assert(joined && asked && failed && accused && declared);
    ck_assert(joined < asked && asked < failed && failed < accused && accused < declared);
    ck_assert_str_eq(failed->actor, "n1");
    ck_assert_uint_gt(failed->tries, 1);
    ck_assert_int_eq(failed->result, HEARSAY_REASON_SILENT);
    ck_assert_str_eq(accused->actor, "n1");
    ck_assert_uint_eq(accused->timestamp, RIG_WALL + 1);
    ck_assert_int_eq(declared->result, HEARSAY_REASON_FAILED);
    ck_assert_uint_ge(declared->when.boot, accused->when.boot);
    rig_fini(&rig);
}
END_TEST

START_TEST(test_small_room_gets_the_newest_and_nobody_gets_nothing)
{
    struct rig rig;
    struct hearsay_history_step all[HS_HISTORY_MAX], few[2];
    rig_init(&rig);
    rig_start(&rig);
    rig_meet_some(&rig, 5);
    rig_meet(&rig, "silent");
    rig_run(&rig, 20 * RIG_SECOND);
    size_t count = hearsay_node_history(rig.node, "silent", all, HS_HISTORY_MAX);
    ck_assert_uint_gt(count, 2);
    ck_assert_uint_eq(hearsay_node_history(rig.node, "silent", few, 2), 2);
    for (size_t i = 0; i < 2; i++) {
        ck_assert_int_eq(few[i].step, all[count - 2 + i].step);
        ck_assert_uint_eq(few[i].when.boot, all[count - 2 + i].when.boot);
        ck_assert_str_eq(few[i].actor, all[count - 2 + i].actor);
    }
    ck_assert_uint_eq(hearsay_node_history(rig.node, "nobody", all, HS_HISTORY_MAX), 0);
    rig_fini(&rig);
}
END_TEST

START_TEST(test_history_survives_the_subjects_restart)
{
    struct rig rig;
    struct hearsay_history_step steps[HS_HISTORY_MAX];
    struct rig_peer new_instance;
    rig_init(&rig);
    rig_start(&rig);
    rig_meet_some(&rig, 5);
    rig_meet(&rig, "silent");
    rig_run(&rig, 20 * RIG_SECOND);
    rig_peer_init(&new_instance, "silent", 99, 4711);
    struct hs_rumor rumor = rig_rumor(&new_instance, HEARSAY_STATUS_ALIVE, RIG_WALL + 9);
    rig_tell(&rig, &rig.peers[0], &rumor);
    size_t count = hearsay_node_history(rig.node, "silent", steps, HS_HISTORY_MAX);
    ck_assert(find(steps, count, HEARSAY_STEP_DECLARED) != NULL);
    ck_assert_int_eq(steps[count - 1].step, HEARSAY_STEP_JOINED);
    ck_assert_int_eq(steps[count - 1].result, HEARSAY_REASON_RESTARTED);
    ck_assert_str_eq(steps[count - 1].actor, "p0");
    rig_fini(&rig);
}
END_TEST

HARNESS_MAIN("history", test_steps_of_a_subject_are_found_from_the_newest_and_the_oldest_go,
             test_verdict_leaves_its_evidence_in_order,
             test_small_room_gets_the_newest_and_nobody_gets_nothing,
             test_history_survives_the_subjects_restart)
