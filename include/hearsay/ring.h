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
 * Zones: a member may say where it lies. Zones move no token and are in no checksum but their own
 * (hearsay_ring_zones_checksum); they matter to hearsay_ring_replicas and wherever `zones` is asked
 * for. No zone, and an empty one, are one zone:
 * of those who do not say, nobody knows that they lie apart.
 *
 * Threads: a ring is never written after it is made. Any number of threads may read one; ref and
 * unref are atomic. A struct hearsay_ring_cell hands new rings from one thread to others. The
 * allocator given to hearsay_ring_new is called by whoever drops the last reference, so it must be
 * safe there.
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

#define HEARSAY_ZONE_MAX     64 /* bytes of a zone's name */
#define HEARSAY_REPLICAS_MAX 16 /* owners of a piece in a difference, or in replica ranges */

struct hearsay_ring;
struct hearsay_ring_cell;

/* What a ring is made of. Names are those of R1 (hearsay_name_valid); zones are UTF-8 without
 * control characters, up to HEARSAY_ZONE_MAX bytes. Both are terminated and copied. zone may be
 * NULL: no zone. See above. */
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

/* XXH3-64 over the members' zones in byte order of the members' names, each zone with its
 * terminating zero; a member without zone counts as one with an empty zone. 0 when no member has a
 * zone. Two rings with equal checksums and equal zones' checksums give equal answers to every
 * question. */
uint64_t hearsay_ring_zones_checksum(const struct hearsay_ring *ring);

/* The member with this index (less than hearsay_ring_members). Borrows from the ring. */
struct hearsay_ring_member hearsay_ring_member_at(const struct hearsay_ring *ring, uint32_t index);

/* The index of a name. Returns 0 or HEARSAY_ERR_NOTFOUND. */
int hearsay_ring_find(const struct hearsay_ring *ring, const char *name, uint32_t *ret_index);

/* A token by its position in ring order (less than hearsay_ring_tokens): the point where it lies
 * and, unless `ret_owner` is NULL, whose it is. */
uint64_t hearsay_ring_token(const struct hearsay_ring *ring, size_t at, uint32_t *ret_owner);

/* How many zones the members have between them. 0 for an empty ring. */
size_t hearsay_ring_zones(const struct hearsay_ring *ring);

/* ---- in steps ----------------------------------------------------------------------------
 *
 * A ring of 1,000 members takes milliseconds to be made, one of 20,000 hundreds of them. A loop
 * that may not be held up for so long makes it in steps, each of as many units as the loop has time
 * for:
 *
 *     hearsay_ring_work_begin(&work, &allocator, ring);     ring NULL: from nothing
 *     hearsay_ring_work_remove(work, "n3");                 any number of both, in any order
 *     hearsay_ring_work_add(work, &member);
 *     while (hearsay_ring_work_step(work, HEARSAY_RING_UNITS) == HEARSAY_RING_MORE)
 *         ... something else ...
 *     ring = hearsay_ring_work_end(work);
 *
 * The ring is the same, byte by byte, as that of one call. A unit is about the work on one token:
 * 10 to 30 ns, the time in which the system maps new memory counted in.
 */
struct hearsay_ring_work;

#define HEARSAY_RING_UNITS 8192 /* units of a step of well below a millisecond */

enum hearsay_ring_progress {
    HEARSAY_RING_DONE,
    HEARSAY_RING_MORE, /* there is more to do */
    HEARSAY_RING_PIECE /* a piece was found: hearsay_ring_diff_step */
};

/* Begins a ring that follows `ring`, of which it takes a reference, or, with NULL, one from
 * nothing. Errors: NOMEM, TOOBIG. */
int hearsay_ring_work_begin(struct hearsay_ring_work **ret_work,
                            const struct hearsay_allocator *allocator,
                            const struct hearsay_ring *ring);

/* Leaves a member out; an unknown name is no error. Takes one in, which is copied. Both are quick,
 * and only for the time before the first step. A name that is removed and added is replaced. After
 * an error hearsay_ring_work_free is all that is left. Errors: INVALID (a bad name, zone or token
 * count; or steps have begun), TOOBIG, NOMEM. */
int hearsay_ring_work_remove(struct hearsay_ring_work *work, const char *name);
int hearsay_ring_work_add(struct hearsay_ring_work *work, const struct hearsay_ring_member *member);

/* Goes on for about so many units. Returns HEARSAY_RING_MORE or HEARSAY_RING_DONE, or an error:
 * EXISTS (a name twice), TOOBIG, NOMEM. */
int hearsay_ring_work_step(struct hearsay_ring_work *work, size_t units);

/* Frees the work and returns the ring, which is the caller's; NULL unless it is done. */
struct hearsay_ring *hearsay_ring_work_end(struct hearsay_ring_work *work);

/* Ends a work before its time. Accepts NULL. */
void hearsay_ring_work_free(struct hearsay_ring_work *work);

/* Drops a reference as hearsay_ring_unref does, but gives the memory of a large ring back in steps:
 * a whole one of 20,000 members would take the system 10 ms. While it returns true call it again.
 * At the end, and as soon as somebody else has the ring, too, *ring is NULL. The ring must not be
 * used in between. */
