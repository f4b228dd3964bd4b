/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compares our reading and writing of addresses with inet_pton and inet_ntop: for a list of unusual
 * addresses, for random addresses with many zeros, and for random text of the characters that occur
 * in addresses.
 */
#include "harness.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <hearsay/addr.h>
#include <hearsay/error.h>

#define SEED   UINT64_C(7847)
#define ROUNDS 20000

static struct hearsay_addr parsed(const char *text, uint16_t default_port)
{
    struct hearsay_addr addr = {.family = 0};
    ck_assert_msg(hearsay_addr_parse(&addr, text, default_port) == 0, "refused %s", text);
    return addr;
}

/* The text that ours has after it was read. */
static const char *again(const char *text, uint16_t default_port)
{
    static char out[HEARSAY_ADDR_TEXT_MAX];
    struct hearsay_addr addr = parsed(text, default_port);
    ck_assert_uint_eq(hearsay_addr_format(&addr, out), strlen(out));
    return out;
}

static bool v4_mapped(const uint8_t bytes[16])
{
    static const uint8_t prefix[12] = {[10] = 0xff, [11] = 0xff};
    return memcmp(bytes, prefix, sizeof prefix) == 0;
}

START_TEST(test_text_becomes_canonical)
{
    static const char *const pairs[][2] = {
        {"192.0.2.1:7847", "192.0.2.1:7847"},
        {"0.0.0.0:1", "0.0.0.0:1"},
        {"255.255.255.255:65535", "255.255.255.255:65535"},
        {"[2001:db8::1]:7847", "[2001:db8::1]:7847"},
        {"[2001:DB8:0:0:0:0:0:1]:80", "[2001:db8::1]:80"},
        {"[::]:5", "[::]:5"},
        {"[::1]:5", "[::1]:5"},
        {"[1::]:5", "[1::]:5"},
        {"[1:0:0:2:0:0:0:3]:5", "[1:0:0:2::3]:5"},
        {"[1:0:0:2:3:0:0:4]:5", "[1::2:3:0:0:4]:5"},
        {"[1:0:2:3:4:5:6:7]:5", "[1:0:2:3:4:5:6:7]:5"},
        {"[1:2:3:4:5:6:7::]:5", "[1:2:3:4:5:6:7:0]:5"},
        {"[::2:3:4:5:6:7:8]:5", "[0:2:3:4:5:6:7:8]:5"},
        {"[::ffff:192.0.2.1]:5", "192.0.2.1:5"},
        {"[::ffff:c000:201]:5", "192.0.2.1:5"},
        {"[64:ff9b::192.0.2.33]:5", "[64:ff9b::c000:221]:5"},
        {"[ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255]:65535",
         "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        ck_assert_str_eq(again(pairs[i][0], 0), pairs[i][1]);
}
END_TEST

START_TEST(test_missing_port_gets_the_default)
{
    ck_assert_str_eq(again("192.0.2.1", 7847), "192.0.2.1:7847");
    ck_assert_str_eq(again("192.0.2.1:80", 7847), "192.0.2.1:80");
    ck_assert_str_eq(again("[::1]", 7847), "[::1]:7847");
    ck_assert_str_eq(again("::1", 7847), "[::1]:7847");
    ck_assert_str_eq(again("2001:db8::1:80", 7847), "[2001:db8::1:80]:7847");
}
END_TEST

START_TEST(test_bad_text_is_refused_and_writes_nothing)
{
    static const char *const bad[] = {
        "",
        ":",
        ":80",
        "localhost:80",
        "1.2.3:80",
        "1.2.3.4.5:80",
        "1.2.3.256:80",
        "01.2.3.4:80",
        "1.2.3.4:",
        "1.2.3.4:0",
        "1.2.3.4:65536",
        "1.2.3.4:080",
        "1.2.3.4:80 ",
        " 1.2.3.4:80",
        "1.2.3.4:-1",
        "1.2.3.4:99999999999",
        "[]:80",
        "[::1",
        "[::1]80",
        "[::1]:",
        "[::1]:0",
        "[1.2.3.4]:80",
        "[:]:80",
        "[:::]:80",
        "[1::2::3]:80",
        "[1:2:3:4:5:6:7]:80",
        "[1:2:3:4:5:6:7:8:9]:80",
        "[1:2:3:4:5:6:7:8::]:80",
        "[::1:2:3:4:5:6:7:8]:80",
        "[12345::]:80",
        "[1:]:80",
        "[:1]:80",
        "[g::]:80",
        "[fe80::1%lo]:80",
        "[::1.2.3]:80",
        "[::1.2.3.4:5]:80",
        "[1:2:3:4:5:6:7:1.2.3.4]:80",
        "[[::1]]:80",
        "::1]:80",
        "[::1]:80]",
        "[1.2.3.4::]:80",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct hearsay_addr addr, untouched;
        memset(&addr, 0xa5, sizeof addr);
        untouched = addr;
        int result = hearsay_addr_parse(&addr, bad[i], 7847);
        ck_assert_msg(result == HEARSAY_ERR_SYNTAX, "took %s", bad[i]);
        ck_assert_mem_eq(&addr, &untouched, sizeof addr);
    }
    struct hearsay_addr addr;
    ck_assert_int_eq(hearsay_addr_parse(&addr, "1.2.3.4", 0), HEARSAY_ERR_SYNTAX);
    ck_assert_int_eq(hearsay_addr_parse(&addr, "[::1]", 0), HEARSAY_ERR_SYNTAX);
}
END_TEST

/* inet_ntop writes ::a.b.c.d for the deprecated IPv4-compatible addresses; RFC 5952 asks for mixed
 * notation only where a prefix says that an IPv4 address is in there. */
static bool v4_compatible(const uint8_t bytes[16])
{
    static const uint8_t prefix[12];
    return memcmp(bytes, prefix, sizeof prefix) == 0 && (bytes[12] != 0 || bytes[13] != 0);
}

START_TEST(test_ipv6_text_is_that_of_inet_ntop)
{
    uint64_t random = SEED;
    for (int round = 0; round < ROUNDS; round++) {
        struct hearsay_addr addr = {.family = 6, .port = 7847};
        uint64_t zeros = harness_random(&random); /* half of the groups are 0: runs of any length */
        for (size_t i = 0; i < 16; i++)
            addr.bytes[i] = zeros >> i / 2 & 1 ? 0 : (uint8_t)harness_random(&random);
        if (v4_compatible(addr.bytes))
            continue;
        char host[INET6_ADDRSTRLEN], expected[HEARSAY_ADDR_TEXT_MAX + 8];
        char text[HEARSAY_ADDR_TEXT_MAX];
        ck_assert_ptr_nonnull(inet_ntop(AF_INET6, addr.bytes, host, sizeof host));
        snprintf(expected, sizeof expected, "[%s]:7847", host);
        ck_assert_uint_eq(hearsay_addr_format(&addr, text), strlen(expected));
        ck_assert_str_eq(text, expected);
        struct hearsay_addr back = parsed(text, 0);
        ck_assert(hearsay_addr_equal(&back, &addr) || v4_mapped(addr.bytes));
    }
}
END_TEST

START_TEST(test_ipv4_text_is_that_of_inet_ntop)
{
    uint64_t random = SEED;
    for (int round = 0; round < ROUNDS; round++) {
        struct hearsay_addr addr = {.family = 4, .port = (uint16_t)(round % 65535 + 1)};
        uint64_t bits = harness_random(&random);
        for (size_t i = 0; i < 4; i++)
            addr.bytes[i] = (uint8_t)(bits >> 8 * i);
        char host[INET_ADDRSTRLEN], expected[HEARSAY_ADDR_TEXT_MAX], text[HEARSAY_ADDR_TEXT_MAX];
        ck_assert_ptr_nonnull(inet_ntop(AF_INET, addr.bytes, host, sizeof host));
        snprintf(expected, sizeof expected, "%s:%u", host, (unsigned)addr.port);
        hearsay_addr_format(&addr, text);
        ck_assert_str_eq(text, expected);
        struct hearsay_addr back = parsed(text, 0);
        ck_assert(hearsay_addr_equal(&back, &addr));
    }
}
END_TEST

/* A text near an address: pieces of addresses put together, sometimes with one character
 * changed. */
static void random_ipv6_text(uint64_t *random, char text[64])
{
    static const char *const pieces[] = {"::", ":",     "0",     "1",       "ffff", "abcd", "00a0",
                                         "g",  "12345", "1:2:3", "1.2.3.4", ".",    "0:0:", "FF:"};
    size_t at = 0, count = 1 + harness_below(random, 9);
    for (size_t i = 0; i < count; i++) {
        const char *piece = pieces[harness_below(random, sizeof pieces / sizeof pieces[0])];
        if (at + strlen(piece) >= 40)
            break;
        memcpy(text + at, piece, strlen(piece));
        at += strlen(piece);
    }
    text[at] = '\0';
}

START_TEST(test_ipv6_is_read_as_inet_pton_reads_it)
{
    uint64_t random = SEED;
    size_t taken = 0, refused = 0;
    for (int round = 0; round < ROUNDS; round++) {
        char host[64], text[80];
        uint8_t expected[16];
        struct hearsay_addr addr = {.family = 0};
        random_ipv6_text(&random, host);
        snprintf(text, sizeof text, "[%s]:1", host);
        bool ours = hearsay_addr_parse(&addr, text, 0) == 0;
        bool theirs = inet_pton(AF_INET6, host, expected) == 1;
        ck_assert_msg(ours == theirs, "%s: we say %d, inet_pton %d", text, ours, theirs);
        if (theirs && addr.family == 6)
            ck_assert_mem_eq(addr.bytes, expected, 16);
        else if (theirs)
            ck_assert(v4_mapped(expected) && memcmp(addr.bytes, expected + 12, 4) == 0);
        taken += theirs;
        refused += !theirs;
    }
    /* Both sides of the comparison were met often enough to mean something. */
    ck_assert_uint_gt(taken, ROUNDS / 100);
    ck_assert_uint_gt(refused, ROUNDS / 100);
}
END_TEST

START_TEST(test_no_address_reads_none)
{
    struct hearsay_addr none = {.family = 0};
    char text[HEARSAY_ADDR_TEXT_MAX];
    ck_assert_uint_eq(hearsay_addr_format(&none, text), 4);
    ck_assert_str_eq(text, "none");
    ck_assert(!hearsay_addr_is_any(&none));
}
END_TEST

START_TEST(test_mapped_address_filled_by_hand_is_written_mixed)
{
    struct hearsay_addr addr = {
        .family = 6, .port = 9, .bytes = {[10] = 0xff, [11] = 0xff, 192, 0, 2, 1}};
    char text[HEARSAY_ADDR_TEXT_MAX];
    hearsay_addr_format(&addr, text);
    ck_assert_str_eq(text, "[::ffff:192.0.2.1]:9");
}
END_TEST

START_TEST(test_equal_means_family_address_and_port)
{
    struct hearsay_addr a = parsed("192.0.2.1:7847", 0);
    struct hearsay_addr b = a;
    ck_assert(hearsay_addr_equal(&a, &b));
    b.port++;
    ck_assert(!hearsay_addr_equal(&a, &b));
    b = parsed("192.0.2.2:7847", 0);
    ck_assert(!hearsay_addr_equal(&a, &b));
    b = a;
    b.family = 6;
    ck_assert(!hearsay_addr_equal(&a, &b));
}
END_TEST

START_TEST(test_any_address_is_known)
{
    struct hearsay_addr addr = parsed("0.0.0.0:1", 0);
    ck_assert(hearsay_addr_is_any(&addr));
    addr = parsed("[::]:1", 0);
    ck_assert(hearsay_addr_is_any(&addr));
    addr = parsed("[::1]:1", 0);
    ck_assert(!hearsay_addr_is_any(&addr));
    addr = parsed("0.0.0.1:1", 0);
    ck_assert(!hearsay_addr_is_any(&addr));
}
END_TEST

START_TEST(test_addresses_that_no_host_has_are_known)
{
    static const struct {
        const char *text, *fault; /* NULL: none */
    } cases[] = {
        {"0.0.0.0:1", "unspecified"},
        {"0.0.30.167:1", "0.0.0.0/8"},
        {"224.0.0.1:1", "multicast"},
        {"239.255.255.255:1", "multicast"},
        {"240.0.0.1:1", "class E"},
        {"255.255.255.254:1", "class E"},
        {"255.255.255.255:1", "broadcast"},
        {"1.0.0.0:1", NULL},
        {"10.0.0.255:1", NULL},
        {"127.0.1.1:1", NULL},
        {"169.254.1.1:1", NULL},
        {"223.255.255.255:1", NULL},
        {"[::]:1", "unspecified"},
        {"[::1]:1", NULL},
        {"[ff02::1]:1", "multicast"},
        {"[fe80::1]:1", "link-local"},
        {"[febf::1]:1", "link-local"},
        {"[fec0::1]:1", NULL},
        {"[fd77::1]:1", NULL},
        {"[2001:db8::1]:1", NULL},
    };
    struct hearsay_addr none = {.family = 0};
    struct hearsay_addr mapped = {
        .family = 6, .port = 9, .bytes = {[10] = 0xff, [11] = 0xff, 224, 0, 0, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct hearsay_addr addr = parsed(cases[i].text, 0);
        const char *fault = hearsay_addr_fault(&addr);
        ck_assert_msg(cases[i].fault ? fault && strstr(fault, cases[i].fault) : !fault, "%s: %s",
                      cases[i].text, fault ? fault : "none");
    }
    ck_assert_str_eq(hearsay_addr_fault(&none), "no address");
    ck_assert_str_eq(hearsay_addr_fault(&mapped), "a multicast address");
}
END_TEST

HARNESS_MAIN("addr", test_addresses_that_no_host_has_are_known, test_text_becomes_canonical,
             test_missing_port_gets_the_default, test_bad_text_is_refused_and_writes_nothing,
             test_ipv6_text_is_that_of_inet_ntop, test_ipv4_text_is_that_of_inet_ntop,
             test_ipv6_is_read_as_inet_pton_reads_it, test_no_address_reads_none,
             test_mapped_address_filled_by_hand_is_written_mixed,
             test_equal_means_family_address_and_port, test_any_address_is_known)
