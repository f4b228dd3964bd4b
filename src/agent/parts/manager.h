/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the service manager is told while the agent runs (R44): that it is ready, what it sees, that
 * it reads its settings again, and that its loop turns. Without a manager that wants to know it,
 * nothing here does anything.
 */
#ifndef HS_AGENT_PARTS_MANAGER_H
#define HS_AGENT_PARTS_MANAGER_H

#include <stdbool.h>
#include <stdint.h>

#include <hearsay/node.h>

#include "agent/base/clock.h"
#include "service/notify.h"

struct hs_manager {
    const struct hs_clock *clock;
    struct hs_notify notify;
};

/* Reads what the manager wants from the environment. */
void hs_manager_init(struct hs_manager *manager, const struct hs_clock *clock);

/* The sockets are open, so whoever waits for the service can use it: it need not have joined. */
void hs_manager_ready(struct hs_manager *manager);

/* The loop has turned, and the protocol had its turn in it. */
void hs_manager_alive(struct hs_manager *manager);

/* Says what the agent sees, if that has changed. To be called after something was
 * done, and once a second. */
void hs_manager_tell(struct hs_manager *manager, const struct hearsay_node *node, bool joined);

/* A reload begins, or has ended. */
void hs_manager_reloading(struct hs_manager *manager, bool begins);

#endif
