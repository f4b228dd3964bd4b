/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys and attackers in simulated clusters: statements do what they say, the shipped scenarios hold
 * and each invariant can be broken. Otherwise a guard that sees nothing would pass every attack.
 */
#include "harness.h"

#include <stdio.h>
#include <string.h>

#include <hearsay/stats.h>

#include "guard.h"
#include "play.h"
#include "plays.h"
#include "sim.h"
#include "tape.h"

static struct sim_scenario scenario;
static struct sim_play play;

static void begin(const char *text)
{
    plays_begin(&play, &scenario, 1, text);
}

static const struct sim_failure *failure(enum sim_expectation expectation)
{
    return &play.result.failures[expectation];
}

static void play_on(void)
{
    ck_assert_int_eq(sim_play_run(&play, 1), 0);
}

/* Plays it, and no invariant is broken. */
static void run(const char *text)
{
    begin(text);
    plays_run(&play);
}

static void end(void)
{
    sim_play_fini(&play);
}

static void expect_broken(const char *words)
{
    ck_assert_uint_gt(failure(SIM_EXPECT_INVARIANTS)->times, 0);
    ck_assert_msg(strstr(failure(SIM_EXPECT_INVARIANTS)->text, words) != NULL, "%s",
                  failure(SIM_EXPECT_INVARIANTS)->text);
}

static unsigned reloads_agreed_on(void)
{
    return plays_samples(&play, SIM_METRIC_KEYS);
}

static uint64_t dropped(uint32_t machine, enum hearsay_drop reason)
{
    struct hearsay_stats stats;
    hearsay_node_stats(sim_node(play.world, machine), &stats);
    return stats.drops[reason];
}

/* ---- keys -------------------------------------------------------------------------------- */

static uint64_t digest_of(const char *text)
{
    run(text);
    uint64_t digest = play.result.digest ^ play.result.events_digest;
    end();
    return digest;
}

START_TEST(test_a_run_with_keys_repeats)
{
    static const char text[] = "members 8\nkey a\nloss 5%\nat 2s crash n3\n"
                               "at 3s attack replay all within 2s\n"
                               "at 5s attack forge 50 heads\nrun 10s";
    uint64_t digest = digest_of(text);
    ck_assert_uint_eq(digest_of(text), digest);
    ck_assert_uint_ne(digest_of("members 8\nkey b\nloss 5%\nat 2s crash n3\n"
                                "at 3s attack replay all within 2s\n"
                                "at 5s attack forge 50 heads\nrun 10s"),
                      digest);
}
END_TEST

START_TEST(test_members_have_the_keys_that_are_said)
{
    struct hearsay_member member;
    run("members 4\nkey a b\nkey a for n4\nrun 5s\nexpect no refused key");
    ck_assert(!sim_result_failed(&play.result));
    hearsay_node_member(sim_node(play.world, 0), sim_now(play.world, 0), "n2", &member);
    ck_assert_uint_eq(member.key_count, 2);
    uint32_t first = member.keys[0];
    hearsay_node_member(sim_node(play.world, 0), sim_now(play.world, 0), "n4", &member);
    ck_assert_uint_eq(member.key_count, 1);
    ck_assert_uint_eq(member.keys[0], first);
    end();
}
END_TEST

/* A member of an older release has neither keys nor mode. */
START_TEST(test_a_member_without_a_key_is_met_while_plain_is_taken)
{
    run("members 6\nkey a\nseal on\nkey none for n6\nrun 20s\nexpect no false suspicion\n"
        "expect no refused key since 1s");
    ck_assert(!sim_result_failed(&play.result));
    ck_assert_uint_eq(sim_held(play.world, 5, HEARSAY_STATUS_ALIVE), 6);
    end();
}
END_TEST

START_TEST(test_a_reload_is_agreed_on)
{
    run("members 8\nkey a\nat 5s reload all key a b within 1s\nat 15s reload n1..n4 key b a\n"
        "run 30s\nexpect no false suspicion\nexpect no refused key");
    ck_assert(!sim_result_failed(&play.result));
    ck_assert_uint_eq(reloads_agreed_on(), 2);
    end();
}
END_TEST

