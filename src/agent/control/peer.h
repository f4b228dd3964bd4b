/* SPDX-License-Identifier: Apache-2.0 */
/* Who is at the other end of a connection, and what they may do. */
#ifndef HS_AGENT_CONTROL_PEER_H
#define HS_AGENT_CONTROL_PEER_H

#include <stdbool.h>
#include <sys/types.h>

#include "agent/parts/group.h"

/* Each kind but strangers has places that the others cannot take (places.h). */
enum hs_peer_kind {
    HS_PEER_ROOT,
    HS_PEER_AGENT,  /* the agent's own user */
    HS_PEER_ADMIN,  /* in control-group */
    HS_PEER_READER, /* in control-read-group: may ask, and not change */
    HS_PEER_KINDS,
    HS_PEER_STRANGER = HS_PEER_KINDS, /* may not even ask */
};

struct hs_peer {
    uid_t uid;
    pid_t pid; /* as it was when it connected; 0: of a process that this one cannot see */
    enum hs_peer_kind kind;
};

/* The peer of a connected Unix socket, by what the kernel noted when it connected. Who cannot be
 * told is a stranger. */
void hs_peer_read(int fd, const struct hs_groups *groups, struct hs_peer *ret_peer);

bool hs_peer_may_change(const struct hs_peer *peer);

#endif
