/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Playing scenarios: each fault does what its name says, each measure is right, and each
 * expectation can fail. Otherwise a simulator that does nothing would pass every scenario.
 */
#include "harness.h"

#include <string.h>

#include <hearsay/ring.h>
#include <hearsay/stats.h>

#include "member.h"
#include "play.h"
#include "plays.h"
#include "sim.h"

static struct sim_scenario scenario;
static struct sim_play play;

static void begin(uint64_t seed, const char *text)
{
    plays_begin(&play, &scenario, seed, text);
}

static void run(const char *text)
{
    begin(1, text);
    plays_run(&play);
}

static void end(void)
{
    sim_play_fini(&play);
}

static unsigned samples(enum sim_metric metric)
{
    return plays_samples(&play, metric);
}

static uint64_t longest(enum sim_metric metric)
{
    uint64_t most = 0;
    for (size_t i = 0; i < play.result.sample_count; i++)
        if (play.result.samples[i].metric == metric && play.result.samples[i].us > most)
            most = play.result.samples[i].us;
    return most;
}

static uint32_t rtt_of(uint32_t observer, const char *name)
{
    struct hearsay_member member;
    ck_assert_int_eq(hearsay_node_member(sim_node(play.world, observer),
                                         sim_now(play.world, observer), name, &member),
                     0);
    return member.rtt_us;
}

/* ---- runs ------------------------------------------------------------------------------------ */

static uint64_t digest_of(uint64_t seed, uint32_t number)
{
    begin(seed, "members 12\nloss 5%\nreorder 5%\nat 2s crash random\nat 3s restart n2\n"
                "every 4s pause random for 2s\nrun 20s");
    ck_assert_int_eq(sim_play_run(&play, number), 0);
    uint64_t digest = play.result.digest ^ play.result.events_digest;
    end();
    return digest;
}

START_TEST(test_same_seed_and_run_are_the_same_to_the_byte)
{
    uint64_t digest = digest_of(1, 1);
    ck_assert_uint_eq(digest_of(1, 1), digest);
    ck_assert_uint_ne(digest_of(1, 2), digest);
    ck_assert_uint_ne(digest_of(2, 1), digest);
}
END_TEST

START_TEST(test_fair_weather_is_quiet)
{
    run("members 20\nrun 30s\nexpect no false suspicion");
    ck_assert(!sim_result_failed(&play.result));
    ck_assert_uint_eq(play.result.sample_count, 0);
    ck_assert_uint_eq(play.result.false_suspicions, 0);
    ck_assert_uint_gt(play.result.beginning, 0);
    ck_assert_uint_eq(play.result.member_us, UINT64_C(20) * 30000000);
    ck_assert_uint_gt(play.result.memory, 1000);
    ck_assert_uint_eq(play.result.view, 20);
    uint64_t bytes = 0;
    for (unsigned i = 0; i < SIM_SLICES; i++)
        bytes += play.result.slices[i].bytes;
    ck_assert_uint_eq(bytes, play.result.bytes);
    ck_assert_uint_gt(bytes, 0);
    end();
}
END_TEST

/* ---- members --------------------------------------------------------------------------------- */

START_TEST(test_crashes_are_measured_until_all_say_dead)
{
    run("members 20\nat 1s crash n5\nat 15s crash n6 silently\nrun 30s\nexpect dead within 12s");
    ck_assert(!sim_result_failed(&play.result));
    ck_assert_uint_eq(play.result.crashes, 2);
    ck_assert_uint_eq(play.result.unresolved, 0);
    ck_assert_uint_eq(samples(SIM_METRIC_SUSPECTED), 2);
    ck_assert_uint_eq(samples(SIM_METRIC_DEAD_CLOSED), 1);
    ck_assert_uint_eq(samples(SIM_METRIC_DEAD_SILENT), 1);
    ck_assert_uint_gt(longest(SIM_METRIC_DEAD_SILENT), longest(SIM_METRIC_DEAD_CLOSED));
    ck_assert_uint_gt(longest(SIM_METRIC_DEAD_CLOSED), 500000);
    ck_assert_int_eq(sim_state(play.world, 4), SIM_CLOSED);
    ck_assert_int_eq(sim_state(play.world, 5), SIM_SILENT);
    ck_assert_uint_eq(sim_held(play.world, 4, HEARSAY_STATUS_DEAD), 18);
    ck_assert_uint_gt(sim_traffic(play.world)->refused, 0);
    end();
}
END_TEST

