/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Last words (R60): what a node prepares, and what its peers make of it.
 */
#include "pair.h"

#include <string.h>

#include "codec/decode.h"

#define T RIG_WALL /* the timestamp of every peer's first record */

/* ---- what is prepared -------------------------------------------------------------------- */

/* The node has joined, knows `count` peers, and each of them has acked something. */
static void start(struct rig *rig, unsigned count)
{
    rig_init(rig);
    rig_start(rig);
    rig->node->core.joined = true;
    rig_meet_some(rig, count);
    rig_run(rig, 20 * RIG_SECOND);
}

/* One word, decoded for its receiver, who must be able to open it. */
static bool word(struct rig *rig, unsigned index, struct rig_out *ret_out)
{
    enum hearsay_drop reason;
    memset(ret_out, 0, sizeof *ret_out);
    ret_out->len = hearsay_node_last_words(rig->node, rig->now, index, &ret_out->to, ret_out->bytes,
                                           sizeof ret_out->bytes);
    if (ret_out->len == 0)
        return false;
    ck_assert_uint_le(ret_out->len, rig->config.mtu);
    for (unsigned i = 0; i < rig->peer_count; i++)
        if (hearsay_addr_equal(&rig->peers[i].blob.addr, &ret_out->to))
            ret_out->decoded = hs_message_decode(&ret_out->message, &reason, &rig->peers[i].wire,
                                                 ret_out->bytes, ret_out->len);
    ck_assert(ret_out->decoded);
    return true;
}

static uint64_t own_timestamp(const struct rig *rig)
{
    return rig_member(rig, "n1").timestamp;
}

START_TEST(test_a_word_says_of_its_node_that_it_is_dead)
{
    struct rig rig;
    struct rig_out out;
    struct hs_rumor rumor;
    start(&rig, 3);
    ck_assert(word(&rig, 0, &out));
    ck_assert_int_eq(out.message.kind, HEARSAY_KIND_GOSSIP);
    ck_assert_uint_eq(out.message.timestamp, own_timestamp(&rig) + 1);
    ck_assert(rig_carries(&out, rig.node->core.wire.self_id, &rumor));
    ck_assert_uint_eq(rumor.timestamp, own_timestamp(&rig) + 1);
    ck_assert_int_eq(rumor.status, HEARSAY_STATUS_DEAD);
    ck_assert_int_eq(rumor.cause, HEARSAY_CAUSE_FAILED);
    ck_assert(rumor.ended);
    ck_assert_uint_eq(rumor.age, 0);
    ck_assert_msg(rumor.blob != NULL, "who has missed the last change must understand it, too");
    ck_assert_int_eq(rig_member(&rig, "n1").status, HEARSAY_STATUS_ALIVE);
    rig_fini(&rig);
}
END_TEST

START_TEST(test_there_are_words_for_eight_peers_at_most_and_no_two_are_equal)
{
    struct rig rig;
    struct rig_out out[HEARSAY_LAST_WORDS_MAX], more;
    start(&rig, 12);
    for (unsigned i = 0; i < HEARSAY_LAST_WORDS_MAX; i++) {
        ck_assert(word(&rig, i, &out[i]));
        for (unsigned j = 0; j < i; j++) {
            ck_assert(!hearsay_addr_equal(&out[i].to, &out[j].to));
            ck_assert_uint_gt(out[i].message.created, out[j].message.created);
        }
    }
    ck_assert(!word(&rig, HEARSAY_LAST_WORDS_MAX, &more));
    ck_assert(word(&rig, 0, &more));
    ck_assert_uint_gt(more.message.created, out[HEARSAY_LAST_WORDS_MAX - 1].message.created);
    uint64_t last = more.message.created;
    ck_assert(rig_wait(&rig, HEARSAY_KIND_GOSSIP, NULL, 2 * RIG_SECOND, &more));
    ck_assert_msg(more.message.created > last, "what is sent later is another datagram");
    rig_fini(&rig);
}
END_TEST

