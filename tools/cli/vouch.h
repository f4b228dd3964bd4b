/* SPDX-License-Identifier: Apache-2.0 */
/* Whether what listens at a path may be believed to be the agent. */
#ifndef HEARSAY_CLI_VOUCH_H
#define HEARSAY_CLI_VOUCH_H

#include <stdbool.h>
#include <sys/types.h>

/* True if the path alone says who listens there: nobody but root, the user of this process, and
 * those whom these let write into its directories can have put the socket there. */
bool cli_path_vouches(const char *path);

/* True if the process at the other end of the socket is root's or that of our own user. Else
 * *ret_uid is its user. */
bool cli_peer_is_ours(int fd, uid_t *ret_uid);

/* True if either is so: for a link (link.h), of which this is a function. */
bool cli_believes(const char *path, int fd);

#endif
