/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The swarm's loop: what has come in is read before anybody acts (R21), nodes act in turns of at
 * most 10 ms so that nobody outside waits long for an answer, and a status line is due each second.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "act.h"
#include "base.h"
#include "deliver.h"
#include "form.h"
#include "options.h"
#include "receive.h"
#include "said.h"
#include "status.h"
#include "stop.h"
#include "swarm.h"

#define STATUS_US     1000000u
#define READY_MAX     256 /* sockets looked at in one turn */
#define SPARE_FILES   64u /* beside the members' sockets */
#define LINE_MAX_SIZE 256u
#define STDIN_MARK    UINT32_MAX

static int raise_limit(uint32_t members)
{
    rlim_t wanted = members + SPARE_FILES;
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= wanted)
        return 0;
    limit.rlim_cur = wanted;
    if (limit.rlim_max < wanted)
        limit.rlim_max = wanted; /* root may */
    if (setrlimit(RLIMIT_NOFILE, &limit) == 0)
        return 0;
    fprintf(stderr, "hearsay-swarm: %u members need as many open files: ulimit -n\n", members);
    return -1;
}

/* ---- standard input ---------------------------------------------------------------------- */

static void watch_input(struct swarm *swarm)
{
    struct epoll_event wanted = {.events = EPOLLIN, .data.u32 = STDIN_MARK};
    int flags = fcntl(STDIN_FILENO, F_GETFL);
    if (flags >= 0)
        fcntl(STDIN_FILENO, F_SETFL, flags | O_NONBLOCK);
    epoll_ctl(swarm->epoll, EPOLL_CTL_ADD, STDIN_FILENO, &wanted); /* not for files */
}

/* Whole lines; one that is longer than any command is dropped in pieces that are none. */
static void read_input(struct swarm *swarm)
{
    static char text[LINE_MAX_SIZE];
    static size_t len;
    ssize_t n = read(STDIN_FILENO, text + len, sizeof(text) - 1 - len);
    if (n <= 0) {
        if (n == 0 || errno != EAGAIN)
            epoll_ctl(swarm->epoll, EPOLL_CTL_DEL, STDIN_FILENO, NULL);
        return;
    }
    len += (size_t)n;
    text[len] = '\0';
    char *line = text, *end;
    while ((end = strchr(line, '\n')) != NULL) {
        *end = '\0';
        if (!swarm_act(swarm, line))
            swarm_stop();
        line = end + 1;
    }
    len -= (size_t)(line - text);
    memmove(text, line, len);
    if (len == sizeof(text) - 1)
        len = 0;
}

/* ---- the loop ---------------------------------------------------------------------------- */

static int wait_ms(const struct swarm *swarm, uint64_t until)
{
    uint64_t deadline = until;
    if (swarm->heap_count > 0 && swarm->nodes[swarm->heap[0]].deadline < deadline)
        deadline = swarm->nodes[swarm->heap[0]].deadline;
    return deadline <= swarm->now.boot ? 0 : (int)((deadline - swarm->now.boot + 999) / 1000);
}

static void read_ready(struct swarm *swarm, const struct epoll_event *ready, int count)
{
    for (int i = 0; i < count; i++) {
        uint32_t face = ready[i].data.u32;
        if (face == STDIN_MARK) {
            read_input(swarm);
            continue;
        }
        if (!swarm->faces[face].alive)
            continue;
        if (ready[i].events & EPOLLERR)
            swarm_receive_errors(swarm, face);
        if (ready[i].events & EPOLLIN)
            swarm_receive(swarm, face);
    }
}

static void live(struct swarm *swarm)
{
    struct epoll_event ready[READY_MAX];
    uint64_t status_at = swarm->now.boot;
    uint64_t end = swarm->options.run ? swarm->began + swarm->options.run * 1000000 : HEARSAY_NEVER;
    while (!swarm_is_stopped() && swarm->now.boot < end) {
        int count = epoll_wait(swarm->epoll, ready, READY_MAX, wait_ms(swarm, status_at));
        swarm_clock(swarm);
        read_ready(swarm, ready, count);
        swarm_tick(swarm);
        if (swarm->now.boot >= status_at) {
            swarm_status(swarm);
            status_at = swarm->now.boot + STATUS_US;
        }
    }
}

static int run(struct swarm *swarm)
{
    swarm_stop_on_signals();
    swarm->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (swarm->epoll < 0 || raise_limit(swarm->options.members) < 0)
        return 1;
    if (swarm_form(swarm) < 0)
        return 1;
    if (swarm_is_stopped())
        return 0;
    for (uint32_t i = 0; i < swarm->options.join_count; i++)
        hearsay_node_join(swarm->nodes[0].core, swarm->now, &swarm->options.joins[i]);
    swarm_drain(swarm, 0);
    watch_input(swarm);
    swarm_said(swarm, "ready", "s00000", 0, swarm->options.nodes);
    live(swarm);
    swarm_status(swarm);
    return 0;
}

int main(int argc, char **argv)
{
    static struct swarm swarm;
    int code = swarm_options_read(&swarm.options, argc, argv);
    if (code != 0)
        return code - 1;
    code = run(&swarm);
    swarm_free(&swarm);
    if (swarm.epoll > 0)
        close(swarm.epoll);
    return code;
}
