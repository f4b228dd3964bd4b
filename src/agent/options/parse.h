/* SPDX-License-Identifier: Apache-2.0 */
/* Parses the text of a setting to its field. */
#ifndef HS_AGENT_OPTIONS_PARSE_H
#define HS_AGENT_OPTIONS_PARSE_H

#include "agent/options/store.h"
#include "service/error_text.h"

/* Parses the text of a key that is given once, and sets its field. On failure `error` says what
 * would be right, without the key. */
int hs_option_parse(struct hs_options *options, const struct hs_option *option, const char *text,
                    char error[HS_ERROR_TEXT_MAX]);

/* Parses one text of a list and adds what it holds; `file` is that of its place. A tag stays where
 * it is: `text` must live as long as the options. */
int hs_option_parse_item(struct hs_options *options, const struct hs_option *option, char *text,
                         unsigned file, char error[HS_ERROR_TEXT_MAX]);

#endif
