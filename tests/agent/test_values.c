/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How values are spelled: times, numbers, endpoints; and what is no host. What is refused leaves
 * the result as it was.
 */
#include "harness.h"

#include <stdio.h>
#include <string.h>

#include <hearsay/error.h>

#include "agent/options/endpoint.h"
#include "agent/options/values.h"
#include "service/visible.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

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
    char none[HS_DURATION_TEXT_MAX];

    hs_value_format_duration(0, none);
    ck_assert_str_eq(none, "0s");
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
    char fault[HS_ERROR_TEXT_MAX];
    char host[HS_HOST_MAX];
    uint16_t port;

    for (size_t i = 0; i < COUNT(good); i++) {
        ck_assert_msg(hs_value_endpoint(good[i].text, 7847, host, &port) == 0, "%s is refused",
                      good[i].text);
        ck_assert_str_eq(host, good[i].host);
        ck_assert_uint_eq(port, good[i].port);
    }
    for (size_t i = 0; i < COUNT(bad); i++)
        ck_assert_msg(hs_endpoint_read(bad[i], 7847, host, &port, fault) < 0, "'%s' is taken",
                      bad[i]);
}
END_TEST

/* Each of these was looked up for ever, or became an address that nobody meant. */
static const struct {
    const char *text, *says;
} no_hosts[] = {
    {"\"10.0.0.5\"", "quotes"},
    {"'seed'", "quotes"},
    {"{{", "template"},
    {"${SEEDS}", "template"},
    {"$SEED:7847", "template"},
    {"<seed>", "template"},
    {"@SEED@", "'@'"},
    {"user@host", "'@'"},
    {"join=a", "'='"},
    {"224.0.0.1", "multicast"},
    {"255.255.255.255:7847", "broadcast"},
    {"[ff02::1]:7847", "multicast"},
    {"fe80::1", "link-local"},
    {"10.0.0.256", "four numbers"},
    {"10.0.0.256:7847", "four numbers"},
    {"1.2.3", "four numbers"},
    {"1.2.3.4.5", "four numbers"},
    {"10.0.0.05", "four numbers"},
    {"10.0.0.5.", "four numbers"},
    {"7847", "a port alone"},
    {"0", "a port alone"},
    {"4294967295", "a port alone"},
    {"7847:7847", "a port alone"},
    {"0x7f000001", "no number"},
    {"0x7f.1", "no number"},
    {"0x", "no number"},
    {"host.123", "no number"},
    {"udp://host:1", "URL"},
    {"http://10.0.0.5/", "URL"},
    {"10.0.0.0/8", "network"},
    {"/run/seed", "path"},
    {"host:1:2", "two ports"},
    {"10.0.0.5:7847:7848", "two ports"},
    {"2001:db8::1:10001", "without brackets"},
    {"2001:db8:0:0:0:0:0:1:7847", "without brackets"},
    {"2001:db8::1:7847", "in brackets"},
    {"::1:9001", "in brackets"},
    {"[2001:db8::1", "in brackets"},
    {"[10.0.0.5]:7847", "in brackets"},
    {"[host]:7847", "in brackets"},
    {"[fe80::2%eth0]:7847", "zone"},
    {"fe80::2%eth0", "zone"},
    {"%HOST%", "no host has"},
    {"host:0x10", "no number"},
    {"host:+1", "no host has"},
    {"host:99999999999999999999", "above 65535"},
    {"a b", "blank"},
    {"a;b", "commas"},
    {"*", "all addresses"},
    {"*:7847", "all addresses"},
    {"*.example.org", "all addresses"},
    {"b\303\274cher.example", "xn--"},
    {"a..b", "empty part"},
    {".a", "empty part"},
    {".", "empty part"},
    {"a..", "empty part"},
    {"-a", "hyphen"},
    {"a-.example", "hyphen"},
    {"_seed.example.org", "underscore"},
    {"_http._tcp.example.org", "underscore"},
    {"a._udp.example.org", "underscore"},
    {"_hearsay._udp", "underscore"},
    {"_hearsay._udp.", "no domain"},
    {"_hearsay._udp..", "empty part"},
    {"_hearsay._udp._tcp.example.org", "underscore"},
    {"a!b", "no host has"},
    {"a,b", "no host has"},
    {"a\\b", "path"},
};

START_TEST(test_a_text_that_can_be_no_host_says_what_it_looks_like)
{
    char host[HS_HOST_MAX] = "untouched", fault[HS_ERROR_TEXT_MAX];
    uint16_t port = 5;

    for (size_t i = 0; i < COUNT(no_hosts); i++) {
        fault[0] = '\0';
        ck_assert_msg(hs_endpoint_read(no_hosts[i].text, 7847, host, &port, fault) < 0,
                      "'%s' is taken", no_hosts[i].text);
        ck_assert_msg(strstr(fault, no_hosts[i].says) != NULL, "'%s': \"%s\" does not say \"%s\"",
                      no_hosts[i].text, fault, no_hosts[i].says);
    }
    ck_assert_str_eq(host, "untouched");
    ck_assert_uint_eq(port, 5);
}
END_TEST

