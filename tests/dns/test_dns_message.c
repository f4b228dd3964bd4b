/* SPDX-License-Identifier: Apache-2.0 */
/* Messages: vectors by hand, EDNS, truncation, and what is refused or gets no answer. */
#include "zone.h"

#include <hearsay/error.h>

#define NAME(...)    __VA_ARGS__
#define HEAD         0xbe, 0xef, 1, 0
#define COUNTS(a, b) 0, a, 0, 0, 0, 0, 0, b
#define A_NODE                                                                                     \
    1, 'a', 4, 'n', 'o', 'd', 'e', 7, 'h', 'e', 'a', 'r', 's', 'a', 'y', 8, 'i', 'n', 't', 'e',    \
        'r', 'n', 'a', 'l', 0
#define TYPE_A       0, 1, 0, 1
#define OPT(version) 0, 0, 41, 0x10, 0, 0, version, 0x80, 0, 0, 0

static void two_members(void)
{
    ZONE({"a", "10.0.0.1:7847", "alive", "\"http\":\"80\"", 4},
         {"b", "10.0.0.2:7847", "alive", "\"http\":\"80\"", 4});
}

static void sent(const uint8_t *bytes, size_t len)
{
    udp_size = 1232; /* so that any answer is within its bound */
    send_bytes(bytes, len);
    udp_size = 0;
}

#define SENT(...) sent((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

/* Bytes that get this code, and nothing but a header. */
#define FAILS(code, ...)                                                                           \
    do {                                                                                           \
        SENT(__VA_ARGS__);                                                                         \
        ck_assert_int_eq(reply.rcode, code);                                                       \
        ck_assert_uint_eq(reply.size, HS_DNS_HEADER_SIZE);                                         \
    } while (0)

#define SILENT(...)                                                                                \
    do {                                                                                           \
        SENT(__VA_ARGS__);                                                                         \
        ck_assert_int_eq(reply.rcode, HS_DNS_SILENCE);                                             \
        ck_assert_uint_eq(reply.size, 0);                                                          \
    } while (0)

START_TEST(test_an_answer_to_the_byte)
{
    static const uint8_t expected[] = {
        0xbe, 0xef, 0x85, 0, 0, 1,  0, 1, 0, 0, 0, 1,  A_NODE, TYPE_A, 0xc0, 12, 0,    1, 0, 1, 0,
        0,    0,    5,    0, 4, 10, 0, 0, 1, 0, 0, 41, 0x04,   0xd0,   0,    0,  0x80, 0, 0, 0};

    two_members();
    hs_dns_free(dns);
    settings.ttl = 5;
    ck_assert_int_eq(hs_dns_new(&dns, &settings, 1), 0);
    SENT(HEAD, COUNTS(1, 1), A_NODE, TYPE_A, OPT(0));
    ck_assert_uint_eq(reply.size, sizeof(expected));
    ck_assert_mem_eq(reply.bytes, expected, sizeof(expected));
    zone_end();
}
END_TEST

START_TEST(test_a_negative_answer_to_the_byte)
{
    static const uint8_t head[] = {0xbe, 0xef, 0x85, 3, 0, 1, 0, 0, 0, 1, 0, 0};
    static const uint8_t soa[] = {
        0xc0, 12 + 7, 0,    6,    0,      1,      0,    0,    0,    0,    0,    38,
        2,    'n',    's',  0xc0, 12 + 7, 10,     'h',  'o',  's',  't',  'm',  'a',
        's',  't',    'e',  'r',  0xc0,   12 + 7, 0x69, 0x7e, 0x97, 0x7f, /* 2026-01-31T23:59:59Z */
        0,    0,      0x0e, 0x10, 0,      0,      2,    0x58, 0,    1,    0x51, 0x80,
        0,    0,      0,    0};

    two_members();
    make_question("n.node2.~", "A");
    ASKED("x.nod.~", "A", "nxdomain, ~soa");
    ck_assert_mem_eq(reply.bytes, head, sizeof(head));
    ASKED("x.node.~", "A", "nxdomain, ~soa");
    ck_assert_uint_eq(reply.size, sizeof(head) + 25 + 4 + sizeof(soa));
    ck_assert_mem_eq(reply.bytes + sizeof(head) + 25 + 4, soa, sizeof(soa));
    zone_end();
}
END_TEST

