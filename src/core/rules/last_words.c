/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A word is a gossip with one rumor: our own record, dead and failed, with the timestamp after ours
 * (R3: order of records). So it wins against what is held of us, and loses against our next record:
 * if this process lives, it refutes (R4), and the next process of this member begins behind it (R5:
 * catching up). Any release takes it, because to those that do not know of last words it is an
 * ordinary gossip of a member about itself.
 *
 * The peers are those that acked last: they run, they hear us, and, if datagrams are sealed, they
 * have a floor for ours (R11a: freshness). Our whole record goes with it, because they may not have
 * heard of the last change of it.
 *
 * Each word has a creation time of its own, which no other datagram gets. Nobody has seen it unless
 * it was sent, and it is sent only when this process has ended: so there is no recording of one
 * that could be held against a process that lives.
 */
#include "rules/last_words.h"

#include <hearsay/node.h>

#include "base/memory.h"
#include "codec/encode.h"
#include "codec/form.h"
#include "view/record.h"

_Static_assert(HEARSAY_LAST_WORDS_MAX <= HS_LAST_WORDS_PEERS, "there are peers to choose from");

void hs_last_words_init(struct hs_last_words *words, struct hs_core *core)
{
    *words = (struct hs_last_words){.core = core};
}

void hs_last_words_outdate(struct hs_last_words *words)
{
    words->version++;
}

void hs_last_words_acked(struct hs_last_words *words, uint32_t slot)
{
    uint64_t id = hs_member_at(words->core, slot)->meta->id;
    uint32_t at = 0;
    while (at < words->count && words->peers[at].id != id)
        at++;
    /* Who has just joined need not wait for the next period until somebody would hear of it. */
    if (at == words->count && words->count < HEARSAY_LAST_WORDS_MAX)
        hs_last_words_outdate(words);
    if (at == words->count && words->count < HS_LAST_WORDS_PEERS)
        words->count++;
    if (at == HS_LAST_WORDS_PEERS) /* the one that acked longest ago gives way */
        at--;
    memmove(words->peers + 1, words->peers, at * sizeof(words->peers[0]));
    words->peers[0].id = id;
    words->peers[0].slot = slot;
}

/* The member in this place of those that may be told, or NULL. */
static const struct hs_member *find_peer(const struct hs_last_words *words, unsigned index)
{
    const struct hs_core *core = words->core;
    for (uint32_t at = 0; at < words->count; at++) {
        if (!hs_table_holds(&core->view.table, words->peers[at].slot, words->peers[at].id))
            continue;
        const struct hs_member *peer = hs_member_at(core, words->peers[at].slot);
        bool may_hear =
            peer->status == HEARSAY_STATUS_ALIVE && (peer->flags & HS_MEMBER_PROVEN) != 0;
        if (may_hear && index-- == 0)
            return peer;
    }
    return NULL;
}

/* What is said of ourselves. Who leaves says goodbye, which is its record. */
static void say_of_self(const struct hs_core *core, struct hs_rumor *ret_rumor)
{
    hs_rumor_of(&core->view, core->now.boot, core->view.self, true, ret_rumor);
    if (core->leaving)
        return;
    ret_rumor->timestamp++;
    ret_rumor->status = HEARSAY_STATUS_DEAD;
    ret_rumor->cause = HEARSAY_CAUSE_FAILED;
    ret_rumor->ended = true;
}

size_t hs_last_words_make(struct hs_last_words *words, unsigned index, struct hearsay_addr *ret_to,
                          uint8_t *bytes, size_t room)
{
    struct hs_core *core = words->core;
    const struct hs_member *peer = core->joined ? find_peer(words, index) : NULL;
    struct hs_encoder encoder;
    struct hs_rumor rumor;
    if (!peer || index >= HEARSAY_LAST_WORDS_MAX || room < core->config.mtu)
        return 0;
    say_of_self(core, &rumor);
    const struct hs_message message = {
        .kind = HEARSAY_KIND_GOSSIP,
        .sender = core->wire.self_id,
        .created = core->now.wall > core->created ? core->now.wall : core->created + 1,
        .key = hs_wire_form_for(&core->wire, hs_meta_marks(peer->meta), peer->meta->mark_count, 0),
        .digest = core->view.table.digest,
        .timestamp = rumor.timestamp,
    };
    core->created = message.created;
    if (!hs_encode_begin(&encoder, &core->wire, bytes, core->config.mtu, peer->meta->name_hash,
                         &message) ||
        !hs_encode_rumor(&encoder, &rumor))
        return 0;
    *ret_to = peer->meta->addr;
    return hs_encode_end(&encoder);
}