START_TEST(test_random_victims_are_many_and_different)
{
    run("members 30\nevery 2s crash 2 random\nat 1s crash 10%\nrun 11s");
    ck_assert_uint_eq(play.result.crashes, 13);
    ck_assert_uint_eq(play.running, 17);
    end();
}
END_TEST

START_TEST(test_leaving_is_no_crash)
{
    run("members 10\nat 1s leave n5\nrun 10s");
    ck_assert_uint_eq(samples(SIM_METRIC_LEFT), 1);
    ck_assert_uint_eq(samples(SIM_METRIC_SUSPECTED), 0);
    ck_assert_uint_lt(longest(SIM_METRIC_LEFT), 1000000);
    ck_assert_uint_eq(sim_held(play.world, 4, HEARSAY_STATUS_DEAD), 9);
    end();
}
END_TEST

START_TEST(test_paused_are_condemned_and_come_back)
{
    run("members 10\nat 1s pause n5 for 20s\nat 2s pause n6\nat 25s resume n6\nrun 40s");
    ck_assert_uint_eq(samples(SIM_METRIC_BACK), 2);
    ck_assert_uint_ge(play.result.refutations, 2);
    ck_assert_uint_eq(play.result.false_dead, 0);
    ck_assert_uint_eq(sim_held(play.world, 4, HEARSAY_STATUS_ALIVE), 10);
    ck_assert_uint_eq(sim_observers(play.world), 10);
    end();
}
END_TEST

START_TEST(test_restarts_keep_or_lose_their_memory)
{
    run("members 10\nat 1s restart n5\nat 5s restart n6 with memory\nat 9s crash n7\n"
        "at 20s restart n7 elsewhere\nrun 30s\nexpect replacement stays");
    ck_assert(!sim_result_failed(&play.result));
    ck_assert_uint_eq(samples(SIM_METRIC_BACK), 3);
    ck_assert_uint_eq(sim_machines(play.world), 11);
    ck_assert_uint_eq(play.members[6].machine, 10);
    ck_assert_int_eq(sim_state(play.world, 6), SIM_CLOSED);
    ck_assert_uint_eq(sim_held(play.world, 6, HEARSAY_STATUS_ALIVE), 10);
    ck_assert_uint_gt(play.members[5].last_timestamp, 0);
    end();
}
END_TEST

START_TEST(test_thawed_original_gives_way_to_its_replacement)
{
    run("members 10\nat 1s pause n5\nat 20s restart n5 elsewhere\nat 60s resume n5\nrun 80s\n"
        "expect replacement stays\nexpect no false dead");
    ck_assert(!sim_result_failed(&play.result));
    ck_assert_uint_eq(play.result.evicted, 1);
    ck_assert_int_eq(sim_state(play.world, 4), SIM_CLOSED);
    ck_assert_int_eq(sim_state(play.world, 10), SIM_RUNNING);
    end();
}
END_TEST

START_TEST(test_clone_is_refused)
{
    run("members 10\nat 1s clone n5\nrun 20s\nexpect no false dead");
    ck_assert(!sim_result_failed(&play.result));
    ck_assert_uint_eq(play.result.evicted, 1);
    ck_assert_int_eq(sim_state(play.world, 4), SIM_RUNNING);
    ck_assert_int_eq(sim_state(play.world, 10), SIM_CLOSED);
    end();
}
END_TEST

START_TEST(test_newcomers_are_taken_in)
{
    run("members 2\nat 1s join storm 18 within 500ms\nrun 10s\nexpect agreed within 5s");
    ck_assert(!sim_result_failed(&play.result));
    ck_assert_uint_eq(samples(SIM_METRIC_BACK), 18);
    ck_assert_uint_eq(sim_held(play.world, 19, HEARSAY_STATUS_ALIVE), 20);
    end();
}
END_TEST

