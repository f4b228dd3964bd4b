/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rumors are chosen while the datagram is encoded: fewest transmissions first, then newest, good
 * and bad news in turn. So they are never out of date. A rumor that does not fit does not count as
 * sent.
 */
#include "rules/load.h"

#include "base/assert.h"
#include "codec/encode.h"
#include "view/record.h"

#define PICK_MISSES 4u  /* rumors that do not fit before a datagram counts as full */
#define BRIEF_MIN   24u /* no rumor is shorter, bytes */

static bool is_loaded(const struct hs_load *load, uint32_t slot)
{
    for (uint32_t i = 0; i < load->count; i++)
        if (load->rumors[i].slot == slot)
            return true;
    return false;
}

/* A rumor that does not fit does not count as sent (R16: transmissions). */
static void load_rumor(struct hs_core *core, struct hs_load *load, uint32_t slot)
{
    const struct hs_member *member = hs_member_at(core, slot);
    struct hs_rumor rumor;
    hs_rumor_of(&core->view, core->now.boot, slot, member->flags & HS_MEMBER_BLOB_NEWS, &rumor);
    if (!hs_encode_rumor(load->encoder, &rumor)) {
        load->misses++;
        return;
    }
    HS_ASSERT(load->count < HS_LOAD_MAX);
    load->rumors[load->count++] =
        (struct hs_loaded){slot, member->rumor_version, member->flags & HS_MEMBER_BLOB_NEWS};
    core->stats.rumors_sent++;
}

/* A member knows that it is alive. Telling it so would spend one of the rumor's few transmissions,
 * which in a small cluster are a third of them. In a cluster of two no other member could be
 * told. */
static bool knows_itself(const struct hs_core *core, const struct hs_member *peer, bool tell)
{
    return peer->status == HEARSAY_STATUS_ALIVE && !tell && hs_table_present(&core->view.table) > 2;
}

/* R16: order of rumors. Those about ourselves and about the receiver go first: a suspect must hear
 * of its suspicion to refute it. */
void hs_load_rumors(struct hs_core *core, struct hs_load *load, uint32_t to, bool tell)
{
    const struct hs_member *self = hs_self(core);
    const struct hs_member *peer = hs_member_at(core, to);
    if (self->rumor_list || core->leaving)
        load_rumor(core, load, core->view.self);
    bool spare = knows_itself(core, peer, tell);
    if (!spare && (peer->rumor_list || peer->status != HEARSAY_STATUS_ALIVE || tell))
        load_rumor(core, load, to);
    if (!core->view.rumor_queue.count) /* as nearly always: the walk would look at every level */
        return;
    struct hs_rumor_queue_walk walk;
    hs_rumor_queue_walk_init(&walk, &core->view.rumor_queue);
    while (load->count < HS_LOAD_MAX && load->misses < PICK_MISSES &&
           hs_encode_room(load->encoder) >= BRIEF_MIN) {
        uint32_t slot = hs_rumor_queue_walk_next(&walk, &core->view.rumor_queue, &core->view.table);
        if (slot == HS_NO_SLOT)
            return;
        bool stale = (spare && slot == to) || (load->told >> slot % 64 & 1u);
        if (!stale && !is_loaded(load, slot))
            load_rumor(core, load, slot);
    }
}

/* Both functions walk backwards, so that the first rumor of the datagram ends up first in its new
 * list. */
void hs_load_credit(struct hs_core *core, const struct hs_loaded *rumors, uint32_t count)
{
    uint32_t limit = hs_transmit_limit(hs_table_present(&core->view.table));
    for (uint32_t i = count; i-- > 0;)
        hs_rumor_queue_credit(&core->view.rumor_queue, &core->view.table, rumors[i].slot,
                              rumors[i].version, limit);
}

void hs_load_take_back(struct hs_core *core, const struct hs_loaded *rumors, uint32_t count)
{
    uint32_t limit = hs_transmit_limit(hs_table_present(&core->view.table));
    for (uint32_t i = count; i-- > 0;)
        if (hs_member_at(core, rumors[i].slot)->meta)
            hs_rumor_queue_take_back(&core->view.rumor_queue, &core->view.table, rumors[i].slot,
                                     rumors[i].version, limit, rumors[i].with_blob);
}
