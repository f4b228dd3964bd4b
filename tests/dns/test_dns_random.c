/* SPDX-License-Identifier: Apache-2.0 */
/* Random members, random questions, damaged questions: an answer is well-formed, within its bound,
 * and says what a slow reading of the same names says. */
#include "zone.h"

#define ROUNDS    60
#define MEMBERS   24
#define QUESTIONS 200

static uint64_t seed = 46;
static struct zone_member members[MEMBERS];
static char names[MEMBERS][HEARSAY_NAME_MAX + 1], addrs[MEMBERS][64], tags[MEMBERS][200];

static size_t below(size_t limit)
{
    return harness_below(&seed, limit);
}

/* Few letters, so that names and their ends collide. */
static void random_word(char *to, size_t max, const char *letters)
{
    size_t len = 1 + below(max);

    for (size_t i = 0; i < len; i++)
        to[i] = letters[below(strlen(letters))];
    to[len] = '\0';
}

static bool is_taken(size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], names[count]) == 0)
            return true;
    return false;
}

static void random_cluster(void)
{
    static const char *const statuses[] = {"alive", "alive", "suspect", "dead"};
    size_t count = 1 + below(MEMBERS);

    for (size_t i = 0; i < count; i++) {
        do
            random_word(names[i], below(8) == 0 ? HEARSAY_NAME_MAX : 4, "aAbB.:-");
        while (is_taken(i));
        if (below(3) == 0)
            snprintf(addrs[i], sizeof(addrs[i]), "[2001:db8::%zx]:%zu", below(9), 1 + below(9));
        else
            snprintf(addrs[i], sizeof(addrs[i]), "10.0.0.%zu:%zu", below(9), 1 + below(9));
        snprintf(tags[i], sizeof(tags[i]), "\"%s\":\"%s\",\"q.p\":\"%zu\"", below(2) ? "p" : "p.q",
                 below(2) ? "1" : "v.w", below(70000));
        members[i] = (struct zone_member){names[i], addrs[i], statuses[below(4)], tags[i],
                                          (unsigned)below(3)};
    }
    zone_start(members, count);
}

static void random_name(char *to)
{
    static const char *const ends[] = {
        "node.~", "node.~", "tag.~",        "key.~",    "addr.~",  "all.~",       "_tcp.~",
        "~",      "ns.~",   "in-addr.arpa", "ip6.arpa", "example", "v.w.p.tag.~", "1.p.q.tag.~"};
    char word[200] = "", begin[16] = "";

    if (below(3) == 0)
        snprintf(begin, sizeof(begin), "%s", below(2) ? "_p._tcp." : "_q.p._udp.");
    if (below(4) > 0)
        random_word(word, below(6) == 0 ? 150 : 4, "aAbB.:-01");
    snprintf(to, 300, "%s%s%s%s", begin, word, word[0] ? "." : "",
             ends[below(sizeof(ends) / sizeof(ends[0]))]);
    for (char *dots; (dots = strstr(to, ".."));)
        memmove(dots, dots + 1, strlen(dots));
    if (to[0] == '.')
        memmove(to, to + 1, strlen(to));
}

/* Labels within their bound, so that it is a name at all. */
static bool is_name(const char *text)
{
    for (const char *at = text; *at;) {
        size_t len = strcspn(at, ".");
        if (len > 63)
            return false;
        at += len + (at[len] == '.');
    }
    return true;
}

START_TEST(test_random_questions_get_whole_answers)
{
    static const char *const types[] = {"A", "AAAA", "SRV", "TXT", "PTR", "SOA", "NS", "ANY", "MX"};
    size_t answers = 0;
    char name[300];

    for (size_t round = 0; round < ROUNDS; round++) {
        random_cluster();
        for (size_t i = 0; i < QUESTIONS; i++) {
            random_name(name);
            if (!is_name(name))
                continue;
            transport = below(2) ? HS_DNS_TCP : HS_DNS_UDP;
            udp_size = below(2) ? 0 : (unsigned)below(5000);
            asked(name, types[below(sizeof(types) / sizeof(types[0]))]);
            ck_assert_int_ne(reply.rcode, HS_DNS_SILENCE);
            ck_assert(dns_message.opt == (udp_size > 0));
            answers += dns_message.counts[1] > 0;
            ck_assert(dns_message.counts[1] == 0 || dns_message.counts[2] == 0);
            ck_assert(dns_message.counts[1] > 0 || reply.truncated || dns_message.counts[2] == 1 ||
                      reply.rcode == HS_DNS_REFUSED);
        }
        zone_end();
    }
    ck_assert_uint_gt(answers, ROUNDS * QUESTIONS / 30);
}
END_TEST

START_TEST(test_damaged_questions_do_no_harm)
{
    size_t read = 0;
    char name[300];

    for (size_t round = 0; round < ROUNDS; round++) {
        random_cluster();
        for (size_t i = 0; i < QUESTIONS; i++) {
            random_name(name);
            if (!is_name(name))
                continue;
            udp_size = 1232;
            size_t len = make_question(name, "ANY");
            for (size_t k = 0, times = 1 + below(3); k < times; k++)
                question[below(len)] = (uint8_t)harness_random(&seed);
            uint8_t *exact = malloc(len); /* so that a byte beyond it is seen */
            len -= below(3) == 0 ? below(len) : 0;
            memcpy(exact, question, len);
            send_bytes(exact, len);
            free(exact);
            read += reply.rcode == HS_DNS_NOERROR || reply.rcode == HS_DNS_NXDOMAIN;
        }
        zone_end();
    }
    ck_assert_uint_gt(read, ROUNDS);
}
END_TEST

static bool same_but_for_case(const char *a, const char *b)
{
    for (; *a && *b; a++, b++)
        if ((*a | 32) != (*b | 32))
            return false;
    return *a == *b;
}

/* The list of names follows each change; here it is asked for after a few of them. */
START_TEST(test_names_follow_the_members)
{
    static const char *const statuses[] = {"alive", "dead"};

    for (size_t round = 0; round < ROUNDS; round++) {
        bool here[MEMBERS] = {false};
        size_t changes = below(40);
        random_cluster();
        for (size_t i = 0; i < MEMBERS; i++)
            random_word(names[i], 2, "aAbB"), here[i] = false;
        zone_end();
        members[0] = (struct zone_member){"x", "10.0.0.1:1", "alive", "", 1};
        zone_start(members, 1);
        transport = HS_DNS_TCP;
        udp_size = 0;
        for (size_t i = 0; i < 30 + changes; i++) {
            size_t which = below(MEMBERS);
            snprintf(addrs[which], sizeof(addrs[which]), "10.1.0.%zu:1", which);
            if (is_taken(which))
                continue;
            here[which] = below(3) > 0 || !hs_mirror_find(mirror, names[which]);
            if (here[which]) {
                size_t dead = below(2);
                here[which] = dead == 0;
                zone_change(
                    &(struct zone_member){names[which], addrs[which], statuses[dead], "", 0});
            } else {
                zone_forget(names[which]);
            }
            if (below(4) > 0)
                continue;
            size_t asked_for = below(MEMBERS), expected = 0;
            char name[40];
            snprintf(name, sizeof(name), "%s.node.~", names[asked_for]);
            asked(name, "A");
            for (size_t k = 0; k < MEMBERS; k++)
                expected += here[k] && same_but_for_case(names[k], names[asked_for]);
            ck_assert_uint_eq(dns_message.counts[1], expected);
        }
        zone_end();
    }
}
END_TEST

HARNESS_MAIN("dns random", test_random_questions_get_whole_answers,
             test_damaged_questions_do_no_harm, test_names_follow_the_members)
