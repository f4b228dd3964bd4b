/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A text that can be no host would be looked up for ever, or, if it is a number, become an address
 * that nobody meant: getaddrinfo takes "7847" for 0.0.30.167. So the rule is here, before any
 * look-up, and says which mistake the text looks like.
 *
 * A name has parts of letters, digits and hyphens (RFC 1123, 2.1), and underscores, which that rule
 * does not have, but which names of containers do (tasks.stack_service), and which resolvers find.
 * A name whose last part is a number is an IPv4 address or nothing: no top-level domain is a
 * number, and resolvers disagree about what such a text means.
 */
#include "agent/options/endpoint.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <hearsay/addr.h>
#include <hearsay/error.h>

#define DIGITS "0123456789"
#define HEX    DIGITS "abcdefABCDEF"
#define NAMES  DIGITS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-."

/* With so many digits, the last group of an IPv6 address without brackets can be meant as a port:
 * ports of services without privileges have four or five, and five are no group. */
#define PORT_DIGITS 4

#define TEXT_OF(number) #number
#define TEXT(number)    TEXT_OF(number)

static int fail(char fault[HS_ERROR_TEXT_MAX], const char *text, const char *why)
{
    hs_error_text(fault, "'%.80s' %s", text, why);
    return HEARSAY_ERR_SYNTAX;
}

static bool only(const char *text, size_t len, const char *set)
{
    return len > 0 && strspn(text, set) >= len;
}

/* What a text looks like that holds characters which no host has; NULL: nothing special. */
static const char *strange_character(const char *text)
{
    static const struct {
        const char *characters, *why;
    } rows[] = {
        {"\"'`", "has quotes, which would be part of the value: leave them out"},
        {"{}$<>", "looks like a template or a variable that nothing was put into"},
        {" \t", "has a blank inside"},
        {"/\\", "is a path or a network, and no host"},
        {";|", "holds more than one: separate them by commas"},
        {"*", "is no host: 0.0.0.0 or [::] stands for all addresses"},
        {"@", "has an '@', which no host has"},
        {"=", "has an '=': is a key or a flag missing before it?"},
        {"?!#&()+,~^", "has a character that no host has"},
    };
    if (strstr(text, "://"))
        return "is a URL: leave out what stands before the host and behind the port";
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (strpbrk(text, rows[i].characters))
            return rows[i].why;
    for (const char *p = text; *p != '\0'; p++)
        if ((unsigned char)*p >= 0x80)
            return "is not ASCII: give a name of another script in its form xn--";
    return NULL;
}

static int check_characters(const char *text, char fault[HS_ERROR_TEXT_MAX])
{
    const char *percent = strchr(text, '%'), *colon = strchr(text, ':');
    const char *why = strange_character(text);
    if (!why && percent && colon && colon < percent)
        why = "has a zone, which names an interface of this machine and means nothing to others: "
              "use a global or unique local address (fd00::/8)";
    else if (!why && text[strspn(text, NAMES ":[]")] != '\0')
        why = "has a character that no host has";
    return why ? fail(fault, text, why) : 0;
}

/* An IPv6 address without brackets, of these bytes: it has two colons or more. */
static bool is_ipv6(const char *text, size_t len)
{
    struct hearsay_addr addr;
    char copy[HS_HOST_MAX];
    if (len >= sizeof(copy))
        return false;
    memcpy(copy, text, len);
    copy[len] = '\0';
    return copy[0] != '[' && strchr(copy, ':') != strrchr(copy, ':') &&
           hearsay_addr_parse(&addr, copy, 1) == 0;
}

int hs_host_parse(const char *host, uint16_t port, struct hearsay_addr *ret_addr)
{
    char bracketed[HS_HOST_MAX + 2];
    snprintf(bracketed, sizeof(bracketed), strchr(host, ':') ? "[%s]" : "%s", host);
    return hearsay_addr_parse(ret_addr, bracketed, port);
}

