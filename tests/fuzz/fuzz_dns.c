/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz target: a question of the DNS. The first byte chooses the transport and what the view is
 * worth; the rest is the message. An answer must be well-formed, within its bound, an answer to
 * this question and no other, and found by the reader of the tests as it was meant; to a response
 * there must be none.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <hearsay/host.h>

#include "dns/dns.h"
#include "dns_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BY_TCP = 1, UNKNOWN = 2, ISOLATED = 4, WITH_ZONES = 8, SPARING = 16 };

static void demand(bool condition)
{
    if (!condition)
        abort();
}

/* ---- a view ------------------------------------------------------------------------------ */

#define MEMBER(name, addr, status, tags)                                                           \
    "{\"follow\":\"member\",\"member\":{\"name\":\"" name "\",\"addr\":\"" addr                    \
    "\",\"status\":\"" status "\",\"cause\":\"none\",\"id\":\"00000000000000ff\","                 \
    "\"instance\":\"00000000000000fe\",\"timestamp\":7,\"start\":6,\"tokens\":4,\"tags\":{" tags   \
    "},\"self\":false,\"rtt_us\":300,\"version_min\":1,\"version_max\":1,"                         \
    "\"since\":\"2026-01-31T23:59:59.000000Z\"}}"
#define STATE                                                                                      \
    "\"id\":\"00000000000000a1-0\",\"time\":\"2026-01-31T23:59:59.500000Z\","                      \
    "\"digest\":\"00000000000000d1\",\"ready\":true,\"isolated\":false,\"leaving\":false"

/* Names with dots, one that is no host name, two that differ in case only, one that is dead; tags
 * with dots, a port, a tag longer than a string. */
static const char *const lines[] = {
    "{\"ok\":true,\"node\":\"a\",\"cluster\":\"c\",\"instance\":\"00000000000000a1\"}",
    "{\"follow\":\"snapshot\"," STATE "}",
    MEMBER("a", "10.0.0.1:1", "alive", "\"p\":\"80\",\"r\":\"db\""),
    MEMBER("b.c", "10.0.0.2:1", "suspect", "\"p\":\"81\",\"r.s\":\"db.x\""),
    MEMBER("B.C", "10.0.0.2:2", "alive", "\"p\":\"82\""),
    MEMBER("x:1", "[2001:db8::1]:1", "alive", "\"p\":\"83\""),
    MEMBER("d", "10.0.0.4:1", "dead", "\"p\":\"84\""),
    MEMBER("long", "10.0.0.5:1", "alive",
           "\"t\":\"01234567890123456789012345678901234567890123456789012345678901234567890123"
           "456789012345678901234567890123456789012345678901234567890123456789012345678901234"
           "567890123456789012345678901234567890123456789012345678901234567890123456789012345"
           "678901234567890123456789\""),
};

static struct hs_mirror *mirror;

static void feed(const char *line)
{
    demand(hs_mirror_feed(mirror, line, strlen(line)) == 0);
}

/* The ring is made as src/core does it, so its sums come from there. */
static void feed_ring(void)
{
    static const char *const names[] = {"a", "b.c", "B.C", "x:1", "d"};
    struct hearsay_ring_member members[5];
    struct hearsay_allocator allocator = hearsay_host_allocator();
    struct hearsay_ring *ring = NULL;
    char line[600];
    for (size_t i = 0; i < 5; i++) {
        members[i] = (struct hearsay_ring_member){names[i], NULL, 4};
        snprintf(line, sizeof(line),
                 "{\"follow\":\"roster\",\"version\":1,\"first\":%s,\"members\":[{\"name\":\"%s\","
                 "\"tokens\":4}],\"last\":%s}",
                 i == 0 ? "true" : "false", names[i], i == 4 ? "true" : "false");
        feed(line);
    }
    demand(hearsay_ring_new(&ring, &allocator, members, 5) == 0);
    snprintf(line, sizeof(line),
             "{\"follow\":\"current\"," STATE ",\"ring\":{\"version\":1,\"checksum\":\"%016llx\","
             "\"zones_checksum\":\"%016llx\"}}",
             (unsigned long long)hearsay_ring_checksum(ring),
             (unsigned long long)hearsay_ring_zones_checksum(ring));
    hearsay_ring_unref(ring);
    feed(line);
}

static struct hs_dns *make_dns(bool zones)
{
    struct hs_dns_settings settings = {.ttl = 1, .replicas = 3, .zones = zones};
    struct hs_dns *dns = NULL;
    demand(hs_dns_domain_parse("h.i", &settings.domain) == 0);
    demand(hs_dns_new(&dns, &settings, 1) == 0);
    return dns;
}

/* ---- a question -------------------------------------------------------------------------- */

static void check_records(void)
{
    static char line[DNS_LINE_MAX];
    for (size_t i = 0; i < dns_message.count; i++)
        demand(dns_show(&dns_message.records[i], line));
}

static void check(const struct hs_dns_reply *reply, const uint8_t *question, size_t len,
                  enum hs_dns_transport transport)
{
    size_t asked;
    demand(reply->size <= (transport == HS_DNS_TCP ? HS_DNS_TCP_MAX : HS_DNS_UDP_MAX));
    demand(len >= DNS_HEADER && (question[2] & 0x80) == 0);
    demand(dns_read(reply->bytes, reply->size));
    asked = dns_message.question_size;
    demand(dns_message.id == dns_u16(question));
    demand(DNS_HEADER + asked <= len &&
           memcmp(reply->bytes + DNS_HEADER, question + DNS_HEADER, asked) == 0);
    demand(dns_message.rcode == (unsigned)reply->rcode);
    demand(dns_message.opt || reply->size <= HS_DNS_PLAIN_MAX || transport == HS_DNS_TCP);
    demand(transport != HS_DNS_UDP_SPARING || reply->size <= len);
    check_records();
}

static void ask(struct hs_dns *dns, unsigned how, const uint8_t *question, size_t len)
{
    struct hs_dns_worth worth = {.knows = !(how & UNKNOWN), .isolated = (how & ISOLATED) != 0};
    enum hs_dns_transport by_udp = how & SPARING ? HS_DNS_UDP_SPARING : HS_DNS_UDP;
    enum hs_dns_transport transport = how & BY_TCP ? HS_DNS_TCP : by_udp;
    struct hs_dns_reply reply = hs_dns_answer(dns, mirror, worth, transport, question, len);
    demand((reply.size == 0) == (reply.rcode == HS_DNS_SILENCE));
    if (reply.size > 0)
        check(&reply, question, len, transport);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct hs_dns *kinds[2];
    if (!mirror) {
        mirror = hs_mirror_new(NULL);
        demand(mirror != NULL);
        for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
            feed(lines[i]);
        feed_ring();
        kinds[0] = make_dns(false);
        kinds[1] = make_dns(true);
    }
    if (size == 0)
        return 0;
    uint8_t *exact = malloc(size); /* so that a byte beyond it is seen */
    demand(exact != NULL);
    memcpy(exact, data + 1, size - 1);
    ask(kinds[(data[0] & WITH_ZONES) != 0], data[0], exact, size - 1);
    free(exact);
    return 0;
}
