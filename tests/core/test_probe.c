/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Probes: which member, how often, second opinions, closed ports, and help for others (R14, R17,
 * R21).
 */
#include "inspect.h"
#include "rig.h"
#include "rules/send.h"

#include <stdio.h>
#include <string.h>

#define T     RIG_WALL
#define BATCH 12 /* rumors that fit into one datagram, blobs and all */

static void start(struct rig *rig, unsigned count)
{
    rig_init(rig);
    rig_start(rig);
    rig_meet_some(rig, count);
    rig_run(rig, 5 * RIG_SECOND); /* rumors about the newcomers are told, round trips known */
    rig_forget_events(rig);
}

static bool sends_to(const struct rig_out *out, const struct rig_peer *peer)
{
    return hearsay_addr_equal(&out->to, &peer->blob.addr);
}

START_TEST(test_each_period_goes_to_fanout_distinct_peers_and_passes_reach_all)
{
    struct rig rig;
    struct rig_out out;
    unsigned times[9] = {0};
    start(&rig, 9);
    for (int period = 0; period < 90; period++) {
        unsigned met = 0, first = RIG_PEERS;
        while (met < 2) {
            ck_assert(rig_wait(&rig, HEARSAY_KIND_GOSSIP, NULL, 2 * RIG_SECOND, &out));
            for (unsigned i = 0; i < 9; i++)
                if (sends_to(&out, &rig.peers[i])) {
                    ck_assert_uint_ne(i, first);
                    first = i;
                    times[i]++;
                    met++;
                }
            struct hs_message ack = {.kind = HEARSAY_KIND_ACK, .acked = out.message.created};
            rig_send(&rig, &rig.peers[first], ack, NULL, 0);
        }
    }
    for (unsigned i = 0; i < 9; i++) {
        ck_assert_uint_ge(times[i], 19);
        ck_assert_uint_le(times[i], 21);
    }
    rig_fini(&rig);
}
END_TEST

/* Rumors of members that the node does not know, some in each datagram: the node passes them on in
 * its acks, too, and a rumor that has been told often does not wait any more. */
static void tell_of_many(struct rig *rig, unsigned count)
{
    struct rig_peer subjects[BATCH];
    struct hs_rumor rumors[BATCH];
    for (unsigned told = 0, some = 0; told < count; told += some) {
        for (some = 0; some < BATCH && told + some < count; some++) {
            char name[16];
            snprintf(name, sizeof name, "s%u", told + some);
            rig_peer_init(&subjects[some], name, 50 + told + some, told + some + 1000);
            rumors[some] = rig_rumor(&subjects[some], HEARSAY_STATUS_DEAD, T);
        }
        rig_send(rig, &rig->peers[0], (struct hs_message){.kind = HEARSAY_KIND_GOSSIP}, rumors,
                 some);
    }
}

/* A node with nothing to tell, in the middle of a period. */
static void start_quiet(struct rig *rig, uint32_t fanout, unsigned peers)
{
    struct rig_out out;
    rig_init(rig);
    rig->config.fanout = fanout;
    rig_start(rig);
    rig_meet_some(rig, peers);
    rig_run(rig, 5 * RIG_SECOND);
    ck_assert(rig_wait(rig, HEARSAY_KIND_GOSSIP, NULL, 2 * RIG_SECOND, &out));
    rig_run(rig, RIG_SECOND / 2);
    ck_assert_uint_eq(rig_stats(rig).rumors_waiting, 0);
}

/* The number of gossips that wait; each is to another peer. */
static unsigned take_gossips(struct rig *rig)
{
    struct rig_out out;
    unsigned met[RIG_PEERS] = {0}, count = 0;
    while (rig_next(rig, &out))
        for (unsigned at = 0; at < rig->peer_count; at++)
            if (out.message.kind == HEARSAY_KIND_GOSSIP && sends_to(&out, &rig->peers[at])) {
                ck_assert_uint_eq(met[at]++, 0);
                count++;
            }
    return count;
}

