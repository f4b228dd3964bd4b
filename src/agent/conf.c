/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The config file: `key = value`, one a line, the keys of the flags. A '#' at the start of a line
 * or after a blank begins a comment. There is no nesting, quoting or inclusion: whoever can write
 * the command line can write the file. A key given twice is an error unless it is a list, because
 * the one that does not count would be read by its author as the one that does.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <hearsay/error.h>

#include "agent/options.h"

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static char *trim(char *text)
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

static const struct hs_option *find_key(const char *key, char why[HS_WHY_MAX])
{
    const struct hs_option *option = hs_option_find(key);
    const char *similar;

    if (option != NULL && option->arg != NULL && option->type != HS_OPTION_FILE)
        return option;
    if (option != NULL) {
        hs_why(why, "'%s' can only be a flag", key);
        return NULL;
    }
    similar = hs_option_similar(key);
    if (similar != NULL)
        hs_why(why, "unknown key '%.64s'; did you mean '%s'?", key, similar);
    else
        hs_why(why, "unknown key '%.64s'; see hearsay.conf(5)", key);
    return NULL;
}

/* One line, comment and blanks already gone. `of_flags` has the keys that flags have set. */
static int read_line(struct hs_options *options, const bool *of_flags, char *line, unsigned number,
                     char why[HS_WHY_MAX])
{
    char *equals = strchr(line, '='), *key, *value;
    const struct hs_option *option;
    size_t row;

    if (equals == NULL) {
        hs_why(why, "'%.64s' must be: key = value", line);
        return HEARSAY_ERR_INVALID;
    }
    *equals = '\0';
    key = trim(line);
    value = trim(equals + 1);
    option = find_key(key, why);
    if (option == NULL)
        return HEARSAY_ERR_INVALID;
    row = (size_t)(option - hs_option_table);
    if (of_flags[row])
        return 0;
    if (options->text[row] != NULL && option->type != HS_OPTION_JOIN &&
        option->type != HS_OPTION_TAG) {
        hs_why(why, "'%s' is given twice, first in line %u", key, options->line[row]);
        return HEARSAY_ERR_INVALID;
    }
    if (hs_options_note(options, option, value, number) < 0) {
        hs_why(why, "out of memory");
        return HEARSAY_ERR_NOMEM;
    }
    return 0;
}

/* One line without its newline: 1, 0 at the end, or a negative error. Bounded, whatever
 * the file. */
static int next_line(FILE *file, char line[HS_OPTION_TEXT_MAX], char why[HS_WHY_MAX])
{
    size_t len = 0;
    int c;

    while ((c = getc(file)) != EOF && c != '\n') {
        if (c == '\0') {
            hs_why(why, "a NUL byte: this is no text file");
            return HEARSAY_ERR_INVALID;
        }
        if (len == HS_OPTION_TEXT_MAX - 1) {
            hs_why(why, "line is longer than %d bytes", HS_OPTION_TEXT_MAX - 1);
            return HEARSAY_ERR_INVALID;
        }
        line[len++] = (char)c;
    }
    line[len] = '\0';
    return c == '\n' || len > 0;
}

static int read_lines(struct hs_options *options, const bool *of_flags, FILE *file,
                      unsigned *ret_number, char why[HS_WHY_MAX])
{
    char buffer[HS_OPTION_TEXT_MAX], *line;
    int r;

    for (;;) {
        ++*ret_number;
        r = next_line(file, buffer, why);
        if (r <= 0)
            return r;
        cut_comment(buffer);
        line = trim(buffer);
        r = *line == '\0' ? 0 : read_line(options, of_flags, line, *ret_number, why);
        if (r < 0)
            return r;
    }
}

int hs_options_read_file(struct hs_options *options, const char *path, char why[HS_WHY_MAX])
{
    bool of_flags[HS_OPTIONS_MAX];
    char reason[HS_WHY_MAX];
    unsigned number = 0;
    FILE *file = fopen(path, "re");
    int r;

    if (file == NULL) {
        hs_why(why, "config file %s: %s", path, strerror(errno));
        return HEARSAY_ERR_INVALID;
    }
    for (size_t i = 0; i < HS_OPTIONS_MAX; i++)
        of_flags[i] = options->text[i] != NULL;
    r = read_lines(options, of_flags, file, &number, reason);
    if (r < 0) {
        hs_why(why, "%s:%u: %s", path, number, reason);
    } else if (ferror(file)) {
        hs_why(why, "config file %s: %s", path, strerror(errno));
        r = HEARSAY_ERR_INVALID;
    }
    (void)fclose(file);
    return r;
}