START_TEST(test_the_peers_are_those_that_acked_last_and_live_at_proven_addresses)
{
    struct rig rig;
    struct rig_out out;
    start(&rig, 4);
    struct rig_peer *latest = &rig.peers[2];
    rig.peers[0].answers = rig.peers[1].answers = rig.peers[3].answers = false;
    for (unsigned i = 0; i < 100 && rig.node->last_words.peers[0].id != rig_peer_id(latest); i++)
        rig_run(&rig, RIG_SECOND / 10);
    ck_assert(word(&rig, 0, &out));
    ck_assert(hearsay_addr_equal(&out.to, &latest->blob.addr));

    struct hs_rumor dead = rig_rumor(latest, HEARSAY_STATUS_DEAD, latest->timestamp + 1);
    struct hs_rumor suspect = rig_rumor(&rig.peers[0], HEARSAY_STATUS_SUSPECT, T + 1);
    rig_tell(&rig, &rig.peers[1], &dead);
    rig_tell(&rig, &rig.peers[1], &suspect);
    hs_table_at(&rig.node->core.view.table, rig_slot(&rig, &rig.peers[1]))->flags &=
        (uint16_t)~HS_MEMBER_PROVEN;
    ck_assert(word(&rig, 0, &out));
    ck_assert(hearsay_addr_equal(&out.to, &rig.peers[3].blob.addr));
    ck_assert(!word(&rig, 1, &out));
    rig_fini(&rig);
}
END_TEST

START_TEST(test_nothing_is_prepared_before_the_node_has_joined_or_without_room)
{
    struct rig rig;
    struct rig_out out;
    start(&rig, 3);
    rig.node->core.joined = false;
    ck_assert(!word(&rig, 0, &out));
    rig.node->core.joined = true;
    ck_assert_uint_eq(
        hearsay_node_last_words(rig.node, rig.now, 0, &out.to, out.bytes, rig.config.mtu - 1), 0);
    ck_assert(word(&rig, 0, &out));
    rig_fini(&rig);
}
END_TEST

START_TEST(test_the_version_changes_once_a_period_and_with_the_own_record)
{
    struct rig rig;
    const struct hearsay_tag tag = {"role", "db"};
    start(&rig, 2);
    uint64_t version = hearsay_node_last_words_version(rig.node);
    rig_run(&rig, 10 * RIG_SECOND);
    uint64_t later = hearsay_node_last_words_version(rig.node);
    ck_assert_uint_ge(later, version + 8);
    ck_assert_uint_le(later, version + 12);

    struct hs_rumor alive = rig_rumor(&rig.peers[0], HEARSAY_STATUS_ALIVE, T + 5);
    rig_tell(&rig, &rig.peers[0], &alive);
    ck_assert_uint_eq(hearsay_node_last_words_version(rig.node), later);
    ck_assert_int_eq(hearsay_node_set_tags(rig.node, rig.now, &tag, 1), 0);
    ck_assert_uint_gt(hearsay_node_last_words_version(rig.node), later);
    later = hearsay_node_last_words_version(rig.node);
    ck_assert_int_eq(hearsay_node_set_cipher(rig.node, rig.now, NULL, NULL, HEARSAY_SEAL_OFF), 0);
    ck_assert_uint_gt(hearsay_node_last_words_version(rig.node), later);
    rig_fini(&rig);
}
END_TEST

