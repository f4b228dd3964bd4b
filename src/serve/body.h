/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes that do not change any more, and are shared by all who send them. */
#ifndef HS_SERVE_BODY_H
#define HS_SERVE_BODY_H

#include <stdbool.h>
#include <stddef.h>

struct hs_body {
    unsigned refs;
    char *bytes;      /* terminated */
    size_t len;       /* without the terminator */
    const char *type; /* of its content; a constant, for whoever shares it */
    bool fixed;       /* the same as long as the view is: it has no durations */
};

/* Takes over the bytes, which are from malloc, also if it fails. NULL: no memory, or bytes are
 * NULL. */
struct hs_body *hs_body_new(char *bytes, size_t len);

struct hs_body *hs_body_ref(struct hs_body *body);

/* NULL is a no-op. */
void hs_body_unref(struct hs_body *body);

#endif
