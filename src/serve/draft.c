/* SPDX-License-Identifier: Apache-2.0 */
/* The C library's own stream in memory (open_memstream) copies all that was written whenever it
 * grows, and clears as much behind it: at 4 MiB more than 20 ms in one piece. realloc(3) of that
 * size moves pages and touches none. */
#include "serve/draft.h"

#include <stdlib.h>
#include <string.h>

#include <hearsay/host.h>

struct hs_draft {
    const struct hs_draft_kind *kind;
    void *state;
    const char *type;
    FILE *out;
    char *bytes; /* what has been written, with room behind it for a terminator */
    size_t len, room;
    bool failed; /* there was no memory for some of it */
};

#define ROOM_LEAST 4096 /* bytes, which are doubled whenever they are used up */

static bool make_room(struct hs_draft *draft, size_t size)
{
    size_t room = draft->room > 0 ? draft->room : ROOM_LEAST;
    char *bytes;

    while (room - draft->len <= size)
        room *= 2;
    if (room == draft->room)
        return true;
    bytes = realloc(draft->bytes, room);
    if (!bytes)
        return false;
    draft->bytes = bytes;
    draft->room = room;
    return true;
}

/* What fopencookie(3) calls. Returns 0 if it fails. */
static ssize_t append(void *cookie, const char *bytes, size_t size)
{
    struct hs_draft *draft = cookie;

    if (draft->failed || !make_room(draft, size)) {
        draft->failed = true;
        return 0;
    }
    memcpy(draft->bytes + draft->len, bytes, size);
    draft->len += size;
    return (ssize_t)size;
}

struct hs_draft *hs_draft_new(const struct hs_draft_kind *kind, void *state, const char *type)
{
    struct hs_draft *draft = state ? calloc(1, sizeof(*draft)) : NULL;

    if (!draft) {
        kind->free(state);
        return NULL;
    }
    *draft = (struct hs_draft){.kind = kind, .state = state, .type = type};
    draft->out = fopencookie(draft, "w", (cookie_io_functions_t){.write = append});
    if (draft->out)
        return draft;
    hs_draft_free(draft);
    return NULL;
}

const char *hs_draft_type(const struct hs_draft *draft)
{
    return draft->type;
}

enum hs_draft_progress hs_draft_write(struct hs_draft *draft, uint64_t until)
{
    enum hs_draft_progress progress;

    do
        progress = draft->kind->write(draft->state, draft->out);
    while (progress == HS_DRAFT_MORE && hearsay_host_now().boot < until);
    return progress;
}

struct hs_body *hs_draft_finish(struct hs_draft *draft)
{
    struct hs_body *body = NULL;
    int err = fclose(draft->out);

    draft->out = NULL;
    if (err == 0 && !draft->failed && make_room(draft, 0)) {
        draft->bytes[draft->len] = '\0';
        body = hs_body_new(draft->bytes, draft->len);
        draft->bytes = NULL;
    }
    if (body)
        body->type = draft->type;
    hs_draft_free(draft);
    return body;
}

void hs_draft_free(struct hs_draft *draft)
{
    if (!draft)
        return;
    if (draft->out)
        fclose(draft->out);
    free(draft->bytes);
    draft->kind->free(draft->state);
    free(draft);
}