/* Who has just joined must not wait for the next period. */
START_TEST(test_the_first_peers_that_ack_change_the_version_too)
{
    struct rig rig;
    struct rig_out out;
    rig_init(&rig);
    rig_start(&rig);
    rig.node->core.joined = true;
    rig_meet_some(&rig, 12);
    for (unsigned i = 0; i < 12; i++)
        rig.peers[i].answers = false;
    for (unsigned seen = 0; seen < 12;) {
        ck_assert(rig_wait(&rig, HEARSAY_KIND_GOSSIP, NULL, 5 * RIG_SECOND, &out));
        struct rig_peer *peer = NULL;
        for (unsigned i = 0; i < 12; i++)
            if (hearsay_addr_equal(&rig.peers[i].blob.addr, &out.to))
                peer = &rig.peers[i];
        ck_assert_ptr_nonnull(peer);
        uint64_t version = hearsay_node_last_words_version(rig.node);
        uint32_t count = rig.node->last_words.count;
        rig_send(&rig, peer,
                 (struct hs_message){.kind = HEARSAY_KIND_ACK, .acked = out.message.created}, NULL,
                 0);
        bool is_new = rig.node->last_words.count > count;
        ck_assert_uint_eq(hearsay_node_last_words_version(rig.node),
                          version + (is_new && seen < HEARSAY_LAST_WORDS_MAX));
        seen += is_new;
    }
    rig_fini(&rig);
}
END_TEST

START_TEST(test_who_leaves_prepares_its_goodbye)
{
    struct rig rig;
    struct rig_out out;
    struct hs_rumor rumor;
    start(&rig, 3);
    uint64_t version = hearsay_node_last_words_version(rig.node);
    ck_assert_int_eq(hearsay_node_leave(rig.node, rig.now), 0);
    ck_assert_uint_gt(hearsay_node_last_words_version(rig.node), version);
    ck_assert(word(&rig, 0, &out));
    ck_assert(rig_carries(&out, rig.node->core.wire.self_id, &rumor));
    ck_assert_uint_eq(rumor.timestamp, own_timestamp(&rig));
    ck_assert_int_eq(rumor.cause, HEARSAY_CAUSE_LEFT);
    ck_assert(!rumor.ended);
    rig_fini(&rig);
}
END_TEST

START_TEST(test_a_process_that_lives_refutes_its_last_words)
{
    struct rig rig;
    struct rig_out out;
    struct hs_rumor rumor;
    struct hearsay_event event;
    start(&rig, 3);
    uint64_t before = own_timestamp(&rig);
    ck_assert(word(&rig, 0, &out));
    ck_assert(rig_carries(&out, rig.node->core.wire.self_id, &rumor));
    rig_tell(&rig, &rig.peers[0], &rumor);
    ck_assert(rig_event(&rig, HEARSAY_EVENT_REFUTE, &event));
    ck_assert_uint_ge(own_timestamp(&rig), before + 2);
    ck_assert_int_eq(rig_member(&rig, "n1").status, HEARSAY_STATUS_ALIVE);
    rig_fini(&rig);
}
END_TEST

/* ---- what is heard ----------------------------------------------------------------------- */

static struct hs_rumor words_of(const struct rig_peer *peer)
{
    struct hs_rumor rumor = rig_rumor(peer, HEARSAY_STATUS_DEAD, peer->timestamp + 1);
    rumor.ended = true;
    return rumor;
}

/* As the subject's witness sends it, from `from`, with a digest that is not ours. */
static void say_last(struct rig *rig, struct rig_peer *peer, const struct hearsay_addr *from)
{
    uint8_t bytes[HEARSAY_DATAGRAM_MAX];
    struct hs_rumor rumor = words_of(peer);
    size_t len =
        rig_encode(rig, peer,
                   (struct hs_message){
                       .kind = HEARSAY_KIND_GOSSIP, .timestamp = rumor.timestamp, .digest = 0x1234},
                   &rumor, 1, bytes);
    hearsay_node_receive(rig->node, rig->now, from, bytes, len);
}

