/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The watchdog is fed from the loop and only after a turn in which the protocol's timers were
 * served, late or not. So an agent that hangs is ended, and one that was stopped or starved for a
 * while goes on: it notices by itself that it was away (R20).
 */
#include "agent/parts/manager.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include <hearsay/ring.h>

void hs_manager_init(struct hs_manager *manager, const struct hs_clock *clock)
{
    *manager = (struct hs_manager){.clock = clock};
    hs_notify_init(&manager->notify);
}

void hs_manager_ready(struct hs_manager *manager)
{
    hs_notify_ready(&manager->notify, manager->clock->now.boot);
}

void hs_manager_alive(struct hs_manager *manager)
{
    hs_notify_alive(&manager->notify, manager->clock->now.boot);
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
    char text[HS_STATUS_TEXT_MAX] = "";

    if (!hs_notify_is_due(&manager->notify, manager->clock->now.boot))
        return;
    describe(text, node, joined);
    hs_notify_status(&manager->notify, text, manager->clock->now.boot);
}

/* Type=notify-reload, of systemd 253 and later, wants to know when the reload began. */
void hs_manager_reloading(struct hs_manager *manager, bool begins)
{
    struct timespec now;
    char state[64];

    clock_gettime(CLOCK_MONOTONIC, &now);
    snprintf(state, sizeof(state), "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
             (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000);
    hs_notify_send(&manager->notify, begins ? state : "READY=1");
}
