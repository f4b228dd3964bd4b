/* SPDX-License-Identifier: Apache-2.0 */
/* Passes lines to the clients that follow them. report.c makes each line once for all readers. */
#include "agent/control/monitor.h"

#include <string.h>

#include "ctl/suggest.h"

#define LISTED(name, text) " " text ","
#define LIST               HS_LINES(LISTED) /* " start, ... stop," */

/* The bit of an event's name, or 0 if there is no such event. */
static unsigned bit_of(const char *name)
{
    for (unsigned line = 0; name && line < HS_LINE_COUNT; line++)
        if (strcmp(name, hs_line_name((enum hs_line)line)) == 0)
            return 1u << line;
    return 0;
}

static void refuse_event(struct hs_client *client, const char *name)
{
    const char *names[HS_LINE_COUNT], *nearest;

    for (unsigned line = 0; line < HS_LINE_COUNT; line++)
        names[line] = hs_line_name((enum hs_line)line);
    nearest = hs_ctl_nearest(name, names, HS_LINE_COUNT);
    if (nearest)
        hs_client_fail(client, HS_CTL_ERROR_USAGE,
                       "no event is called \"%.32s\" (did you mean %s?)", name, nearest);
    else
        hs_client_fail(client, HS_CTL_ERROR_USAGE,
                       "no event is called \"%.32s\"; there are" LIST " and no others", name);
}

bool hs_monitor_admits(const struct hs_clients *clients, struct hs_client *client)
{
    if (clients->monitors < clients->monitors_max)
        return true;
    hs_client_fail(client, HS_CTL_ERROR_REFUSED, "%zu monitors are served already",
                   clients->monitors);
    return false;
}

void hs_command_monitor(const struct hs_context *context, struct hs_client *client,
                        const json_t *request)
{
    const json_t *events = json_object_get(request, "events");
    unsigned mask = 0;

    if (!hs_monitor_admits(context->clients, client))
        return;
    if (events && !json_is_array(events)) {
        hs_client_fail(client, HS_CTL_ERROR_USAGE, "events must be an array of event names");
        return;
    }
    for (size_t i = 0; i < json_array_size(events); i++) {
        const char *name = json_string_value(json_array_get(events, i));
        unsigned bit = bit_of(name);

        if (bit == 0) {
            refuse_event(client, name ? name : "");
            return;
        }
        mask |= bit;
    }
    hs_client_answer(client, hs_ctl_ok());
    hs_client_monitor(client, mask != 0 ? mask : (1u << HS_LINE_COUNT) - 1);
}

/* ---- the sink ---------------------------------------------------------------------------- */

static bool monitor_wants(const struct hs_sink *sink, enum hs_level level)
{
    const struct hs_monitor *monitor = (const struct hs_monitor *)sink;

    (void)level;
    return monitor->clients->monitors > 0;
}

static void monitor_take(struct hs_sink *sink, enum hs_level level, enum hs_line line,
                         const char *text, size_t len)
{
    struct hs_monitor *monitor = (struct hs_monitor *)sink;

    (void)level;
    hs_clients_publish(monitor->clients, line, text, len);
}

void hs_monitor_init(struct hs_monitor *ret_monitor, struct hs_clients *clients)
{
    *ret_monitor = (struct hs_monitor){.sink = {.wants = monitor_wants, .take = monitor_take},
                                       .clients = clients};
}
