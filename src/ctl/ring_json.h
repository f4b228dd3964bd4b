/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of the answers of `ring` and `lookup`, and of lines of `follow`, for all who have a ring
 * (docs/control.md). The functions return NULL if there is no memory. */
#ifndef HEARSAY_CTL_RING_JSON_H
#define HEARSAY_CTL_RING_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include <hearsay/addr.h>
#include <hearsay/member.h>
#include <hearsay/ring.h>

/* Why a key has no owner. */
#define HS_CTL_NO_OWNER "nobody owns the key: all members are drained (weight 0)"

/* {version, checksum, zones_checksum, tokens}. */
json_t *hs_ctl_ring_head(const struct hearsay_ring *ring, uint64_t version);

/* {name, tokens, share, hashes, replicas?, zone?, held?}; `replicas` is the part of all keys of
 * which it holds one, NULL: not told. */
json_t *hs_ctl_ring_member(const struct hearsay_ring *ring, uint32_t index, const double *replicas,
                           bool held);

/* {name, tokens, zone?}: as a line `roster` or `ring` tells it. */
json_t *hs_ctl_roster_member(const struct hearsay_ring_member *member);

/* {name, addr, status}; `addr` NULL: the owner is not known any more. */
json_t *hs_ctl_owner(const char *name, const struct hearsay_addr *addr, enum hearsay_status status);

/* {key?, key_hex, hash, owners}: at most `n` owners of a key, if `zones` in distinct zones. `owner`
 * makes the object of each. */
json_t *hs_ctl_lookup(const struct hearsay_ring *ring, const char *key, size_t len, size_t n,
                      bool zones, json_t *(*owner)(const void *context, const char *name),
                      const void *context);

#endif
