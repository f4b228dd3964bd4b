/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A lookup goes through stages: for a service its targets are asked for; then each source, hosts
 * file or DNS, is asked for the addresses of all targets that no earlier source has. A plain name
 * is its own only target. A stage either reads files, one step a turn, or waits for answers.
 *
 * What is known at the deadline counts: there are nameservers that answer A and drop AAAA.
 */
#include "agent/parts/resolve.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <ares.h>

#include <hearsay/error.h>

#include "agent/options/values.h"
#include "agent/parts/dns.h"
#include "agent/parts/hosts.h"
#include "agent/parts/service.h"
#include "service/event_base.h"
#include "service/timer.h"

enum stage {
    STAGE_WAITING, /* for its turn */
    STAGE_SERVICE, /* the targets of a service are asked for */
    STAGE_HOSTS,   /* a file is read */
    STAGE_DNS,     /* addresses are asked for */
};

_Static_assert(HS_TARGETS_MAX <= UINT8_MAX, "a target's place fits a rank");

/* The context of one question. */
struct asked {
    struct hs_lookup *lookup;
    struct hs_target *target;
};

struct hs_lookup {
    struct hs_lookup *next;
    struct hs_resolver *resolver;
    hs_resolved_fn *resolved;
    void *context;
    struct event *deadline;
    struct hs_dns *dns;
    struct hs_hosts *hosts;
    struct hs_target *targets;
    struct asked *asked; /* one for each target */
    size_t target_count;
    enum stage stage;
    size_t source;    /* in the order of the sources */
    size_t candidate; /* of the fully qualified names */
    unsigned pending; /* questions */
    bool failed;      /* a question was not answered */
    bool exists;      /* the name exists, whatever it has */
    bool any_addr;    /* it has 0.0.0.0 or ::, which is no host */
    uint16_t port;
    size_t count;
    struct hearsay_addr addrs[HS_RESOLVE_ADDRS_MAX]; /* in the order of the targets */
    uint8_t ranks[HS_RESOLVE_ADDRS_MAX];
    char error[HS_ERROR_TEXT_MAX]; /* other than DNS; empty if there is none */
    char host[HS_DNS_NAME_MAX];
};

/* ---- the end ----------------------------------------------------------------------------- */

static void free_lookup(struct hs_lookup *lookup)
{
    hs_dns_free(lookup->dns);
    hs_hosts_close(lookup->hosts);
    if (lookup->deadline)
        event_free(lookup->deadline);
    free(lookup->targets);
    free(lookup->asked);
    free(lookup);
}

static void work_on(struct hs_resolver *resolver)
{
    hs_timer_set(resolver->work, 0);
}

static void drop(struct hs_lookup *lookup)
{
    struct hs_resolver *resolver = lookup->resolver;
    struct hs_lookup **at = &resolver->lookups;

    while (*at != lookup)
        at = &(*at)->next;
    *at = lookup->next;
    resolver->under_way -= lookup->stage != STAGE_WAITING;
    free_lookup(lookup);
    if (resolver->lookups)
        work_on(resolver);
}

static void explain(struct hs_lookup *lookup, unsigned waited, char text[HS_ERROR_TEXT_MAX])
{
    const struct hs_resolver *resolver = lookup->resolver;
    const char *who =
        hs_value_is_service(lookup->host) ? "the targets of the service have" : "the name has";

    if (lookup->error[0] != '\0')
        hs_error_text(text, "%s", lookup->error);
    else if (waited || lookup->failed)
        hs_dns_trouble(lookup->dns, waited, text);
    else if (!lookup->exists)
        hs_error_text(text, "no such name");
    else if (hs_value_is_service(lookup->host) && lookup->target_count == 0)
        hs_error_text(text, "no host offers this service");
    else if (lookup->any_addr)
        hs_error_text(text, "%s 0.0.0.0 or [::], which is no host: is it blocked there?", who);
    else if (resolver->want_v4 && resolver->want_v6)
        hs_error_text(text, "%s no address", who);
    else
        hs_error_text(text, "%s no IPv%d address, and this agent reaches no others", who,
                      resolver->want_v4 ? 4 : 6);
}

