/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The room doubles, so that adding n items copies fewer than 2 n of them.
 */
#include "grow.h"

#include <stdlib.h>

#define ROOM_FIRST 64u

void *sim_grow(void *items, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return items;
    size_t more = *room ? 2 * *room : ROOM_FIRST;
    void *grown = realloc(items, more * size);
    if (grown)
        *room = more;
    return grown;
}
