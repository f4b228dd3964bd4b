/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Last words (R60) in clusters: a process that is killed is dead for all within a fraction of a
 * second, and one that lives is not, whatever has become of the words.
 */
#include "cluster.h"
#include "harness.h"
#include "plays.h"

#include <stdio.h>

/* Twelve that agree and have acked each other's gossips for some time. */
static void form(void)
{
    cluster_start(12);
    wait_until_agree(5 SECONDS);
    run_for(20 SECONDS);
    mark();
}

START_TEST(test_a_killed_process_is_dead_for_all_at_once)
{
    form();
    crash_with_words("n7");
    expect_sees("*", "n7", HEARSAY_STATUS_DEAD, 200 MILLISECONDS);
    expect_reason("*", "n7", HEARSAY_REASON_ENDED);
    expect_cause("*", "n7", HEARSAY_CAUSE_FAILED);
    expect_story("*", "n7", "dead");
    wait_until_agree(1 SECONDS);
    cluster_end();
}
END_TEST

START_TEST(test_so_are_most_of_them_at_once)
{
    form();
    crash_with_words("n3..n9");
    expect_sees("*", "n3..n9", HEARSAY_STATUS_DEAD, 300 MILLISECONDS);
    wait_until_agree(1 SECONDS);
    expect_never(HEARSAY_STATUS_SUSPECT, "");
    cluster_end();
}
END_TEST

START_TEST(test_every_fifth_datagram_may_be_lost)
{
    form();
    network()->loss = 200;
    run_for(5 SECONDS);
    crash_with_words("n7");
    expect_sees("*", "n7", HEARSAY_STATUS_DEAD, 500 MILLISECONDS);
    expect_reason("*", "n7", HEARSAY_REASON_ENDED);
    cluster_end();
}
END_TEST

/* It is back before all have heard that it was gone, and is not killed by what is still under
 * way, whatever its clock says. */
START_TEST(test_the_next_process_of_the_member_stays_alive)
{
    for (int64_t pause = 0; pause <= 60; pause += 5) {
        form();
        crash_with_words("n7");
        run_for(pause MILLISECONDS);
        if (pause % 10)
            clock_1970("n7");
        restart("n7", "n2,n3");
        wait_until_agree(5 SECONDS);
        expect_keeps("*", "n7", HEARSAY_STATUS_ALIVE, 20 SECONDS);
        cluster_end();
    }
}
END_TEST

START_TEST(test_if_nobody_hears_them_it_is_found_out_as_before)
{
    form();
    cut("n7", "n1..n6,n8..n12");
    crash_with_words("n7");
    expect_keeps("*", "n7", HEARSAY_STATUS_ALIVE, 300 MILLISECONDS);
    expect_sees("*", "n7", HEARSAY_STATUS_DEAD, 20 SECONDS);
    expect_reason("*", "n7", HEARSAY_REASON_FAILED);
    expect_story("*", "n7", "suspect dead");
    cluster_end();
}
END_TEST

/* ---- sealed, and repeated by an attacker ------------------------------------------------- */

static struct sim_scenario scenario;
static struct sim_play play;

static void play_out(const char *text)
{
    plays_begin(&play, &scenario, 1, text);
    plays_run(&play);
    for (int i = 0; i < SIM_EXPECT_COUNT; i++)
        ck_assert_msg(play.result.failures[i].times == 0, "%s", play.result.failures[i].text);
}

START_TEST(test_sealed_words_are_heard_too)
{
    play_out("members 20\nkey a\nat 20s crash n3..n9 with last words\nrun 30s\n"
             "expect dead within 500ms\nexpect agreed within 2s\nexpect no false suspicion");
    ck_assert_uint_eq(plays_samples(&play, SIM_METRIC_DEAD_WORDS), 7);
    sim_play_fini(&play);
}
END_TEST

/* Real last words are repeated against the next process of that member, which is alive, and to
 * members that were not there when they were said. */
START_TEST(test_a_recording_kills_nobody)
{
    play_out("members 12\nkey a\nat 20s crash n3..n5 with last words\nat 21s restart n3..n5\n"
             "at 25s restart n8..n10\n"
             "at 30s attack replay all gossips within 5s\n"
             "at 40s attack replay all gossips since 20s before 21s times 3 within 5s\n"
             "run 60s\nexpect no false dead\nexpect no false suspicion");
    sim_play_fini(&play);
    play_out("members 12\nat 20s crash n3..n5 with last words\nat 21s restart n3..n5\n"
             "at 30s attack replay all gossips since 20s before 21s times 3 within 5s\n"
             "run 60s\nexpect no false dead\nexpect no false suspicion");
    sim_play_fini(&play);
}
END_TEST

HARNESS_MAIN("last_words_sim", test_a_killed_process_is_dead_for_all_at_once,
             test_so_are_most_of_them_at_once, test_every_fifth_datagram_may_be_lost,
             test_the_next_process_of_the_member_stays_alive,
             test_if_nobody_hears_them_it_is_found_out_as_before, test_sealed_words_are_heard_too,
             test_a_recording_kills_nobody)
