/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `key = value`, one per line, with the keys of the flags. A '#' at the start of a line or after a
 * blank begins a comment. There is no nesting, quoting or inclusion, so anybody who can write the
 * command line can write the file. A key that is given twice in a file is an error unless it is a
 * list, because only one of the values would count and the reader could not see which.
 *
 * Editors of other systems write a byte order mark before the first line, which is skipped, and
 * CRLF, whose CR is a blank at the end. A file of UTF-16 is called so, because "there is a NUL
 * byte" helps nobody.
 */
#include "agent/options/conf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <hearsay/error.h>

#include "agent/options/legible.h"

#define TEXT_OF(number) #number
#define TEXT(number)    TEXT_OF(number)

/* A file that is being read. */
struct source {
    FILE *file;
    const char *path;
    struct hs_text_place place;
    struct hs_options *options;
    struct hs_mistakes *mistakes;
};

static void add_mistake(const struct source *source, const char *reason)
{
    char line[HS_ERROR_TEXT_MAX];
    hs_error_text(line, "%.200s:%u: %s", source->path, source->place.line, reason);
    hs_mistakes_add(source->mistakes, source->place, HEARSAY_ERR_INVALID, line);
}

/* ---- a line ------------------------------------------------------------------------------ */

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
    char reason[HS_ERROR_TEXT_MAX];
    const struct hs_option *option = hs_option_find(key);
    if (option && option->arg && option->type != HS_OPTION_FILE)
        return option;
    const char *similar = hs_option_similar(key);
    if (option)
        hs_error_text(error, "'%s' can only be a flag", key);
    else if (hs_legible(NULL, key, reason) < 0)
        hs_error_text(error, "key '%.64s' %s", key, reason);
    else if (similar)
        hs_error_text(error, "unknown key '%.64s'; did you mean '%s'?", key, similar);
    else
        hs_error_text(error, "unknown key '%.64s'; see hearsay.conf(5)", key);
    return NULL;
}

/* Whether this line's text counts: 1, or 0 if it does not, or a negative error. */
static int may_note(const struct source *source, const struct hs_option *option, const char *value,
                    char error[HS_ERROR_TEXT_MAX])
{
    char reason[HS_ERROR_TEXT_MAX];
    if (hs_legible(option, value, reason) < 0) {
        hs_error_text(error, "%s = %.100s: %s", option->key, value, reason);
        return HEARSAY_ERR_INVALID;
    }
    if (!source->options->text[hs_option_row(option)])
        return 1;
    struct hs_text_place before = hs_options_place(source->options, option);
    if (before.file == 0) /* a flag has precedence */
        return 0;
    if (before.file != source->place.file || hs_option_is_list(option))
        return 1;
    hs_error_text(error, "'%s' is given twice, first in line %u", option->key, before.line);
    return HEARSAY_ERR_INVALID;
}

/* One line, without its comment and without blanks at its ends. Returns 0 or HEARSAY_ERR_NOMEM. */
static int read_line(const struct source *source, char *line)
{
    char error[HS_ERROR_TEXT_MAX];
    char *equals = strchr(line, '=');
    if (!equals) {
        hs_error_text(error, "'%.64s' must be: key = value", line);
        add_mistake(source, error);
        return 0;
    }
    *equals = '\0';
    const char *key = trim_blanks(line), *value = trim_blanks(equals + 1);
    const struct hs_option *option = find_key(key, error);
    int counts = option ? may_note(source, option, value, error) : HEARSAY_ERR_INVALID;
    if (counts < 0)
        add_mistake(source, error);
    return counts > 0 ? hs_options_note(source->options, option, value, source->place) : 0;
}

/* ---- a file ------------------------------------------------------------------------------ */

static void skip_line(FILE *file)
{
    int c;
    do
        c = getc(file);
    while (c != EOF && c != '\n');
}

/* Reads one line without its newline. Returns 1, 0 at the end of the file, or a negative error. The
 * length is bounded for any file. At a NUL byte `line` has what was before it. */
static int next_line(FILE *file, char line[HS_OPTION_TEXT_MAX])
{
    size_t len = 0;
    int c;
    while ((c = getc(file)) != EOF && c != '\n' && c != '\0' && len < HS_OPTION_TEXT_MAX - 1)
        line[len++] = (char)c;
    line[len] = '\0';
    if (c == '\0')
        return HEARSAY_ERR_SYNTAX;
    if (c == EOF || c == '\n')
        return c == '\n' || len > 0;
    skip_line(file);
    return HEARSAY_ERR_TOOBIG;
}

