/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the service manager is told while a service runs (R44): that it is ready, what it does, and
 * that its loop turns. Without a manager that wants to know it, nothing here does anything. Times
 * are microseconds of a clock that only goes forward.
 */
#ifndef HS_SERVICE_NOTIFY_H
#define HS_SERVICE_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

#define HS_STATUS_GAP_US   1000000u /* between two lines for `systemctl status` */
#define HS_STATUS_TEXT_MAX 160

struct hs_notify {
    bool listens;
    uint64_t watchdog_us; /* it ends us if it hears nothing for so long; 0: it does not */
    uint64_t fed_at;
    uint64_t told_at; /* of the last look at what to say; 0: none yet */
    char told[HS_STATUS_TEXT_MAX];
};

/* Reads what the manager wants from the environment. */
void hs_notify_init(struct hs_notify *ret_notify);

/* Sends a state, as in sd_notify(3). It has limits of its own if it does not hear us. */
void hs_notify_send(const struct hs_notify *notify, const char *state);

/* Whoever waits for the service can use it. */
void hs_notify_ready(struct hs_notify *notify, uint64_t now);

/* The loop has turned. */
void hs_notify_alive(struct hs_notify *notify, uint64_t now);

/* True if it is time to say what the service does; then hs_notify_status is to be called. */
bool hs_notify_is_due(const struct hs_notify *notify, uint64_t now);
void hs_notify_status(struct hs_notify *notify, const char *text, uint64_t now);

#endif