/* Calls back and frees the lookup. */
static void finish(struct hs_lookup *lookup, unsigned waited)
{
    struct hs_lookup copy = *lookup;
    char text[HS_ERROR_TEXT_MAX];

    if (copy.count == 0)
        explain(lookup, waited, text);
    drop(lookup);
    copy.resolved(copy.context, copy.count > 0 ? copy.addrs : NULL, copy.count,
                  copy.count > 0 ? NULL : text);
}

static void on_deadline(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    finish(context, HS_RESOLVE_SECONDS);
}

static void out_of_memory(struct hs_lookup *lookup)
{
    hs_error_text(lookup->error, "out of memory");
}

/* ---- addresses --------------------------------------------------------------------------- */

static bool wanted(const struct hs_resolver *resolver, const struct hearsay_addr *addr)
{
    return addr->family == 4 ? resolver->want_v4 : resolver->want_v6;
}

static void add_addr(struct hs_lookup *lookup, struct hs_target *target, struct hearsay_addr addr)
{
    addr.port = target->port;
    lookup->exists = true;
    lookup->any_addr |= hearsay_addr_is_any(&addr);
    if (!wanted(lookup->resolver, &addr) || hearsay_addr_is_any(&addr))
        return;
    target->found = true;
    for (size_t i = 0; i < lookup->count; i++)
        if (hearsay_addr_equal(&lookup->addrs[i], &addr))
            return;
    if (lookup->count == HS_RESOLVE_ADDRS_MAX)
        return;
    uint8_t rank = (uint8_t)(target - lookup->targets);
    size_t at = lookup->count++;
    for (; at > 0 && lookup->ranks[at - 1] > rank; at--) {
        lookup->addrs[at] = lookup->addrs[at - 1];
        lookup->ranks[at] = lookup->ranks[at - 1];
    }
    lookup->addrs[at] = addr;
    lookup->ranks[at] = rank;
}

/* ---- the hosts file ---------------------------------------------------------------------- */

/* The same name, whatever its case and whether it ends with a dot. */
static bool same_name(const char *a, const char *b)
{
    size_t a_len = strlen(a), b_len = strlen(b);

    a_len -= a_len > 0 && a[a_len - 1] == '.';
    b_len -= b_len > 0 && b[b_len - 1] == '.';
    return a_len == b_len && strncasecmp(a, b, a_len) == 0;
}

static void on_host(void *context, const char *addr_text, const char *name)
{
    struct hs_lookup *lookup = context;
    struct hearsay_addr addr;

    for (size_t i = 0; i < lookup->target_count; i++) {
        struct hs_target *target = &lookup->targets[i];

        if (same_name(name, target->name) && hearsay_addr_parse(&addr, addr_text, 1) == 0)
            add_addr(lookup, target, addr);
    }
}

static void open_hosts(struct hs_lookup *lookup)
{
    int err = hs_hosts_open(&lookup->hosts, HS_HOSTS_PATH);

    lookup->stage = STAGE_HOSTS;
    if (err < 0)
        hs_error_text(lookup->error, "%s: %s", HS_HOSTS_PATH, strerror(-err));
    work_on(lookup->resolver);
}

/* ---- DNS --------------------------------------------------------------------------------- */

/* Notes how a question has ended. Returns true if there is something to parse. */
static bool is_answered(struct hs_lookup *lookup, enum hs_dns_result result)
{
    lookup->pending--;
    lookup->failed |= result == HS_DNS_FAILED;
    lookup->exists |= result == HS_DNS_NOTHING || result == HS_DNS_ANSWER;
    return result == HS_DNS_ANSWER;
}

/* Whether an answer could be read. One that is damaged is none, and does not say what the name has.
 */
static bool is_read(struct hs_lookup *lookup, int status)
{
    lookup->failed |= status == ARES_EBADRESP || status == ARES_EBADNAME;
    return status == ARES_SUCCESS;
}