START_TEST(test_what_gets_no_answer)
{
    static uint8_t long_one[HS_DNS_QUESTION_MAX + 1] = {HEAD, COUNTS(1, 0), A_NODE, TYPE_A};

    two_members();
    sent(long_one, 0);
    ck_assert_uint_eq(reply.size, 0);
    SILENT(0xbe, 0xef, 1, 0, 0, 1, 0, 0, 0, 0, 0);
    SILENT(0xbe, 0xef, 0x81, 0, COUNTS(1, 0), A_NODE, TYPE_A); /* a response */
    SILENT(0xbe, 0xef, 0x80, 1, COUNTS(0, 0));
    sent(long_one, HS_DNS_QUESTION_MAX + 1);
    ck_assert_int_eq(reply.rcode, HS_DNS_SILENCE);
    sent(long_one, HS_DNS_QUESTION_MAX);
    ck_assert_int_eq(reply.rcode, HS_DNS_FORMERR);
    zone_end();
}
END_TEST

START_TEST(test_what_cannot_be_read)
{
    two_members();
    FAILS(HS_DNS_FORMERR, HEAD, COUNTS(0, 0));
    FAILS(HS_DNS_FORMERR, HEAD, COUNTS(2, 0), A_NODE, TYPE_A, A_NODE, TYPE_A);
    FAILS(HS_DNS_FORMERR, HEAD, COUNTS(1, 0));
    FAILS(HS_DNS_FORMERR, HEAD, COUNTS(1, 0), A_NODE, 0, 1, 0);
    FAILS(HS_DNS_FORMERR, HEAD, COUNTS(1, 0), A_NODE, TYPE_A, 0); /* a byte left over */
    FAILS(HS_DNS_FORMERR, HEAD, COUNTS(1, 0), 1, 'a', 0xc0, 12, TYPE_A);
    FAILS(HS_DNS_FORMERR, HEAD, COUNTS(1, 0), 0xc0, 12, TYPE_A); /* points to itself */
    FAILS(HS_DNS_FORMERR, HEAD, COUNTS(1, 0), 0x41, 'a', 0, TYPE_A);
    FAILS(HS_DNS_FORMERR, HEAD, COUNTS(1, 0), 0x81, 'a', 0, TYPE_A);
    FAILS(HS_DNS_FORMERR, HEAD, COUNTS(1, 0), 5, 'a', 0);
    FAILS(HS_DNS_FORMERR, HEAD, COUNTS(1, 1), A_NODE, TYPE_A);
    zone_end();
}
END_TEST

START_TEST(test_records_behind_the_question_are_skipped)
{
    two_members();
    SENT(HEAD, 0, 1, 0, 1, 0, 1, 0, 2, A_NODE, TYPE_A, 0xc0, 12, TYPE_A, 0, 0, 0, 0, 0, 4, 1, 2, 3,
         4, A_NODE, 0, 2, 0, 1, 0, 0, 0, 0, 0, 2, 0xc0, 12, OPT(0), 1, 'x', 0xc0, 12, TYPE_A, 0, 0,
         0, 0, 0, 0);
    ck_assert_int_eq(reply.rcode, HS_DNS_NOERROR);
    ck_assert(dns_message.opt);
    ck_assert_uint_eq(dns_message.counts[1], 1);
    FAILS(HS_DNS_FORMERR, HEAD, COUNTS(1, 1), A_NODE, TYPE_A, 0xc0);
    FAILS(HS_DNS_FORMERR, HEAD, COUNTS(1, 1), A_NODE, TYPE_A, 0xc0, 12, TYPE_A, 0, 0, 0, 0, 0, 1);
    FAILS(HS_DNS_FORMERR, HEAD, COUNTS(1, 1), A_NODE, TYPE_A, 0x40, 12, TYPE_A, 0, 0, 0, 0, 0, 0);
    zone_end();
}
END_TEST

