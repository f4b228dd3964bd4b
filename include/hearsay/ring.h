/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A consistent-hash ring (R29 to R31; Karger et al. 1997). It can be used without a node.
 *
 * A ring is immutable and has a reference count. A change makes a new ring. Equal sets of {name,
 * tokens} make byte-identical rings on every machine, and rings that are equal have equal checksums
 * (hearsay_ring_checksum).
 *
 * Tokens: token i (0 <= i < tokens) of a member is XXH3-64 over the bytes of its name followed by i
 * as four little-endian bytes. The hash of a key is XXH3-64 of its bytes. A key belongs to the
 * member of the first token at or clockwise after its hash. After the last token comes the first.
 * Of equal tokens the one whose member has the lesser name (byte order) comes first and is the
 * owner.
 *
 * Zones: a member may have a zone, which says where it runs. Zones do not move tokens and are only
 * in their own checksum (hearsay_ring_zones_checksum). They matter to hearsay_ring_replicas and to
 * functions with a `zones` argument. Members without a zone, or with an empty one, count as members
 * of one common zone, because they may be in the same place.
 *
 * Threads: a ring is never written after it is made, so any number of threads may read it.
 * hearsay_ring_ref and hearsay_ring_unref are atomic. A struct hearsay_ring_cell hands new rings
 * from one thread to others. The thread that drops the last reference calls the ring's allocator,
 * so the allocator must be safe on that thread. A struct hearsay_ring_work, hearsay_ring_sum or
 * hearsay_ring_diff may be used by one thread at a time.
 *
 * Unless a function says otherwise, its ring must not be NULL, and an index or position must be
 * within the bound that is given with the function.
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
#define HEARSAY_REPLICAS_MAX 16 /* most owners of a piece in a difference or in replica ranges */

struct hearsay_ring;
struct hearsay_ring_cell;

/* A member of a ring. `name` is a valid member name (R1: the record; hearsay_name_valid). `zone` is
 * UTF-8 without control characters, at most HEARSAY_ZONE_MAX bytes, or NULL: no zone. Both are
 * terminated. Functions that make a ring copy them. */
struct hearsay_ring_member {
    const char *name;
    const char *zone;
    uint32_t tokens; /* 1 to HEARSAY_TOKENS_MAX */
};

/* One piece of the circle: the hashes from `first` to `last`, both included. If first > last, the
 * piece wraps past zero. `owner` is an index for hearsay_ring_member_at. */
struct hearsay_ring_range {
    uint64_t first, last;
    uint32_t owner;
};

/* Makes a ring of `count` members, given in any order. 0 members make an empty ring. The caller
 * gets a reference and drops it with hearsay_ring_unref. *allocator is copied. Errors: INVALID (a
 * bad name, zone or token count), EXISTS (one name twice), TOOBIG, NOMEM. */
int hearsay_ring_new(struct hearsay_ring **ret_ring, const struct hearsay_allocator *allocator,
                     const struct hearsay_ring_member *members, size_t count);

/* Makes a new ring from `ring`: without the members named in `remove`, and with those in `add`. It
 * merges sorted tokens in one pass (R30: ring change). A name in both lists is replaced. It is not
 * an error to remove an unknown name, or one name twice. The new ring uses the allocator of `ring`,
 * but does not need `ring` itself. The caller gets a reference to it. Errors: as hearsay_ring_new;
 * EXISTS also if an added name is in `ring` and is not removed. */
int hearsay_ring_change(struct hearsay_ring **ret_ring, const struct hearsay_ring *ring,
                        const char *const *remove, size_t remove_count,
                        const struct hearsay_ring_member *add, size_t add_count);

/* Take and drop a reference. Both accept NULL. hearsay_ring_ref returns its argument. */
struct hearsay_ring *hearsay_ring_ref(const struct hearsay_ring *ring);
void hearsay_ring_unref(const struct hearsay_ring *ring);

/* How many members and how many tokens the ring has. */
size_t hearsay_ring_members(const struct hearsay_ring *ring);
size_t hearsay_ring_tokens(const struct hearsay_ring *ring);

/* XXH3-64 over all tokens in ring order (8 bytes each, little-endian), then the indices of their
 * owners (4 bytes each, little-endian), then the members' names, each with its terminating zero.
 * Equal rings have equal checksums. 0 for an empty ring. O(1). */
uint64_t hearsay_ring_checksum(const struct hearsay_ring *ring);

/* XXH3-64 over the members' zones in byte order of the members' names, each zone with its
 * terminating zero. A member without a zone counts as one with an empty zone. 0 if no member has a
 * zone. If both checksums of two rings are equal, the rings give equal answers to every question
 * (R63: zones). */
uint64_t hearsay_ring_zones_checksum(const struct hearsay_ring *ring);