START_TEST(test_a_member_is_dead_by_its_own_word_and_this_is_passed_on)
{
    struct rig rig;
    struct rig_out out;
    struct hs_rumor rumor;
    struct hearsay_event event;
    struct hearsay_history_step steps[8];
    start(&rig, 4);
    struct rig_peer *subject = &rig.peers[0];
    rig_forget_events(&rig);
    say_last(&rig, subject, &subject->blob.addr);
    ck_assert(rig_event_to(&rig, subject->name, HEARSAY_STATUS_DEAD, &event));
    ck_assert_int_eq(event.from, HEARSAY_STATUS_ALIVE);
    ck_assert_int_eq(event.reason, HEARSAY_REASON_ENDED);
    ck_assert_msg(event.accuser[0] == '\0', "the subject itself said so");
    ck_assert_int_eq(rig_member(&rig, subject->name).cause, HEARSAY_CAUSE_FAILED);
    size_t count = hearsay_node_history(rig.node, subject->name, steps, 8);
    ck_assert_int_eq(steps[count - 1].step, HEARSAY_STEP_DECLARED);
    ck_assert_int_eq(steps[count - 1].result, HEARSAY_REASON_ENDED);
    ck_assert_str_eq(steps[count - 1].actor, subject->name);
    ck_assert_uint_eq(rig_stats(&rig).suspicions, 0);

    bool told = false;
    while (!told && rig_wait(&rig, HEARSAY_KIND_GOSSIP, NULL, RIG_SECOND / 10, &out))
        told = rig_carries(&out, rig_peer_id(subject), &rumor);
    ck_assert(told);
    ck_assert(rumor.ended);
    ck_assert(!hearsay_addr_equal(&out.to, &subject->blob.addr));
    rig_fini(&rig);
}
END_TEST

START_TEST(test_nothing_is_sent_to_whose_last_words_are_heard)
{
    struct rig rig;
    struct rig_out out;
    start(&rig, 4);
    struct rig_peer *subject = &rig.peers[0];
    rig_drain(&rig);
    uint64_t exchanges = rig_stats(&rig).syncs_started;
    say_last(&rig, subject, &subject->blob.addr);
    for (unsigned i = 0; i < 30; i++) {
        while (rig_next(&rig, &out))
            ck_assert(!hearsay_addr_equal(&out.to, &subject->blob.addr));
        rig_tick(&rig, RIG_SECOND / 10);
    }
    ck_assert_uint_eq(rig_stats(&rig).syncs_started, exchanges);
    rig_fini(&rig);
}
END_TEST

START_TEST(test_others_last_words_are_a_rumor_like_any_other)
{
    struct rig rig;
    struct rig_out out;
    struct hearsay_event event;
    struct hearsay_history_step steps[8];
    start(&rig, 4);
    struct rig_peer *subject = &rig.peers[0], *sender = &rig.peers[1];
    struct hs_rumor rumor = words_of(subject);
    rig_drain(&rig);
    rig_forget_events(&rig);
    rig_tell(&rig, sender, &rumor);
    ck_assert(rig_event_to(&rig, subject->name, HEARSAY_STATUS_DEAD, &event));
    ck_assert_int_eq(event.reason, HEARSAY_REASON_ENDED);
    ck_assert_msg(event.accuser[0] == '\0', "it is the subject's word, whoever passed it on");
    size_t count = hearsay_node_history(rig.node, subject->name, steps, 8);
    ck_assert_int_eq(steps[count - 1].step, HEARSAY_STEP_DECLARED);
    ck_assert_str_eq(steps[count - 1].actor, subject->name);
    ck_assert_msg(rig_expect_to(&rig, HEARSAY_KIND_ACK, sender, &out), "its sender lives");
    rig_fini(&rig);
}
END_TEST