START_TEST(test_opt_is_alone_of_the_root_and_whole)
{
    two_members();
    FAILS(HS_DNS_FORMERR, HEAD, COUNTS(1, 2), A_NODE, TYPE_A, OPT(0), OPT(0));
    FAILS(HS_DNS_FORMERR, HEAD, COUNTS(1, 1), A_NODE, TYPE_A, 1, 'x', OPT(0));
    FAILS(HS_DNS_FORMERR, HEAD, 0, 1, 0, 1, 0, 0, 0, 0, A_NODE, TYPE_A, OPT(0));
    FAILS(HS_DNS_FORMERR, HEAD, COUNTS(1, 1), A_NODE, TYPE_A, 0, 0, 41, 2, 0, 0, 0, 0, 0, 0, 3, 0,
          1, 0);
    FAILS(HS_DNS_FORMERR, HEAD, COUNTS(1, 1), A_NODE, TYPE_A, 0, 0, 41, 2, 0, 0, 0, 0, 0, 0, 4, 0,
          1, 0, 1);
    SENT(HEAD, COUNTS(1, 1), A_NODE, TYPE_A, 0, 0, 41, 2, 0, 0, 0, 0, 0, 0, 9, 0, 10, 0, 1, 7, 0, 8,
         0, 0);
    ck_assert_int_eq(reply.rcode, HS_DNS_NOERROR);
    ck_assert_uint_eq(dns_message.opt_do, 0);
    FAILS(HS_DNS_FORMERR, HEAD, COUNTS(1, 0), A_NODE, 0, 41, 0, 1);
    zone_end();
}
END_TEST

START_TEST(test_a_later_edns)
{
    two_members();
    SENT(HEAD, COUNTS(1, 1), A_NODE, TYPE_A, OPT(1));
    ck_assert_int_eq(reply.rcode, HS_DNS_BADVERS);
    ck_assert_uint_eq(dns_message.rcode, 16);
    ck_assert(dns_message.opt);
    ck_assert_uint_eq(dns_message.counts[1], 0);
    zone_end();
}
END_TEST

START_TEST(test_what_is_not_implemented)
{
    static const unsigned types[] = {249, 250, 251, 252, 253, 254};

    two_members();
    FAILS(HS_DNS_NOTIMP, 0xbe, 0xef, 0x29, 0, COUNTS(1, 0), A_NODE, 0, 6, 0, 1); /* UPDATE */
    ck_assert_uint_eq(dns_message.flags & 0x7800, 0x2800);
    SENT(HEAD, COUNTS(1, 0), A_NODE, 0, 1, 0, 3); /* CHAOS */
    ck_assert_int_eq(reply.rcode, HS_DNS_NOTIMP);
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        size_t len = dns_question(question, 1, "hearsay.internal", types[i], 0);
        send_bytes(question, len);
        ck_assert_int_eq(reply.rcode, HS_DNS_NOTIMP);
        ck_assert_uint_eq(dns_message.counts[0], 1);
        ck_assert_uint_eq(dns_message.counts[1], 0);
    }
    zone_end();
}
END_TEST

START_TEST(test_an_answer_that_cannot_be_known)
{
    two_members();
    udp_size = 1232;
    worth.knows = false;
    ASKED("a.node.~", "A", "servfail");
    ck_assert_int_eq(dns_message.explain, HS_DNS_EXPLAIN_NOT_READY);
    ck_assert_uint_eq(dns_message.flags & 0x0400, 0);
    ASKED("~", "SOA", "servfail");
    ASKED("1.0.0.10.in-addr.arpa", "PTR", "servfail");
    ASKED("example.com", "A", "refused");
    ck_assert_int_eq(dns_message.explain, HS_DNS_EXPLAIN_NOT_OURS);
    worth = (struct hs_dns_worth){.knows = true, .isolated = true};
    ASKED("a.node.~", "A", "noerror, a.node A 10.0.0.1");
    ck_assert_int_eq(dns_message.explain, HS_DNS_EXPLAIN_STALE);
    worth.isolated = false;
    ASKED("a.node.~", "A", "noerror, a.node A 10.0.0.1");
    ck_assert_int_eq(dns_message.explain, HS_DNS_EXPLAIN_NONE);
    zone_end();
}
END_TEST

