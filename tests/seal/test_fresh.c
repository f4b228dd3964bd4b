/* SPDX-License-Identifier: Apache-2.0 */
/* Freshness (R11a): what an attacker has recorded is worth nothing, and nobody is muted. */
#include "sealed_pair.h"

/* Sends recorded datagrams [from, end) to a node, from an address; NULL: from where they came. */
static void replay(struct sealed *sealed, size_t from, size_t end, unsigned to,
                   const struct hearsay_addr *source)
{
    for (size_t i = from; i < end; i++) {
        struct pair_datagram copy = sealed->seen[i];
        hearsay_node_receive(sealed->pair.nodes[to], pair_now(&sealed->pair, to),
                             source ? source : &copy.from_addr, copy.bytes, copy.len);
    }
}

static struct hs_member *member_of(const struct sealed *sealed, unsigned at, const char *name)
{
    struct hs_core *core = &sealed->pair.nodes[at]->core;
    return hs_member_at(core, hs_table_find_name(&core->view.table, name, strlen(name)));
}

static bool is_join(const struct pair_datagram *datagram)
{
    struct hs_head head;
    ck_assert(hs_head_decode(&head, datagram->bytes, datagram->len));
    return head.kind == HEARSAY_KIND_JOIN;
}

/* All that waits to be sent is taken and thrown away. Returns its bytes. */
static size_t drain(struct sealed *sealed, unsigned at)
{
    uint8_t bytes[HEARSAY_DATAGRAM_MAX];
    struct hearsay_addr to;
    uint64_t ticket;
    size_t len, sum = 0;
    while ((len = hearsay_node_transmit(sealed->pair.nodes[at], pair_now(&sealed->pair, at), &to,
                                        &ticket, bytes, sizeof bytes)) > 0)
        sum += len;
    return sum;
}

START_TEST(test_each_pair_proves_itself_once_and_nobody_is_suspected)
{
    struct sealed sealed;
    sealed_init(&sealed);
    sealed_form(&sealed, 5, KEY_A, HEARSAY_SEAL_REQUIRE);
    pair_run(&sealed.pair, 30 * RIG_SECOND);
    uint64_t challenges = 0;
    for (unsigned at = 0; at < 5; at++)
        challenges += pair_stats(&sealed.pair, at).sent[HEARSAY_KIND_CHALLENGE];
    ck_assert_uint_le(challenges, 5 * 4);
    ck_assert_uint_eq(sealed_suspicions(&sealed), 0);
    ck_assert_uint_eq(sealed_all_drops(&sealed, HEARSAY_DROP_REPLAYED), 0);
    pair_run(&sealed.pair, 30 * RIG_SECOND);
    uint64_t later = 0;
    for (unsigned at = 0; at < 5; at++)
        later += pair_stats(&sealed.pair, at).sent[HEARSAY_KIND_CHALLENGE];
    ck_assert_uint_eq(later, challenges);
    sealed_fini(&sealed);
}
END_TEST

/* A challenge for freshness answers the gossip. If it did not, such probes would count as lost. */
START_TEST(test_a_challenge_for_freshness_is_no_lost_datagram)
{
    struct sealed sealed;
    sealed_init(&sealed);
    sealed_form(&sealed, 2, KEY_A, HEARSAY_SEAL_REQUIRE);
    pair_run(&sealed.pair, 10 * RIG_SECOND);
    struct hearsay_stats before = pair_stats(&sealed.pair, 0);
    for (int round = 0; round < 10; round++) {
        member_of(&sealed, 1, "n0")->floor = 0; /* as if n1 had never heard it */
        pair_run(&sealed.pair, 2 * RIG_SECOND);
    }
    struct hearsay_stats after = pair_stats(&sealed.pair, 0);
    ck_assert_uint_ge(pair_stats(&sealed.pair, 1).sent[HEARSAY_KIND_CHALLENGE], 5);
    ck_assert_uint_eq(after.sent[HEARSAY_KIND_GOSSIP] - before.sent[HEARSAY_KIND_GOSSIP],
                      after.probes - before.probes); /* no probe had a second try */
    sealed_fini(&sealed);
}
END_TEST

struct lossy {
    unsigned to_lose, lost;
};

static bool lose_challenges(void *context, const struct pair_datagram *datagram)
{
    struct lossy *lossy = context;
    struct hs_head head;
    ck_assert(hs_head_decode(&head, datagram->bytes, datagram->len));
    if (head.kind != HEARSAY_KIND_CHALLENGE || lossy->to_lose == 0)
        return true;
    lossy->to_lose--;
    lossy->lost++;
    return false;
}

