/* SPDX-License-Identifier: Apache-2.0 */
/* Accepts clients. Their number is bounded. A client beyond it gets an error and is closed. */
#include "agent/control/control.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include <hearsay/error.h>

#include "agent/control/commands.h"

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
    struct hs_clients *clients = &control->clients;
    int client = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    (void)what;
    hs_clock_read(clients->turn->clock);
    hs_turn_touch(clients->turn);
    if (client < 0)
        return;
    if (clients->count >= HS_CTL_CLIENTS_MAX)
        hs_clients_reap(clients);
    if (clients->count >= HS_CTL_CLIENTS_MAX)
        turn_away(client);
    else if (hs_clients_add(clients, client) < 0)
        close(client);
}

static int add_events(struct hs_control *control, struct event_base *base)
{
    struct hs_context *context = control->context;

    control->accept =
        event_new(base, control->listener.fd, EV_READ | EV_PERSIST, on_accept, control);
    if (!control->accept || event_add(control->accept, NULL) < 0)
        return HEARSAY_ERR_NOMEM;
    return hs_clients_init(&control->clients, base, context->turn, hs_commands_handle, context);
}

int hs_control_open(struct hs_control *ret_control, struct event_base *base,
                    struct hs_context *context, char error[HS_ERROR_TEXT_MAX])
{
    int err;

    *ret_control = (struct hs_control){.context = context};
    err = hs_listener_open(&ret_control->listener, context->identity->control_path,
                           context->options->control_group, error);
    if (err < 0)
        return err;
    err = add_events(ret_control, base);
    if (err < 0) {
        hs_error_text(error, "%s", hearsay_strerror(err));
        return err;
    }
    context->clients = &ret_control->clients;
    context->leavers = &ret_control->leavers;
    hs_monitor_init(&ret_control->monitor, &ret_control->clients);
    hs_report_add(context->report, &ret_control->monitor.sink);
    return 0;
}

void hs_control_close(struct hs_control *control)
{
    if (!control->context)
        return;
    hs_clients_fini(&control->clients);
    if (control->accept)
        event_free(control->accept);
    hs_listener_close(&control->listener, control->context->identity->control_path);
    control->accept = NULL;
    control->context = NULL;
}
