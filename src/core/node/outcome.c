/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The prober only finds out whether a member can be reached. What that means depends on the purpose
 * of the probe, and it concerns rules that the prober must not know. It is decided here:
 *
 *     purpose            reached            unreached          unproven       accuses
 *     periodic, verify   suspicion probed   -                  -              suspicion raised
 *     re-probe           suspicion probed   -                  -              -
 *     confirming probe   suspicion probed   declared dead      asked again    -
 *     help               ack to the asker   nack to the asker  -              -
 *     name conflict      name is held       name is free       -              -
 */
#include "node/outcome.h"

#include "base/assert.h"
#include "rules/send.h"

static void outcome_accuse(struct hearsay_node *node, const struct hs_probe_outcome *outcome)
{
    hs_suspect_accuse(&node->suspicions, outcome->slot, outcome->accusers, outcome->accuser_count,
                      outcome->refused_mask);
    if (!hs_member_suspicion(hs_member_at(&node->core, outcome->slot)))
        hs_probe_end_doubts(&node->prober,
                            outcome->slot); /* no memory: a later probe tries again */
}

static void tell_suspicion(struct hearsay_node *node, const struct hs_probe_outcome *outcome)
{
    enum hs_probed probed = HS_PROBED_VOID;
    if (outcome->result == HS_PROBE_REACHED)
        probed = HS_PROBED_REACHED;
    else if (outcome->result == HS_PROBE_UNREACHED)
        probed = HS_PROBED_SILENT;
    hs_suspect_probed(&node->suspicions, outcome->slot, probed);
}

static void answer_asker(struct hearsay_node *node, const struct hs_probe_outcome *outcome)
{
    struct hs_core *core = &node->core;
    const struct hs_request *request = &outcome->request;
    if (!hs_table_holds(&core->view.table, request->asker, request->asker_id))
        return;
    struct hs_send answer = {
        .kind = HEARSAY_KIND_ACK,
        .slot = request->asker,
        .to = hs_member_at(core, request->asker)->meta->addr,
        .cap = request->cap,
        .keyed = true,
        .key = request->key,
        .id = request->asker_id,
    };
    if (outcome->result == HS_PROBE_REACHED) {
        answer.as.ack.acked = request->asked;
        answer.as.ack.tell_it = outcome->refused;
    } else {
        answer.kind = HEARSAY_KIND_NACK;
        answer.as.nack.asked = request->asked;
        answer.as.nack.finding = outcome->refused ? HS_FINDING_REFUSED : HS_FINDING_SILENT;
    }
    hs_send_push(core, &answer);
}

void hs_outcome_handle(struct hearsay_node *node, const struct hs_probe_outcome *outcome)
{
    if (outcome->result == HS_PROBE_PENDING)
        return;
    HS_ASSERT(hs_member_at(&node->core, outcome->slot)->meta);
    switch (outcome->purpose) {
    case HS_PROBE_PERIODIC:
    case HS_PROBE_VERIFY:
    case HS_PROBE_REPROBE:
    case HS_PROBE_CONFIRM:
        if (outcome->result == HS_PROBE_ACCUSES)
            outcome_accuse(node, outcome);
        else
            tell_suspicion(node, outcome);
        break;
    case HS_PROBE_HELP:
        answer_asker(node, outcome);
        break;
    case HS_PROBE_NAME_CONFLICT:
        hs_name_conflict_over(&node->conflicts, outcome->slot, outcome->result == HS_PROBE_REACHED);
        break;
    }
}
