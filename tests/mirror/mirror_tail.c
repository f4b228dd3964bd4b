/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Follows an agent by a mirror and writes what has changed, a JSON line for each entry of the log.
 * It cuts its own connection at random moments, and now and then stays away for a while.
 *
 *     mirror_tail SOCKET [CUT_MS] [AWAY_MS]
 *
 * CUT_MS is the longest time between two cuts (0: none), AWAY_MS how long each tenth of them lasts.
 * The end of the standard input asks for the members, the checksum of the ring and how often it
 * connected, and then ends it.
 */
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <hearsay/host.h>

#include "link/link.h"

static const char *const kinds[] = {"all", "member", "gone", "ring", "state", "event"};

static struct hs_mirror *mirror;
static struct hs_link agent;
static uint64_t cursor, cut_at, cuts, cut_ms, away_ms;

static void write_changes(void)
{
    struct hs_mirror_entry entry;

    while (hs_mirror_log_next(hs_mirror_log(mirror), &cursor, &entry)) {
        const struct hs_mirror_member *member = hs_mirror_find(mirror, entry.name);

        printf("{\"kind\":\"%s\",\"id\":\"%s\",\"name\":\"%s\",\"status\":\"%s\",\"event\":%s}\n",
               kinds[entry.kind], entry.id, entry.name,
               member ? hearsay_status_name(member->status) : "none",
               entry.event ? entry.event : "null");
    }
    fflush(stdout);
}

static void write_all(void)
{
    const struct hearsay_ring *ring = hs_mirror_ring(mirror);
    const struct hs_mirror_member *const *members = hs_mirror_members(mirror);

    printf("{\"kind\":\"end\",\"current\":%s,\"connections\":%" PRIu64 ",\"fault\":\"%s\""
           ",\"checksum\":\"%016" PRIx64 "\",\"digest\":\"%016" PRIx64 "\",\"members\":[",
           hs_mirror_current(mirror) ? "true" : "false", agent.connections, agent.fault,
           ring ? hearsay_ring_checksum(ring) : 0, hs_mirror_state(mirror).digest);
    for (size_t i = 0; i < hs_mirror_count(mirror, HEARSAY_STATUS_NONE); i++) {
        json_t *object =
            hs_mirror_member_json(members[i], hearsay_host_now().wall, hs_mirror_ring(mirror));

        printf("%s", i > 0 ? "," : "");
        json_dumpf(object, stdout, JSON_COMPACT);
        json_decref(object);
    }
    printf("]}\n");
}

static void plan_cut(uint64_t now)
{
    cut_at = now + 1000 * (uint64_t)(1 + (uint64_t)random() % cut_ms);
}

static void cut(uint64_t now)
{
    if (agent.fd >= 0) {
        shutdown(agent.fd, SHUT_RDWR);
        hs_link_work(&agent, now);
        agent.retry = ++cuts % 10 == 0 ? now + away_ms * 1000 : now;
    }
    plan_cut(now);
}

static uint64_t beats(void)
{
    uint64_t count;

    hs_mirror_round_trips(mirror, &count);
    return count;
}

/* Until the standard input has ended, and a sign of life after it has proved that the mirror is
 * current. */
static void run(void)
{
    uint64_t last = 0;
    bool ends = false;

    while (!ends || !hs_mirror_current(mirror) || beats() == last) {
        struct pollfd fds[2] = {{.fd = hs_link_fd(&agent), .events = POLLIN},
                                {.fd = ends ? -1 : STDIN_FILENO, .events = POLLIN}};
        uint64_t now = hearsay_host_now().boot;
        int wait = hs_link_timeout_ms(&agent, now);
        char byte;

        if (cut_ms > 0 && (wait < 0 || wait > 5))
            wait = 5;
        poll(fds, 2, wait);
        now = hearsay_host_now().boot;
        if (fds[1].revents != 0 && read(STDIN_FILENO, &byte, 1) <= 0) {
            ends = true;
            cut_ms = 0;
            last = beats();
        }
        if (cut_ms > 0 && now >= cut_at)
            cut(now);
        hs_link_work(&agent, now);
        write_changes();
    }
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return 2;
    cut_ms = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
    away_ms = argc > 3 ? strtoul(argv[3], NULL, 10) : 0;
    mirror = hs_mirror_new(NULL);
    if (!mirror)
        return 1;
    hs_link_init(&agent, argv[1], mirror);
    if (cut_ms > 0)
        plan_cut(hearsay_host_now().boot);
    run();
    write_all();
    hs_link_fini(&agent);
    hs_mirror_free(mirror);
    return 0;
}
