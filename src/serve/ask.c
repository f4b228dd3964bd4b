/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The connection lives as long as there are questions: an agent closes one that is quiet as soon as
 * it needs the place. It answers in order, so one that keeps us waiting is hung up on.
 */
#include "serve/ask.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include <hearsay/error.h>
#include <hearsay/host.h>

static uint64_t time_now(void)
{
    return hearsay_host_now().boot;
}

/* ---- questions --------------------------------------------------------------------------- */

static void forget(struct hs_ask_question *question)
{
    hs_body_unref(question->line);
    free(question->text);
    *question = (struct hs_ask_question){.state = HS_ASK_FREE};
}

/* The question of this state that has waited for the longest time, or NULL. */
static struct hs_ask_question *oldest(struct hs_ask *ask, enum hs_ask_state state)
{
    struct hs_ask_question *found = NULL;

    for (size_t i = 0; i < HS_ASK_QUESTIONS_MAX; i++) {
        struct hs_ask_question *question = &ask->questions[i];

        if (question->state == state && (!found || question->order < found->order))
            found = question;
    }
    return found;
}

static size_t kept_bytes(const struct hs_ask *ask)
{
    size_t bytes = 0;

    for (size_t i = 0; i < HS_ASK_QUESTIONS_MAX; i++)
        if (ask->questions[i].line)
            bytes += ask->questions[i].line->len;
    return bytes;
}

/* Forgets what is too old to be told again, and what is too much. */
static void forget_old(struct hs_ask *ask, uint64_t now)
{
    struct hs_ask_question *question;

    while ((question = oldest(ask, HS_ASK_KEPT)) &&
           (now - question->since >= HS_ASK_KEPT_US || kept_bytes(ask) > HS_ASK_BYTES_MAX))
        forget(question);
}

/* Those who wait are called after the question has its new state: they may ask at once. */
static void end_question(struct hs_ask_question *question, const struct hs_ask_answer *answer)
{
    struct hs_ask_waiter *waiters = question->waiters;
    struct hs_body *line = answer->line ? hs_body_ref(answer->line) : NULL;

    question->waiters = NULL;
    if (line) {
        question->state = HS_ASK_KEPT;
        question->line = hs_body_ref(line);
        question->since = time_now();
    } else {
        forget(question);
    }
    while (waiters) {
        struct hs_ask_waiter *waiter = waiters;

        waiters = waiter->next;
        waiter->question = NULL;
        waiter->next = NULL;
        waiter->answered(waiter, answer);
    }
    hs_body_unref(line);
}

/* ---- the connection ---------------------------------------------------------------------- */

static void hang_up(struct hs_ask *ask)
{
    if (ask->readable)
        event_free(ask->readable);
    ask->readable = NULL;
    if (ask->fd >= 0)
        close(ask->fd);
    ask->fd = -1;
    hs_ctl_lines_fini(&ask->lines);
    hs_ctl_lines_init(&ask->lines, HS_ASK_ANSWER_MAX);
}

static void go_on(struct hs_ask *ask);

/* The connection cannot be used any more. All who wait are told so at once: asking again would most
 * likely tell the same, after they have waited for as long again. */
static void lose(struct hs_ask *ask, enum hs_ask_outcome outcome)
{
    struct hs_ask_question *question;

    hang_up(ask);
    while ((question = oldest(ask, HS_ASK_ASKED)) || (question = oldest(ask, HS_ASK_WAITING)))
        end_question(question, &(struct hs_ask_answer){.outcome = outcome});
}

static void take_line(struct hs_ask *ask, const char *text, size_t len)
{
    struct hs_ask_question *asked = oldest(ask, HS_ASK_ASKED);
    char *copy = malloc(len + 1);
    struct hs_body *line;

    if (copy) {
        memcpy(copy, text, len);
        copy[len] = '\0';
    }
    line = hs_body_new(copy, len);
    if (!asked || !line)
        lose(ask, HS_ASK_FULL);
    else
        end_question(asked, &(struct hs_ask_answer){HS_ASK_ANSWERED, line});
    hs_body_unref(line);
}

/* Reads what is there. Returns false if the connection has ended. */
static bool read_some(struct hs_ask *ask)
{
    char chunk[HS_CTL_CHUNK], *line;
    ssize_t n = recv(ask->fd, chunk, sizeof(chunk), MSG_DONTWAIT);
    size_t len;
    int r = -1;

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return true;
    if (n > 0 && hs_ctl_lines_feed(&ask->lines, chunk, (size_t)n) == 0)
        r = hs_ctl_lines_next(&ask->lines, &line, &len);
    if (r < 0) {
        lose(ask, HS_ASK_GONE);
        return false;
    }
    if (r > 0)
        take_line(ask, line, len);
    return ask->fd >= 0;
}

static void on_readable(evutil_socket_t fd, short what, void *context)
{
    struct hs_ask *ask = context;

    (void)fd;
    (void)what;
    read_some(ask);
    go_on(ask);
}

static bool connect_agent(struct hs_ask *ask)
{
    struct sockaddr_un address;

    if (ask->fd >= 0)
        return true;
    if (hs_ctl_address(ask->path, &address) < 0)
        return false;
    ask->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (ask->fd >= 0 && connect(ask->fd, (struct sockaddr *)&address, sizeof(address)) == 0)
        ask->readable = event_new(ask->base, ask->fd, EV_READ | EV_PERSIST, on_readable, ask);
    if (ask->readable && event_add(ask->readable, NULL) == 0)
        return true;
    hang_up(ask);
    return false;
}

