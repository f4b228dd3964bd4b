/* SPDX-License-Identifier: Apache-2.0 */
/* What agent and tool share: the path of the socket, lines from bytes in any slices, names, numbers
 * and times in JSON, and parsing of requests. */
#include "harness.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <hearsay/error.h>

#include "ctl/ctl.h"
#include "ctl/suggest.h"

/* ---- the socket's place ------------------------------------------------------------------ */

static const char *path_of(const char *given)
{
    static char path[HS_CTL_PATH_MAX];

    return hs_ctl_default_path(given, path) == 0 ? path : NULL;
}

START_TEST(test_the_flag_goes_before_the_environment_before_the_default)
{
    setenv(HS_CTL_ENV, "/env.sock", 1);
    ck_assert_str_eq(path_of("/flag.sock"), "/flag.sock");
    ck_assert_str_eq(path_of(NULL), "/env.sock");
    setenv(HS_CTL_ENV, "", 1);
    ck_assert_str_ne(path_of(NULL), "");
}
END_TEST

START_TEST(test_root_uses_the_systems_place_and_others_their_own)
{
    char tmp[64];

    unsetenv(HS_CTL_ENV);
    setenv("XDG_RUNTIME_DIR", "/run/user/7", 1);
    if (geteuid() == 0) {
        ck_assert_str_eq(path_of(NULL), HS_CTL_PATH_SYSTEM);
        ck_assert_int_eq(seteuid(12345), 0);
    }
    ck_assert_str_eq(path_of(NULL), "/run/user/7/hearsayd.sock");
    (void)snprintf(tmp, sizeof(tmp), "/tmp/hearsayd-%lu.sock", (unsigned long)geteuid());
    setenv("XDG_RUNTIME_DIR", "relative", 1);
    ck_assert_str_eq(path_of(NULL), tmp);
    unsetenv("XDG_RUNTIME_DIR");
    ck_assert_str_eq(path_of(NULL), tmp);
    ck_assert_int_eq(seteuid(getuid()), 0);
}
END_TEST

START_TEST(test_a_path_that_does_not_fit_is_refused_and_nothing_is_written)
{
    char path[HS_CTL_PATH_MAX] = "untouched";
    char text[HS_CTL_PATH_MAX + 1];
    struct sockaddr_un address;

    memset(text, 'a', sizeof(text));
    text[HS_CTL_PATH_MAX] = '\0';
    ck_assert_int_eq(hs_ctl_default_path(text, path), HEARSAY_ERR_TOOBIG);
    ck_assert_int_eq(hs_ctl_default_path("", path), HEARSAY_ERR_INVALID);
    ck_assert_str_eq(path, "untouched");
    ck_assert_int_eq(hs_ctl_address(text, &address), HEARSAY_ERR_TOOBIG);
    ck_assert_int_eq(hs_ctl_address("", &address), HEARSAY_ERR_INVALID);
    text[HS_CTL_PATH_MAX - 1] = '\0';
    ck_assert_int_eq(hs_ctl_default_path(text, path), 0);
    ck_assert_int_eq(hs_ctl_address(text, &address), 0);
    ck_assert_str_eq(address.sun_path, text);
}
END_TEST