/* Where all have just got a key, each member challenges each other one. Some of it is lost. */
START_TEST(test_a_lost_challenge_is_repeated_at_the_next_try)
{
    struct sealed sealed;
    sealed_init(&sealed);
    sealed_form(&sealed, 2, KEY_A, HEARSAY_SEAL_REQUIRE);
    struct lossy lossy = {0};
    sealed.pair.pass = lose_challenges;
    sealed.pair.context = &lossy;
    pair_run(&sealed.pair, 10 * RIG_SECOND);
    struct hearsay_stats before = pair_stats(&sealed.pair, 0);
    for (int round = 0; round < 10; round++) {
        member_of(&sealed, 1, "n0")->floor = 0;
        lossy.to_lose = 1;
        pair_run(&sealed.pair, 3 * RIG_SECOND);
    }
    struct hearsay_stats after = pair_stats(&sealed.pair, 0);
    uint64_t again = after.sent[HEARSAY_KIND_GOSSIP] - before.sent[HEARSAY_KIND_GOSSIP] -
                     (after.probes - before.probes);
    ck_assert_uint_ge(lossy.lost, 5); /* not where an ack of n0 was fresh already */
    ck_assert_uint_ge(again, lossy.lost);
    ck_assert_uint_le(again, 2 * lossy.lost);
    ck_assert_uint_eq(after.suspicions, 0);
    sealed_fini(&sealed);
}
END_TEST

struct cut_pair {
    struct sealed *sealed;
    unsigned requests;
};

/* Nothing passes between n0 and n1, and n2 does not know whether n0's first request is new. */
static bool cut_and_forget(void *context, const struct pair_datagram *datagram)
{
    struct cut_pair *cut = context;
    const struct hearsay_addr *addrs = cut->sealed->pair.addrs;
    struct hs_head head;
    ck_assert(hs_head_decode(&head, datagram->bytes, datagram->len));
    if (head.kind == HEARSAY_KIND_PROBE_REQUEST && datagram->from == 0 && cut->requests++ == 0)
        member_of(cut->sealed, 2, "n0")->floor = 0;
    return !(datagram->from == 0 && hearsay_addr_equal(&datagram->to, &addrs[1])) &&
           !(datagram->from == 1 && hearsay_addr_equal(&datagram->to, &addrs[0]));
}

START_TEST(test_a_helper_that_challenges_is_asked_again)
{
    struct sealed sealed;
    sealed_init(&sealed);
    sealed_form(&sealed, 3, KEY_A, HEARSAY_SEAL_REQUIRE);
    pair_run(&sealed.pair, 10 * RIG_SECOND);
    struct cut_pair cut = {.sealed = &sealed};
    sealed.pair.pass = cut_and_forget;
    sealed.pair.context = &cut;
    for (int i = 0; i < 100 && cut.requests == 0; i++)
        pair_run(&sealed.pair, RIG_SECOND / 20);
    ck_assert_uint_ge(cut.requests, 1);
    pair_run(&sealed.pair, RIG_SECOND / 20); /* long before the probe's next try would be heard */
    ck_assert_uint_ge(cut.requests, 2);
    ck_assert_uint_ne(member_of(&sealed, 2, "n0")->floor, 0);
    sealed_fini(&sealed);
}
END_TEST

static bool lose_between_n1_and_n2(void *context, const struct pair_datagram *datagram)
{
    const struct hearsay_addr *addrs = ((const struct sealed *)context)->pair.addrs;
    return !(datagram->from == 1 && hearsay_addr_equal(&datagram->to, &addrs[2])) &&
           !(datagram->from == 2 && hearsay_addr_equal(&datagram->to, &addrs[1]));
}

static bool have_one_view(const struct sealed *sealed, unsigned a, unsigned b)
{
    return pair_stats(&sealed->pair, a).digest == pair_stats(&sealed->pair, b).digest;
}

/* The first gossip between two members is not heard. The news in it must not wait for the next.
 * That of n2 comes to n1 by way of n0. */
