/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A consistent-hash ring (R29-R31; Karger et al. 1997). Usable without a node.
 *
 * A ring is an immutable value behind a reference count: changing one makes another. Equal sets of
 * {name, tokens} make byte-identical rings on every machine, and hearsay_ring_checksum proves it.
 *
 * Tokens: token i (0 <= i < tokens) of a member is XXH3-64 over the bytes of its name followed by i
 * as four little-endian bytes. A key belongs to the first token at or clockwise after its hash,
 * XXH3-64 of the key's bytes; past the last token comes the first. Of equal tokens the one whose
 * member's name is less (byte order) comes first and owns.
 *
 * Threads: a ring is never written after it is made. Any number of threads may read one; ref and
 * unref are atomic. The allocator given to hearsay_ring_new is called by whoever drops the last
 * reference, so it must be safe there.
 */
#ifndef HEARSAY_RING_H
#define HEARSAY_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hearsay/allocator.h>
#include <hearsay/member.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HEARSAY_ZONE_MAX 64 /* bytes of a zone's name */

struct hearsay_ring;

/* What a ring is made of. Names are those of R1 (hearsay_name_valid); zones are UTF-8 without
 * control characters, up to HEARSAY_ZONE_MAX bytes. Both are terminated and copied. zone may be
 * NULL: no zone. A zone is kept and given back; it does not move a token and is not in the
 * checksum. */
struct hearsay_ring_member {
    const char *name;
    const char *zone;
    uint32_t tokens; /* 1 to HEARSAY_TOKENS_MAX */
};

/* One piece of the circle: the hashes from first to last, both included; first > last wraps past
 * zero. owner is an index for hearsay_ring_member_at. */
struct hearsay_ring_range {
    uint64_t first, last;
    uint32_t owner;
};

/* Makes a ring of `count` members in any order; 0 members make an empty ring.
 * Errors: INVALID (a bad name, zone or token count), EXISTS (a name twice), TOOBIG, NOMEM. */
int hearsay_ring_new(struct hearsay_ring **ret_ring, const struct hearsay_allocator *allocator,
                     const struct hearsay_ring_member *members, size_t count);

/* Makes the ring that follows `ring` when the members named in `remove` go and those in `add` come,
 * by merging sorted tokens in one pass. A name in both is replaced. Removing an unknown name, or
 * one name twice, is no error. The new ring has `ring`'s allocator, its own reference, and needs
 * `ring` no more. Errors as in hearsay_ring_new; EXISTS when an added name is there and not
 * removed. */
int hearsay_ring_change(struct hearsay_ring **ret_ring, const struct hearsay_ring *ring,
                        const char *const *remove, size_t remove_count,
                        const struct hearsay_ring_member *add, size_t add_count);

/* Takes and drops a reference. Both accept NULL; ref returns its argument. */
struct hearsay_ring *hearsay_ring_ref(const struct hearsay_ring *ring);
void hearsay_ring_unref(const struct hearsay_ring *ring);

/* Members, in byte order of their names, and their tokens in all. */
size_t hearsay_ring_members(const struct hearsay_ring *ring);
size_t hearsay_ring_tokens(const struct hearsay_ring *ring);

/* XXH3-64 over all tokens in ring order (8 bytes each, little-endian), then the indices of their
 * owners (4 bytes each, little-endian), then the members' names, each with its terminating zero.
 * Equal rings, equal checksums. 0 for an empty ring. */
uint64_t hearsay_ring_checksum(const struct hearsay_ring *ring);

/* The member with this index (less than hearsay_ring_members). Borrows from the ring. */
struct hearsay_ring_member hearsay_ring_member_at(const struct hearsay_ring *ring, uint32_t index);

/* The index of a name. Returns 0 or HEARSAY_ERR_NOTFOUND. */
int hearsay_ring_find(const struct hearsay_ring *ring, const char *name, uint32_t *ret_index);

/* The point on the circle of a key. */
uint64_t hearsay_ring_hash(const void *key, size_t len);

/* The owner of a point. Returns 0 or HEARSAY_ERR_EMPTY. O(log tokens) at worst; O(1) for the tokens
 * that hashing gives. */
int hearsay_ring_owner(const struct hearsay_ring *ring, uint64_t hash, uint32_t *ret_index);

/* The preference list of a point: the first min(n, members) distinct members clockwise from it,
 * written to `ret_indices` (room for n). Returns how many, 0 for an empty ring. */
size_t hearsay_ring_owners(const struct hearsay_ring *ring, uint64_t hash, uint32_t *ret_indices,
                           size_t n);

/* The pieces of the circle, neighbours with one owner joined, beginning with the one that holds 0,
 * which is also the only one that may wrap. With owner = UINT32_MAX they are everybody's and cover
 * the circle without gap or overlap; else they are that member's. A sole member has one piece, 0 to
 * UINT64_MAX. Writes at most `room` pieces and returns how many there are. */
size_t hearsay_ring_ranges(const struct hearsay_ring *ring, uint32_t owner,
                           struct hearsay_ring_range *ret_ranges, size_t room);

/* How much of the circle a member owns: the number of hashes, of 2^64. A sole member owns all,
 * which does not fit: its value is UINT64_MAX. */
uint64_t hearsay_ring_share(const struct hearsay_ring *ring, uint32_t index);

/* How many hashes change owner (by name) from `before` to `after`; UINT64_MAX when all do. From or
 * to an empty ring, all do; between two empty ones, none. One merge pass. */
uint64_t hearsay_ring_moved(const struct hearsay_ring *before, const struct hearsay_ring *after);

#ifdef __cplusplus
}
#endif
#endif