START_TEST(test_a_tool_looks_where_the_user_and_the_system_have_their_sockets)
{
    char paths[HS_CTL_PATHS_MAX][HS_CTL_PATH_MAX], tmp[64];
    char deep[HS_CTL_PATH_MAX + 1] = "/";

    setenv(HS_CTL_ENV, "/env.sock", 1);
    ck_assert_int_eq(hs_ctl_paths("/flag.sock", paths), 1);
    ck_assert_str_eq(paths[0], "/flag.sock");
    ck_assert_int_eq(hs_ctl_paths(NULL, paths), 1);
    ck_assert_str_eq(paths[0], "/env.sock");
    ck_assert_int_eq(hs_ctl_paths("", paths), HEARSAY_ERR_INVALID);
    setenv(HS_CTL_ENV, "", 1);
    setenv("XDG_RUNTIME_DIR", "/some/where", 1);
    if (geteuid() == 0) {
        ck_assert_int_eq(hs_ctl_paths(NULL, paths), 1);
        ck_assert_str_eq(paths[0], HS_CTL_PATH_SYSTEM);
        ck_assert_int_eq(seteuid(12345), 0);
    }
    (void)snprintf(tmp, sizeof(tmp), "/tmp/hearsayd-%lu.sock", (unsigned long)geteuid());
    ck_assert_int_eq(hs_ctl_paths(NULL, paths), 3);
    ck_assert_str_eq(paths[0], "/some/where/hearsayd.sock");
    ck_assert_str_eq(paths[1], tmp);
    ck_assert_str_eq(paths[2], HS_CTL_PATH_SYSTEM);
    unsetenv("XDG_RUNTIME_DIR");
    ck_assert_int_eq(hs_ctl_paths(NULL, paths), 3);
    ck_assert_ptr_nonnull(strstr(paths[0], "/run/user/"));
    memset(deep + 1, 'x', sizeof(deep) - 2);
    setenv("XDG_RUNTIME_DIR", deep, 1);
    ck_assert_int_eq(hs_ctl_paths(NULL, paths), 2);
    ck_assert_str_eq(paths[0], tmp);
    ck_assert_int_eq(seteuid(getuid()), 0);
    unsetenv("XDG_RUNTIME_DIR");
    unsetenv(HS_CTL_ENV);
}
END_TEST

/* ---- names ------------------------------------------------------------------------------- */

START_TEST(test_every_command_is_found_by_its_name)
{
    enum hs_ctl_command command;

    for (unsigned i = 0; i < HS_CTL_COMMAND_COUNT; i++) {
        ck_assert_int_eq(
            hs_ctl_command_parse(hs_ctl_command_name((enum hs_ctl_command)i), &command), 0);
        ck_assert_uint_eq(command, i);
    }
    command = HS_CTL_COMMAND_WHY;
    ck_assert_int_eq(hs_ctl_command_parse("member", &command), HEARSAY_ERR_NOTFOUND);
    ck_assert_int_eq(hs_ctl_command_parse("", &command), HEARSAY_ERR_NOTFOUND);
    ck_assert_int_eq(command, HS_CTL_COMMAND_WHY);
    ck_assert_str_eq(hs_ctl_command_name(HS_CTL_COMMAND_COUNT), "unknown");
}
END_TEST

START_TEST(test_every_error_has_a_class_and_every_class_an_exit_code)
{
    ck_assert_int_eq(hs_ctl_error_from(HEARSAY_ERR_NOTFOUND), HS_CTL_ERROR_NOT_FOUND);
    ck_assert_int_eq(hs_ctl_error_from(HEARSAY_ERR_ALIVE), HS_CTL_ERROR_REFUSED);
    ck_assert_int_eq(hs_ctl_error_from(HEARSAY_ERR_EMPTY), HS_CTL_ERROR_REFUSED);
    ck_assert_int_eq(hs_ctl_error_from(HEARSAY_ERR_TOOBIG), HS_CTL_ERROR_USAGE);
    ck_assert_int_eq(hs_ctl_error_from(HEARSAY_ERR_NOMEM), HS_CTL_ERROR_INTERNAL);
    ck_assert_int_eq(hs_ctl_error_exit("usage"), HS_CTL_EXIT_USAGE);
    ck_assert_int_eq(hs_ctl_error_exit("not-found"), HS_CTL_EXIT_REFUSED);
    ck_assert_int_eq(hs_ctl_error_exit("of tomorrow"), HS_CTL_EXIT_REFUSED);
    ck_assert_int_eq(hs_ctl_error_exit(NULL), HS_CTL_EXIT_REFUSED);
    ck_assert_str_eq(hs_ctl_error_name(HS_CTL_ERROR_NOT_FOUND), "not-found");
    ck_assert_str_eq(hs_ctl_error_name(HS_CTL_ERROR_COUNT), "unknown");
}
END_TEST

/* ---- bytes ------------------------------------------------------------------------------- */

