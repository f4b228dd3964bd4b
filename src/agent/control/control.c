/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Accepts clients. A stranger (peer.h), or a client for which there is no place (places.h), gets an
 * error and is closed.
 *
 * When descriptors are out, a connection cannot even be accepted to be closed, and the listening
 * socket stays readable. So one descriptor is kept in reserve. With it the next client is taken in,
 * who may be the operator who looks for the cause. While it is in use, too, the socket is left
 * alone for a while.
 */
#include "agent/control/control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include <hearsay/error.h>

#include "agent/control/commands.h"
#include "service/timer.h"

/* ---- what is told ------------------------------------------------------------------------ */

/* True if it is time for another line of this kind. */
static bool is_due(const struct hs_control *control, uint64_t *told)
{
    uint64_t now = control->context->clock->now.boot;

    if (*told > 0 && now < *told + HS_CONTROL_TELL_US)
        return false;
    *told = now;
    return true;
}

static void tell_refused(struct hs_control *control, uid_t uid)
{
    control->refused++;
    if (!is_due(control, &control->refused_told))
        return;
    hs_report(control->context->report, HS_LEVEL_WARN, HS_LINE_REFUSE,
              json_pack("{s:s, s:I, s:I}", "reason", "clients", "uid", (json_int_t)uid, "count",
                        (json_int_t)control->refused));
    control->refused = 0;
}

static void tell_starved(struct hs_control *control, int error)
{
    if (is_due(control, &control->starved_told))
        hs_report(control->context->report, HS_LEVEL_WARN, HS_LINE_HEALTH,
                  json_pack("{s:s, s:s}", "reason", "descriptors", "message", strerror(error)));
}

/* ---- accepting --------------------------------------------------------------------------- */

/* Takes over the reference and the descriptor. */
static void say_and_close(int fd, json_t *error)
{
    size_t len;
    char *text = error ? hs_ctl_dump(error, &len) : NULL;

    if (text)
        send(fd, text, len, MSG_DONTWAIT | MSG_NOSIGNAL);
    free(text);
    json_decref(error);
    close(fd);
}

/* There is no place. */
static void turn_away(struct hs_control *control, int fd, uid_t uid)
{
    say_and_close(fd, hs_ctl_error(HS_CTL_ERROR_REFUSED, "%zu clients are served already",
                                   control->clients.count));
    tell_refused(control, uid);
}

/* A stranger, whom the mode of the socket's file has let in. */
static void send_away(struct hs_control *control, int fd, const struct hs_peer *peer)
{
    say_and_close(fd, hs_ctl_error(HS_CTL_ERROR_DENIED,
                                   "user %lu may not use this agent: it is for root, the agent's "
                                   "user, its control-group and, to ask, its control-read-group",
                                   (unsigned long)peer->uid));
    hs_denials_note(&control->denials, control->context->report, peer, NULL);
}

static void open_reserve(struct hs_control *control)
{
    if (control->reserve < 0)
        control->reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static int accept_one(int listener)
{
    return accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

/* Accepts with the descriptor in reserve, or with that of a client that asks nothing. */
static int accept_in_need(struct hs_control *control)
{
    if (control->reserve >= 0) {
        close(control->reserve);
        control->reserve = -1;
    } else if (!hs_clients_end_quiet(&control->clients, HS_PEER_KINDS, HS_IDLE_YIELD_US,
                                     HS_STUCK_US)) {
        return -1;
    }
    return accept_one(control->listener.fd);
}

/* Nothing can be accepted for now. */
static void rest(struct hs_control *control)
{
    event_del(control->accept);
    hs_timer_set(control->resume, HS_CONTROL_REST_US);
}

static void on_resume(evutil_socket_t fd, short what, void *context)
{
    struct hs_control *control = context;

    (void)fd;
    (void)what;
    event_add(control->accept, NULL);
}

/* Returns a connection, or -1. */
static int accept_client(struct hs_control *control)
{
    int client = accept_one(control->listener.fd);

    if (client >= 0) {
        open_reserve(control);
        return client;
    }
    if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED)
        return -1;
    tell_starved(control, errno);
    client = accept_in_need(control);
    if (client < 0)
        rest(control);
    return client;
}

static void on_accept(evutil_socket_t fd, short what, void *context)
{
    struct hs_control *control = context;
    struct hs_clients *clients = &control->clients;
    struct hs_peer peer;

    (void)fd;
    (void)what;
    hs_clock_read(clients->turn->clock);
    hs_turn_touch(clients->turn);
    int client = accept_client(control);
    if (client < 0)
        return;
    hs_peer_read(client, &control->groups, &peer);
    if (peer.kind == HS_PEER_STRANGER)
        send_away(control, client, &peer);
    else if (!hs_places_free(&control->places, peer.kind))
        turn_away(control, client, peer.uid);
    else if (hs_clients_add(clients, client, &peer) < 0)
        close(client);
    else
        hs_places_watch(&control->places);
}

static int add_events(struct hs_control *control, struct event_base *base)
{
    struct hs_context *context = control->context;

    control->accept =
        event_new(base, control->listener.fd, EV_READ | EV_PERSIST, on_accept, control);
    control->resume = evtimer_new(base, on_resume, control);
    if (!control->accept || !control->resume || event_add(control->accept, NULL) < 0)
        return HEARSAY_ERR_NOMEM;
    open_reserve(control);
    int err = hs_clients_init(&control->clients, base, context->turn, hs_commands_handle, context);
    return err < 0 ? err
                   : hs_places_init(&control->places, base, &control->clients, &control->groups);
}

static int listen_for(struct hs_control *control, char error[HS_ERROR_TEXT_MAX])
{
    const char *path = control->context->identity->control_path;
    const struct hs_options *options = control->context->options;
    int err = hs_control_listen(&control->listener, path, error);

    if (err < 0 || (!options->control_group && !options->control_read_group))
        return err;
    return hs_groups_give(path, options->control_group, options->control_read_group,
                          &control->groups, error);
}

int hs_control_open(struct hs_control *ret_control, struct event_base *base,
                    struct hs_context *context, char error[HS_ERROR_TEXT_MAX])
{
    int err;

    *ret_control = (struct hs_control){
        .context = context, .reserve = -1, .groups = {HS_GROUP_NONE, HS_GROUP_NONE}};
    err = listen_for(ret_control, error);
    if (err < 0)
        return err;
    err = add_events(ret_control, base);
    if (err < 0) {
        hs_error_text(error, "%s", hearsay_strerror(err));
        return err;
    }
    context->clients = &ret_control->clients;
    context->groups = &ret_control->groups;
    context->denials = &ret_control->denials;
    context->leavers = &ret_control->leavers;
    hs_monitor_init(&ret_control->monitor, &ret_control->clients);
    hs_report_add(context->report, &ret_control->monitor.sink);
    return 0;
}

void hs_control_close(struct hs_control *control)
{
    if (!control->context)
        return;
    hs_places_fini(&control->places);
    hs_clients_fini(&control->clients);
    if (control->accept)
        event_free(control->accept);
    if (control->resume)
        event_free(control->resume);
    if (control->reserve >= 0)
        close(control->reserve);
    hs_unix_socket_close(&control->listener, control->context->identity->control_path);
    control->accept = control->resume = NULL;
    control->reserve = -1;
    control->context = NULL;
}
