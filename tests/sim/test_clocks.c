/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bad wall clocks, in fake time. A timestamp belongs to its subject (R2), so a machine that boots
 * in 1970, one that is days ahead and one that is set back while it runs join, die and return like
 * any other, and nobody near them notices.
 */
#include "cluster.h"
#include "harness.h"

/* n3 has the odd clock. It joins, crashes, returns, returns elsewhere, refutes, leaves and joins
 * again. */
static void check_life(void (*set_clock)(const char *labels))
{
    cluster_new();
    set_clock("n3");
    start("n1..n6");
    join("n2..n6", "n1");
    wait_until_agree(2 SECONDS);
    run_for(1 MINUTES);
    expect_never(HEARSAY_STATUS_SUSPECT, "");

    crash("n3");
    expect_sees("*", "n3", HEARSAY_STATUS_DEAD, 6 SECONDS);
    restart("n3", "n1");
    wait_until_agree(2 SECONDS);

    kill_silently("n3");
    expect_sees("*", "n3", HEARSAY_STATUS_DEAD, 10 SECONDS);
    restart_elsewhere("n3", "n1"); /* on a machine with a right clock */
    wait_until_agree(2 SECONDS);

    mark();
    set_clock("n3");
    freeze("n3");
    expect_sees("n1", "n3", HEARSAY_STATUS_SUSPECT, 5 SECONDS);
    thaw("n3");
    wait_until_agree(5 SECONDS);

    leave("n3");
    expect_event("n3", HEARSAY_EVENT_LEFT, 2 SECONDS);
    expect_sees("*", "n3", HEARSAY_STATUS_DEAD, 2 SECONDS);
    restart("n3", "n2");
    wait_until_agree(2 SECONDS);
    run_for(1 MINUTES);
    wait_until_agree(0);
    expect_never(HEARSAY_STATUS_SUSPECT, "n3");
    cluster_end();
}

static void clock_ahead(const char *labels)
{
    clock_offset(labels, 2 DAYS);
}

static void clock_behind(const char *labels)
{
    clock_offset(labels, -2 DAYS);
}

START_TEST(test_machine_in_1970_lives_like_any_other)
{
    check_life(clock_1970);
}
END_TEST

START_TEST(test_machine_two_days_ahead_lives_like_any_other)
{
    check_life(clock_ahead);
}
END_TEST

START_TEST(test_machine_two_days_behind_lives_like_any_other)
{
    check_life(clock_behind);
}
END_TEST

START_TEST(test_all_in_1970_at_the_first_microsecond)
{
    cluster_new();
    clock_1970("n1..n5");
    start("n1..n5");
    join("n2..n5", "n1");
    wait_until_agree(2 SECONDS);
    crash("n4");
    expect_sees("*", "n4", HEARSAY_STATUS_DEAD, 6 SECONDS);
    clock_1970("n4");
    restart("n4", "n1");
    wait_until_agree(2 SECONDS);
    expect_never(HEARSAY_STATUS_SUSPECT, "n4");
    cluster_end();
}
END_TEST

START_TEST(test_steps_while_running_are_not_noticed)
{
    cluster_start(6);
    wait_until_agree(2 SECONDS);
    static const int64_t steps[] = {-1 HOURS, 1 HOURS, -30 DAYS, 60 DAYS, -1 SECONDS};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        clock_step("n2", steps[i]);
        clock_step("n5", -steps[i]);
        run_for(30 SECONDS);
        wait_until_agree(0);
    }
    expect_never(HEARSAY_STATUS_SUSPECT, "");
    mark();
    crash("n2");
    expect_sees("*", "n2", HEARSAY_STATUS_DEAD, 6 SECONDS);
    clock_step("n2", -1 HOURS);
    restart("n2", "n1"); /* its clock is far behind the timestamps that are known of it */
    wait_until_agree(1 SECONDS);
    expect_story("n1,n3..n6", "n2", "suspect dead alive");
    cluster_end();
}
END_TEST

START_TEST(test_restart_with_a_clock_set_back_catches_up)
{
    cluster_start(6);
    wait_until_agree(2 SECONDS);
    run_for(10 SECONDS);
    mark();
    clock_step("n4", -20 DAYS);
    restart("n4", "n1"); /* at once, before anybody has missed it */
    wait_until_agree(1 SECONDS);
    expect_reason("n1..n3", "n4", HEARSAY_REASON_RESTARTED);
    run_for(30 SECONDS);
    expect_never(HEARSAY_STATUS_SUSPECT, "");
    cluster_end();
}
END_TEST

START_TEST(test_refutation_with_a_slow_clock)
{
    cluster_new();
    clock_offset("n4", -365 DAYS);
    start("n1..n6");
    join("n2..n6", "n1");
    wait_until_agree(2 SECONDS);
    for (int i = 0; i < 3; i++) {
        freeze("n4");
        expect_sees("n1", "n4", HEARSAY_STATUS_SUSPECT, 5 SECONDS);
        thaw("n4");
        expect_sees("*", "n4", HEARSAY_STATUS_ALIVE, 2 SECONDS);
        run_for(10 SECONDS);
    }
    expect_never(HEARSAY_STATUS_DEAD, "");
    wait_until_agree(0);
    cluster_end();
}
END_TEST

/* R6: ten years are the bound, from the greater of our wall clock and the release's date. */
START_TEST(test_timestamps_too_far_ahead_are_refused)
{
    cluster_start(4);
    wait_until_agree(2 SECONDS);
    clock_offset("far", 20 * 365 DAYS);
    start("far");
    join("far", "n1");
    run_for(10 SECONDS);
    expect_sees("n1..n4", "far", HEARSAY_STATUS_NONE, 0);
    ck_assert_uint_gt(stats_of("n1").drops[HEARSAY_DROP_FUTURE], 0);
    expect_never(HEARSAY_STATUS_SUSPECT, "");
    clock_offset("near", 9 * 365 DAYS);
    start("near");
    join("near", "n2");
    expect_sees("n1..n4", "near", HEARSAY_STATUS_ALIVE, 2 SECONDS);
    cluster_end();
}
END_TEST

HARNESS_MAIN("clocks", test_machine_in_1970_lives_like_any_other,
             test_machine_two_days_ahead_lives_like_any_other,
             test_machine_two_days_behind_lives_like_any_other,
             test_all_in_1970_at_the_first_microsecond, test_steps_while_running_are_not_noticed,
             test_restart_with_a_clock_set_back_catches_up, test_refutation_with_a_slow_clock,
             test_timestamps_too_far_ahead_are_refused)