/* The member with an index, which must be less than hearsay_ring_members. Indices follow the byte
 * order of the names. The strings borrow from the ring. */
struct hearsay_ring_member hearsay_ring_member_at(const struct hearsay_ring *ring, uint32_t index);

/* Finds the index of a name. Returns 0 or HEARSAY_ERR_NOTFOUND. */
int hearsay_ring_find(const struct hearsay_ring *ring, const char *name, uint32_t *ret_index);

/* Returns the point of the token at a position in ring order, which must be less than
 * hearsay_ring_tokens. Unless `ret_owner` is NULL, *ret_owner is set to the index of its member. */
uint64_t hearsay_ring_token(const struct hearsay_ring *ring, size_t at, uint32_t *ret_owner);

/* How many different zones the members have. 0 for an empty ring. */
size_t hearsay_ring_zones(const struct hearsay_ring *ring);

/* ---- in steps ----------------------------------------------------------------------------
 *
 * It takes milliseconds to make a ring of 1,000 members, and hundreds of milliseconds for 20,000. A
 * loop that must not block for that long makes the ring in steps. Each step does as many units of
 * work as the loop has time for:
 *
 *     hearsay_ring_work_begin(&work, &allocator, ring);     ring NULL: from nothing
 *     hearsay_ring_work_remove(work, "n3");                 any number of both, in any order
 *     hearsay_ring_work_add(work, &member);
 *     while (hearsay_ring_work_step(work, HEARSAY_RING_UNITS) == HEARSAY_RING_MORE)
 *         ... something else ...
 *     ring = hearsay_ring_work_end(work);
 *
 * The ring is byte-identical to a ring made in one call. A unit is about the work on one token: 10
 * to 30 ns, including the time in which the system maps new memory.
 */
struct hearsay_ring_work;

#define HEARSAY_RING_UNITS 8192 /* units of a step that takes well below a millisecond */

enum hearsay_ring_progress {
    HEARSAY_RING_DONE,
    HEARSAY_RING_MORE, /* there is more to do */
    HEARSAY_RING_PIECE /* a piece was found: hearsay_ring_diff_step */
};

/* Begins a new ring. It starts from `ring`, of which the work takes a reference, or from no members
 * if `ring` is NULL. The caller ends the work with hearsay_ring_work_end or hearsay_ring_work_free.
 * Errors: NOMEM, TOOBIG. */
int hearsay_ring_work_begin(struct hearsay_ring_work **ret_work,
                            const struct hearsay_allocator *allocator,
                            const struct hearsay_ring *ring);

/* Remove a member from, or add a member to, the ring that is made. Both are quick, copy their
 * argument, and are allowed only before the first step. It is not an error to remove an unknown
 * name. A name that is removed and added is replaced. After an error the work can only be freed.
 * Errors: INVALID (a bad name, zone or token count; or steps have begun), TOOBIG, NOMEM. */
int hearsay_ring_work_remove(struct hearsay_ring_work *work, const char *name);
int hearsay_ring_work_add(struct hearsay_ring_work *work, const struct hearsay_ring_member *member);

/* Works for about `units` units. Returns HEARSAY_RING_MORE, HEARSAY_RING_DONE, or an error: EXISTS
 * (one name twice), TOOBIG, NOMEM. */
int hearsay_ring_work_step(struct hearsay_ring_work *work, size_t units);

/* Frees the work. Returns the new ring with a reference for the caller, or NULL if the work was not
 * done. */
struct hearsay_ring *hearsay_ring_work_end(struct hearsay_ring_work *work);

/* Frees a work that is not wanted any more. NULL is a no-op. */
void hearsay_ring_work_free(struct hearsay_ring_work *work);

/* Drops a reference like hearsay_ring_unref, but returns the memory of a large ring in steps,
 * because freeing a ring of 20,000 members at once takes the system 10 ms. While it returns true,
 * call it again and do not use the ring. It returns false, and sets *ring to NULL, when all is
 * freed or when others still hold the ring. */
bool hearsay_ring_unref_step(struct hearsay_ring **ring);

/* ---- whose a key is ---------------------------------------------------------------------- */

/* The hash of a key, which is its point on the circle. Safe from any thread. */
uint64_t hearsay_ring_hash(const void *key, size_t len);

/* Finds the owner of a key: hearsay_ring_hash and hearsay_ring_owner in one call (R31: ring
 * questions). */
int hearsay_ring_lookup(const struct hearsay_ring *ring, const void *key, size_t len,
                        uint32_t *ret_index);

/* Finds the owner of a point, as an index. Returns 0 or HEARSAY_ERR_EMPTY. O(1) as long as tokens
 * are spread as hashes are, O(log tokens) at worst. */
int hearsay_ring_owner(const struct hearsay_ring *ring, uint64_t hash, uint32_t *ret_index);

