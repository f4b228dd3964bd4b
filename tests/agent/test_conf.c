/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Settings of the daemon: which of flag, file and profile wins, and the error text of each wrong
 * flag. A text must name the flag and what would be right. Its exact wording is not tested.
 */
#include <hearsay/config.h>
#include <hearsay/error.h>

#include "conf_reading.h"

START_TEST(test_defaults)
{
    struct hearsay_config config;

    ck_assert_int_eq(READ("--log-level", "info"), 0);
    ck_assert_str_eq(options.name, "n1");
    ck_assert_str_eq(options.bind, "0.0.0.0:7847");
    ck_assert_str_eq(options.log, "-");
    ck_assert_ptr_null(options.advertise);
    ck_assert_uint_eq(options.join.count, 0);
    hs_options_config(&options, &config);
    ck_assert_uint_eq(config.interval, 1000000);
    ck_assert_uint_eq(config.gossip_interval, 100000);
    ck_assert_uint_eq(config.suspect_timeout, 5000000);
    ck_assert_uint_eq(config.fanout, 2);
    ck_assert_uint_eq(config.tokens, 128);
    ck_assert_str_eq(config.cluster, "hearsay");
    clear();
}
END_TEST

START_TEST(test_a_key_that_is_given_overrides_the_profile)
{
    struct hearsay_config wan, config;

    hearsay_config_init(&wan, HEARSAY_PROFILE_WAN);
    ck_assert_int_eq(READ("--gossip-interval", "123ms", "--profile", "wan"), 0);
    hs_options_config(&options, &config);
    ck_assert_uint_eq(config.gossip_interval, 123000);
    ck_assert_uint_eq(config.interval, wan.interval);
    ck_assert_uint_eq(config.suspect_timeout, wan.suspect_timeout);
    clear();
}
END_TEST

START_TEST(test_every_number_and_time_of_the_protocol_reaches_its_field)
{
    struct hearsay_config config;

    ck_assert_int_eq(READ("--fanout=3", "--mtu=1300", "--max-members=77", "--interval=901ms",
                          "--gossip-interval=92ms", "--probe-timeout-min=93ms",
                          "--probe-timeout-max=494ms", "--suspect-timeout=4s",
                          "--suspect-timeout-min=2s", "--suspect-timeout-refused=1100ms",
                          "--tombstone-ttl=2h", "--leave-timeout=2500ms", "--rejoin-interval=11s",
                          "--cluster=c", "--tokens=99"),
                     0);
    hs_options_config(&options, &config);
    ck_assert_uint_eq(config.fanout, 3);
    ck_assert_uint_eq(config.mtu, 1300);
    ck_assert_uint_eq(config.max_members, 77);
    ck_assert_uint_eq(config.interval, 901000);
    ck_assert_uint_eq(config.gossip_interval, 92000);
    ck_assert_uint_eq(config.probe_timeout_min, 93000);
    ck_assert_uint_eq(config.probe_timeout_max, 494000);
    ck_assert_uint_eq(config.suspect_timeout, 4000000);
    ck_assert_uint_eq(config.suspect_timeout_min, 2000000);
    ck_assert_uint_eq(config.suspect_timeout_refused, 1100000);
    ck_assert_uint_eq(config.tombstone_ttl, 7200000000);
    ck_assert_uint_eq(config.leave_timeout, 2500000);
    ck_assert_uint_eq(config.rejoin_interval, 11000000);
    ck_assert_str_eq(config.cluster, "c");
    ck_assert_uint_eq(config.tokens, 99);
    clear();
}
END_TEST

START_TEST(test_weight_is_a_factor_of_128_tokens)
{
    static const struct {
        const char *weight;
        unsigned tokens;
    } cases[] = {{"1", 128},  {"1.5", 192},   {"0.5", 64}, {"32", 4096},
                 {"0.01", 1}, {"2.001", 256}, {"0", 0},    {"0.0", 0}};
    static const char *const bad[] = {"0.0001", "33", "-1", "1x", "0.001", ""};

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct hearsay_config config;

        ck_assert_msg(READ("--weight", cases[i].weight) == 0, "%s", error);
        hs_options_config(&options, &config);
        ck_assert_uint_eq(config.tokens, cases[i].tokens);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        ck_assert_int_lt(READ("--weight", bad[i]), 0);
        assert_says("0.01 to 32");
    }
    ck_assert_int_lt(READ("--weight", "1", "--tokens", "128"), 0);
    assert_says("weight");
    assert_says("tokens");
}
END_TEST