START_TEST(test_who_is_reloaded_while_down_starts_with_the_new_keys)
{
    run("members 6\nkey a\nat 1s crash n3\nat 10s reload n3 key b\nat 12s restart n3\nrun 30s\n"
        "expect no refused key");
    ck_assert_uint_gt(failure(SIM_EXPECT_NO_REFUSED)->times, 0);
    ck_assert_uint_gt(dropped(2, HEARSAY_DROP_KEY) + dropped(0, HEARSAY_DROP_KEY), 0);
    ck_assert_uint_eq(sim_held(play.world, 2, HEARSAY_STATUS_ALIVE), 1); /* by itself */
    end();
}
END_TEST

/* Nobody is wrong to suspect whom its keys part it from; when they do not any more, it is wrong. */
START_TEST(test_verdicts_are_not_judged_while_keys_part_members)
{
    run("members 6\nkey a\nat 1s reload n1..n3 key b\nrun 40s\nexpect no false dead");
    ck_assert(!sim_result_failed(&play.result));
    ck_assert(play.parted);
    ck_assert_uint_gt(sim_held(play.world, 5, HEARSAY_STATUS_DEAD), 0);
    end();
    run("members 6\nkey a\nat 1s reload n1..n3 key b\nat 5s reload n1..n3 key a\nrun 60s");
    ck_assert(!play.parted);
    ck_assert_uint_gt(play.united_at, 0);
    ck_assert_uint_eq(sim_held(play.world, 5, HEARSAY_STATUS_ALIVE), 6);
    end();
}
END_TEST

#define RUNS 12u

/* How long it took in each of some runs, together. */
static uint64_t sum_of(const char *text, enum sim_metric metric)
{
    uint64_t sum = 0;
    for (uint32_t number = 1; number <= RUNS; number++) {
        begin(text);
        ck_assert_int_eq(sim_play_run(&play, number), 0);
        ck_assert_uint_eq(failure(SIM_EXPECT_INVARIANTS)->times, 0);
        for (size_t i = 0; i < play.result.sample_count; i++)
            if (play.result.samples[i].metric == metric)
                sum += play.result.samples[i].us;
        end();
    }
    ck_assert_uint_gt(sum, 0);
    return sum;
}

/* Small forms of reload-crowd.sim and restart-crowd.sim. */
START_TEST(test_a_crash_amid_a_reload_is_agreed_on_in_time)
{
    uint64_t quiet =
        sum_of("members 60\nkey a\nat 10500ms crash n7\nrun 20s", SIM_METRIC_DEAD_CLOSED);
    uint64_t amid = sum_of("members 60\nkey a\nat 10s reload all key b a within 1s\n"
                           "at 10500ms crash n7\nrun 20s",
                           SIM_METRIC_DEAD_CLOSED);
    ck_assert_uint_le(amid, quiet * 3 / 2);
}
END_TEST

START_TEST(test_all_that_restart_at_once_agree_in_time)
{
    uint64_t plain = sum_of("members 60\nat 1s restart all\nrun 10s", SIM_METRIC_AGREED);
    uint64_t keyed = sum_of("members 60\nkey a\nat 1s restart all\nrun 10s", SIM_METRIC_AGREED);
    ck_assert_uint_le(keyed, plain * 6 / 5);
}
END_TEST

/* ---- attacks ----------------------------------------------------------------------------- */

START_TEST(test_so_many_are_replayed)
{
    run("members 6\nkey a\nat 5s attack replay 50 gossips\nat 7s attack replay all joins times 3\n"
        "run 10s");
    const struct sim_attacker *attacker = play.world->attacker;
    size_t joins = 0;
    for (size_t i = 0; i < attacker->seen_count; i++)
        joins += sim_tape_kind(sim_tape_bytes(attacker, (uint32_t)i), attacker->seen[i].len) ==
                 HEARSAY_KIND_JOIN;
    ck_assert_uint_gt(joins, 0);
    ck_assert_uint_ge(play.result.attack_sent, 50 + 3);
    ck_assert_uint_le(play.result.attack_sent, 50 + 3 * joins);
    end();
    run("members 6\nkey a\nat 5s attack replay all since 4s before 4s\nrun 10s");
    ck_assert_uint_eq(play.result.attack_sent, 0);
    end();
}
END_TEST