START_TEST(test_news_passes_with_the_handshake)
{
    struct sealed sealed;
    sealed_init(&sealed);
    sealed_form(&sealed, 3, KEY_A, HEARSAY_SEAL_REQUIRE);
    pair_run(&sealed.pair, 10 * RIG_SECOND);
    sealed.pair.pass = lose_between_n1_and_n2;
    for (int round = 0; round < 10; round++) {
        const struct hearsay_tag news = {"zone", round % 2 ? "a" : "b"};
        member_of(&sealed, 1, "n0")->floor = 0;
        ck_assert_int_eq(
            hearsay_node_set_tags(sealed.pair.nodes[2], pair_now(&sealed.pair, 2), &news, 1), 0);
        while (!have_one_view(&sealed, 0, 2))
            pair_run(&sealed.pair, PAIR_HOP);
        pair_run(&sealed.pair, 13000); /* a burst comes within 10 ms, the next 20 ms after it */
        ck_assert(have_one_view(&sealed, 0, 1));
        pair_run(&sealed.pair, RIG_SECOND / 5);
    }
    sealed_fini(&sealed);
}
END_TEST

START_TEST(test_a_recording_does_not_bring_back_whom_all_have_forgotten)
{
    struct sealed sealed;
    sealed_init(&sealed);
    sealed.pair.config.tombstone_ttl = 60 * RIG_SECOND;
    sealed_form(&sealed, 4, KEY_A, HEARSAY_SEAL_REQUIRE);
    size_t recorded = sealed.seen_count;
    pair_kill(&sealed.pair, 3);
    ck_assert(pair_until(&sealed.pair, 0, "n3", HEARSAY_STATUS_DEAD, 20 * RIG_SECOND));
    for (int i = 0; i < 6; i++) {
        pair_run(&sealed.pair, 30 * RIG_SECOND);
        pair_forget_events(&sealed.pair); /* makes the ring without n3 */
    }
    ck_assert_int_eq(pair_member(&sealed.pair, 0, "n3").status, HEARSAY_STATUS_NONE);
    pair_kill(&sealed.pair, 1);
    sealed_next(&sealed, KEY_A, HEARSAY_SEAL_REQUIRE);
    unsigned again = pair_add_at(&sealed.pair, "n1", 2);
    pair_join(&sealed.pair, again, 0);
    pair_run(&sealed.pair, 5 * RIG_SECOND);
    ck_assert(pair_agree(&sealed.pair));
    uint64_t digest = pair_stats(&sealed.pair, again).digest;
    const struct hearsay_addr elsewhere = rig_addr(77);
    for (int round = 0; round < 3; round++) {
        replay(&sealed, 0, recorded, again, NULL);
        replay(&sealed, 0, recorded, again, &elsewhere);
    }
    ck_assert_uint_eq(pair_stats(&sealed.pair, again).digest, digest);
    ck_assert_int_eq(pair_member(&sealed.pair, again, "n3").status, HEARSAY_STATUS_NONE);
    sealed_fini(&sealed);
}
END_TEST

START_TEST(test_a_recording_does_not_bring_the_dead_back_to_a_new_node)
{
    struct sealed sealed;
    sealed_init(&sealed);
    sealed_form(&sealed, 3, KEY_A, HEARSAY_SEAL_REQUIRE);
    pair_run(&sealed.pair, 10 * RIG_SECOND);
    size_t recorded = sealed.seen_count;
    pair_kill(&sealed.pair, 0);
    pair_kill(&sealed.pair, 1);
    pair_kill(&sealed.pair, 2);
    sealed_next(&sealed, KEY_A, HEARSAY_SEAL_REQUIRE);
    unsigned alone = pair_add_at(&sealed.pair, "n0", 1);
    pair_run(&sealed.pair, RIG_SECOND);
    for (int round = 0; round < 3; round++)
        replay(&sealed, 0, recorded, alone, NULL);
    ck_assert_uint_eq(pair_stats(&sealed.pair, alone).members[HEARSAY_STATUS_ALIVE], 1);
    sealed_fini(&sealed);
}
END_TEST

