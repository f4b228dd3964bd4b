/* SPDX-License-Identifier: Apache-2.0 */
/* `ring` and `lookup`: both read the ring of the last RING event, so their answers agree
 * with it. */
#include <stdlib.h>
#include <string.h>

#include "agent/agent.h"
#include "agent/control_json.h"

#define TWO_TO_64 18446744073709551616.0

/* UINT64_MAX is how the ring writes "all of it". */
static double share_of(uint64_t hashes)
{
    return hashes == UINT64_MAX ? 1.0 : (double)hashes / TWO_TO_64;
}

static json_t *ring_member(const struct hearsay_ring *ring, uint32_t index)
{
    struct hearsay_ring_member member = hearsay_ring_member_at(ring, index);
    const char *zone = member.zone != NULL && member.zone[0] != '\0' ? member.zone : NULL;

    return json_pack("{s:s, s:i, s:f, s:s*}", "name", member.name, "tokens", (int)member.tokens,
                     "share", share_of(hearsay_ring_share(ring, index)), "zone", zone);
}

static json_t *ring_range(const struct hearsay_ring *ring, const struct hearsay_ring_range *range)
{
    return json_pack("{s:o, s:o, s:s}", "first", hs_ctl_hex64(range->first), "last",
                     hs_ctl_hex64(range->last), "owner",
                     hearsay_ring_member_at(ring, range->owner).name);
}

static void write_members(struct hs_client *client, const struct hearsay_ring *ring)
{
    size_t count = hearsay_ring_members(ring);

    hs_client_write(client, "\"members\":[");
    for (uint32_t i = 0; i < count; i++) {
        json_t *object = ring_member(ring, i);

        if (i > 0)
            hs_client_write(client, ",");
        hs_client_write_json(client, object);
        json_decref(object);
    }
    hs_client_write(client, "]");
}

static bool write_ranges(struct hs_client *client, const struct hearsay_ring *ring)
{
    size_t room = hearsay_ring_tokens(ring) + 1, count; /* each token ends one; one may wrap */
    struct hearsay_ring_range *ranges = calloc(room, sizeof(*ranges));

    if (ranges == NULL)
        return false;
    count = hearsay_ring_ranges(ring, UINT32_MAX, ranges, room);
    if (count > room)
        count = room;
    hs_client_write(client, ",\"ranges\":[");
    for (size_t i = 0; i < count; i++) {
        json_t *object = ring_range(ring, &ranges[i]);

        if (i > 0)
            hs_client_write(client, ",");
        hs_client_write_json(client, object);
        json_decref(object);
    }
    hs_client_write(client, "]");
    free(ranges);
    return true;
}

void hs_command_ring(struct hs_agent *agent, struct hs_client *client, const json_t *request)
{
    const struct hearsay_ring *ring = hearsay_node_ring(agent->node);
    char checksum[HS_CTL_HEX64_MAX], head[160];
    int ranges = 0;

    if (json_unpack(hs_json_mutable(request), "{s?b}", "ranges", &ranges) < 0) {
        hs_client_fail(client, HS_CTL_ERROR_USAGE, "ranges must be true or false");
        return;
    }
    hs_ctl_format_hex64(hearsay_ring_checksum(ring), checksum);
    (void)snprintf(head, sizeof(head),
                   "{\"ok\":true,\"version\":%llu,\"checksum\":\"%s\",\"tokens\":%zu,",
                   (unsigned long long)hearsay_node_ring_version(agent->node), checksum,
                   hearsay_ring_tokens(ring));
    hs_client_write(client, head);
    write_members(client, ring);
    if (ranges != 0 && !write_ranges(client, ring))
        hs_client_write_json(client, NULL);
    hs_client_write(client, "}");
    hs_client_end(client);
}

/* ---- lookup ------------------------------------------------------------------------------ */

static json_t *owner_json(struct hs_agent *agent, const char *name)
{
    struct hearsay_member member;

    /* A member that died since the ring was made is still its owner until the next one. */
    if (hearsay_node_member(agent->node, agent->now, name, &member) < 0)
        return json_pack("{s:s, s:s, s:s}", "name", name, "addr", "none", "status", "none");
    return json_pack("{s:s, s:o, s:s}", "name", name, "addr", hs_json_addr(&member.addr), "status",
                     hearsay_status_name(member.status));
}

static json_t *owners_json(struct hs_agent *agent, uint64_t hash, size_t n)
{
    const struct hearsay_ring *ring = hearsay_node_ring(agent->node);
    size_t members = hearsay_ring_members(ring), count;
    uint32_t *indices;
    json_t *owners;

    if (n > members)
        n = members;
    indices = calloc(n > 0 ? n : 1, sizeof(*indices));
    if (indices == NULL)
        return NULL;
    count = hearsay_ring_owners(ring, hash, indices, n);
    owners = json_array();
    for (size_t i = 0; i < count; i++)
        (void)json_array_append_new(
            owners, owner_json(agent, hearsay_ring_member_at(ring, indices[i]).name));
    free(indices);
    return owners;
}

void hs_command_lookup(struct hs_agent *agent, struct hs_client *client, const json_t *request)
{
    json_int_t n = 1;
    const char *key;
    size_t len;
    uint64_t hash;

    if (json_unpack(hs_json_mutable(request), "{s:s%, s?I}", "key", &key, &len, "n", &n) < 0) {
        hs_client_fail(client, HS_CTL_ERROR_USAGE, "key is needed and must be text, n a number");
        return;
    }
    if (n < 1) {
        hs_client_fail(client, HS_CTL_ERROR_USAGE, "n must be 1 or more");
        return;
    }
    hash = hearsay_ring_hash(key, len);
    hs_client_answer(client,
                     json_pack("{s:b, s:s%, s:o, s:o}", "ok", 1, "key", key, len, "hash",
                               hs_ctl_hex64(hash), "owners", owners_json(agent, hash, (size_t)n)));
}
