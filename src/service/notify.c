/* SPDX-License-Identifier: Apache-2.0 */
#include "service/notify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "service/service.h"

static uint64_t number_of(const char *variable)
{
    const char *text = getenv(variable);

    return text ? strtoull(text, NULL, 10) : 0;
}

void hs_notify_init(struct hs_notify *ret_notify)
{
    const char *path = getenv("NOTIFY_SOCKET");
    uint64_t pid = number_of("WATCHDOG_PID");

    *ret_notify = (struct hs_notify){.listens = path && path[0] != '\0'};
    if (ret_notify->listens && (pid == 0 || pid == (uint64_t)getpid()))
        ret_notify->watchdog_us = number_of("WATCHDOG_USEC");
}

void hs_notify_send(const struct hs_notify *notify, const char *state)
{
    char error[HS_ERROR_TEXT_MAX];

    if (notify->listens)
        hs_service_notify(state, error);
}

void hs_notify_ready(struct hs_notify *notify, uint64_t now)
{
    char error[HS_ERROR_TEXT_MAX];

    notify->fed_at = now;
    if (notify->listens && hs_service_notify("READY=1", error) < 0)
        hs_service_say(LOG_ERR, error, true);
}

void hs_notify_alive(struct hs_notify *notify, uint64_t now)
{
    if (notify->watchdog_us == 0 || now - notify->fed_at < notify->watchdog_us / 3)
        return;
    notify->fed_at = now;
    hs_notify_send(notify, "WATCHDOG=1");
}

bool hs_notify_is_due(const struct hs_notify *notify, uint64_t now)
{
    return notify->listens && (notify->told_at == 0 || now - notify->told_at >= HS_STATUS_GAP_US);
}

void hs_notify_status(struct hs_notify *notify, const char *text, uint64_t now)
{
    char state[HS_STATUS_TEXT_MAX + 8];

    notify->told_at = now;
    if (strcmp(text, notify->told) == 0)
        return;
    snprintf(notify->told, sizeof(notify->told), "%s", text);
    snprintf(state, sizeof(state), "STATUS=%s", notify->told);
    hs_notify_send(notify, state);
}
