/* SPDX-License-Identifier: Apache-2.0 */
/* A line of the agent's log as people read it. */
#ifndef HEARSAY_CLI_EVENT_H
#define HEARSAY_CLI_EVENT_H

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

/* Writes an event without its time and without a newline, made safe, and with colours where the
 * tool uses them. `brief`: of members and rings only what people watch for. */
void cli_write_event(FILE *out, const json_t *event, bool brief);

#endif