struct hearsay_ring_key {
    const void *bytes;
    size_t len;
};

/* Find the owners of many keys, or of many points. This is much faster than one call for each,
 * because the memory for later keys is prefetched while earlier ones are looked up. Writes `count`
 * indices. Returns 0 or HEARSAY_ERR_EMPTY. */
int hearsay_ring_lookup_many(const struct hearsay_ring *ring, const struct hearsay_ring_key *keys,
                             size_t count, uint32_t *ret_indices);
int hearsay_ring_owner_many(const struct hearsay_ring *ring, const uint64_t *hashes, size_t count,
                            uint32_t *ret_indices);

/* Writes the preference list of a point: the indices of the first min(n, members) distinct members
 * clockwise from it. `ret_indices` must have room for n. Returns how many it wrote, 0 for an empty
 * ring. Zones do not matter. O(n log tokens) at worst, even if many tokens of one member are
 * neighbours. */
size_t hearsay_ring_owners(const struct hearsay_ring *ring, uint64_t hash, uint32_t *ret_indices,
                           size_t n);

/* Like hearsay_ring_owners, but prefers distinct zones. The list first has one member of each zone,
 * the first that is met clockwise. When every zone has a member in the list, the members that were
 * passed over follow, in the order in which they were met. So the owner is first, the list for a
 * smaller n is the beginning of the list for a larger n, and with one zone it is the preference
 * list. */
size_t hearsay_ring_replicas(const struct hearsay_ring *ring, uint64_t hash, uint32_t *ret_indices,
                             size_t n);

/* ---- bounded loads (Mirrokni, Thorup, Zadimoghaddam 2016) ---------------------------------------
 *
 * A load is a count of what the caller distributes: keys, sessions or open requests. `total` is the
 * number of all that are placed, including the one to be placed. A member's fair part of `total` is
 * proportional to its tokens. Its bound is that part times `percent` / 100, rounded up. 125 is a
 * usual percentage. The arithmetic is exact, in integers.
 */

/* The bound of a member: the greatest load that it may get. */
uint64_t hearsay_ring_bound(const struct hearsay_ring *ring, uint32_t index, uint64_t total,
                            uint32_t percent);

/* Finds the first member clockwise from `hash` whose load is below its bound. `loads` has the load
 * of each member by index. Returns 0, HEARSAY_ERR_EMPTY, or HEARSAY_ERR_FULL if no load is below
 * its bound. FULL can happen only if `percent` is below 100 or if `total` does not exceed the sum
 * of the loads. */
int hearsay_ring_owner_bounded(const struct hearsay_ring *ring, uint64_t hash,
                               const uint64_t *loads, uint64_t total, uint32_t percent,
                               uint32_t *ret_index);

/* ---- ranges ------------------------------------------------------------------------------ */

/* Lists the pieces of the circle that one member owns or, with owner = UINT32_MAX, the pieces of
 * all members, which cover the circle without gap or overlap. Neighbours with the same owner are
 * joined. The piece that holds 0 comes first, and only that piece may wrap. A sole member has one
 * piece, 0 to UINT64_MAX. Writes at most `room` pieces and returns how many there are. */
size_t hearsay_ring_ranges(const struct hearsay_ring *ring, uint32_t owner,
                           struct hearsay_ring_range *ret_ranges, size_t room);

/* Lists the pieces of the circle of which a member holds one of n replicas. That is where the
 * member is among the first n of the preference list or, with `zones`, of hearsay_ring_replicas. A
 * greater n than HEARSAY_REPLICAS_MAX counts as HEARSAY_REPLICAS_MAX. Neighbours are joined; order
 * and room are as in hearsay_ring_ranges. With n = 1 these are the ranges that the member owns. One
 * pass over the ring. */
size_t hearsay_ring_replica_ranges(const struct hearsay_ring *ring, uint32_t index, uint32_t n,
                                   bool zones, struct hearsay_ring_range *ret_ranges, size_t room);

/* How many of the 2^64 hashes a member owns, exactly. The shares of a ring add up to 2^64. A sole
 * member owns all of them. This number does not fit, so its share is UINT64_MAX. */
uint64_t hearsay_ring_share(const struct hearsay_ring *ring, uint32_t index);

/* Converts a number of hashes to a fraction of the circle, 0 to 1. UINT64_MAX stands for the whole
 * circle and gives 1. */
double hearsay_ring_fraction(uint64_t hashes);

/* ---- what moves -------------------------------------------------------------------------- */

/* How many hashes change their owner (by name) from `before` to `after`; UINT64_MAX if all do. If
 * one ring is empty, all hashes change; if both are, none do. One pass over both rings (R31: ring
 * questions). */
uint64_t hearsay_ring_moved(const struct hearsay_ring *before, const struct hearsay_ring *after);