START_TEST(test_bytes_are_pairs_of_hex_digits)
{
    unsigned char bytes[4];
    json_t *text = hs_ctl_hex("\x00\xff\x1a", 3);

    ck_assert_str_eq(json_string_value(text), "00ff1a");
    json_decref(text);
    ck_assert_int_eq(hs_ctl_parse_hex("00fF1A", 6, bytes), 0);
    ck_assert_mem_eq(bytes, "\x00\xff\x1a", 3);
    ck_assert_int_eq(hs_ctl_parse_hex("", 0, bytes), 0);
    ck_assert_int_eq(hs_ctl_parse_hex("0", 1, bytes), HEARSAY_ERR_SYNTAX);
    ck_assert_int_eq(hs_ctl_parse_hex("0g", 2, bytes), HEARSAY_ERR_SYNTAX);
    ck_assert_int_eq(hs_ctl_parse_hex(" 0", 2, bytes), HEARSAY_ERR_SYNTAX);
}
END_TEST

START_TEST(test_text_is_what_json_can_hold)
{
    static const struct {
        const char *bytes;
        bool good;
    } texts[] = {
        {"", true},
        {"k\xc3\xbc", true},
        {"\xe2\x82\xac\xf0\x9f\x98\x80", true},
        {"\xf4\x8f\xbf\xbf", true},
        {"\xff", false},
        {"\xc3", false},
        {"\xc3(", false},
        {"\xc0\x80", false},
        {"\xe0\x80\x80", false},
        {"\xed\xa0\x80", false},
        {"\xf4\x90\x80\x80", false},
        {"\xe2\x82", false},
        {"\x80", false},
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        size_t len = strlen(texts[i].bytes);
        json_t *text = json_stringn(texts[i].bytes, len);

        ck_assert_msg(hs_ctl_is_utf8(texts[i].bytes, len) == texts[i].good, "%zu", i);
        ck_assert_msg(!!text == texts[i].good, "jansson, %zu", i);
        json_decref(text);
    }
}
END_TEST

/* ---- lines ------------------------------------------------------------------------------- */

START_TEST(test_lines_come_out_whole_however_the_bytes_are_cut)
{
    static const char stream[] = "one\n\nthree and more\nfour\n";
    static const char *const expected[] = {"one", "", "three and more", "four"};

    for (size_t step = 1; step < sizeof(stream); step++) {
        struct hs_ctl_lines lines;
        size_t got = 0, len;
        char *line;

        hs_ctl_lines_init(&lines, 64);
        for (size_t at = 0; at < sizeof(stream) - 1; at += step) {
            size_t n = sizeof(stream) - 1 - at < step ? sizeof(stream) - 1 - at : step;

            ck_assert_int_eq(hs_ctl_lines_feed(&lines, stream + at, n), 0);
            while (hs_ctl_lines_next(&lines, &line, &len) > 0) {
                ck_assert_str_eq(line, expected[got]);
                ck_assert_uint_eq(len, strlen(expected[got++]));
            }
        }
        ck_assert_uint_eq(got, 4);
        ck_assert_uint_eq(hs_ctl_lines_held(&lines), 0);
        hs_ctl_lines_fini(&lines);
    }
}
END_TEST

START_TEST(test_a_line_of_the_greatest_length_passes_and_one_byte_more_does_not)
{
    for (size_t extra = 0; extra < 2; extra++) {
        for (int complete = 0; complete < 2; complete++) {
            struct hs_ctl_lines lines;
            char *line = NULL;
            size_t len = 0;
            int expected = extra > 0 ? HEARSAY_ERR_TOOBIG : complete;

            hs_ctl_lines_init(&lines, 100);
            for (size_t i = 0; i < 100 + extra; i++)
                ck_assert_int_eq(hs_ctl_lines_feed(&lines, "x", 1), 0);
            if (complete)
                ck_assert_int_eq(hs_ctl_lines_feed(&lines, "\n", 1), 0);
            ck_assert_int_eq(hs_ctl_lines_next(&lines, &line, &len), expected);
            if (expected == 1)
                ck_assert_uint_eq(len, 100);
            hs_ctl_lines_fini(&lines);
        }
    }
}
END_TEST

