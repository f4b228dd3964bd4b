/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A line that is no key is most often nearly one: text that an editor or a page has changed. Such a
 * line must never be printed, so the sentences here say what is wrong without showing it.
 */
#include "seal/text.h"

#include <stdbool.h>
#include <string.h>

#define NEARLY 4 /* characters that a key may have lost or gained and still look like one */

struct fault {
    const char *bytes;
    const char *text;
};

/* Characters that look like nothing, or like a blank. Longer sequences stand first. */
static const struct fault invisible[] = {
    {"\xef\xbb\xbf", "here is a byte order mark (U+FEFF), which cannot be seen: save the file as "
                     "UTF-8 without it"},
    {"\xc2\xa0", "here is a no-break space (U+00A0), which looks like a blank: delete it"},
    {"\xe2\x80\x8b", "here is a zero width space (U+200B), which cannot be seen: delete it"},
    {"\xe2\x80\x8c", "here is a zero width non-joiner (U+200C), which cannot be seen: delete it"},
    {"\xe2\x80\x8d", "here is a zero width joiner (U+200D), which cannot be seen: delete it"},
    {"\xe2\x80\x8e", "here is a left-to-right mark (U+200E), which cannot be seen: delete it"},
    {"\xe2\x80\x8f", "here is a right-to-left mark (U+200F), which cannot be seen: delete it"},
    {"\xe2\x80\xa8", "here is a line separator (U+2028): lines end with LF or CRLF"},
    {"\xe2\x80\xaf", "here is a narrow no-break space (U+202F), which looks like a blank: delete "
                     "it"},
    {"\xe2\x81\xa0", "here is a word joiner (U+2060), which cannot be seen: delete it"},
    {"\xc2\xad", "here is a soft hyphen (U+00AD), which cannot be seen: delete it"},
};

void hs_key_text_begin(struct hs_key_text *text, const char *bytes, size_t len)
{
    memset(text, 0, sizeof(*text));
    text->next = bytes;
    text->end = bytes + len;
}

/* ---- what is wrong with a line ----------------------------------------------------------- */

static bool begins_with(const char *line, size_t len, const char *prefix)
{
    size_t size = strlen(prefix);
    return len >= size && memcmp(line, prefix, size) == 0;
}

static bool is_shown(char c)
{
    return c > ' ' && c <= '~';
}

/* The first character that no key has because it cannot be seen or is not ASCII; NULL: none. */
static const char *strange_fault(const char *line, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (is_shown(line[i]) || line[i] == ' ' || line[i] == '\t')
            continue;
        if (line[i] == '\0')
            return "here is a NUL byte: this is not a text file";
        if (line[i] == '\r')
            return "here is a carriage return within the line: lines end with LF or CRLF";
        if ((unsigned char)line[i] < 0x80)
            return "here is a control character: a key has letters, digits, '+', '/' and '='";
        for (size_t k = 0; k < sizeof(invisible) / sizeof(invisible[0]); k++)
            if (begins_with(line + i, len - i, invisible[k].bytes))
                return invisible[k].text;
        return "here is a character that is not ASCII: a key has letters, digits, '+', '/' and '='";
    }
    return NULL;
}

static bool has_any(const char *line, size_t len, const char *characters)
{
    for (size_t i = 0; i < len; i++)
        if (line[i] != '\0' && strchr(characters, line[i]))
            return true;
    return false;
}

/* What is wrong with a line without strange characters that could not be decoded. */
static const char *shape_fault(const char *line, size_t len)
{
    if (has_any(line, len, " \t"))
        return "here is a blank within the line: a key is one word, one key a line";
    if (has_any(line, len, "\"'"))
        return "here are quotes: a key stands without them";
    if (has_any(line, len, "-_"))
        return "here is '-' or '_': a key is standard base64, which has '+' and '/' instead";
    if (len == HS_KEY_BASE64 - 1 && line[len - 1] != '=')
        return "the '=' at the end of the key is missing";
    if (len < HS_KEY_BASE64)
        return "the line is too short: a key is 32 bytes in base64, 44 characters";
    if (len > HS_KEY_BASE64)
        return "the line is too long: a key is 32 bytes in base64, 44 characters, one key a line";
    return "the line is not base64 of 32 bytes: a key has letters, digits, '+' and '/', and one "
           "'=' at the end";
}

/* ---- reading ----------------------------------------------------------------------------- */

static bool decode(struct hs_key_text *text, const char *line, size_t len)
{
    size_t size = 0;
    if (len != HS_KEY_BASE64 || has_any(line, len, " \t")) /* nettle passes over blanks */
        return false;
    base64_decode_init(&text->decoder);
    return base64_decode_update(&text->decoder, &size, text->decoded, len, line) &&
           base64_decode_final(&text->decoder) && size == HEARSAY_KEY_SIZE;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The line's end without its comment, a CR, and blanks. */
static size_t length_of(const char *line, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (line[i] == '#' && (i == 0 || is_blank(line[i - 1])))
            len = i;
    if (len > 0 && line[len - 1] == '\r')
        len--;
    while (len > 0 && is_blank(line[len - 1]))
        len--;
    return len;
}

static bool is_utf16(const char *line, size_t len)
{
    return begins_with(line, len, "\xff\xfe") || begins_with(line, len, "\xfe\xff") ||
           (len >= 2 && (line[0] == '\0') != (line[1] == '\0'));
}

/* Reads one line. Returns the key, or NULL if it has none; `fault` tells the rest. */
static const uint8_t *read_line(struct hs_key_text *text, const char *line, size_t len)
{
    if (text->line == 1 && is_utf16(line, len)) {
        text->fault = "this is text in UTF-16: save the file as UTF-8";
        return NULL;
    }
    len = length_of(line, len);
    while (len > 0 && is_blank(*line)) {
        line++;
        len--;
    }
    if (len == 0)
        return NULL;
    text->fault = strange_fault(line, len);
    if (text->fault)
        return NULL;
    if (decode(text, line, len))
        return text->decoded;
    text->fault = shape_fault(line, len);
    return NULL;
}

#define CAPITALS "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define SMALL    "abcdefghijklmnopqrstuvwxyz"

bool hearsay_key_resembles(const char *text)
{
    size_t len = strlen(text);
    return len >= HS_KEY_BASE64 - NEARLY && len <= HS_KEY_BASE64 + NEARLY &&
           strspn(text, CAPITALS SMALL "0123456789+/-_=") == len && strpbrk(text, CAPITALS) &&
           strpbrk(text, SMALL);
}

const uint8_t *hs_key_text_next(struct hs_key_text *text)
{
    const uint8_t *key = NULL;
    while (!key && !text->fault && text->next < text->end) {
        size_t left = (size_t)(text->end - text->next);
        const char *newline = memchr(text->next, '\n', left);
        size_t len = newline ? (size_t)(newline - text->next) : left;
        text->line++;
        key = read_line(text, text->next, len);
        text->next += newline ? len + 1 : len;
    }
    return key;
}
