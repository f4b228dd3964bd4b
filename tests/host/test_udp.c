/* SPDX-License-Identifier: Apache-2.0 */
/* The host library's socket, over loopback: two nodes meet, a closed port is evidence, bounds. */
#include "harness.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <hearsay/hearsay.h>

#define DEADLINE_US 10000000

struct party {
    struct hearsay_udp *udp;
    struct hearsay_node *node;
    struct hearsay_addr addr;
};

static void open_party(struct party *party, const char *name, const char *bind)
{
    struct hearsay_config config;
    struct hearsay_addr addr;
    ck_assert_int_eq(hearsay_addr_parse(&addr, bind, 1), 0);
    addr.port = 0;
    ck_assert_int_eq(hearsay_udp_open(&party->udp, &addr), 0);
    hearsay_udp_bound(party->udp, &party->addr);
    ck_assert_uint_ne(party->addr.port, 0);
    hearsay_config_init(&config, HEARSAY_PROFILE_LOCAL);
    config.name = name;
    config.advertise = party->addr;
    config.allocator = hearsay_host_allocator();
    ck_assert_int_eq(hearsay_host_entropy(&config), 0);
    ck_assert_int_eq(hearsay_node_new(&party->node, &config, hearsay_host_now()), 0);
}

static void close_party(struct party *party)
{
    hearsay_node_free(party->node);
    hearsay_udp_close(party->udp);
}

static void turn(struct party *party)
{
    struct hearsay_event event;
    for (int i = 0; i < 100 && !hearsay_udp_receive(party->udp, party->node); i++)
        for (size_t n = hearsay_node_events(party->node); n > 0; n--)
            hearsay_node_next_event(party->node, hearsay_host_now(), &event);
    hearsay_node_tick(party->node, hearsay_host_now());
    hearsay_udp_transmit(party->udp, party->node);
}

/* Turns until `done` says so. */
static bool live(struct party *parties, int count, bool (*done)(struct party *parties))
{
    uint64_t until = hearsay_host_now().boot + DEADLINE_US;
    while (!done(parties)) {
        struct pollfd fds[2] = {{.fd = -1}, {.fd = -1}};
        if (hearsay_host_now().boot > until)
            return false;
        for (int i = 0; i < count; i++)
            fds[i] = (struct pollfd){.fd = hearsay_udp_fd(parties[i].udp), .events = POLLIN};
        poll(fds, 2, 5);
        for (int i = 0; i < count; i++)
            turn(&parties[i]);
    }
    return true;
}

static uint32_t alive(const struct party *party)
{
    struct hearsay_stats stats;
    hearsay_node_stats(party->node, &stats);
    return stats.members[HEARSAY_STATUS_ALIVE];
}

static bool know_each_other(struct party *parties)
{
    return alive(&parties[0]) == 2 && alive(&parties[1]) == 2;
}

static void meet(struct party parties[2], const char *bind)
{
    open_party(&parties[0], "a", bind);
    open_party(&parties[1], "b", bind);
    ck_assert_int_eq(hearsay_node_join(parties[0].node, hearsay_host_now(), &parties[1].addr), 0);
    ck_assert(live(parties, 2, know_each_other));
}

START_TEST(test_two_nodes_meet_over_ipv4)
{
    struct party parties[2];
    meet(parties, "127.0.0.1");
    close_party(&parties[0]);
    close_party(&parties[1]);
}
END_TEST

START_TEST(test_two_nodes_meet_over_ipv6)
{
    struct party parties[2];
    struct hearsay_udp *udp;
    struct hearsay_addr addr;
    ck_assert_int_eq(hearsay_addr_parse(&addr, "[::1]:1", 1), 0);
    addr.port = 0;
    if (hearsay_udp_open(&udp, &addr) != 0)
        return; /* no IPv6 here */
    hearsay_udp_close(udp);
    meet(parties, "::1");
    close_party(&parties[0]);
    close_party(&parties[1]);
}
END_TEST

static bool has_found_a_closed_port(struct party *parties)
{
    struct hearsay_history_step steps[16];
    size_t count = hearsay_node_history(parties[0].node, "b", steps, 16);
    for (size_t i = 0; i < count; i++)
        if (steps[i].step == HEARSAY_STEP_PROBE_FAILED && steps[i].result == HEARSAY_REASON_REFUSED)
            return true;
    return false;
}

