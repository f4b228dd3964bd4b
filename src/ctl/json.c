/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How things look in JSON. Ids are strings of hex digits, because most readers make a double of a
 * number and lose the last bits of 64. Requests are read strictly: a request that says two things
 * must not mean the one that the parser met last, and a name with a NUL inside must not mean the
 * part before it. Answers are read leniently: one odd tag must not hide all members.
 */
#include "ctl/ctl.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <hearsay/error.h>

#define YEAR_10000 253402300800ULL /* its first second since 1970 */

#define DUMP_FLAGS (JSON_COMPACT | JSON_REAL_PRECISION(HS_CTL_REAL_DIGITS))

static const char hex_digits[] = "0123456789abcdef";

void hs_ctl_format_hex64(uint64_t value, char text[HS_CTL_HEX64_MAX])
{
    for (int i = HS_CTL_HEX64_MAX - 2; i >= 0; i--) {
        text[i] = hex_digits[value & 15];
        value >>= 4;
    }
    text[HS_CTL_HEX64_MAX - 1] = '\0';
}

json_t *hs_ctl_hex64(uint64_t value)
{
    char text[HS_CTL_HEX64_MAX];
    hs_ctl_format_hex64(value, text);
    return json_string(text);
}

void hs_ctl_format_mark(uint32_t mark, char text[HS_CTL_MARK_MAX])
{
    snprintf(text, HS_CTL_MARK_MAX, "%08" PRIx32, mark);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

int hs_ctl_parse_hex64(const char *text, uint64_t *ret_value)
{
    uint64_t value = 0;
    if (!text || strlen(text) != HS_CTL_HEX64_MAX - 1)
        return HEARSAY_ERR_SYNTAX;
    for (; *text != '\0'; text++) {
        int digit = hex_digit(*text);
        if (digit < 0)
            return HEARSAY_ERR_SYNTAX;
        value = value << 4 | (uint64_t)digit;
    }
    *ret_value = value;
    return 0;
}

int hs_ctl_read_integer(const json_t *object, const char *key, uint64_t max, uint64_t *ret_value)
{
    const json_t *value = json_object_get(object, key);
    json_int_t number = json_integer_value(value);
    if (!json_is_integer(value) || number < 0 || (uint64_t)number > max)
        return HEARSAY_ERR_SYNTAX;
    *ret_value = (uint64_t)number;
    return 0;
}

void hs_ctl_format_id(const char *instance, uint64_t number, char text[HS_CTL_ID_MAX])
{
    snprintf(text, HS_CTL_ID_MAX, "%s-%" PRIu64, instance, number);
}

int hs_ctl_parse_id(const char *text, char ret_instance[HS_CTL_HEX64_MAX], uint64_t *ret_number)
{
    const char *dash = strchr(text, '-');
    uint64_t ignored;
    char *rest;
    if (!dash || dash - text != HS_CTL_HEX64_MAX - 1 || strlen(text) >= HS_CTL_ID_MAX ||
        dash[1] < '0' || dash[1] > '9')
        return HEARSAY_ERR_SYNTAX;
    memcpy(ret_instance, text, HS_CTL_HEX64_MAX - 1);
    ret_instance[HS_CTL_HEX64_MAX - 1] = '\0';
    *ret_number = strtoull(dash + 1, &rest, 10);
    return *rest == '\0' ? hs_ctl_parse_hex64(ret_instance, &ignored) : HEARSAY_ERR_SYNTAX;
}

/* RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. */
bool hs_ctl_is_utf8(const char *bytes, size_t len)
{
    static const struct {
        unsigned char first, last, low, high; /* of the first byte, and of the second */
        unsigned more;
    } forms[] = {
        {0x00, 0x7f, 0, 0, 0},       {0xc2, 0xdf, 0x80, 0xbf, 1}, {0xe0, 0xe0, 0xa0, 0xbf, 2},
        {0xe1, 0xec, 0x80, 0xbf, 2}, {0xed, 0xed, 0x80, 0x9f, 2}, {0xee, 0xef, 0x80, 0xbf, 2},
        {0xf0, 0xf0, 0x90, 0xbf, 3}, {0xf1, 0xf3, 0x80, 0xbf, 3}, {0xf4, 0xf4, 0x80, 0x8f, 3}};
    const unsigned char *at = (const unsigned char *)bytes, *end = at + len;
    while (at < end) {
        size_t form = 0;
        while (form < sizeof(forms) / sizeof(forms[0]) &&
               (*at < forms[form].first || *at > forms[form].last))
            form++;
        if (form == sizeof(forms) / sizeof(forms[0]) || (size_t)(end - at) <= forms[form].more)
            return false;
        for (unsigned i = 1; i <= forms[form].more; i++)
            if (at[i] < (i == 1 ? forms[form].low : 0x80) ||
                at[i] > (i == 1 ? forms[form].high : 0xbf))
                return false;
        at += forms[form].more + 1;
    }
    return true;
}

json_t *hs_ctl_hex(const void *bytes, size_t len)
{
    const unsigned char *from = bytes;
    char *text = malloc(2 * len + 1);
    json_t *json;
    if (!text)
        return NULL;
    for (size_t i = 0; i < len; i++) {
        text[2 * i] = hex_digits[from[i] >> 4];
        text[2 * i + 1] = hex_digits[from[i] & 15];
    }
    json = json_stringn(text, 2 * len);
    free(text);
    return json;
}

int hs_ctl_parse_hex(const char *text, size_t len, void *ret_bytes)
{
    unsigned char *to = ret_bytes;
    if (len % 2 != 0)
        return HEARSAY_ERR_SYNTAX;
    for (size_t i = 0; i < len; i += 2) {
        int high = hex_digit(text[i]), low = hex_digit(text[i + 1]);
        if (high < 0 || low < 0)
            return HEARSAY_ERR_SYNTAX;
        to[i / 2] = (unsigned char)(high << 4 | low);
    }
    return 0;
}

int hs_ctl_parse_mark(const char *text, uint32_t *ret_mark)
{
    uint8_t bytes[4];
    if (!text || strlen(text) != HS_CTL_MARK_MAX - 1 ||
        hs_ctl_parse_hex(text, HS_CTL_MARK_MAX - 1, bytes) < 0)
        return HEARSAY_ERR_SYNTAX;
    *ret_mark =
        (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
    return 0;
}

void hs_ctl_format_time(uint64_t wall_us, char text[HS_CTL_TIME_MAX])
{
    uint64_t seconds = wall_us / 1000000;
    unsigned micros = (unsigned)(wall_us % 1000000);
    struct tm tm;
    if (seconds >= YEAR_10000) {
        seconds = YEAR_10000 - 1;
        micros = 999999;
    }
    time_t clock = (time_t)seconds;
    gmtime_r(&clock, &tm);
    size_t n = strftime(text, HS_CTL_TIME_MAX, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(text + n, HS_CTL_TIME_MAX - n, ".%06uZ", micros);
}

int hs_ctl_parse_time(const char *text, uint64_t *ret_wall_us)
{
    struct tm tm = {0};
    const char *rest = text ? strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) : NULL;
    if (!rest || rest[0] != '.' || strspn(rest + 1, "0123456789") != 6 ||
        strcmp(rest + 7, "Z") != 0)
        return HEARSAY_ERR_SYNTAX;
    time_t seconds = timegm(&tm);
    if (seconds < 0)
        return HEARSAY_ERR_SYNTAX;
    *ret_wall_us = (uint64_t)seconds * 1000000 + strtoul(rest + 1, NULL, 10);
    return 0;
}

bool hs_ctl_next_field(const json_t *object, struct hs_ctl_field *field)
{
    json_t *mutable = (json_t *)(uintptr_t)object; /* as jansson wants it; it does not write */
    field->place =
        field->place ? json_object_iter_next(mutable, field->place) : json_object_iter(mutable);
    if (!field->place)
        return false;
    field->key = json_object_iter_key(field->place);
    field->value = json_object_iter_value(field->place);
    return true;
}

void hs_ctl_put(json_t **object, const char *key, json_t *value)
{
    if (json_object_set_new(*object, key, value) == 0)
        return;
    json_decref(*object);
    *object = NULL;
}

void hs_ctl_append(json_t **array, json_t *value)
{
    if (json_array_append_new(*array, value) == 0)
        return;
    json_decref(*array);
    *array = NULL;
}

static json_t *marks_json(const struct hearsay_member *member)
{
    json_t *marks = json_array();
    for (size_t i = 0; i < member->key_count; i++) {
        char mark[HS_CTL_MARK_MAX];
        hs_ctl_format_mark(member->keys[i], mark);
        hs_ctl_append(&marks, json_string(mark));
    }
    return marks;
}

/* `when` is a field of the name `key`. */
static json_t *member_json(const struct hearsay_member *member, json_t *tags, const char *key,
                           json_t *when)
{
    char addr[HEARSAY_ADDR_TEXT_MAX];
    hearsay_addr_format(&member->addr, addr);
    json_t *object = json_pack(
        "{s:s, s:s, s:s, s:s, s:o, s:o, s:I, s:I, s:I, s:o, s:b, s:o, s:I, s:i, s:i, s:I, s:I}",
        "name", member->name, "addr", addr, "status", hearsay_status_name(member->status), "cause",
        hearsay_cause_name(member->cause), "id", hs_ctl_hex64(member->id), "instance",
        hs_ctl_hex64(member->instance), "timestamp", (json_int_t)member->timestamp, "start",
        (json_int_t)member->start, "tokens", (json_int_t)member->tokens, "tags", tags, "self",
        (int)member->self, key, when, "rtt_us", (json_int_t)member->rtt_us, "version_min",
        (int)member->version_min, "version_max", (int)member->version_max, "ring_hold_us",
        (json_int_t)member->ring_hold_us, "ring_settle_us", (json_int_t)member->ring_settle_us);
    if (member->key_count > 0)
        hs_ctl_put(&object, "keys", marks_json(member));
    return object;
}

json_t *hs_ctl_member(const struct hearsay_member *member, json_t *tags)
{
    json_t *object =
        member_json(member, tags, "in_state_us", json_integer((json_int_t)member->in_state_us));
    hs_ctl_put(&object, "in_ring", json_boolean(member->in_ring));
    return object;
}

json_t *hs_ctl_member_since(const struct hearsay_member *member, json_t *tags, uint64_t since)
{
    char time[HS_CTL_TIME_MAX];
    hs_ctl_format_time(since, time);
    return member_json(member, tags, "since", json_string(time));
}

json_t *hs_ctl_ok(void)
{
    return json_pack("{s:b}", "ok", 1);
}

json_t *hs_ctl_error(enum hs_ctl_error error, const char *format, ...)
{
    json_t *answer, *message;
    va_list args;
    va_start(args, format);
    message = json_vsprintf(format, args);
    va_end(args);
    /* json_vsprintf gives NULL for what is not UTF-8, as a name from outside may be. */
    if (!message)
        message = json_string(hs_ctl_error_name(error));
    answer = json_pack("{s:b, s:s, s:o}", "ok", 0, "error", hs_ctl_error_name(error), "message",
                       message);
    return answer;
}

static int parse_object(const char *line, size_t len, size_t flags, json_t **ret_object)
{
    json_error_t error = {0}; /* jansson leaves it as it is when the first allocation fails */
    json_t *value = json_loadb(line, len, flags, &error);
    if (!value)
        return json_error_code(&error) == json_error_out_of_memory ? HEARSAY_ERR_NOMEM
                                                                   : HEARSAY_ERR_SYNTAX;
    if (!json_is_object(value)) {
        json_decref(value);
        return HEARSAY_ERR_SYNTAX;
    }
    *ret_object = value;
    return 0;
}

int hs_ctl_parse(const char *line, size_t len, json_t **ret_object)
{
    return parse_object(line, len, JSON_ALLOW_NUL, ret_object);
}

static json_t *unknown_command(const json_t *cmd)
{
    if (!json_is_string(cmd))
        return hs_ctl_error(HS_CTL_ERROR_USAGE,
                            "the request names no command: {\"cmd\":\"members\"}");
    return hs_ctl_error(HS_CTL_ERROR_USAGE, "no command named %.64s", json_string_value(cmd));
}

int hs_ctl_parse_request(const char *line, size_t len, enum hs_ctl_command *ret_command,
                         json_t **ret_request, json_t **ret_error)
{
    json_t *request = NULL;
    int r = parse_object(line, len, JSON_REJECT_DUPLICATES, &request);
    if (r < 0) {
        *ret_error = r == HEARSAY_ERR_SYNTAX
                         ? hs_ctl_error(HS_CTL_ERROR_USAGE, "a request is one JSON object a line")
                         : NULL;
        return r;
    }
    const json_t *cmd = json_object_get(request, "cmd");
    if (!json_is_string(cmd) || hs_ctl_command_parse(json_string_value(cmd), ret_command) < 0) {
        *ret_error = unknown_command(cmd);
        json_decref(request);
        return HEARSAY_ERR_INVALID;
    }
    *ret_request = request;
    return 0;
}

char *hs_ctl_dump(const json_t *object, size_t *ret_len)
{
    size_t len = json_dumpb(object, NULL, 0, DUMP_FLAGS);
    if (len == 0)
        return NULL;
    char *line = malloc(len + 2);
    if (!line)
        return NULL;
    if (json_dumpb(object, line, len, DUMP_FLAGS) != len) {
        free(line);
        return NULL;
    }
    line[len] = '\n';
    line[len + 1] = '\0';
    *ret_len = len + 1;
    return line;
}
