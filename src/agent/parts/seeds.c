/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A seed is kept as text. Each attempt resolves it again and tries all its addresses at once. A
 * seed of the configuration that did not answer is tried again after 1 s, 2 s, … 30 s. Jitter keeps
 * machines that boot together from asking together. Every attempt is one line of the log, and the
 * back-off keeps these rare. A seed through which the agent has joined is not tried again, because
 * the node itself calls failed members (R26: rejoining).
 */
#include "agent/parts/seeds.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <hearsay/error.h>

#include "agent/base/json.h"
#include "agent/options/values.h"

struct hs_seed {
    struct hs_seed *next;
    struct hs_seeds *seeds;
    struct hs_join_request *request; /* NULL: a seed of the configuration */
    struct hs_lookup *lookup;
    struct event *retry;
    uint64_t backoff;
    struct hearsay_addr addrs[HS_RESOLVE_ADDRS_MAX];
    bool trying[HS_RESOLVE_ADDRS_MAX];
    size_t addr_count, trying_count;
    bool joined;
    uint16_t port;
    char host[HS_HOST_MAX];
    char text[];
};

static void start(struct hs_seed *seed);

/* A random time from 3/4 to 5/4 of it. */
static uint64_t jitter(uint64_t us)
{
    uint32_t random = 0;

    if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
        return us;
    return us - us / 4 + random % (us / 2);
}

static void on_retry(evutil_socket_t fd, short what, void *context)
{
    struct hs_seed *seed = context;
    struct hs_seeds *seeds = seed->seeds;

    (void)fd;
    (void)what;
    hs_clock_read(seeds->turn->clock);
    start(seed);
    hs_turn_touch(seeds->turn);
}

static void seed_free(struct hs_seed *seed)
{
    hs_lookup_cancel(seed->lookup);
    if (seed->retry)
        event_free(seed->retry);
    free(seed);
}

static void unlink_seed(struct hs_seed *seed)
{
    struct hs_seeds *seeds = seed->seeds;
    struct hs_seed **at = &seeds->first;

    while (*at != seed)
        at = &(*at)->next;
    *at = seed->next;
    seeds->count--;
}

static void link_seed(struct hs_seed *seed)
{
    struct hs_seeds *seeds = seed->seeds;

    seed->next = seeds->first;
    seeds->first = seed;
    seeds->count++;
}

/* Makes a seed that is not in the list yet. */
static int seed_new(struct hs_seeds *seeds, const char *text, struct hs_join_request *request,
                    struct hs_seed **ret_seed)
{
    size_t size = strlen(text) + 1;
    struct hs_seed *seed = calloc(1, sizeof(*seed) + size);

    if (!seed)
        return HEARSAY_ERR_NOMEM;
    if (hs_value_endpoint(text, HEARSAY_PORT_DEFAULT, seed->host, &seed->port) < 0 ||
        seed->host[0] == '\0' || seed->port == 0) {
        free(seed);
        return HEARSAY_ERR_SYNTAX;
    }
    memcpy(seed->text, text, size);
    seed->seeds = seeds;
    seed->request = request;
    seed->backoff = HS_SEED_BACKOFF_FIRST;
    seed->retry = evtimer_new(seeds->base, on_retry, seed);
    if (!seed->retry) {
        free(seed);
        return HEARSAY_ERR_NOMEM;
    }
    *ret_seed = seed;
    return 0;
}

/* ---- the end of an attempt --------------------------------------------------------------- */

/* How long until the seed is tried again. The log reports it before the timer is set. */
static uint64_t next_delay(const struct hs_seed *seed)
{
    return seed->request != NULL || seed->joined ? 0 : seed->backoff;
}

static void tell(struct hs_seed *seed, enum hs_level level, const struct hearsay_addr *addr,
                 const char *result, const char *name, const char *message)
{
    struct hs_join_report report = {.seed = seed->text,
                                    .addr = addr,
                                    .result = result,
                                    .name = name,
                                    .message = message,
                                    .retry_us = next_delay(seed)};

    hs_report_join(seed->seeds->report, level, &report);
    if (!seed->request)
        return;
    json_array_append_new(seed->request->results,
                          json_pack("{s:s, s:o*, s:s, s:s*, s:s*}", "seed", seed->text, "addr",
                                    addr != NULL ? hs_json_addr(addr) : NULL, "result", result,
                                    "name", name != NULL && name[0] != '\0' ? name : NULL,
                                    "message", message));
}

/* One of its seeds has ended. */
static void count_down(struct hs_join_request *request)
{
    if (--request->left == 0)
        request->done(request);
}

