/* SPDX-License-Identifier: Apache-2.0 */
/* What the two halves of the cluster language share: members and what they have said. */
#ifndef HS_TESTS_CLUSTER_IMPL_H
#define HS_TESTS_CLUSTER_IMPL_H

#include "cluster.h"

#define CLUSTER_MEMBERS_MAX 1024u
#define CLUSTER_LABEL_MAX   32u
#define CLUSTER_POLL        (10 MILLISECONDS)

struct cluster_member {
    char label[CLUSTER_LABEL_MAX];
    char name[HEARSAY_NAME_MAX + 1];
    uint32_t machine; /* where it runs now, or last ran */
};

/* One event of a node, as short as what expectations ask of it. */
struct said {
    int64_t at;
    uint32_t observer, subject; /* members; SIM_NOBODY when not of this cluster */
    enum hearsay_event_kind kind;
    enum hearsay_status from, to;
    enum hearsay_reason reason;
    enum hearsay_join_result result;
};

struct cluster {
    struct sim_world *world;
    struct cluster_member members[CLUSTER_MEMBERS_MAX];
    uint32_t member_count;
    uint32_t *owner; /* machine → member */
    uint32_t owner_room;
    struct said *said;
    size_t said_count, said_room, mark;
};

extern struct cluster cluster;

/* Members of a list. `running`: what "*" stands for; labels must be known. */
size_t cluster_list(const char *labels, uint32_t *ret_members, size_t room);

/* Runs until `condition` holds, at most `limit`; false when it does not. */
bool cluster_wait(bool (*condition)(const void *context), const void *context, int64_t limit);

/* Ends the test: this sentence, and the views of two members (SIM_NOBODY: none). */
_Noreturn void cluster_fail(uint32_t member, uint32_t other, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

const struct hearsay_node *cluster_node(uint32_t member);
enum hearsay_status cluster_status(uint32_t observer, uint32_t subject);

#endif
