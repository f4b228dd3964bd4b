/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agent as the tool meets it: its socket may be missing, may belong to another program, may be
 * silent or close at any byte. Each of these gives one sentence that names the socket and says what
 * to do, and exit code 3. What the agent itself refuses has the exit code of its error class.
 *
 * Where no socket is named, those are tried at which an agent may be: that of this user and that of
 * the system.
 *
 * The timeout is on silence, not on the whole answer: the member list of a large cluster may take
 * long, but an agent that hangs sends nothing. For what must go on whoever listens there, it is on
 * the whole of a short answer (`brief`).
 */
#include "client.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <hearsay/error.h>
#include <hearsay/host.h>

#include "ctl/ctl.h"
#include "message.h"
#include "out.h"
#include "vouch.h"

#define SECOND_US UINT64_C(1000000)

/* ---- complaints -------------------------------------------------------------------------- */

__attribute__((format(printf, 2, 3))) static void complain(struct cli_client *client,
                                                           const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = cli_vformat(format, args);
    va_end(args);
    if (!client->quiet)
        cli_complain("%s", text);
    free(client->complaint);
    client->complaint = text;
}

static int complain_timeout(struct cli_client *client)
{
    complain(client,
             "the agent at %s does not answer: silent for %d s (is it hung or stopped? --timeout "
             "waits longer)",
             client->path, client->timeout_s);
    return HS_CTL_EXIT_NO_AGENT;
}

static int complain_endless(struct cli_client *client)
{
    complain(client, "what answers at %s is not hearsayd: its answer has no end after %d s",
             client->path, client->timeout_s);
    return HS_CTL_EXIT_NO_AGENT;
}

/* ---- connecting -------------------------------------------------------------------------- */

/* What came of one of the paths. */
struct attempt {
    const char *path;
    int error;    /* an errno, or 0 */
    bool foreign; /* somebody listens there who is not to be believed: `uid` */
    uid_t uid;
};

