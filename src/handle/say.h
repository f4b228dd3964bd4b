/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What this program says, on standard error: sentences for a person, or objects for a program.
 *
 * Whoever reads it may be slow, or stopped. It is waited for a moment, and then not any more until
 * it reads again: handlers must run and end all the same. How many lines it has missed is said.
 */
#ifndef HS_HANDLE_SAY_H
#define HS_HANDLE_SAY_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#define HS_SAY_AGAIN_US 60000000 /* between two words about something that lasts */
#define HS_SAY_WAIT_MS  1000     /* for a reader that takes nothing */

/* The reader, as it was seen last. All zeroes: it reads. */
struct hs_say_outlet {
    bool stuck;    /* it took nothing */
    bool cut;      /* it has the beginning of a line */
    uint64_t lost; /* lines, since it was told how many */
};

struct hs_say {
    bool json;
    struct hs_say_outlet *outlet; /* borrowed */
};

/* Says something of a priority of syslog(3). `what` is its word in JSON, where `fields` (NULL:
 * none) stand beside the sentence; takes over the reference. */
void hs_say(const struct hs_say *say, int priority, const char *what, json_t *fields,
            const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Says text that others have made, line by line, if sentences are said. */
void hs_say_text(const struct hs_say *say, int priority, const char *text);

/* Bytes as JSON: what is no text has escapes. */
json_t *hs_say_bytes(const char *bytes, size_t len);

#endif
