/* SPDX-License-Identifier: Apache-2.0 */
/* Parses the values of settings: numbers, durations with a unit, key=value tags. */
#ifndef HS_AGENT_OPTIONS_VALUES_H
#define HS_AGENT_OPTIONS_VALUES_H

#include <stdbool.h>
#include <stdint.h>

#include <hearsay/addr.h>
#include <hearsay/member.h>

/* A plain decimal number without other characters. Returns 0 or HEARSAY_ERR_SYNTAX. */
int hs_value_number(const char *text, uint64_t *ret_number);

/* A number, possibly with a decimal point, and a unit: us, ms, s, m, h or d. Returns 0 or
 * HEARSAY_ERR_SYNTAX, also when it does not fit 64 bits of microseconds. */
int hs_value_duration(const char *text, uint64_t *ret_us);

/* Microseconds as hs_value_duration would read them, in the largest unit without a fraction. */
#define HS_DURATION_TEXT_MAX 24
void hs_value_format_duration(uint64_t us, char text[HS_DURATION_TEXT_MAX]);

/* A decimal number greater than 0 that becomes thousandths: "1.5" is 1,500. Same result. */
int hs_value_milli(const char *text, uint64_t *ret_milli);

/* "key=value", cut in place: the pair borrows from `text`. The key is [A-Za-z0-9._-], 1 to
 * HEARSAY_TAG_KEY_MAX bytes. Returns 0 or HEARSAY_ERR_SYNTAX. */
int hs_value_tag(char *text, struct hearsay_tag *ret_tag);

/* True for a key that a tag may have. */
bool hs_value_tag_key(const char *key);

#define HS_HOST_MAX 256 /* bytes of a host's name with the terminator: more than DNS allows */

/* What is wrong with a text that has the form of an endpoint, or would have it without its zone: a
 * phrase that completes "this is …", or NULL. It has a zone ("fe80::1%eth0"), or it is an address
 * that no machine has (hearsay_addr_fault). The unspecified address is no fault here. */
const char *hs_value_endpoint_fault(const char *text);

/* An endpoint as people write it: "host:port", "host", ":port", "[v6]:port", a bare IPv6 address.
 * `host` is empty when only a port was given. Returns 0 or HEARSAY_ERR_SYNTAX. It does not check
 * whether the host exists. */
int hs_value_endpoint(const char *text, uint16_t default_port, char ret_host[HS_HOST_MAX],
                      uint16_t *ret_port);

#endif
