/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hash that the protocol uses, and the identities that are made with it.
 */
#ifndef HS_CODEC_HASH_H
#define HS_CODEC_HASH_H

#include <stddef.h>
#include <stdint.h>

/* XXH3-64 of the bytes. */
uint64_t hs_hash(const void *bytes, size_t len);

/* Member id: XXH3-64 of the name's bytes followed by the instance, little-endian. */
uint64_t hs_member_id(const char *name, size_t name_len, uint64_t instance);

/* The 32-bit tag of a cluster's name in the head. */
uint32_t hs_cluster_tag(const char *cluster);

#endif
