/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz target: what a hostile agent sends to a mirror. The input is lines. After a line that is
 * refused the next one is the first of a new connection, as src/link does it; an empty line cuts
 * the connection, too. Whatever comes, what is shown stays whole: counts, list and tree agree, and
 * a mirror that is current has a ring.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <hearsay/error.h>

#include "mirror/mirror.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* So that inputs need not be long to reach the bounds, and rings are quick to make. */
static const struct hs_mirror_bounds bounds = {.members_max = 8, .tokens_max = 4096};

static void demand(bool condition)
{
    if (!condition)
        abort();
}

static void check_members(struct hs_mirror *mirror)
{
    size_t count = hs_mirror_count(mirror, HEARSAY_STATUS_NONE), sum = 0;
    const struct hs_mirror_member *const *members = hs_mirror_members(mirror);
    demand(count <= bounds.members_max && (members || count == 0));
    for (int status = HEARSAY_STATUS_SUSPECT; status <= HEARSAY_STATUS_DEAD; status++)
        sum += hs_mirror_count(mirror, (enum hearsay_status)status);
    demand(sum == count);
    for (size_t i = 0; i < count; i++) {
        json_t *object = hs_mirror_member_json(members[i], 0, hs_mirror_ring(mirror));
        demand(object && hearsay_name_valid(members[i]->name));
        demand(i == 0 || strcmp(members[i - 1]->name, members[i]->name) < 0);
        demand(hs_mirror_find(mirror, members[i]->name) == members[i]);
        json_decref(object);
    }
}

static void check(struct hs_mirror *mirror, uint64_t *cursor)
{
    const struct hearsay_ring *ring = hs_mirror_ring(mirror);
    char request[HS_MIRROR_REQUEST_MAX];
    struct hs_mirror_entry entry;
    json_t *asked = NULL;
    demand(ring || !hs_mirror_current(mirror));
    demand(!ring || hearsay_ring_tokens(ring) <= bounds.tokens_max);
    check_members(mirror);
    while (hs_mirror_log_next(hs_mirror_log(mirror), cursor, &entry))
        demand(entry.number == *cursor && (!entry.event || entry.event[0] == '{'));
    hs_mirror_request(mirror, request);
    demand(hs_ctl_parse(request, strlen(request), &asked) == 0);
    json_decref(asked);
}

static void take(struct hs_mirror *mirror, const char *line, size_t len)
{
    if (len == 0)
        hs_mirror_cut(mirror);
    else if (hs_mirror_feed(mirror, line, len) < 0) {
        demand(hs_mirror_fault(mirror)[0] != '\0' && !hs_mirror_current(mirror));
        hs_mirror_cut(mirror);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *at = (const char *)data, *end = at + size;
    struct hs_mirror *mirror = hs_mirror_new(&bounds);
    uint64_t cursor = 0;
    demand(mirror != NULL);
    hs_mirror_in_steps(mirror, size % 3); /* 0: at once */
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t len = newline ? (size_t)(newline - at) : (size_t)(end - at);
        take(mirror, at, len);
        check(mirror, &cursor);
        for (size_t step = 0; step < len % 4 && hs_mirror_busy(mirror); step++)
            if (hs_mirror_step(mirror) < 0)
                hs_mirror_cut(mirror);
        at += len + (newline ? 1 : 0);
    }
    if (hs_mirror_waits(mirror))
        hs_mirror_adopt(mirror);
    check(mirror, &cursor);
    hs_mirror_free(mirror);
    return 0;
}