START_TEST(test_lists_by_commas_and_repeated)
{
    ck_assert_int_eq(READ("--join", "a:1,b:2", "--join=[::1]:3, c", "--tag", "k=v,w", "--tag=x="),
                     0);
    ck_assert_uint_eq(options.join.count, 4);
    ck_assert_str_eq(options.join.items[0], "a:1");
    ck_assert_str_eq(options.join.items[1], "b:2");
    ck_assert_str_eq(options.join.items[2], "[::1]:3");
    ck_assert_str_eq(options.join.items[3], "c");
    ck_assert_uint_eq(options.tag_count, 2);
    ck_assert_str_eq(options.tags[0].key, "k");
    ck_assert_str_eq(options.tags[0].value, "v,w");
    ck_assert_str_eq(options.tags[1].key, "x");
    ck_assert_str_eq(options.tags[1].value, "");
    clear();
}
END_TEST

START_TEST(test_a_wrong_flag_is_told_what_would_be_right)
{
    static const struct {
        const char *flag, *value, *says;
    } cases[] = {
        {"--fanout", "1", "2 to 16"},
        {"--fanout", "17", "2 to 16"},
        {"--fanout", "two", "2 to 16"},
        {"--interval", "1", "10ms to 10m"},
        {"--interval", "9ms", "10ms to 10m"},
        {"--mtu", "1401", "1200 to 1400"},
        {"--name", "a b", "letters"},
        {"--name", "", "letters"},
        {"--bind", "1.2.3.4:65536", "65535"},
        {"--advertise", "0.0.0.0:1", "others can reach"},
        {"--advertise", ":7847", "others can reach"},
        {"--join", "a,:5", "':5'"},
        {"--join", "a:0", "'a:0'"},
        {"--tag", "novalue", "key=value"},
        {"--tag", "bad key=v", "key=value"},
        {"--log-level", "loud", "debug, info, warn or error"},
        {"--profile", "moon", "lan, wan or local"},
        {"--suspect-timeout", "1s", "suspect-timeout-min is 2500ms by default"},
        {"--ring-hold", "13h", "must not be longer than 12h, half of tombstone-ttl (1d)"},
        {"--fanuot", "3", "did you mean --fanout"},
        {"--zzzzzzzzzz", "3", "unknown option --zzzzzzzzzz"},
        {"stray", "3", "stray"},
        {"--config", "/nonexistent/hearsay.conf", "/nonexistent/hearsay.conf"},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        ck_assert_msg(READ(cases[i].flag, cases[i].value) < 0, "%s %s is taken", cases[i].flag,
                      cases[i].value);
        assert_says(cases[i].says);
        if (strncmp(cases[i].flag, "--", 2) == 0)
            assert_says(cases[i].flag + 2);
    }
    ck_assert_int_lt(READ("--fanout"), 0);
    assert_says("--fanout needs a value");
    ck_assert_int_lt(READ("--help=x"), 0);
    assert_says("no value");
    ck_assert_int_lt(READ("--tag", "a=1", "--tag", "a=2"), 0);
    assert_says("'a' is given twice");
}
END_TEST

/* An empty variable that is not quoted leaves its flag without a value. */
START_TEST(test_a_flag_does_not_swallow_the_next_one)
{
    for (size_t i = 0; i < hs_option_count; i++) {
        const struct hs_option *option = &hs_option_table[i];
        char flag[64], joined[64], empty[64];

        if (option->arg == NULL)
            continue;
        (void)snprintf(flag, sizeof(flag), "--%s", option->key);
        (void)snprintf(joined, sizeof(joined), "--%s=", option->key);
        (void)snprintf(empty, sizeof(empty), "--%s: has no value", option->key);
        for (size_t k = 0; k < 3; k++) {
            static const char *const next[] = {"--cluster=prod", "--cluster", "--"};

            ck_assert_msg(READ(flag, next[k]) < 0, "%s %s is taken", flag, next[k]);
            assert_says(flag);
            assert_says(next[k]);
            assert_says("begins with a dash is written --");
        }
        ck_assert_msg(READ(flag, "") < 0, "%s '' is taken", flag);
        assert_says(empty);
        ck_assert_msg(READ(joined) < 0, "%s is taken", joined);
        assert_says(empty);
        ck_assert_int_lt(READ(flag), 0);
        assert_says("needs a value");
    }
    ck_assert_msg(READ("--tag=--x=y", "--log=-x", "--trace", "-") == 0, "%s", error);
    ck_assert_str_eq(options.tags[0].key, "--x");
    ck_assert_str_eq(options.log, "-x");
    ck_assert_str_eq(options.trace, "-");
    ck_assert_int_lt(READ("--tag", "note=x\nrole=db"), 0);
    assert_says("note=x\\nrole=db");
    assert_says("control characters");
    ck_assert_int_lt(READ("--join", ""), 0);
    ck_assert_int_lt(READ("--join", " , "), 0);
    assert_says("a seed is missing");
    ck_assert_int_eq(READ("--join", "a, b, "), 0);
    ck_assert_uint_eq(options.join.count, 2);
    clear();
}
END_TEST