START_TEST(test_a_plain_datagram_moves_no_floor)
{
    struct sealed sealed;
    sealed_init(&sealed);
    sealed_form(&sealed, 2, KEY_A, HEARSAY_SEAL_ON);
    pair_run(&sealed.pair, 3 * RIG_SECOND);
    uint64_t floor = member_of(&sealed, 0, "n1")->floor;
    ck_assert_uint_ne(floor, 0);
    /* A forged plain gossip of n1 from far in the future: anybody can make it. */
    struct hs_wire wire = sealed.pair.nodes[1]->core.wire;
    uint8_t bytes[HEARSAY_DATAGRAM_MAX];
    struct hs_encoder encoder;
    const struct hs_message message = {.kind = HEARSAY_KIND_GOSSIP,
                                       .sender = wire.self_id,
                                       .created = UINT64_MAX / 2,
                                       .timestamp = 1};
    ck_assert(hs_encode_begin(&encoder, &wire, bytes, sizeof bytes, hs_hash("n0", 2), &message));
    hearsay_node_receive(sealed.pair.nodes[0], pair_now(&sealed.pair, 0), &sealed.pair.addrs[1],
                         bytes, hs_encode_end(&encoder));
    for (int i = 0; i < 60; i++) { /* long enough for it to leave the cache in a busy cluster */
        pair_run(&sealed.pair, RIG_SECOND);
        ck_assert_uint_eq(member_of(&sealed, 0, "n1")->floor, floor);
    }
    ck_assert_uint_eq(sealed_suspicions(&sealed), 0);
    ck_assert_int_eq(pair_member(&sealed.pair, 0, "n1").status, HEARSAY_STATUS_ALIVE);
    sealed_fini(&sealed);
}
END_TEST

static bool lose_what_n1_is_sent(void *context, const struct pair_datagram *datagram)
{
    const struct sealed *sealed = context;
    return !hearsay_addr_equal(&datagram->to, &sealed->pair.addrs[1]);
}

/* A process that goes on from a snapshot makes datagrams under its floor. It speaks first here: if
 * it is asked first, its answer is fresh. */
START_TEST(test_a_restored_snapshot_is_heard_again)
{
    struct sealed sealed;
    sealed_init(&sealed);
    sealed_form(&sealed, 3, KEY_A, HEARSAY_SEAL_REQUIRE);
    pair_run(&sealed.pair, 5 * RIG_SECOND);
    sealed.pair.nodes[1]->core.created -= 3600 * RIG_SECOND;
    sealed.pair.clock[1] -= 3600 * (int64_t)RIG_SECOND;
    sealed.pair.pass = lose_what_n1_is_sent;
    for (int i = 0; i < 30 && sealed_all_drops(&sealed, HEARSAY_DROP_REPLAYED) == 0; i++)
        pair_run(&sealed.pair, RIG_SECOND / 10);
    ck_assert_uint_gt(sealed_all_drops(&sealed, HEARSAY_DROP_REPLAYED), 0);
    sealed.pair.pass = sealed_record;
    pair_run(&sealed.pair, 30 * RIG_SECOND);
    for (unsigned at = 0; at < 3; at++)
        ck_assert_int_eq(pair_member(&sealed.pair, at, "n1").status, HEARSAY_STATUS_ALIVE);
    uint64_t replayed = sealed_all_drops(&sealed, HEARSAY_DROP_REPLAYED);
    pair_run(&sealed.pair, 30 * RIG_SECOND);
    ck_assert_uint_eq(sealed_all_drops(&sealed, HEARSAY_DROP_REPLAYED), replayed);
    ck_assert(pair_agree(&sealed.pair));
    sealed_fini(&sealed);
}
END_TEST

/* An id that leaves the cache raises the floor: what the cache forgets stays known. */
START_TEST(test_what_leaves_the_cache_is_under_the_floor)
{
    struct sealed sealed;
    sealed_init(&sealed);
    sealed_form(&sealed, 2, KEY_A, HEARSAY_SEAL_REQUIRE);
    struct hs_dedup *dedup = &sealed.pair.nodes[0]->dedup;
    uint64_t floor = member_of(&sealed, 0, "n1")->floor;
    while (dedup->count < HS_DEDUP_SIZE || member_of(&sealed, 0, "n1")->floor == floor) {
        pair_run(&sealed.pair, 60 * RIG_SECOND);
        sealed.seen_count = sealed.seen_count < SEALED_SEEN / 2 ? sealed.seen_count : 200;
        ck_assert_uint_lt(sealed.pair.now.boot, RIG_BOOT + 86400 * RIG_SECOND);
    }
    uint64_t digest = pair_stats(&sealed.pair, 0).digest;
    uint64_t before = pair_stats(&sealed.pair, 0).received[HEARSAY_KIND_GOSSIP];
    replay(&sealed, 0, 200, 0, NULL);
    ck_assert_uint_eq(pair_stats(&sealed.pair, 0).received[HEARSAY_KIND_GOSSIP], before);
    ck_assert_uint_eq(pair_stats(&sealed.pair, 0).digest, digest);
    sealed_fini(&sealed);
}
END_TEST