START_TEST(test_a_member_that_writes_a_newer_record_is_alive_again)
{
    struct rig rig;
    struct hearsay_event event;
    start(&rig, 4);
    struct rig_peer *subject = &rig.peers[0];
    say_last(&rig, subject, &subject->blob.addr);
    rig_forget_events(&rig);
    struct hs_rumor alive = rig_rumor(subject, HEARSAY_STATUS_ALIVE, subject->timestamp + 2);
    rig_tell(&rig, &rig.peers[1], &alive);
    ck_assert(rig_event_to(&rig, subject->name, HEARSAY_STATUS_ALIVE, &event));
    ck_assert_int_eq(event.reason, HEARSAY_REASON_REFUTED);

    uint64_t stale = rig_drops(&rig, HEARSAY_DROP_STALE);
    say_last(&rig, subject, &subject->blob.addr); /* a recording */
    ck_assert_uint_eq(rig_drops(&rig, HEARSAY_DROP_STALE), stale + 1);
    ck_assert_int_eq(rig_member(&rig, subject->name).status, HEARSAY_STATUS_ALIVE);

    struct hs_rumor dead = rig_rumor(subject, HEARSAY_STATUS_DEAD, subject->timestamp + 3);
    rig_forget_events(&rig);
    rig_run(&rig, 60 * RIG_SECOND); /* its refutation does not count any more (R18) */
    rig_tell(&rig, &rig.peers[1], &dead);
    ck_assert(rig_event_to(&rig, subject->name, HEARSAY_STATUS_DEAD, &event));
    ck_assert_msg(event.reason == HEARSAY_REASON_FAILED, "this death is another one");
    rig_fini(&rig);
}
END_TEST

START_TEST(test_the_same_words_three_times_are_one_death)
{
    struct rig rig;
    uint8_t bytes[HEARSAY_DATAGRAM_MAX], copy[HEARSAY_DATAGRAM_MAX];
    start(&rig, 4);
    struct rig_peer *subject = &rig.peers[0];
    struct hs_rumor rumor = words_of(subject);
    size_t len = rig_encode(&rig, subject, (struct hs_message){.kind = HEARSAY_KIND_GOSSIP}, &rumor,
                            1, bytes);
    uint64_t repeats = rig_drops(&rig, HEARSAY_DROP_DUPLICATE);
    for (unsigned i = 0; i < 3; i++) {
        memcpy(copy, bytes, len);
        hearsay_node_receive(rig.node, rig.now, &subject->blob.addr, copy, len);
    }
    ck_assert_uint_eq(rig_drops(&rig, HEARSAY_DROP_DUPLICATE), repeats + 2);
    ck_assert_uint_eq(rig_stats(&rig).transitions[HEARSAY_STATUS_DEAD][HEARSAY_CAUSE_FAILED], 1);
    rig_fini(&rig);
}
END_TEST

/* R18: flap damping. It holds for the word of others. */
START_TEST(test_a_damped_member_is_believed_when_it_speaks_from_its_own_address)
{
    struct rig rig;
    start(&rig, 4);
    struct rig_peer *subject = &rig.peers[0];
    for (uint64_t i = 1; i <= 6; i++) {
        struct hs_rumor suspect =
            rig_rumor(subject, HEARSAY_STATUS_SUSPECT, subject->timestamp + 2 * i - 1);
        struct hs_rumor alive =
            rig_rumor(subject, HEARSAY_STATUS_ALIVE, subject->timestamp + 2 * i);
        rig_tell(&rig, &rig.peers[1], &suspect);
        rig_tell(&rig, &rig.peers[1], &alive);
    }
    subject->timestamp += 12;
    struct hearsay_addr elsewhere = rig_addr(200);
    uint64_t damped = rig_drops(&rig, HEARSAY_DROP_DAMPED);
    say_last(&rig, subject, &elsewhere);
    ck_assert_uint_eq(rig_drops(&rig, HEARSAY_DROP_DAMPED), damped + 1);
    ck_assert_int_eq(rig_member(&rig, subject->name).status, HEARSAY_STATUS_ALIVE);
    say_last(&rig, subject, &subject->blob.addr);
    ck_assert_int_eq(rig_member(&rig, subject->name).status, HEARSAY_STATUS_DEAD);
    rig_fini(&rig);
}
END_TEST

/* ---- between nodes ----------------------------------------------------------------------- */

/* Kills a node and lets its witness speak. */
static void end_with_words(struct pair *pair, unsigned at)
{
    for (unsigned index = 0;; index++) {
        uint8_t bytes[HEARSAY_DATAGRAM_MAX];
        struct hearsay_addr to;
        size_t len = hearsay_node_last_words(pair->nodes[at], pair_now(pair, at), index, &to, bytes,
                                             sizeof bytes);
        if (len == 0)
            break;
        for (unsigned other = 0; other < pair->count; other++)
            if (other != at && pair->nodes[other] && hearsay_addr_equal(&pair->addrs[other], &to))
                hearsay_node_receive(pair->nodes[other], pair_now(pair, other), &pair->addrs[at],
                                     bytes, len);
    }
    pair_kill(pair, at);
}