/* R15: HS_QUICK_BURSTS of them, and then one each gossip interval. */
START_TEST(test_the_first_bursts_of_news_are_quick)
{
    enum { STEP = 1000, BURSTS = HS_QUICK_BURSTS + 2 };
    struct rig rig;
    uint64_t at[BURSTS];
    unsigned seen = 0;
    start_quiet(&rig, 2, 12);
    tell_of_many(&rig, 1);
    rig_drain(&rig);
    uint64_t began = rig.now.boot;
    while (seen < BURSTS && rig.now.boot - began < RIG_SECOND / 2) {
        rig_tick(&rig, STEP);
        if (take_gossips(&rig) > 0)
            at[seen++] = rig.now.boot;
    }
    ck_assert_uint_eq(seen, BURSTS);
    ck_assert_uint_le(at[0] - began, HS_BURST_DELAY + STEP);
    for (unsigned i = 1; i < BURSTS; i++) {
        uint64_t gap = i < HS_QUICK_BURSTS ? HS_BURST_GAP : rig.config.gossip_interval;
        ck_assert_uint_ge(at[i] - at[i - 1], gap - STEP);
        ck_assert_uint_le(at[i] - at[i - 1], gap + STEP);
    }
    rig_fini(&rig);
}
END_TEST

/* R15: a fanout for each HS_LONG_QUEUE rumors or part of so many. */
START_TEST(test_a_burst_grows_with_the_queue)
{
    static const struct {
        uint32_t fanout;
        unsigned peers, rumors, size;
    } cases[] = {
        {2, 12, 1, 2},
        {2, 12, HS_LONG_QUEUE, 2},
        {2, 12, HS_LONG_QUEUE + 1, 4},
        {2, 12, 3 * HS_LONG_QUEUE, 6},
        {2, 12, 4 * HS_LONG_QUEUE, HS_BURST_PEERS_MAX},
        {2, 12, 6 * HS_LONG_QUEUE, HS_BURST_PEERS_MAX},
        {3, 12, 2 * HS_LONG_QUEUE, 6},
        {3, 12, 3 * HS_LONG_QUEUE, HS_BURST_PEERS_MAX},
        {10, 12, 1, 10},
        {10, 12, 3 * HS_LONG_QUEUE, 10},
        {2, 5, 4 * HS_LONG_QUEUE, 5},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rig rig;
        start_quiet(&rig, cases[i].fanout, cases[i].peers);
        tell_of_many(&rig, cases[i].rumors);
        ck_assert_uint_eq(rig_stats(&rig).rumors_waiting, cases[i].rumors);
        rig_drain(&rig);
        rig_tick(&rig, HS_BURST_DELAY);
        ck_assert_uint_eq(take_gossips(&rig), cases[i].size);
        rig_fini(&rig);
    }
}
END_TEST

START_TEST(test_unanswered_probe_is_repeated_within_a_tenth_of_a_second)
{
    struct rig rig;
    struct rig_out out;
    start(&rig, 5);
    rig.peers[2].answers = false;
    ck_assert(rig_wait(&rig, HEARSAY_KIND_GOSSIP, &rig.peers[2], 9 * RIG_SECOND, &out));
    ck_assert(rig_wait(&rig, HEARSAY_KIND_GOSSIP, &rig.peers[2], 500000, &out)); /* late */
    uint64_t last = rig.now.boot;
    for (int i = 0; i < 4; i++) {
        ck_assert(rig_wait(&rig, HEARSAY_KIND_GOSSIP, &rig.peers[2], RIG_SECOND, &out));
        ck_assert_uint_le(rig.now.boot - last, 110000);
        last = rig.now.boot;
    }
    rig_fini(&rig);
}
END_TEST