START_TEST(test_memory_is_bounded_when_nobody_takes_the_lines)
{
    struct hs_ctl_lines lines;
    char chunk[HS_CTL_CHUNK];
    int r = 0;

    memset(chunk, 'x', sizeof(chunk));
    hs_ctl_lines_init(&lines, HS_CTL_REQUEST_MAX);
    for (int i = 0; i < 100 && r == 0; i++)
        r = hs_ctl_lines_feed(&lines, chunk, sizeof(chunk));
    ck_assert_int_eq(r, HEARSAY_ERR_TOOBIG);
    ck_assert_uint_le(hs_ctl_lines_held(&lines), HS_CTL_REQUEST_MAX + HS_CTL_CHUNK);
    hs_ctl_lines_fini(&lines);
    hs_ctl_lines_fini(&lines);
    hs_ctl_lines_fini(NULL);
}
END_TEST

START_TEST(test_a_million_short_lines_do_not_grow_the_buffer)
{
    static const char text[] = "{\"event\":\"member\"}\n{\"half";
    struct hs_ctl_lines lines;
    size_t taken = 0, len;
    char *line;

    hs_ctl_lines_init(&lines, HS_CTL_REQUEST_MAX);
    for (int i = 0; i < 1000000; i++) {
        ck_assert_int_eq(hs_ctl_lines_feed(&lines, text, sizeof(text) - 1), 0);
        while (hs_ctl_lines_next(&lines, &line, &len) > 0)
            taken++;
    }
    ck_assert_uint_eq(taken, 1000000);
    ck_assert_uint_eq(lines.room, HS_CTL_CHUNK);
    hs_ctl_lines_fini(&lines);
}
END_TEST

START_TEST(test_a_nul_inside_a_line_is_kept_and_refused_as_json)
{
    static const char text[] = "{\"cmd\":\"st\0atus\"}\n";
    struct hs_ctl_lines lines;
    json_t *object = NULL;
    size_t len = 0;
    char *line = NULL;

    hs_ctl_lines_init(&lines, 64);
    ck_assert_int_eq(hs_ctl_lines_feed(&lines, text, sizeof(text) - 1), 0);
    ck_assert_int_eq(hs_ctl_lines_next(&lines, &line, &len), 1);
    ck_assert_uint_eq(len, sizeof(text) - 2);
    ck_assert_int_eq(hs_ctl_parse(line, len, &object), HEARSAY_ERR_SYNTAX);
    ck_assert_ptr_null(object);
    hs_ctl_lines_fini(&lines);
}
END_TEST

/* ---- JSON -------------------------------------------------------------------------------- */

START_TEST(test_ids_survive_the_way_through_hex)
{
    static const uint64_t ids[] = {0, 1, 0x0123456789abcdef, UINT64_MAX, 1ULL << 63};
    static const char *const wrong[] = {
        "", "0", "00000000000000001", "000000000000000g", "0x00000000000001", " 000000000000001"};
    uint64_t value = 7;

    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        json_t *text = hs_ctl_hex64(ids[i]);

        ck_assert_uint_eq(json_string_length(text), 16);
        ck_assert_int_eq(hs_ctl_parse_hex64(json_string_value(text), &value), 0);
        ck_assert(value == ids[i]);
        json_decref(text);
    }
    value = 7;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        ck_assert_int_eq(hs_ctl_parse_hex64(wrong[i], &value), HEARSAY_ERR_SYNTAX);
    ck_assert_int_eq(hs_ctl_parse_hex64(NULL, &value), HEARSAY_ERR_SYNTAX);
    ck_assert_uint_eq(value, 7);
    ck_assert_int_eq(hs_ctl_parse_hex64("ABCDEF0123456789", &value), 0);
    ck_assert(value == 0xabcdef0123456789);
}
END_TEST