START_TEST(test_what_can_be_a_host_is_let_through)
{
    static const char *const good[] = {
        "a",
        "localhost",
        "seeds.example.org",
        "seeds.example.org.",
        "seeds.example.org.:7847",
        "tasks.stack_hearsay",
        "n1_",
        "3com.example",
        "1a",
        "xn--bcher-kva.example",
        "a--b",
        "0xg",
        "_hearsay._udp.example.org",
        "_HEARSAY._udp.example.org.",
        "0.0.0.0",
        "[::ffff:10.0.0.5]:1",
        "::",
        "2001:db8::1:1",
        "2001:db8::1:0001",
        "2001:db8:1:2:3:4:5:7847",
        "fd00::1",
    };
    char host[HS_HOST_MAX], fault[HS_ERROR_TEXT_MAX];
    uint16_t port;

    for (size_t i = 0; i < COUNT(good); i++)
        ck_assert_msg(hs_endpoint_read(good[i], 7847, host, &port, fault) == 0, "%s", fault);
}
END_TEST

START_TEST(test_what_cannot_be_seen_is_shown)
{
    static const struct {
        const char *text, *shown;
    } cases[] = {
        {"", ""},
        {"plain \\ text", "plain \\ text"},
        {"\303\274 \346\243\232 \360\237\220\237", "\303\274 \346\243\232 \360\237\220\237"},
        {"a\tb\nc\r\033\177", "a\\tb\\nc\\r\\x1b\\x7f"},
        {"\302\205\302\240\302\255", "\\u0085\\u00a0\\u00ad"},
        {"\342\200\213\357\273\277", "\\u200b\\ufeff"},
        {"\363\240\200\201", "\\U000e0001"},
        {"\xff\xc3", "\\xff\\xc3"},                   /* no byte of UTF-8; cut off */
        {"\xc0\xaf", "\\xc0\\xaf"},                   /* overlong */
        {"\xed\xa0\x80", "\\xed\\xa0\\x80"},          /* a surrogate */
        {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"}, /* above U+10FFFF */
    };
    char shown[64];

    for (size_t i = 0; i < COUNT(cases); i++) {
        hs_visible(cases[i].text, shown, sizeof(shown));
        ck_assert_str_eq(shown, cases[i].shown);
    }
    hs_visible("ab\nc", shown, 5);
    ck_assert_str_eq(shown, "ab\\n");
    hs_visible("ab\nc", shown, 4); /* an escape fits whole, or not at all */
    ck_assert_str_eq(shown, "ab");
}
END_TEST

/* RFC 1035, 2.3.4: 63 bytes for a part, 253 for the name as it is written. */
START_TEST(test_a_host_name_too_long_is_refused)
{
    char text[HS_HOST_MAX + 8], host[HS_HOST_MAX];
    uint16_t port;

    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = i % (HS_HOST_LABEL_MAX + 1) == HS_HOST_LABEL_MAX ? '.' : 'a';
    text[HS_HOST_NAME_MAX] = '\0';
    ck_assert_int_eq(hs_value_endpoint(text, 1, host, &port), 0);
    ck_assert_str_eq(host, text);
    text[HS_HOST_NAME_MAX] = '.';
    text[HS_HOST_NAME_MAX + 1] = '\0';
    ck_assert_int_eq(hs_value_endpoint(text, 1, host, &port), 0);
    text[HS_HOST_NAME_MAX] = 'a';
    ck_assert_int_eq(hs_value_endpoint(text, 1, host, &port), HEARSAY_ERR_SYNTAX);
    text[HS_HOST_NAME_MAX + 1] = 'a';
    text[HS_HOST_MAX] = '\0';
    ck_assert_int_eq(hs_value_endpoint(text, 1, host, &port), HEARSAY_ERR_SYNTAX);
    memset(text, 'a', HS_HOST_LABEL_MAX + 1);
    text[HS_HOST_LABEL_MAX + 1] = '\0';
    ck_assert_int_eq(hs_value_endpoint(text, 1, host, &port), HEARSAY_ERR_SYNTAX);
    ck_assert_int_eq(hs_value_endpoint(text + 1, 1, host, &port), 0);
}
END_TEST

HARNESS_MAIN("values", test_durations_have_a_unit, test_a_formatted_duration_reads_back,
             test_numbers_are_plain_decimals, test_endpoints_in_every_spelling,
             test_a_text_that_can_be_no_host_says_what_it_looks_like,
             test_what_can_be_a_host_is_let_through, test_what_cannot_be_seen_is_shown,
             test_a_host_name_too_long_is_refused)
