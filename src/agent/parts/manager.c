/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The watchdog is fed from the loop and only after a turn in which the protocol's timers were
 * served, late or not. So an agent that hangs is ended, and one that was stopped or starved for a
 * while goes on: it notices by itself that it was away (R20).
 */
#include "agent/parts/manager.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include <hearsay/ring.h>

#include "service/service.h"

static uint64_t number_of(const char *variable)
{
    const char *text = getenv(variable);
    return text ? strtoull(text, NULL, 10) : 0;
}

void hs_manager_init(struct hs_manager *manager, const struct hs_clock *clock)
{
    const char *path = getenv("NOTIFY_SOCKET");
    uint64_t pid = number_of("WATCHDOG_PID");

    *manager = (struct hs_manager){.clock = clock, .listens = path && path[0] != '\0'};
    if (manager->listens && (pid == 0 || pid == (uint64_t)getpid()))
        manager->watchdog_us = number_of("WATCHDOG_USEC");
}

static void say(struct hs_manager *manager, const char *state)
{
    char error[HS_ERROR_TEXT_MAX];

    if (manager->listens)
        hs_service_notify(state, error); /* it has limits of its own if it does not hear us */
}

void hs_manager_ready(struct hs_manager *manager)
{
    char error[HS_ERROR_TEXT_MAX];

    manager->fed_at = manager->clock->now.boot;
    if (manager->listens && hs_service_notify("READY=1", error) < 0)
        hs_service_say(LOG_ERR, error, true);
}

void hs_manager_alive(struct hs_manager *manager)
{
    uint64_t boot = manager->clock->now.boot;

    if (manager->watchdog_us == 0 || boot - manager->fed_at < manager->watchdog_us / 3)
        return;
    manager->fed_at = boot;
    say(manager, "WATCHDOG=1");
}

/* "5 alive, 1 suspect; ring 4fed7f979ddb1772" */
static void describe(char text[HS_STATUS_TEXT_MAX], const struct hearsay_node *node, bool joined)
{
    struct hearsay_stats stats;
    char suspect[32] = "";

    hearsay_node_stats(node, &stats);
    if (stats.members[HEARSAY_STATUS_SUSPECT] > 0)
        snprintf(suspect, sizeof(suspect), ", %" PRIu32 " suspect",
                 stats.members[HEARSAY_STATUS_SUSPECT]);
    snprintf(text, HS_STATUS_TEXT_MAX, "%s%s%" PRIu32 " alive%s; ring %016" PRIx64,
             joined ? "" : "not joined; ",
             stats.isolated == HEARSAY_ISOLATION_NO ? "" : "isolated; ",
             stats.members[HEARSAY_STATUS_ALIVE], suspect,
             hearsay_ring_checksum(hearsay_node_ring(node)));
}

void hs_manager_tell(struct hs_manager *manager, const struct hearsay_node *node, bool joined)
{
    uint64_t boot = manager->clock->now.boot;
    char text[HS_STATUS_TEXT_MAX] = "", state[HS_STATUS_TEXT_MAX + 8];

    if (!manager->listens || (manager->told_at && boot - manager->told_at < HS_STATUS_GAP_US))
        return;
    manager->told_at = boot;
    describe(text, node, joined);
    if (strcmp(text, manager->told) == 0)
        return;
    memcpy(manager->told, text, sizeof(manager->told));
    snprintf(state, sizeof(state), "STATUS=%s", text);
    say(manager, state);
}

/* Type=notify-reload, of systemd 253 and later, wants to know when the reload began. */
void hs_manager_reloading(struct hs_manager *manager, bool begins)
{
    struct timespec now;
    char state[64];

    clock_gettime(CLOCK_MONOTONIC, &now);
    snprintf(state, sizeof(state), "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
             (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000);
    say(manager, begins ? state : "READY=1");
}
