/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A seed that is an address is not tried again once it has joined, because the node itself calls
 * seeds and failed members (R26: rejoining). A name may say something else tomorrow. So it is
 * looked up for life, by each agent with a chance of one in the number of members that are alive,
 * at each interval of R26. A cluster of any size then asks about once in such an interval.
 */
#include "agent/parts/seeds.h"

#include <string.h>

#include <hearsay/error.h>

#include "agent/parts/attempt.h"
#include "agent/parts/interfaces.h"
#include "service/timer.h"

/* ---- ends of calls ----------------------------------------------------------------------- */

/* Without a key nobody can answer a sealed join, but whoever is on the way can send it back from a
 * seed's address. So the agent is its own seed only at an address of its own: or else a newcomer
 * would be ready alone, and take all keys (R40: worth of an answer). */
static bool is_sent_back(const struct hs_seeds *seeds, const struct hearsay_event *event)
{
    return event->result == HEARSAY_JOIN_SELF &&
           !hearsay_addr_equal(&event->addr, &seeds->report->identity->advertise) &&
           hs_seed_is_sealed(seeds) && hs_interfaces_rank(&event->addr) == HS_ADDR_NONE;
}

void hs_seeds_ended(struct hs_seeds *seeds, const struct hearsay_event *told)
{
    struct hearsay_event doubted = *told;
    const struct hearsay_event *event = &doubted;
    struct hs_seed *next;
    bool ours = false;

    if (is_sent_back(seeds, told))
        doubted.result = HEARSAY_JOIN_TIMEOUT;
    for (struct hs_seed *seed = seeds->first; seed; seed = next) {
        next = seed->next;
        ours |= hs_attempt_ended(seed, event);
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
        hs_attempt_lost(seed);
    }
}

/* ---- again and again (R26) --------------------------------------------------------------- */

static bool is_our_turn(const struct hs_seeds *seeds)
{
    struct hearsay_stats stats;

    hearsay_node_stats(seeds->node, &stats);
    return hs_seed_draw(stats.members[HEARSAY_STATUS_ALIVE]) == 0;
}

static void wait_again(struct hs_seeds *seeds)
{
    uint64_t us = seeds->again_us > HS_SEEDS_AGAIN_LEAST ? seeds->again_us : HS_SEEDS_AGAIN_LEAST;

    hs_timer_set(seeds->again, hs_seed_jitter(us));
}

/* A seed that has not joined yet has its own timer. */
static void on_again(evutil_socket_t fd, short what, void *context)
{
    struct hs_seeds *seeds = context;
    bool any = false;

    (void)fd;
    (void)what;
    hs_clock_read(seeds->turn->clock);
    for (struct hs_seed *seed = seeds->first; seed; seed = seed->next) {
        if (seed->request || !seed->named)
            continue;
        any = true;
        if (seed->joined && !hs_seed_is_busy(seed) && !evtimer_pending(seed->retry, NULL) &&
            is_our_turn(seeds))
            hs_attempt_begin(seed);
    }
    if (any)
        wait_again(seeds);
    hs_turn_touch(seeds->turn);
}

/* Sets the timer if there is a name to look up. Without one an agent does not wake for it. */
static void watch_names(struct hs_seeds *seeds)
{
    bool any = false;

    for (const struct hs_seed *seed = seeds->first; seed; seed = seed->next)
        any |= !seed->request && seed->named;
    if (!any)
        return;
    if (!seeds->again)
        seeds->again = evtimer_new(seeds->base, on_again, seeds);
    if (seeds->again && !evtimer_pending(seeds->again, NULL))
        wait_again(seeds);
}

void hs_seeds_again(struct hs_seeds *seeds)
{
    for (struct hs_seed *seed = seeds->first; seed; seed = seed->next) {
        if (seed->request || hs_seed_is_busy(seed) || (seed->joined && !seed->named))
            continue;
        seed->backoff = HS_SEED_BACKOFF_FIRST;
        hs_timer_set(seed->retry, hs_seed_draw(HS_SEED_RELOAD_US));
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
        hs_seed_unlink(seed);
        hs_seed_free(seed);
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
        struct hs_seed *seed = NULL;

        if (find(seeds->first, text) != NULL || find(first, text) != NULL)
            continue;
        err = ++count > HS_SEEDS_MAX ? HEARSAY_ERR_FULL
                                     : hs_seed_new(&seed, seeds, text, NULL, hs_attempt_retry);
        if (seed) {
            *end = seed;
            end = &seed->next;
        }
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
        hs_seed_link(fresh);
        hs_attempt_begin(fresh);
    }
    watch_names(seeds);
}

void hs_seeds_discard(struct hs_seed *fresh)
{
    struct hs_seed *next;

    for (; fresh; fresh = next) {
        next = fresh->next;
        hs_seed_free(fresh);
    }
}

void hs_seeds_configure(struct hs_seeds *seeds, const struct hs_option_list *list)
{
    struct hs_seed *fresh = NULL;
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
    int err = HEARSAY_ERR_FULL;

    if (seeds->count < HS_SEEDS_MAX)
        err = hs_seed_new(&seed, seeds, text, request, hs_attempt_retry);
    if (err < 0)
        return err;
    hs_seed_link(seed);
    request->left++;
    hs_attempt_begin(seed);
    return 0;
}

bool hs_seeds_settled(const struct hs_seeds *seeds)
{
    for (const struct hs_seed *seed = seeds->first; seed; seed = seed->next)
        if (!seed->request && !seed->is_self)
            return false;
    return true;
}

/* The first attempt that ends without success makes the back-off longer. */
bool hs_seeds_failed(const struct hs_seeds *seeds)
{
    for (const struct hs_seed *seed = seeds->first; seed; seed = seed->next)
        if (!seed->request && !seed->is_self &&
            (seed->joined || seed->backoff == HS_SEED_BACKOFF_FIRST))
            return false;
    return true;
}

void hs_seeds_fini(struct hs_seeds *seeds)
{
    struct hs_seed *seed = seeds->first, *next;

    if (seeds->again)
        event_free(seeds->again);
    seeds->again = NULL;
    seeds->first = NULL;
    seeds->count = 0;
    for (; seed; seed = next) {
        struct hs_join_request *request = seed->request;

        next = seed->next;
        hs_seed_free(seed);
        if (request)
            hs_seed_count_down(request); /* answers with what is known so far */
    }
}

json_t *hs_seeds_json(const struct hs_seeds *seeds)
{
    json_t *array = json_array();

    for (const struct hs_seed *seed = seeds->first; seed; seed = seed->next) {
        if (seed->request || json_array_insert_new(array, 0, hs_seed_json(seed)) == 0)
            continue;
        json_decref(array);
        return NULL;
    }
    return array;
}
