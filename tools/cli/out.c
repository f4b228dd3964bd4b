/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names, tags and messages come from other machines: a tag that holds an escape sequence must not
 * clear the screen of the person who looks at it, and a newline must not forge a line. So
 * everything that is not printable in the user's locale is shown as \x1b or \u202e, in files too,
 * where it would wait for the next `cat`. Characters that deceive only the eye (direction of text,
 * zero width) count as not printable.
 *
 * Everything is written through stdio's buffer and judged once, at the end: a full disk gives exit
 * code 1; a reader that closes the pipe early is no error.
 */
#include "out.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "ctl/ctl.h"
#include "service/secret.h"

#define ESCAPE_MAX 10 /* "\U0001f600": the longest form of one code point */

struct cli_screen cli_screen;

static unsigned terminal_width(void)
{
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
        return CLI_WIDTH;
    return size.ws_col < CLI_WIDTH_MIN ? CLI_WIDTH_MIN : size.ws_col;
}

void cli_screen_init(void)
{
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");
    setlocale(LC_CTYPE, "");
    cli_screen.utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    cli_screen.terminal = isatty(STDOUT_FILENO) == 1;
    cli_screen.width = cli_screen.terminal ? terminal_width() : CLI_WIDTH;
    cli_screen.color = cli_screen.terminal && (!no_color || no_color[0] == '\0') && term &&
                       strcmp(term, "dumb") != 0;
}

/* ---- safe text --------------------------------------------------------------------------- */

/* Reads one code point of valid UTF-8; a byte that is none stands for itself, as not printable. */
static size_t next_code_point(const char *text, uint32_t *ret_code, bool *ret_valid)
{
    const unsigned char *s = (const unsigned char *)text;
    size_t len = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
    uint32_t code = s[0];
    *ret_valid = len > 0 && s[0] < 0xf5;
    if (*ret_valid && len > 1)
        code = s[0] & (0x7fU >> len);
    for (size_t i = 1; i < len && *ret_valid; i++) {
        *ret_valid = (s[i] & 0xc0) == 0x80;
        code = code << 6 | (s[i] & 0x3f);
    }
    *ret_code = *ret_valid ? code : s[0];
    return *ret_valid ? len : 1;
}

