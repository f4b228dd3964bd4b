/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Editors of other systems write a byte order mark before the first line, which is skipped, and
 * CRLF, whose CR is a blank at the end. A file of UTF-16 is called so, because "there is a NUL
 * byte" helps nobody.
 */
#include "service/text_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <hearsay/error.h>

#define TEXT_OF(number) #number
#define TEXT(number)    TEXT_OF(number)

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

char *hs_text_trim(char *text)
{
    char *end = text + strlen(text);
    while (end > text && is_blank(end[-1]))
        *--end = '\0';
    while (is_blank(*text))
        text++;
    return text;
}

void hs_text_cut_comment(char *line)
{
    for (char *p = line; *p != '\0'; p++)
        if (*p == '#' && (p == line || is_blank(p[-1]))) {
            *p = '\0';
            return;
        }
}

static void skip_line(FILE *file)
{
    int c;
    do
        c = getc(file);
    while (c != EOF && c != '\n');
}

/* Reads one line without its newline. Returns 1, 0 at the end of the file, or a negative error. The
 * length is bounded for any file. At a NUL byte `line` has what was before it. */
static int next_line(FILE *file, char line[HS_TEXT_LINE_MAX + 1])
{
    size_t len = 0;
    int c;
    while ((c = getc(file)) != EOF && c != '\n' && c != '\0' && len < HS_TEXT_LINE_MAX)
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
    return err == HEARSAY_ERR_TOOBIG ? "line is longer than " TEXT(HS_TEXT_LINE_MAX) " bytes"
                                     : NULL;
}

int hs_text_file_next(struct hs_text_file *file, char **ret_line, char fault[HS_ERROR_TEXT_MAX])
{
    static const char mark[] = "\xef\xbb\xbf"; /* U+FEFF in UTF-8 */
    unsigned number = ++file->line;
    int more = next_line(file->file, file->buffer);
    if (more == 0)
        return 0;
    const char *words = line_fault(file->buffer, number, more);
    if (words) {
        hs_error_text(fault, "%s", words);
        return more == HEARSAY_ERR_TOOBIG ? HEARSAY_ERR_INVALID : HEARSAY_ERR_SYNTAX;
    }
    bool marked = number == 1 && strncmp(file->buffer, mark, sizeof(mark) - 1) == 0;
    *ret_line = hs_text_trim(file->buffer + (marked ? sizeof(mark) - 1 : 0));
    /* A CR within it is the line end of another system: all that follows would be part of one value
     * or, worse, of a comment. */
    if (!strchr(*ret_line, '\r'))
        return 1;
    hs_error_text(fault,
                  "'%.64s' must be without control characters, and here is \r: lines end with LF "
                  "or CRLF",
                  *ret_line);
    return HEARSAY_ERR_INVALID;
}

/* Opening a pipe for reading would wait for its writer; for what is a file the flag means
 * nothing. */
int hs_text_file_open(struct hs_text_file *file, const char *path, bool only_files,
                      const char **ret_reason)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | (only_files ? O_NONBLOCK : 0));

    file->file = NULL;
    file->line = 0;
    if (fd >= 0 && fstat(fd, &st) == 0 && only_files && !S_ISREG(st.st_mode) &&
        !S_ISCHR(st.st_mode))
        *ret_reason = "is not a file";
    else if (fd < 0 || !(file->file = fdopen(fd, "r")))
        *ret_reason = strerror(errno);
    if (!file->file && fd >= 0)
        close(fd);
    return file->file ? 0 : HEARSAY_ERR_INVALID;
}

int hs_text_file_close(struct hs_text_file *file)
{
    int number = ferror(file->file) ? errno : 0;

    fclose(file->file);
    return number;
}
