/* SPDX-License-Identifier: Apache-2.0 */
/* A binary heap over one block of text, so that 20,000 names take two allocations and half a
 * megabyte. */
#include "agent/control/names.h"

#include <stdlib.h>
#include <string.h>

static const char *name_at(const struct hs_names *names, size_t at)
{
    return names->text + names->heap[at];
}

static bool is_before(const struct hs_names *names, size_t a, size_t b)
{
    return strcmp(name_at(names, a), name_at(names, b)) < 0;
}

static void swap(struct hs_names *names, size_t a, size_t b)
{
    uint32_t offset = names->heap[a];

    names->heap[a] = names->heap[b];
    names->heap[b] = offset;
}

static bool grow(struct hs_names *names, size_t size)
{
    if (names->text_room - names->text_len < size) {
        size_t room = names->text_room * 2 + size + 1024;
        char *text = room <= UINT32_MAX ? realloc(names->text, room) : NULL;

        if (!text)
            return false;
        names->text = text;
        names->text_room = room;
    }
    if (names->count == names->room) {
        size_t room = names->room * 2 + 64;
        uint32_t *heap = reallocarray(names->heap, room, sizeof(*heap));

        if (!heap)
            return false;
        names->heap = heap;
        names->room = room;
    }
    return true;
}

bool hs_names_add(struct hs_names *names, const char *name)
{
    size_t size = strlen(name) + 1, at = names->count;

    if (!grow(names, size))
        return false;
    memcpy(names->text + names->text_len, name, size);
    names->heap[names->count++] = (uint32_t)names->text_len;
    names->text_len += size;
    while (at > 0 && is_before(names, at, (at - 1) / 2)) {
        swap(names, at, (at - 1) / 2);
        at = (at - 1) / 2;
    }
    return true;
}

bool hs_names_collect(struct hs_names *names, const struct hearsay_node *node,
                      struct hearsay_now now, uint32_t *cursor,
                      bool (*matches)(const void *filter, const struct hearsay_member *member),
                      const void *filter, bool *ret_done)
{
    struct hearsay_member member;

    for (int i = 0; i < HS_NAMES_STEP; i++) {
        *ret_done = !hearsay_node_next_member(node, now, cursor, &member);
        if (*ret_done)
            return true;
        if ((!matches || matches(filter, &member)) && !hs_names_add(names, member.name))
            return false;
    }
    return true;
}

const char *hs_names_take(struct hs_names *names)
{
    const char *least;
    size_t at = 0;

    if (names->count == 0)
        return NULL;
    least = name_at(names, 0);
    names->heap[0] = names->heap[--names->count];
    for (size_t child = 1; child < names->count; child = 2 * at + 1) {
        if (child + 1 < names->count && is_before(names, child + 1, child))
            child++;
        if (!is_before(names, child, at))
            break;
        swap(names, at, child);
        at = child;
    }
    return least;
}

void hs_names_fini(struct hs_names *names)
{
    free(names->text);
    free(names->heap);
    *names = (struct hs_names){.text = NULL};
}