/* R5: catching up. Its clock stands still meanwhile, and who lets it in may not have heard. */
START_TEST(test_the_next_process_outbids_the_last_words_of_the_one_before)
{
    for (unsigned has_memory = 0; has_memory < 2; has_memory++) {
        struct pair pair;
        pair_init(&pair);
        pair_form(&pair, 4);
        pair_run(&pair, 10 * RIG_SECOND);
        uint64_t said = pair_member(&pair, 1, "n0").timestamp + 1;
        uint64_t memory = hearsay_node_last_timestamp(pair.nodes[0], pair_now(&pair, 0));
        ck_assert_uint_eq(memory, said - 1);
        pair.deaf[1] = true;
        end_with_words(&pair, 0);
        ck_assert_int_eq(pair_member(&pair, 2, "n0").status, HEARSAY_STATUS_DEAD);
        pair.deaf[1] = false;
        pair.config.last_timestamp = has_memory ? memory : 0;
        pair.clock[4] = -(int64_t)RIG_WALL;
        unsigned again = pair_add_at(&pair, "n0", 1);
        if (has_memory)
            ck_assert_uint_eq(pair_member(&pair, again, "n0").timestamp, said + 1);
        pair_join(&pair, again, 2);
        ck_assert(pair_until(&pair, 3, "n0", HEARSAY_STATUS_ALIVE, 5 * RIG_SECOND));
        pair_run(&pair, 3 * RIG_SECOND);
        ck_assert(pair_agree(&pair));
        ck_assert_uint_gt(pair_member(&pair, 2, "n0").timestamp, said);
        pair_fini(&pair);
    }
}
END_TEST

START_TEST(test_all_hear_of_a_death_within_a_burst)
{
    struct pair pair;
    struct hearsay_event event;
    pair_init(&pair);
    pair_form(&pair, PAIR_NODES);
    pair_run(&pair, 10 * RIG_SECOND);
    pair_forget_events(&pair);
    end_with_words(&pair, 2);
    for (unsigned at = 0; at < pair.count; at++) {
        if (at == 2)
            continue;
        ck_assert(pair_until(&pair, at, "n2", HEARSAY_STATUS_DEAD, RIG_SECOND / 10));
        ck_assert(pair_event_to(&pair, at, "n2", HEARSAY_STATUS_DEAD, &event));
        ck_assert_int_eq(event.reason, HEARSAY_REASON_ENDED);
    }
    ck_assert(pair_agree(&pair));
    pair_fini(&pair);
}
END_TEST

HARNESS_MAIN("last_words", test_a_word_says_of_its_node_that_it_is_dead,
             test_there_are_words_for_eight_peers_at_most_and_no_two_are_equal,
             test_the_peers_are_those_that_acked_last_and_live_at_proven_addresses,
             test_nothing_is_prepared_before_the_node_has_joined_or_without_room,
             test_the_version_changes_once_a_period_and_with_the_own_record,
             test_the_first_peers_that_ack_change_the_version_too,
             test_who_leaves_prepares_its_goodbye, test_a_process_that_lives_refutes_its_last_words,
             test_a_member_is_dead_by_its_own_word_and_this_is_passed_on,
             test_nothing_is_sent_to_whose_last_words_are_heard,
             test_others_last_words_are_a_rumor_like_any_other,
             test_a_member_that_writes_a_newer_record_is_alive_again,
             test_the_same_words_three_times_are_one_death,
             test_a_damped_member_is_believed_when_it_speaks_from_its_own_address,
             test_the_next_process_outbids_the_last_words_of_the_one_before,
             test_all_hear_of_a_death_within_a_burst)
