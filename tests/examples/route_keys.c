/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Routes keys over the members of a live agent, as a proxy or a client library would: no question
 * to the agent for a key, which would cost a round trip through a socket, but a ring of its own. A
 * mirror follows the agent and has the agent's ring; a link keeps the two connected. Both are rooms
 * of this tree, not of the library, and need no more than the library and jansson:
 *
 *     cd src && cc -D_GNU_SOURCE -I. ../tests/examples/route_keys.c \
 *         link/link.c mirror/[a-z]*.c ctl/[a-z]*.c \
 *         $(pkg-config --cflags --libs libhearsay jansson) -o route_keys
 *     seq 1000 | ./route_keys /run/hearsay/hearsayd.sock 2
 *
 * Each line of the standard input is a key; the answer is a line with the key and its owners, in
 * distinct zones while there are enough. A line that begins with # is about the ring itself.
 *
 * When the agent goes away its last ring stays good for as long as the members do, so keys go on
 * being routed, and the agent is looked for again.
 */
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <hearsay/hearsay.h>

#include "link/link.h"

#define START_US    5000000 /* how long the agent may take to send its view */
#define KEYS_A_TURN 64      /* before the agent is looked at again */
#define KEY_MAX     65536

static struct hs_mirror *mirror;
static struct hs_link agent;
static struct hearsay_ring *ring; /* ours: the last one that was said */
static struct hs_ctl_lines keys;
static uint32_t replicas = 1;

/* ---- the ring ---------------------------------------------------------------------------- */

/* Says what has moved since the last time. */
static void say_ring(void)
{
    const struct hearsay_ring *newest = hs_mirror_ring(mirror);
    if (newest == NULL || newest == ring)
        return;
    if (ring == NULL)
        printf("# ring %016" PRIx64 "\n", hearsay_ring_checksum(newest));
    else if (hearsay_ring_checksum(ring) != hearsay_ring_checksum(newest))
        printf("# ring %016" PRIx64 ", %.2f %% moved\n", hearsay_ring_checksum(newest),
               100 * hearsay_ring_fraction(hearsay_ring_moved(ring, newest)));
    hearsay_ring_unref(ring);
    ring = hearsay_ring_ref(newest);
}

static void work(void)
{
    bool connected = hs_link_fd(&agent) >= 0;
    hs_link_work(&agent, hearsay_host_now().boot);
    if (connected && hs_link_fd(&agent) < 0)
        printf("# the agent has gone: routing by its last ring\n");
    say_ring();
}

/* Returns false if there is no agent. */
static bool wait_for_ring(void)
{
    uint64_t end = hearsay_host_now().boot + START_US;
    work();
    while (ring == NULL && hs_link_fd(&agent) >= 0 && hearsay_host_now().boot < end) {
        struct pollfd fd = {.fd = hs_link_fd(&agent), .events = POLLIN};
        poll(&fd, 1, 100);
        work();
    }
    return ring != NULL;
}

/* ---- keys -------------------------------------------------------------------------------- */

static void route(const char *key, size_t len)
{
    uint32_t owners[HEARSAY_REPLICAS_MAX];
    size_t count = hearsay_ring_replicas(ring, hearsay_ring_hash(key, len), owners, replicas);
    printf("%s", key);
    for (size_t i = 0; i < count; i++)
        printf(" %s", hearsay_ring_member_at(ring, owners[i]).name);
    printf("\n");
}

/* Returns true if there may be more keys already. */
static bool route_some(void)
{
    char *key;
    size_t len;
    for (int done = 0; done < KEYS_A_TURN; done++) {
        if (hs_ctl_lines_next(&keys, &key, &len) <= 0)
            return false;
        route(key, len);
    }
    return true;
}

/* Returns false at the end of the input. */
static bool read_keys(void)
{
    char chunk[HS_CTL_CHUNK];
    ssize_t n = read(STDIN_FILENO, chunk, sizeof chunk);
    if (n <= 0 && hs_ctl_lines_held(&keys) > 0)
        hs_ctl_lines_feed(&keys, "\n", 1); /* the last key has no newline */
    return n > 0 && hs_ctl_lines_feed(&keys, chunk, (size_t)n) == 0;
}

/* The agent comes first: a key is routed by the newest ring. */
static void run(void)
{
    bool more = false, open = true;
    while (more || open) {
        struct pollfd waited[2] = {{.fd = hs_link_fd(&agent), .events = POLLIN},
                                   {.fd = open && !more ? STDIN_FILENO : -1, .events = POLLIN}};
        poll(waited, 2, more ? 0 : hs_link_timeout_ms(&agent, hearsay_host_now().boot));
        work();
        if (waited[1].revents != 0)
            open = read_keys();
        more = route_some();
    }
}

int main(int argc, char **argv)
{
    const char *path = argc > 1 ? argv[1] : getenv(HS_CTL_ENV);
    if (argc > 2)
        replicas = (uint32_t)atoi(argv[2]);
    if (path == NULL || argc > 3 || replicas < 1 || replicas > HEARSAY_REPLICAS_MAX) {
        fprintf(stderr, "usage: route_keys SOCKET [REPLICAS] < KEYS\n");
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    hs_ctl_lines_init(&keys, KEY_MAX);
    mirror = hs_mirror_new(NULL);
    if (mirror == NULL)
        return 1;
    hs_link_init(&agent, path, mirror);
    bool found = wait_for_ring();
    if (found)
        run();
    else
        fprintf(stderr, "route_keys: %s\n", agent.fault);
    hs_link_fini(&agent);
    hs_mirror_free(mirror);
    hs_ctl_lines_fini(&keys);
    hearsay_ring_unref(ring);
    return found ? 0 : 3;
}