bool hearsay_ring_unref_step(struct hearsay_ring **ring);

/* ---- whose a key is ---------------------------------------------------------------------- */

/* The point on the circle of a key. */
uint64_t hearsay_ring_hash(const void *key, size_t len);

/* The owner of a key: hearsay_ring_owner of hearsay_ring_hash, in one call. */
int hearsay_ring_lookup(const struct hearsay_ring *ring, const void *key, size_t len,
                        uint32_t *ret_index);

/* The owner of a point. Returns 0 or HEARSAY_ERR_EMPTY. O(log tokens) at worst; O(1) for the tokens
 * that hashing gives. */
int hearsay_ring_owner(const struct hearsay_ring *ring, uint64_t hash, uint32_t *ret_index);

struct hearsay_ring_key {
    const void *bytes;
    size_t len;
};

/* The owners of many keys, or of many points: faster by far than one call each, because the memory
 * that the later ones need is on its way while the earlier ones are answered. Writes `count`
 * indices. Returns 0 or HEARSAY_ERR_EMPTY. */
int hearsay_ring_lookup_many(const struct hearsay_ring *ring, const struct hearsay_ring_key *keys,
                             size_t count, uint32_t *ret_indices);
int hearsay_ring_owner_many(const struct hearsay_ring *ring, const uint64_t *hashes, size_t count,
                            uint32_t *ret_indices);

/* The preference list of a point: the first min(n, members) distinct members clockwise from it,
 * written to `ret_indices` (room for n). Returns how many, 0 for an empty ring. Costs O(n log
 * tokens) at worst, however many tokens of one member follow each other. Zones do not matter. */
size_t hearsay_ring_owners(const struct hearsay_ring *ring, uint64_t hash, uint32_t *ret_indices,
                           size_t n);

/* The same with replicas in distinct zones while there are enough: first, of each zone, the member
 * that is met first; when all zones have one, the members passed over, in the order in which they
 * are met. The owner stays the first; a list for fewer begins that for more; with one zone it is
 * the preference list. */
size_t hearsay_ring_replicas(const struct hearsay_ring *ring, uint64_t hash, uint32_t *ret_indices,
                             size_t n);

/* ---- bounded loads (Mirrokni, Thorup, Zadimoghaddam 2016) ---------------------------------------
 *
 * A load is a count of whatever the caller spreads: keys, sessions, requests under way. Of `total`,
 * which counts all that is placed and the one to be placed, a member's due is its tokens' part
 * (with equal tokens, the average); it takes no more than that times `percent` / 100, rounded up.
 * 125 is a usual percentage. Exact, in integers.
 */

/* The most that a member takes. */
uint64_t hearsay_ring_bound(const struct hearsay_ring *ring, uint32_t index, uint64_t total,
                            uint32_t percent);

/* The first member clockwise from `hash` whose load, of those in `loads` by index, is below its
 * bound. Returns 0 or HEARSAY_ERR_EMPTY, or HEARSAY_ERR_FULL when none is: that needs a percentage
 * under 100, or a total that is not more than the sum of the loads. */
int hearsay_ring_owner_bounded(const struct hearsay_ring *ring, uint64_t hash,
                               const uint64_t *loads, uint64_t total, uint32_t percent,
                               uint32_t *ret_index);

/* ---- ranges ------------------------------------------------------------------------------ */

/* The pieces of the circle, neighbours with one owner joined, beginning with the one that holds 0,
 * which is also the only one that may wrap. With owner = UINT32_MAX they are everybody's and cover
 * the circle without gap or overlap; else they are that member's. A sole member has one piece, 0 to
 * UINT64_MAX. Writes at most `room` pieces and returns how many there are. */
size_t hearsay_ring_ranges(const struct hearsay_ring *ring, uint32_t owner,
                           struct hearsay_ring_range *ret_ranges, size_t room);

/* The pieces of the circle of which a member holds one of the n replicas (n up to
 * HEARSAY_REPLICAS_MAX; more counts as that): it is among the first n of the preference list, or,
 * with `zones`, of hearsay_ring_replicas. Neighbours joined, order and room as in
 * hearsay_ring_ranges. With n = 1 they are the member's primary ranges. One pass over the ring. */
size_t hearsay_ring_replica_ranges(const struct hearsay_ring *ring, uint32_t index, uint32_t n,
                                   bool zones, struct hearsay_ring_range *ret_ranges, size_t room);

/* How much of the circle a member owns: the number of hashes, of 2^64, exactly. The shares of a
 * ring add up to 2^64. A sole member owns all, which does not fit: its value is UINT64_MAX. */
uint64_t hearsay_ring_share(const struct hearsay_ring *ring, uint32_t index);

/* A number of hashes as a share of the circle, 0 to 1. UINT64_MAX, which stands for all of it, is
 * 1. */
double hearsay_ring_fraction(uint64_t hashes);

/* ---- what moves -------------------------------------------------------------------------- */