/* A silent peers[0], and the three requests of its first late probe. */
static void ask(struct rig *rig, struct rig_out requests[HS_HELPERS])
{
    start(rig, 8);
    rig->peers[0].answers = false;
    for (unsigned i = 0; i < HS_HELPERS; i++)
        ck_assert(rig_wait(rig, HEARSAY_KIND_PROBE_REQUEST, NULL, 9 * RIG_SECOND, &requests[i]));
}

static struct rig_peer *helper(struct rig *rig, const struct rig_out *request)
{
    for (unsigned i = 0; i < rig->peer_count; i++)
        if (sends_to(request, &rig->peers[i]))
            return &rig->peers[i];
    ck_abort();
    return NULL;
}

START_TEST(test_three_others_are_asked_by_id_and_a_nack_fits_the_question)
{
    struct rig rig;
    struct rig_out requests[HS_HELPERS];
    ask(&rig, requests);
    for (unsigned i = 0; i < HS_HELPERS; i++) {
        ck_assert_uint_eq(requests[i].message.target, rig_peer_id(&rig.peers[0]));
        ck_assert(!sends_to(&requests[i], &rig.peers[0]));
        ck_assert_uint_ge(requests[i].len, 52);
        for (unsigned k = 0; k < i; k++)
            ck_assert(!hearsay_addr_equal(&requests[i].to, &requests[k].to));
    }
    rig_fini(&rig);
}
END_TEST

/* "If anyone asked reached it, no suspicion." */
/* R28: a helper whose address is not proven gets a short question, whatever there is to tell. */
START_TEST(test_unproven_helpers_get_short_requests)
{
    struct rig rig;
    struct rig_out out;
    start(&rig, 5);
    rig.no_help = true;
    rig.peers[0].answers = false;
    for (unsigned i = 1; i < 5; i++)
        hs_table_at(&rig.node->core.view.table, rig_slot(&rig, &rig.peers[i]))->flags &=
            (uint16_t)~HS_MEMBER_PROVEN;
    for (unsigned i = 0; i < 8; i++) { /* news for several hundred bytes */
        struct rig_peer *peer = rig_stranger(&rig, (char[]){'s', (char)('a' + i), '\0'});
        struct hs_rumor rumor = rig_rumor(peer, HEARSAY_STATUS_ALIVE, T);
        hs_merge_rumor(&rig.node->merger, &rumor, &(struct hs_source){.from = HS_NO_SLOT});
    }
    for (unsigned i = 1; i < 5; i++)
        rig.peers[i].answers = false; /* an answer would prove the address */
    ck_assert(rig_wait(&rig, HEARSAY_KIND_PROBE_REQUEST, NULL, 5 * RIG_SECOND, &out));
    ck_assert_uint_le(out.len, HS_UNPROVEN_MAX);
    ck_assert_uint_gt(rig_stats(&rig).rumors_waiting, 4);
    rig_fini(&rig);
}
END_TEST

START_TEST(test_ack_of_one_helper_prevents_suspicion)
{
    struct rig rig;
    struct rig_out requests[HS_HELPERS];
    ask(&rig, requests);
    for (unsigned i = 0; i < HS_HELPERS; i++) {
        struct hs_message answer = {
            .kind = i ? HEARSAY_KIND_NACK : HEARSAY_KIND_ACK,
            .acked = requests[i].message.created,
            .finding = HS_FINDING_REFUSED,
        };
        rig_send(&rig, helper(&rig, &requests[i]), answer, NULL, 0);
    }
    ck_assert_uint_eq(rig.node->prober.active, 0);
    rig_run(&rig, 400000);
    ck_assert_int_eq(rig_member(&rig, "p0").status, HEARSAY_STATUS_ALIVE);
    ck_assert_uint_eq(rig_stats(&rig).suspicions, 0);
    rig_fini(&rig);
}
END_TEST