/* An address at which no member can be reached, whatever the network (R38: advertised address). */
static int check_addr(const char *host, char fault[HS_ERROR_TEXT_MAX])
{
    struct hearsay_addr addr;
    const char *why = NULL;
    if (hs_host_parse(host, 1, &addr) == 0 && !hearsay_addr_is_any(&addr))
        why = hearsay_addr_fault(&addr);
    if (!why)
        return 0;
    hs_error_text(fault, "'%.80s' is %s", host, why);
    return HEARSAY_ERR_SYNTAX;
}

/* The last part of a name is a number, in a form that some resolver reads as one. */
static bool ends_in_number(const char *host, size_t len)
{
    size_t start = len;
    while (start > 0 && host[start - 1] != '.')
        start--;
    const char *part = host + start;
    size_t size = len - start;
    if (only(part, size, DIGITS))
        return true;
    return size >= 2 && part[0] == '0' && (part[1] == 'x' || part[1] == 'X') &&
           (size == 2 || only(part + 2, size - 2, HEX));
}

static int check_ipv4(const char *host, char fault[HS_ERROR_TEXT_MAX])
{
    struct hearsay_addr addr;
    if (hearsay_addr_parse(&addr, host, 1) == 0)
        return check_addr(host, fault);
    if (only(host, strlen(host), DIGITS))
        return fail(fault, host, "is a number and no host: a port alone is written :PORT");
    if (only(host, strlen(host), DIGITS "."))
        return fail(fault, host,
                    "is no IPv4 address, which has four numbers from 0 to 255 without a zero "
                    "before them");
    return fail(fault, host, "is no host: the last part of a name is no number");
}

/* What is wrong with one part of a name, or NULL. */
static const char *label_fault(const char *label, size_t len)
{
    if (len == 0)
        return "has an empty part: dots stand between parts";
    if (len > HS_HOST_LABEL_MAX)
        return "has a part of more than " TEXT(HS_HOST_LABEL_MAX) " bytes";
    if (label[0] == '-' || label[len - 1] == '-')
        return "has a part that begins or ends with a hyphen";
    return label[0] == '_'
               ? "has a part that begins with an underscore, as services do: only " HS_HOST_SRV
                 "DOMAIN is looked up so"
               : NULL;
}

static int check_name(const char *host, size_t len, char fault[HS_ERROR_TEXT_MAX])
{
    const char *label = host, *end = host + len;
    if (len > HS_HOST_NAME_MAX)
        return fail(fault, host,
                    "is longer than " TEXT(HS_HOST_NAME_MAX) " bytes, and no host's name is");
    if (strncasecmp(host, HS_HOST_SRV, sizeof(HS_HOST_SRV) - 1) == 0)
        label += sizeof(HS_HOST_SRV) - 1;
    if (label > end) /* the dot of "_hearsay._udp." is not counted */
        return fail(fault, host, "names no domain");
    for (;;) {
        size_t size = strcspn(label, ".");
        if (label + size > end)
            size = (size_t)(end - label);
        const char *why = label_fault(label, size);
        if (why)
            return fail(fault, host, why);
        if (label + size == end)
            return 0;
        label += size + 1;
    }
}

int hs_host_check(const char *host, char fault[HS_ERROR_TEXT_MAX])
{
    size_t len = strlen(host);
    int err = check_characters(host, fault);
    if (err < 0)
        return err;
    if (strpbrk(host, ":[]"))
        return is_ipv6(host, len) ? check_addr(host, fault)
                                  : fail(fault, host, "is no IPv6 address");
    if (len > 1 && host[len - 1] == '.') /* the name is complete, as DNS writes it */
        len--;
    if (ends_in_number(host, len))
        return check_ipv4(host, fault);
    return check_name(host, len, fault);
}

/* ---- with a port ------------------------------------------------------------------------- */

/* Where host and port are in a text. */
struct parts {
    const char *host;
    size_t len;
    const char *port; /* NULL: none */
};

