/* SPDX-License-Identifier: Apache-2.0 */
#include "dns/name.h"

#include <string.h>

#include <hearsay/error.h>

/* Two bits of a length byte say what follows: 00 a label, 11 a pointer; the others are reserved. */
#define KIND_MASK 0xc0

bool hs_dns_name_read(const uint8_t *bytes, size_t len, size_t *at, struct hs_dns_name *ret_name)
{
    struct hs_dns_name name = {.size = 0};
    size_t from = *at;

    for (;;) {
        size_t left = len - from, label = left > 0 ? bytes[from] : 0;

        if (left < 1 + label || label > HS_DNS_LABEL_MAX || name.size + 1 + label > HS_DNS_NAME_MAX)
            return false;
        memcpy(name.bytes + name.size, bytes + from, 1 + label);
        from += 1 + label;
        if (label > 0)
            name.at[name.labels++] = (uint8_t)name.size;
        name.size += 1 + label;
        if (label == 0)
            break;
    }
    *ret_name = name;
    *at = from;
    return true;
}

bool hs_dns_name_skip(const uint8_t *bytes, size_t len, size_t *at)
{
    for (size_t from = *at; from < len;) {
        size_t label = bytes[from];

        if ((label & KIND_MASK) == KIND_MASK) {
            *at = from + 2;
            return len - from >= 2;
        }
        if (label > HS_DNS_LABEL_MAX)
            return false;
        from += 1 + label;
        if (label == 0) {
            *at = from;
            return true;
        }
    }
    return false;
}

static bool is_host_letter(char letter)
{
    return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '-' ||
           letter == '_';
}

/* The wire's form of a text differs from it by a byte at the beginning and one at the end. */
int hs_dns_name_parse(const char *text, struct hs_dns_name *ret_name)
{
    size_t len = strlen(text), begin = 0, at = 0;
    uint8_t bytes[HS_DNS_NAME_MAX + 1];

    if (len > 0 && text[len - 1] == '.')
        len--;
    if (len == 0 || len + 2 > HS_DNS_NAME_MAX)
        return HEARSAY_ERR_SYNTAX;
    for (size_t i = 0; i <= len; i++) {
        bool ends = i == len || text[i] == '.';

        if (!ends && !is_host_letter(hs_dns_fold(text[i])))
            return HEARSAY_ERR_SYNTAX;
        if (!ends) {
            bytes[i + 1] = (uint8_t)text[i];
            continue;
        }
        if (i == begin || i - begin > HS_DNS_LABEL_MAX)
            return HEARSAY_ERR_SYNTAX;
        bytes[begin] = (uint8_t)(i - begin);
        begin = i + 1;
    }
    bytes[len + 1] = 0;
    return hs_dns_name_read(bytes, len + 2, &at, ret_name) ? 0 : HEARSAY_ERR_SYNTAX;
}

/* Lengths are below the letters, so folding leaves them as they are. */
bool hs_dns_name_within(const struct hs_dns_name *name, const struct hs_dns_name *zone,
                        size_t *ret_labels)
{
    size_t labels, at;

    if (name->labels < zone->labels)
        return false;
    labels = name->labels - zone->labels;
    at = labels < name->labels ? name->at[labels] : name->size - 1;
    if (name->size - at != zone->size)
        return false;
    for (size_t i = 0; i < zone->size; i++)
        if (hs_dns_fold((char)name->bytes[at + i]) != hs_dns_fold((char)zone->bytes[i]))
            return false;
    *ret_labels = labels;
    return true;
}

size_t hs_dns_name_join(const struct hs_dns_name *name, size_t first, size_t end,
                        char text[HS_DNS_TEXT_MAX])
{
    size_t len = 0;

    for (size_t i = first; i < end; i++) {
        const uint8_t *label = name->bytes + name->at[i];

        if (i > first)
            text[len++] = '.';
        for (size_t k = 1; k <= label[0]; k++)
            text[len++] = hs_dns_fold((char)label[k]);
    }
    text[len] = '\0';
    return len;
}

bool hs_dns_name_label_is(const struct hs_dns_name *name, size_t index, const char *word)
{
    const uint8_t *label = name->bytes + name->at[index];
    size_t len = strlen(word);

    if (label[0] != len)
        return false;
    for (size_t i = 0; i < len; i++)
        if (hs_dns_fold((char)label[1 + i]) != word[i])
            return false;
    return true;
}

char hs_dns_name_label_first(const struct hs_dns_name *name, size_t index)
{
    return (char)name->bytes[name->at[index] + 1];
}

char hs_dns_fold(char letter)
{
    if (letter >= 'A' && letter <= 'Z')
        return (char)(letter - 'A' + 'a');
    return letter;
}

int hs_dns_fold_compare(const char *a, const char *b)
{
    while (*a != '\0' && hs_dns_fold(*a) == hs_dns_fold(*b)) {
        a++;
        b++;
    }
    return (unsigned char)hs_dns_fold(*a) - (unsigned char)hs_dns_fold(*b);
}
