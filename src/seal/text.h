/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text of a key file: one key a line in standard base64, blank lines, and comments from a '#'
 * at the start of a line or after a blank. Lines end with LF or CRLF.
 */
#ifndef HS_SEAL_TEXT_H
#define HS_SEAL_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include <nettle/base64.h>

#include <hearsay/keyring.h>

#define HS_KEY_BASE64 44 /* characters of a key: 43 and one '=' */
_Static_assert(HS_KEY_BASE64 == BASE64_ENCODE_RAW_LENGTH(HEARSAY_KEY_SIZE), "a key in base64");
_Static_assert(HS_KEY_BASE64 + 2 == HEARSAY_KEY_TEXT_SIZE, "a line has a newline and a zero");

/* A text that is being read. It holds pieces of keys: its owner wipes it. */
struct hs_key_text {
    const char *next, *end;
    unsigned line;     /* of what was read last, counted from 1 */
    const char *fault; /* what is wrong with that line, or NULL */
    struct base64_decode_ctx decoder;
    uint8_t decoded[BASE64_DECODE_LENGTH(HS_KEY_BASE64)];
};

/* Begins to read a text, which is borrowed until the last key is read. */
void hs_key_text_begin(struct hs_key_text *text, const char *bytes, size_t len);

/* Reads the next key. Returns its HEARSAY_KEY_SIZE bytes, valid until the next call. Returns NULL
 * at the end, or at a line that is no key; then `fault` says what is wrong. */
const uint8_t *hs_key_text_next(struct hs_key_text *text);

#endif
