/* SPDX-License-Identifier: Apache-2.0 */
/* `hearsayd --help`. */
#ifndef HS_AGENT_OPTIONS_HELP_H
#define HS_AGENT_OPTIONS_HELP_H

#include <stdio.h>

/* Prints every flag with its default, at most 80 columns wide. */
void hs_options_help(FILE *out);

#endif
