/* SPDX-License-Identifier: Apache-2.0 */
/* What this program says, on standard error: sentences for a person, or objects for a program. */
#ifndef HS_HANDLE_SAY_H
#define HS_HANDLE_SAY_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#define HS_SAY_AGAIN_US 60000000 /* between two words about something that lasts */

struct hs_say {
    bool json;
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
