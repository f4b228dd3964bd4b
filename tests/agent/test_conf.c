/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Settings of the daemon: how values are spelled, which of flag, file and profile wins, and the
 * error text of each mistake. A text must name the key, the place and what would be right. Its
 * exact wording is not tested.
 */
#include "harness.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <hearsay/config.h>
#include <hearsay/error.h>

#include "agent/options/options.h"
#include "agent/options/values.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- values ------------------------------------------------------------------------------ */

START_TEST(test_durations_have_a_unit)
{
    static const struct {
        const char *text;
        uint64_t us;
    } good[] = {{"1s", 1000000},        {"100ms", 100000},    {"24h", 86400000000},
                {"7d", 604800000000},   {"1.5s", 1500000},    {"0.25ms", 250},
                {"5m", 300000000},      {"9us", 9},           {"0s", 0},
                {"1.000001s", 1000001}, {"0.5d", 43200000000}};
    static const char *const bad[] = {"",
                                      "1",
                                      "s",
                                      "1 s",
                                      "-1s",
                                      "+1s",
                                      "1.s",
                                      ".5s",
                                      "1.0000001s",
                                      "1sec",
                                      "1S",
                                      "1e3s",
                                      "0x1ms",
                                      "infs",
                                      "1s ",
                                      " 1s",
                                      "1,5s",
                                      "1.5.5s",
                                      "99999999999999999999s",
                                      "18446744073709551615s"};

    for (size_t i = 0; i < COUNT(good); i++) {
        uint64_t us = 12345;

        ck_assert_msg(hs_value_duration(good[i].text, &us) == 0, "%s is refused", good[i].text);
        ck_assert_uint_eq(us, good[i].us);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        uint64_t us = 12345;

        ck_assert_msg(hs_value_duration(bad[i], &us) < 0, "'%s' is taken", bad[i]);
        ck_assert_uint_eq(us, 12345);
    }
}
END_TEST

START_TEST(test_a_formatted_duration_reads_back)
{
    static const uint64_t us[] = {0,        1,          999,         1000,     1500000,
                                  60000000, 3600000000, 86400000000, 90000000, UINT64_MAX};

    for (size_t i = 0; i < COUNT(us); i++) {
        char text[HS_DURATION_TEXT_MAX];
        uint64_t back = 12345;

        hs_value_format_duration(us[i], text);
        ck_assert_msg(hs_value_duration(text, &back) == 0, "'%s' does not read back", text);
        ck_assert_uint_eq(back, us[i]);
    }
}
END_TEST

START_TEST(test_numbers_are_plain_decimals)
{
    static const char *const bad[] = {"",    " 1",  "1 ",  "+1",  "-1",
                                      "0x1", "1.0", "1e3", "one", "18446744073709551616"};
    uint64_t number = 0;

    ck_assert_int_eq(hs_value_number("18446744073709551615", &number), 0);
    ck_assert_uint_eq(number, UINT64_MAX);
    for (size_t i = 0; i < COUNT(bad); i++)
        ck_assert_msg(hs_value_number(bad[i], &number) < 0, "'%s' is taken", bad[i]);
    ck_assert_uint_eq(number, UINT64_MAX);
}
END_TEST

START_TEST(test_endpoints_in_every_spelling)
{
    static const struct {
        const char *text, *host;
        unsigned port;
    } good[] = {{"192.0.2.1:5", "192.0.2.1", 5},
                {"192.0.2.1", "192.0.2.1", 7847},
                {"[2001:db8::1]:5", "2001:db8::1", 5},
                {"[::]", "::", 7847},
                {"2001:db8::1", "2001:db8::1", 7847},
                {":5", "", 5},
                {"seed.example.org:65535", "seed.example.org", 65535},
                {"localhost", "localhost", 7847},
                {"127.0.0.1:0", "127.0.0.1", 0}};
    static const char *const bad[] = {"",       "a:",     "a:65536", "a:x",  "[::1",   "[]:5",
                                      "[::1]5", "[::1]:", "a b:5",   "a:-1", "a:1:x]", "1:2:3"};
    char host[HS_HOST_MAX];
    uint16_t port;

    for (size_t i = 0; i < COUNT(good); i++) {
        ck_assert_msg(hs_value_endpoint(good[i].text, 7847, host, &port) == 0, "%s is refused",
                      good[i].text);
        ck_assert_str_eq(host, good[i].host);
        ck_assert_uint_eq(port, good[i].port);
    }
    for (size_t i = 0; i < COUNT(bad); i++)
        ck_assert_msg(hs_value_endpoint(bad[i], 7847, host, &port) < 0, "'%s' is taken", bad[i]);
}
END_TEST