START_TEST(test_repeats_are_worth_nothing_even_after_a_restart)
{
    run("members 8\nkey a\nat 3s crash n8\nat 10s restart n3\nat 12s attack replay all\n"
        "at 14s attack replay all to n3 from elsewhere\nat 16s attack replay all to others\n"
        "run 60s\nexpect no revival\nexpect no false dead");
    ck_assert(!sim_result_failed(&play.result));
    ck_assert_uint_gt(play.result.attack_sent, 500);
    ck_assert_uint_gt(play.result.attack_answered, 0);
    ck_assert_uint_le(play.result.attack_answered_bytes, play.result.attack_bytes);
    ck_assert_uint_eq(play.result.attack_pairs, 6 * 7); /* of n3, which is new, one way each */
    end();
}
END_TEST

START_TEST(test_forgeries_are_refused_and_answered_by_nobody)
{
    run("members 6\nkey a\nat 5s attack forge 300 noise\nat 7s attack forge 300 heads\n"
        "at 9s attack forge 300 plain from attacker\nrun 60s\nexpect no false suspicion");
    ck_assert(!sim_result_failed(&play.result));
    ck_assert_uint_eq(play.result.attack_sent, 900);
    ck_assert_uint_eq(play.result.attack_answered, 0);
    ck_assert_uint_eq(play.result.attack_pairs, 6 * 5);
    ck_assert_uint_ge(play.result.refused, 600);
    end();
}
END_TEST

START_TEST(test_a_join_that_is_reflected_still_succeeds)
{
    run("members 6\nkey a\nat 5s attack reflect 100% for 10s\nat 6s restart n4\nrun 60s\n"
        "expect agreed within 2s");
    ck_assert(!sim_result_failed(&play.result));
    ck_assert_uint_gt(play.result.attack_sent, 0);
    ck_assert_uint_gt(dropped(3, HEARSAY_DROP_SELF), 0);
    end();
}
END_TEST

START_TEST(test_a_forged_closed_port_kills_nobody)
{
    run("members 10\nkey a\nat 5s attack icmp 100% to n7 for 20s\nrun 60s\nexpect no false dead");
    ck_assert(!sim_result_failed(&play.result));
    ck_assert_uint_gt(play.result.attack_sent, 10);
    end();
}
END_TEST

START_TEST(test_what_is_held_back_comes_late_and_once)
{
    run("members 6\nkey a\nat 5s attack delay 10% by 1s for 10s\nrun 60s\nexpect no false dead");
    ck_assert(!sim_result_failed(&play.result));
    ck_assert_uint_gt(play.world->attacker->last_at, play.origin + 5000000);
    ck_assert_uint_eq(play.result.attack_sent, 0);
    ck_assert_uint_eq(play.result.attack_pairs, 6 * 5);
    end();
}
END_TEST

/* ---- the guard can fail ------------------------------------------------------------------ */

START_TEST(test_a_repeat_that_changes_something_is_seen)
{
    begin("members 4\nat 5s attack reflect 100% joins for 10s\nat 6s restart n4\nrun 10s");
    play.world->attacker->judges_plain = true;
    play_on();
    expect_broken("a repeat of a join changes what n4 holds (R11a)");
    end();
}
END_TEST

START_TEST(test_an_answer_that_is_too_long_is_seen)
{
    begin("members 4\nat 5s attack forge 500 plain\nrun 10s");
    play.world->attacker->judges_plain = true;
    play_on();
    expect_broken("answers a forgery of a gossip, 51 bytes, with");
    end();
}
END_TEST

START_TEST(test_a_muted_member_is_seen)
{
    begin("members 4\nkey a\nat 4s cut n1 to n2\nat 5s attack forge 1 noise\nrun 60s");
    play_on();
    expect_broken("n1 has got no ack from n2 since the attack: one is muted");
    end();
}
END_TEST

