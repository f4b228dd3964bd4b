/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Errors: every function that can fail returns 0 or one of these negative codes, and leaves its
 * outputs (ret_*) untouched on failure. One table makes the codes, their names and their texts, so
 * that no code is ever without words for the person who meets it.
 *
 * What the network sends is never an error: a bad datagram is a counted drop (see stats.h).
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

/* The text of a code ("table is full"), "no error" for 0, "unknown error" for anything else.
 * Never NULL; static storage; safe from any thread. */
const char *hearsay_strerror(int code);

/* The name of a code as programs spell it ("FULL"); "OK" for 0. Same rules. */
const char *hearsay_errname(int code);

#ifdef __cplusplus
}
#endif
#endif
