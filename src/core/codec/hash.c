/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hashes that members must agree on: identities, digests and the cluster's tag. All are
 * XXH3-64, because it is fast for short inputs and gives the same number on every machine.
 */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <string.h>

#include "codec/hash.h"

#include <hearsay/member.h>

#define INSTANCE_SIZE 8

uint64_t hs_hash(const void *bytes, size_t len)
{
    return XXH3_64bits(bytes, len);
}

uint64_t hs_member_id(const char *name, size_t name_len, uint64_t instance)
{
    uint8_t bytes[HEARSAY_NAME_MAX + INSTANCE_SIZE];
    size_t len = name_len <= HEARSAY_NAME_MAX ? name_len : HEARSAY_NAME_MAX;
    memcpy(bytes, name, len);
    for (size_t i = 0; i < INSTANCE_SIZE; i++)
        bytes[len + i] = (uint8_t)(instance >> 8 * i);
    return XXH3_64bits(bytes, len + INSTANCE_SIZE);
}

uint32_t hs_cluster_tag(const char *cluster)
{
    return (uint32_t)XXH3_64bits(cluster, strlen(cluster));
}
