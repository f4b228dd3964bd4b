/* SPDX-License-Identifier: Apache-2.0 */
/* What is to be run for which events, as an operator has written it. */
#ifndef HS_HANDLE_SPEC_H
#define HS_HANDLE_SPEC_H

#include <stddef.h>
#include <stdint.h>

#include "service/error_text.h"

#define HS_HANDLERS_MAX 32

struct hs_spec {
    uint32_t kinds; /* HS_KIND_BITs */
    char *label;    /* names it in the log and in the state: "EVENTS=SCRIPT", or the command */
    char **argv;    /* ends with NULL */
};

struct hs_specs {
    struct hs_spec items[HS_HANDLERS_MAX];
    size_t count;
};

/* Frees what they hold, and makes them none. */
void hs_specs_fini(struct hs_specs *specs);

/* Adds a script for /bin/sh. Returns 0, or HEARSAY_ERR_INVALID with what would be right in
 * `error`. */
int hs_specs_add_script(struct hs_specs *specs, const char *filter, const char *script,
                        char error[HS_ERROR_TEXT_MAX]);

/* Adds "EVENTS=SCRIPT", split at the first '='. The events are not optional, so a '=' in a script
 * is never taken for the end of some. Same results. */
int hs_specs_add_text(struct hs_specs *specs, const char *text, char error[HS_ERROR_TEXT_MAX]);

/* Adds a command that is run without a shell, for the events that Serf knows. Same results. */
int hs_specs_add_command(struct hs_specs *specs, char *const *argv, size_t count,
                         char error[HS_ERROR_TEXT_MAX]);

#endif
