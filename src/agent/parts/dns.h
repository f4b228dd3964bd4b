/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A DNS client for one lookup: c-ares on the event loop. It is made for the lookup and freed with
 * it, so it always goes by the present /etc/resolv.conf and /etc/nsswitch.conf. It never blocks.
 */
#ifndef HS_AGENT_PARTS_DNS_H
#define HS_AGENT_PARTS_DNS_H

#include <stdbool.h>
#include <stddef.h>

#include <event2/event.h>

#include "service/error_text.h"

/* How long an answer is waited for before the question is sent again, to the next nameserver or
 * after all of them have been asked, to the first one and for twice as long. */
#define HS_DNS_PATIENCE_MS 1000
#define HS_DNS_TRIES       4 /* of each nameserver; the deadline of a lookup ends before them */
/* Bytes of an answer by UDP that we can take. A longer one comes by TCP. It fits any usual path in
 * one piece (RFC 9715). */
#define HS_DNS_UDP_BYTES 1232

#define HS_DNS_NAME_MAX 256 /* bytes of a name with the terminator */

enum hs_dns_type {
    HS_DNS_A = 1,
    HS_DNS_AAAA = 28,
    HS_DNS_SRV = 33,
};

enum hs_dns_result {
    HS_DNS_ANSWER,  /* there are bytes to be parsed */
    HS_DNS_NOTHING, /* the name exists, but has nothing of this type */
    HS_DNS_NO_NAME, /* the name does not exist */
    HS_DNS_FAILED,  /* hs_dns_trouble says why */
};

struct hs_dns;

/* The end of one question. `answer` is borrowed for the call. It must not free the client. */
typedef void hs_dns_fn(void *context, enum hs_dns_result result, const unsigned char *answer,
                       int len);

/* Prepares the library and takes away what it would read from the environment. */
int hs_dns_library_init(void);
void hs_dns_library_fini(void);

/* Makes a client. `progress` is called whenever answers or timers were handled; it may free the
 * client. Returns 0 or HEARSAY_ERR_NOMEM. */
int hs_dns_new(struct hs_dns **ret_dns, struct event_base *base, void (*progress)(void *context),
               void *context);

/* Ends all questions without calling back. NULL is a no-op. */
void hs_dns_free(struct hs_dns *dns);

/* Where names are looked for, by nsswitch.conf: 'f' (the hosts file) and 'b' (DNS), one or both, in
 * their order. Borrowed. */
const char *hs_dns_order(const struct hs_dns *dns);

/* The fully qualified names that a name may stand for, by `search` and `ndots` of resolv.conf: the
 * one with this index, from 0. Returns false after the last one. */
bool hs_dns_candidate(const struct hs_dns *dns, const char *name, size_t index,
                      char ret_name[HS_DNS_NAME_MAX]);

/* Asks. `answered` is called once, perhaps before this returns. */
void hs_dns_ask(struct hs_dns *dns, const char *name, enum hs_dns_type type, hs_dns_fn *answered,
                void *context);

/* What the nameservers have done instead of answering; with `waited`, that they were silent for so
 * many seconds. */
void hs_dns_trouble(const struct hs_dns *dns, unsigned waited, char text[HS_ERROR_TEXT_MAX]);

#endif
