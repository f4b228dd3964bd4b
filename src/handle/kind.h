/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a handler can be run for. The first five are Serf's, with Serf's names and meaning, so that
 * its scripts run unchanged: there a suspect member is still alive.
 */
#ifndef HS_HANDLE_KIND_H
#define HS_HANDLE_KIND_H

#include <stddef.h>
#include <stdint.h>

#include "service/error_text.h"

/* When one change is several events, or many changes are made up for, they come in this order: what
 * is gone first, so that an address is taken off a list before its next owner is put there. */
#define HS_KINDS(X)                                                                                \
    X(LEAVE, "member-leave")   /* it said goodbye, or was forced out */                            \
    X(FAILED, "member-failed") /* it was found dead */                                             \
    X(REAP, "member-reap")     /* a dead one is not listed any more */                             \
    X(JOIN, "member-join")     /* it is there, or there again */                                   \
    X(UPDATE, "member-update") /* other tags, address, tokens, or another process */               \
    X(SUSPECT, "suspect")      /* it does not answer */                                            \
    X(REFUTED, "refuted")      /* a suspect one has answered */                                    \
    X(RING, "ring")            /* keys have other owners, or the zones are others */               \
    X(ISOLATED, "isolated")    /* the agent reaches nobody */                                      \
    X(CONNECTED, "connected")  /* it does again */

enum hs_kind {
#define HS_KIND_ENUM(name, text) HS_KIND_##name,
    HS_KINDS(HS_KIND_ENUM)
#undef HS_KIND_ENUM
        HS_KIND_COUNT
};

#define HS_KIND_BIT(kind) (1U << (kind))
#define HS_KINDS_SERF     (HS_KIND_BIT(HS_KIND_SUSPECT) - 1U)
#define HS_KINDS_MEMBER   (HS_KIND_BIT(HS_KIND_RING) - 1U) /* those about members */
#define HS_KINDS_ALL      (HS_KIND_BIT(HS_KIND_COUNT) - 1U)

/* "member-join", …; never NULL. */
const char *hs_kind_name(enum hs_kind kind);

/* Returns 0 or HEARSAY_ERR_NOTFOUND. */
int hs_kind_find(const char *name, enum hs_kind *ret_kind);

/* Reads a list "member-join,member-leave", or "*" for all. Blanks around a name are skipped.
 * Returns 0, or HEARSAY_ERR_INVALID with what would be right in `error`. */
int hs_kind_read_filter(const char *text, uint32_t *ret_kinds, char error[HS_ERROR_TEXT_MAX]);

#endif