/* A request fits the socket's buffer, which is empty: nothing was asked that is not answered. */
static bool send_question(struct hs_ask *ask, struct hs_ask_question *question)
{
    question->state = HS_ASK_ASKED;
    question->since = time_now();
    return send(ask->fd, question->text, question->len, MSG_DONTWAIT | MSG_NOSIGNAL) ==
           (ssize_t)question->len;
}

static void wait_for(struct hs_ask *ask, uint64_t us)
{
    struct timeval delay = {(time_t)(us / 1000000), (suseconds_t)(us % 1000000)};

    event_add(ask->timer, &delay);
}

/* Asks the next question, if none is under way. */
static void go_on(struct hs_ask *ask)
{
    struct hs_ask_question *question;

    if (oldest(ask, HS_ASK_ASKED))
        return;
    question = oldest(ask, HS_ASK_WAITING);
    if (!question) {
        hang_up(ask);
        event_del(ask->timer);
        return;
    }
    if (!connect_agent(ask) || !send_question(ask, question))
        lose(ask, HS_ASK_GONE);
    else
        wait_for(ask, HS_ASK_WAIT_US);
}

/* Also called when there is something to do at once: see hs_ask_put. */
static void on_timer(evutil_socket_t fd, short what, void *context)
{
    struct hs_ask *ask = context;
    const struct hs_ask_question *asked = oldest(ask, HS_ASK_ASKED);
    uint64_t waited = asked ? time_now() - asked->since : 0;

    (void)fd;
    (void)what;
    if (asked && waited < HS_ASK_WAIT_US) /* the loop's clock is a little ahead of ours */
        wait_for(ask, HS_ASK_WAIT_US - waited);
    else if (asked)
        lose(ask, HS_ASK_SILENT);
    go_on(ask);
}

/* ---- asking ------------------------------------------------------------------------------ */

/* The same question, waiting or with an answer that is new enough. */
static struct hs_ask_question *find_equal(struct hs_ask *ask, const char *text, size_t len)
{
    for (size_t i = 0; i < HS_ASK_QUESTIONS_MAX; i++) {
        struct hs_ask_question *question = &ask->questions[i];

        if (question->state != HS_ASK_FREE && question->len == len &&
            memcmp(question->text, text, len) == 0)
            return question;
    }
    return NULL;
}

/* A place for one more, perhaps that of an answer that is kept. */
static struct hs_ask_question *find_place(struct hs_ask *ask)
{
    struct hs_ask_question *place = oldest(ask, HS_ASK_FREE);

    if (place)
        return place;
    place = oldest(ask, HS_ASK_KEPT);
    if (place)
        forget(place);
    return place;
}

static struct hs_ask_question *add_question(struct hs_ask *ask, char *text, size_t len)
{
    struct hs_ask_question *question = find_place(ask);

    if (!question)
        return NULL;
    *question = (struct hs_ask_question){.state = HS_ASK_WAITING,
                                         .order = ++ask->orders,
                                         .since = time_now(),
                                         .text = text,
                                         .len = len};
    if (!oldest(ask, HS_ASK_ASKED))
        wait_for(ask, 0);
    return question;
}

bool hs_ask_put(struct hs_ask *ask, const json_t *request, struct hs_ask_waiter *waiter,
                struct hs_ask_answer *ret_answer)
{
    struct hs_ask_question *question;
    size_t len = 0;
    char *text = hs_ctl_dump(request, &len);

    *ret_answer = (struct hs_ask_answer){.outcome = HS_ASK_FULL};
    if (!text)
        return true;
    forget_old(ask, time_now());
    question = find_equal(ask, text, len);
    if (!question) {
        question = add_question(ask, text, len);
        text = question ? NULL : text;
    }
    free(text);
    if (!question)
        return true;
    if (question->state == HS_ASK_KEPT) {
        *ret_answer = (struct hs_ask_answer){HS_ASK_ANSWERED, question->line};
        return true;
    }
    waiter->question = question;
    waiter->next = question->waiters;
    question->waiters = waiter;
    return false;
}

void hs_ask_cancel(struct hs_ask_waiter *waiter)
{
    struct hs_ask_waiter **at;

    if (!waiter->question)
        return;
    at = &waiter->question->waiters;
    while (*at != waiter)
        at = &(*at)->next;
    *at = waiter->next;
    waiter->question = NULL;
    waiter->next = NULL;
}

int hs_ask_init(struct hs_ask *ret_ask, struct event_base *base, const char *path)
{
    *ret_ask = (struct hs_ask){.path = path, .base = base, .fd = -1};
    hs_ctl_lines_init(&ret_ask->lines, HS_ASK_ANSWER_MAX);
    ret_ask->timer = evtimer_new(base, on_timer, ret_ask);
    return ret_ask->timer ? 0 : HEARSAY_ERR_NOMEM;
}

void hs_ask_fini(struct hs_ask *ask)
{
    if (!ask->base)
        return;
    hang_up(ask);
    hs_ctl_lines_fini(&ask->lines);
    for (size_t i = 0; i < HS_ASK_QUESTIONS_MAX; i++)
        forget(&ask->questions[i]);
    if (ask->timer)
        event_free(ask->timer);
    ask->base = NULL;
}
