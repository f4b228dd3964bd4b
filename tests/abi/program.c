/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A user's program, as test_abi.py compiles it: with the headers of this release, with those of an
 * older one (structs end earlier) and of a newer one (structs end later). Two nodes meet in memory.
 * Behind each struct that the library fills lie bytes that it must not touch. A newer program's own
 * fields, `added`, must be 0.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hearsay/hearsay.h>

#define GUARD      64
#define GUARD_BYTE 0x5a

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            printf("line %d: %s\n", __LINE__, #condition);                                         \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

/* A struct that the library fills, and what lies behind it. */
#define GUARDED(type)                                                                              \
    struct {                                                                                       \
        type it;                                                                                   \
        uint8_t guard[GUARD];                                                                      \
    }
#define FILL(guarded)  memset(&(guarded), GUARD_BYTE, sizeof(guarded))
#define WHOLE(guarded) is_whole((guarded).guard)

static int is_whole(const uint8_t guard[GUARD])
{
    for (int i = 0; i < GUARD; i++)
        if (guard[i] != GUARD_BYTE)
            return 0;
    return 1;
}

#ifdef NEWER
#define IS_ZERO(field) CHECK((field) == 0)
#else
#define IS_ZERO(field) (void)0
#endif

static struct hearsay_now now = {.boot = 1000000000, .wall = UINT64_C(1790000000000000)};

static struct hearsay_addr addr_of(int i)
{
    return (struct hearsay_addr){.family = 4, .port = 7847, .bytes = {10, 0, 0, (uint8_t)(1 + i)}};
}

static struct hearsay_node *make_node(int i)
{
    static const char *const names[] = {"a", "b"};
    GUARDED(struct hearsay_config) config;
    struct hearsay_node *node = NULL;
    const char *error = "";
    FILL(config);
    hearsay_config_init(&config.it, HEARSAY_PROFILE_WAN);
    IS_ZERO(config.it.added);
    hearsay_config_profile(&config.it, HEARSAY_PROFILE_LAN);
    CHECK(config.it.size == sizeof(struct hearsay_config) && config.it.interval == 1000000);
    config.it.name = names[i];
    config.it.advertise = addr_of(i);
    config.it.allocator = hearsay_host_allocator();
    config.it.entropy[0] = (uint8_t)(1 + i);
    CHECK(WHOLE(config));
#ifdef NEWER
    config.it.added = 1; /* asks for what the library does not know: refused, and not ignored */
    CHECK(hearsay_config_check(&config.it, &error) == HEARSAY_ERR_INVALID);
    CHECK(strstr(error, "does not know"));
    config.it.added = 0;
#endif
    CHECK(!hearsay_config_check(&config.it, &error));
    CHECK(!hearsay_node_new(&node, &config.it, now));
    config.it.size = 0; /* never initialised */
    CHECK(hearsay_config_check(&config.it, &error) == HEARSAY_ERR_INVALID);
    CHECK(strstr(error, "hearsay_config_init"));
    return node;
}

static int deliver(struct hearsay_node *nodes[2])
{
    uint8_t bytes[HEARSAY_DATAGRAM_MAX];
    struct hearsay_addr to, from;
    uint64_t ticket;
    int count = 0;
    for (int i = 0; i < 2; i++) {
        size_t len;
        while ((len = hearsay_node_transmit(nodes[i], now, &to, &ticket, bytes, sizeof bytes))) {
            from = addr_of(i);
            hearsay_node_receive(nodes[!i], now, &from, bytes, len);
            count++;
        }
    }
    return count;
}

static void live(struct hearsay_node *nodes[2], int rounds)
{
    for (int round = 0; round < rounds; round++) {
        now.boot += 10000;
        now.wall += 10000;
        for (int i = 0; i < 2; i++)
            hearsay_node_tick(nodes[i], now);
        while (deliver(nodes))
            continue;
    }
}

static void check_events(struct hearsay_node *node)
{
    GUARDED(struct hearsay_event) event;
    int joined = 0, rings = 0;
    for (;;) {
        FILL(event);
        if (!hearsay_node_next_event(node, now, &event.it))
            break;
        CHECK(WHOLE(event));
        IS_ZERO(event.it.added);
        joined += event.it.kind == HEARSAY_EVENT_MEMBER && event.it.to == HEARSAY_STATUS_ALIVE;
        rings += event.it.kind == HEARSAY_EVENT_RING && event.it.ring_version > 0;
    }
    CHECK(joined == 2 && rings == 1);
}

static void check_members(const struct hearsay_node *node)
{
    GUARDED(struct hearsay_member) member;
    uint32_t cursor = 0, count = 0;
    for (;;) {
        FILL(member);
        if (!hearsay_node_next_member(node, now, &cursor, &member.it))
            break;
        CHECK(WHOLE(member) && member.it.status == HEARSAY_STATUS_ALIVE && member.it.tokens == 128);
        IS_ZERO(member.it.added);
        count++;
    }
    CHECK(count == 2);
    FILL(member);
    CHECK(!hearsay_node_member(node, now, "b", &member.it));
    CHECK(WHOLE(member) && !strcmp(member.it.name, "b") && !member.it.self);
    FILL(member);
    hearsay_node_self(node, now, &member.it);
    CHECK(WHOLE(member) && !strcmp(member.it.name, "a") && member.it.self);
}

static void check_numbers(const struct hearsay_node *node)
{
    GUARDED(struct hearsay_stats) stats;
    struct {
        struct hearsay_history_step steps[3];
        uint8_t guard[GUARD];
    } history;
    FILL(stats);
    hearsay_node_stats(node, &stats.it);
    CHECK(WHOLE(stats) && stats.it.received[HEARSAY_KIND_SYNC] > 0);
    CHECK(stats.it.members[HEARSAY_STATUS_ALIVE] == 2 && stats.it.digest);
    IS_ZERO(stats.it.added);
    FILL(history);
    CHECK(hearsay_node_history(node, "b", history.steps, 3) == 1);
    CHECK(history.steps[0].step == HEARSAY_STEP_JOINED && is_whole(history.guard));
    CHECK(is_whole((const uint8_t *)&history.steps[1]));
    IS_ZERO(history.steps[0].added);
}

/* What one node shows its owner, the next one is given. */
static void check_contacts(const struct hearsay_node *node)
{
    GUARDED(struct hearsay_contact) contact;
    struct hearsay_node *next = make_node(0);
    uint32_t cursor = 0;
    FILL(contact);
    CHECK(hearsay_node_next_contact(node, now, &cursor, &contact.it));
    CHECK(WHOLE(contact) && contact.it.addr.bytes[3] == 2 && contact.it.age_s == 0);
    IS_ZERO(contact.it.added);
    CHECK(!hearsay_node_remember(next, now, &contact.it));
    while (hearsay_node_next_contact(node, now, &cursor, &contact.it)) /* it was a seed, too */
        CHECK(WHOLE(contact) && contact.it.addr.bytes[3] == 2);
    FILL(contact);
    CHECK(!hearsay_node_founder(node, &contact.it) && WHOLE(contact) && contact.it.id);
    IS_ZERO(contact.it.added);
    CHECK(!hearsay_node_remember_founder(next, &contact.it));
    CHECK(hearsay_node_last_timestamp(node, now) >= UINT64_C(1790000000000000));
    hearsay_node_recall(next, now);
    CHECK(hearsay_node_contacts_open(next) == 1);
    hearsay_node_forget(next, now);
    hearsay_node_free(next);
}

int main(void)
{
    struct hearsay_node *nodes[2] = {make_node(0), make_node(1)};
    struct hearsay_addr seed = addr_of(1);
    CHECK(!hearsay_node_join(nodes[0], now, &seed));
    live(nodes, 300);
    check_events(nodes[0]);
    check_members(nodes[0]);
    check_numbers(nodes[0]);
    check_contacts(nodes[0]);
    for (int i = 0; i < 2; i++)
        hearsay_node_free(nodes[i]);
    printf("%zu %zu %zu %zu %zu %zu\n", sizeof(struct hearsay_config), sizeof(struct hearsay_event),
           sizeof(struct hearsay_member), sizeof(struct hearsay_stats),
           sizeof(struct hearsay_history_step), sizeof(struct hearsay_contact));
    return 0;
}