/* Characters without a glyph that change how others look: joiners, marks of direction, tags. */
static bool is_invisible(uint32_t code)
{
    return (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
           (code >= 0x2060 && code <= 0x206f) || code == 0xfeff || code == 0xad ||
           (code >= 0xe0000 && code <= 0xe007f);
}

/* The columns of a code point, -1 when it must not be printed. */
static int code_width(uint32_t code)
{
    if (code < 0x80)
        return code < 0x20 || code == 0x7f ? -1 : 1;
    if (code < 0xa0 || !cli_screen.utf8 || is_invisible(code))
        return -1;
    return wcwidth((wchar_t)code);
}

/* Appends one code point or its escape; returns the bytes written, at most ESCAPE_MAX. */
static size_t put_code_point(char *out, const char *text, size_t len, uint32_t code, int width)
{
    if (width >= 0) {
        memcpy(out, text, len);
        return len;
    }
    return (size_t)snprintf(out, ESCAPE_MAX + 1,
                            code < 0x100     ? "\\x%02x"
                            : code < 0x10000 ? "\\u%04x"
                                             : "\\U%08x",
                            code);
}

char *cli_safe(const char *text, unsigned *ret_columns)
{
    char *safe = calloc(strlen(text) + 1, ESCAPE_MAX);
    size_t used = 0;
    unsigned columns = 0;
    if (!safe)
        cli_out_of_memory();
    while (*text != '\0') {
        uint32_t code = 0;
        bool valid = false;
        size_t len = next_code_point(text, &code, &valid);
        int width = valid ? code_width(code) : -1;
        size_t n = put_code_point(safe + used, text, len, code, width);
        used += n;
        columns += width >= 0 ? (unsigned)width : (unsigned)n;
        text += len;
    }
    safe[used] = '\0';
    if (ret_columns)
        *ret_columns = columns;
    return safe;
}

size_t cli_next_character(const char *safe, unsigned *ret_columns)
{
    uint32_t code = 0;
    bool valid = false;
    *ret_columns = 0;
    if (safe[0] == '\033')
        return strcspn(safe, "m") + (strchr(safe, 'm') ? 1 : 0);
    size_t len = next_code_point(safe, &code, &valid);
    int width = code_width(code);
    *ret_columns = width > 0 ? (unsigned)width : 0;
    return len;
}

/* The bytes of as many whole characters as fit `columns`. */
static size_t fit_prefix(const char *safe, unsigned columns)
{
    size_t used = 0;
    while (safe[used] != '\0') {
        unsigned width;
        size_t len = cli_next_character(safe + used, &width);
        if (width > columns)
            break;
        columns -= width;
        used += len;
    }
    return used;
}

unsigned cli_columns(const char *safe)
{
    unsigned columns = 0, width;
    for (; *safe != '\0'; columns += width)
        safe += cli_next_character(safe, &width);
    return columns;
}

char *cli_shorten(const char *safe, unsigned columns)
{
    const char *gap = cli_screen.utf8 ? "\xe2\x80\xa6" : "..";
    unsigned gap_width = cli_screen.utf8 ? 1 : 2;
    unsigned all = cli_columns(safe), keep, head;
    const char *tail;
    char *text;
    if (all <= columns || columns <= gap_width)
        return strdup(safe);
    keep = columns - gap_width;
    head = (keep + 1) / 2;
    /* The tail begins behind as many columns as do not fit; a wide character on the border goes. */
    tail = safe + fit_prefix(safe, all - (keep - head));
    while (cli_columns(tail) > keep - head)
        tail += fit_prefix(tail, 2);
    if (asprintf(&text, "%.*s%s%s", (int)fit_prefix(safe, head), safe, gap, tail) < 0)
        return NULL;
    return text;
}

/* ---- printing ---------------------------------------------------------------------------- */

void cli_out_of_memory(void)
{
    if (cli_screen.give_back)
        cli_screen.give_back();
    fputs("hearsay: out of memory\n", stderr);
    _exit(HS_CTL_EXIT_REFUSED);
}

char *cli_vformat(const char *format, va_list args)
{
    char *text;
    if (vasprintf(&text, format, args) < 0)
        cli_out_of_memory();
    return text;
}

/* A line with words of anybody. Frees it. */
static void put_line(FILE *out, const char *before, char *text)
{
    char *safe = cli_safe(text, NULL);
    fprintf(out, "%s%s\n", before, safe);
    free(safe);
    free(text);
}

void cli_complain(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = cli_vformat(format, args);
    va_end(args);
    hs_hide_keys(text);
    put_line(stderr, "hearsay: ", text);
}

void cli_say(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    put_line(stdout, "", cli_vformat(format, args));
    va_end(args);
}

int cli_finish(int code)
{
    bool failed = ferror(stdout) != 0;
    int error = errno; /* of an earlier write; fflush sets it anew if it fails too */

    if (fflush(stdout) != 0) {
        failed = true;
        error = errno;
    }
    if (!failed || error == EPIPE)
        return code;
    cli_complain("cannot write the output: %s", strerror(error));
    return code != HS_CTL_EXIT_OK ? code : HS_CTL_EXIT_REFUSED;
}

void cli_put(const char *text)
{
    fputs(text, stdout);
}

void cli_write_colored(FILE *out, enum cli_color color, const char *text)
{
    static const char *const codes[] = {
        [CLI_PLAIN] = "", [CLI_BOLD] = "1",   [CLI_DIM] = "2",     [CLI_REVERSE] = "7",
        [CLI_RED] = "31", [CLI_GREEN] = "32", [CLI_YELLOW] = "33",
    };

    if (cli_screen.color && color != CLI_PLAIN)
        fprintf(out, "\033[%sm%s\033[0m", codes[color], text);
    else
        fputs(text, out);
}

void cli_put_colored(enum cli_color color, const char *text)
{
    cli_write_colored(stdout, color, text);
}

void cli_write_safe(FILE *out, enum cli_color color, const char *text)
{
    char *safe = cli_safe(text, NULL);
    cli_write_colored(out, color, safe);
    free(safe);
}

void cli_put_safe(enum cli_color color, const char *text)
{
    cli_write_safe(stdout, color, text);
}

#define NAME_WIDTH  9 /* the longest name of a field; the test `cli-output` looks at all of them */
#define GAP         "  "
#define FIELD_WIDTH (NAME_WIDTH + sizeof(GAP) - 1)

void cli_put_field(const char *name, const char *value)
{
    char *safe = cli_safe(value[0] != '\0' ? value : "-", NULL);
    printf("%-*s" GAP "%s\n", NAME_WIDTH, name, safe);
    free(safe);
}

void cli_put_formatted(const char *name, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = cli_vformat(format, args);
    va_end(args);
    cli_put_field(name, text);
    free(text);
}

void cli_put_list(const char *name, const char *list)
{
    char *safe = cli_safe(list, NULL);
    size_t room = CLI_WIDTH - FIELD_WIDTH;
    char *rest = safe;
    while (strlen(rest) > room) {
        char *end = rest + room;
        while (end > rest && !(end[-1] == ',' && end[0] == ' '))
            end--;
        if (end == rest)
            break; /* one item wider than a line */
        printf("%-*s" GAP "%.*s\n", NAME_WIDTH, name, (int)(end - rest), rest);
        name = "";
        rest = end + 1;
    }
    printf("%-*s" GAP "%s\n", NAME_WIDTH, name, rest);
    free(safe);
}

/* ---- lists ------------------------------------------------------------------------------- */

void cli_list_begin(struct cli_list *list, const char *separator)
{
    *list = (struct cli_list){.separator = separator};
    list->out = open_memstream(&list->text, &list->len);
    if (!list->out)
        cli_out_of_memory();
}

void cli_list_add(struct cli_list *list, const char *format, ...)
{
    va_list args;
    if (ftell(list->out) > 0)
        fputs(list->separator, list->out);
    va_start(args, format);
    vfprintf(list->out, format, args);
    va_end(args);
}

char *cli_list_end(struct cli_list *list)
{
    if (fclose(list->out) != 0)
        cli_out_of_memory();
    return list->text;
}

/* ---- JSON -------------------------------------------------------------------------------- */

/* jansson escapes what JSON demands; DEL, C1 and marks of direction are legal there and still reach
 * the terminal. They only stand inside strings, where \u means the same. */
static void put_json_text(const char *text)
{
    while (*text != '\0') {
        uint32_t code = 0;
        bool valid = false;
        size_t len = next_code_point(text, &code, &valid);
        if (code == 0x7f || (code >= 0x80 && code < 0xa0) || (is_invisible(code) && code < 0x10000))
            printf("\\u%04x", code);
        else
            fwrite(text, 1, len, stdout);
        text += len;
    }
    putchar('\n');
}

void cli_put_json(const json_t *object)
{
    json_t *copy = json_deep_copy(object);
    if (!copy)
        cli_out_of_memory();
    json_object_del(copy, "ok");
    /* 15 digits come back as they were written: 0.54, not 0.54000000000000004. */
    char *text = json_dumps(copy, JSON_COMPACT | JSON_REAL_PRECISION(15));
    json_decref(copy);
    if (!text)
        cli_out_of_memory();
    put_json_text(text);
    free(text);
}
