/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/host.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#define HOST_MAX 256 /* bytes of a name or an address with its terminator */

static bool is_port(const char *text)
{
    size_t len = strspn(text, "0123456789");

    return len > 0 && len <= 5 && text[len] == '\0';
}

/* Cuts the port off, and the brackets of an IPv6 address. Returns false if it is no host. */
static bool split(const char *header, char host[HOST_MAX], bool *ret_bracketed)
{
    bool bracketed = header[0] == '[';
    const char *begin = header + bracketed;
    size_t len = strcspn(begin, bracketed ? "]" : ":");
    const char *rest = begin + len;

    if (len == 0 || len >= HOST_MAX || (bracketed && *rest != ']'))
        return false;
    rest += bracketed;
    if (*rest != '\0' && (*rest != ':' || !is_port(rest + 1)))
        return false;
    memcpy(host, begin, len);
    host[len] = '\0';
    *ret_bracketed = bracketed;
    return true;
}

static bool is_address(const char *host, bool bracketed)
{
    struct in6_addr address;

    return inet_pton(bracketed ? AF_INET6 : AF_INET, host, &address) == 1;
}

bool hs_host_is_ours(const char *header, const char *const *names, size_t count)
{
    char host[HOST_MAX];
    bool bracketed;
    size_t len;

    if (!split(header, host, &bracketed))
        return false;
    if (is_address(host, bracketed))
        return true;
    len = strlen(host);
    if (host[len - 1] == '.')
        host[len - 1] = '\0';
    if (bracketed || host[0] == '\0')
        return false;
    if (strcasecmp(host, "localhost") == 0)
        return true;
    for (size_t i = 0; i < count; i++)
        if (names[i] && names[i][0] != '\0' && strcasecmp(host, names[i]) == 0)
            return true;
    return false;
}

bool hs_host_is_name(const char *text)
{
    size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");

    return len > 0 && len < HOST_MAX && text[len] == '\0' && text[0] != '.';
}
