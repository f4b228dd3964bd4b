/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/dns_options.h"

#include <stdlib.h>
#include <string.h>

#include <hearsay/error.h>

#define DIGITS_MAX 3

void hs_dns_options_init(struct hs_dns_options *options)
{
    *options = (struct hs_dns_options){.settings = {.replicas = HS_DNS_REPLICAS}};
    hs_dns_domain_parse(HS_DNS_DOMAIN, &options->settings.domain);
}

/* Each sets one value. Returns what would be right, or NULL. */
typedef const char *set_fn(struct hs_dns_options *options, const char *value);

static const char *set_address(struct hs_dns_options *options, const char *value)
{
    if (options->count == HS_DNS_LISTENERS_MAX)
        return "too many addresses: at most 8";
    if (hearsay_addr_parse(&options->addrs[options->count], value, 0) < 0)
        return "must be ADDRESS:PORT or [IPV6]:PORT, such as " HS_DNS_ADDRESS;
    options->count++;
    return NULL;
}

static const char *set_domain(struct hs_dns_options *options, const char *value)
{
    switch (hs_dns_domain_parse(value, &options->settings.domain)) {
    case 0:
        return NULL;
    case HEARSAY_ERR_TOOBIG:
        return "is so long that names of members would not fit before it";
    default:
        return "must be a name such as " HS_DNS_DOMAIN;
    }
}

/* Returns false if it is no decimal number from min to max. */
static bool read_number(const char *value, uint32_t min, uint32_t max, uint32_t *ret_number)
{
    size_t digits = strspn(value, "0123456789");
    unsigned long number;

    if (digits == 0 || digits > DIGITS_MAX || value[digits] != '\0')
        return false;
    number = strtoul(value, NULL, 10);
    if (number < min || number > max)
        return false;
    *ret_number = (uint32_t)number;
    return true;
}

static const char *set_ttl(struct hs_dns_options *options, const char *value)
{
    return read_number(value, 0, HS_DNS_TTL_MAX, &options->settings.ttl)
               ? NULL
               : "must be 0 to 5 seconds: an answer must not outlive what an agent takes to notice";
}

static const char *set_replicas(struct hs_dns_options *options, const char *value)
{
    return read_number(value, 1, HS_DNS_REPLICAS_MAX, &options->settings.replicas)
               ? NULL
               : "must be 1 to 16";
}

static const char *set_zones(struct hs_dns_options *options, const char *value)
{
    options->settings.zones = strcmp(value, "yes") == 0;
    return options->settings.zones || strcmp(value, "no") == 0 ? NULL : "must be yes or no";
}

_Static_assert(HS_DNS_TTL_MAX == 5 && HS_DNS_REPLICAS_MAX == 16 && HS_DNS_LISTENERS_MAX == 8,
               "the sentences above say so");

int hs_dns_options_set(struct hs_dns_options *options, const char *key, const char *value,
                       char error[HS_ERROR_TEXT_MAX])
{
    static const struct {
        const char *key;
        set_fn *set;
    } keys[] = {{"dns", set_address},
                {"dns-domain", set_domain},
                {"dns-ttl", set_ttl},
                {"dns-replicas", set_replicas},
                {"dns-zones", set_zones}};

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        const char *wrong;

        if (strcmp(keys[i].key, key) != 0)
            continue;
        wrong = keys[i].set(options, value);
        if (!wrong)
            return 0;
        hs_error_text(error, "%s", wrong);
        return HEARSAY_ERR_INVALID;
    }
    return HEARSAY_ERR_NOTFOUND;
}
