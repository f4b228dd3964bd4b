/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An allocator that counts. The benchmarks of the core use it, too.
 */
#ifndef SIM_COUNTING_H
#define SIM_COUNTING_H

#include <stddef.h>
#include <stdint.h>

#include <hearsay/allocator.h>

struct sim_counting {
    size_t bytes;   /* that are held now */
    uint64_t calls; /* for memory, ever */
};

/* Counts in `counting`, which must outlive all that is allocated. */
struct hearsay_allocator sim_counting_allocator(struct sim_counting *counting);

#endif
