/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/ring_json.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/ctl.h"

/* Takes over the value. Without memory the object is NULL, and stays so. */
static void put(json_t **object, const char *key, json_t *value)
{
    if (json_object_set_new(*object, key, value) == 0)
        return;
    json_decref(*object);
    *object = NULL;
}

json_t *hs_ctl_ring_head(const struct hearsay_ring *ring, uint64_t version)
{
    return json_pack("{s:I, s:o, s:o, s:I}", "version", (json_int_t)version, "checksum",
                     hs_ctl_hex64(hearsay_ring_checksum(ring)), "zones_checksum",
                     hs_ctl_hex64(hearsay_ring_zones_checksum(ring)), "tokens",
                     (json_int_t)hearsay_ring_tokens(ring));
}

json_t *hs_ctl_ring_member(const struct hearsay_ring *ring, uint32_t index, const double *replicas,
                           bool held)
{
    struct hearsay_ring_member member = hearsay_ring_member_at(ring, index);
    uint64_t share = hearsay_ring_share(ring, index);
    json_t *object =
        json_pack("{s:s, s:i, s:f, s:o}", "name", member.name, "tokens", (int)member.tokens,
                  "share", hearsay_ring_fraction(share), "hashes", hs_ctl_hex64(share));

    if (replicas)
        put(&object, "replicas", json_real(*replicas));
    if (member.zone && member.zone[0] != '\0')
        put(&object, "zone", json_string(member.zone));
    if (held)
        put(&object, "held", json_true());
    return object;
}

json_t *hs_ctl_roster_member(const struct hearsay_ring_member *member)
{
    json_t *object = json_pack("{s:s, s:i}", "name", member->name, "tokens", (int)member->tokens);

    if (member->zone && member->zone[0] != '\0')
        put(&object, "zone", json_string(member->zone));
    return object;
}

json_t *hs_ctl_owner(const char *name, const struct hearsay_addr *addr, enum hearsay_status status)
{
    char text[HEARSAY_ADDR_TEXT_MAX] = "none";

    if (addr)
        hearsay_addr_format(addr, text);
    return json_pack("{s:s, s:s, s:s}", "name", name, "addr", text, "status",
                     addr ? hearsay_status_name(status) : "none");
}

static json_t *owners_json(const struct hearsay_ring *ring, uint64_t hash, size_t n, bool zones,
                           json_t *(*owner)(const void *context, const char *name),
                           const void *context)
{
    size_t members = hearsay_ring_members(ring), count;
    json_t *owners = json_array();
    uint32_t *indices;

    if (n > members)
        n = members;
    indices = calloc(n > 0 ? n : 1, sizeof(*indices));
    if (!indices) {
        json_decref(owners);
        return NULL;
    }
    count = zones ? hearsay_ring_replicas(ring, hash, indices, n)
                  : hearsay_ring_owners(ring, hash, indices, n);
    for (size_t i = 0; i < count; i++)
        if (json_array_append_new(
                owners, owner(context, hearsay_ring_member_at(ring, indices[i]).name)) < 0) {
            json_decref(owners);
            owners = NULL;
        }
    free(indices);
    return owners;
}

/* `key` is there only if the key is text that every reader of JSON can hold: UTF-8, no NUL. */
json_t *hs_ctl_lookup(const struct hearsay_ring *ring, const char *key, size_t len, size_t n,
                      bool zones, json_t *(*owner)(const void *context, const char *name),
                      const void *context)
{
    uint64_t hash = hearsay_ring_hash(key, len);
    json_t *fields = json_object();

    if (!memchr(key, '\0', len) && hs_ctl_is_utf8(key, len))
        put(&fields, "key", json_stringn_nocheck(key, len));
    put(&fields, "key_hex", hs_ctl_hex(key, len));
    put(&fields, "hash", hs_ctl_hex64(hash));
    put(&fields, "owners", owners_json(ring, hash, n, zones, owner, context));
    return fields;
}