/* How many hashes change owner (by name) from `before` to `after`; UINT64_MAX when all do. From or
 * to an empty ring, all do; between two empty ones, none. One merge pass. */
uint64_t hearsay_ring_moved(const struct hearsay_ring *before, const struct hearsay_ring *after);

/* The same in steps of about so many units (see above). Its fields are the library's; it borrows
 * both rings and allocates nothing. `step` returns true while there is more to do, then `end` has
 * the sum.
 */
struct hearsay_ring_sum {
    const struct hearsay_ring *rings[2];
    uint32_t at[2];
    uint64_t from, moved;
    bool all;
};
void hearsay_ring_moved_begin(struct hearsay_ring_sum *sum, const struct hearsay_ring *before,
                              const struct hearsay_ring *after);
bool hearsay_ring_moved_step(struct hearsay_ring_sum *sum, size_t units);
uint64_t hearsay_ring_moved_end(const struct hearsay_ring_sum *sum);

/* One piece of the circle, first and last included, whose owners differ between two rings. Owners
 * are in order, the primary first, as indices into the ring of their side, and fewer than n where
 * the ring has fewer members. Bit i of `comes` says that after[i] was no owner before: it must get
 * the keys; bit i of `goes`, that before[i] is none any more: it may drop them. Neither: the same
 * owners in another order. */
struct hearsay_ring_move {
    uint64_t first, last; /* first > last wraps past zero */
    uint32_t before_count, after_count;
    uint32_t comes, goes;
    uint32_t before[HEARSAY_REPLICAS_MAX], after[HEARSAY_REPLICAS_MAX];
};

/* A walk over a difference. Its fields are the library's; copying one copies the place where it is.
 * It borrows both rings and allocates nothing. */
struct hearsay_ring_diff {
    const struct hearsay_ring *rings[2];
    uint32_t at[2], back[2], n;
    bool zones, ends, done, changed, renew[2];
    uint64_t end;
    struct hearsay_ring_move next;
    uint64_t reserved[8]; /* room for later releases (docs/abi.md) */
};

/* Begins the difference of two rings for n replicas (1 to HEARSAY_REPLICAS_MAX; else the nearer of
 * the two), by preference lists or, with `zones`, by hearsay_ring_replicas. */
void hearsay_ring_diff_begin(struct hearsay_ring_diff *diff, const struct hearsay_ring *before,
                             const struct hearsay_ring *after, uint32_t n, bool zones);

/* The next piece, false at the end. The pieces are as few as can be (neighbours with equal owners
 * on both sides are one), in order; the one that holds 0, if it changes, is first and the only one
 * that may wrap. With n = 1 their lengths add up to hearsay_ring_moved. When all of the circle is
 * one piece it goes from 0 to UINT64_MAX. Members are compared by name. */
bool hearsay_ring_diff_next(struct hearsay_ring_diff *diff, struct hearsay_ring_move *ret_move);

/* The same in steps: looks for the next piece for about so many units. Returns HEARSAY_RING_PIECE
 * with it in *ret_move, HEARSAY_RING_MORE when it was not found yet, HEARSAY_RING_DONE at the
 * end. */
enum hearsay_ring_progress hearsay_ring_diff_step(struct hearsay_ring_diff *diff, size_t units,
                                                  struct hearsay_ring_move *ret_move);

/* ---- from a writer to readers -------------------------------------------------------------------
 *
 * A cell holds the newest ring. One thread publishes, any number acquire; nobody waits for anybody,
 * and every call ends after a bounded number of steps. Who acquires often from many threads should
 * keep the reference and call hearsay_ring_cell_refresh, which only reads while nothing is new.
 */

/* Makes a cell that holds `ring`, with a reference of its own. Errors: NOMEM. */
int hearsay_ring_cell_new(struct hearsay_ring_cell **ret_cell,
                          const struct hearsay_allocator *allocator,
                          const struct hearsay_ring *ring);

/* Drops the cell and its reference. No thread may use the cell any more; references that were
 * acquired stay good. Accepts NULL. */
void hearsay_ring_cell_free(struct hearsay_ring_cell *cell);

/* Puts `ring` (the cell takes its own reference) where readers find it, and drops the reference to
 * the one before as soon as no reader is in the middle of acquiring it: at once, or by that reader.
 * One publisher at a time. Returns 0, or HEARSAY_ERR_FULL, and nothing has happened: each of the
 * last 63 rings has a reader that stopped in the middle of acquiring it. Later it will do. */
int hearsay_ring_cell_publish(struct hearsay_ring_cell *cell, const struct hearsay_ring *ring);

/* The newest ring, with a reference for the caller, who drops it by hearsay_ring_unref. */
struct hearsay_ring *hearsay_ring_cell_acquire(struct hearsay_ring_cell *cell);

/* Exchanges *ring, a reference of the caller's or NULL, for the newest ring. Returns whether it was
 * another one. */
bool hearsay_ring_cell_refresh(struct hearsay_ring_cell *cell, struct hearsay_ring **ring);

#ifdef __cplusplus
}
#endif
#endif
