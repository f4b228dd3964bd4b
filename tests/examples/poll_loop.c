/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A node in somebody else's event loop: the UDP socket of hearsay/host.h, poll(2), and the calls of
 * hearsay/node.h in its order. Prints every event and the members behind it; SIGINT or SIGTERM says
 * goodbye first.
 *
 *     cc poll_loop.c $(pkg-config --cflags --libs libhearsay) -o poll_loop
 *     ./poll_loop a 127.0.0.1:9001 &
 *     ./poll_loop b 127.0.0.1:9002 127.0.0.1:9001
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include <hearsay/hearsay.h>

#define READS_A_TURN 32 /* before timeouts are looked at, whatever else arrives */
#define ALL_EVENTS   SIZE_MAX

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
    (void)number;
    interrupted = 1;
}

/* The signals reach us only while we wait, so that none slips in between the check and the wait. */
static void catch_signals(sigset_t *ret_while_waiting)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigset_t both;
    sigemptyset(&both);
    sigaddset(&both, SIGINT);
    sigaddset(&both, SIGTERM);
    sigprocmask(SIG_BLOCK, &both, ret_while_waiting);
    sigdelset(ret_while_waiting, SIGINT);
    sigdelset(ret_while_waiting, SIGTERM);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

static struct hearsay_udp *open_socket(const struct hearsay_addr *addr)
{
    struct hearsay_udp *udp;
    if (hearsay_udp_open(&udp, addr)) {
        perror("poll_loop: bind");
        exit(1);
    }
    return udp;
}

static struct hearsay_node *make_node(const char *name, const struct hearsay_addr *addr)
{
    struct hearsay_config config;
    struct hearsay_node *node = NULL;
    const char *error = "no random bytes";
    hearsay_config_init(&config, HEARSAY_PROFILE_LAN);
    config.name = name;
    config.advertise = *addr;
    config.allocator = hearsay_host_allocator();
    if (hearsay_host_entropy(&config) || hearsay_config_check(&config, &error) ||
        hearsay_node_new(&node, &config, hearsay_host_now())) {
        fprintf(stderr, "poll_loop: %s\n", error);
        exit(1);
    }
    return node;
}

/* ---- the loop's parts -------------------------------------------------------------------- */

/* poll's timeout: whole milliseconds, rounded up so that a tick is never early. */
static int wait_ms(const struct hearsay_node *node)
{
    uint64_t deadline = hearsay_node_deadline(node), now = hearsay_host_now().boot;
    if (deadline == HEARSAY_NEVER)
        return -1;
    return deadline <= now ? 0 : (int)((deadline - now + 999) / 1000);
}

static void print_members(const struct hearsay_node *node)
{
    struct hearsay_member member;
    uint32_t cursor = 0;
    printf("members:");
    while (hearsay_node_next_member(node, hearsay_host_now(), &cursor, &member))
        printf(" %s=%s", member.name, hearsay_status_name(member.status));
    printf("\n");
}

static void print_event(const struct hearsay_event *event)
{
    if (event->kind == HEARSAY_EVENT_MEMBER)
        printf("member %s: %s -> %s (%s)\n", event->name, hearsay_status_name(event->from),
               hearsay_status_name(event->to), hearsay_reason_name(event->reason));
    else if (event->kind == HEARSAY_EVENT_RING)
        printf("ring %016llx: %.0f %% of the keys moved\n",
               (unsigned long long)event->ring_checksum, 100 * event->ring_moved);
    else if (event->kind == HEARSAY_EVENT_JOIN)
        printf("join: %s\n", hearsay_join_result_name(event->result));
}

/* Returns false when the node is at its end: it has left, or its name belongs to another. */
static bool take_events(struct hearsay_node *node, size_t count)
{
    struct hearsay_event event;
    bool members = false, more = true;
    while (count-- > 0 && hearsay_node_next_event(node, hearsay_host_now(), &event)) {
        print_event(&event);
        members |= event.kind == HEARSAY_EVENT_MEMBER || event.kind == HEARSAY_EVENT_RESYNC;
        more &= event.kind != HEARSAY_EVENT_LEFT && event.kind != HEARSAY_EVENT_REFUSED &&
                event.kind != HEARSAY_EVENT_REPLACED;
    }
    if (members)
        print_members(node);
    return more;
}

/* Returns false at the node's end. */
static bool receive(struct hearsay_udp *udp, struct hearsay_node *node)
{
    bool more = true;
    for (int i = 0; i < READS_A_TURN && more && !hearsay_udp_receive(udp, node); i++)
        more = take_events(node, hearsay_node_events(node));
    return more;
}

static void run(struct hearsay_udp *udp, struct hearsay_node *node, const sigset_t *while_waiting)
{
    bool all_sent = true, more;
    do {
        struct pollfd waited = {.fd = hearsay_udp_fd(udp), .events = POLLIN};
        int ms = wait_ms(node);
        struct timespec timeout = {ms / 1000, ms % 1000 * 1000000L};
        if (!all_sent)
            waited.events |= POLLOUT;
        ppoll(&waited, 1, ms < 0 ? NULL : &timeout, while_waiting);
        more = receive(udp, node);
        hearsay_node_tick(node, hearsay_host_now());
        if (interrupted)
            hearsay_node_leave(node, hearsay_host_now());
        all_sent = hearsay_udp_transmit(udp, node);
    } while (take_events(node, ALL_EVENTS) && more);
    hearsay_udp_transmit(udp, node);
}

int main(int argc, char **argv)
{
    struct hearsay_addr addr, seed;
    sigset_t while_waiting;
    if (argc < 3 || hearsay_addr_parse(&addr, argv[2], 0)) {
        fprintf(stderr, "usage: poll_loop NAME ADDRESS:PORT [SEED:PORT]...\n");
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    catch_signals(&while_waiting);
    struct hearsay_udp *udp = open_socket(&addr);
    struct hearsay_node *node = make_node(argv[1], &addr);
    for (int i = 3; i < argc; i++)
        if (hearsay_addr_parse(&seed, argv[i], 0) ||
            hearsay_node_join(node, hearsay_host_now(), &seed))
            fprintf(stderr, "poll_loop: %s is no address to join\n", argv[i]);
    run(udp, node, &while_waiting);
    hearsay_node_free(node);
    hearsay_udp_close(udp);
    return 0;
}
