/* SPDX-License-Identifier: Apache-2.0 */
/* The socket file of the control protocol: making it, guarding it, removing it. */
#ifndef HS_AGENT_CONTROL_SOCKET_H
#define HS_AGENT_CONTROL_SOCKET_H

#include "agent/control/control.h"

/* Listens on `path`, mode 0600, or 0660 with a group (NULL: none). Sets fd, dev and ino. Returns 0
 * or HEARSAY_ERR_INVALID with `why`. */
int hs_control_listen(struct hs_control *control, const char *path, const char *group,
                      char why[HS_WHY_MAX]);

/* Closes the socket and removes the file if it is still the one that was made. */
void hs_control_unlisten(struct hs_control *control, const char *path);

#endif