/* A full backlog blocks connect, so the timeout is set before. */
static void set_timeout(const struct cli_client *client)
{
    struct timeval timeout = {.tv_sec = client->timeout_s};
    setsockopt(client->fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
    setsockopt(client->fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
}

static void hang_up(struct cli_client *client)
{
    if (client->fd >= 0)
        close(client->fd);
    client->fd = -1;
}

/* Returns true when connected to somebody who may be believed. */
static bool try_path(struct cli_client *client, struct attempt *attempt)
{
    struct sockaddr_un address;
    if (hs_ctl_address(attempt->path, &address) < 0)
        return false;
    memcpy(client->path, attempt->path, strlen(attempt->path) + 1);
    client->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (client->fd >= 0)
        set_timeout(client);
    if (client->fd < 0 ||
        connect(client->fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
        attempt->error = errno;
    else if (!cli_path_vouches(attempt->path) && !cli_peer_is_ours(client->fd, &attempt->uid))
        attempt->foreign = true;
    else
        return true;
    hang_up(client);
    return false;
}

/* A socket of somebody else, or one that is left of an agent of ours, is told even if another agent
 * answers: that is not the one that was meant first. */
static void note_passed(struct cli_client *client, const struct attempt *attempt, int count)
{
    for (int i = 0; i < count; i++) {
        if (attempt[i].foreign)
            complain(client, "passed over the socket %s: user %lu has made it", attempt[i].path,
                     (unsigned long)attempt[i].uid);
        else if (attempt[i].error == ECONNREFUSED)
            complain(client, "no agent at %s: %s; asking the one at %s", attempt[i].path,
                     strerror(ECONNREFUSED), client->path);
    }
}

static const char *outcome_text(const struct attempt *attempt)
{
    return attempt->foreign ? "of somebody else" : strerror(attempt->error);
}

/* The paths that were tried, but for `but` (NULL: all), as "a (why) or b (why)"; freed by the
 * caller. */
static char *list_tried(const struct attempt *attempt, int count, const struct attempt *but)
{
    struct cli_list list;
    cli_list_begin(&list, " or ");
    for (int i = 0; i < count; i++)
        if (&attempt[i] != but)
            cli_list_add(&list, count == 1 ? "%s: %s" : "%s (%s)", attempt[i].path,
                         outcome_text(&attempt[i]));
    return cli_list_end(&list);
}

static int complain_foreign(struct cli_client *client, const struct attempt *attempt,
                            const char *others)
{
    complain(client,
             "the socket %s is of user %lu, and in a directory that others may write only one of "
             "root or of your own is believed (--control or " HS_CTL_ENV " names another)%s%s",
             attempt->path, (unsigned long)attempt->uid, others[0] != '\0' ? "; no agent at " : "",
             others);
    return HS_CTL_EXIT_NO_AGENT;
}

static int complain_denied(struct cli_client *client, const struct attempt *attempt,
                           const char *others)
{
    complain(client,
             "not allowed to use %s: %s (be the agent's user or root, or a member of its "
             "control-group or control-read-group)%s%s",
             attempt->path, strerror(attempt->error), others[0] != '\0' ? "; no agent at " : "",
             others);
    return HS_CTL_EXIT_NO_AGENT;
}

static int complain_none(struct cli_client *client, const char *tried)
{
    complain(client,
             "no agent at %s (is hearsayd running? --control or " HS_CTL_ENV
             " names another socket)",
             tried);
    return HS_CTL_EXIT_NO_AGENT;
}

/* Nobody was found. A socket that is there and cannot be used is said first. */
static int complain_tried(struct cli_client *client, const struct attempt *attempt, int count)
{
    const struct attempt *foreign = NULL, *denied = NULL;
    char *others;
    int code;
    for (int i = 0; i < count; i++) {
        if (attempt[i].foreign)
            foreign = &attempt[i];
        else if (attempt[i].error == EACCES || attempt[i].error == EPERM)
            denied = &attempt[i];
    }
    others = list_tried(attempt, count, foreign ? foreign : denied);
    if (foreign)
        code = complain_foreign(client, foreign, others);
    else if (denied)
        code = complain_denied(client, denied, others);
    else
        code = complain_none(client, others);
    free(others);
    return code;
}

static int complain_path(struct cli_client *client, int err)
{
    if (err == HEARSAY_ERR_TOOBIG)
        complain(client, "the control socket's path is too long: at most %d bytes",
                 HS_CTL_PATH_MAX - 1);
    else
        complain(client, "the control socket's path is empty: --control PATH");
    return HS_CTL_EXIT_USAGE;
}

static int connect_agent(struct cli_client *client)
{
    char paths[HS_CTL_PATHS_MAX][HS_CTL_PATH_MAX];
    struct attempt attempts[HS_CTL_PATHS_MAX] = {{.path = NULL}};
    int count = hs_ctl_paths(client->given_socket, paths);
    if (count < 0)
        return complain_path(client, count);
    hs_ctl_lines_init(&client->lines, HS_CTL_ANSWER_MAX);
    for (int i = 0; i < count; i++) {
        attempts[i].path = paths[i];
        if (try_path(client, &attempts[i])) {
            note_passed(client, attempts, i);
            return 0;
        }
        if (attempts[i].error == EAGAIN || attempts[i].error == EINPROGRESS)
            return complain_timeout(client);
    }
    return complain_tried(client, attempts, count);
}

void cli_disconnect(struct cli_client *client)
{
    hs_ctl_lines_fini(&client->lines);
    hang_up(client);
    free(client->complaint);
    client->complaint = NULL;
}

/* ---- talking ----------------------------------------------------------------------------- */

static int complain_gone(struct cli_client *client, const char *error_text)
{
    complain(client, "the agent at %s went away%s%s%s", client->path,
             client->following ? "" : " before it answered", error_text[0] != '\0' ? ": " : "",
             error_text);
    return HS_CTL_EXIT_NO_AGENT;
}

/* An agent with too many clients says so and closes before it reads: then writing fails, and the
 * reason waits to be read. So a broken pipe is left for read_line to judge. */
static int send_request(struct cli_client *client, const json_t *request)
{
    size_t len = 0, done = 0;
    char *line = hs_ctl_dump(request, &len);
    int code = 0;
    if (!line)
        cli_out_of_memory();
    while (done < len && code == 0) {
        ssize_t n = send(client->fd, line + done, len - done, MSG_NOSIGNAL);
        if (n >= 0)
            done += (size_t)n;
        else if (errno == EPIPE || errno == ECONNRESET)
            break;
        else if (errno == EAGAIN)
            code = complain_timeout(client);
        else if (errno != EINTR)
            code = complain_gone(client, strerror(errno));
    }
    free(line);
    return code;
}

/* Reads what comes next into the lines. */
static int read_more(struct cli_client *client)
{
    char chunk[HS_CTL_CHUNK];
    ssize_t n = read(client->fd, chunk, sizeof(chunk));
    if (n < 0 && errno == EINTR)
        return 0;
    if (n < 0 && errno == EAGAIN)
        return complain_timeout(client);
    if (n <= 0)
        return complain_gone(client, n < 0 ? strerror(errno) : "");
    if (hs_ctl_lines_feed(&client->lines, chunk, (size_t)n) == HEARSAY_ERR_NOMEM)
        cli_out_of_memory();
    return 0;
}

static int parse_line(struct cli_client *client, const char *line, size_t len, json_t **ret_object)
{
    int r = hs_ctl_parse(line, len, ret_object);
    if (r == HEARSAY_ERR_NOMEM)
        cli_out_of_memory();
    if (r < 0) {
        complain(client, "what answers at %s is not hearsayd: it does not speak JSON objects",
                 client->path);
        return HS_CTL_EXIT_NO_AGENT;
    }
    return 0;
}

/* Takes a line that has come, with *ret_object NULL if none has. */
static int take_line(struct cli_client *client, json_t **ret_object)
{
    char *line;
    size_t len;
    int r = hs_ctl_lines_next(&client->lines, &line, &len);
    if (r < 0) {
        complain(client, "the answer of the agent at %s is too long", client->path);
        return HS_CTL_EXIT_REFUSED;
    }
    return r > 0 ? parse_line(client, line, len, ret_object) : 0;
}

static uint64_t deadline_of(const struct cli_client *client)
{
    return client->brief ? hearsay_host_now().boot + (uint64_t)client->timeout_s * SECOND_US
                         : UINT64_MAX;
}

static int read_line(struct cli_client *client, json_t **ret_object)
{
    uint64_t deadline = deadline_of(client);
    json_t *object = NULL;
    int code = take_line(client, &object);
    while (code == 0 && !object) {
        code = read_more(client);
        if (code == 0)
            code = take_line(client, &object);
        if (code == 0 && !object && hearsay_host_now().boot >= deadline)
            code = complain_endless(client);
    }
    if (code == 0)
        *ret_object = object;
    return code;
}

/* The exit code of an answer that says no. */
static int judge_answer(struct cli_client *client, const json_t *answer)
{
    const char *error = cli_text(answer, "error");
    const char *message = cli_text(answer, "message");
    if (cli_flag(answer, "ok"))
        return 0;
    if (!json_is_false(json_object_get(answer, "ok"))) {
        complain(client, "what answers at %s is not hearsayd: its answer has no \"ok\"",
                 client->path);
        return HS_CTL_EXIT_NO_AGENT;
    }
    complain(client, "%s", message[0] != '\0' ? message : error);
    return (int)hs_ctl_error_exit(error);
}

/* R40: an agent that knows too little answers all the same, and people do not see it. */
static void warn_of_worth(struct cli_client *client, const json_t *answer)
{
    if (!client->warns)
        return;
    bool joining = json_is_false(json_object_get(answer, "ready"));
    bool isolated = cli_flag(answer, "isolated");
    if (joining)
        cli_complain("this agent has not joined yet: it knows no more than itself");
    if (isolated)
        cli_complain("this agent is isolated: it hears nobody, and shows what was before");
    client->warns = !joining && !isolated;
}

int cli_ask(struct cli_client *client, json_t *request, json_t **ret_answer)
{
    json_t *answer = NULL;
    int code = client->fd < 0 ? connect_agent(client) : 0;
    if (code == 0)
        code = send_request(client, request);
    json_decref(request);
    if (code == 0)
        code = read_line(client, &answer);
    if (code == 0)
        code = judge_answer(client, answer);
    if (code == 0) {
        warn_of_worth(client, answer);
        *ret_answer = answer;
    } else {
        json_decref(answer);
    }
    return code;
}

int cli_next_part(struct cli_client *client, json_t **ret_line)
{
    return read_line(client, ret_line);
}

/* ---- following --------------------------------------------------------------------------- */

/* Waits for the agent, and for the reader of our output to go away: otherwise
 * `hearsay monitor | head -1` would run until the second event. */
static int wait_for_line(struct cli_client *client)
{
    struct pollfd fds[2] = {{.fd = client->fd, .events = POLLIN},
                            {.fd = STDOUT_FILENO, .events = 0}};
    for (;;) {
        int n = poll(fds, 2, -1);
        if (n < 0 && errno != EINTR)
            return complain_gone(client, strerror(errno));
        if (n > 0 && (fds[1].revents & (POLLERR | POLLHUP)) != 0)
            return -1;
        if (n > 0)
            return 0;
    }
}

int cli_next_line(struct cli_client *client, json_t **ret_line)
{
    json_t *line = NULL;
    int code = take_line(client, &line);
    client->following = true;
    while (code == 0 && !line) {
        code = wait_for_line(client);
        if (code == 0)
            code = read_more(client);
        if (code == 0)
            code = take_line(client, &line);
    }
    if (code == 0)
        *ret_line = line;
    return code;
}

bool cli_await_events(struct cli_client *client, int ms)
{
    struct pollfd fd = {.fd = client->fd, .events = POLLIN};
    char chunk[HS_CTL_CHUNK];
    ssize_t n;
    if (poll(&fd, 1, ms) <= 0)
        return false;
    do
        n = recv(client->fd, chunk, sizeof(chunk), MSG_DONTWAIT);
    while (n > 0);
    if (n == 0 || (errno != EAGAIN && errno != EINTR))
        cli_disconnect(client);
    return true;
}
