/* SPDX-License-Identifier: Apache-2.0 */
/* The server side of the control protocol (docs/control.md): the Unix socket and its clients. */
#ifndef HS_AGENT_CONTROL_CONTROL_H
#define HS_AGENT_CONTROL_CONTROL_H

#include <sys/types.h>

#include "agent/control/client.h"
#include "agent/report.h"
#include "agent/why.h"

struct hs_agent;

struct hs_control {
    struct hs_agent *agent;
    int fd;
    dev_t dev; /* of the socket file that is ours to remove */
    ino_t ino;
    struct event *accept;
    struct hs_clients clients;
};

/* Listens on agent->control_path. A socket file that nobody answers on is removed, one that is
 * answered is an error. Returns 0 or a negative error with `why`. */
int hs_control_open(struct hs_agent *agent, char why[HS_WHY_MAX]);

/* Closes clients and socket and removes the file. NULL and closed ones are no-ops. */
void hs_control_close(struct hs_control *control);

/* Serves clients, for as long as the turn has time. */
void hs_control_work(struct hs_control *control);

/* Gives a line of the log, its newline included, to the clients that monitor its event. */
void hs_control_publish(struct hs_control *control, enum hs_line line, const char *text,
                        size_t len);

#endif
