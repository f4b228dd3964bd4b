/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scenario language: every statement has an example here, every mistake is answered with its
 * place and with what would be right.
 */
#include "harness.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <hearsay/error.h>
#include <hearsay/stats.h>

#include "scenario.h"

static struct sim_scenario scenario;
static char error[SIM_ERROR_TEXT_MAX];

static int read_one(const char *text)
{
    return sim_scenario_read(&scenario, text, 1, error);
}

static void fresh(void)
{
    sim_scenario_init(&scenario);
    ck_assert_int_eq(read_one("members 1000"), 0);
    ck_assert_int_eq(read_one("rack A n1..n9"), 0);
    ck_assert_int_eq(read_one("rack B n10..n19"), 0);
}

/* The statement that was read last. */
static const struct sim_action *last(void)
{
    return &scenario.statements[scenario.statement_count - 1].action;
}

/* ---- numbers --------------------------------------------------------------------------------- */

START_TEST(test_durations_are_exact)
{
    static const struct {
        const char *word;
        uint64_t us;
    } good[] = {{"250us", 250},     {"1.5ms", 1500},      {"0.000001s", 1},
                {"10s", 10000000},  {"5m", 300000000},    {"5min", 300000000},
                {"1h", 3600000000}, {"2d", 172800000000}, {"1y", 31536000000000},
                {"0", 0},           {"0.5h", 1800000000}};
    static const char *const bad[] = {"",    "5",  "s",   "-5s",        "5 s",  "1.s",
                                      ".5s", "5x", "5ss", "1.0000001s", "1e3s", "9999y"};
    uint64_t us;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        ck_assert_msg(sim_words_duration(good[i].word, &us), "%s", good[i].word);
        ck_assert_uint_eq(us, good[i].us);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(!sim_words_duration(bad[i], &us), "%s", bad[i]);
}
END_TEST

START_TEST(test_shares_are_permille)
{
    static const char *const bad[] = {"", "20", "%", "101%", "0.05%", "-1%", "1.5.5%", "5%%"};
    uint32_t permille;
    ck_assert(sim_words_share("0.1%", &permille));
    ck_assert_uint_eq(permille, 1);
    ck_assert(sim_words_share("100%", &permille));
    ck_assert_uint_eq(permille, 1000);
    ck_assert(sim_words_share("0%", &permille));
    ck_assert_uint_eq(permille, 0);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(!sim_words_share(bad[i], &permille), "%s", bad[i]);
}
END_TEST

START_TEST(test_numbers_end_at_their_bound)
{
    uint64_t number;
    ck_assert(sim_words_number("1,000", 5000, &number));
    ck_assert_uint_eq(number, 1000);
    ck_assert(sim_words_number("5000", 5000, &number));
    ck_assert(!sim_words_number("5001", 5000, &number));
    ck_assert(!sim_words_number("18446744073709551616", UINT64_MAX, &number));
    ck_assert(!sim_words_number("", 10, &number));
    ck_assert(!sim_words_number(",1", 10, &number));
    ck_assert(!sim_words_number("-1", 10, &number));
}
END_TEST

/* ---- statements ------------------------------------------------------------------------------ */

static const char *const examples[] = {
    "members 3,000",
    "clusters 2",
    "start within 2s",
    "until agreed within 10s",
    "run 1h",
    "runs 20",
    "seed 7",
    "rings on",
    "profile wan",
    "set suspect-timeout 5s",
    "rack C n20,n22..n30",
    "key a b for n1..n9",
    "seal off for n10",
    "expect dead within 15s",
    "at 10s crash n7 silently",
    "every 5m kill random",
    "latency p50=0.3ms p99=2ms",
    "loss 80% for 1% of members",
    "duplicate 5%",
    "reorder 5% by 50ms",
    "corrupt 0.1%",
    "slow n5 by 200ms",
    "cut n1..n500 from n501..n1000",
    "firewall between rack A and rack B",
    "flap ingress of 1% every 20s",
    "heal",
    "crash half silently",
    "kill 5 random",
    "leave n4",
    "pause n1,n2 for 10s",
    "stall all for p50=300ms p99=2s within 10m",
    "resume all",
    "restart n7 with memory",
    "clone n3",
    "join storm 500 within 2s",
    "clock n3 offset -1y drift 100ppm",
    "force-leave n7 prune",
    "tags n1..n9 zone=a rack=r1",
    "move n1..n9 to n11..n19",
    "reload n1..n9 key b a seal on within 1s",
    "attack replay 20% gossips since 1s before 9s to others from elsewhere times 3 within 5s",
};