START_TEST(test_nacks_make_the_helpers_accusers)
{
    struct rig rig;
    struct rig_out requests[HS_HELPERS];
    ask(&rig, requests);
    for (unsigned i = 0; i < HS_HELPERS; i++) {
        struct hs_message nack = {
            .kind = HEARSAY_KIND_NACK,
            .acked = requests[i].message.created,
            .finding = i ? HS_FINDING_REFUSED : HS_FINDING_SILENT,
        };
        rig_send(&rig, helper(&rig, &requests[i]), nack, NULL, 0);
        ck_assert(i == 2 || rig_member(&rig, "p0").status == HEARSAY_STATUS_ALIVE);
    }
    ck_assert_int_eq(rig_member(&rig, "p0").status, HEARSAY_STATUS_SUSPECT);
    const struct hs_suspicion *suspicion =
        hs_member_suspicion(hs_table_at(&rig.node->core.view.table, rig_slot(&rig, &rig.peers[0])));
    ck_assert_ptr_nonnull(suspicion);
    ck_assert_uint_eq(suspicion->accuser_count, 4);
    ck_assert_uint_eq(suspicion->accusers[0], rig.node->core.wire.self_id);
    ck_assert_uint_eq(suspicion->refused_mask, 0xc);
    for (unsigned i = 0; i < HS_HELPERS; i++)
        ck_assert_uint_eq(suspicion->accusers[1 + i], rig_peer_id(helper(&rig, &requests[i])));
    rig_fini(&rig);
}
END_TEST

START_TEST(test_nack_counts_once_and_from_whom_it_was_asked)
{
    struct rig rig;
    struct rig_out requests[HS_HELPERS];
    ask(&rig, requests);
    struct hs_message nack = {.kind = HEARSAY_KIND_NACK, .acked = requests[0].message.created};
    struct rig_peer *asked = helper(&rig, &requests[0]), *other = &rig.peers[1];
    for (unsigned i = 1; i < 8; i++) {
        bool is_helper = false;
        for (unsigned k = 0; k < HS_HELPERS; k++)
            is_helper |= helper(&rig, &requests[k]) == &rig.peers[i];
        if (!is_helper)
            other = &rig.peers[i];
    }
    rig_send(&rig, other, nack, NULL, 0);
    ck_assert_uint_eq(rig_drops(&rig, HEARSAY_DROP_UNSOLICITED), 1);
    rig_send(&rig, asked, nack, NULL, 0);
    ck_assert_uint_eq(rig_drops(&rig, HEARSAY_DROP_UNSOLICITED), 1);
    rig_send(&rig, asked, nack, NULL, 0);
    ck_assert_uint_eq(rig_drops(&rig, HEARSAY_DROP_UNSOLICITED), 2);
    rig_fini(&rig);
}
END_TEST

/* ---- closed ports ------------------------------------------------------------------------ */

START_TEST(test_closed_port_is_believed_only_with_an_outstanding_id_and_address)
{
    struct rig rig;
    struct rig_out out, request;
    start(&rig, 5);
    rig.peers[0].answers = false;
    ck_assert(rig_wait(&rig, HEARSAY_KIND_GOSSIP, &rig.peers[0], 9 * RIG_SECOND, &out));
    uint8_t forged[HS_HEAD_SIZE];
    memcpy(forged, out.bytes, sizeof forged);
    forged[24] ^= 1; /* another creation time */
    struct hearsay_addr elsewhere = rig.peers[1].blob.addr;
    hearsay_node_unreachable(rig.node, rig.now, &out.to, HEARSAY_UNREACHABLE_PORT, forged,
                             sizeof forged);
    hearsay_node_unreachable(rig.node, rig.now, &elsewhere, HEARSAY_UNREACHABLE_PORT, out.bytes,
                             HS_HEAD_SIZE);
    hearsay_node_unreachable(rig.node, rig.now, &out.to, HEARSAY_UNREACHABLE_HOST, out.bytes,
                             HS_HEAD_SIZE);
    hearsay_node_unreachable(rig.node, rig.now, &out.to, HEARSAY_UNREACHABLE_PORT, out.bytes,
                             HS_HEAD_SIZE - 1);
    ck_assert(!rig_expect(&rig, HEARSAY_KIND_PROBE_REQUEST, &request));
    hearsay_node_unreachable(rig.node, rig.now, &out.to, HEARSAY_UNREACHABLE_PORT, out.bytes,
                             HS_HEAD_SIZE);
    ck_assert(rig_expect(&rig, HEARSAY_KIND_PROBE_REQUEST, &request)); /* at once */
    ck_assert_int_eq(rig_member(&rig, "p0").status, HEARSAY_STATUS_ALIVE);
    rig_fini(&rig);
}
END_TEST

