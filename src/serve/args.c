/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/args.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hearsay/error.h>

#include "ctl/ctl.h"

#define NUMBER_DIGITS_MAX 19 /* of a number that 64 bits surely hold */

__attribute__((format(printf, 3, 4))) static int fail(int err, char fault[HS_ARGS_FAULT_MAX],
                                                      const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(fault, HS_ARGS_FAULT_MAX, format, args);
    va_end(args);
    return err;
}

/* ---- decoding ---------------------------------------------------------------------------- */

/* Decodes in place; `plus`: a '+' is a blank, as in forms. */
static int decode(char *text, bool plus, char fault[HS_ARGS_FAULT_MAX])
{
    char *to = text;

    for (const char *from = text; *from != '\0'; from++) {
        unsigned char byte = (unsigned char)*from;

        if (byte == '%') {
            if (from[1] == '\0' || hs_ctl_parse_hex(from + 1, 2, &byte) < 0)
                return fail(HEARSAY_ERR_SYNTAX, fault,
                            "%% is followed by two hex digits, as in %%20");
            from += 2;
        } else if (plus && byte == '+') {
            byte = ' ';
        }
        if (byte < ' ' || byte == 0x7f)
            return fail(HEARSAY_ERR_SYNTAX, fault, "there is a control character, %%%02X", byte);
        *to++ = (char)byte;
    }
    *to = '\0';
    if (hs_ctl_is_utf8(text, (size_t)(to - text)))
        return 0;
    return fail(HEARSAY_ERR_SYNTAX, fault, "there is text that is not UTF-8 (a key: key_hex)");
}

/* True if `name` is one of the words. */
static bool is_word(const char *words, const char *name)
{
    size_t len = strlen(name);

    while (words && *words != '\0') {
        size_t size = strcspn(words, " ");

        if (size == len && memcmp(words, name, len) == 0)
            return true;
        words += size + (words[size] == ' ');
    }
    return false;
}

static int add_arg(struct hs_args *args, char *text, const char *repeats,
                   char fault[HS_ARGS_FAULT_MAX])
{
    char *equals = strchr(text, '=');
    struct hs_arg arg = {.name = text, .value = equals ? equals + 1 : ""};
    int err;

    if (equals)
        *equals = '\0';
    err = decode(text, true, fault);
    if (err == 0 && equals)
        err = decode(equals + 1, true, fault);
    if (err < 0)
        return err;
    if (arg.name[0] == '\0')
        return fail(HEARSAY_ERR_SYNTAX, fault, "an argument has no name: they are NAME=VALUE&...");
    if (hs_args_get(args, arg.name) && !is_word(repeats, arg.name))
        return fail(HEARSAY_ERR_SYNTAX, fault, "the argument %.64s is given twice", arg.name);
    if (args->count == HS_ARGS_MAX)
        return fail(HEARSAY_ERR_TOOBIG, fault, "more than %d arguments", HS_ARGS_MAX);
    args->items[args->count++] = arg;
    return 0;
}

int hs_args_read(struct hs_args *ret_args, const char *target, const char *repeats,
                 char fault[HS_ARGS_FAULT_MAX])
{
    size_t len = strlen(target);
    char *query, *item;
    int err;

    ret_args->count = 0;
    ret_args->path = "/";
    if (len >= sizeof(ret_args->text))
        return fail(HEARSAY_ERR_TOOBIG, fault, "the target is longer than %d bytes",
                    HS_TARGET_MAX - 1);
    if (target[0] != '/')
        return fail(HEARSAY_ERR_SYNTAX, fault, "the target must begin with /");
    memcpy(ret_args->text, target, len + 1);
    query = strchr(ret_args->text, '?');
    if (query)
        *query++ = '\0';
    err = decode(ret_args->text, false, fault);
    if (err < 0)
        return err;
    ret_args->path = ret_args->text;
    if (!query || query[0] == '\0')
        return 0;
    while (err == 0 && (item = strsep(&query, "&")))
        err = add_arg(ret_args, item, repeats, fault);
    return err;
}

/* ---- asking ------------------------------------------------------------------------------ */

int hs_args_only(const struct hs_args *args, const char *allowed, char fault[HS_ARGS_FAULT_MAX])
{
    for (size_t i = 0; i < args->count; i++) {
        if (is_word(allowed, args->items[i].name))
            continue;
        if (!allowed || allowed[0] == '\0')
            return fail(HEARSAY_ERR_INVALID, fault, "%.64s: there are no arguments here",
                        args->items[i].name);
        return fail(HEARSAY_ERR_INVALID, fault, "there is no argument %.64s: there are %.128s",
                    args->items[i].name, allowed);
    }
    return 0;
}

const char *hs_args_get(const struct hs_args *args, const char *name)
{
    for (size_t i = 0; i < args->count; i++)
        if (strcmp(args->items[i].name, name) == 0)
            return args->items[i].value;
    return NULL;
}

int hs_args_copy(const struct hs_args *args, const char *name, char **ret_copy)
{
    const char *value = hs_args_get(args, name);

    *ret_copy = value ? strdup(value) : NULL;
    return value && !*ret_copy ? HEARSAY_ERR_NOMEM : 0;
}

int hs_args_number(const struct hs_args *args, const char *name, uint64_t min, uint64_t max,
                   uint64_t *ret_number, char fault[HS_ARGS_FAULT_MAX])
{
    const char *text = hs_args_get(args, name);
    size_t len = text ? strspn(text, "0123456789") : 0;
    uint64_t number;

    if (!text)
        return 0;
    number = strtoull(text, NULL, 10);
    if (len == 0 || len > NUMBER_DIGITS_MAX || text[len] != '\0' || number < min || number > max)
        return fail(HEARSAY_ERR_INVALID, fault, "%s must be a number from %" PRIu64 " to %" PRIu64,
                    name, min, max);
    *ret_number = number;
    return 0;
}

int hs_args_flag(const struct hs_args *args, const char *name, bool *ret_flag,
                 char fault[HS_ARGS_FAULT_MAX])
{
    const char *text = hs_args_get(args, name);

    if (!text)
        return 0;
    if (!is_word("true 1 false 0", text))
        return fail(HEARSAY_ERR_INVALID, fault, "%s must be true or false", name);
    *ret_flag = is_word("true 1", text);
    return 0;
}
