/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers, times and states as people read them, and the numbers that people type. */
#ifndef HEARSAY_CLI_FORMAT_H
#define HEARSAY_CLI_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

#include "out.h"

#define CLI_WORD_MAX 40

void cli_format_span(char text[CLI_WORD_MAX], uint64_t us); /* "0.4s", "12s", "3m12s", "2d04h" */
void cli_format_rtt(char text[CLI_WORD_MAX], uint64_t us);  /* "340us", "1.2ms", "45ms" */
void cli_format_count(char text[CLI_WORD_MAX], uint64_t value); /* "1,234,567" */
void cli_format_bytes(char text[CLI_WORD_MAX], uint64_t bytes); /* "512 B", "56.1 KiB" */
void cli_format_share(char text[CLI_WORD_MAX], double share);   /* "19.53%" */

/* A bar that the greatest share fills. */
#define CLI_BAR_MAX(width) ((width)*3 + 1) /* bytes of such a text */
void cli_format_bar(char *text, unsigned width, double share, double greatest);

/* RFC 3339 as a person reads it: "2026-01-31 23:59:59.123"; other text as it is. */
void cli_format_time(char text[CLI_WORD_MAX], const char *time);

/* The colour of a status; plain for other words. */
enum cli_color cli_status_color(const char *status);

/* A whole decimal number within bounds; false for anything else. */
bool cli_parse_number(const char *text, long min, long max, long *ret_value);

/* Reads a number of seconds from 1 to max: "90", "90s", "2m" or "1h". */
bool cli_parse_seconds(const char *text, long max, long *ret_seconds);

#endif