START_TEST(test_every_statement_has_an_example_that_reads)
{
    size_t count;
    const struct sim_verb_row *rows = sim_verb_rows(&count);
    ck_assert_uint_eq(count, sizeof examples / sizeof examples[0]);
    for (size_t i = 0; i < count; i++) {
        fresh();
        size_t len = strlen(rows[i].word);
        ck_assert_msg(strncmp(examples[i], rows[i].word, len) == 0, "%s", examples[i]);
        ck_assert_msg(read_one(examples[i]) == 0, "%s: %s", examples[i], error);
        ck_assert_msg(sim_scenario_check(&scenario, error) == 0, "%s: %s", examples[i], error);
    }
}
END_TEST

START_TEST(test_other_spellings_read)
{
    static const char *const more[] = {
        "",
        "   # nothing but a comment",
        "loss 1% # and a comment",
        "set fanout=3",
        "latency lan",
        "latency wan",
        "latency p0=1ms p50=2ms p90=3ms p99=4ms max=5ms",
        "expect agreed within 10s",
        "expect no false dead",
        "expect no false suspicion",
        "expect no revival",
        "expect replacement stays",
        "rings off",
        "at 10s cut n7 from others",
        "at 10s cut n1 to n2",
        "at 10s cut n1..n5 from others for 2s",
        "at 10s stall all for 2s",
        "every 10m stall random for 500ms within 5m",
        "flap egress of n1 every 5s",
        "flap n1 every 5s",
        "restart n7",
        "restart n7 fresh",
        "restart n7 elsewhere",
        "at 5s restart random",
        "at 1s loss 5% for half of members",
        "at 1s latency wan",
        "join 5",
        "clock n3 drift -50ppm",
        "force-leave random",
        "tags half zone=",
        "key none for n3",
        "key a b c d e f g h",
        "seal require",
        "expect no refused key",
        "expect no refused key since 30s",
        "reload all key none within 1s",
        "reload n3 seal accept",
        "at 9s attack replay all",
        "at 9s attack replay 100,000 probe-requests to n1..n3 from attacker",
        "at 9s attack forge 100 noise",
        "at 9s attack forge 100 heads joins from members to n3",
        "at 9s attack forge 100 plain within 2s",
        "at 9s attack reflect 100% joins for 5s",
        "at 9s attack delay 5% by 2s for 5s",
        "at 9s attack icmp 100% to n7 for 5s",
        "crash 2 random with last words",
    };
    for (size_t i = 0; i < sizeof more / sizeof more[0]; i++) {
        fresh();
        ck_assert_msg(read_one(more[i]) == 0, "%s: %s", more[i], error);
    }
}
END_TEST

START_TEST(test_statements_mean_what_they_say)
{
    fresh();
    ck_assert_int_eq(read_one("every 5m crash 3 random silently"), 0);
    ck_assert_uint_eq(scenario.statements[0].every, 300000000);
    ck_assert_uint_eq(scenario.statements[0].at, 300000000);
    ck_assert_int_eq(last()->verb, SIM_CRASH);
    ck_assert_int_eq(last()->way, SIM_WAY_SILENT);
    ck_assert_int_eq(last()->who.kind, SIM_WHO_RANDOM);
    ck_assert_uint_eq(last()->who.count, 3);
    ck_assert_int_eq(read_one("at 1s firewall between rack A and n30,n40..n41"), 0);
    ck_assert_uint_eq(last()->who.ranges[0][1], 8);
    ck_assert_uint_eq(last()->other.range_count, 2);
    ck_assert_uint_eq(last()->other.ranges[1][0], 39);
    ck_assert_int_eq(read_one("loss 80% for 1% of members"), 0);
    ck_assert_uint_eq(last()->permille, 800);
    ck_assert_uint_eq(last()->who.permille, 10);
    ck_assert_int_eq(read_one("clock n3 offset -2s drift -50ppm"), 0);
    ck_assert_int_eq(last()->offset, -2000000);
    ck_assert_int_eq(last()->ppm, -50);
    ck_assert_int_eq(read_one("set suspect-timeout-min 2s"), 0);
    ck_assert_uint_eq(scenario.config.suspect_timeout_min, 2000000);
    ck_assert_int_eq(read_one("latency p50=10ms p99=30ms"), 0);
    ck_assert_uint_eq(scenario.latency.us[0], 5000);
    ck_assert_uint_eq(scenario.latency.us[2], 20000);
    ck_assert_uint_eq(scenario.latency.us[4], 30000);
    ck_assert_int_eq(read_one("at 1s force-leave 2 random prune"), 0);
    ck_assert_int_eq(last()->verb, SIM_FORCE_LEAVE);
    ck_assert_int_eq(last()->way, SIM_WAY_PRUNE);
}
END_TEST

