/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lies of somebody who has the key, and of somebody who has none but sees what goes by. Here are
 * those that real agents on loopback cannot be told: from forged addresses, in the middle of an
 * exchange, as ICMP errors. The others are in tests/agent/test_insider.py; docs/security.md lists
 * all of them.
 */
#include "sealed_pair.h"

/* What the attacker between the nodes does with each datagram. */
struct attack {
    struct sealed sealed;
    uint64_t created; /* of the last lie */
    bool refuses;     /* reports what n0 sends to n1 as refused */
    bool no_sync;     /* n1 takes part in no exchange */
    uint64_t reports;
};

static enum hearsay_kind kind_of(const struct pair_datagram *datagram)
{
    struct hs_head head;
    ck_assert(hs_head_decode(&head, datagram->bytes, datagram->len));
    return head.kind;
}

static bool attack_pass(void *context, const struct pair_datagram *datagram)
{
    struct attack *attack = context;
    struct pair *pair = &attack->sealed.pair;
    sealed_record(&attack->sealed, datagram);
    bool to_n1 = hearsay_addr_equal(&datagram->to, &pair->addrs[1]);
    if (attack->refuses && datagram->from == 0 && to_n1) {
        attack->reports++;
        hearsay_node_unreachable(pair->nodes[0], pair_now(pair, 0), &datagram->to,
                                 HEARSAY_UNREACHABLE_PORT, datagram->bytes, HS_HEAD_SIZE);
    }
    return !(attack->no_sync && datagram->from == 1 && kind_of(datagram) == HEARSAY_KIND_SYNC);
}

static void attack_form(struct attack *attack, unsigned count, enum hearsay_seal_mode mode)
{
    memset(attack, 0, sizeof *attack);
    sealed_init(&attack->sealed);
    sealed_form(&attack->sealed, count, KEY_A, mode);
    attack->sealed.pair.pass = attack_pass;
    attack->sealed.pair.context = attack;
}

static struct hs_member *member_of(struct attack *attack, unsigned at, const char *name)
{
    struct hs_core *core = &attack->sealed.pair.nodes[at]->core;
    return hs_member_at(core, hs_table_find_name(&core->view.table, name, strlen(name)));
}

/* A datagram under the key, in the name of a member, from an address. */
static void lie(struct attack *attack, unsigned to, const char *as, const struct hearsay_addr *from,
                struct hs_message message, const struct hs_rumor *rumor)
{
    struct pair *pair = &attack->sealed.pair;
    struct hs_wire wire = pair->nodes[to]->core.wire;
    uint8_t bytes[HEARSAY_DATAGRAM_MAX];
    struct hs_encoder encoder;
    uint64_t now = pair_now(pair, to).wall;
    attack->created = attack->created >= now ? attack->created + 1 : now;
    wire.self_id = message.sender = member_of(attack, to, as)->meta->id;
    message.created = attack->created;
    message.key = wire.keys[0];
    ck_assert(hs_encode_begin(&encoder, &wire, bytes, sizeof bytes, wire.self_binding, &message));
    if (rumor)
        ck_assert(hs_encode_rumor(&encoder, rumor));
    size_t len = hs_encode_end(&encoder);
    hearsay_node_receive(pair->nodes[to], pair_now(pair, to), from, bytes, len);
}

static void lie_gossip(struct attack *attack, unsigned to, const char *as,
                       const struct hs_rumor *rumor)
{
    const struct hs_member *member = member_of(attack, to, as);
    const struct hearsay_addr from = member->meta->addr;
    lie(attack, to, as, &from,
        (struct hs_message){.kind = HEARSAY_KIND_GOSSIP, .timestamp = member->timestamp}, rumor);
}

/* The newest record of a member with another status. */
static struct hs_rumor record_of(struct attack *attack, unsigned at, const char *name,
                                 enum hearsay_status status, enum hearsay_cause cause)
{
    const struct hs_member *member = member_of(attack, at, name);
    struct hs_rumor rumor = {
        .blob = member->meta->blob,
        .blob_len = member->meta->len,
        .id = member->meta->id,
        .timestamp = member->timestamp + 1,
        .status = status,
        .cause = cause,
    };
    ck_assert(hs_blob_decode(&rumor.decoded, rumor.blob, rumor.blob_len));
    return rumor;
}

static bool has_died(struct pair *pair, unsigned at, const char *name)
{
    struct hearsay_event event;
    return pair_event_to(pair, at, name, HEARSAY_STATUS_DEAD, &event);
}

/* ---- exchanges --------------------------------------------------------------------------- */

