/* SPDX-License-Identifier: Apache-2.0 */
/* Names of keys: whose they are must be what the ring says, but for the dead. */
#include "zone.h"

#define MEMBERS 100

static struct zone_member members[MEMBERS];
static char names[MEMBERS][16], addrs[MEMBERS][32], tags[MEMBERS][32];

/* Members m0, m1, … with 8 tokens, all in the ring; each third has no tag with a port. */
static void many_members(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        snprintf(names[i], sizeof(names[i]), "m%zu", i);
        snprintf(addrs[i], sizeof(addrs[i]), "10.0.%zu.%zu:%zu", i / 250, i % 250 + 1, 7000 + i);
        snprintf(tags[i], sizeof(tags[i]), "\"p\":\"%zu\"", 8000 + i);
        if (i % 3 == 0)
            tags[i][0] = '\0';
        members[i] = (struct zone_member){names[i], addrs[i], "alive", tags[i], 8};
    }
    zone_start(members, count);
}

static void kill_member(uint32_t index)
{
    const char *name = hearsay_ring_member_at(hs_mirror_ring(mirror), index).name;
    struct zone_member member = members[strtoul(name + 1, NULL, 10)];

    member.status = "dead";
    zone_change(&member);
}

static size_t owners(const char *key, size_t len, uint32_t *ret_owners, size_t n)
{
    const struct hearsay_ring *ring = hs_mirror_ring(mirror);

    return hearsay_ring_owners(ring, hearsay_ring_hash(key, len), ret_owners, n);
}

static const char *address_of(uint32_t index)
{
    const char *name = hearsay_ring_member_at(hs_mirror_ring(mirror), index).name;
    static char text[32];

    snprintf(text, sizeof(text), "%s", addrs[strtoul(name + 1, NULL, 10)]);
    *strchr(text, ':') = '\0';
    return text;
}

static const char *one_address(const char *name, uint32_t index)
{
    static char text[400];

    snprintf(text, sizeof(text), "noerror, %.*s A %s", (int)strlen(name) - 2, name,
             address_of(index));
    return text;
}

#define OWNED(name, index) ASKED(name, "A", one_address(name, index))

START_TEST(test_the_owner_of_a_key_in_hex)
{
    uint32_t owner[3];

    many_members(MEMBERS);
    owners("\x00\xff\n", 3, owner, 3);
    OWNED("00fF0a.key.~", owner[0]);
    OWNED("00f.f0a.key.~", owner[0]);
    OWNED("0.00ff0a.key.~", owner[0]);
    OWNED("1.00ff0a.key.~", owner[1]);
    OWNED("02.00ff0a.key.~", owner[2]);
    ASKED("3.00ff0a.key.~", "A", "nxdomain, ~soa");
    ASKED("00ff0a.key.~", "AAAA", "noerror, ~soa");
    ASKED("00ff0a.key.~", "TXT", "noerror, ~soa");
    zone_end();
}
END_TEST

START_TEST(test_the_owner_of_a_key_as_text)
{
    uint32_t owner[1];

    many_members(MEMBERS);
    owners("user:42.a", 9, owner, 1);
    OWNED("User:42.A.key.~", owner[0]);
    owners("1.user", 6, owner, 1);
    OWNED("1.user.key.~", owner[0]);
    owners("abc", 3, owner, 1); /* no pairs of digits */
    OWNED("abc.key.~", owner[0]);
    owners("\xab\xcd", 2, owner, 1); /* pairs of digits */
    OWNED("abcd.key.~", owner[0]);
    owners("\x12\xab\xcd", 3, owner, 1); /* three digits are no replica's number */
    OWNED("12a.bcd.key.~", owner[0]);
    zone_end();
}
END_TEST

START_TEST(test_replicas_have_their_order_as_priority)
{
    const struct hearsay_ring *ring;
    uint32_t owner[3];
    char line[DNS_LINE_MAX];

    many_members(MEMBERS);
    ring = hs_mirror_ring(mirror);
    owners("k", 1, owner, 3);
    asked("6b.key.~", "SRV");
    ck_assert_uint_eq(dns_message.counts[1], 3);
    for (unsigned i = 0; i < 3; i++) {
        const char *name = hearsay_ring_member_at(ring, owner[i]).name;
        ck_assert(dns_show(&dns_message.records[i], line));
        char expected[200];
        snprintf(expected, sizeof(expected),
                 "6b.key.hearsay.internal SRV %u 8 %lu %s.node.hearsay.internal", i,
                 7000 + strtoul(name + 1, NULL, 10), name);
        ck_assert_str_eq(line, expected);
        snprintf(expected, sizeof(expected), "%s.node.hearsay.internal A %s", name,
                 address_of(owner[i]));
        ck_assert_uint_eq(additional(expected), 1);
    }
    zone_end();
}
END_TEST

