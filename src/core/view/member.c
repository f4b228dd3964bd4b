/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All agents must agree on which of two records is newer. Every view is the maximum, under the
 * order below, of the records that its agent has heard. So agents that have heard the same records
 * hold the same view, whatever the network loses, repeats or reorders.
 */
#include "view/member.h"

static void put_le64(uint8_t *bytes, uint64_t value)
{
    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
}

uint64_t hs_version_hash(const struct hs_version *version)
{
    uint8_t bytes[17];
    put_le64(bytes, version->blob_hash);
    put_le64(bytes + 8, version->timestamp);
    bytes[16] = hs_wire_state(version->status, version->cause);
    return hs_hash(bytes, sizeof(bytes));
}

/* R3: order of records. The hash represents blob and cause. If two hashes collide, blob and cause
 * decide, so that the order stays total. */
int hs_version_compare(const struct hs_version *a, const struct hs_version *b)
{
    if (a->timestamp != b->timestamp)
        return a->timestamp < b->timestamp ? -1 : 1;
    if (a->status != b->status)
        return a->status < b->status ? -1 : 1;
    if (a->cause == b->cause && a->blob_hash == b->blob_hash)
        return 0;
    uint64_t hash_a = hs_version_hash(a), hash_b = hs_version_hash(b);
    if (hash_a != hash_b)
        return hash_a < hash_b ? -1 : 1;
    if (a->blob_hash != b->blob_hash)
        return a->blob_hash < b->blob_hash ? -1 : 1;
    return a->cause < b->cause ? -1 : 1;
}

/* RFC 6298, section 2, with shifts for alpha and beta. */
void hs_member_rtt_sample(struct hs_member *member, uint32_t rtt_us, uint64_t boot)
{
    if (member->rtt_samples == 0) {
        member->srtt_us = rtt_us;
        member->rttvar_us = rtt_us / 2;
    } else {
        uint32_t off =
            member->srtt_us > rtt_us ? member->srtt_us - rtt_us : rtt_us - member->srtt_us;
        member->rttvar_us += (off / 4) - member->rttvar_us / 4;
        member->srtt_us += rtt_us / 8 - member->srtt_us / 8;
    }
    if (member->rtt_samples < HS_RTT_SAMPLES_MIN) /* more make no difference */
        member->rtt_samples++;
    member->rtt_at = (uint16_t)(boot / 1000000);
}

uint64_t hs_member_timeout(const struct hs_member *member, uint64_t boot, uint64_t min,
                           uint64_t max, uint64_t unknown)
{
    bool fresh = (uint16_t)(boot / 1000000 - member->rtt_at) <= HS_RTT_FRESH_S;
    uint64_t timeout = unknown;
    if (member->rtt_samples >= HS_RTT_SAMPLES_MIN && fresh)
        timeout = (uint64_t)member->srtt_us + 4 * (uint64_t)member->rttvar_us;
    return timeout < min ? min : timeout > max ? max : timeout;
}