START_TEST(test_nothing_is_known_before_the_first_snapshot)
{
    start();
    settings.replicas = 3;
    ck_assert_int_eq(hs_dns_domain_parse("example", &settings.domain), 0);
    ck_assert_int_eq(hs_dns_new(&dns, &settings, 1), 0);
    ASKED("a.node.example", "A", "servfail");
    ASKED("x.key.example", "A", "servfail");
    zone_end();
}
END_TEST

static void crowd(size_t count, bool ipv6)
{
    static struct zone_member members[ZONE_MEMBERS_MAX];
    static char names[ZONE_MEMBERS_MAX][16], addrs[ZONE_MEMBERS_MAX][48];

    for (size_t i = 0; i < count; i++) {
        snprintf(names[i], sizeof(names[i]), "n%zu", i);
        if (ipv6)
            snprintf(addrs[i], sizeof(addrs[i]), "[2001:db8::%zx]:7847", i + 1);
        else
            snprintf(addrs[i], sizeof(addrs[i]), "10.0.%zu.%zu:7847", i / 250, i % 250 + 1);
        members[i] = (struct zone_member){names[i], addrs[i], "alive", "\"p\":\"80\"", 0};
    }
    zone_start(members, count);
}

/* How many records of the answer the last question got; the rest fits one more no more. */
static size_t got(const char *name, const char *type, enum hs_dns_transport by, unsigned size)
{
    transport = by;
    udp_size = size;
    send_bytes(question, make_question(name, type));
    return dns_message.counts[1];
}

START_TEST(test_answers_are_cut_at_whole_records)
{
    crowd(1000, false);
    /* header 12, question 26, each record 16 */
    ck_assert_uint_eq(got("all.~", "A", HS_DNS_UDP, 0), (512 - 12 - 26) / 16);
    ck_assert(reply.truncated);
    ck_assert_uint_gt(got("all.~", "A", HS_DNS_UDP, 1232), 65);
    ck_assert(reply.truncated && dns_message.opt);
    ck_assert_uint_eq(dns_message.counts[2], 0);
    ck_assert_uint_gt(got("all.~", "A", HS_DNS_UDP, 4096), 65);
    ck_assert_uint_eq(got("all.~", "A", HS_DNS_UDP, 100), got("all.~", "A", HS_DNS_UDP, 512));
    ck_assert_uint_le(reply.size, 512);
    ck_assert_uint_eq(got("all.~", "A", HS_DNS_TCP, 0), 1000);
    ck_assert(!reply.truncated);
    ck_assert_uint_eq(got("_p._tcp.~", "SRV", HS_DNS_TCP, 0), 1000);
    ck_assert(!reply.truncated);
    ck_assert_uint_gt(got("_p._tcp.~", "SRV", HS_DNS_UDP, 1232), 20);
    ck_assert(reply.truncated);
    ck_assert_uint_eq(additional(""), 0);
    zone_end();
}
END_TEST

START_TEST(test_missing_additional_records_are_no_truncation)
{
    crowd(20, true);
    ck_assert_uint_eq(got("_p._tcp.~", "SRV", HS_DNS_UDP, 1232), 20);
    ck_assert(!reply.truncated);
    ck_assert_uint_lt(additional(""), 20);
    ck_assert_uint_eq(got("_p._tcp.~", "SRV", HS_DNS_TCP, 0), 20);
    ck_assert_uint_eq(additional(""), 20);
    zone_end();
}
END_TEST

START_TEST(test_more_members_than_fit_an_answer_at_all)
{
    crowd(5000, false);
    ck_assert_uint_eq(got("all.~", "A", HS_DNS_TCP, 0), (65535 - 12 - 26) / 16);
    ck_assert(reply.truncated);
    ck_assert_uint_lt(got("_p._tcp.~", "SRV", HS_DNS_TCP, 0), 2000);
    ck_assert(reply.truncated);
    zone_end();
}
END_TEST

