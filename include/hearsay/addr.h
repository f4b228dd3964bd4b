/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An endpoint: an IPv4 or IPv6 address and a UDP port. It is a plain value without sockets, so that
 * the protocol needs no operating system. It has no IPv6 zone id, because an advertised address
 * must mean the same to every member, and a link-local address does not. All functions are safe
 * from any thread.
 */
#ifndef HEARSAY_ADDR_H
#define HEARSAY_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* "[ffff:…:255.255.255.255]:65535" and its terminator fit. */
#define HEARSAY_ADDR_TEXT_MAX 56

struct hearsay_addr {
    uint8_t family;    /* 4 or 6; 0 = no address */
    uint8_t reserved;  /* 0 */
    uint16_t port;     /* host byte order */
    uint8_t bytes[16]; /* network byte order; an IPv4 address uses the first four, the rest are 0 */
};

/* Reads "192.0.2.1:7847" or "[2001:db8::1]:7847". A text without a port gets default_port. It is an
 * error if the text has no port and default_port is 0, or if its port is 0. An IPv6 address without
 * brackets has no port: "2001:db8::1". An IPv4-mapped IPv6 address becomes an IPv4 address. Host
 * names are not resolved. Returns 0, or HEARSAY_ERR_SYNTAX and leaves *ret_addr unchanged. */
int hearsay_addr_parse(struct hearsay_addr *ret_addr, const char *text, uint16_t default_port);

/* Writes the canonical text of an address (RFC 5952 for IPv6) with its port, always terminated.
 * Returns the length of the text. An address of family 0 is written as "none". */
size_t hearsay_addr_format(const struct hearsay_addr *addr, char text[HEARSAY_ADDR_TEXT_MAX]);

/* True when family, address and port are the same. */
bool hearsay_addr_equal(const struct hearsay_addr *a, const struct hearsay_addr *b);

/* True for 0.0.0.0 and [::], which can be bound but not advertised. */
bool hearsay_addr_is_any(const struct hearsay_addr *addr);

/* Why no member can be reached at this address, whatever the network (R38: advertised address), or
 * NULL. It is a phrase that completes "this is …": "a multicast address", "the broadcast address",
 * and so on. Loopback, private and link-local IPv4 addresses have no fault here, because they work
 * within a machine or a network. Static storage. */
const char *hearsay_addr_fault(const struct hearsay_addr *addr);

#ifdef __cplusplus
}
#endif
#endif
