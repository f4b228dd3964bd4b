/* SPDX-License-Identifier: Apache-2.0 */
/* Parses the values of settings: numbers, durations with a unit, key=value tags. */
#ifndef HS_AGENT_OPTIONS_VALUES_H
#define HS_AGENT_OPTIONS_VALUES_H

#include <stdbool.h>
#include <stdint.h>

#include <hearsay/member.h>

#include "agent/options/endpoint.h"

/* A plain decimal number without other characters. Returns 0 or HEARSAY_ERR_SYNTAX. */
int hs_value_number(const char *text, uint64_t *ret_number);

/* A number, possibly with a decimal point, and a unit: us, ms, s, m, h or d. Returns 0 or
 * HEARSAY_ERR_SYNTAX, also when it does not fit 64 bits of microseconds. */
int hs_value_duration(const char *text, uint64_t *ret_us);

/* Microseconds as hs_value_duration would read them, in the largest unit without a fraction. */
#define HS_DURATION_TEXT_MAX 24
void hs_value_format_duration(uint64_t us, char text[HS_DURATION_TEXT_MAX]);

/* A decimal number that becomes thousandths: "1.5" is 1,500. One that is not 0 but rounds to it is
 * wrong. Same result. */
int hs_value_milli(const char *text, uint64_t *ret_milli);

/* The tokens of a weight in thousandths: 1,000 are HEARSAY_TOKENS_DEFAULT. Returns 0, or
 * HEARSAY_ERR_SYNTAX if they are more than HEARSAY_TOKENS_MAX, or none although the weight is not
 * 0. */
int hs_value_tokens(uint64_t milli, uint32_t *ret_tokens);

/* "key=value", cut in place: the pair borrows from `text`. The key is [A-Za-z0-9._-], 1 to
 * HEARSAY_TAG_KEY_MAX bytes. Returns 0 or HEARSAY_ERR_SYNTAX. */
int hs_value_tag(char *text, struct hearsay_tag *ret_tag);

/* True for a key that a tag may have. */
bool hs_value_tag_key(const char *key);

/* True for a value that a command may give a tag: it has no byte that would break a line, or move a
 * cursor. */
bool hs_value_tag_value(const char *value);

/* hs_endpoint_read without the words: for a text that was checked before, or whose caller has words
 * of its own. */
int hs_value_endpoint(const char *text, uint16_t default_port, char ret_host[HS_HOST_MAX],
                      uint16_t *ret_port);

/* Reads a seed: an endpoint with a host and a port other than 0. The name of a service, which
 * begins with '_', has no port, because DNS says it (RFC 2782). Returns 0, or HEARSAY_ERR_SYNTAX
 * with what is wrong, and what would be right, in `fault`. */
int hs_value_seed(const char *text, char ret_host[HS_HOST_MAX], uint16_t *ret_port,
                  char fault[HS_ERROR_TEXT_MAX]);

/* True if the host is the name of a service. */
bool hs_value_is_service(const char *host);

/* True if two texts are the same, or both NULL. */
bool hs_same_text(const char *a, const char *b);

#endif
