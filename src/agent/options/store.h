/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every text is first stored under its key, with the place where it was given. parse.c sets the
 * field later. So a flag can replace a key of the file before the file's value is checked, and a
 * reload can compare texts.
 */
#ifndef HS_AGENT_OPTIONS_STORE_H
#define HS_AGENT_OPTIONS_STORE_H

#include "agent/options/fields.h"
#include "agent/options/table.h"
#include <stdbool.h>

/* Notes the text of a key: appends it to a list, else replaces what was there. Returns 0 or
 * HEARSAY_ERR_NOMEM. */
int hs_options_note(struct hs_options *options, const struct hs_option *option, const char *text,
                    struct hs_text_place place);

/* Notes the path of a file that is read, and gives its number for struct hs_text_place. Returns 0,
 * HEARSAY_ERR_FULL or HEARSAY_ERR_NOMEM. */
int hs_options_note_file(struct hs_options *options, const char *path, unsigned *ret_file);

/* The place of a row's first text, which must be given. */
struct hs_text_place hs_options_place(const struct hs_options *options,
                                      const struct hs_option *option);

/* The path of a place that is not a flag. */
const char *hs_options_path(const struct hs_options *options, struct hs_text_place place);

/* True when this key was given. */
bool hs_option_given(const struct hs_options *options, const char *key);

/* Frees what it holds. NULL and all zeroes are no-ops. */
void hs_options_fini(struct hs_options *options);

#endif