static int split_bracketed(const char *text, struct parts *ret_parts, char fault[HS_ERROR_TEXT_MAX])
{
    const char *end = strchr(text, ']');
    if (!end || (end[1] != '\0' && end[1] != ':') || !is_ipv6(text + 1, (size_t)(end - text - 1)))
        return fail(fault, text, "is no IPv6 address in brackets");
    *ret_parts = (struct parts){text + 1, (size_t)(end - text - 1), NULL};
    if (end[1] == ':')
        ret_parts->port = end + 2;
    return 0;
}

/* True if the text is an IPv6 address, and another one with a port behind it as well. */
static bool is_ambiguous(const char *text)
{
    const char *last = strrchr(text, ':');
    size_t digits = strlen(last + 1);
    return digits >= PORT_DIGITS && only(last + 1, digits, DIGITS) && last[1] != '0' &&
           is_ipv6(text, (size_t)(last - text));
}

static int split_many_colons(const char *text, struct parts *ret_parts,
                             char fault[HS_ERROR_TEXT_MAX])
{
    const char *first = strchr(text, ':'), *last = strrchr(text, ':');
    if (is_ipv6(text, strlen(text))) {
        *ret_parts = (struct parts){text, strlen(text), NULL};
        if (is_ambiguous(text))
            return fail(fault, text,
                        "can be an address, or another one with a port: set the address in "
                        "brackets");
        return 0;
    }
    if (is_ipv6(text, (size_t)(last - text)))
        return fail(fault, text, "has a port behind an IPv6 address without brackets");
    if (strchr(first + 1, ':') == last && only(first + 1, (size_t)(last - first - 1), DIGITS))
        return fail(fault, text, "has two ports");
    return fail(fault, text, "is no IPv6 address, and other hosts have one colon at most");
}

static int split(const char *text, struct parts *ret_parts, char fault[HS_ERROR_TEXT_MAX])
{
    const char *colon = strchr(text, ':');
    if (text[0] == '[')
        return split_bracketed(text, ret_parts, fault);
    if (colon && strchr(colon + 1, ':'))
        return split_many_colons(text, ret_parts, fault);
    *ret_parts = (struct parts){text, colon ? (size_t)(colon - text) : strlen(text),
                                colon ? colon + 1 : NULL};
    return 0;
}

static int read_port(const char *text, const char *digits, uint16_t *ret_port,
                     char fault[HS_ERROR_TEXT_MAX])
{
    unsigned port = 0;
    if (digits[0] == '\0')
        return fail(fault, text, "has no port behind its colon");
    if (digits[strspn(digits, DIGITS)] != '\0')
        return fail(fault, text, "has a port that is no number");
    for (; *digits != '\0' && port <= UINT16_MAX; digits++)
        port = port * 10 + (unsigned)(*digits - '0');
    if (port > UINT16_MAX)
        return fail(fault, text, "has a port above 65535");
    *ret_port = (uint16_t)port;
    return 0;
}

int hs_endpoint_read(const char *text, uint16_t default_port, char ret_host[HS_HOST_MAX],
                     uint16_t *ret_port, char fault[HS_ERROR_TEXT_MAX])
{
    struct parts parts = {.host = text};
    char host[HS_HOST_MAX];
    uint16_t port = default_port;
    int err = text[0] == '\0' ? fail(fault, text, "is empty") : check_characters(text, fault);
    if (err == 0)
        err = split(text, &parts, fault);
    if (err == 0 && parts.len >= sizeof(host))
        err = fail(fault, text, "is longer than a host's name can be");
    if (err < 0)
        return err;
    memcpy(host, parts.host, parts.len);
    host[parts.len] = '\0';
    if (parts.len > 0)
        err = hs_host_check(host, fault);
    if (err == 0 && parts.port)
        err = read_port(text, parts.port, &port, fault);
    if (err < 0)
        return err;
    memcpy(ret_host, host, parts.len + 1);
    *ret_port = port;
    return 0;
}
