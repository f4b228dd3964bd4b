/* SPDX-License-Identifier: Apache-2.0 */
/* The trace hook: its steps agree with the counters, and it changes nothing. */
#include "pair.h"

#include <hearsay/trace.h>

#define NODES 4

/* What was traced, and the datagrams that passed. */
struct seen {
    uint64_t kinds[32];
    uint64_t drops[HEARSAY_DROP_COUNT];
    uint64_t digest;
    uint64_t passed;
    bool exchanged_ok, reached, silent, reprobed;
};

static void note(void *context, const struct hearsay_trace *step)
{
    struct seen *seen = context;
    ck_assert_uint_lt(step->kind, 32);
    ck_assert_str_ne(hearsay_trace_name(step->kind), "unknown");
    ck_assert_uint_ge(step->when.boot, RIG_BOOT);
    seen->kinds[step->kind]++;
    if (step->kind == HEARSAY_TRACE_DROPPED)
        seen->drops[step->drop]++;
    if (step->kind == HEARSAY_TRACE_RECORD)
        ck_assert(step->name && step->timestamp && step->to);
    if (step->kind == HEARSAY_TRACE_RECEIVED || step->kind == HEARSAY_TRACE_SENT)
        ck_assert(step->addr && step->length && step->timestamp && step->message);
    if (step->kind == HEARSAY_TRACE_EXCHANGE_ENDED)
        seen->exchanged_ok |= step->end == HEARSAY_TRACE_END_OK;
    if (step->kind != HEARSAY_TRACE_PROBE_ENDED)
        return;
    ck_assert_ptr_nonnull(step->name);
    seen->reached |= step->end == HEARSAY_TRACE_END_REACHED && step->tries == 1;
    seen->silent |= step->end == HEARSAY_TRACE_END_SILENT && step->tries > 1;
    seen->reprobed |= step->purpose == HEARSAY_TRACE_PURPOSE_REPROBE;
}

static bool pass(void *context, const struct pair_datagram *datagram)
{
    struct seen *seen = context;
    seen->passed++;
    seen->digest = 31 * seen->digest + hs_hash(datagram->bytes, datagram->len);
    return true;
}

/* Four meet, one is silent for ever and declared dead. */
static void live(struct pair *pair, struct seen *seen, bool traced)
{
    pair_init(pair);
    pair->pass = pass;
    pair->context = seen;
    if (traced) {
        pair->config.trace = note;
        pair->config.trace_context = seen;
    }
    pair_form(pair, NODES);
    pair_run(pair, 3000000);
    pair->deaf[NODES - 1] = true;
    ck_assert(pair_until(pair, 0, "n3", HEARSAY_STATUS_DEAD, 30000000));
    pair_run(pair, 3000000);
}

START_TEST(test_it_changes_nothing)
{
    struct pair with, without;
    struct seen traced = {0}, plain = {0};
    live(&with, &traced, true);
    live(&without, &plain, false);
    ck_assert_uint_gt(traced.kinds[HEARSAY_TRACE_SENT], 100);
    ck_assert_uint_eq(plain.kinds[HEARSAY_TRACE_SENT], 0);
    ck_assert_uint_eq(traced.passed, plain.passed);
    ck_assert_uint_eq(traced.digest, plain.digest);
    pair_fini(&with);
    pair_fini(&without);
}
END_TEST

static uint64_t sum(const uint64_t *values, size_t count)
{
    uint64_t total = 0;
    for (size_t i = 0; i < count; i++)
        total += values[i];
    return total;
}

START_TEST(test_it_sees_what_is_counted)
{
    struct pair pair;
    struct seen seen = {0};
    uint64_t sent = 0, merged = 0, drops[HEARSAY_DROP_COUNT] = {0};
    live(&pair, &seen, true);
    for (unsigned at = 0; at < NODES; at++) {
        struct hearsay_stats stats = pair_stats(&pair, at);
        sent += sum(stats.sent, HEARSAY_KIND_ROOM);
        merged += stats.records_merged;
        for (unsigned reason = 0; reason < HEARSAY_DROP_COUNT; reason++)
            drops[reason] += stats.drops[reason];
    }
    ck_assert_uint_eq(seen.kinds[HEARSAY_TRACE_SENT], sent);
    ck_assert_uint_eq(seen.kinds[HEARSAY_TRACE_RECORD], merged);
    ck_assert_uint_eq(seen.kinds[HEARSAY_TRACE_RECEIVED], pair.carried);
    ck_assert_mem_eq(seen.drops, drops, sizeof drops);
    ck_assert_uint_gt(sum(drops, HEARSAY_DROP_COUNT), 0);
    ck_assert(seen.reached);
    ck_assert(seen.silent);
    ck_assert(seen.reprobed);
    ck_assert(seen.exchanged_ok);
    ck_assert_uint_gt(seen.kinds[HEARSAY_TRACE_TIMER], 0);
    ck_assert_uint_gt(seen.kinds[HEARSAY_TRACE_EXCHANGE_STEP], 0);
    pair_fini(&pair);
}
END_TEST

/* What is begun also ends: of probes and exchanges no more than are under way have not. */
START_TEST(test_what_begins_ends)
{
    struct pair pair;
    struct seen seen = {0};
    live(&pair, &seen, true);
    ck_assert_uint_gt(seen.kinds[HEARSAY_TRACE_SUSPICION_BEGUN], 0);
    uint64_t probes = seen.kinds[HEARSAY_TRACE_PROBE_BEGUN] - seen.kinds[HEARSAY_TRACE_PROBE_ENDED];
    uint64_t exchanges =
        seen.kinds[HEARSAY_TRACE_EXCHANGE_BEGUN] - seen.kinds[HEARSAY_TRACE_EXCHANGE_ENDED];
    uint64_t active = 0;
    for (unsigned at = 0; at < NODES; at++)
        active += pair.nodes[at]->prober.active;
    ck_assert_uint_eq(probes, active);
    ck_assert_uint_le(exchanges, NODES);
    pair_fini(&pair);
}
END_TEST

START_TEST(test_numbers_in_no_table_are_unknown)
{
    ck_assert_str_eq(hearsay_trace_name((enum hearsay_trace_kind)1000), "unknown");
    ck_assert_str_eq(hearsay_trace_timer_name((enum hearsay_trace_timer)1000), "unknown");
    ck_assert_str_eq(hearsay_trace_purpose_name((enum hearsay_trace_purpose)1000), "unknown");
    ck_assert_str_eq(hearsay_trace_end_name((enum hearsay_trace_end)1000), "unknown");
    ck_assert_str_eq(hearsay_trace_exchange_name((enum hearsay_trace_exchange)1000), "unknown");
    ck_assert_str_eq(hearsay_trace_timer_name(HEARSAY_TRACE_TIMER_RING), "ring");
    ck_assert_str_eq(hearsay_trace_exchange_name(HEARSAY_TRACE_EXCHANGE_FINER), "finer");
}
END_TEST

HARNESS_MAIN("trace", test_it_changes_nothing, test_it_sees_what_is_counted, test_what_begins_ends,
             test_numbers_in_no_table_are_unknown)