/* It skips the wait, not the second opinions. */
START_TEST(test_closed_port_and_one_nack_are_proof_when_all_helpers_have_answered)
{
    struct rig rig;
    struct rig_out out, requests[HS_HELPERS];
    struct hearsay_event event;
    start(&rig, 8);
    rig.peers[0].answers = false;
    ck_assert(rig_wait(&rig, HEARSAY_KIND_GOSSIP, &rig.peers[0], 9 * RIG_SECOND, &out));
    uint64_t began = rig.now.boot;
    hearsay_node_unreachable(rig.node, rig.now, &out.to, HEARSAY_UNREACHABLE_PORT, out.bytes,
                             HS_HEAD_SIZE);
    for (unsigned i = 0; i < HS_HELPERS; i++)
        ck_assert(rig_expect(&rig, HEARSAY_KIND_PROBE_REQUEST, &requests[i]));
    for (unsigned i = 0; i < HS_HELPERS; i++) {
        struct hs_message nack = {.kind = HEARSAY_KIND_NACK,
                                  .acked = requests[i].message.created,
                                  .finding = HS_FINDING_REFUSED};
        rig_send(&rig, helper(&rig, &requests[i]), nack, NULL, 0);
    }
    ck_assert(rig_event_to(&rig, "p0", HEARSAY_STATUS_SUSPECT, &event));
    ck_assert_int_eq(event.reason, HEARSAY_REASON_REFUSED);
    ck_assert_uint_eq(rig.now.boot, began);
    rig_run(&rig, 1100000);
    ck_assert(rig_event_to(&rig, "p0", HEARSAY_STATUS_DEAD, &event));
    rig_fini(&rig);
}
END_TEST

/* R21: what never left this machine is no evidence. */
START_TEST(test_tries_that_could_not_be_sent_accuse_nobody)
{
    struct rig rig;
    struct rig_out out;
    start(&rig, 5);
    uint64_t end = rig.now.boot + 20 * RIG_SECOND;
    while (rig.now.boot < end) {
        rig_tick(&rig, 20000);
        while (rig_next(&rig, &out))
            hearsay_node_sent(rig.node, rig.now, out.ticket, HEARSAY_ERR_UNSENT);
    }
    ck_assert_uint_gt(rig_stats(&rig).unsent, 20);
    ck_assert_uint_eq(rig_stats(&rig).suspicions, 0);
    ck_assert_uint_eq(rig_stats(&rig).members[HEARSAY_STATUS_ALIVE], 6);
    rig_fini(&rig);
}
END_TEST

/* R16, R21: an answer counts its rumors as sent at once, since nobody acks it. One that the socket
 * did not take has told nobody. */
