/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How an owner keeps what its next node needs to come home (R37: state). The rule is in
 * rules/recall.c.
 */
#include <hearsay/node.h>

#include <hearsay/error.h>

#include "base/sized.h"
#include "node/impl.h"
#include "rules/recall.h"

HS_SIZED_ASSERT(struct hearsay_contact, name);

bool hearsay_node_next_contact_sized(const struct hearsay_node *node, struct hearsay_now now,
                                     uint32_t *cursor, struct hearsay_contact *ret_contact,
                                     size_t size)
{
    struct hearsay_contact contact;
    if (!hs_recall_next(&node->contacts, now.boot, cursor, &contact))
        return false;
    hs_sized_copy(ret_contact, size, &contact, sizeof(contact));
    return true;
}

int hearsay_node_founder_sized(const struct hearsay_node *node, struct hearsay_contact *ret_founder,
                               size_t size)
{
    struct hearsay_contact founder;
    int err = hs_recall_founder(&node->core, &founder);
    if (!err)
        hs_sized_copy(ret_founder, size, &founder, sizeof(founder));
    return err;
}

uint64_t hearsay_node_last_timestamp(const struct hearsay_node *node, struct hearsay_now now)
{
    uint64_t timestamp = node->own.heard_timestamp;
    return hs_is_future_at(now.wall, timestamp) ? 0 : timestamp;
}

/* Copies a contact of the owner, which may be of another release. */
static int read_contact(struct hearsay_contact *ret_contact, const struct hearsay_contact *theirs,
                        size_t size)
{
    hs_sized_copy(ret_contact, sizeof(*ret_contact), theirs, size);
    bool reachable = ret_contact->addr.port && !hearsay_addr_fault(&ret_contact->addr);
    return reachable && ret_contact->name_hash ? 0 : HEARSAY_ERR_INVALID;
}

int hearsay_node_remember_founder_sized(struct hearsay_node *node,
                                        const struct hearsay_contact *founder, size_t size)
{
    struct hearsay_contact copy;
    int err = read_contact(&copy, founder, size);
    if (!err && !copy.id)
        err = HEARSAY_ERR_INVALID;
    if (!err)
        hs_recall_remember_founder(&node->core, &copy);
    return err;
}

int hearsay_node_remember_sized(struct hearsay_node *node, struct hearsay_now now,
                                const struct hearsay_contact *contact, size_t size)
{
    struct hearsay_contact copy;
    node->core.now = now;
    int err = read_contact(&copy, contact, size);
    return err ? err : hs_recall_remember(&node->contacts, &copy);
}

void hearsay_node_recall(struct hearsay_node *node, struct hearsay_now now)
{
    node->core.now = now;
    hs_recall_begin(&node->contacts);
}

void hearsay_node_forget(struct hearsay_node *node, struct hearsay_now now)
{
    node->core.now = now;
    hs_recall_forget(&node->contacts);
}