START_TEST(test_who_asks_too_often_gets_no_more_than_it_sends)
{
    static const char *const types[] = {"A", "ANY", "TXT", "AXFR"};
    static const char *const names[] = {"a.node.~", "x.node.~", "example", "_http._tcp.~"};

    two_members();
    transport = HS_DNS_UDP_SPARING;
    for (unsigned size = 0; size <= 1232; size += 1232)
        for (size_t i = 0; i < 16; i++) {
            worth.knows = i % 3 > 0;
            udp_size = size;
            size_t len = make_question(names[i % 4], types[i / 4]);
            send_bytes(question, len);
            ck_assert_uint_gt(reply.size, 0);
            ck_assert_uint_le(reply.size, len);
            ck_assert(reply.truncated == (i / 4 < 3)); /* not AXFR */
            ck_assert_uint_eq(dns_message.counts[1], 0);
        }
    FAILS(HS_DNS_FORMERR, HEAD, COUNTS(0, 0));
    zone_end();
}
END_TEST

START_TEST(test_each_member_is_first_now_and_then)
{
    unsigned first[10] = {0}, shown[100] = {0};

    crowd(10, false);
    for (unsigned i = 0; i < 1000; i++) {
        ck_assert_uint_eq(got("all.~", "A", HS_DNS_UDP, 0), 10);
        first[dns_message.bytes[dns_message.records[0].at + 3] - 1]++;
    }
    for (unsigned i = 0; i < 10; i++)
        ck_assert_msg(first[i] > 60 && first[i] < 140, "member %u is first %u times", i, first[i]);
    zone_end();
    crowd(100, false);
    for (unsigned i = 0; i < 1000; i++)
        for (size_t k = 0, count = got("all.~", "A", HS_DNS_UDP, 0); k < count; k++)
            shown[dns_message.bytes[dns_message.records[k].at + 3] - 1]++;
    for (unsigned i = 0; i < 100; i++) /* 29 of 100 fit */
        ck_assert_msg(shown[i] > 200 && shown[i] < 380, "member %u comes %u times", i, shown[i]);
    zone_end();
}
END_TEST

START_TEST(test_domains)
{
    struct hs_dns_name name;
    char text[200];

    ck_assert_int_eq(hs_dns_domain_parse("hearsay.internal.", &name), 0);
    ck_assert_uint_eq(name.labels, 2);
    ck_assert_int_eq(hs_dns_domain_parse("X_1-2", &name), 0);
    ck_assert_int_eq(hs_dns_domain_parse("", &name), HEARSAY_ERR_SYNTAX);
    ck_assert_int_eq(hs_dns_domain_parse(".", &name), HEARSAY_ERR_SYNTAX);
    ck_assert_int_eq(hs_dns_domain_parse("a..b", &name), HEARSAY_ERR_SYNTAX);
    ck_assert_int_eq(hs_dns_domain_parse(".a", &name), HEARSAY_ERR_SYNTAX);
    ck_assert_int_eq(hs_dns_domain_parse("a:b", &name), HEARSAY_ERR_SYNTAX);
    ck_assert_int_eq(hs_dns_domain_parse("a b", &name), HEARSAY_ERR_SYNTAX);
    memset(text, 'a', sizeof(text));
    text[64] = '\0';
    ck_assert_int_eq(hs_dns_domain_parse(text, &name), HEARSAY_ERR_SYNTAX);
    text[63] = '.';
    text[64] = 'b';
    text[HS_DNS_DOMAIN_MAX - 1] = '\0';
    ck_assert_int_eq(hs_dns_domain_parse(text, &name), HEARSAY_ERR_TOOBIG);
    text[HS_DNS_DOMAIN_MAX - 2] = '\0';
    ck_assert_int_eq(hs_dns_domain_parse(text, &name), 0);
    ck_assert_uint_eq(name.size, HS_DNS_DOMAIN_MAX);
}
END_TEST

HARNESS_MAIN("dns message", test_an_answer_to_the_byte, test_a_negative_answer_to_the_byte,
             test_what_gets_no_answer, test_what_cannot_be_read,
             test_records_behind_the_question_are_skipped, test_opt_is_alone_of_the_root_and_whole,
             test_a_later_edns, test_what_is_not_implemented, test_an_answer_that_cannot_be_known,
             test_nothing_is_known_before_the_first_snapshot, test_answers_are_cut_at_whole_records,
             test_missing_additional_records_are_no_truncation,
             test_more_members_than_fit_an_answer_at_all,
             test_who_asks_too_often_gets_no_more_than_it_sends,
             test_each_member_is_first_now_and_then, test_domains)