/* Why a line could not be read; the first line also tells the encoding. */
static const char *line_fault(const char *line, unsigned number, int err)
{
    bool mark = strncmp(line, "\xff\xfe", 2) == 0 || strncmp(line, "\xfe\xff", 2) == 0;
    if (number == 1 && (mark || (err == HEARSAY_ERR_SYNTAX && strlen(line) <= 1)))
        return "this is text in UTF-16: save the file as UTF-8";
    if (err == HEARSAY_ERR_SYNTAX)
        return "there is a NUL byte: this is not a text file";
    return err == HEARSAY_ERR_TOOBIG ? "line is longer than " TEXT(HS_OPTION_LINE_MAX) " bytes"
                                     : NULL;
}

/* One line as it is in the file. A CR within it is the line end of another system: all that follows
 * would be part of one value or, worse, of a comment. */
static int read_raw_line(const struct source *source, char *line)
{
    char error[HS_ERROR_TEXT_MAX];
    line = trim_blanks(line);
    if (strchr(line, '\r')) {
        hs_error_text(error,
                      "'%.64s' must be without control characters, and here is \r: lines end with "
                      "LF or CRLF",
                      line);
        add_mistake(source, error);
        return 0;
    }
    cut_comment(line);
    line = trim_blanks(line);
    return *line == '\0' ? 0 : read_line(source, line);
}

/* Returns 0 or HEARSAY_ERR_NOMEM. */
static int read_lines(struct source *source)
{
    static const char mark[] = "\xef\xbb\xbf"; /* U+FEFF in UTF-8 */
    char buffer[HS_OPTION_TEXT_MAX] = "";
    for (;;) {
        unsigned number = ++source->place.line;
        int more = next_line(source->file, buffer);
        if (more == 0)
            return 0;
        const char *fault = line_fault(buffer, number, more);
        if (fault) {
            add_mistake(source, fault);
            if (more == HEARSAY_ERR_TOOBIG)
                continue;
            return 0; /* every further line would be wrong too */
        }
        bool marked = number == 1 && strncmp(buffer, mark, sizeof(mark) - 1) == 0;
        int err = read_raw_line(source, buffer + (marked ? sizeof(mark) - 1 : 0));
        if (err < 0)
            return err;
    }
}

static void add_file_mistake(const struct source *source, const char *reason)
{
    char line[HS_ERROR_TEXT_MAX];
    hs_error_text(line, "config file %.200s: %s", source->path, reason);
    hs_mistakes_add(source->mistakes, source->place, HEARSAY_ERR_INVALID, line);
}

/* Opening a pipe for reading would wait for its writer; for what is a file the flag means
 * nothing. */
static FILE *open_file(const char *path, bool only_files, const char **ret_reason)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | (only_files ? O_NONBLOCK : 0));
    FILE *file = NULL;
    if (fd >= 0 && fstat(fd, &st) == 0 && only_files && !S_ISREG(st.st_mode) &&
        !S_ISCHR(st.st_mode))
        *ret_reason = "is not a file";
    else if (fd < 0 || !(file = fdopen(fd, "r")))
        *ret_reason = strerror(errno);
    if (!file && fd >= 0)
        close(fd);
    return file;
}

int hs_options_read_file(struct hs_options *options, const char *path, bool only_files,
                         struct hs_mistakes *mistakes)
{
    struct source source = {.path = path, .options = options, .mistakes = mistakes};
    const char *reason = NULL;
    int err = hs_options_note_file(options, path, &source.place.file);
    if (err == HEARSAY_ERR_FULL) {
        source.place.file = HS_OPTION_FILES_MAX;
        add_file_mistake(&source,
                         "is one more than the " TEXT(
                             HS_OPTION_FILES_MAX) " files that are read: merge some of them");
        return 0;
    }
    if (err < 0)
        return err;
    source.file = open_file(path, only_files, &reason);
    if (!source.file) {
        add_file_mistake(&source, reason);
        return 0;
    }
    err = read_lines(&source);
    if (ferror(source.file))
        add_file_mistake(&source, strerror(errno));
    fclose(source.file);
    return err;
}