START_TEST(test_replays_are_challenged_now_and_then_and_use_up_no_other_budget)
{
    struct sealed sealed;
    sealed_init(&sealed);
    sealed_form(&sealed, 2, KEY_A, HEARSAY_SEAL_REQUIRE);
    pair_run(&sealed.pair, 3 * RIG_SECOND);
    size_t recorded = sealed.seen_count;
    pair_kill(&sealed.pair, 0);
    sealed_next(&sealed, KEY_A, HEARSAY_SEAL_REQUIRE);
    unsigned again = pair_add_at(&sealed.pair, "n0", 1);
    hs_node_introduce(sealed.pair.nodes[again], pair_now(&sealed.pair, again),
                      sealed.pair.nodes[1]);
    drain(&sealed, again);
    uint64_t before = pair_stats(&sealed.pair, again).sent[HEARSAY_KIND_CHALLENGE];
    const struct hearsay_addr elsewhere = rig_addr(99), other = rig_addr(98);
    for (int round = 0; round < 20; round++) {
        replay(&sealed, 0, recorded, again, &elsewhere);
        replay(&sealed, 0, recorded, again, &other);
    }
    drain(&sealed, again);
    uint64_t strays = pair_stats(&sealed.pair, again).sent[HEARSAY_KIND_CHALLENGE] - before;
    /* Joins among them are challenged each time, at the address that they advertise (R25). */
    uint64_t joins = 0;
    for (size_t i = 0; i < recorded; i++)
        joins += is_join(&sealed.seen[i]);
    ck_assert_uint_le(strays, 1 + 40 * joins);
    /* The member's own address still has its one, and only one. */
    for (int round = 0; round < 20; round++)
        for (size_t i = 0; i < recorded; i++)
            if (!is_join(&sealed.seen[i]))
                replay(&sealed, i, i + 1, again, NULL);
    drain(&sealed, again);
    ck_assert_uint_eq(pair_stats(&sealed.pair, again).sent[HEARSAY_KIND_CHALLENGE],
                      before + strays + 1);
    sealed_fini(&sealed);
}
END_TEST

/* ---- the handshake ----------------------------------------------------------------------- */

static bool record_and_lose_challenges(void *context, const struct pair_datagram *datagram)
{
    struct hs_head head;
    sealed_record(context, datagram);
    ck_assert(hs_head_decode(&head, datagram->bytes, datagram->len));
    return head.kind != HEARSAY_KIND_CHALLENGE;
}

/* Anybody can send a newcomer its own sealed join back, from the address that it has called. */
START_TEST(test_a_join_that_is_sent_back_does_not_end_the_attempt)
{
    struct sealed sealed;
    struct hearsay_event event;
    sealed_init(&sealed);
    sealed_add(&sealed, "n0", KEY_A, HEARSAY_SEAL_REQUIRE);
    unsigned newcomer = sealed_add(&sealed, "n1", KEY_A, HEARSAY_SEAL_REQUIRE);
    pair_join(&sealed.pair, newcomer, 0);
    pair_run(&sealed.pair, PAIR_HOP / 2);
    ck_assert_uint_gt(sealed.seen_count, 0);
    ck_assert(is_join(&sealed.seen[0]));
    struct pair_datagram back = sealed.seen[0];
    hearsay_node_receive(sealed.pair.nodes[newcomer], pair_now(&sealed.pair, newcomer),
                         &sealed.pair.addrs[0], back.bytes, back.len);
    ck_assert_uint_eq(sealed_drops(&sealed, newcomer, HEARSAY_DROP_SELF), 1);
    pair_run(&sealed.pair, RIG_SECOND);
    ck_assert(pair_event(&sealed.pair, newcomer, HEARSAY_EVENT_JOIN, &event));
    ck_assert_int_eq(event.result, HEARSAY_JOIN_OK);
    ck_assert(pair_agree(&sealed.pair));
    sealed_fini(&sealed);
}
END_TEST

