/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One name, two processes (R8). A restart at the same address replaces at once: the old process
 * cannot be there any more. At another address the holder is asked first: if it answers, the
 * newcomer is an operator's mistake and is told so; if it is silent, the newcomer is the same
 * member on another machine. The outcome is kept for a few seconds, for the newcomer's next try.
 */
#include "rules/rules.h"

static struct hs_contest *find_contest(struct hearsay_node *node, uint64_t name_hash)
{
    for (uint32_t i = 0; i < HS_CONTESTS_MAX; i++) {
        struct hs_contest *contest = &node->contests[i];
        if (contest->until > node->now.boot && contest->name_hash == name_hash)
            return contest;
    }
    return NULL;
}

static struct hs_contest *new_contest(struct hearsay_node *node)
{
    for (uint32_t i = 0; i < HS_CONTESTS_MAX; i++)
        if (node->contests[i].until <= node->now.boot)
            return &node->contests[i];
    return NULL;
}

void hs_contest_refuse(struct hearsay_node *node, const struct hearsay_addr *to, uint64_t name_hash,
                       uint64_t nonce, enum hs_refusal_reason reason)
{
    struct hs_intent refusal = {
        .kind = HEARSAY_KIND_REFUSAL,
        .arg = (uint8_t)reason,
        .slot = HS_NO_SLOT,
        .to = *to,
        .cap = (uint16_t)node->config.mtu, /* the address has echoed our nonce */
        .a = nonce,
        .b = name_hash,
    };
    hs_intent_push(node, &refusal);
}

enum hs_contest_verdict hs_contest_ask(struct hearsay_node *node, const struct hs_blob *newcomer,
                                       uint64_t nonce)
{
    uint64_t name_hash = hs_hash(newcomer->name, newcomer->name_len);
    uint32_t slot = hs_table_find_name_hash(&node->table, name_hash);
    if (slot == HS_NO_SLOT)
        return HS_CONTEST_FREE;
    if (slot == node->self)
        return HS_CONTEST_HELD;
    const struct hs_member *holder = hs_table_at(&node->table, slot);
    uint64_t id = hs_member_id(newcomer->name, newcomer->name_len, newcomer->instance);
    if (!hs_member_present(holder) || holder->card->id == id ||
        hearsay_addr_equal(&holder->card->addr, &newcomer->addr))
        return HS_CONTEST_FREE;
    struct hs_contest *contest = find_contest(node, name_hash);
    if (contest && contest->decided)
        return contest->held ? HS_CONTEST_HELD : HS_CONTEST_FREE;
    if (contest)
        return HS_CONTEST_PENDING;
    contest = new_contest(node);
    if (contest && hs_probe_start(node, slot, HS_PROBE_CONTEST))
        *contest = (struct hs_contest){
            .name_hash = name_hash,
            .newcomer = newcomer->addr,
            .newcomer_nonce = nonce,
            .until = node->now.boot + HS_CONTEST_LIFE,
        };
    return HS_CONTEST_PENDING;
}

void hs_contest_over(struct hearsay_node *node, uint32_t slot, bool held)
{
    uint64_t name_hash = hs_table_at(&node->table, slot)->card->name_hash;
    struct hs_contest *contest = find_contest(node, name_hash);
    if (!contest)
        return;
    contest->decided = true;
    contest->held = held;
    if (held)
        hs_contest_refuse(node, &contest->newcomer, name_hash, contest->newcomer_nonce,
                          HS_REFUSAL_NAME);
}
