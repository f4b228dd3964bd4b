/* SPDX-License-Identifier: Apache-2.0 */
/* The socket of the control protocol. */
#ifndef HS_AGENT_CONTROL_SOCKET_H
#define HS_AGENT_CONTROL_SOCKET_H

#include "service/error_text.h"
#include "service/unix_socket.h"

/* What it is called in errors. */
extern const struct hs_unix_words hs_control_words;

/* Listens on `path` as hs_unix_socket_open does. The caller must call hs_unix_socket_close in
 * either case. */
int hs_control_listen(struct hs_unix_socket *ret_socket, const char *path,
                      char error[HS_ERROR_TEXT_MAX]);

#endif
