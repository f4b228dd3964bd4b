/* SPDX-License-Identifier: Apache-2.0 */
/* Makes and removes the socket file of the control protocol. */
#ifndef HS_AGENT_CONTROL_SOCKET_H
#define HS_AGENT_CONTROL_SOCKET_H

#include <sys/types.h>

#include "service/error_text.h"

struct hs_listener {
    int fd;
    dev_t dev; /* of the socket file that this agent made */
    ino_t ino;
};

/* Listens on `path`, mode 0600. A socket file that nobody answers on is removed. If an agent
 * answers, it is an error. Returns 0 or a negative error with one line in `error`. The caller must
 * call hs_listener_close in either case. */
int hs_listener_open(struct hs_listener *listener, const char *path, char error[HS_ERROR_TEXT_MAX]);

/* Closes the socket. Removes the file if it is still the one that this agent made. */
void hs_listener_close(struct hs_listener *listener, const char *path);

#endif
