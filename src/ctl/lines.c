/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stream of bytes becomes lines. There is one buffer, read from the front and filled at the back.
 * Its content is moved to the front only when the back has no room, and no byte is searched twice
 * for a newline, so the cost of a long answer that comes in many small reads is linear in its
 * length.
 *
 *     data        start          scanned        len           room
 *      | taken      | no newline    | not yet     | free        |
 *      |            | here          | looked at   |             |
 */
#include "ctl/ctl.h"

#include <stdlib.h>
#include <string.h>

#include <hearsay/error.h>

void hs_ctl_lines_init(struct hs_ctl_lines *lines, size_t max)
{
    memset(lines, 0, sizeof(*lines));
    lines->max = max;
}

void hs_ctl_lines_fini(struct hs_ctl_lines *lines)
{
    if (!lines)
        return;
    free(lines->data);
    memset(lines, 0, sizeof(*lines));
}

size_t hs_ctl_lines_held(const struct hs_ctl_lines *lines)
{
    return lines->len - lines->start;
}

static void move_to_front(struct hs_ctl_lines *lines)
{
    if (lines->start == 0)
        return;
    memmove(lines->data, lines->data + lines->start, hs_ctl_lines_held(lines));
    lines->scanned -= lines->start;
    lines->len -= lines->start;
    lines->start = 0;
}

static int make_room(struct hs_ctl_lines *lines, size_t need)
{
    size_t room = lines->room == 0 ? HS_CTL_CHUNK : lines->room;
    if (need <= lines->room)
        return 0;
    while (room < need)
        room *= 2;
    char *data = realloc(lines->data, room);
    if (!data)
        return HEARSAY_ERR_NOMEM;
    lines->data = data;
    lines->room = room;
    return 0;
}

int hs_ctl_lines_feed(struct hs_ctl_lines *lines, const void *bytes, size_t len)
{
    if (len > lines->max + HS_CTL_CHUNK - hs_ctl_lines_held(lines))
        return HEARSAY_ERR_TOOBIG;
    if (len == 0)
        return 0;
    if (lines->room - lines->len < len)
        move_to_front(lines);
    int r = make_room(lines, lines->len + len);
    if (r < 0)
        return r;
    memcpy(lines->data + lines->len, bytes, len);
    lines->len += len;
    return 0;
}

int hs_ctl_lines_next(struct hs_ctl_lines *lines, char **ret_line, size_t *ret_len)
{
    char *newline = NULL;
    size_t len;
    if (lines->scanned < lines->len)
        newline = memchr(lines->data + lines->scanned, '\n', lines->len - lines->scanned);
    if (!newline) {
        lines->scanned = lines->len;
        return hs_ctl_lines_held(lines) > lines->max ? HEARSAY_ERR_TOOBIG : 0;
    }
    len = (size_t)(newline - (lines->data + lines->start));
    if (len > lines->max)
        return HEARSAY_ERR_TOOBIG;
    *newline = '\0';
    *ret_line = lines->data + lines->start;
    *ret_len = len;
    lines->start += len + 1;
    lines->scanned = lines->start;
    return 1;
}
