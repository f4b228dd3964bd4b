/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/body.h"

#include <stdlib.h>

struct hs_body *hs_body_new(char *bytes, size_t len)
{
    struct hs_body *body = bytes ? malloc(sizeof(*body)) : NULL;

    if (!body) {
        free(bytes);
        return NULL;
    }
    *body = (struct hs_body){.refs = 1, .bytes = bytes, .len = len};
    return body;
}

struct hs_body *hs_body_ref(struct hs_body *body)
{
    body->refs++;
    return body;
}

void hs_body_unref(struct hs_body *body)
{
    if (!body || --body->refs > 0)
        return;
    free(body->bytes);
    free(body);
}