START_TEST(test_rumors_in_answers_that_could_not_be_sent_still_wait)
{
    struct rig rig;
    struct rig_out out;
    struct hs_rumor rumor;
    start(&rig, 5);
    rig_run(&rig, 5 * RIG_SECOND);
    struct rig_peer *subject = rig_stranger(&rig, "subject");
    rumor = rig_rumor(subject, HEARSAY_STATUS_ALIVE, T);
    rig_tell(&rig, &rig.peers[0], &rumor);
    rig_drain(&rig);
    uint64_t waiting = rig_stats(&rig).rumors_waiting;
    ck_assert_uint_gt(waiting, 0);
    for (unsigned i = 0; i < 40; i++) {
        rig_send(&rig, &rig.peers[1], (struct hs_message){.kind = HEARSAY_KIND_GOSSIP}, NULL, 0);
        ck_assert(rig_expect_to(&rig, HEARSAY_KIND_ACK, &rig.peers[1], &out));
        ck_assert(rig_carries(&out, rig_peer_id(subject), &rumor));
        ck_assert_ptr_nonnull(rumor.blob); /* with what the receiver may not have */
        hearsay_node_sent(rig.node, rig.now, out.ticket, HEARSAY_ERR_UNSENT);
        ck_assert_uint_eq(rig_stats(&rig).rumors_waiting, waiting);
        ck_assert_ptr_null(inspect_node(rig.node));
    }
    unsigned told = 0;
    while (rig_stats(&rig).rumors_waiting) {
        rig_send(&rig, &rig.peers[1], (struct hs_message){.kind = HEARSAY_KIND_GOSSIP}, NULL, 0);
        ck_assert(rig_expect_to(&rig, HEARSAY_KIND_ACK, &rig.peers[1], &out));
        told++;
    }
    ck_assert_uint_eq(told, hs_transmit_limit(6));
    rig_fini(&rig);
}
END_TEST

/* ---- helping others ---------------------------------------------------------------------- */

static uint64_t request_help(struct rig *rig, const struct rig_peer *target)
{
    struct hs_message request = {.kind = HEARSAY_KIND_PROBE_REQUEST, .target = rig_peer_id(target)};
    struct hs_rumor filler = rig_rumor(&rig->peers[3], HEARSAY_STATUS_ALIVE, T);
    rig_send(rig, &rig->peers[1], request, &filler, 1);
    return rig->peers[1].created;
}

START_TEST(test_helper_says_ack_when_it_reaches_the_target)
{
    struct rig rig;
    struct rig_out out;
    start(&rig, 5);
    uint64_t asked = request_help(&rig, &rig.peers[0]);
    ck_assert(rig_wait(&rig, HEARSAY_KIND_ACK, &rig.peers[1], RIG_SECOND, &out));
    ck_assert_uint_eq(out.message.acked, asked);
    rig_fini(&rig);
}
END_TEST

START_TEST(test_helper_tries_twice_and_says_nack_silent)
{
    struct rig rig;
    struct rig_out out;
    start(&rig, 5);
    rig.peers[0].answers = false;
    uint64_t asked = request_help(&rig, &rig.peers[0]);
    ck_assert(rig_expect_to(&rig, HEARSAY_KIND_GOSSIP, &rig.peers[0], &out));
    ck_assert(rig_wait(&rig, HEARSAY_KIND_GOSSIP, &rig.peers[0], RIG_SECOND, &out));
    ck_assert(rig_wait(&rig, HEARSAY_KIND_NACK, &rig.peers[1], RIG_SECOND, &out));
    ck_assert_uint_eq(out.message.acked, asked);
    ck_assert_int_eq(out.message.finding, HS_FINDING_SILENT);
    ck_assert_int_eq(rig_member(&rig, "p0").status, HEARSAY_STATUS_ALIVE);
    rig_fini(&rig);
}
END_TEST

START_TEST(test_helper_that_meets_a_closed_port_says_nack_refused_at_once)
{
    struct rig rig;
    struct rig_out out, nack;
    start(&rig, 5);
    rig.peers[0].answers = false;
    request_help(&rig, &rig.peers[0]);
    ck_assert(rig_expect_to(&rig, HEARSAY_KIND_GOSSIP, &rig.peers[0], &out));
    hearsay_node_unreachable(rig.node, rig.now, &out.to, HEARSAY_UNREACHABLE_PORT, out.bytes,
                             HS_HEAD_SIZE);
    ck_assert(rig_expect_to(&rig, HEARSAY_KIND_NACK, &rig.peers[1], &nack));
    ck_assert_int_eq(nack.message.finding, HS_FINDING_REFUSED);
    rig_fini(&rig);
}
END_TEST