START_TEST(test_a_mark_is_eight_hex_digits)
{
    static const char *const wrong[] = {"", "0123456", "012345678", "0123456g", " 1234567"};
    char text[HS_CTL_MARK_MAX];
    uint32_t mark = 7;
    hs_ctl_format_mark(0x00ab12cd, text);
    ck_assert_str_eq(text, "00ab12cd");
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        ck_assert_int_eq(hs_ctl_parse_mark(wrong[i], &mark), HEARSAY_ERR_SYNTAX);
    ck_assert_int_eq(hs_ctl_parse_mark(NULL, &mark), HEARSAY_ERR_SYNTAX);
    ck_assert_uint_eq(mark, 7);
    ck_assert_int_eq(hs_ctl_parse_mark("00AB12cd", &mark), 0);
    ck_assert_uint_eq(mark, 0x00ab12cd);
}
END_TEST

static const char *time_of(uint64_t us)
{
    static char text[HS_CTL_TIME_MAX];

    hs_ctl_format_time(us, text);
    return text;
}

START_TEST(test_times_are_rfc_3339_in_utc_from_1970_to_9999)
{
    setenv("TZ", "Asia/Tokyo", 1);
    ck_assert_str_eq(time_of(0), "1970-01-01T00:00:00.000000Z");
    ck_assert_str_eq(time_of(951782400000001), "2000-02-29T00:00:00.000001Z");
    ck_assert_str_eq(time_of(253402300799999999), "9999-12-31T23:59:59.999999Z");
    ck_assert_str_eq(time_of(253402300800000000), "9999-12-31T23:59:59.999999Z");
    ck_assert_str_eq(time_of(UINT64_MAX), "9999-12-31T23:59:59.999999Z");
}
END_TEST

START_TEST(test_times_are_read_as_they_are_written)
{
    static const char *const wrong[] = {"",
                                        "2026-01-31",
                                        "2026-01-31T23:59:59Z",
                                        "2026-01-31T23:59:59.12345Z",
                                        "2026-01-31T23:59:59.1234567Z",
                                        "2026-01-31T23:59:59.123456",
                                        "2026-01-31T23:59:59.123456Zx",
                                        "2026-01-31T23:59:59.+12345Z",
                                        "1969-12-31T23:59:59.000000Z",
                                        "2026-13-31T23:59:59.000000Z"};
    static const uint64_t times[] = {0, 1, 951782400000000, 1795910497109542, 4102444799999999};
    char text[HS_CTL_TIME_MAX];
    uint64_t time;

    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        hs_ctl_format_time(times[i], text);
        ck_assert_int_eq(hs_ctl_parse_time(text, &time), 0);
        ck_assert_uint_eq(time, times[i]);
    }
    time = 7;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        ck_assert_msg(hs_ctl_parse_time(wrong[i], &time) == HEARSAY_ERR_SYNTAX, "%s", wrong[i]);
    ck_assert_int_eq(hs_ctl_parse_time(NULL, &time), HEARSAY_ERR_SYNTAX);
    ck_assert_uint_eq(time, 7);
}
END_TEST

static void assert_dumps(json_t *object, const char *expected)
{
    size_t len = 0;
    char *line = hs_ctl_dump(object, &len);

    ck_assert_ptr_nonnull(line);
    ck_assert_uint_eq(len, strlen(expected));
    ck_assert_int_eq(strncmp(line, expected, len), 0);
    free(line);
    json_decref(object);
}

START_TEST(test_answers_are_one_line_each)
{
    assert_dumps(hs_ctl_ok(), "{\"ok\":true}\n");
    assert_dumps(hs_ctl_error(HS_CTL_ERROR_NOT_FOUND, "no member named %s", "n9"),
                 "{\"ok\":false,\"error\":\"not-found\",\"message\":\"no member named n9\"}\n");
    assert_dumps(hs_ctl_error(HS_CTL_ERROR_USAGE, "two\nlines"),
                 "{\"ok\":false,\"error\":\"usage\",\"message\":\"two\\nlines\"}\n");
    /* A name that is not UTF-8 must not swallow the answer. */
    assert_dumps(hs_ctl_error(HS_CTL_ERROR_REFUSED, "%s", "\xff\xfe"),
                 "{\"ok\":false,\"error\":\"refused\",\"message\":\"refused\"}\n");
}
END_TEST

