/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `key = value`, one per line, with the keys of the flags. A '#' at the start of a line or after a
 * blank begins a comment. There is no nesting, quoting or inclusion, so anybody who can write the
 * command line can write the file. A key that is given twice is an error unless it is a list,
 * because only one of the values would count and the reader could not see which.
 */
#include "agent/options/conf.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <hearsay/error.h>

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static char *trim_blanks(char *text)
{
    char *end = text + strlen(text);
    while (end > text && is_blank(end[-1]))
        *--end = '\0';
    while (is_blank(*text))
        text++;
    return text;
}

static void cut_comment(char *line)
{
    for (char *p = line; *p != '\0'; p++)
        if (*p == '#' && (p == line || is_blank(p[-1]))) {
            *p = '\0';
            return;
        }
}

static const struct hs_option *find_key(const char *key, char error[HS_ERROR_TEXT_MAX])
{
    const struct hs_option *option = hs_option_find(key);
    if (option && option->arg && option->type != HS_OPTION_FILE)
        return option;
    if (option) {
        hs_error_text(error, "'%s' can only be a flag", key);
        return NULL;
    }
    const char *similar = hs_option_similar(key);
    if (similar)
        hs_error_text(error, "unknown key '%.64s'; did you mean '%s'?", key, similar);
    else
        hs_error_text(error, "unknown key '%.64s'; see hearsay.conf(5)", key);
    return NULL;
}

/* One line, without its comment and without blanks at its ends. */
static int read_line(struct hs_options *options, char *line, unsigned number,
                     char error[HS_ERROR_TEXT_MAX])
{
    char *equals = strchr(line, '=');
    if (!equals) {
        hs_error_text(error, "'%.64s' must be: key = value", line);
        return HEARSAY_ERR_INVALID;
    }
    *equals = '\0';
    const char *key = trim_blanks(line), *value = trim_blanks(equals + 1);
    const struct hs_option *option = find_key(key, error);
    if (!option)
        return HEARSAY_ERR_INVALID;
    size_t row = hs_option_row(option);
    bool given = options->text[row];
    if (given && options->line[row] == 0) /* by a flag, which has precedence */
        return 0;
    if (given && !hs_option_is_list(option)) {
        hs_error_text(error, "'%s' is given twice, first in line %u", key, options->line[row]);
        return HEARSAY_ERR_INVALID;
    }
    if (hs_options_note(options, option, value, number) < 0) {
        hs_error_text(error, "out of memory");
        return HEARSAY_ERR_NOMEM;
    }
    return 0;
}

/* Reads one line without its newline. Returns 1, 0 at the end of the file, or a negative error. The
 * length is bounded for any file. */
static int next_line(FILE *file, char line[HS_OPTION_TEXT_MAX], char error[HS_ERROR_TEXT_MAX])
{
    size_t len = 0;
    int c;
    while ((c = getc(file)) != EOF && c != '\n') {
        if (c == '\0') {
            hs_error_text(error, "there is a NUL byte: this is not a text file");
            return HEARSAY_ERR_INVALID;
        }
        if (len == HS_OPTION_TEXT_MAX - 1) {
            hs_error_text(error, "line is longer than %d bytes", HS_OPTION_TEXT_MAX - 1);
            return HEARSAY_ERR_INVALID;
        }
        line[len++] = (char)c;
    }
    line[len] = '\0';
    return c == '\n' || len > 0;
}

static int read_lines(struct hs_options *options, FILE *file, unsigned *ret_number,
                      char error[HS_ERROR_TEXT_MAX])
{
    char buffer[HS_OPTION_TEXT_MAX];
    for (;;) {
        ++*ret_number;
        int more = next_line(file, buffer, error);
        if (more <= 0)
            return more;
        cut_comment(buffer);
        char *line = trim_blanks(buffer);
        int err = *line == '\0' ? 0 : read_line(options, line, *ret_number, error);
        if (err < 0)
            return err;
    }
}

int hs_options_read_file(struct hs_options *options, const char *path,
                         char error[HS_ERROR_TEXT_MAX])
{
    char reason[HS_ERROR_TEXT_MAX];
    unsigned number = 0;
    FILE *file = fopen(path, "re");
    if (!file) {
        hs_error_text(error, "config file %s: %s", path, strerror(errno));
        return HEARSAY_ERR_INVALID;
    }
    int err = read_lines(options, file, &number, reason);
    if (err < 0) {
        hs_error_text(error, "%s:%u: %s", path, number, reason);
    } else if (ferror(file)) {
        hs_error_text(error, "config file %s: %s", path, strerror(errno));
        err = HEARSAY_ERR_INVALID;
    }
    fclose(file);
    return err;
}