/* R28: an asker that has missed a death is told it by a gossip, which is an answer, too. */
START_TEST(test_answer_about_the_dead_is_no_longer_than_its_question)
{
    struct rig rig;
    struct rig_out out;
    start(&rig, 5);
    struct hs_rumor death = rig_rumor(&rig.peers[0], HEARSAY_STATUS_DEAD, T + 1);
    rig_tell(&rig, &rig.peers[2], &death);
    rig_drain(&rig);
    struct rig_peer *asker = &rig.peers[1];
    struct hs_message request = {.kind = HEARSAY_KIND_PROBE_REQUEST,
                                 .target = rig_peer_id(&rig.peers[0])};
    size_t question = rig_send(&rig, asker, request, NULL, 0);
    ck_assert(rig_expect_to(&rig, HEARSAY_KIND_GOSSIP, asker, &out));
    ck_assert_uint_gt(out.len, question); /* its address is proven: it may */
    hs_table_at(&rig.node->core.view.table, rig_slot(&rig, asker))->flags &=
        (uint16_t)~HS_MEMBER_PROVEN;
    question = rig_send(&rig, asker, request, NULL, 0);
    ck_assert(rig_expect_to(&rig, HEARSAY_KIND_GOSSIP, asker, &out));
    ck_assert_uint_le(out.len, question);
    rig_fini(&rig);
}
END_TEST

START_TEST(test_request_about_nobody_ourselves_or_the_asker_is_counted)
{
    struct rig rig;
    struct rig_peer nobody;
    start(&rig, 5);
    rig_peer_init(&nobody, "nobody", 88, 5);
    request_help(&rig, &nobody);
    request_help(&rig, &rig.peers[1]);
    nobody.wire.self_id = rig.node->core.wire.self_id;
    request_help(&rig, &nobody);
    ck_assert_uint_eq(rig_drops(&rig, HEARSAY_DROP_UNKNOWN), 3);
    ck_assert_uint_eq(rig_drain(&rig), 0);
    rig_fini(&rig);
}
END_TEST

START_TEST(test_bound_of_probes_is_counted)
{
    struct rig rig;
    start(&rig, 5);
    uint32_t before = rig.node->prober.active;
    for (unsigned i = before; i < HS_PROBES_MAX + 7; i++)
        request_help(&rig, &rig.peers[0]);
    ck_assert_uint_eq(rig.node->prober.active, HS_PROBES_MAX);
    ck_assert_uint_eq(rig_stats(&rig).probes_refused, 7);
    rig_run(&rig, 5 * RIG_SECOND);
    ck_assert_uint_lt(rig.node->prober.active, 5);
    rig_fini(&rig);
}
END_TEST

HARNESS_MAIN("probe", test_each_period_goes_to_fanout_distinct_peers_and_passes_reach_all,
             test_the_first_bursts_of_news_are_quick, test_a_burst_grows_with_the_queue,
             test_unanswered_probe_is_repeated_within_a_tenth_of_a_second,
             test_three_others_are_asked_by_id_and_a_nack_fits_the_question,
             test_unproven_helpers_get_short_requests, test_ack_of_one_helper_prevents_suspicion,
             test_nacks_make_the_helpers_accusers, test_nack_counts_once_and_from_whom_it_was_asked,
             test_closed_port_is_believed_only_with_an_outstanding_id_and_address,
             test_closed_port_and_one_nack_are_proof_when_all_helpers_have_answered,
             test_tries_that_could_not_be_sent_accuse_nobody,
             test_rumors_in_answers_that_could_not_be_sent_still_wait,
             test_helper_says_ack_when_it_reaches_the_target,
             test_helper_tries_twice_and_says_nack_silent,
             test_helper_that_meets_a_closed_port_says_nack_refused_at_once,
             test_answer_about_the_dead_is_no_longer_than_its_question,
             test_request_about_nobody_ourselves_or_the_asker_is_counted,
             test_bound_of_probes_is_counted)