static int parse(const char *line, json_t **ret_error)
{
    enum hs_ctl_command command = HS_CTL_COMMAND_COUNT;
    json_t *request = NULL;
    int r = hs_ctl_parse_request(line, strlen(line), &command, &request, ret_error);

    ck_assert((r == 0) == (request != NULL));
    ck_assert((r == 0) == (command != HS_CTL_COMMAND_COUNT));
    ck_assert((r == 0) == (*ret_error == NULL));
    json_decref(request);
    return r;
}

START_TEST(test_requests_that_make_no_sense_are_answered)
{
    static const struct {
        const char *line;
        int result;
    } cases[] = {
        {"{\"cmd\":\"members\",\"status\":\"alive\"}", 0},
        {"  {\"cmd\":\"force-leave\"}\r", 0},
        {"", HEARSAY_ERR_SYNTAX},
        {"members", HEARSAY_ERR_SYNTAX},
        {"[]", HEARSAY_ERR_SYNTAX},
        {"\"members\"", HEARSAY_ERR_SYNTAX},
        {"{\"cmd\":\"members\"} {}", HEARSAY_ERR_SYNTAX},
        {"{\"cmd\":\"members\",\"cmd\":\"leave\"}", HEARSAY_ERR_SYNTAX},
        {"{\"cmd\":\"\xff\"}", HEARSAY_ERR_SYNTAX},
        {"{\"cmd\":\"why\",\"name\":\"n1\\u0000n2\"}", HEARSAY_ERR_SYNTAX},
        {"{}", HEARSAY_ERR_INVALID},
        {"{\"cmd\":7}", HEARSAY_ERR_INVALID},
        {"{\"cmd\":\"explode\"}", HEARSAY_ERR_INVALID},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        json_t *error = NULL;

        ck_assert_int_eq(parse(cases[i].line, &error), cases[i].result);
        if (error != NULL)
            ck_assert_str_eq(json_string_value(json_object_get(error, "error")), "usage");
        json_decref(error);
    }
}
END_TEST

START_TEST(test_deep_nesting_is_refused_and_not_followed)
{
    static char deep[HS_CTL_REQUEST_MAX + 1];
    json_t *error = NULL;

    memset(deep, '[', HS_CTL_REQUEST_MAX);
    ck_assert_int_eq(parse(deep, &error), HEARSAY_ERR_SYNTAX);
    json_decref(error);
}
END_TEST

/* ---- suggestions ------------------------------------------------------------------------- */

START_TEST(test_a_mistyped_word_finds_its_neighbour)
{
    static const char *const words[] = {"members",     NULL,     "ring", "status", "join",
                                        "force-leave", "fanout", "tag",  "mtu"};
    static const struct {
        const char *typed, *nearest;
    } cases[] = {
        {"member", "members"},
        {"mebmers", "members"},
        {"mem", "members"},
        {"stauts", "status"},
        {"statsu", "status"},
        {"fnaout", "fanout"},
        {"rign", "ring"},
        {"rings", "ring"},
        {"jion", "join"},
        {"force", "force-leave"},
        {"tga", "tag"},
        {"tg", "tag"},
        {"mt", "mtu"},
        {"xyz", NULL},
        {"", NULL},
        {"membership", NULL},
        {"st", NULL},
        {"status", "status"},
        {"ta", "tag"},
        {"abcdef", NULL},
    };
    char longest[HS_CTL_WORD_MAX + 2];
    const char *const one[] = {longest};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *found = hs_ctl_nearest(cases[i].typed, words, sizeof(words) / sizeof(words[0]));
        ck_assert_msg(found == cases[i].nearest || (found != NULL && cases[i].nearest != NULL &&
                                                    strcmp(found, cases[i].nearest) == 0),
                      "%s: %s", cases[i].typed, found != NULL ? found : "nothing");
    }
    memset(longest, 'a', sizeof(longest));
    longest[HS_CTL_WORD_MAX] = '\0';
    ck_assert_ptr_eq(hs_ctl_nearest(longest, one, 1), longest);
    longest[HS_CTL_WORD_MAX] = 'a';
    longest[HS_CTL_WORD_MAX + 1] = '\0';
    ck_assert_ptr_null(hs_ctl_nearest(longest, one, 1));
    ck_assert_ptr_null(hs_ctl_nearest("aaaa", one, 1));
}
END_TEST