START_TEST(test_a_host_name_too_long_is_refused)
{
    char text[HS_HOST_MAX + 8], host[HS_HOST_MAX];
    uint16_t port;

    memset(text, 'a', sizeof(text));
    text[HS_HOST_MAX - 1] = '\0';
    ck_assert_int_eq(hs_value_endpoint(text, 1, host, &port), 0);
    text[HS_HOST_MAX - 1] = 'a';
    text[HS_HOST_MAX] = '\0';
    ck_assert_int_eq(hs_value_endpoint(text, 1, host, &port), HEARSAY_ERR_SYNTAX);
}
END_TEST

/* ---- reading ----------------------------------------------------------------------------- */

static struct hs_options options;
static char error[HS_ERROR_TEXT_MAX];
static char path[64];

static void clear(void)
{
    hs_options_fini(&options);
    error[0] = '\0';
}

#define READ(...)                                                                                  \
    read_flags((const char *[]){"hearsayd", "--name", "n1", __VA_ARGS__},                          \
               3 + (int)COUNT(((const char *[]){__VA_ARGS__})))

/* main's argv is not const, though nobody writes to it. */
static int read_flags(const char *const *argv, int argc)
{
    clear();
    return hs_options_read(&options, argc, (char *const *)(uintptr_t)argv, error);
}

/* Writes the file and reads it with the flags given. */
static void write_file(const char *text)
{
    int fd;

    (void)snprintf(path, sizeof(path), "/tmp/test_conf.XXXXXX");
    fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    ck_assert_int_eq(close(fd), 0);
}

static int read_file(const char *text)
{
    int r;

    write_file(text);
    r = read_flags((const char *[]){"hearsayd", "--config", path}, 3);
    (void)unlink(path);
    return r;
}

static void assert_says(const char *words)
{
    ck_assert_msg(strstr(error, words) != NULL, "\"%s\" does not say \"%s\"", error, words);
    ck_assert_msg(strchr(error, '\n') == NULL, "more than one line: %s", error);
}

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
        {"--suspect-timeout", "1s", "suspect-timeout"},
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
        r = hs_options_read(&options, (int)COUNT(argv), (char *const *)(uintptr_t)argv, error);
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

/* ---- the file ---------------------------------------------------------------------------- */

START_TEST(test_a_file_has_the_keys_of_the_flags)
{
    struct hearsay_config config;

    ck_assert_msg(read_file("# comment\n\n  name = n2 \nfanout=3 # behind a blank\n"
                            "join = a:1, b:2\njoin = c:3\ntag = color=#red\ntag = x=y z\n"
                            "suspect-timeout = 6s") == 0,
                  "%s", error);
    hs_options_config(&options, &config);
    ck_assert_str_eq(config.name, "n2");
    ck_assert_uint_eq(config.fanout, 3);
    ck_assert_uint_eq(config.suspect_timeout, 6000000);
    ck_assert_uint_eq(options.join.count, 3);
    ck_assert_uint_eq(config.tag_count, 2);
    ck_assert_str_eq(config.tags[0].value, "#red");
    ck_assert_str_eq(config.tags[1].value, "y z");
    clear();
}
END_TEST