START_TEST(test_who_calls_its_own_address_finds_out_when_nobody_else_answers)
{
    struct sealed sealed;
    struct hearsay_event event;
    sealed_init(&sealed);
    unsigned alone = sealed_add(&sealed, "n0", KEY_A, HEARSAY_SEAL_REQUIRE);
    pair_join(&sealed.pair, alone, alone);
    pair_run(&sealed.pair, 3 * RIG_SECOND);
    ck_assert(pair_event(&sealed.pair, alone, HEARSAY_EVENT_JOIN, &event));
    ck_assert_int_eq(event.result, HEARSAY_JOIN_SELF);
    ck_assert_uint_eq(hearsay_node_contacts_open(sealed.pair.nodes[alone]), 0);
    sealed_fini(&sealed);
}
END_TEST

/* The answer is a join, which is longer (R28: no amplification). */
START_TEST(test_a_challenge_of_a_stranger_is_answered_once)
{
    struct sealed sealed;
    sealed_init(&sealed);
    sealed_add(&sealed, "n0", KEY_A, HEARSAY_SEAL_REQUIRE);
    unsigned newcomer = sealed_add(&sealed, "n1", KEY_A, HEARSAY_SEAL_REQUIRE);
    sealed.pair.pass = record_and_lose_challenges;
    pair_join(&sealed.pair, newcomer, 0);
    pair_run(&sealed.pair, 4 * PAIR_HOP);
    size_t challenge = sealed.seen_count - 1;
    ck_assert_uint_ge(sealed.seen_count, 2);
    ck_assert(!is_join(&sealed.seen[challenge]));
    replay(&sealed, challenge, challenge + 1, newcomer, NULL);
    ck_assert_uint_gt(drain(&sealed, newcomer), sealed.seen[challenge].len);
    for (int again = 0; again < 10; again++)
        replay(&sealed, challenge, challenge + 1, newcomer, NULL);
    ck_assert_uint_eq(drain(&sealed, newcomer), 0);
    ck_assert_uint_eq(sealed_drops(&sealed, newcomer, HEARSAY_DROP_DUPLICATE), 10);
    sealed_fini(&sealed);
}
END_TEST

static bool lose_joins(void *context, const struct pair_datagram *datagram)
{
    (void)context;
    return !is_join(datagram);
}

/* What it challenged is said again, and not again and again. */
START_TEST(test_who_is_not_taken_in_does_not_go_on_and_on)
{
    struct sealed sealed;
    const struct hearsay_tag tag = {"colour", "blue"};
    sealed_init(&sealed);
    sealed_form(&sealed, 2, KEY_A, HEARSAY_SEAL_REQUIRE);
    pair_kill(&sealed.pair, 1);
    sealed_next(&sealed, KEY_A, HEARSAY_SEAL_REQUIRE);
    unsigned again = pair_add_at(&sealed.pair, "n1", 2);
    hs_node_introduce(sealed.pair.nodes[0], pair_now(&sealed.pair, 0), sealed.pair.nodes[again]);
    sealed.pair.pass = lose_joins; /* it knows nobody, and that stays so */
    ck_assert_int_eq(
        hearsay_node_set_tags(sealed.pair.nodes[0], pair_now(&sealed.pair, 0), &tag, 1), 0);
    uint64_t before = pair_stats(&sealed.pair, again).sent[HEARSAY_KIND_CHALLENGE];
    pair_run(&sealed.pair, 2 * RIG_SECOND);
    uint64_t challenges = pair_stats(&sealed.pair, again).sent[HEARSAY_KIND_CHALLENGE] - before;
    ck_assert_uint_ge(challenges, 2);
    ck_assert_uint_le(challenges, 60);
    sealed_fini(&sealed);
}
END_TEST

HARNESS_MAIN("fresh", test_each_pair_proves_itself_once_and_nobody_is_suspected,
             test_a_challenge_for_freshness_is_no_lost_datagram,
             test_a_lost_challenge_is_repeated_at_the_next_try,
             test_a_helper_that_challenges_is_asked_again, test_news_passes_with_the_handshake,
             test_a_recording_does_not_bring_back_whom_all_have_forgotten,
             test_a_recording_does_not_bring_the_dead_back_to_a_new_node,
             test_a_plain_datagram_moves_no_floor, test_a_restored_snapshot_is_heard_again,
             test_what_leaves_the_cache_is_under_the_floor,
             test_replays_are_challenged_now_and_then_and_use_up_no_other_budget,
             test_a_join_that_is_sent_back_does_not_end_the_attempt,
             test_who_calls_its_own_address_finds_out_when_nobody_else_answers,
             test_a_challenge_of_a_stranger_is_answered_once,
             test_who_is_not_taken_in_does_not_go_on_and_on)