/* n0 has begun an exchange with n1, which is the liar's to answer. */
static struct hs_sync *exchange(struct attack *attack)
{
    struct pair *pair = &attack->sealed.pair;
    struct hs_sync *sync = &pair->nodes[0]->sync;
    attack->no_sync = true;
    for (int i = 0; i < 20 && sync->phase == HS_SYNC_IDLE; i++) {
        lie_gossip(attack, 0, "n1", NULL); /* its digest is 0 */
        pair_run(pair, 200000);
    }
    ck_assert_int_eq(sync->phase, HS_SYNC_ASKED);
    return sync;
}

static void lie_step(struct attack *attack, enum hs_sync_step step, uint8_t first, size_t entries)
{
    const struct hs_sync *sync = &attack->sealed.pair.nodes[0]->sync;
    static const uint8_t nothing[HEARSAY_DATAGRAM_MAX];
    uint8_t bitmap[HS_BUCKETS / 8] = {first};
    const struct hearsay_addr from = attack->sealed.pair.addrs[1];
    lie(attack, 0, "n1", &from,
        (struct hs_message){.kind = HEARSAY_KIND_SYNC,
                            .exchange = sync->exchange,
                            .step = step,
                            .bits = sync->bits,
                            .bitmap = bitmap,
                            .entries = nothing,
                            .entry_count = entries},
        NULL);
}

/* Steps that answer nothing draw none in return, and the exchange ends as if nobody answered. */
START_TEST(test_an_exchange_is_not_kept_up_by_steps_that_answer_nothing)
{
    struct attack attack;
    attack_form(&attack, 3, HEARSAY_SEAL_REQUIRE);
    struct pair *pair = &attack.sealed.pair;
    struct hs_sync *sync = exchange(&attack);
    uint64_t this_one = sync->exchange, steps = 0;
    lie_step(&attack, HS_SYNC_DIFFER, 1, 0);
    ck_assert_int_eq(sync->phase, HS_SYNC_LISTING);
    uint64_t before = pair_stats(pair, 0).sent[HEARSAY_KIND_SYNC];
    while (sync->exchange == this_one && sync->phase != HS_SYNC_IDLE && steps++ < 1000) {
        lie_step(&attack, HS_SYNC_RECORDS, 2, 0); /* another bucket than the one that differs */
        pair_run(pair, 20000);
    }
    ck_assert_uint_le(steps, (HS_SYNC_TRIES + 1) * HS_SYNC_RETRY / 20000);
    ck_assert_uint_le(pair_stats(pair, 0).sent[HEARSAY_KIND_SYNC] - before, HS_SYNC_TRIES + 1);
    sealed_fini(&attack.sealed);
}
END_TEST

/* The same where buckets are large. */
START_TEST(test_finer_steps_that_answer_nothing_draw_none)
{
    struct attack attack;
    attack_form(&attack, 3, HEARSAY_SEAL_REQUIRE);
    struct pair *pair = &attack.sealed.pair;
    struct hs_sync *sync = exchange(&attack);
    sync->phase = HS_SYNC_REFINING;
    sync->bits = HS_BUCKET_BITS;
    memset(sync->rough, 0, sizeof sync->rough);
    memset(sync->todo, 0, sizeof sync->todo);
    sync->rough[0] = sync->todo[0] = 1;
    uint64_t before = pair_stats(pair, 0).sent[HEARSAY_KIND_SYNC];
    for (int i = 0; i < 100; i++) {
        lie_step(&attack, HS_SYNC_FINER, 4, 1);
        pair_run(pair, 1000);
    }
    ck_assert_uint_le(pair_stats(pair, 0).sent[HEARSAY_KIND_SYNC] - before, 2);
    sealed_fini(&attack.sealed);
}
END_TEST

/* ---- from forged addresses --------------------------------------------------------------- */

/* The member's own goodbye is always believed (R18: flap damping), also from a liar that can send
 * from the member's address. The member takes it back, as often as it is said. */
START_TEST(test_a_goodbye_in_anothers_name_is_taken_back)
{
    struct attack attack;
    attack_form(&attack, 4, HEARSAY_SEAL_REQUIRE);
    struct pair *pair = &attack.sealed.pair;
    uint64_t away = 0;
    for (int round = 0; round < 200; round++) {
        struct hs_rumor left = record_of(&attack, 0, "n1", HEARSAY_STATUS_DEAD, HEARSAY_CAUSE_LEFT);
        if (round % 10 == 0)
            lie_gossip(&attack, 0, "n1", &left);
        pair_run(pair, 100000);
        away += pair_member(pair, 0, "n1").status == HEARSAY_STATUS_DEAD;
    }
    printf("# away for %u %% of the time, once a second\n", (unsigned)(away / 2));
    ck_assert(pair_until(pair, 0, "n1", HEARSAY_STATUS_ALIVE, 3 * RIG_SECOND));
    ck_assert_uint_ge(pair_stats(pair, 1).refutations, 10);
    sealed_fini(&attack.sealed);
}
END_TEST