START_TEST(test_a_closed_port_is_evidence)
{
    struct party parties[2];
    meet(parties, "127.0.0.1");
    close_party(&parties[1]);
    ck_assert(live(parties, 1, has_found_a_closed_port));
    close_party(&parties[0]);
}
END_TEST

static bool join_has_ended(struct party *parties)
{
    struct hearsay_event event;
    while (hearsay_node_next_event(parties[0].node, hearsay_host_now(), &event))
        if (event.kind == HEARSAY_EVENT_JOIN) {
            ck_assert_int_eq(event.result, HEARSAY_JOIN_CLOSED);
            return true;
        }
    return false;
}

/* A dual-stack socket sends to IPv4 addresses, and maps those of its errors back. */
START_TEST(test_a_socket_on_any_address_serves_ipv4)
{
    struct party one;
    struct hearsay_udp *any, *closed;
    struct hearsay_addr addr, seed;
    open_party(&one, "a", "127.0.0.1");
    ck_assert_int_eq(hearsay_addr_parse(&addr, "[::]:1", 1), 0);
    addr.port = 0;
    if (hearsay_udp_open(&any, &addr) != 0) {
        close_party(&one);
        return; /* no IPv6 here */
    }
    hearsay_udp_close(one.udp);
    one.udp = any;
    ck_assert_int_eq(hearsay_addr_parse(&addr, "127.0.0.1:1", 1), 0);
    addr.port = 0;
    ck_assert_int_eq(hearsay_udp_open(&closed, &addr), 0);
    hearsay_udp_bound(closed, &seed);
    hearsay_udp_close(closed);
    ck_assert_int_eq(hearsay_node_join(one.node, hearsay_host_now(), &seed), 0);
    ck_assert(live(&one, 1, join_has_ended));
    close_party(&one);
}
END_TEST

START_TEST(test_a_port_in_use_is_said_by_errno)
{
    struct hearsay_udp *first, *second = NULL;
    struct hearsay_addr addr;
    ck_assert_int_eq(hearsay_addr_parse(&addr, "127.0.0.1:1", 1), 0);
    addr.port = 0;
    ck_assert_int_eq(hearsay_udp_open(&first, &addr), 0);
    hearsay_udp_bound(first, &addr);
    errno = 0;
    ck_assert_int_eq(hearsay_udp_open(&second, &addr), HEARSAY_ERR_INVALID);
    ck_assert_int_eq(errno, EADDRINUSE);
    ck_assert_ptr_null(second);
    hearsay_udp_close(first);
    hearsay_udp_close(NULL);
}
END_TEST

/* Events that wait stop the reading, before their queue overflows. */
START_TEST(test_waiting_events_stop_the_reading)
{
    static const char bytes[HEARSAY_DATAGRAM_MAX + 100];
    struct party one;
    struct hearsay_stats stats;
    struct sockaddr_storage to;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(fd, 0);
    open_party(&one, "a", "127.0.0.1");
    socklen_t len = hearsay_host_to_sockaddr(&one.addr, false, &to);
    for (uint16_t i = 0; i < 60; i++) { /* each ends with an event: the port is closed */
        struct hearsay_addr seed = one.addr;
        seed.port = (uint16_t)(1 + i);
        hearsay_node_join(one.node, hearsay_host_now(), &seed);
    }
    hearsay_udp_transmit(one.udp, one.node);
    ck_assert_int_gt(sendto(fd, bytes, sizeof bytes, 0, (struct sockaddr *)&to, len), 0);
    uint64_t until = hearsay_host_now().boot + DEADLINE_US;
    while (hearsay_node_events(one.node) < 48 && hearsay_host_now().boot < until) {
        hearsay_udp_receive(one.udp, one.node);
        hearsay_node_tick(one.node, hearsay_host_now());
        hearsay_udp_transmit(one.udp, one.node);
    }
    ck_assert_uint_ge(hearsay_node_events(one.node), 48);
    ck_assert_int_gt(sendto(fd, bytes, sizeof bytes, 0, (struct sockaddr *)&to, len), 0);
    ck_assert(!hearsay_udp_receive(one.udp, one.node));
    struct hearsay_event event;
    while (hearsay_node_next_event(one.node, hearsay_host_now(), &event))
        continue;
    ck_assert(hearsay_udp_receive(one.udp, one.node));
    hearsay_node_stats(one.node, &stats);
    ck_assert_uint_eq(stats.drops[HEARSAY_DROP_OVERSIZED], 2); /* too long, and seen to be */
    close(fd);
    close_party(&one);
}
END_TEST

