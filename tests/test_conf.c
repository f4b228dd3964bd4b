/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Settings of the daemon: how values are spelled, which of flag, file and profile wins, and what a
 * mistake is told. Messages are held to what they must name (the key, the place, what would be
 * right), not to their wording.
 */
#include "harness.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <hearsay/config.h>
#include <hearsay/error.h>

#include "agent/options/help.h"
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
static char why[HS_ERROR_TEXT_MAX];
static char path[64];

static void clear(void)
{
    hs_options_fini(&options);
    why[0] = '\0';
}

#define READ(...)                                                                                  \
    read_flags((const char *[]){"hearsayd", "--name", "n1", __VA_ARGS__},                          \
               3 + (int)COUNT(((const char *[]){__VA_ARGS__})))

/* main's argv is not const, though nobody writes to it. */
static int read_flags(const char *const *argv, int argc)
{
    clear();
    return hs_options_read(&options, argc, (char *const *)(uintptr_t)argv, why);
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
    ck_assert_msg(strstr(why, words) != NULL, "\"%s\" does not say \"%s\"", why, words);
    ck_assert_msg(strchr(why, '\n') == NULL, "more than one line: %s", why);
}

START_TEST(test_every_key_is_there_once_and_fits_the_help)
{
    char *help = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&help, &len);

    hs_options_help(out);
    ck_assert_int_eq(fclose(out), 0);
    for (size_t i = 0; i < hs_option_count; i++) {
        char flag[80];

        for (size_t j = 0; j < i; j++)
            ck_assert_str_ne(hs_option_table[i].key, hs_option_table[j].key);
        (void)snprintf(flag, sizeof(flag), "  --%s ", hs_option_table[i].key);
        ck_assert_msg(strstr(help, flag) != NULL, "--help does not have %s", flag);
    }
    for (const char *line = help; *line != '\0'; line += strcspn(line, "\n") + 1)
        ck_assert_msg(strcspn(line, "\n") <= 80, "wider than 80: %.90s", line);
    free(help);
}
END_TEST

static char *slurp(const char *name)
{
    FILE *file = fopen(name, "r");
    char *text = NULL;
    size_t room = 0;

    ck_assert_msg(file != NULL, "no %s", name);
    ck_assert_int_ge(getdelim(&text, &room, '\0', file), 1);
    (void)fclose(file);
    return text;
}

/* mdoc writes a flag's hyphens as they are: ".It Fl -gossip-interval Ar time". */
START_TEST(test_every_key_is_in_the_man_pages)
{
    char *daemon_page = slurp(HS_TEST_DOCS "/man/hearsayd.8");
    char *file_page = slurp(HS_TEST_DOCS "/man/hearsay.conf.5");

    for (size_t i = 0; i < hs_option_count; i++) {
        const struct hs_option *option = &hs_option_table[i];
        bool flag_only = option->arg == NULL || option->type == HS_OPTION_FILE;
        char flag[80], key[80];

        (void)snprintf(flag, sizeof(flag), "\n.It Fl -%s%s", option->key,
                       option->arg != NULL ? " " : "\n");
        (void)snprintf(key, sizeof(key), "\n.It Ic %s ", option->key);
        ck_assert_msg(strstr(daemon_page, flag) != NULL, "hearsayd(8) lacks --%s", option->key);
        ck_assert_msg((strstr(file_page, key) != NULL) == !flag_only,
                      "hearsay.conf(5) and the table disagree about %s", option->key);
    }
    free(daemon_page);
    free(file_page);
}
END_TEST

/* The words of a page's entry, from its head to the next one, on one line. */
static char *entry_of(const char *page, const char *head)
{
    const char *at = strstr(page, head), *end;
    char *text;

    ck_assert_msg(at != NULL, "no entry %s", head);
    end = strstr(at + 1, "\n.It ");
    text = strndup(at, end != NULL ? (size_t)(end - at) : strlen(at));
    for (char *p = text; *p != '\0'; p++)
        if (*p == '\n')
            *p = ' ';
    return text;
}

/* A value of the core's table as the pages spell it: 1,400 or 2500ms. */
static void spell(const struct hearsay_setting *setting, uint64_t value, char text[32])
{
    char digits[32];
    size_t len, used = 0;

    if (setting->unit == HEARSAY_UNIT_MICROSECONDS) {
        hs_value_format_duration(value, text);
        return;
    }
    len = (size_t)snprintf(digits, sizeof(digits), "%llu", (unsigned long long)value);
    for (size_t i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            text[used++] = ',';
        text[used++] = digits[i];
    }
    text[used] = '\0';
}

