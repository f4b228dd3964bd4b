/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of hearsay-dump: where datagrams come from, and how one is shown. */
#ifndef DUMP_DUMP_H
#define DUMP_DUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hearsay/addr.h>

#define DUMP_INPUT_MAX (64 * 1024 * 1024) /* bytes read of a file */

/* What is to be expected of the datagrams. */
struct dump_options {
    const char *cluster; /* NULL: any */
    const char *to; /* the receiver's name; NULL: not known, so most checksums are not checked */
    unsigned port;  /* of a capture: only datagrams from or to it; 0: all */
    bool raw;       /* the whole input is one datagram */
};

/* One datagram. `from` and `to` are empty when it was not in a capture. */
struct dump_datagram {
    const uint8_t *bytes;
    size_t len;
    struct hearsay_addr from, to;
};

typedef void dump_each(void *context, const struct dump_datagram *datagram);

/* Calls `each` for every datagram of the input: of a capture (pcap), of lines of hexadecimal
 * digits, or the one that the input is. Returns NULL, or what is wrong with the input. */
const char *dump_read(const struct dump_options *options, uint8_t *input, size_t len,
                      dump_each *each, void *context);

/* Prints a datagram, or why it is refused. Returns false when it is. */
bool dump_show(const struct dump_options *options, unsigned long number,
               const struct dump_datagram *datagram);

#endif
