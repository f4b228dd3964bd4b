/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compares what hearsayd(8), hearsay.conf(5) and --help say about settings with the two tables: the
 * core's for bounds and defaults, the daemon's for keys.
 */
#include "harness.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <hearsay/config.h>

#include "agent/options/fields.h"
#include "agent/options/help.h"
#include "agent/options/table.h"
#include "agent/options/values.h"
#include "ctl/ctl.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

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

/* "All keys but those under Other can also stand in the config file." */
START_TEST(test_flags_alone_are_those_that_help_says)
{
    bool other = false;

    for (size_t i = 0; i < hs_option_count; i++) {
        struct hs_conf_row row = hs_option_rows.at(i);

        if (hs_option_table[i].group)
            other = strcmp(hs_option_table[i].group, "Other") == 0;
        ck_assert_msg(hs_conf_of_files(&row) != other, "%s", row.key);
    }
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
    ck_assert_uint_eq(count, 16);
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
    ck_assert_uint_eq(count, 2 * 5);
}
END_TEST

/* Puts the number where the format has %u. */
static void replace(const char *format, const char *number, char said[80])
{
    const char *at = strstr(format, "%u");

    (void)snprintf(said, 80, "%.*s%s%s", (int)(at - format), format, number, at + 2);
}

START_TEST(test_the_page_has_the_other_bounds)
{
    static const struct {
        const char *key, *format;
        unsigned bound;
    } cases[] = {
        {"name", "1 to %u letters", HEARSAY_NAME_MAX},
        {"bind", ":%u.", HEARSAY_PORT_DEFAULT},
        {"join", "without a port %u ", HEARSAY_PORT_DEFAULT},
        {"join", "At most %u.", HS_OPTION_LIST_MAX},
        {"cluster", "up to %u bytes", HEARSAY_CLUSTER_MAX},
        {"tag", "1 to %u letters", HEARSAY_TAG_KEY_MAX},
        {"tag", "At most %u tags", HEARSAY_TAGS_COUNT},
        {"tag", "and %u bytes in all", HEARSAY_TAGS_MAX},
        {"weight", "From 0.01 to %u;", HEARSAY_TOKENS_MAX / HEARSAY_TOKENS_DEFAULT},
        {"weight", "1 is %u tokens", HEARSAY_TOKENS_DEFAULT},
        {"control", "up to %u bytes", HS_CTL_PATH_MAX - 1},
    };
    char *page = slurp(HS_TEST_DOCS "/man/hearsay.conf.5"), said[80], *entry;
    struct hearsay_config config;

    for (size_t i = 0; i < COUNT(cases); i++) {
        char head[80], number[32];

        (void)snprintf(head, sizeof(head), "\n.It Ic %s ", cases[i].key);
        (void)snprintf(number, sizeof(number), "%u", cases[i].bound);
        replace(cases[i].format, number, said);
        entry = entry_of(page, head);
        ck_assert_msg(strstr(entry, said) != NULL, "not \"%s\":%s", said, entry);
        free(entry);
    }
    hearsay_config_init(&config, HEARSAY_PROFILE_LAN);
    (void)snprintf(said, sizeof(said), " Default: %s.", config.cluster);
    entry = entry_of(page, "\n.It Ic cluster ");
    ck_assert_msg(strstr(entry, said) != NULL, "not \"%s\":%s", said, entry);
    free(entry);
    ck_assert_int_eq(HS_OPTION_TEXT_MAX - 1, 4095);
    ck_assert_ptr_nonnull(strstr(page, "4,095 bytes"));
    free(page);
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
 * held that each belongs to its rows, and that the page marks the same ones. */
START_TEST(test_each_live_setting_has_its_rows)
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
    for (size_t i = HS_LIVE_NOT + 1; i < HS_LIVE_LIMIT; i++) {
        /* weight and tokens; key and seal; the two groups; hold and settle */
        bool two = i == HS_LIVE_TOKENS || i == HS_LIVE_KEYS || i == HS_LIVE_CONTROL_GROUPS ||
                   i == HS_LIVE_RING;

        ck_assert_uint_eq(rows[i], two ? 2 : 1);
    }
    free(page);
}
END_TEST

HARNESS_MAIN("option-pages", test_every_key_is_there_once_and_fits_the_help,
             test_flags_alone_are_those_that_help_says, test_every_key_is_in_the_man_pages,
             test_the_pages_say_what_the_core_does, test_the_pages_have_the_fallbacks,
             test_the_page_has_the_other_bounds, test_help_has_the_defaults,
             test_each_live_setting_has_its_rows)