/* Bounds and defaults stand in the core's table. hearsay.conf(5) repeats them all, hearsayd(8) none
 * of them, and --help is made from the table. */
START_TEST(test_the_pages_say_what_the_core_does)
{
    char *daemon_page = slurp(HS_TEST_DOCS "/man/hearsayd.8");
    char *file_page = slurp(HS_TEST_DOCS "/man/hearsay.conf.5");
    const struct hearsay_setting *setting;
    size_t count = 0;

    for (; (setting = hearsay_config_setting(count)) != NULL; count++) {
        const struct hs_option *option = hs_option_find(setting->name);
        char min[32], max[32], preset[3][32], range[80], said[120], head[80], *entry;

        ck_assert_msg(option != NULL, "no option %s", setting->name);
        ck_assert_ptr_eq(hs_option_setting(option), setting);
        ck_assert_str_eq(option->arg, setting->unit == HEARSAY_UNIT_NUMBER ? "N" : "TIME");
        spell(setting, setting->min, min);
        spell(setting, setting->max, max);
        for (size_t i = 0; i < HEARSAY_PROFILE_COUNT; i++)
            spell(setting, setting->defaults[i], preset[i]);
        (void)snprintf(range, sizeof(range), "from %s to %s", min, max);
        if (strcmp(preset[0], preset[1]) == 0 && strcmp(preset[0], preset[2]) == 0)
            (void)snprintf(said, sizeof(said), " Default: %s.", preset[0]);
        else
            (void)snprintf(said, sizeof(said), " Default: %s, %s, %s.", preset[0], preset[1],
                           preset[2]);
        (void)snprintf(head, sizeof(head), "\n.It Ic %s ", setting->name);
        entry = entry_of(file_page, head);
        ck_assert_msg(strstr(entry, range) != NULL, "not \"%s\":%s", range, entry);
        ck_assert_msg(strstr(entry, said) != NULL, "not \"%s\":%s", said, entry);
        free(entry);
        (void)snprintf(head, sizeof(head), "\n.It Fl -%s ", setting->name);
        entry = entry_of(daemon_page, head);
        ck_assert_msg(strpbrk(entry, "0123456789") == NULL, "repeats a number:%s", entry);
        free(entry);
    }
    ck_assert_uint_eq(count, 14);
    free(daemon_page);
    free(file_page);
}
END_TEST

START_TEST(test_the_pages_have_the_fallbacks)
{
    static const char *const pages[] = {
        HS_TEST_DOCS "/man/hearsayd.8",
        HS_TEST_DOCS "/man/hearsay.conf.5",
    };
    size_t count = 0;

    for (size_t i = 0; i < hs_option_count * COUNT(pages); i++) {
        const struct hs_option *option = &hs_option_table[i / COUNT(pages)];
        bool file = i % COUNT(pages) == 1;
        char *page = slurp(pages[i % COUNT(pages)]), head[80], said[80], *entry;

        if (option->fallback != NULL) {
            (void)snprintf(head, sizeof(head), file ? "\n.It Ic %s " : "\n.It Fl -%s ",
                           option->key);
            (void)snprintf(said, sizeof(said), " Default: %s.", option->fallback);
            entry = entry_of(page, head);
            ck_assert_msg(strstr(entry, said) != NULL, "not \"%s\":%s", said, entry);
            free(entry);
            count++;
        }
        free(page);
    }
    ck_assert_uint_eq(count, 2 * 4);
}
END_TEST

START_TEST(test_help_has_the_defaults)
{
    const struct hearsay_setting *setting;
    char *help = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&help, &len);

    hs_options_help(out);
    ck_assert_int_eq(fclose(out), 0);
    for (size_t i = 0; i < hs_option_count; i++) {
        const struct hs_option *option = &hs_option_table[i];
        char line[160], number[64];
        const char *preset = option->fallback;

        setting = hs_option_setting(option);
        if (setting != NULL && setting->unit == HEARSAY_UNIT_MICROSECONDS) {
            hs_value_format_duration(setting->defaults[HEARSAY_PROFILE_LAN], number);
            preset = number;
        } else if (setting != NULL) {
            (void)snprintf(number, sizeof(number), "%llu",
                           (unsigned long long)setting->defaults[HEARSAY_PROFILE_LAN]);
            preset = number;
        }
        (void)snprintf(line, sizeof(line), "  %s%s%s%s\n", option->help, preset != NULL ? " (" : "",
                       preset != NULL ? preset : "", preset != NULL ? ")" : "");
        ck_assert_msg(strstr(help, line + 1) != NULL, "--help does not have \"%s\"", line + 1);
    }
    free(help);
}
END_TEST

