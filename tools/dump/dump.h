/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of hearsay-dump: reading datagrams, and showing one. */
#ifndef DUMP_DUMP_H
#define DUMP_DUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hearsay/addr.h>

#define DUMP_INPUT_MAX (64 * 1024 * 1024) /* bytes read of a file */

/* How to read and check the datagrams. */
struct dump_options {
    const char *cluster; /* NULL: any */
    const char *to; /* the receiver's name; NULL: not known, so most checksums are not checked */
    unsigned port;  /* of a capture: only datagrams from or to it; 0: all */
    bool raw;       /* the whole input is one datagram */
};

/* One datagram. `from` and `to` are empty if it is not from a capture. */
struct dump_datagram {
    const uint8_t *bytes;
    size_t len;
    struct hearsay_addr from, to;
};

typedef void dump_each(void *context, const struct dump_datagram *datagram);

/* Calls `each` for every datagram of the input. The input is a capture (pcap), lines of hexadecimal
 * digits, or the bytes of one datagram. Returns NULL, or a text about what is wrong with the
 * input. */
const char *dump_read(const struct dump_options *options, uint8_t *input, size_t len,
                      dump_each *each, void *context);

/* Prints a datagram, or why it is refused. Returns false if it is refused. */
bool dump_show(const struct dump_options *options, unsigned long number,
               const struct dump_datagram *datagram);

#endif