START_TEST(test_clocks_are_set_and_drift)
{
    run("members 5\nclock n3 offset -1y drift 100ppm\nrun 100s\nexpect no false suspicion");
    struct hearsay_now right = sim_now(play.world, 1), wrong = sim_now(play.world, 2);
    ck_assert(!sim_result_failed(&play.result));
    ck_assert_uint_eq(right.wall - wrong.wall, UINT64_C(31536000000000) - 10000);
    end();
}
END_TEST

/* All hold this of a member, an operator's word. */
static void all_hold_forced(const char *name, bool hidden)
{
    for (uint32_t i = 0; i < sim_machines(play.world); i++) {
        struct hearsay_member member;
        if (sim_state(play.world, i) != SIM_RUNNING)
            continue;
        ck_assert_int_eq(
            hearsay_node_member(sim_node(play.world, i), sim_now(play.world, i), name, &member), 0);
        ck_assert_int_eq(member.status, HEARSAY_STATUS_DEAD);
        ck_assert_int_eq(member.cause, HEARSAY_CAUSE_FORCED);
        ck_assert_int_eq(member.hidden, hidden);
    }
}

/* The removal comes with the first suspicion, so the others hear of both at about the same time. */
START_TEST(test_operator_removes_the_suspected)
{
    run("members 20\nat 1s crash n5 silently\nat 1s force-leave n5 prune\n"
        "at 10s crash n6 silently\nat 10s force-leave n6\nrun 40s\n"
        "expect no revival\nexpect dead within 3s");
    ck_assert(!sim_result_failed(&play.result));
    ck_assert_uint_eq(play.result.forced, 2);
    ck_assert_uint_eq(samples(SIM_METRIC_SUSPECTED), 2);
    all_hold_forced("n5", true);
    all_hold_forced("n6", false);
    end();
}
END_TEST

START_TEST(test_removed_but_stopped_member_comes_back)
{
    run("members 20\nat 1s pause n5 for 10s\nat 1s force-leave n5 prune\nrun 30s\n"
        "expect agreed within 10s\nexpect no false dead");
    ck_assert(!sim_result_failed(&play.result));
    ck_assert_uint_eq(play.result.forced, 1);
    ck_assert_uint_eq(samples(SIM_METRIC_BACK), 1);
    ck_assert_uint_eq(sim_held(play.world, 4, HEARSAY_STATUS_ALIVE), 20);
    end();
}
END_TEST

START_TEST(test_nobody_removes_who_is_up)
{
    run("members 10\nat 1s force-leave n5 prune\nat 2s pause n6 for 100ms\n"
        "at 2s force-leave n6\nrun 20s\nexpect no false dead");
    ck_assert(!sim_result_failed(&play.result));
    ck_assert_uint_eq(play.result.forced, 0);
    ck_assert_uint_eq(sim_held(play.world, 4, HEARSAY_STATUS_ALIVE), 10);
    end();
}
END_TEST

/* One is stopped for longer than the tombstone of another is kept, or is passed on. */
START_TEST(test_absence_longer_than_tombstones_live_drops_the_view)
{
    run("members 10\nset tombstone-ttl 10s\nat 1s pause n5 for 40s\nat 2s crash n6\nrun 60s\n"
        "expect no revival\nexpect agreed within 10s");
    ck_assert(!sim_result_failed(&play.result));
    ck_assert_uint_eq(play.result.views_dropped, 1);
    ck_assert_uint_eq(sim_held(play.world, 5, HEARSAY_STATUS_ALIVE), 0);
    ck_assert_uint_eq(sim_held(play.world, 4, HEARSAY_STATUS_ALIVE), 9);
    end();
    run("members 10\nset tombstone-ttl 10m\nat 1s pause n5 for 40s\nat 2s crash n6\nrun 60s");
    ck_assert_uint_eq(play.result.views_dropped, 0);
    end();
}
END_TEST

