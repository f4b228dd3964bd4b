/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A JSON object as the bytes of a file. One line says what it is, and has a checksum and the length
 * of what follows:
 *
 *     hearsay state 1 5f2c…9b 1234
 *     {"cluster": …}
 *
 * So a file that was torn is told from one of a later release, which is left alone.
 */
#ifndef HS_KEEP_ENVELOPE_H
#define HS_KEEP_ENVELOPE_H

#include <stddef.h>
#include <stdint.h>

#define HS_ENVELOPE_KIND_MAX 32 /* bytes of a kind with its terminator */

/* What a program expects. */
struct hs_envelope {
    const char *kind; /* "hearsay state" */
    uint64_t format;  /* from 1 on; a file of a higher number is of a later release */
};

enum hs_envelope_found {
    HS_ENVELOPE_GOOD,
    HS_ENVELOPE_EMPTY,
    HS_ENVELOPE_DAMAGED, /* torn, or of another kind */
    HS_ENVELOPE_LATER,
};

/* Makes the bytes of a file, to be freed with free(). NULL without memory. */
char *hs_envelope_make(const struct hs_envelope *envelope, const char *body, size_t *ret_len);

/* Finds the body, which is borrowed from the bytes. *ret_format is set if it could be read. */
enum hs_envelope_found hs_envelope_open(const struct hs_envelope *envelope, const char *bytes,
                                        size_t len, const char **ret_body, size_t *ret_len,
                                        uint64_t *ret_format);

#endif
