/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Errors. Every function that can fail returns 0 or one of these negative codes, and on failure
 * leaves its outputs (ret_*) unchanged. Codes and texts are made from one table, so that
 * every code has a text.
 *
 * Input from the network never causes an error: a bad datagram is dropped and counted
 * (hearsay/stats.h).
 */
#ifndef HEARSAY_ERROR_H
#define HEARSAY_ERROR_H

#ifdef __cplusplus
extern "C" {
#endif

#define HEARSAY_ERRORS(X)                                                                          \
    X(INVALID, -1, "invalid argument")                                                             \
    X(NOMEM, -2, "out of memory")                                                                  \
    X(TOOBIG, -3, "does not fit its bound")                                                        \
    X(FULL, -4, "table is full")                                                                   \
    X(NOTFOUND, -5, "no such member")                                                              \
    X(ALIVE, -6, "member is alive")                                                                \
    X(STOPPED, -7, "node has left or was replaced")                                                \
    X(SYNTAX, -8, "not well-formed")                                                               \
    X(UNSENT, -9, "datagram was not sent")                                                         \
    X(EMPTY, -10, "ring has no members")                                                           \
    X(EXISTS, -11, "exists already")

enum hearsay_error {
#define HEARSAY_ERROR_ENUM(name, code, text) HEARSAY_ERR_##name = (code),
    HEARSAY_ERRORS(HEARSAY_ERROR_ENUM)
#undef HEARSAY_ERROR_ENUM
};

/* The text of a code ("table is full"), "no error" for 0, "unknown error" for any other number. The
 * result is never NULL and has static storage. Safe from any thread. */
const char *hearsay_strerror(int code);

#ifdef __cplusplus
}
#endif
#endif
