/* SPDX-License-Identifier: Apache-2.0 */
/* The connection to the agent. A client of all zeroes but fd -1 is not connected. */
#ifndef HEARSAY_CLI_CLIENT_H
#define HEARSAY_CLI_CLIENT_H

#include <stdbool.h>

#include <jansson.h>

#include "ctl/ctl.h"

#define CLI_TIMEOUT_S       10   /* silence of the agent after which we give up */
#define CLI_TIMEOUT_LEAVE_S 60   /* the same where the agent itself waits for others */
#define CLI_TIMEOUT_MAX_S   3600 /* the longest --timeout */

struct cli_client {
    int fd;                   /* -1: not connected */
    const char *given_socket; /* by --control; NULL: to be found */
    int timeout_s;
    bool following; /* past the answer of monitor */
    bool warns;     /* an answer of little worth is said to be so on stderr, once (R40) */
    bool quiet;     /* what is wrong is kept in `complaint`, and not printed */
    bool brief;     /* answers are short: after timeout_s, bytes that go on coming are no reason
                     * to wait on */
    char *complaint;
    char path[HS_CTL_PATH_MAX]; /* of the socket, once it is found */
    struct hs_ctl_lines lines;
};

/* Sends a request (taking the reference) and reads its answer, an object with `ok` true. Connects
 * if need be. Returns 0, or an exit code after saying what is wrong. */
int cli_ask(struct cli_client *client, json_t *request, json_t **ret_answer);

/* Waits, for ever, for the next line of `monitor`. Returns 0; an exit code greater than 0 after
 * saying that the agent is gone; or -1 when the reader of our output is gone. */
int cli_next_line(struct cli_client *client, json_t **ret_line);

/* Waits for at most so many milliseconds for lines of `monitor`, and passes over all that have
 * come. Returns true if there were any, or if the agent has gone: the client is not connected
 * then. */
bool cli_await_events(struct cli_client *client, int ms);

/* The next line of an answer of several lines. Returns 0 or an exit code. */
int cli_next_part(struct cli_client *client, json_t **ret_line);

/* Closes the connection; the next question makes another one. */
void cli_disconnect(struct cli_client *client);

#endif