/* The address from which a datagram of a socket that is bound to `bind` arrives at `at`. */
static struct hearsay_addr source_of(const char *bind, const char *at, const char *source)
{
    struct hearsay_addr from, name, receiver;
    struct hearsay_udp *udp;
    struct party party;
    struct sockaddr_storage address;
    socklen_t len = sizeof address;
    char byte;
    ck_assert_int_eq(hearsay_addr_parse(&receiver, at, 1), 0);
    receiver.port = 0;
    ck_assert_int_eq(hearsay_udp_open(&udp, &receiver), 0);
    hearsay_udp_bound(udp, &receiver);
    ck_assert_int_eq(hearsay_addr_parse(&name, bind, 1), 0);
    name.port = 0;
    ck_assert_int_eq(hearsay_udp_open(&party.udp, &name), 0);
    struct hearsay_config config;
    hearsay_config_init(&config, HEARSAY_PROFILE_LOCAL);
    config.name = "a";
    config.advertise = receiver;
    config.advertise.port++;
    config.allocator = hearsay_host_allocator();
    ck_assert_int_eq(hearsay_node_new(&party.node, &config, hearsay_host_now()), 0);
    if (source) {
        ck_assert_int_eq(hearsay_addr_parse(&name, source, 1), 0);
        hearsay_udp_set_source(party.udp, &name);
    }
    ck_assert_int_eq(hearsay_node_join(party.node, hearsay_host_now(), &receiver), 0);
    ck_assert(hearsay_udp_transmit(party.udp, party.node));
    struct pollfd fd = {.fd = hearsay_udp_fd(udp), .events = POLLIN};
    ck_assert_int_eq(poll(&fd, 1, 5000), 1);
    ck_assert_int_ge(recvfrom(fd.fd, &byte, 1, MSG_TRUNC, (struct sockaddr *)&address, &len), 1);
    ck_assert_int_eq(hearsay_host_from_sockaddr((struct sockaddr *)&address, &from), 0);
    from.port = 1;
    close_party(&party);
    hearsay_udp_close(udp);
    return from;
}

static void expect_source(const char *bind, const char *at, const char *source, const char *wanted)
{
    char text[HEARSAY_ADDR_TEXT_MAX];
    struct hearsay_addr from = source_of(bind, at, source);
    hearsay_addr_format(&from, text);
    ck_assert_str_eq(text, wanted);
}

/* R38: advertised address. */
START_TEST(test_a_wildcard_socket_sends_from_the_address_that_it_is_told)
{
    expect_source("0.0.0.0", "127.0.0.1", NULL, "127.0.0.1:1");
    expect_source("0.0.0.0", "127.0.0.1", "127.0.0.2", "127.0.0.2:1");
    expect_source("0.0.0.0", "127.0.0.1", "[::1]:1", "127.0.0.1:1"); /* another family */
    /* not this machine's: as if it were not told */
    expect_source("0.0.0.0", "127.0.0.1", "203.0.113.9", "127.0.0.1:1");
}
END_TEST

START_TEST(test_a_socket_for_both_families_sends_from_the_address_that_it_is_told)
{
    struct hearsay_addr addr = {.family = 6};
    struct hearsay_udp *udp;
    if (hearsay_udp_open(&udp, &addr) != 0)
        return; /* no IPv6 here */
    hearsay_udp_close(udp);
    expect_source("::", "127.0.0.1", "127.0.0.2", "127.0.0.2:1");
    expect_source("::", "::1", "::1", "[::1]:1");
    expect_source("::", "::1", "127.0.0.2", "[::1]:1");
    expect_source("::", "::1", "2001:db8::9", "[::1]:1");
}
END_TEST

HARNESS_MAIN("udp", test_two_nodes_meet_over_ipv4, test_two_nodes_meet_over_ipv6,
             test_a_closed_port_is_evidence, test_a_socket_on_any_address_serves_ipv4,
             test_a_port_in_use_is_said_by_errno, test_waiting_events_stop_the_reading,
             test_a_wildcard_socket_sends_from_the_address_that_it_is_told,
             test_a_socket_for_both_families_sends_from_the_address_that_it_is_told)
