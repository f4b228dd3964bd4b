/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request's target, "/v1/lookup?key=a%20b&n=2", read strictly: an escape that is none, an
 * argument without a name or with a name that stands twice are mistakes and not guessed at. Control
 * characters, as NUL, are too: no argument of ours can hold one.
 */
#ifndef HS_SERVE_ARGS_H
#define HS_SERVE_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HS_TARGET_MAX     8192 /* bytes with the terminator */
#define HS_ARGS_MAX       64   /* arguments; a plan names several members */
#define HS_ARGS_FAULT_MAX 256

struct hs_arg {
    const char *name, *value;
};

struct hs_args {
    const char *path; /* decoded, begins with '/' */
    size_t count;
    struct hs_arg items[HS_ARGS_MAX];
    char text[HS_TARGET_MAX]; /* what the others point into */
};

/* Reads a target; `repeats` are the names, separated by blanks, that may stand more than once.
 * Returns 0, or HEARSAY_ERR_SYNTAX or HEARSAY_ERR_TOOBIG with one sentence in `fault`. */
int hs_args_read(struct hs_args *ret_args, const char *target, const char *repeats,
                 char fault[HS_ARGS_FAULT_MAX]);

/* Returns 0 if all arguments are among the names of `allowed`, which are separated by blanks, else
 * HEARSAY_ERR_INVALID with a sentence that names the first that is not. */
int hs_args_only(const struct hs_args *args, const char *allowed, char fault[HS_ARGS_FAULT_MAX]);

/* The value of an argument, the first if there are more; NULL: it is not given. */
const char *hs_args_get(const struct hs_args *args, const char *name);

/* A copy of the value, to be freed; NULL if it is not given. Returns 0 or HEARSAY_ERR_NOMEM. */
int hs_args_copy(const struct hs_args *args, const char *name, char **ret_copy);

/* Reads a number between two bounds. Returns 0, with *ret_number untouched if it is not given, or
 * HEARSAY_ERR_INVALID with a sentence. */
int hs_args_number(const struct hs_args *args, const char *name, uint64_t min, uint64_t max,
                   uint64_t *ret_number, char fault[HS_ARGS_FAULT_MAX]);

/* The same for "true" and "false", "1" and "0". */
int hs_args_flag(const struct hs_args *args, const char *name, bool *ret_flag,
                 char fault[HS_ARGS_FAULT_MAX]);

#endif