static void on_v4(void *context, enum hs_dns_result result, const unsigned char *answer, int len)
{
    struct ares_addrttl found[HS_RESOLVE_ADDRS_MAX];
    struct asked *asked = context;
    int count = HS_RESOLVE_ADDRS_MAX;

    if (!is_answered(asked->lookup, result) ||
        !is_read(asked->lookup, ares_parse_a_reply(answer, len, NULL, found, &count)))
        return;
    for (int i = 0; i < count; i++) {
        struct hearsay_addr addr = {.family = 4};

        memcpy(addr.bytes, &found[i].ipaddr, sizeof(found[i].ipaddr));
        add_addr(asked->lookup, asked->target, addr);
    }
}

static void on_v6(void *context, enum hs_dns_result result, const unsigned char *answer, int len)
{
    struct ares_addr6ttl found[HS_RESOLVE_ADDRS_MAX];
    struct asked *asked = context;
    int count = HS_RESOLVE_ADDRS_MAX;

    if (!is_answered(asked->lookup, result) ||
        !is_read(asked->lookup, ares_parse_aaaa_reply(answer, len, NULL, found, &count)))
        return;
    for (int i = 0; i < count; i++) {
        struct hearsay_addr addr = {.family = 6};

        memcpy(addr.bytes, &found[i].ip6addr, sizeof(found[i].ip6addr));
        add_addr(asked->lookup, asked->target, addr);
    }
}

/* Asks for the addresses of all targets that have none. Returns false if there is no such name. */
static bool ask_addrs(struct hs_lookup *lookup)
{
    const struct hs_resolver *resolver = lookup->resolver;
    bool service = hs_value_is_service(lookup->host), any = false;
    char name[HS_DNS_NAME_MAX];

    lookup->stage = STAGE_DNS;
    for (size_t i = 0; i < lookup->target_count; i++) {
        struct hs_target *target = &lookup->targets[i];
        struct asked *asked = &lookup->asked[i];

        if (target->found)
            continue;
        /* The targets of a service are fully qualified. */
        if (service && lookup->candidate > 0)
            continue;
        if (service)
            memcpy(name, target->name, sizeof(name));
        else if (!hs_dns_candidate(lookup->dns, target->name, lookup->candidate, name))
            continue;
        any = true;
        *asked = (struct asked){lookup, target};
        lookup->pending += resolver->want_v4 + resolver->want_v6;
        if (resolver->want_v4)
            hs_dns_ask(lookup->dns, name, HS_DNS_A, on_v4, asked);
        if (resolver->want_v6)
            hs_dns_ask(lookup->dns, name, HS_DNS_AAAA, on_v6, asked);
    }
    return any;
}

/* ---- services ---------------------------------------------------------------------------- */

static void on_service(void *context, enum hs_dns_result result, const unsigned char *answer,
                       int len)
{
    struct hs_lookup *lookup = context;

    if (is_answered(lookup, result))
        (void)is_read(lookup, hs_service_read(answer, len, lookup->targets, &lookup->target_count));
}

/* Returns false if there is no such name. */
static bool ask_service(struct hs_lookup *lookup)
{
    char name[HS_DNS_NAME_MAX];

    lookup->stage = STAGE_SERVICE;
    if (!hs_dns_candidate(lookup->dns, lookup->host, lookup->candidate, name))
        return false;
    lookup->pending++;
    hs_dns_ask(lookup->dns, name, HS_DNS_SRV, on_service, lookup);
    return true;
}

/* ---- stages ------------------------------------------------------------------------------ */

static bool all_found(const struct hs_lookup *lookup)
{
    for (size_t i = 0; i < lookup->target_count; i++)
        if (!lookup->targets[i].found)
            return false;
    return true;
}

/* Asks the present source. Returns false if it has nothing to ask. */
static bool ask_source(struct hs_lookup *lookup)
{
    char source = hs_dns_order(lookup->dns)[lookup->source];

    lookup->candidate = 0;
    if (source == 'f') {
        open_hosts(lookup);
        return true;
    }
    return source == 'b' && ask_addrs(lookup);
}

/* Goes on to the first source that has something to ask, from the present one on. */
static bool ask_sources(struct hs_lookup *lookup)
{
    for (; hs_dns_order(lookup->dns)[lookup->source] != '\0' && !all_found(lookup);
         lookup->source++)
        if (ask_source(lookup))
            return true;
    return false;
}