/* Whether one of the mistakes has these words. */
static bool is_said(const char *const *argv, int argc, const char *words)
{
    struct hs_mistakes mistakes = {.count = 0};
    bool said = false;

    clear();
    (void)hs_options_read_all(&options, argc, (char *const *)(uintptr_t)argv, &mistakes);
    for (size_t i = 0; i < mistakes.kept; i++)
        said = said || strstr(mistakes.items[i].line, words);
    hs_mistakes_fini(&mistakes);
    return said;
}

/* Flags that wrappers and units put together: only one of two values would count. */
START_TEST(test_a_flag_is_given_once_unless_it_is_a_list)
{
    for (size_t i = 0; i < hs_option_count; i++) {
        const struct hs_option *option = &hs_option_table[i];
        bool list = option->type == HS_OPTION_JOIN || option->type == HS_OPTION_TAG;
        char flag[64], says[96];
        const char *const argv[] = {"hearsayd", flag, "/dev/null", flag, "/dev/null"};

        if (!option->arg)
            continue;
        (void)snprintf(flag, sizeof(flag), "--%s", option->key);
        (void)snprintf(says, sizeof(says), "--%s is given twice", option->key);
        ck_assert_msg(is_said(argv, (int)COUNT(argv), says) != list, "%s twice", flag);
    }
    ck_assert_int_lt(READ("--name=p", "--name", "q"), 0);
    assert_says("--name is given twice");
    ck_assert_int_eq(READ("--check", "--check"), 0); /* says nothing else the second time */
    clear();
}
END_TEST

START_TEST(test_help_and_version_need_nothing_else)
{
    ck_assert_int_eq(READ("--help"), 0);
    ck_assert_int_eq(READ("-h"), 0);
    ck_assert_int_eq(options.action, HS_ACTION_HELP);
    ck_assert_int_eq(READ("--version", "--config", "/nonexistent"), 0);
    ck_assert_int_eq(options.action, HS_ACTION_VERSION);
    clear();
}
END_TEST

/* ---- what fails below us ----------------------------------------------------------------- */

/* The linker sends the calls of what is tested here (meson.build). */
static long fail_in = -1; /* the allocation that fails, counted down; negative: none */
static const char *host_name;

static bool fails(void)
{
    return fail_in >= 0 && fail_in-- == 0;
}

#define WRAP(result, name, parameters, arguments)                                                  \
    result __real_##name parameters;                                                               \
    result __wrap_##name parameters;                                                               \
    result __wrap_##name parameters                                                                \
    {                                                                                              \
        return fails() ? NULL : __real_##name arguments;                                           \
    }

WRAP(void *, malloc, (size_t size), (size))
WRAP(void *, calloc, (size_t count, size_t size), (count, size))
WRAP(void *, realloc, (void *old, size_t size), (old, size))
WRAP(char *, strdup, (const char *text), (text))
WRAP(char *, strndup, (const char *text, size_t len), (text, len))

int __real_gethostname(char *name, size_t size);
int __wrap_gethostname(char *name, size_t size);
int __wrap_gethostname(char *name, size_t size)
{
    if (host_name == NULL)
        return __real_gethostname(name, size);
    return snprintf(name, size, "%s", host_name) < (int)size ? 0 : -1;
}

