/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A call of an address is one line of the log, and the back-off keeps these rare. Of a name, which
 * may have hundreds of addresses and is looked up for life, only changes are told.
 */
#include "agent/parts/seed.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <hearsay/error.h>

#include "agent/base/json.h"
#include "agent/parts/refusal.h"
#include "ctl/ctl.h"

#define JITTER_STEPS 1024u

/* ---- times ------------------------------------------------------------------------------- */

uint32_t hs_seed_draw(uint32_t limit)
{
    uint32_t random = 0;

    if (limit == 0 || getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
        return 0;
    return random % limit;
}

uint64_t hs_seed_jitter(uint64_t us)
{
    return us - us / 4 + us / 2 * hs_seed_draw(JITTER_STEPS) / JITTER_STEPS;
}

/* ---- the list ---------------------------------------------------------------------------- */

void hs_seed_free(struct hs_seed *seed)
{
    hs_lookup_cancel(seed->lookup);
    if (seed->retry)
        event_free(seed->retry);
    hs_seed_addrs_fini(&seed->addrs);
    free(seed->trouble);
    free(seed);
}

void hs_seed_unlink(struct hs_seed *seed)
{
    struct hs_seeds *seeds = seed->seeds;
    struct hs_seed **at = &seeds->first;

    while (*at != seed)
        at = &(*at)->next;
    *at = seed->next;
    seeds->count--;
}

void hs_seed_link(struct hs_seed *seed)
{
    struct hs_seeds *seeds = seed->seeds;

    seed->next = seeds->first;
    seeds->first = seed;
    seeds->count++;
}

/* Gives an address to a seed that is one; any other is a name. */
static int set_literal(struct hs_seed *seed)
{
    struct hearsay_addr addr;
    bool changed;

    seed->named = hs_host_parse(seed->host, seed->port, &addr) < 0;
    return seed->named ? 0 : hs_seed_addrs_set(&seed->addrs, &addr, 1, &changed);
}

int hs_seed_new(struct hs_seed **ret_seed, struct hs_seeds *seeds, const char *text,
                struct hs_join_request *request, event_callback_fn retry)
{
    size_t size = strlen(text) + 1;
    char fault[HS_ERROR_TEXT_MAX]; /* the settings have said it */
    struct hs_seed *seed = calloc(1, sizeof(*seed) + size);

    if (!seed)
        return HEARSAY_ERR_NOMEM;
    if (hs_value_seed(text, seed->host, &seed->port, fault) < 0) {
        free(seed);
        return HEARSAY_ERR_SYNTAX;
    }
    memcpy(seed->text, text, size);
    seed->seeds = seeds;
    seed->request = request;
    seed->backoff = HS_SEED_BACKOFF_FIRST;
    seed->retry = evtimer_new(seeds->base, retry, seed);
    if (!seed->retry || set_literal(seed) < 0) {
        hs_seed_free(seed);
        return HEARSAY_ERR_NOMEM;
    }
    *ret_seed = seed;
    return 0;
}

bool hs_seed_is_busy(const struct hs_seed *seed)
{
    return seed->lookup || seed->trying_count > 0 || seed->waits_for_room || seed->finds_owners;
}

bool hs_seed_is_sealed(const struct hs_seeds *seeds)
{
    struct hearsay_stats stats;

    hearsay_node_stats(seeds->node, &stats);
    return stats.seal_mode >= HEARSAY_SEAL_ON;
}

/* ---- what is told ------------------------------------------------------------------------ */

/* How long until the seed is tried again. The log reports it before the timer is set. */
static uint64_t next_delay(const struct hs_seed *seed)
{
    return seed->request != NULL || seed->joined ? 0 : seed->backoff;
}

static json_t *result_json(const struct hs_join_report *report)
{
    json_t *result = json_pack("{s:s}", "seed", report->seed);

    if (report->addr)
        hs_ctl_put(&result, "addr", hs_json_addr(report->addr));
    hs_ctl_put(&result, "result", json_string(report->result));
    if (report->name && report->name[0] != '\0')
        hs_ctl_put(&result, "name", json_string(report->name));
    if (report->message)
        hs_ctl_put(&result, "message", json_string(report->message));
    return result;
}

void hs_seed_tell(struct hs_seed *seed, enum hs_level level, const struct hearsay_addr *addr,
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
    hs_ctl_append(&seed->request->results, result_json(&report));
}

void hs_seed_tell_unresolved(struct hs_seed *seed, const char *error)
{
    bool same = seed->trouble && strcmp(seed->trouble, error) == 0;

    seed->result = "unresolved";
    hs_seed_tell(seed, same && !seed->request ? HS_LEVEL_DEBUG : HS_LEVEL_WARN, NULL, seed->result,
                 NULL, error);
    if (same)
        return;
    free(seed->trouble);
    seed->trouble = strdup(error);
}

void hs_seed_tell_resolved(struct hs_seed *seed, bool changed)
{
    json_t *addrs;

    if (!changed && !seed->trouble)
        return;
    free(seed->trouble);
    seed->trouble = NULL;
    addrs = json_array();
    for (size_t i = 0; i < seed->addrs.count && i < HS_SEED_TOLD_MAX; i++)
        hs_ctl_append(&addrs, hs_json_addr(&seed->addrs.items[i].addr));
    hs_report(seed->seeds->report, HS_LEVEL_INFO, HS_LINE_RESOLVE,
              json_pack("{s:s, s:i, s:o}", "seed", seed->text, "count", (int)seed->addrs.count,
                        "addrs", addrs));
}

static enum hs_level result_level(enum hearsay_join_result result)
{
    if (result == HEARSAY_JOIN_OK)
        return HS_LEVEL_INFO;
    return result == HEARSAY_JOIN_SELF ? HS_LEVEL_DEBUG : HS_LEVEL_WARN;
}

/* Why there was no answer, as far as this agent can know: who has no key in common with it does not
 * answer (R32). */
static const char *silence_text(const struct hs_seed *seed)
{
    if (!hs_seed_is_sealed(seed->seeds))
        return "nobody answers; an agent with seal = require does not answer, because this agent "
               "sends unsealed datagrams";
    return "nobody answers; an agent without a common key does not answer this one";
}

static const char *ended_text(const struct hs_seed *seed, const struct hearsay_event *event,
                              char refusal[HS_ERROR_TEXT_MAX])
{
    if (event->result == HEARSAY_JOIN_TIMEOUT)
        return silence_text(seed);
    if (event->result != HEARSAY_JOIN_REFUSED)
        return NULL;
    hs_refusal_text(event, seed->seeds->report->identity, refusal);
    return refusal;
}

void hs_seed_tell_failed(struct hs_seed *seed, struct hs_seed_addr *item, int err)
{
    const char *fault = hearsay_addr_fault(&item->addr);
    bool news = !seed->named || seed->request || !item->failed;

    item->failed = true;
    seed->result = "failed";
    hs_seed_tell(seed, news ? HS_LEVEL_WARN : HS_LEVEL_DEBUG, &item->addr, seed->result, NULL,
                 fault ? fault : hearsay_strerror(err));
}

void hs_seed_tell_ended(struct hs_seed *seed, struct hs_seed_addr *item,
                        const struct hearsay_event *event)
{
    bool news =
        !seed->named || seed->request != NULL || !item->told || item->result != event->result;

    char refusal[HS_ERROR_TEXT_MAX];

    const char *message = ended_text(seed, event, refusal);

    item->ended = item->told = true;
    item->failed = false;
    item->result = event->result;
    seed->result = hearsay_join_result_name(event->result);
    hs_seed_tell(seed, news ? result_level(event->result) : HS_LEVEL_DEBUG, &event->addr,
                 seed->result, event->name, message);
}

/* ---- for others -------------------------------------------------------------------------- */

json_t *hs_seed_json(const struct hs_seed *seed)
{
    uint64_t now = seed->seeds->turn->clock->now.boot;
    const char *result = seed->trouble ? "unresolved" : seed->result;
    json_t *object = json_object();

    hs_ctl_put(&object, "seed", json_string(seed->text));
    hs_ctl_put(&object, "joined", json_boolean(seed->joined));
    if (result)
        hs_ctl_put(&object, "result", json_string(result));
    if (seed->trouble)
        hs_ctl_put(&object, "message", hs_json_text(seed->trouble, strlen(seed->trouble)));
    hs_ctl_put(&object, "addrs", json_integer((json_int_t)seed->addrs.count));
    if (seed->looked > 0)
        hs_ctl_put(&object, "looked_us", json_integer((json_int_t)(now - seed->looked)));
    return object;
}

void hs_seed_count_down(struct hs_join_request *request)
{
    if (--request->left == 0)
        request->done(request);
}