/* Ends an attempt when all its addresses have ended. It may free the seed. */
static void settle(struct hs_seed *seed)
{
    struct timeval delay;
    uint64_t us;

    if (seed->request) {
        struct hs_join_request *request = seed->request;

        unlink_seed(seed);
        seed_free(seed);
        count_down(request);
        return;
    }
    if (!seed->joined) {
        us = jitter(seed->backoff);
        delay = (struct timeval){(time_t)(us / 1000000), (suseconds_t)(us % 1000000)};
        seed->backoff *= 2;
        if (seed->backoff > HS_SEED_BACKOFF_LAST)
            seed->backoff = HS_SEED_BACKOFF_LAST;
        event_add(seed->retry, &delay);
    }
}

/* ---- an attempt -------------------------------------------------------------------------- */

static void try_addrs(struct hs_seed *seed)
{
    struct hs_seeds *seeds = seed->seeds;

    seed->trying_count = 0;
    for (size_t i = 0; i < seed->addr_count; i++) {
        if (seeds->meet)
            seeds->meet(seeds->meet_context, &seed->addrs[i]);
        int r = hearsay_node_join(seeds->node, seeds->turn->clock->now, &seed->addrs[i]);

        seed->trying[i] = r == 0;
        seed->trying_count += r == 0;
        if (r < 0)
            tell(seed, HS_LEVEL_WARN, &seed->addrs[i], "failed", NULL,
                 hearsay_addr_fault(&seed->addrs[i]) ? hearsay_addr_fault(&seed->addrs[i])
                                                     : hearsay_strerror(r));
    }
    if (seed->trying_count == 0)
        settle(seed);
}

static void on_resolved(void *context, const struct hearsay_addr *addrs, size_t count,
                        const char *error)
{
    struct hs_seed *seed = context;
    struct hs_seeds *seeds = seed->seeds;

    seed->lookup = NULL;
    hs_clock_read(seeds->turn->clock);
    if (error) {
        tell(seed, HS_LEVEL_WARN, NULL, "unresolved", NULL, error);
        settle(seed);
    } else {
        memcpy(seed->addrs, addrs, count * sizeof(addrs[0]));
        seed->addr_count = count;
        try_addrs(seed);
    }
    hs_turn_touch(seeds->turn);
}

static void start(struct hs_seed *seed)
{
    char bracketed[HS_HOST_MAX + 2];
    struct hearsay_addr addr;

    snprintf(bracketed, sizeof(bracketed), strchr(seed->host, ':') != NULL ? "[%s]" : "%s",
             seed->host);
    if (hearsay_addr_parse(&addr, bracketed, seed->port) == 0) {
        seed->addrs[0] = addr;
        seed->addr_count = 1;
        try_addrs(seed);
        return;
    }
    hs_resolver_lookup(seed->seeds->resolver, seed->host, seed->port, on_resolved, seed,
                       &seed->lookup);
}

static enum hs_level result_level(enum hearsay_join_result result)
{
    if (result == HEARSAY_JOIN_OK)
        return HS_LEVEL_INFO;
    return result == HEARSAY_JOIN_SELF ? HS_LEVEL_DEBUG : HS_LEVEL_WARN;
}

/* One address has ended. Returns true if the seed was trying it. */
static bool addr_ended(struct hs_seed *seed, const struct hearsay_event *event)
{
    for (size_t i = 0; i < seed->addr_count; i++) {
        if (!seed->trying[i] || !hearsay_addr_equal(&seed->addrs[i], &event->addr))
            continue;
        seed->trying[i] = false;
        seed->trying_count--;
        if (event->result == HEARSAY_JOIN_OK || event->result == HEARSAY_JOIN_SELF)
            seed->joined = true;
        tell(seed, result_level(event->result), &event->addr,
             hearsay_join_result_name(event->result), event->name,
             event->result == HEARSAY_JOIN_REFUSED ? hearsay_reason_name(event->reason) : NULL);
        return true;
    }
    return false;
}

void hs_seeds_ended(struct hs_seeds *seeds, const struct hearsay_event *event)
{
    struct hs_seed *next;
    bool ours = false;

    for (struct hs_seed *seed = seeds->first; seed; seed = next) {
        next = seed->next;
        if (!addr_ended(seed, event))
            continue;
        ours = true;
        if (seed->trying_count == 0)
            settle(seed);
    }
    if (!ours) {
        struct hs_join_report report = {.addr = &event->addr,
                                        .result = hearsay_join_result_name(event->result),
                                        .name = event->name};

        hs_report_join(seeds->report, HS_LEVEL_DEBUG, &report);
    }
}

