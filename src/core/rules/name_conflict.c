/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two processes with one name (R8). A restart at the same address replaces the old process at once,
 * because the old process cannot be there any more. At another address the holder is probed first.
 * If it answers, the newcomer was started by mistake and is refused. If it is silent, the newcomer
 * is the same member on another machine. The verdict is kept for a few seconds, for the newcomer's
 * next try.
 */
#include "rules/name_conflict.h"

#include "base/memory.h"
#include "rules/send.h"

void hs_conflicts_init(struct hs_conflicts *conflicts, struct hs_core *core,
                       struct hs_prober *prober)
{
    *conflicts = (struct hs_conflicts){.core = core, .prober = prober};
}

static struct hs_name_conflict *find_conflict(struct hs_conflicts *conflicts, uint64_t name_hash)
{
    for (uint32_t i = 0; i < HS_NAME_CONFLICTS_MAX; i++) {
        struct hs_name_conflict *conflict = &conflicts->items[i];
        if (conflict->until > conflicts->core->now.boot && conflict->name_hash == name_hash)
            return conflict;
    }
    return NULL;
}

static struct hs_name_conflict *new_conflict(struct hs_conflicts *conflicts)
{
    for (uint32_t i = 0; i < HS_NAME_CONFLICTS_MAX; i++)
        if (conflicts->items[i].until <= conflicts->core->now.boot)
            return &conflicts->items[i];
    return NULL;
}

void hs_name_conflict_refuse(struct hs_conflicts *conflicts, const struct hearsay_addr *to,
                             uint64_t name_hash, uint64_t nonce, uint32_t key,
                             enum hs_refusal_reason reason)
{
    struct hs_send refusal = {
        .kind = HEARSAY_KIND_REFUSAL,
        .slot = HS_NO_SLOT,
        .to = *to,
        .cap = (uint16_t)conflicts->core->config.mtu, /* the address has echoed our nonce */
        .keyed = true,
        .key = key,
        .as.refusal = {.echo = nonce, .name_hash = name_hash, .reason = (uint8_t)reason},
    };
    hs_send_push(conflicts->core, &refusal);
}

enum hs_name_conflict_verdict hs_name_conflict_ask(struct hs_conflicts *conflicts,
                                                   const struct hs_blob *newcomer, uint64_t nonce,
                                                   uint32_t key)
{
    uint64_t name_hash = hs_hash(newcomer->name, newcomer->name_len);
    uint32_t slot = hs_table_find_name_hash(&conflicts->core->view.table, name_hash);
    if (slot == HS_NO_SLOT)
        return HS_NAME_CONFLICT_FREE;
    if (slot == conflicts->core->view.self)
        return HS_NAME_CONFLICT_HELD;
    const struct hs_member *holder = hs_member_at(conflicts->core, slot);
    uint64_t id = hs_member_id(newcomer->name, newcomer->name_len, newcomer->instance);
    if (!hs_member_present(holder) || holder->meta->id == id ||
        hearsay_addr_equal(&holder->meta->addr, &newcomer->addr))
        return HS_NAME_CONFLICT_FREE;
    struct hs_name_conflict *conflict = find_conflict(conflicts, name_hash);
    if (conflict && conflict->decided)
        return conflict->held ? HS_NAME_CONFLICT_HELD : HS_NAME_CONFLICT_FREE;
    if (conflict)
        return HS_NAME_CONFLICT_PENDING;
    conflict = new_conflict(conflicts);
    if (conflict && hs_probe_start(conflicts->prober, slot, HS_PROBE_NAME_CONFLICT))
        *conflict = (struct hs_name_conflict){
            .name_hash = name_hash,
            .newcomer = newcomer->addr,
            .newcomer_nonce = nonce,
            .newcomer_key = key,
            .until = conflicts->core->now.boot + HS_NAME_CONFLICT_LIFE,
        };
    return HS_NAME_CONFLICT_PENDING;
}

void hs_name_conflict_over(struct hs_conflicts *conflicts, uint32_t slot, bool held)
{
    uint64_t name_hash = hs_member_at(conflicts->core, slot)->meta->name_hash;
    struct hs_name_conflict *conflict = find_conflict(conflicts, name_hash);
    if (!conflict)
        return;
    conflict->decided = true;
    conflict->held = held;
    if (held)
        hs_name_conflict_refuse(conflicts, &conflict->newcomer, name_hash, conflict->newcomer_nonce,
                                conflict->newcomer_key, HS_REFUSAL_NAME);
}

void hs_conflicts_forget(struct hs_conflicts *conflicts)
{
    memset(conflicts->items, 0, sizeof(conflicts->items));
}
