/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One name, two processes (R8). A restart at the same address replaces at once: the old process
 * cannot be there any more. At another address the holder is asked first: if it answers, the
 * newcomer is an operator's mistake and is told so; if it is silent, the newcomer is the same
 * member on another machine. The outcome is kept for a few seconds, for the newcomer's next try.
 */
#include "rules/name_conflict.h"

#include "base/memory.h"
#include "rules/send.h"

void hs_conflicts_init(struct hs_conflicts *conflicts, struct hs_core *core,
                       struct hs_prober *prober)
{
    *conflicts = (struct hs_conflicts){.core = core, .prober = prober};
}

static struct hs_contest *find_contest(struct hs_conflicts *conflicts, uint64_t name_hash)
{
    for (uint32_t i = 0; i < HS_CONTESTS_MAX; i++) {
        struct hs_contest *contest = &conflicts->items[i];
        if (contest->until > conflicts->core->now.boot && contest->name_hash == name_hash)
            return contest;
    }
    return NULL;
}

static struct hs_contest *new_contest(struct hs_conflicts *conflicts)
{
    for (uint32_t i = 0; i < HS_CONTESTS_MAX; i++)
        if (conflicts->items[i].until <= conflicts->core->now.boot)
            return &conflicts->items[i];
    return NULL;
}

void hs_contest_refuse(struct hs_conflicts *conflicts, const struct hearsay_addr *to,
                       uint64_t name_hash, uint64_t nonce, enum hs_refusal_reason reason)
{
    struct hs_send refusal = {
        .kind = HEARSAY_KIND_REFUSAL,
        .slot = HS_NO_SLOT,
        .to = *to,
        .cap = (uint16_t)conflicts->core->config.mtu, /* the address has echoed our nonce */
        .as.refusal = {.echo = nonce, .name_hash = name_hash, .reason = (uint8_t)reason},
    };
    hs_send_push(conflicts->core, &refusal);
}

enum hs_contest_verdict hs_contest_ask(struct hs_conflicts *conflicts,
                                       const struct hs_blob *newcomer, uint64_t nonce)
{
    uint64_t name_hash = hs_hash(newcomer->name, newcomer->name_len);
    uint32_t slot = hs_table_find_name_hash(&conflicts->core->view.table, name_hash);
    if (slot == HS_NO_SLOT)
        return HS_CONTEST_FREE;
    if (slot == conflicts->core->view.self)
        return HS_CONTEST_HELD;
    const struct hs_member *holder = hs_member_at(conflicts->core, slot);
    uint64_t id = hs_member_id(newcomer->name, newcomer->name_len, newcomer->instance);
    if (!hs_member_present(holder) || holder->card->id == id ||
        hearsay_addr_equal(&holder->card->addr, &newcomer->addr))
        return HS_CONTEST_FREE;
    struct hs_contest *contest = find_contest(conflicts, name_hash);
    if (contest && contest->decided)
        return contest->held ? HS_CONTEST_HELD : HS_CONTEST_FREE;
    if (contest)
        return HS_CONTEST_PENDING;
    contest = new_contest(conflicts);
    if (contest && hs_probe_start(conflicts->prober, slot, HS_PROBE_CONTEST))
        *contest = (struct hs_contest){
            .name_hash = name_hash,
            .newcomer = newcomer->addr,
            .newcomer_nonce = nonce,
            .until = conflicts->core->now.boot + HS_CONTEST_LIFE,
        };
    return HS_CONTEST_PENDING;
}

void hs_contest_over(struct hs_conflicts *conflicts, uint32_t slot, bool held)
{
    uint64_t name_hash = hs_member_at(conflicts->core, slot)->card->name_hash;
    struct hs_contest *contest = find_contest(conflicts, name_hash);
    if (!contest)
        return;
    contest->decided = true;
    contest->held = held;
    if (held)
        hs_contest_refuse(conflicts, &contest->newcomer, name_hash, contest->newcomer_nonce,
                          HS_REFUSAL_NAME);
}

void hs_conflicts_forget(struct hs_conflicts *conflicts)
{
    memset(conflicts->items, 0, sizeof(conflicts->items));
}