START_TEST(test_keys_are_those_of_the_last_statement_that_names_a_member)
{
    fresh();
    ck_assert_int_eq(read_one("key a b"), 0);
    ck_assert_int_eq(read_one("seal accept for n2..n4"), 0);
    ck_assert_int_eq(read_one("key c for n3"), 0);
    ck_assert_int_eq(read_one("key none for n4"), 0);
    struct sim_keying n1 = sim_keying_of(&scenario.keys, 0), n3 = sim_keying_of(&scenario.keys, 2);
    struct sim_keying n2 = sim_keying_of(&scenario.keys, 1), n4 = sim_keying_of(&scenario.keys, 3);
    ck_assert_uint_eq(n1.keys.count, 2);
    ck_assert_str_eq(n1.keys.names[1], "b");
    ck_assert_int_eq(sim_keying_mode(&n1), HEARSAY_SEAL_REQUIRE);
    ck_assert_int_eq(sim_keying_mode(&n2), HEARSAY_SEAL_ACCEPT);
    ck_assert_uint_eq(n3.keys.count, 1);
    ck_assert_str_eq(n3.keys.names[0], "c");
    ck_assert_int_eq(sim_keying_mode(&n3), HEARSAY_SEAL_ACCEPT);
    ck_assert_uint_eq(n4.keys.count, 0);
    ck_assert_int_eq(sim_keying_mode(&n4), HEARSAY_SEAL_OFF);
    ck_assert(sim_keying_is_heard(&n2, &n4) && sim_keying_is_heard(&n4, &n2));
    ck_assert(sim_keying_is_heard(&n1, &n2) && !sim_keying_is_heard(&n2, &n1)); /* sends plain */
    ck_assert(!sim_keying_is_heard(&n1, &n3) && !sim_keying_is_heard(&n1, &n4));
}
END_TEST

START_TEST(test_attacks_are_read_word_by_word)
{
    fresh();
    ck_assert_int_eq(read_one("at 60s attack replay 20% probe-requests since 5s before 50s "
                              "to n3 from elsewhere times 7 within 9s"),
                     0);
    const struct sim_attack *attack = &last()->attack;
    ck_assert_int_eq(attack->kind, SIM_ATTACK_REPLAY);
    ck_assert_uint_eq(attack->permille, 200);
    ck_assert_uint_eq(attack->kinds, 1u << HEARSAY_KIND_PROBE_REQUEST);
    ck_assert_uint_eq(attack->since, 5000000);
    ck_assert_uint_eq(attack->before, 50000000);
    ck_assert_uint_eq(last()->who.ranges[0][0], 2);
    ck_assert_int_eq(attack->source, SIM_SOURCE_ELSEWHERE);
    ck_assert_uint_eq(attack->times, 7);
    ck_assert_uint_eq(attack->spread, 9000000);
    ck_assert_int_eq(read_one("at 60s attack forge 30 plain"), 0);
    ck_assert_int_eq(last()->attack.forgery, SIM_FORGE_PLAIN);
    ck_assert_uint_eq(last()->attack.count, 30);
    ck_assert_int_eq(last()->attack.source, SIM_SOURCE_MEMBER);
    ck_assert_int_eq(read_one("at 60s attack delay 30% by 2s for 4s"), 0);
    ck_assert_uint_eq(last()->attack.by, 2000000);
    ck_assert_uint_eq(last()->attack.spread, 4000000);
}
END_TEST

