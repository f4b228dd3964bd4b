/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes an answer into the caller's bytes, never past its limit, and record by record: a record
 * that does not fit leaves no trace (RFC 2181, 9: truncation is at whole records).
 *
 *     hs_dns_writer_init(&writer, bytes, limit, query);
 *     hs_dns_record_begin(&writer);
 *     hs_dns_put_owner(&writer);                            or another name
 *     hs_dns_record_data(&writer, HS_DNS_A, ttl);
 *     hs_dns_put_bytes(&writer, address, 4);
 *     if (!hs_dns_record_end(&writer, HS_DNS_ANSWER))
 *         it did not fit
 *     size = hs_dns_writer_end(&writer, flags, rcode);
 */
#ifndef HS_DNS_WRITER_H
#define HS_DNS_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dns/name.h"
#include "dns/query.h"

enum hs_dns_section { HS_DNS_ANSWER, HS_DNS_AUTHORITY, HS_DNS_ADDITIONAL, HS_DNS_SECTIONS };

/* Its fields are its own but for `full`. */
struct hs_dns_writer {
    uint8_t *bytes;
    size_t at, limit;
    size_t record_at, length_at; /* of the record that is being written */
    size_t domain_at;            /* where the domain stands uncompressed; 0: nowhere yet */
    const struct hs_dns_name *domain;
    const struct hs_dns_query *query;
    uint16_t counts[HS_DNS_SECTIONS];
    bool overflow; /* of the record that is being written */
    bool full;     /* a record of the answer section did not fit */
};

/* Begins an answer: room for the header, and the question as it came, byte for byte, if it could be
 * read. `limit` is at least HS_DNS_PLAIN_MAX. Borrows the bytes, the question's message, the query
 * and the domain. */
void hs_dns_writer_init(struct hs_dns_writer *writer, uint8_t *bytes, size_t limit,
                        const uint8_t *question, const struct hs_dns_query *query,
                        const struct hs_dns_name *domain);

/* Keeps room at the end, for what comes last and must fit; and gives it back. */
void hs_dns_writer_reserve(struct hs_dns_writer *writer, size_t bytes);
void hs_dns_writer_release(struct hs_dns_writer *writer, size_t bytes);

/* 3.2.1: a record is its owner's name, then this, then data. The end returns false, and takes all
 * of it back, if it did not fit. */
void hs_dns_record_begin(struct hs_dns_writer *writer);
void hs_dns_record_data(struct hs_dns_writer *writer, enum hs_dns_type type, uint32_t ttl);
bool hs_dns_record_end(struct hs_dns_writer *writer, enum hs_dns_section section);

void hs_dns_put_bytes(struct hs_dns_writer *writer, const void *bytes, size_t len);
void hs_dns_put_u8(struct hs_dns_writer *writer, unsigned value);
void hs_dns_put_u16(struct hs_dns_writer *writer, unsigned value);
void hs_dns_put_u32(struct hs_dns_writer *writer, uint32_t value);

/* The name of the question, as a pointer to it. */
void hs_dns_put_owner(struct hs_dns_writer *writer);

/* The name of the question from this label on. */
void hs_dns_put_from_label(struct hs_dns_writer *writer, size_t label);

/* Labels of a text with dots between them, none of them empty or longer than HS_DNS_LABEL_MAX. No
 * end: hs_dns_put_domain follows. */
void hs_dns_put_labels(struct hs_dns_writer *writer, const char *text);

/* The domain, which ends a name; `compress`: as a pointer, if that is possible. RFC 2782 forbids it
 * in an SRV record. */
void hs_dns_put_domain(struct hs_dns_writer *writer, bool compress);

/* The OPT record of RFC 6891, 6.1: to a client that sent one. With an explanation, it has the
 * option of RFC 8914. */
void hs_dns_put_opt(struct hs_dns_writer *writer, enum hs_dns_rcode rcode,
                    enum hs_dns_explain explain, const char *text);

/* Writes the header. `flags` are AA and TC. Returns the size of the answer. */
size_t hs_dns_writer_end(struct hs_dns_writer *writer, unsigned flags, enum hs_dns_rcode rcode);

#endif
