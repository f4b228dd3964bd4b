/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of a file that a person writes: settings, one a line. */
#ifndef HS_SERVICE_TEXT_FILE_H
#define HS_SERVICE_TEXT_FILE_H

#include <stdbool.h>
#include <stdio.h>

#include "service/error_text.h"

#define HS_TEXT_LINE_MAX 4095 /* bytes of a line; a longer one is a mistake */

struct hs_text_file {
    FILE *file;
    unsigned line; /* number of the last line that was read */
    char buffer[HS_TEXT_LINE_MAX + 1];
};

/* Opens a file. `only_files`: what is no file, such as a pipe, is a mistake. Returns 0, or
 * HEARSAY_ERR_INVALID with the reason, a phrase behind the path. */
int hs_text_file_open(struct hs_text_file *file, const char *path, bool only_files,
                      const char **ret_reason);

/* Reads a line. Returns 1 and the line, without blanks at its ends, borrowed until the next call; 0
 * at the end; or an error with what is wrong in `fault`: HEARSAY_ERR_INVALID, and the next line may
 * be right, or HEARSAY_ERR_SYNTAX, and all further ones would be wrong too. */
int hs_text_file_next(struct hs_text_file *file, char **ret_line, char fault[HS_ERROR_TEXT_MAX]);

/* Returns 0 if all of it could be read, else an errno. */
int hs_text_file_close(struct hs_text_file *file);

/* Takes away blanks at both ends, in place. */
char *hs_text_trim(char *text);

/* Cuts off a comment: '#' at the start, or after a blank. */
void hs_text_cut_comment(char *line);

#endif
