/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agent as the tool meets it: its socket may be missing, may belong to another program, may be
 * silent or close at any byte. Each of these gives one sentence that names the socket and says what
 * to do, and exit code 3. What the agent itself refuses has the exit code of its error class.
 *
 * The timeout is on silence, not on the whole answer: the member list of a large cluster may take
 * long, but an agent that hangs sends nothing.
 */
#include "client.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <hearsay/error.h>

#include "ctl/ctl.h"
#include "message.h"
#include "out.h"

/* ---- connecting -------------------------------------------------------------------------- */

static int complain_timeout(const struct cli_client *client)
{
    cli_complain(
        "the agent at %s does not answer: silent for %d s (is it hung or stopped? --timeout "
        "waits longer)",
        client->path, client->timeout_s);
    return HS_CTL_EXIT_NO_AGENT;
}

static int complain_connect(const struct cli_client *client, int error)
{
    if (error == EAGAIN || error == EINPROGRESS)
        return complain_timeout(client);
    if (error == EACCES || error == EPERM)
        cli_complain("not allowed to use %s: %s (be the agent's user or root, or a member of its "
                     "control-group)",
                     client->path, strerror(error));
    else
        cli_complain("no agent at %s: %s (is hearsayd running? --control or " HS_CTL_ENV
                     " names another socket)",
                     client->path, strerror(error));
    return HS_CTL_EXIT_NO_AGENT;
}

static int find_path(struct cli_client *client)
{
    int r = hs_ctl_default_path(client->given_socket, client->path);
    if (r == HEARSAY_ERR_TOOBIG)
        cli_complain("the control socket's path is too long: at most %d bytes",
                     HS_CTL_PATH_MAX - 1);
    else if (r < 0)
        cli_complain("the control socket's path is empty: --control PATH");
    return r < 0 ? HS_CTL_EXIT_USAGE : 0;
}

/* A full backlog blocks connect, so the timeout is set before. */
static void set_timeout(const struct cli_client *client)
{
    struct timeval timeout = {.tv_sec = client->timeout_s};
    setsockopt(client->fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
    setsockopt(client->fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
}

static int connect_agent(struct cli_client *client)
{
    struct sockaddr_un address;
    int r = find_path(client);
    if (r != 0)
        return r;
    if (hs_ctl_address(client->path, &address) < 0)
        return HS_CTL_EXIT_USAGE;
    client->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (client->fd < 0)
        return complain_connect(client, errno);
    set_timeout(client);
    hs_ctl_lines_init(&client->lines, HS_CTL_ANSWER_MAX);
    if (connect(client->fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
        return complain_connect(client, errno);
    return 0;
}

void cli_disconnect(struct cli_client *client)
{
    hs_ctl_lines_fini(&client->lines);
    if (client->fd >= 0)
        close(client->fd);
    client->fd = -1;
}

/* ---- talking ----------------------------------------------------------------------------- */

static int complain_gone(const struct cli_client *client, const char *error_text)
{
    cli_complain("the agent at %s went away%s%s%s", client->path,
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

static int parse_line(const struct cli_client *client, const char *line, size_t len,
                      json_t **ret_object)
{
    int r = hs_ctl_parse(line, len, ret_object);
    if (r == HEARSAY_ERR_NOMEM)
        cli_out_of_memory();
    if (r < 0) {
        cli_complain("what answers at %s is not hearsayd: it does not speak JSON objects",
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
        cli_complain("the answer of the agent at %s is too long", client->path);
        return HS_CTL_EXIT_REFUSED;
    }
    return r > 0 ? parse_line(client, line, len, ret_object) : 0;
}

static int read_line(struct cli_client *client, json_t **ret_object)
{
    json_t *object = NULL;
    int code = take_line(client, &object);
    while (code == 0 && !object) {
        code = read_more(client);
        if (code == 0)
            code = take_line(client, &object);
    }
    if (code == 0)
        *ret_object = object;
    return code;
}

/* The exit code of an answer that says no. */
static int judge_answer(const struct cli_client *client, const json_t *answer)
{
    const char *error = cli_text(answer, "error");
    const char *message = cli_text(answer, "message");
    if (cli_flag(answer, "ok"))
        return 0;
    if (!json_is_false(json_object_get(answer, "ok"))) {
        cli_complain("what answers at %s is not hearsayd: its answer has no \"ok\"", client->path);
        return HS_CTL_EXIT_NO_AGENT;
    }
    cli_complain("%s", message[0] != '\0' ? message : error);
    return (int)hs_ctl_error_exit(error);
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
    if (code == 0)
        *ret_answer = answer;
    else
        json_decref(answer);
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
