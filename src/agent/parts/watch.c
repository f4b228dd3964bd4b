/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the kernel says is not read in detail: whoever is told looks at the interfaces anyway. A
 * change seldom comes alone (a link goes down, its address goes, another comes), so a second of
 * quiet is awaited. A machine on which containers come and go all the time is never quiet, so this
 * has an end.
 */
#include "agent/parts/watch.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <hearsay/error.h>

#include "service/timer.h"

static void on_settled(evutil_socket_t fd, short what, void *context)
{
    struct hs_watch *watch = context;

    (void)fd;
    (void)what;
    hs_clock_read(watch->turn->clock);
    watch->first = 0;
    watch->changed(watch->context);
    hs_turn_touch(watch->turn);
}

void hs_watch_later(struct hs_watch *watch, uint64_t us)
{
    if (watch->settle)
        hs_timer_set(watch->settle, us);
}

static void on_message(evutil_socket_t fd, short what, void *context)
{
    struct hs_watch *watch = context;
    uint64_t boot, last, quiet;
    char message[8192];
    int reads = 0;

    (void)what;
    /* A full buffer (ENOBUFS) means that messages were lost, and so a change as well. */
    while (reads < HS_WATCH_READS &&
           (recv(fd, message, sizeof(message), MSG_DONTWAIT) >= 0 || errno == ENOBUFS))
        reads++;
    if (reads == 0)
        return;
    hs_clock_read(watch->turn->clock);
    boot = watch->turn->clock->now.boot;
    if (watch->first == 0)
        watch->first = boot;
    last = watch->first + HS_WATCH_LAST_US;
    quiet = boot + HS_WATCH_QUIET_US;
    if (quiet > last)
        quiet = last > boot ? last : boot;
    hs_watch_later(watch, quiet - boot);
}

static int open_netlink(void)
{
    struct sockaddr_nl address = {.nl_family = AF_NETLINK,
                                  .nl_groups =
                                      RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR};
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE), error;

    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;
    error = errno;
    close(fd);
    errno = error;
    return -1;
}

int hs_watch_open(struct hs_watch *watch, struct event_base *base)
{
    watch->fd = -1;
    watch->settle = evtimer_new(base, on_settled, watch);
    if (!watch->settle)
        return HEARSAY_ERR_NOMEM;
    watch->fd = open_netlink();
    if (watch->fd < 0)
        return HEARSAY_ERR_INVALID;
    watch->readable = event_new(base, watch->fd, EV_READ | EV_PERSIST, on_message, watch);
    if (!watch->readable || event_add(watch->readable, NULL) < 0)
        return HEARSAY_ERR_NOMEM;
    return 0;
}

void hs_watch_close(struct hs_watch *watch)
{
    if (watch->readable)
        event_free(watch->readable);
    if (watch->settle) {
        event_free(watch->settle);
        if (watch->fd >= 0)
            close(watch->fd);
    }
    watch->readable = watch->settle = NULL;
    watch->fd = -1;
}