START_TEST(test_tags_are_kept_as_text_and_made_a_list)
{
    struct sim_tag_list list;
    fresh();
    ck_assert_int_eq(read_one("tags n1 zone=a empty= note=x=y"), 0);
    struct sim_tags tags = last()->tags;
    fresh(); /* what the list is made of is a copy */
    ck_assert_uint_eq(tags.count, 3);
    sim_tags_list(&list, &tags);
    ck_assert_str_eq(list.tags[0].key, "zone");
    ck_assert_str_eq(list.tags[0].value, "a");
    ck_assert_str_eq(list.tags[1].key, "empty");
    ck_assert_str_eq(list.tags[1].value, "");
    ck_assert_str_eq(list.tags[2].key, "note");
    ck_assert_str_eq(list.tags[2].value, "x=y");
    while (tags.count < HEARSAY_TAGS_COUNT)
        ck_assert(sim_tags_add(&tags, "k=v"));
    ck_assert(!sim_tags_add(&tags, "k=v"));
}
END_TEST

/* ---- mistakes -------------------------------------------------------------------------------- */

START_TEST(test_mistakes_are_told_with_what_would_be_right)
{
    static const struct {
        const char *text, *words;
    } wrong[] = {
        {"loss 200%", "loss SHARE [for WHO]"},
        {"loss 1% for", "loss SHARE [for WHO]"},
        {"loss 1% of members", "loss SHARE"},
        {"explode n7", "'explode' is no statement; there are members"},
        {"at 10s explode n7", "'explode' is no statement; there are latency"},
        {"at 10s members 5", "'members' is no statement"},
        {"at 10s", "'' is no statement"},
        {"at soon crash n7", "at TIME STATEMENT"},
        {"every 0s crash n7", "every TIME STATEMENT"},
        {"crash", "crash WHO [silently | with last words]"},
        {"crash n7 with words", "crash WHO [silently | with last words]"},
        {"crash n0", "crash WHO"},
        {"crash n9..n3", "crash WHO"},
        {"crash n7 loudly", "crash WHO [silently | with last words]"},
        {"crash rack Z", "crash WHO"},
        {"members none", "members COUNT"},
        {"latency p50=3ms p99=1ms", "latency p50=TIME"},
        {"latency p99=1ms", "latency p50=TIME"},
        {"set suspicion 5s", "no setting is called 'suspicion'; there are profile,"},
        {"set suspect-timeout five", "suspect-timeout must be a duration"},
        {"set fanout 5s", "fanout must be a number"},
        {"profile moon", "profile must be lan, wan or local"},
        {"expect dead", "expect dead within TIME"},
        {"clock n3", "clock WHO [offset TIME]"},
        {"force-leave n7 now", "force-leave WHO [prune]"},
        {"tags n7", "tags WHO KEY=VALUE..."},
        {"tags n7 zone", "tags WHO KEY=VALUE..."},
        {"tags n7 =a", "tags WHO KEY=VALUE..."},
        {"rack Z all", "rack NAME n1..n10"},
        {"flap ingress n1 every 5s", "flap [ingress of|egress of] WHO every TIME"},
        {"key", "key NAME... [for WHO]"},
        {"key a a", "key NAME..."},
        {"key a b c d e f g h i", "key NAME..."},
        {"key a-name-that-is-too-long", "key NAME..."},
        {"key a for random", "key NAME... [for WHO]"},
        {"seal perhaps", "seal off|accept|on|require [for WHO]"},
        {"reload all", "reload WHO [key NAME...|none]"},
        {"reload all within 1s", "reload WHO [key NAME...|none]"},
        {"reload key a", "reload WHO"},
        {"attack", "attack replay all|COUNT|SHARE"},
        {"attack replay", "attack replay all|COUNT|SHARE"},
        {"attack replay all letters", "attack replay all|COUNT|SHARE"},
        {"attack replay all for 5s", "attack replay all|COUNT|SHARE"},
        {"attack replay all times 0", "attack replay all|COUNT|SHARE"},
        {"attack forge 20% heads", "attack forge COUNT noise|heads|plain"},
        {"attack forge 100", "attack forge COUNT noise|heads|plain"},
        {"attack reflect 100 for 5s", "attack reflect|icmp SHARE"},
        {"attack delay 100% for 5s", "by TIME for TIME"},
        {"expect no refused", "expect no refused key"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        fresh();
        ck_assert_msg(read_one(wrong[i].text) == HEARSAY_ERR_INVALID, "%s", wrong[i].text);
        ck_assert_msg(strstr(error, wrong[i].words) != NULL, "%s: %s", wrong[i].text, error);
    }
}
END_TEST

START_TEST(test_too_long_a_statement_is_refused)
{
    char text[2 * SIM_TEXT_MAX];
    fresh();
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    ck_assert_int_eq(read_one(text), HEARSAY_ERR_INVALID);
    ck_assert_ptr_nonnull(strstr(error, "at most 255 bytes"));
    for (uint32_t i = 0; i < SIM_STATEMENTS_MAX; i++)
        ck_assert_int_eq(read_one("heal"), 0);
    ck_assert_int_eq(read_one("heal"), HEARSAY_ERR_INVALID);
    ck_assert_ptr_nonnull(strstr(error, "at most 256 statements"));
}
END_TEST

static void check_whole(const char *text, const char *words)
{
    fresh();
    ck_assert_int_eq(read_one(text), 0);
    ck_assert_int_eq(sim_scenario_check(&scenario, error), HEARSAY_ERR_INVALID);
    ck_assert_msg(strstr(error, words) != NULL, "%s: %s", text, error);
}

START_TEST(test_what_can_be_judged_only_at_the_end)
{
    check_whole("at 5s crash n1001", "there is no n1001, the members are n1 to n1000");
    check_whole("at 2m crash n7", "the run ends before that");
    check_whole("tags n7 a/b=c", "tags n7 a/b=c: tag: a key must be");
    check_whole("tags n7 zone=a zone=b", "tags n7 zone=a zone=b: tag");
    check_whole("set suspect-timeout 1us", "suspect-timeout must be 10 ms to 1 d");
    check_whole("set suspect-timeout 1s", "suspect-timeout-min must not be longer");
    check_whole("seal on", "seal: no member has a key");
    check_whole("at 5s reload all seal require", "seal: no member has a key");
    fresh();
    ck_assert_int_eq(read_one("at 5s join 10"), 0);
    ck_assert_int_eq(read_one("at 20s crash n1010"), 0);
    ck_assert_int_eq(sim_scenario_check(&scenario, error), 0);
}
END_TEST

START_TEST(test_files_are_read_to_the_line_that_is_wrong)
{
    char path[] = "hearsay-sim-XXXXXX";
    int fd = mkstemp(path);
    FILE *file = fdopen(fd, "w");
    ck_assert_ptr_nonnull(file);
    fputs("# a comment\n\nmembers 10\r\nloss 1%\nloss much\n", file);
    fclose(file);
    sim_scenario_init(&scenario);
    int result = sim_scenario_read_file(&scenario, path, error);
    unlink(path);
    ck_assert_int_eq(result, HEARSAY_ERR_INVALID);
    ck_assert_ptr_nonnull(strstr(error, ":5: write it like this: loss SHARE"));
    ck_assert_uint_eq(scenario.members, 10);
    ck_assert_int_eq(sim_scenario_read_file(&scenario, "no/such/file", error), HEARSAY_ERR_INVALID);
    ck_assert_ptr_nonnull(strstr(error, "no/such/file: No such file"));
}
END_TEST

START_TEST(test_shipped_scenarios_read)
{
    DIR *dir = opendir(HS_TEST_SCENARIOS);
    unsigned count = 0;
    ck_assert_ptr_nonnull(dir);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        char path[4096];
        if (strstr(entry->d_name, ".sim") == NULL)
            continue;
        snprintf(path, sizeof path, "%s/%s", HS_TEST_SCENARIOS, entry->d_name);
        sim_scenario_init(&scenario);
        ck_assert_msg(sim_scenario_read_file(&scenario, path, error) == 0, "%s", error);
        ck_assert_msg(sim_scenario_check(&scenario, error) == 0, "%s: %s", path, error);
        count++;
    }
    closedir(dir);
    ck_assert_uint_ge(count, 10);
}
END_TEST

HARNESS_MAIN("scenario", test_durations_are_exact, test_shares_are_permille,
             test_numbers_end_at_their_bound, test_every_statement_has_an_example_that_reads,
             test_other_spellings_read, test_statements_mean_what_they_say,
             test_keys_are_those_of_the_last_statement_that_names_a_member,
             test_attacks_are_read_word_by_word, test_tags_are_kept_as_text_and_made_a_list,
             test_mistakes_are_told_with_what_would_be_right, test_too_long_a_statement_is_refused,
             test_what_can_be_judged_only_at_the_end, test_files_are_read_to_the_line_that_is_wrong,
             test_shipped_scenarios_read)