/* Whether the present stage has asked for something more. */
static bool ask_more(struct hs_lookup *lookup)
{
    if (lookup->stage == STAGE_HOSTS) {
        lookup->source++;
        return ask_sources(lookup);
    }
    lookup->candidate++;
    if (lookup->stage == STAGE_SERVICE) {
        if (lookup->target_count > 0)
            return ask_sources(lookup);
        return !lookup->failed && ask_service(lookup);
    }
    if (!lookup->failed && !all_found(lookup) && ask_addrs(lookup))
        return true;
    lookup->source++;
    return ask_sources(lookup);
}

/* Ends the lookup when nothing is left to ask. Questions may have been answered at once. */
static void go_on(struct hs_lookup *lookup)
{
    while (lookup->pending == 0)
        if (!ask_more(lookup)) {
            finish(lookup, 0);
            return;
        } else if (lookup->stage == STAGE_HOSTS) {
            return; /* the file is read in steps */
        }
}

static void on_progress(void *context)
{
    struct hs_lookup *lookup = context;

    if (lookup->stage == STAGE_SERVICE || lookup->stage == STAGE_DNS)
        go_on(lookup);
}

static bool prepare(struct hs_lookup *lookup)
{
    bool service = hs_value_is_service(lookup->host);
    size_t room = service ? HS_TARGETS_MAX : 1;

    lookup->targets = calloc(room, sizeof(lookup->targets[0]));
    lookup->asked = calloc(room, sizeof(lookup->asked[0]));
    lookup->deadline = evtimer_new(lookup->resolver->base, on_deadline, lookup);
    if (!lookup->targets || !lookup->asked || !lookup->deadline ||
        hs_dns_new(&lookup->dns, lookup->resolver->base, on_progress, lookup) < 0)
        return false;
    if (!service) {
        lookup->target_count = 1;
        lookup->targets[0].port = lookup->port;
        memcpy(lookup->targets[0].name, lookup->host, sizeof(lookup->host));
    }
    return true;
}

static void begin(struct hs_lookup *lookup)
{
    static const struct timeval patience = {HS_RESOLVE_SECONDS, 0};

    lookup->resolver->under_way++;
    lookup->stage = STAGE_SERVICE;
    if (!prepare(lookup) || event_add(lookup->deadline, &patience) < 0) {
        out_of_memory(lookup);
        finish(lookup, 0);
        return;
    }
    bool asked = lookup->target_count == 0 ? ask_service(lookup) : ask_sources(lookup);
    if (!asked)
        finish(lookup, 0);
    else if (lookup->stage != STAGE_HOSTS)
        go_on(lookup);
}

/* One step of one lookup: others and the protocol have their turn between two steps. */
static void on_work(evutil_socket_t fd, short what, void *context)
{
    struct hs_resolver *resolver = context;
    struct hs_lookup *reading = resolver->lookups, *waiting = resolver->lookups;

    (void)fd;
    (void)what;
    while (reading && reading->stage != STAGE_HOSTS)
        reading = reading->next;
    while (waiting && waiting->stage != STAGE_WAITING)
        waiting = waiting->next;
    if (reading && hs_hosts_step(reading->hosts, on_host, reading)) {
        work_on(resolver);
    } else if (reading) {
        hs_hosts_close(reading->hosts);
        reading->hosts = NULL;
        work_on(resolver);
        go_on(reading);
    } else if (waiting && resolver->under_way < HS_RESOLVE_AT_ONCE_MAX) {
        work_on(resolver);
        begin(waiting);
    }
}

/* ---- the resolver ------------------------------------------------------------------------ */

int hs_resolver_init(struct hs_resolver *ret_resolver, struct event_base *base, bool want_v4,
                     bool want_v6, char error_text[HS_ERROR_TEXT_MAX])
{
    *ret_resolver = (struct hs_resolver){.want_v4 = want_v4, .want_v6 = want_v6};
    if (hs_dns_library_init() < 0) {
        hs_error_text(error_text, "out of memory");
        return HEARSAY_ERR_NOMEM;
    }
    ret_resolver->base = base;
    ret_resolver->work = evtimer_new(base, on_work, ret_resolver);
    if (!ret_resolver->work) {
        hs_error_text(error_text, "out of memory");
        return HEARSAY_ERR_NOMEM;
    }
    return 0;
}

