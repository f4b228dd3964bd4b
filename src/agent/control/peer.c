/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two socket options say who has connected: SO_PEERCRED the process, its user and its first group,
 * SO_PEERGROUPS its other groups. The group database is not asked: it knows what groups a user gets
 * at the next login and not what this process has, so it would not know the SupplementaryGroups of
 * a service, and to ask it can take seconds where it is in a directory on the network.
 *
 * The kernel notes both at connect(2). So a process that has since dropped its privileges, or that
 * got the descriptor from another one, counts as whoever had connected.
 */
#include "agent/control/peer.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define GROUPS_FEW 64 /* more of them are rare, and need memory */

#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59 /* of Linux 4.13; the C library may be older */
#endif

static enum hs_peer_kind kind_by_group(gid_t gid, const struct hs_groups *groups)
{
    if (gid == HS_GROUP_NONE)
        return HS_PEER_STRANGER;
    if (gid == groups->control)
        return HS_PEER_ADMIN;
    return gid == groups->read ? HS_PEER_READER : HS_PEER_STRANGER;
}

/* The kinds are in the order of what they may do, so the least one is the best. */
static enum hs_peer_kind best_kind(const gid_t *gids, size_t count, const struct hs_groups *groups)
{
    enum hs_peer_kind best = HS_PEER_STRANGER;

    for (size_t i = 0; i < count; i++) {
        enum hs_peer_kind kind = kind_by_group(gids[i], groups);

        if (kind < best)
            best = kind;
    }
    return best;
}

/* Of a process in more groups than are usual: the kernel has said how many bytes they take. */
static enum hs_peer_kind kind_by_many(int fd, socklen_t size, const struct hs_groups *groups)
{
    gid_t *gids = malloc(size);
    enum hs_peer_kind kind = HS_PEER_STRANGER;

    if (gids && getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, gids, &size) == 0)
        kind = best_kind(gids, size / sizeof(*gids), groups);
    free(gids);
    return kind;
}

/* Before Linux 4.13 a process has its first group alone. */
static enum hs_peer_kind kind_by_groups(int fd, const struct hs_groups *groups)
{
    gid_t gids[GROUPS_FEW];
    socklen_t size = sizeof(gids);

    if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, gids, &size) == 0)
        return best_kind(gids, size / sizeof(gids[0]), groups);
    return errno == ERANGE ? kind_by_many(fd, size, groups) : HS_PEER_STRANGER;
}

void hs_peer_read(int fd, const struct hs_groups *groups, struct hs_peer *ret_peer)
{
    struct ucred cred;
    socklen_t size = sizeof(cred);

    *ret_peer = (struct hs_peer){.uid = (uid_t)-1, .kind = HS_PEER_STRANGER};
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &size) < 0 || cred.uid == (uid_t)-1)
        return;
    ret_peer->uid = cred.uid;
    ret_peer->pid = cred.pid;
    if (cred.uid == 0) {
        ret_peer->kind = HS_PEER_ROOT;
    } else if (cred.uid == geteuid()) {
        ret_peer->kind = HS_PEER_AGENT;
    } else {
        enum hs_peer_kind first = kind_by_group(cred.gid, groups);
        enum hs_peer_kind other = kind_by_groups(fd, groups);

        ret_peer->kind = first < other ? first : other;
    }
}

bool hs_peer_may_change(const struct hs_peer *peer)
{
    return peer->kind < HS_PEER_READER;
}