START_TEST(test_fields_come_in_the_order_they_were_set)
{
    struct hs_ctl_field field = {NULL};
    json_t *object = json_pack("{s:i, s:s}", "b", 1, "a", "x");

    ck_assert(hs_ctl_next_field(object, &field));
    ck_assert_str_eq(field.key, "b");
    ck_assert_int_eq(json_integer_value(field.value), 1);
    ck_assert(hs_ctl_next_field(object, &field));
    ck_assert_str_eq(field.key, "a");
    ck_assert_str_eq(json_string_value(field.value), "x");
    ck_assert(!hs_ctl_next_field(object, &field));
    json_decref(object);
    field = (struct hs_ctl_field){NULL};
    ck_assert(!hs_ctl_next_field(NULL, &field));
}
END_TEST

START_TEST(test_ids_of_lines_are_taken_apart_as_they_were_made)
{
    static const char *const wrong[] = {"-",
                                        "0123456789abcdef",
                                        "0123456789abcdef-",
                                        "0123456789abcdef-1x",
                                        "0123456789abcdeg-1",
                                        "0123456789abcdef--1",
                                        "0123456789abcdef- 1"};
    char text[HS_CTL_ID_MAX], instance[HS_CTL_HEX64_MAX];
    uint64_t number = 0;
    hs_ctl_format_id("0123456789abcdef", UINT64_MAX, text);
    ck_assert_str_eq(text, "0123456789abcdef-18446744073709551615");
    ck_assert_int_eq(hs_ctl_parse_id(text, instance, &number), 0);
    ck_assert_str_eq(instance, "0123456789abcdef");
    ck_assert_uint_eq(number, UINT64_MAX);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        ck_assert_int_eq(hs_ctl_parse_id(wrong[i], instance, &number), HEARSAY_ERR_SYNTAX);
}
END_TEST

START_TEST(test_integers_are_read_within_their_bound)
{
    static const char *const wrong[] = {"more", "under", "real", "text", "none"};
    json_t *object = json_pack("{s:i, s:i, s:i, s:f, s:s}", "most", 7, "more", 8, "under", -1,
                               "real", 1.0, "text", "1");
    uint64_t value = 0;
    ck_assert_int_eq(hs_ctl_read_integer(object, "most", 7, &value), 0);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        ck_assert_int_eq(hs_ctl_read_integer(object, wrong[i], 7, &value), HEARSAY_ERR_SYNTAX);
    ck_assert_uint_eq(value, 7);
    json_decref(object);
}
END_TEST

HARNESS_MAIN("ctl", test_the_flag_goes_before_the_environment_before_the_default,
             test_bytes_are_pairs_of_hex_digits, test_text_is_what_json_can_hold,
             test_a_tool_looks_where_the_user_and_the_system_have_their_sockets,
             test_root_uses_the_systems_place_and_others_their_own,
             test_a_path_that_does_not_fit_is_refused_and_nothing_is_written,
             test_every_command_is_found_by_its_name,
             test_every_error_has_a_class_and_every_class_an_exit_code,
             test_lines_come_out_whole_however_the_bytes_are_cut,
             test_a_line_of_the_greatest_length_passes_and_one_byte_more_does_not,
             test_memory_is_bounded_when_nobody_takes_the_lines,
             test_a_million_short_lines_do_not_grow_the_buffer,
             test_a_nul_inside_a_line_is_kept_and_refused_as_json,
             test_ids_survive_the_way_through_hex, test_a_mark_is_eight_hex_digits,
             test_ids_of_lines_are_taken_apart_as_they_were_made,
             test_integers_are_read_within_their_bound,
             test_times_are_rfc_3339_in_utc_from_1970_to_9999,
             test_times_are_read_as_they_are_written, test_answers_are_one_line_each,
             test_requests_that_make_no_sense_are_answered,
             test_deep_nesting_is_refused_and_not_followed,
             test_a_mistyped_word_finds_its_neighbour, test_fields_come_in_the_order_they_were_set)