START_TEST(test_replicas_without_a_port_keep_their_place)
{
    uint32_t owner[3];
    char key[16], name[40];
    size_t seen = 0;

    many_members(MEMBERS);
    for (unsigned k = 0; k < 200; k++) {
        snprintf(key, sizeof(key), "key-%u", k);
        snprintf(name, sizeof(name), "_p._tcp.%s.key.~", key);
        owners(key, strlen(key), owner, 3);
        asked(name, "SRV");
        unsigned at = 0;
        for (unsigned i = 0; i < 3; i++) {
            unsigned long number = strtoul(
                hearsay_ring_member_at(hs_mirror_ring(mirror), owner[i]).name + 1, NULL, 10);
            if (number % 3 == 0)
                continue;
            const uint8_t *data = dns_message.bytes + dns_message.records[at++].at;
            ck_assert_uint_eq(dns_u16(data), i);
            ck_assert_uint_eq(dns_u16(data + 4), 8000 + number);
            seen++;
        }
        ck_assert_uint_eq(dns_message.counts[1], at);
    }
    ck_assert_uint_gt(seen, 200);
    zone_end();
}
END_TEST

START_TEST(test_dead_owners_are_passed_over)
{
    uint32_t owner[6];

    many_members(MEMBERS);
    owners("k", 1, owner, 6);
    kill_member(owner[0]);
    OWNED("6b.key.~", owner[1]);
    kill_member(owner[2]);
    OWNED("1.6b.key.~", owner[3]);
    OWNED("2.6b.key.~", owner[4]);
    asked("6b.key.~", "SRV");
    ck_assert_uint_eq(dns_message.counts[1], 3);
    ck_assert_uint_eq(dns_u16(dns_message.bytes + dns_message.records[1].at), 1);
    zone_end();
}
END_TEST

START_TEST(test_a_key_has_an_owner_while_one_member_lives)
{
    uint32_t owner[MEMBERS];

    many_members(MEMBERS);
    ck_assert_uint_eq(owners("k", 1, owner, MEMBERS), MEMBERS);
    for (size_t i = 0; i + 1 < MEMBERS; i++)
        kill_member(owner[i]);
    OWNED("6b.key.~", owner[MEMBERS - 1]);
    OWNED("0.6b.key.~", owner[MEMBERS - 1]);
    ASKED("1.6b.key.~", "A", "noerror, ~soa");
    kill_member(owner[MEMBERS - 1]);
    ASKED("6b.key.~", "A", "noerror, ~soa");
    ASKED("6b.key.~", "SRV", "noerror, ~soa");
    zone_end();
}
END_TEST

START_TEST(test_an_empty_ring_has_no_owners)
{
    ZONE({"a", "10.0.0.1:1", "alive", "", 0});
    ASKED("6b.key.~", "A", "noerror, ~soa");
    ASKED("x.key.~", "SRV", "noerror, ~soa");
    zone_end();
}
END_TEST

START_TEST(test_the_longest_key)
{
    char name[300] = "", key[118];
    uint32_t owner[1];

    many_members(MEMBERS);
    for (size_t i = 0; i < 114; i++) {
        snprintf(name + strlen(name), 4, "%02x", (unsigned)i);
        key[i] = (char)i;
        if (i % 31 == 30)
            snprintf(name + strlen(name), 2, ".");
    }
    snprintf(name + strlen(name), 10, ".key.~");
    owners(key, 114, owner, 1);
    ck_assert_msg(strstr(asked(name, "A"), address_of(owner[0])), "%s", asked(name, "A"));
    zone_end();
}
END_TEST

HARNESS_MAIN("dns key", test_the_owner_of_a_key_in_hex, test_the_owner_of_a_key_as_text,
             test_replicas_have_their_order_as_priority,
             test_replicas_without_a_port_keep_their_place, test_dead_owners_are_passed_over,
             test_a_key_has_an_owner_while_one_member_lives, test_an_empty_ring_has_no_owners,
             test_the_longest_key)