void hs_seeds_resync(struct hs_seeds *seeds)
{
    struct hs_seed *next;

    for (struct hs_seed *seed = seeds->first; seed; seed = next) {
        next = seed->next;
        if (seed->trying_count == 0)
            continue;
        memset(seed->trying, 0, sizeof(seed->trying));
        seed->trying_count = 0;
        tell(seed, HS_LEVEL_WARN, NULL, "lost", NULL, NULL);
        settle(seed);
    }
}

/* ---- which seeds there are --------------------------------------------------------------- */

static struct hs_seed *find(struct hs_seed *first, const char *text)
{
    for (struct hs_seed *seed = first; seed; seed = seed->next)
        if (!seed->request && strcmp(seed->text, text) == 0)
            return seed;
    return NULL;
}

static bool is_listed(const struct hs_option_list *list, const struct hs_seed *seed)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i], seed->text) == 0)
            return true;
    return false;
}

static void drop_unlisted(struct hs_seeds *seeds, const struct hs_option_list *list)
{
    struct hs_seed *next;

    for (struct hs_seed *seed = seeds->first; seed; seed = next) {
        next = seed->next;
        if (seed->request || is_listed(list, seed))
            continue;
        unlink_seed(seed);
        seed_free(seed);
    }
}

/* The number of seeds without those that the list would drop. */
static size_t count_kept(const struct hs_seeds *seeds, const struct hs_option_list *list)
{
    size_t count = 0;

    for (const struct hs_seed *seed = seeds->first; seed; seed = seed->next)
        count += seed->request != NULL || is_listed(list, seed);
    return count;
}

int hs_seeds_prepare(struct hs_seeds *seeds, const struct hs_option_list *list,
                     struct hs_seed **ret_fresh)
{
    struct hs_seed *first = NULL, **end = &first;
    size_t count = count_kept(seeds, list);
    int err = 0;

    for (size_t i = 0; i < list->count && err == 0; i++) {
        const char *text = list->items[i];

        if (find(seeds->first, text) != NULL || find(first, text) != NULL)
            continue;
        err = ++count > HS_SEEDS_MAX ? HEARSAY_ERR_FULL : seed_new(seeds, text, NULL, end);
        if (err == 0)
            end = &(*end)->next;
    }
    if (err == 0)
        *ret_fresh = first;
    else
        hs_seeds_discard(first);
    return err;
}

void hs_seeds_apply(struct hs_seeds *seeds, const struct hs_option_list *list,
                    struct hs_seed *fresh)
{
    struct hs_seed *next;

    drop_unlisted(seeds, list);
    for (; fresh; fresh = next) {
        next = fresh->next;
        link_seed(fresh);
        start(fresh);
    }
}

void hs_seeds_discard(struct hs_seed *fresh)
{
    struct hs_seed *next;

    for (; fresh; fresh = next) {
        next = fresh->next;
        seed_free(fresh);
    }
}

void hs_seeds_configure(struct hs_seeds *seeds, const struct hs_option_list *list)
{
    struct hs_seed *fresh;
    int err = hs_seeds_prepare(seeds, list, &fresh);
    struct hs_join_report report = {.result = "failed", .message = hearsay_strerror(err)};

    if (err < 0)
        hs_report_join(seeds->report, HS_LEVEL_WARN, &report);
    else
        hs_seeds_apply(seeds, list, fresh);
}

int hs_seeds_try(struct hs_seeds *seeds, const char *text, struct hs_join_request *request)
{
    struct hs_seed *seed;
    int r = seeds->count < HS_SEEDS_MAX ? seed_new(seeds, text, request, &seed) : HEARSAY_ERR_FULL;

    if (r < 0)
        return r;
    link_seed(seed);
    request->left++;
    start(seed);
    return 0;
}

bool hs_seeds_settled(const struct hs_seeds *seeds)
{
    for (const struct hs_seed *seed = seeds->first; seed; seed = seed->next)
        if (!seed->request && !seed->joined)
            return false;
    return true;
}

void hs_seeds_fini(struct hs_seeds *seeds)
{
    struct hs_seed *seed = seeds->first, *next;

    seeds->first = NULL;
    seeds->count = 0;
    for (; seed; seed = next) {
        struct hs_join_request *request = seed->request;

        next = seed->next;
        seed_free(seed);
        if (request)
            count_down(request); /* answers with what is known so far */
    }
}