/* R28: an invented member is at a third party's address. Only an id of a datagram that went there
 * proves it. */
START_TEST(test_an_address_is_not_proven_by_ids_that_were_never_sent_there)
{
    struct attack attack;
    struct rig_peer ghost;
    attack_form(&attack, 3, HEARSAY_SEAL_REQUIRE);
    struct pair *pair = &attack.sealed.pair;
    rig_peer_init(&ghost, "ghost", 99, 7);
    struct hs_rumor rumor = rig_rumor(&ghost, HEARSAY_STATUS_ALIVE, pair->now.wall);
    lie_gossip(&attack, 0, "n2", &rumor);
    pair_run(pair, 2 * RIG_SECOND);
    const struct hearsay_addr from = rig_addr(99);
    uint64_t unsolicited = sealed_drops(&attack.sealed, 0, HEARSAY_DROP_UNSOLICITED) +
                           sealed_drops(&attack.sealed, 0, HEARSAY_DROP_STRANGER);
    size_t longest = 0;
    for (uint64_t guess = 1; guess <= 100; guess++)
        lie(&attack, 0, "ghost", &from,
            (struct hs_message){.kind = HEARSAY_KIND_ACK, .acked = pair->now.wall + guess}, NULL);
    lie(&attack, 0, "ghost", &from,
        (struct hs_message){.kind = HEARSAY_KIND_SYNC,
                            .step = HS_SYNC_LIST,
                            .bitmap = (const uint8_t[]){1},
                            .entries = (const uint8_t[]){0}},
        NULL);
    ck_assert(!(member_of(&attack, 0, "ghost")->flags & HS_MEMBER_PROVEN));
    ck_assert_uint_ge(sealed_drops(&attack.sealed, 0, HEARSAY_DROP_UNSOLICITED) +
                          sealed_drops(&attack.sealed, 0, HEARSAY_DROP_STRANGER),
                      unsolicited + 101);
    pair_run(pair, 30 * RIG_SECOND);
    for (size_t i = 0; i < attack.sealed.seen_count; i++)
        if (hearsay_addr_equal(&attack.sealed.seen[i].to, &from) &&
            attack.sealed.seen[i].len > longest)
            longest = attack.sealed.seen[i].len;
    ck_assert_uint_gt(longest, 0);
    ck_assert_uint_le(longest, HS_CHALLENGE_MAX + HS_CALL_MAX);
    ck_assert_int_eq(pair_member(pair, 0, "ghost").status, HEARSAY_STATUS_DEAD);
    sealed_fini(&attack.sealed);
}
END_TEST

/* ---- about the receiver, and its keys ---------------------------------------------------- */

/* R19: an agent that is called suspect again and again believes itself slow, up to a bound. */
START_TEST(test_lies_about_the_receiver_slow_it_down_by_four_at_most)
{
    struct attack attack;
    attack_form(&attack, 3, HEARSAY_SEAL_REQUIRE);
    struct pair *pair = &attack.sealed.pair;
    for (int i = 0; i < 50; i++) {
        struct hs_rumor rumor =
            record_of(&attack, 0, "n0", HEARSAY_STATUS_SUSPECT, HEARSAY_CAUSE_NONE);
        lie_gossip(&attack, 0, "n1", &rumor);
    }
    ck_assert_uint_eq(pair->nodes[0]->health.multiplier, HS_MULTIPLIER_MAX);
    ck_assert_uint_eq(pair_stats(pair, 0).refutations, 50);
    pair_run(pair, 10 * RIG_SECOND);
    ck_assert_uint_eq(pair->nodes[0]->health.multiplier, 0);
    ck_assert(pair_agree(pair));
    sealed_fini(&attack.sealed);
}
END_TEST

/* A record of n1 without its keys. */
static struct hs_rumor keyless(struct attack *attack, uint8_t bytes[HS_BLOB_MAX])
{
    struct hs_rumor rumor = record_of(attack, 0, "n1", HEARSAY_STATUS_ALIVE, HEARSAY_CAUSE_NONE);
    rumor.decoded.mark_count = 0;
    int len = hs_blob_encode(bytes, HS_BLOB_MAX, &rumor.decoded, NULL, 0);
    ck_assert_int_gt(len, 0);
    rumor.blob = bytes;
    rumor.blob_len = (size_t)len;
    return rumor;
}

