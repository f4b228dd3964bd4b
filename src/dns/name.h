/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of the DNS (RFC 1035, 3.1), and letters without regard to case (RFC 4343: of ASCII alone).
 * A name that was read keeps the case in which it came.
 */
#ifndef HS_DNS_NAME_H
#define HS_DNS_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/wire.h"

#define HS_DNS_TEXT_MAX (HS_DNS_NAME_MAX + 1) /* labels with dots between them, and a terminator */

struct hs_dns_name {
    uint8_t bytes[HS_DNS_NAME_MAX]; /* as on the wire, with the root's zero */
    uint8_t at[HS_DNS_LABELS_MAX];  /* where each label's length is */
    size_t size;                    /* bytes */
    size_t labels;                  /* without the root */
};

/* Reads the name at bytes[*at] and moves *at behind it. Compression pointers are refused: before
 * the name of a question there is nothing that one could point to. Returns false, and leaves the
 * outputs unchanged, if it is no name or does not end within `len`. */
bool hs_dns_name_read(const uint8_t *bytes, size_t len, size_t *at, struct hs_dns_name *ret_name);

/* Moves *at behind a name that may end with a compression pointer, which is not followed. Returns
 * false if there is none. */
bool hs_dns_name_skip(const uint8_t *bytes, size_t len, size_t *at);

/* Reads "hearsay.internal", with or without a dot at its end: labels of letters, digits, "-" and
 * "_". Returns 0, or HEARSAY_ERR_SYNTAX. */
int hs_dns_name_parse(const char *text, struct hs_dns_name *ret_name);

/* Returns true if the name is the zone's or below it, and the number of labels before the zone. */
bool hs_dns_name_within(const struct hs_dns_name *name, const struct hs_dns_name *zone,
                        size_t *ret_labels);

/* Writes the labels from `first` to before `end` with dots between them, in lower case, terminated.
 * Returns the length. A label may hold any byte, zeroes and dots, too. */
size_t hs_dns_name_join(const struct hs_dns_name *name, size_t first, size_t end,
                        char text[HS_DNS_TEXT_MAX]);

/* True if the label is this word, which is in lower case. */
bool hs_dns_name_label_is(const struct hs_dns_name *name, size_t index, const char *word);

/* The label's first byte; labels have at least one. */
char hs_dns_name_label_first(const struct hs_dns_name *name, size_t index);

/* The letter in lower case. */
char hs_dns_fold(char letter);

/* Compares two terminated texts without regard to case, as strcmp does. */
int hs_dns_fold_compare(const char *a, const char *b);

#endif