START_TEST(test_tags_change_and_rings_follow)
{
    size_t len;
    struct hearsay_member member;
    run("members 10\nrings on\nat 1s tags n1..n5 zone=a rack=r1\nat 10s tags n5 zone=b\n"
        "at 20s tags n1 zone=\nat 25s tags n5 zone=b\nrun 30s\nexpect agreed within 5s");
    ck_assert(!sim_result_failed(&play.result));
    ck_assert_uint_eq(samples(SIM_METRIC_AGREED), 3); /* the last one changed nothing */
    for (uint32_t i = 0; i < 10; i++)
        ck_assert_uint_eq(hearsay_ring_zones(hearsay_node_ring(sim_node(play.world, i))), 3);
    ck_assert_int_eq(
        hearsay_node_member(sim_node(play.world, 8), sim_now(play.world, 8), "n5", &member), 0);
    ck_assert_ptr_nonnull(hearsay_member_tag(&member, "zone", &len));
    ck_assert_ptr_null(hearsay_member_tag(&member, "rack", &len));
    end();
}
END_TEST

/* ---- the weather ----------------------------------------------------------------------------- */

START_TEST(test_weather_is_as_asked)
{
    run("members 20\nloss 20%\nduplicate 10%\nreorder 10%\ncorrupt 10%\nrun 60s");
    const struct sim_traffic *all = sim_traffic(play.world), *before = &play.before;
    double sent = (double)(all->sent - before->sent);
    ck_assert_double_eq_tol((double)(all->lost - before->lost) / sent, 0.2, 0.02);
    ck_assert_double_eq_tol((double)(all->duplicated - before->duplicated) / sent, 0.08, 0.01);
    ck_assert_double_eq_tol((double)(all->delayed - before->delayed) / sent, 0.088, 0.01);
    ck_assert_double_eq_tol((double)(all->corrupted - before->corrupted) / sent, 0.088, 0.01);
    end();
}
END_TEST

START_TEST(test_latency_and_slowness_show_in_round_trips)
{
    run("members 4\nlatency p50=30ms p99=40ms\nslow n4 by 100ms\nrun 60s");
    ck_assert_uint_gt(rtt_of(0, "n2"), 30000);
    ck_assert_uint_lt(rtt_of(0, "n2"), 90000);
    ck_assert_uint_gt(rtt_of(0, "n4"), 90000);
    end();
}
END_TEST

START_TEST(test_one_machines_loss_is_its_own)
{
    run("members 20\nat 1s loss 100% for n5\nrun 20s\nexpect no false dead");
    ck_assert(!sim_result_failed(&play.result));
    ck_assert_uint_eq(sim_observers(play.world), 19);
    ck_assert_uint_eq(sim_held(play.world, 4, HEARSAY_STATUS_DEAD), 19);
    ck_assert_uint_ge(play.result.ailing_dead, 19);
    end();
}
END_TEST

START_TEST(test_cut_sides_condemn_each_other_rightly)
{
    run("members 10\nat 1s cut n1..n5 from others\nat 41s heal\nrun 60s\nexpect no false dead\n"
        "expect agreed within 15s");
    ck_assert(!sim_result_failed(&play.result));
    ck_assert_uint_eq(samples(SIM_METRIC_BACK), 10);
    ck_assert_uint_ge(play.result.refutations, 5);
    ck_assert_uint_eq(sim_held(play.world, 9, HEARSAY_STATUS_ALIVE), 10);
    end();
}
END_TEST

START_TEST(test_cut_with_a_way_round_condemns_nobody)
{
    run("members 12\nat 1s cut n1..n3 from n4..n6\nrun 60s\nexpect no false dead");
    ck_assert(!sim_result_failed(&play.result));
    ck_assert_uint_gt(sim_traffic(play.world)->lost, 0);
    ck_assert_uint_eq(play.separation_count, 0);
    end();
}
END_TEST

START_TEST(test_firewall_refuses)
{
    run("members 12\nrack A n1..n3\nrack B n4..n6\nat 1s firewall between rack A and rack B\n"
        "run 60s\nexpect no false dead");
    ck_assert(!sim_result_failed(&play.result));
    ck_assert_uint_gt(sim_traffic(play.world)->refused, 0);
    ck_assert_uint_eq(sim_traffic(play.world)->lost, 0);
    end();
}
END_TEST