/* R35: in `on` the record says who is spoken to in plain. In `require` nobody is. */
START_TEST(test_a_lie_about_keys_makes_words_plain_in_on_alone_and_for_a_moment)
{
    const enum hearsay_seal_mode modes[] = {HEARSAY_SEAL_ON, HEARSAY_SEAL_REQUIRE};
    for (size_t mode = 0; mode < 2; mode++) {
        struct attack attack;
        uint8_t bytes[HS_BLOB_MAX];
        attack_form(&attack, 3, modes[mode]);
        struct sealed *sealed = &attack.sealed;
        pair_run(&sealed->pair, 5 * RIG_SECOND);
        size_t first = sealed->seen_count;
        for (int i = 0; i < 5; i++) {
            struct hs_rumor rumor = keyless(&attack, bytes);
            lie_gossip(&attack, 0, "n2", &rumor);
            pair_run(&sealed->pair, 2 * RIG_SECOND);
        }
        size_t plain = sealed->seen_count - first - sealed_count(sealed, first);
        printf("# mode %d: %zu plain of %zu\n", (int)modes[mode], plain,
               sealed->seen_count - first);
        ck_assert_int_eq(plain > 0, modes[mode] == HEARSAY_SEAL_ON);
        pair_run(&sealed->pair, 2 * RIG_SECOND);
        first = sealed->seen_count;
        pair_run(&sealed->pair, 10 * RIG_SECOND);
        ck_assert_uint_eq(sealed_count(sealed, first), sealed->seen_count - first);
        ck_assert_uint_eq(pair_member(&sealed->pair, 0, "n1").key_count, 1);
        ck_assert(pair_agree(&sealed->pair));
        sealed_fini(sealed);
    }
}
END_TEST

/* ---- ICMP -------------------------------------------------------------------------------- */

/* R17: an error is believed if it quotes the head of a datagram that still waits. Heads are not
 * encrypted, so who sees the traffic can quote, before the answer is there. It makes suspects, also
 * where nobody else can be asked; the suspect's answers come nevertheless, so nobody dies. */
START_TEST(test_errors_that_quote_what_was_seen_make_suspects_and_no_dead)
{
    for (unsigned count = 2; count <= 5; count++) {
        struct attack attack;
        attack_form(&attack, count, HEARSAY_SEAL_REQUIRE);
        struct pair *pair = &attack.sealed.pair;
        attack.refuses = true;
        for (int second = 0; second < 60; second++) {
            pair_run(pair, RIG_SECOND);
            for (unsigned at = 0; at < count; at++)
                ck_assert_msg(!has_died(pair, at, "n1"), "of %u, at n%u, second %d", count, at,
                              second);
        }
        uint64_t suspicions = pair_stats(pair, 0).suspicions;
        printf("# of %u: %llu errors, %llu suspicions in 60 s\n", count,
               (unsigned long long)attack.reports, (unsigned long long)suspicions);
        ck_assert_uint_gt(attack.reports, 20);
        attack.refuses = false;
        pair_run(pair, 10 * RIG_SECOND);
        ck_assert(pair_agree(pair));
        ck_assert_int_eq(pair_member(pair, 0, "n1").status, HEARSAY_STATUS_ALIVE);
        sealed_fini(&attack.sealed);
    }
}
END_TEST

/* Errors about what is not under way any more, or was sent elsewhere, are nothing. */
START_TEST(test_errors_about_what_was_answered_are_nothing)
{
    struct attack attack;
    attack_form(&attack, 2, HEARSAY_SEAL_REQUIRE);
    struct pair *pair = &attack.sealed.pair;
    pair_run(pair, 10 * RIG_SECOND);
    for (size_t i = 0; i < attack.sealed.seen_count; i++)
        for (unsigned to = 0; to < 2; to++)
            hearsay_node_unreachable(pair->nodes[0], pair_now(pair, 0), &pair->addrs[to],
                                     HEARSAY_UNREACHABLE_PORT, attack.sealed.seen[i].bytes,
                                     HS_HEAD_SIZE);
    pair_run(pair, 10 * RIG_SECOND);
    ck_assert_uint_eq(sealed_suspicions(&attack.sealed), 0);
    sealed_fini(&attack.sealed);
}
END_TEST

HARNESS_MAIN("insider", test_an_exchange_is_not_kept_up_by_steps_that_answer_nothing,
             test_finer_steps_that_answer_nothing_draw_none,
             test_a_goodbye_in_anothers_name_is_taken_back,
             test_an_address_is_not_proven_by_ids_that_were_never_sent_there,
             test_lies_about_the_receiver_slow_it_down_by_four_at_most,
             test_a_lie_about_keys_makes_words_plain_in_on_alone_and_for_a_moment,
             test_errors_that_quote_what_was_seen_make_suspects_and_no_dead,
             test_errors_about_what_was_answered_are_nothing)
