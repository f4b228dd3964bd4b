/* SPDX-License-Identifier: Apache-2.0 */
/* Accepting clients. Their number is bounded; one more is told so and closed. */
#include "agent/control/control.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include <hearsay/error.h>

#include "agent/agent.h"
#include "agent/control/commands.h"
#include "agent/control/socket.h"

static void turn_away(int fd)
{
    json_t *error =
        hs_ctl_error(HS_CTL_ERROR_REFUSED, "%d clients are served already", HS_CTL_CLIENTS_MAX);
    size_t len;
    char *text = hs_ctl_dump(error, &len);

    if (text)
        send(fd, text, len, MSG_DONTWAIT | MSG_NOSIGNAL);
    free(text);
    json_decref(error);
    close(fd);
}

static void on_accept(evutil_socket_t fd, short what, void *context)
{
    struct hs_control *control = context;
    int client = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    (void)what;
    hs_clock_read(&control->agent->clock);
    hs_turn_touch(&control->agent->turn);
    if (client < 0)
        return;
    if (control->clients.count >= HS_CTL_CLIENTS_MAX)
        hs_clients_reap(&control->clients);
    if (control->clients.count >= HS_CTL_CLIENTS_MAX)
        turn_away(client);
    else if (hs_clients_add(&control->clients, client) < 0)
        close(client);
}

int hs_control_open(struct hs_agent *agent, char why[HS_WHY_MAX])
{
    struct hs_control *control = &agent->control;
    int r;

    *control = (struct hs_control){.agent = agent, .fd = -1};
    r = hs_control_listen(control, agent->control_path, agent->options.control_group, why);
    if (r < 0)
        return r;
    control->accept = event_new(agent->base, control->fd, EV_READ | EV_PERSIST, on_accept, control);
    if (!control->accept || event_add(control->accept, NULL) < 0 ||
        hs_clients_init(&control->clients, agent->base, &agent->turn, hs_commands_handle, agent) <
            0) {
        hs_why(why, "out of memory");
        return HEARSAY_ERR_NOMEM;
    }
    return 0;
}

void hs_control_close(struct hs_control *control)
{
    if (!control || !control->agent)
        return;
    hs_clients_fini(&control->clients);
    if (control->accept)
        event_free(control->accept);
    hs_control_unlisten(control, control->agent->control_path);
    memset(control, 0, sizeof(*control));
    control->fd = -1;
}

void hs_control_work(struct hs_control *control)
{
    hs_clients_work(&control->clients);
}

void hs_control_publish(struct hs_control *control, enum hs_line line, const char *text, size_t len)
{
    hs_clients_publish(&control->clients, line, text, len);
}