START_TEST(test_a_mistake_in_the_file_is_told_with_its_line)
{
    static const struct {
        const char *text, *place, *says;
    } cases[] = {
        {"name = a\nfanuot = 3\n", ":2:", "did you mean 'fanout'"},
        {"name = a\n\n# x\nfanout = 1\n", ":4:", "2 to 16"},
        {"name = a\nhello\n", ":2:", "key = value"},
        {"name = a\nname = b\n", ":2:", "first in line 1"},
        {"config = x\n", ":1:", "flag"},
        {"help = x\n", ":1:", "flag"},
        {"name = a\ninterval = 5\n", ":2:", "unit"},
        {"= 5\n", ":1:", "unknown key"},
        {"name = a\ntag = novalue\n", ":2:", "key=value"},
        {"name =\n", ":1:", "letters"},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        ck_assert_msg(read_file(cases[i].text) < 0, "taken: %s", cases[i].text);
        assert_says(path);
        assert_says(cases[i].place);
        assert_says(cases[i].says);
    }
}
END_TEST

START_TEST(test_a_line_that_is_too_long_is_refused)
{
    char text[HS_OPTION_TEXT_MAX + 32];

    memset(text, 'x', sizeof(text));
    memcpy(text, "name = a\ntag = k=", 17);
    text[sizeof(text) - 2] = '\n';
    text[sizeof(text) - 1] = '\0';
    ck_assert_int_lt(read_file(text), 0);
    assert_says(":2:");
    assert_says("longer");
}
END_TEST

START_TEST(test_what_is_no_text_file_is_refused)
{
    const char *folder[] = {"hearsayd", "--config", "/"};
    int fd;

    ck_assert_int_lt(read_flags(folder, 3), 0);
    assert_says("config file /: ");
    write_file("name = a\n");
    fd = open(path, O_WRONLY | O_APPEND);
    ck_assert_int_eq(write(fd, "log = a\0b\n", 10), 10);
    (void)close(fd);
    ck_assert_int_lt(read_flags((const char *[]){"hearsayd", "--config", path}, 3), 0);
    (void)unlink(path);
    assert_says(":2:");
    assert_says("not a text file");
    ck_assert_int_lt(read_file("name = a\nzzzzzzzzzz = 1\n"), 0);
    assert_says("see hearsay.conf(5)");
}
END_TEST

START_TEST(test_a_flag_replaces_what_the_file_says)
{
    struct hearsay_config config;
    int r;

    /* The file's own fanout is wrong, and does not matter. */
    write_file("name = n2\njoin = a:1\njoin = b:2\nfanout = 1\n");
    r = read_flags((const char *[]){"hearsayd", "--config", path, "--join", "z:9", "--fanout", "5"},
                   7);
    (void)unlink(path);
    ck_assert_msg(r == 0, "%s", error);
    hs_options_config(&options, &config);
    ck_assert_str_eq(config.name, "n2");
    ck_assert_uint_eq(config.fanout, 5);
    ck_assert_uint_eq(options.join.count, 1);
    ck_assert_str_eq(options.join.items[0], "z:9");
    clear();
}
END_TEST

START_TEST(test_the_example_file_is_right)
{
    const char *argv[] = {"hearsayd", "--config", HS_TEST_DOCS "/hearsay.conf.example"};

    ck_assert_msg(read_flags(argv, (int)COUNT(argv)) == 0, "%s", error);
    clear();
}
END_TEST

HARNESS_MAIN("conf", test_durations_have_a_unit, test_a_formatted_duration_reads_back,
             test_numbers_are_plain_decimals, test_endpoints_in_every_spelling,
             test_a_host_name_too_long_is_refused, test_defaults,
             test_a_key_that_is_given_overrides_the_profile,
             test_every_number_and_time_of_the_protocol_reaches_its_field,
             test_weight_is_a_factor_of_128_tokens, test_lists_by_commas_and_repeated,
             test_a_wrong_flag_is_told_what_would_be_right, test_help_and_version_need_nothing_else,
             test_the_host_name_is_the_default_name, test_the_nth_allocation_fails_for_every_n,
             test_bounds_of_lists_and_texts, test_a_file_has_the_keys_of_the_flags,
             test_a_mistake_in_the_file_is_told_with_its_line,
             test_a_line_that_is_too_long_is_refused, test_what_is_no_text_file_is_refused,
             test_a_flag_replaces_what_the_file_says, test_the_example_file_is_right)
