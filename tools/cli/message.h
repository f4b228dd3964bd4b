/* SPDX-License-Identifier: Apache-2.0 */
/* Requests and answers of the control protocol, as the tool makes and reads them. */
#ifndef HEARSAY_CLI_MESSAGE_H
#define HEARSAY_CLI_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "ctl/ctl.h"

/* A request of that command, to be added to; never NULL. */
json_t *cli_new_request(enum hs_ctl_command command);

/* Sets a field to an argument. Returns false, after saying so, when it is not UTF-8. */
bool cli_set_text(json_t *object, const char *key, const char *text);

/* Fields of an answer, with a default for what is missing or of another type. */
const char *cli_text(const json_t *object, const char *key); /* "" */
uint64_t cli_number(const json_t *object, const char *key);  /* 0; negative: 0 */
double cli_real(const json_t *object, const char *key);      /* 0 */
bool cli_flag(const json_t *object, const char *key);        /* false */

#endif
