/* SPDX-License-Identifier: Apache-2.0 */
/* A connection over a Unix socket is made at once or not at all, and the request fits the socket's
 * buffer, so only reading has to wait. */
#include "link/link.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <hearsay/host.h>

void hs_link_init(struct hs_link *link, const char *path, struct hs_mirror *mirror)
{
    *link = (struct hs_link){.path = path, .mirror = mirror, .fd = -1};
    hs_ctl_lines_init(&link->lines, HS_CTL_FOLLOW_LINE_MAX);
}

static void hang_up(struct hs_link *link)
{
    if (link->fd >= 0)
        close(link->fd);
    link->fd = -1;
    hs_ctl_lines_fini(&link->lines);
    hs_ctl_lines_init(&link->lines, HS_CTL_FOLLOW_LINE_MAX);
    hs_mirror_cut(link->mirror);
}

void hs_link_fini(struct hs_link *link)
{
    hang_up(link);
    hs_ctl_lines_fini(&link->lines);
}

__attribute__((format(printf, 3, 4))) static void lose(struct hs_link *link, uint64_t now,
                                                       const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(link->fault, sizeof(link->fault), format, args);
    va_end(args);
    hang_up(link);
    link->retry = now + HS_LINK_RETRY_US;
}

/* Says why there is no connection: errno of the call that failed. */
static void lose_unreached(struct hs_link *link, uint64_t now)
{
    int number = errno;

    if (number == EACCES || number == EPERM)
        lose(link, now, "not allowed to use %s: %s (its agent's control-read-group may)",
             link->path, strerror(number));
    else
        lose(link, now, "no agent at %s: %s", link->path, strerror(number));
}

static void connect_agent(struct hs_link *link, uint64_t now)
{
    char request[HS_MIRROR_REQUEST_MAX];
    struct sockaddr_un address;

    if (hs_ctl_address(link->path, &address) < 0) {
        lose(link, now, "no socket can be at \"%.64s\"", link->path);
        return;
    }
    hs_mirror_request(link->mirror, request);
    link->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (link->fd < 0 || connect(link->fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
        lose_unreached(link, now);
    else if (link->believes && !link->believes(link->path, link->fd))
        lose(link, now, "the socket %s is of somebody else", link->path);
    else if (send(link->fd, request, strlen(request), MSG_NOSIGNAL) != (ssize_t)strlen(request))
        lose_unreached(link, now);
    else
        link->connections++;
}

/* Gives the mirror the next line, if it is complete. Returns false if it is not, or if the
 * connection was given up. */
static bool feed_line(struct hs_link *link, uint64_t now)
{
    char *line;
    size_t len;
    int r = hs_ctl_lines_next(&link->lines, &line, &len);

    if (r < 0)
        lose(link, now, "the agent at %s sends a line that is too long", link->path);
    else if (r > 0 && hs_mirror_feed(link->mirror, line, len) < 0)
        lose(link, now, "the agent at %s: %s", link->path, hs_mirror_fault(link->mirror));
    else if (r > 0)
        link->heard = now;
    return r > 0 && link->fd >= 0;
}

/* Returns false if there is nothing more to read now. */
static bool read_some(struct hs_link *link, uint64_t now)
{
    char chunk[HS_CTL_CHUNK];
    ssize_t n = read(link->fd, chunk, sizeof(chunk));

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    if (n <= 0) {
        lose(link, now, "the agent at %s has gone%s%s", link->path, n < 0 ? ": " : "",
             n < 0 ? strerror(errno) : "");
        return false;
    }
    if (hs_ctl_lines_feed(&link->lines, chunk, (size_t)n) == 0)
        return true;
    lose(link, now, "out of memory for lines of the agent at %s", link->path);
    return false;
}

/* Goes on with a ring that the mirror is making. Returns true if that has changed the mirror. */
static bool step_mirror(struct hs_link *link, uint64_t now)
{
    uint64_t until;
    int err;

    if (!hs_mirror_busy(link->mirror))
        return false;
    until = hearsay_host_now().boot + HS_LINK_RING_US;
    do
        err = hs_mirror_step(link->mirror);
    while (err == 0 && hs_mirror_busy(link->mirror) && hearsay_host_now().boot < until);
    if (err < 0)
        lose(link, now, "the agent at %s: %s", link->path, hs_mirror_fault(link->mirror));
    return link->fd >= 0 && !hs_mirror_busy(link->mirror);
}

/* What has been read waits while the mirror is busy. */
static bool feed_lines(struct hs_link *link, uint64_t now)
{
    bool any = false;

    while (link->fd >= 0 && !hs_mirror_busy(link->mirror) && feed_line(link, now))
        any = true;
    return any;
}

bool hs_link_work(struct hs_link *link, uint64_t now)
{
    bool any = step_mirror(link, now);

    if (link->fd < 0 && now >= link->retry)
        connect_agent(link, now);
    any = feed_lines(link, now) || any;
    for (int i = 0; i < HS_LINK_READS_MAX; i++) {
        if (link->fd < 0 || hs_mirror_busy(link->mirror) || !read_some(link, now))
            break;
        any = feed_lines(link, now) || any;
    }
    return any;
}

bool hs_link_step(struct hs_link *link, uint64_t now)
{
    if (link->fd < 0 && now >= link->retry)
        connect_agent(link, now);
    while (link->fd >= 0) {
        if (feed_line(link, now))
            return true;
        if (link->fd < 0 || !read_some(link, now))
            return false;
    }
    return false;
}

int hs_link_fd(const struct hs_link *link)
{
    return link->fd;
}

int hs_link_timeout_ms(const struct hs_link *link, uint64_t now)
{
    if (hs_mirror_busy(link->mirror))
        return 0;
    if (link->fd >= 0)
        return -1;
    return now >= link->retry ? 0 : (int)((link->retry - now + 999) / 1000);
}

uint64_t hs_link_silence_us(const struct hs_link *link, uint64_t now)
{
    return link->heard == 0 ? UINT64_MAX : now - link->heard;
}
