/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/draft.h"

#include <stdlib.h>

#include <hearsay/host.h>

struct hs_draft {
    const struct hs_draft_kind *kind;
    void *state;
    const char *type;
    FILE *out;
    char *bytes; /* of `out`: valid when it is closed */
    size_t len;
};

struct hs_draft *hs_draft_new(const struct hs_draft_kind *kind, void *state, const char *type)
{
    struct hs_draft *draft = state ? calloc(1, sizeof(*draft)) : NULL;

    if (!draft) {
        kind->free(state);
        return NULL;
    }
    *draft = (struct hs_draft){.kind = kind, .state = state, .type = type};
    draft->out = open_memstream(&draft->bytes, &draft->len);
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
    if (err == 0) {
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