START_TEST(test_the_host_name_is_the_default_name)
{
    const char *argv[] = {"hearsayd"};

    host_name = "cache-1.example.org";
    ck_assert_msg(read_flags(argv, 1) == 0, "%s", error);
    ck_assert_str_eq(options.name, "cache-1.example.org");
    host_name = "no name";
    ck_assert_int_lt(read_flags(argv, 1), 0);
    assert_says("--name is needed");
    assert_says("'no name'");
    ck_assert_int_eq(READ("--log-level", "info"), 0); /* a name that is given makes it good */
    host_name = NULL;
    clear();
}
END_TEST

START_TEST(test_the_nth_allocation_fails_for_every_n)
{
    const char *argv[] = {"hearsayd", "--join",   "a:1, b:2", "--tag",       "x=1",      "--tag",
                          "y=2",      "--config", path,       "--advertise", "192.0.2.1"};
    unsigned failed = 0;
    int r = -1;

    host_name = "n1";
    write_file("tag = ignored=1\nlog-level = debug\nbind = 127.0.0.1\n");
    while (r < 0 && failed < 1000) {
        clear();
        fail_in = failed;
        r = hs_options_read_again(&options, (int)COUNT(argv), (char *const *)(uintptr_t)argv,
                                  error);
        fail_in = -1;
        if (r == 0)
            break;
        failed++;
        ck_assert_msg(strstr(error, "memory") != NULL || strstr(error, path) != NULL, "%s", error);
    }
    ck_assert_uint_gt(failed, 10);
    ck_assert_uint_lt(failed, 1000);
    ck_assert_uint_eq(options.join.count, 2);
    ck_assert_uint_eq(options.tag_count, 2);
    ck_assert_str_eq(options.name, "n1");
    (void)unlink(path);
    host_name = NULL;
    clear();
}
END_TEST

START_TEST(test_bounds_of_lists_and_texts)
{
    const char *many[3 + 2 * (HS_OPTION_LIST_MAX + 1)] = {"hearsayd", "--name", "n1"};
    char tags[HEARSAY_TAGS_COUNT + 1][16], cluster[HEARSAY_CLUSTER_MAX + 2];

    for (int i = 0; i <= HS_OPTION_LIST_MAX; i++) {
        many[3 + 2 * i] = "--join";
        many[4 + 2 * i] = "seed";
    }
    ck_assert_int_eq(read_flags(many, 3 + 2 * HS_OPTION_LIST_MAX), 0);
    ck_assert_uint_eq(options.join.count, HS_OPTION_LIST_MAX);
    ck_assert_int_lt(read_flags(many, 5 + 2 * HS_OPTION_LIST_MAX), 0);
    assert_says("at most 64 seeds");
    for (int i = 0; i <= HEARSAY_TAGS_COUNT; i++) {
        (void)snprintf(tags[i], sizeof(tags[i]), "t%d=", i);
        many[3 + 2 * i] = "--tag";
        many[4 + 2 * i] = tags[i];
    }
    ck_assert_msg(read_flags(many, 3 + 2 * HEARSAY_TAGS_COUNT) == 0, "%s", error);
    ck_assert_int_lt(read_flags(many, 5 + 2 * HEARSAY_TAGS_COUNT), 0);
    assert_says("at most 32 tags");
    ck_assert_int_lt(READ("--tag", "=v"), 0);
    assert_says("key=value");
    memset(cluster, 'c', sizeof(cluster));
    cluster[HEARSAY_CLUSTER_MAX + 1] = '\0';
    ck_assert_int_lt(READ("--cluster", cluster), 0);
    assert_says("1 to 64 bytes");
    ck_assert_int_lt(READ("--control-group", ""), 0);
    assert_says("1 to 255 bytes");
    ck_assert_int_lt(READ("--weight", "99999999999999999"), 0);
    assert_says("0.01 to 32");
    clear();
}
END_TEST

HARNESS_MAIN("conf", test_a_flag_does_not_swallow_the_next_one, test_defaults,
             test_a_key_that_is_given_overrides_the_profile,
             test_every_number_and_time_of_the_protocol_reaches_its_field,
             test_weight_is_a_factor_of_128_tokens, test_lists_by_commas_and_repeated,
             test_a_wrong_flag_is_told_what_would_be_right,
             test_a_flag_is_given_once_unless_it_is_a_list, test_help_and_version_need_nothing_else,
             test_the_host_name_is_the_default_name, test_the_nth_allocation_fails_for_every_n,
             test_bounds_of_lists_and_texts)