/* hearsay_ring_moved in steps of about `units` units (see hearsay_ring_work_step). The fields of
 * the struct belong to the library. It borrows both rings and allocates nothing.
 * hearsay_ring_moved_step returns true while there is more to do. Afterwards hearsay_ring_moved_end
 * returns the result.
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

/* One piece of the circle, `first` and `last` included, whose owners differ between two rings.
 * `before` and `after` list the owners in order, the primary first, as indices into the ring before
 * and the ring after. There are fewer than n if the ring has fewer members. Bit i of `comes` is set
 * if after[i] was not an owner before: it must get the keys. Bit i of `goes` is set if before[i] is
 * not an owner afterwards: it may drop the keys. If no bit is set, the same owners are in another
 * order. */
struct hearsay_ring_move {
    uint64_t first, last; /* first > last wraps past zero */
    uint32_t before_count, after_count;
    uint32_t comes, goes;
    uint32_t before[HEARSAY_REPLICAS_MAX], after[HEARSAY_REPLICAS_MAX];
};

/* A walk over the difference of two rings. Its fields belong to the library. A copy of it continues
 * from the same place. It borrows both rings and allocates nothing. */
struct hearsay_ring_diff {
    const struct hearsay_ring *rings[2];
    uint32_t at[2], back[2], n;
    bool zones, ends, done, changed, renew[2];
    uint64_t end;
    struct hearsay_ring_move next;
    uint64_t reserved[8]; /* room for later releases (docs/abi.md) */
};

/* Begins the difference of two rings for n replicas, by preference lists or, with `zones`, by
 * hearsay_ring_replicas. A value of n outside 1 to HEARSAY_REPLICAS_MAX counts as the nearer of the
 * two. */
void hearsay_ring_diff_begin(struct hearsay_ring_diff *diff, const struct hearsay_ring *before,
                             const struct hearsay_ring *after, uint32_t n, bool zones);

/* Returns true with the next piece, or false at the end. Members are compared by name. Neighbouring
 * pieces with equal owners on both sides are joined. Pieces come in the order of the circle. If the
 * piece that holds 0 changes, it comes first, and only that piece may wrap. If the whole circle is
 * one piece, it goes from 0 to UINT64_MAX. With n = 1 the lengths of the pieces add up to
 * hearsay_ring_moved. */
bool hearsay_ring_diff_next(struct hearsay_ring_diff *diff, struct hearsay_ring_move *ret_move);

/* hearsay_ring_diff_next in steps: looks for the next piece for about `units` units. Returns
 * HEARSAY_RING_PIECE with the piece in *ret_move, HEARSAY_RING_MORE if it has not found the piece
 * yet, or HEARSAY_RING_DONE at the end. */
enum hearsay_ring_progress hearsay_ring_diff_step(struct hearsay_ring_diff *diff, size_t units,
                                                  struct hearsay_ring_move *ret_move);

/* ---- from a writer to readers -------------------------------------------------------------------
 *
 * A cell holds the newest ring. One thread publishes rings and any number of threads acquire them.
 * No thread waits for another, and every call ends after a bounded number of steps. A thread that
 * needs the ring often should keep its reference and call hearsay_ring_cell_refresh, which only
 * reads memory as long as there is no new ring.
 */

/* Makes a cell that holds `ring` and takes its own reference to it. The caller frees the cell with
 * hearsay_ring_cell_free. Errors: NOMEM. */
int hearsay_ring_cell_new(struct hearsay_ring_cell **ret_cell,
                          const struct hearsay_allocator *allocator,
                          const struct hearsay_ring *ring);

/* Frees the cell and drops its reference. No thread may use the cell any more. References that were
 * acquired from it stay valid. NULL is a no-op. */
void hearsay_ring_cell_free(struct hearsay_ring_cell *cell);

/* Makes `ring` the newest ring; the cell takes its own reference to it. The reference to the
 * previous ring is dropped as soon as no reader is in the middle of acquiring it: by this call, or
 * by that reader. Only one thread may publish at a time. Returns 0, or HEARSAY_ERR_FULL and changes
 * nothing. FULL means that each of the last 63 rings has a reader that is stopped in the middle of
 * acquiring it: try again later. */
int hearsay_ring_cell_publish(struct hearsay_ring_cell *cell, const struct hearsay_ring *ring);

/* Returns the newest ring with a reference for the caller, which must drop it with
 * hearsay_ring_unref. Safe from any thread. */
struct hearsay_ring *hearsay_ring_cell_acquire(struct hearsay_ring_cell *cell);

/* Replaces *ring by the newest ring. *ring must be NULL or a reference of the caller. Returns true
 * if the ring is another one. Safe from any thread. */
bool hearsay_ring_cell_refresh(struct hearsay_ring_cell *cell, struct hearsay_ring **ring);

#ifdef __cplusplus
}
#endif
#endif
