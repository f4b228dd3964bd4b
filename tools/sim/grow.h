/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arrays that grow.
 */
#ifndef SIM_GROW_H
#define SIM_GROW_H

#include <stddef.h>

/* Room for one more item of `size` bytes behind the `count` that are there. Returns the array,
 * which may have moved, or NULL without memory: then the array is as it was. */
void *sim_grow(void *items, size_t count, size_t *room, size_t size);

#endif