void hs_resolver_fini(struct hs_resolver *resolver)
{
    if (!resolver || !resolver->base)
        return;
    while (resolver->lookups) {
        struct hs_lookup *lookup = resolver->lookups;

        resolver->lookups = lookup->next;
        free_lookup(lookup);
    }
    if (resolver->work)
        event_free(resolver->work);
    hs_dns_library_fini();
    memset(resolver, 0, sizeof(*resolver));
}

void hs_resolver_lookup(struct hs_resolver *resolver, const char *host, uint16_t port,
                        hs_resolved_fn *resolved, void *context, struct hs_lookup **ret_lookup)
{
    size_t len = strlen(host);
    struct hs_lookup *lookup = calloc(1, sizeof(*lookup));
    struct hs_lookup **end = &resolver->lookups;

    if (!lookup || len >= sizeof(lookup->host)) {
        free(lookup);
        resolved(context, NULL, 0, len >= HS_DNS_NAME_MAX ? "no such name" : "out of memory");
        return;
    }
    lookup->resolver = resolver;
    lookup->resolved = resolved;
    lookup->context = context;
    lookup->port = port;
    memcpy(lookup->host, host, len + 1);
    while (*end)
        end = &(*end)->next;
    *end = lookup;
    *ret_lookup = lookup;
    work_on(resolver);
}

void hs_lookup_cancel(struct hs_lookup *lookup)
{
    if (lookup)
        drop(lookup);
}

/* ---- at the start of the program --------------------------------------------------------- */

struct waiting {
    struct event_base *base;
    struct hearsay_addr found;
    bool done;
    char error[HS_ERROR_TEXT_MAX];
};

static void on_now(void *context, const struct hearsay_addr *addrs, size_t count, const char *error)
{
    struct waiting *waiting = context;

    waiting->done = true;
    if (error)
        hs_error_text(waiting->error, "%s", error);
    for (size_t i = 0; i < count; i++)
        if (waiting->found.family == 0 || (waiting->found.family == 6 && addrs[i].family == 4))
            waiting->found = addrs[i];
}

static void wait_for(const char *host, struct waiting *waiting, unsigned family)
{
    struct hs_resolver resolver;
    struct hs_lookup *lookup = NULL;

    if (hs_resolver_init(&resolver, waiting->base, family != 6, family != 4, waiting->error) == 0) {
        hs_resolver_lookup(&resolver, host, 1, on_now, waiting, &lookup);
        while (!waiting->done && event_base_loop(waiting->base, EVLOOP_ONCE) == 0) {
        }
    }
    hs_resolver_fini(&resolver); /* frees the lookup, if it has not ended */
} /* NOLINT(clang-analyzer-unix.Malloc) */

/* Any port will do; the caller has another one. */
static bool read_literal(const char *host, struct hearsay_addr *ret_addr)
{
    char text[HS_HOST_MAX + 2];

    snprintf(text, sizeof(text), strchr(host, ':') ? "[%s]" : "%s", host);
    return hearsay_addr_parse(ret_addr, text, 1) == 0;
}

int hs_resolve_now(const char *host, uint16_t port, unsigned family, struct hearsay_addr *ret_addr,
                   char error_text[HS_ERROR_TEXT_MAX])
{
    struct waiting waiting = {.base = NULL};

    if (!read_literal(host, &waiting.found)) {
        hs_error_text(waiting.error, "out of memory");
        waiting.base = hs_event_base_new();
    }
    if (waiting.base) {
        wait_for(host, &waiting, family);
        event_base_free(waiting.base);
    }
    if (waiting.found.family == 0) {
        hs_error_text(error_text, "host '%s': %s", host, waiting.error);
        return HEARSAY_ERR_INVALID;
    }
    waiting.found.port = port;
    *ret_addr = waiting.found;
    return 0;
}