START_TEST(test_flapping_is_down_and_up)
{
    run("members 20\nat 1s flap ingress of n5 every 20s\nrun 60s\nexpect agreed within 10s");
    ck_assert(!sim_result_failed(&play.result));
    ck_assert_uint_eq(samples(SIM_METRIC_CUT_OFF), 2);
    ck_assert_uint_eq(samples(SIM_METRIC_BACK), 1);
    ck_assert_uint_eq(play.result.false_dead, 0);
    end();
}
END_TEST

/* ---- expectations can fail ------------------------------------------------------------------- */

static void check_fails(enum sim_expectation expectation, const char *words, const char *text)
{
    run(text);
    const struct sim_failure *failure = &play.result.failures[expectation];
    ck_assert_uint_gt(failure->times, 0);
    ck_assert_uint_gt(failure->step, 0);
    ck_assert_msg(strstr(failure->text, words) != NULL, "%s", failure->text);
    end();
}

START_TEST(test_expectations_fail_when_they_should)
{
    check_fails(SIM_EXPECT_DEAD, "0.100 s after n5 went",
                "members 10\nat 1s crash n5\nrun 5s\nexpect dead within 100ms");
    check_fails(SIM_EXPECT_AGREED, "0.100 s after the last change",
                "members 10\nat 1s crash n5\nrun 5s\nexpect agreed within 100ms");
    check_fails(SIM_EXPECT_NO_FALSE_SUSPICION, "which is up",
                "members 10\nloss 70%\nrun 5m\nexpect no false suspicion");
    check_fails(SIM_EXPECT_NO_FALSE_DEAD, "which is up",
                "members 10\nslow n5 by 20s\nrun 2m\nexpect no false dead");
    check_fails(SIM_EXPECT_NO_REVIVAL, "says n5 is alive, long after",
                "members 10\nat 1s crash n5\nat 20s clone n5\nrun 40s\nexpect no revival");
    check_fails(SIM_EXPECT_AGREED, "1 members are not yet agreed on",
                "members 10\nat 1s tags n5 zone=a\nrun 5s\nexpect agreed within 100us");
    check_fails(SIM_EXPECT_REPLACEMENT, "replacement of n5",
                "members 10\nat 1s restart n5 elsewhere\nrun 20s\nexpect replacement stays");
}
END_TEST

/* ---- two clusters of one name ---------------------------------------------------------------- */

#define TWO "members 20\nclusters 2\nexpect no wrong merge\n"

START_TEST(test_two_clusters_of_one_name_stay_two_while_addresses_change_hands)
{
    run(TWO "at 5s crash n1..n3\nat 5s crash n11..n13\nat 30s move n8..n10 to n11..n13\n"
            "at 30s move n18..n20 to n1..n3\nrun 5m\nexpect agreed within 60s");
    ck_assert_uint_eq(play.result.failures[SIM_EXPECT_NO_WRONG_MERGE].times, 0);
    ck_assert_uint_eq(play.result.failures[SIM_EXPECT_AGREED].times, 0);
    ck_assert_uint_eq(sim_held(play.world, 0, HEARSAY_STATUS_DEAD), 7);
    ck_assert_uint_eq(sim_held(play.world, 17, HEARSAY_STATUS_ALIVE), 7);
    ck_assert_uint_eq(sim_member_side(&play, 9), 0);
    ck_assert_uint_eq(sim_member_side(&play, 10), 1);
    end();
}
END_TEST

/* A seed that has not answered yet means whoever will answer. */
START_TEST(test_a_merge_of_two_clusters_is_noticed)
{
    begin(1, TWO "set rejoin-interval 1s\nat 5s resume n11\nrun 60s");
    sim_pause(play.world, play.members[10].machine);
    struct hearsay_addr seed = sim_addr(play.world, play.members[10].machine);
    ck_assert_int_eq(sim_join(play.world, play.members[0].machine, &seed), 0);
    ck_assert_int_eq(sim_play_run(&play, 1), 0);
    const struct sim_failure *failure = &play.result.failures[SIM_EXPECT_NO_WRONG_MERGE];
    ck_assert_uint_gt(failure->times, 100);
    ck_assert_ptr_nonnull(strstr(failure->text, "of another cluster is alive"));
    end();
}
END_TEST