START_TEST(test_bytes_for_a_third_party_are_seen)
{
    begin("members 2\nkey a\nat 5s attack forge 1 noise\nrun 10s");
    struct hearsay_addr third = sim_addr(play.world, SIM_OUTSIDER_FIRST + 1);
    play.world->attacker->credit[1] = 100;
    sim_guard_outside(play.world, 0, &third, 100);
    ck_assert_ptr_null(sim_violation(play.world));
    sim_guard_outside(play.world, 0, &third, 1);
    ck_assert_ptr_nonnull(strstr(sim_violation(play.world), "n1 sends more to an address than"));
    end();
}
END_TEST

START_TEST(test_a_record_that_nobody_wrote_is_seen)
{
    struct hearsay_member n2;
    begin("members 2\nkey a\nat 5s attack forge 1 noise\nrun 10s");
    hearsay_node_self(sim_node(play.world, 1), sim_now(play.world, 1), &n2);
    struct hearsay_event event = {.kind = HEARSAY_EVENT_MEMBER,
                                  .name = "n2",
                                  .id = n2.id,
                                  .timestamp = n2.timestamp,
                                  .to = HEARSAY_STATUS_ALIVE};
    sim_guard_event(play.world, 0, 1, &event);
    ck_assert_ptr_null(sim_violation(play.world));
    event.timestamp++;
    sim_guard_event(play.world, 0, 1, &event);
    ck_assert_ptr_nonnull(strstr(sim_violation(play.world), "a record of n2 that it has not"));
    end();
    begin("members 2\nkey a\nat 5s attack forge 1 noise\nrun 10s");
    event.id ^= 1;
    sim_guard_event(play.world, 0, 1, &event);
    ck_assert_ptr_nonnull(strstr(sim_violation(play.world), "a process of n2 that has never run"));
    end();
}
END_TEST

/* ---- the shipped scenarios --------------------------------------------------------------- */

/* One run of each; tools/sim/scenarios says how many there are. */
START_TEST(test_shipped_scenarios_of_trust_hold)
{
    static const char *const names[] = {"rotation", "switch-on", "wrong-order",
                                        "replay",   "forge",     "poison"};
    char path[4096], error[SIM_ERROR_TEXT_MAX];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(path, sizeof path, "%s/%s.sim", HS_TEST_SCENARIOS, names[i]);
        sim_scenario_init(&scenario);
        ck_assert_msg(sim_scenario_read_file(&scenario, path, error) == 0, "%s", error);
        play = (struct sim_play){0};
        ck_assert_int_eq(sim_play_begin(&play, &scenario), 0);
        play_on();
        for (int expectation = 0; expectation < SIM_EXPECT_COUNT; expectation++)
            ck_assert_msg(play.result.failures[expectation].times == 0, "%s: %s", names[i],
                          play.result.failures[expectation].text);
        end();
    }
}
END_TEST

HARNESS_MAIN("trust", test_a_run_with_keys_repeats, test_members_have_the_keys_that_are_said,
             test_a_member_without_a_key_is_met_while_plain_is_taken, test_a_reload_is_agreed_on,
             test_who_is_reloaded_while_down_starts_with_the_new_keys,
             test_verdicts_are_not_judged_while_keys_part_members,
             test_a_crash_amid_a_reload_is_agreed_on_in_time,
             test_all_that_restart_at_once_agree_in_time, test_so_many_are_replayed,
             test_repeats_are_worth_nothing_even_after_a_restart,
             test_forgeries_are_refused_and_answered_by_nobody,
             test_a_join_that_is_reflected_still_succeeds, test_a_forged_closed_port_kills_nobody,
             test_what_is_held_back_comes_late_and_once,
             test_a_repeat_that_changes_something_is_seen, test_an_answer_that_is_too_long_is_seen,
             test_a_muted_member_is_seen, test_bytes_for_a_third_party_are_seen,
             test_a_record_that_nobody_wrote_is_seen, test_shipped_scenarios_of_trust_hold)
