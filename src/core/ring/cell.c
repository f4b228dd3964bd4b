/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A cell hands the newest ring from a writer to readers. The difficult moment lies between a
 * reader's reading of the pointer and its taking of a reference: the writer may replace the ring in
 * between and drop the last reference. So here a reader finds the ring and is counted in one atomic
 * step:
 *
 *      word   | slot : 6 bits | how many readers came since the slot was published : 58 bits |
 *
 * A reader adds 1 to the word. The result tells it the slot, and the reader is counted. It then
 * takes its reference to the ring in that slot, and counts itself in the slot as having left. A
 * writer fills a free slot and exchanges the word. The old word says how many readers came to the
 * old slot. When all of them have left, the cell's reference to the old ring is dropped and the
 * slot is free. The writer or the last of those readers does this, whichever sees it. So no thread
 * waits: a reader needs four atomic steps, and a writer needs four and reads each slot.
 *
 * There are as many slots as the word can number. A writer finds no free slot only if each of the
 * others has a reader that was stopped between coming and leaving, which are a few instructions
 * apart.
 */
#include <hearsay/ring.h>

#include <stdatomic.h>

#include <hearsay/error.h>

#include "base/memory.h"
#include "ring/cell.h"

#define SLOT_BITS  6
#define SLOTS      (1u << SLOT_BITS)
#define SLOT_SHIFT (64 - SLOT_BITS)
#define CAME_MASK  ((UINT64_C(1) << SLOT_SHIFT) - 1)

/* `left` counts readers that left. When the slot is no longer the newest, the number of readers
 * that came is subtracted. The thread that then makes it 0 is the last one. */
struct slot {
    _Atomic(const struct hearsay_ring *) ring; /* NULL: the slot is free */
    _Atomic uint64_t left;
};

struct hearsay_ring_cell {
    _Atomic uint64_t word;
    struct slot slots[SLOTS];
    struct hearsay_allocator allocator;
};

static void cell_retire(struct slot *slot)
{
    const struct hearsay_ring *ring = atomic_load_explicit(&slot->ring, memory_order_relaxed);
    atomic_store_explicit(&slot->ring, NULL, memory_order_release);
    hearsay_ring_unref(ring);
}

int hearsay_ring_cell_new(struct hearsay_ring_cell **ret_cell,
                          const struct hearsay_allocator *allocator,
                          const struct hearsay_ring *ring)
{
    struct hearsay_ring_cell *cell = hs_alloc(allocator, sizeof(*cell));
    if (cell == NULL)
        return HEARSAY_ERR_NOMEM;
    cell->allocator = *allocator;
    for (uint32_t i = 0; i < SLOTS; i++) {
        atomic_init(&cell->slots[i].ring, NULL);
        atomic_init(&cell->slots[i].left, 0);
    }
    atomic_init(&cell->slots[0].ring, hearsay_ring_ref(ring));
    atomic_init(&cell->word, 0);
    *ret_cell = cell;
    return 0;
}

void hearsay_ring_cell_free(struct hearsay_ring_cell *cell)
{
    if (cell == NULL)
        return;
    cell_retire(&cell->slots[atomic_load(&cell->word) >> SLOT_SHIFT]);
    struct hearsay_allocator allocator = cell->allocator;
    hs_release(&allocator, cell);
}

int hearsay_ring_cell_publish(struct hearsay_ring_cell *cell, const struct hearsay_ring *ring)
{
    uint64_t next = 0;
    while (next < SLOTS &&
           atomic_load_explicit(&cell->slots[next].ring, memory_order_acquire) != NULL)
        next++;
    if (next == SLOTS)
        return HEARSAY_ERR_FULL;
    atomic_store_explicit(&cell->slots[next].ring, hearsay_ring_ref(ring), memory_order_relaxed);
    uint64_t word = atomic_exchange_explicit(&cell->word, next << SLOT_SHIFT, memory_order_acq_rel);
    struct slot *old = &cell->slots[word >> SLOT_SHIFT];
    uint64_t came = word & CAME_MASK;
    if (atomic_fetch_sub_explicit(&old->left, came, memory_order_acq_rel) == came)
        cell_retire(old);
    return 0;
}

/* The reader comes and takes a reference. The ring stays in its slot until the reader leaves. */
struct hearsay_ring *hs_ring_cell_come(struct hearsay_ring_cell *cell, uint32_t *ret_slot)
{
    uint64_t word = atomic_fetch_add_explicit(&cell->word, 1, memory_order_acquire);
    struct slot *slot = &cell->slots[word >> SLOT_SHIFT];
    *ret_slot = (uint32_t)(word >> SLOT_SHIFT);
    return hearsay_ring_ref(atomic_load_explicit(&slot->ring, memory_order_relaxed));
}

/* Before the readers that came are subtracted the count is at least 1 here, afterwards at most
 * 0. */
void hs_ring_cell_leave(struct hearsay_ring_cell *cell, uint32_t slot)
{
    if (atomic_fetch_add_explicit(&cell->slots[slot].left, 1, memory_order_acq_rel) == UINT64_MAX)
        cell_retire(&cell->slots[slot]);
}

struct hearsay_ring *hearsay_ring_cell_acquire(struct hearsay_ring_cell *cell)
{
    uint32_t slot;
    struct hearsay_ring *ring = hs_ring_cell_come(cell, &slot);
    hs_ring_cell_leave(cell, slot);
    return ring;
}

/* The word names a slot that is at least as new as any ring that this thread has seen. If the slot
 * has been given to a newer ring since, the pointers differ. The caller holds *ring, so no other
 * ring can have the same address. */
bool hearsay_ring_cell_refresh(struct hearsay_ring_cell *cell, struct hearsay_ring **ring)
{
    uint64_t word = atomic_load_explicit(&cell->word, memory_order_acquire);
    const struct slot *slot = &cell->slots[word >> SLOT_SHIFT];
    struct hearsay_ring *old = *ring;
    if (old != NULL && atomic_load_explicit(&slot->ring, memory_order_relaxed) == old)
        return false;
    *ring = hearsay_ring_cell_acquire(cell);
    hearsay_ring_unref(old);
    return *ring != old;
}
