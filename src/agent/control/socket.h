/* SPDX-License-Identifier: Apache-2.0 */
/* The socket file of the control protocol: making it, guarding it, removing it. */
#ifndef HS_AGENT_CONTROL_SOCKET_H
#define HS_AGENT_CONTROL_SOCKET_H

#include <sys/types.h>

#include "agent/base/error_text.h"

struct hs_listener {
    int fd;
    dev_t dev; /* of the socket file that is ours to remove */
    ino_t ino;
};

/* Listens on `path`, mode 0600, or 0660 with a group (NULL: none). A socket file that nobody
 * answers on is removed, one that is answered is an error. Returns 0 or HEARSAY_ERR_INVALID with
 * one line in `error`; hs_listener_close is right in either case. */
int hs_listener_open(struct hs_listener *listener, const char *path, const char *group,
                     char error[HS_ERROR_TEXT_MAX]);

/* Closes the socket and removes the file if it is still the one that was made. */
void hs_listener_close(struct hs_listener *listener, const char *path);

#endif