START_TEST(test_broken_invariant_ends_the_run)
{
    begin(1, "members 5\nrun 20s");
    struct hearsay_event event = {.kind = HEARSAY_EVENT_MEMBER, .name = "n2"};
    event.from = event.to = HEARSAY_STATUS_ALIVE;
    event.timestamp = 1;
    sim_check_event(play.world, 0, &event);
    ck_assert_int_eq(sim_play_run(&play, 1), 0);
    const struct sim_failure *failure = &play.result.failures[SIM_EXPECT_INVARIANTS];
    ck_assert_uint_eq(failure->times, 1);
    ck_assert_ptr_nonnull(strstr(failure->text, "takes n2 back from alive"));
    ck_assert_uint_lt(play.result.time, 20000000);
    end();
}
END_TEST

START_TEST(test_beginning_must_end)
{
    char error[SIM_ERROR_TEXT_MAX];
    sim_scenario_init(&scenario);
    ck_assert_int_eq(sim_scenario_read(&scenario, "until agreed within 200ms", 1, error), 0);
    play = (struct sim_play){0};
    ck_assert_int_ne(sim_play_begin(&play, &scenario), 0);
    ck_assert_uint_eq(play.result.failures[SIM_EXPECT_BEGINNING].times, 1);
    end();
}
END_TEST

/* As a cluster that has lived for long: nobody joins, and what comes then is as anywhere. */
START_TEST(test_acquainted_members_know_all_from_the_first_moment)
{
    struct hearsay_stats stats;
    begin(3, "members 200\nstart acquainted\nat 5s crash n7\nrun 30s\nexpect dead within 10s\n"
             "expect no false dead");
    ck_assert_uint_le(play.result.beginning, 200000);
    for (uint32_t i = 0; i < 200; i++) {
        hearsay_node_stats(sim_node(play.world, i), &stats);
        ck_assert_uint_eq(stats.members[HEARSAY_STATUS_ALIVE], 200);
        ck_assert_uint_eq(stats.received[HEARSAY_KIND_JOIN], 0);
        ck_assert_uint_eq(stats.events_lost, 0);
    }
    ck_assert_int_eq(sim_play_run(&play, 1), 0);
    ck_assert(!sim_result_failed(&play.result));
    ck_assert_uint_eq(samples(SIM_METRIC_DEAD_CLOSED), 1);
    end();
}
END_TEST

HARNESS_MAIN("play", test_acquainted_members_know_all_from_the_first_moment,
             test_same_seed_and_run_are_the_same_to_the_byte, test_fair_weather_is_quiet,
             test_crashes_are_measured_until_all_say_dead,
             test_random_victims_are_many_and_different, test_leaving_is_no_crash,
             test_paused_are_condemned_and_come_back, test_restarts_keep_or_lose_their_memory,
             test_thawed_original_gives_way_to_its_replacement, test_clone_is_refused,
             test_newcomers_are_taken_in, test_operator_removes_the_suspected,
             test_removed_but_stopped_member_comes_back, test_nobody_removes_who_is_up,
             test_absence_longer_than_tombstones_live_drops_the_view,
             test_tags_change_and_rings_follow, test_clocks_are_set_and_drift,
             test_weather_is_as_asked, test_latency_and_slowness_show_in_round_trips,
             test_one_machines_loss_is_its_own, test_cut_sides_condemn_each_other_rightly,
             test_cut_with_a_way_round_condemns_nobody, test_firewall_refuses,
             test_flapping_is_down_and_up, test_expectations_fail_when_they_should,
             test_broken_invariant_ends_the_run, test_beginning_must_end,
             test_two_clusters_of_one_name_stay_two_while_addresses_change_hands,
             test_a_merge_of_two_clusters_is_noticed)