/* reload.c is made from the same list, so each live setting has its way to be applied; here it is
 * held that each belongs to one row, and that the page marks the same ones. */
START_TEST(test_each_live_setting_is_one_row)
{
    char *page = slurp(HS_TEST_DOCS "/man/hearsay.conf.5");
    size_t rows[HS_LIVE_LIMIT] = {0};

    for (size_t i = 0; i < hs_option_count; i++) {
        const struct hs_option *option = &hs_option_table[i];
        char head[80], *entry;

        rows[option->live]++;
        if (option->arg == NULL || option->type == HS_OPTION_FILE)
            continue;
        (void)snprintf(head, sizeof(head), "\n.It Ic %s ", option->key);
        entry = entry_of(page, head);
        ck_assert_msg((strstr(entry, " .Pq live ") != NULL) == (option->live != HS_LIVE_NOT),
                      "hearsay.conf(5) and the table disagree whether %s is live", option->key);
        free(entry);
    }
    for (size_t i = HS_LIVE_NOT + 1; i < HS_LIVE_LIMIT; i++)
        ck_assert_uint_eq(rows[i], 1);
    free(page);
}
END_TEST

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
    } cases[] = {{"1", 128}, {"1.5", 192}, {"0.5", 64}, {"32", 4096}, {"0.01", 1}, {"2.001", 256}};
    static const char *const bad[] = {"0", "33", "-1", "1x", "0.001", ""};

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct hearsay_config config;

        ck_assert_msg(READ("--weight", cases[i].weight) == 0, "%s", why);
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

/* ---- the file ---------------------------------------------------------------------------- */

START_TEST(test_a_file_has_the_keys_of_the_flags)
{
    struct hearsay_config config;

    ck_assert_msg(read_file("# comment\n\n  name = n2 \nfanout=3 # behind a blank\n"
                            "join = a:1, b:2\njoin = c:3\ntag = color=#red\ntag = x=y z\n"
                            "suspect-timeout = 6s") == 0,
                  "%s", why);
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

START_TEST(test_a_flag_replaces_what_the_file_says)
{
    struct hearsay_config config;
    int r;

    /* The file's own fanout is wrong, and does not matter. */
    write_file("name = n2\njoin = a:1\njoin = b:2\nfanout = 1\n");
    r = read_flags((const char *[]){"hearsayd", "--config", path, "--join", "z:9", "--fanout", "5"},
                   7);
    (void)unlink(path);
    ck_assert_msg(r == 0, "%s", why);
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

    ck_assert_msg(read_flags(argv, (int)COUNT(argv)) == 0, "%s", why);
    clear();
}
END_TEST

HARNESS_MAIN("conf", test_durations_have_a_unit, test_a_formatted_duration_reads_back,
             test_numbers_are_plain_decimals, test_endpoints_in_every_spelling,
             test_a_host_name_too_long_is_refused, test_every_key_is_there_once_and_fits_the_help,
             test_every_key_is_in_the_man_pages, test_the_pages_say_what_the_core_does,
             test_the_pages_have_the_fallbacks, test_help_has_the_defaults,
             test_each_live_setting_is_one_row, test_defaults,
             test_a_key_that_is_given_overrides_the_profile,
             test_every_number_and_time_of_the_protocol_reaches_its_field,
             test_weight_is_a_factor_of_128_tokens, test_lists_by_commas_and_repeated,
             test_a_wrong_flag_is_told_what_would_be_right, test_help_and_version_need_nothing_else,
             test_a_file_has_the_keys_of_the_flags,
             test_a_mistake_in_the_file_is_told_with_its_line,
             test_a_line_that_is_too_long_is_refused, test_a_flag_replaces_what_the_file_says,
             test_the_example_file_is_right)
