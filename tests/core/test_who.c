/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is meant by a call (R26). Another agent that gets the address of a lost member or of a seed
 * must not be joined. Halves of a cluster, restarted members and what an owner joins on purpose
 * must be.
 */
#include "pair.h"

#include "codec/encode.h"

#include <string.h>

/* ---- who is meant (R26) ------------------------------------------------------------------ */

/* Frees a node's place for another one at its address. */
static void vacate(struct pair *pair, unsigned at)
{
    if (pair->nodes[at])
        pair_kill(pair, at);
    memset(&pair->addrs[at], 0, sizeof pair->addrs[at]);
}

static bool are_strangers(const struct pair *pair, unsigned a, unsigned b)
{
    struct hearsay_member member;
    const char *names[] = {pair->nodes[a]->core.name, pair->nodes[b]->core.name};
    bool known = hearsay_node_member(pair->nodes[a], pair->now, names[1], &member) == 0 &&
                 member.status == HEARSAY_STATUS_ALIVE;
    return !known && hearsay_node_member(pair->nodes[b], pair->now, names[0], &member) != 0;
}

/* The kind: another agent gets the address of a lost member. */
START_TEST(test_who_has_the_address_of_a_lost_member_is_not_joined)
{
    struct pair pair;
    struct hearsay_event event;
    pair_init(&pair);
    pair_form(&pair, 2);
    struct hearsay_addr lost = pair.addrs[1];
    vacate(&pair, 1);
    unsigned x = pair_add_at(&pair, "x", 2);
    pair_run(&pair, 120 * RIG_SECOND);
    ck_assert(are_strangers(&pair, 0, x));
    ck_assert_uint_eq(pair_stats(&pair, x).members[HEARSAY_STATUS_ALIVE], 1);
    ck_assert(pair_event(&pair, 0, HEARSAY_EVENT_FOREIGN, &event));
    ck_assert_str_eq(event.name, "n1");
    ck_assert_str_eq(event.accuser, "x");
    ck_assert(hearsay_addr_equal(&event.addr, &lost));
    ck_assert(!pair_event(&pair, 0, HEARSAY_EVENT_FOREIGN, &event)); /* told once an hour */
    ck_assert(!pair_event(&pair, x, HEARSAY_EVENT_REFUTE, &event));
    pair_fini(&pair);
}
END_TEST

/* With the caller's own name at the lost member's address neither process has to stop. */
START_TEST(test_a_namesake_at_the_address_of_a_lost_member_stops_nobody)
{
    struct pair pair;
    struct hearsay_event event;
    pair_init(&pair);
    pair_form(&pair, 2);
    vacate(&pair, 1);
    unsigned x = pair_add_at(&pair, "n0", 2);
    pair_run(&pair, 60 * RIG_SECOND);
    for (unsigned at = 0; at <= x; at += x) {
        ck_assert_uint_eq(pair_stats(&pair, at).members[HEARSAY_STATUS_ALIVE], 1);
        ck_assert(!pair_event(&pair, at, HEARSAY_EVENT_REPLACED, &event));
        ck_assert(!pair_event(&pair, at, HEARSAY_EVENT_REFUSED, &event));
    }
    pair_fini(&pair);
}
END_TEST

/* The member itself, restarted without seeds after its death was known, is found by its name. */
START_TEST(test_a_lost_member_that_was_restarted_alone_is_found)
{
    struct pair pair;
    pair_init(&pair);
    pair_form(&pair, 3);
    vacate(&pair, 1);
    ck_assert(pair_until(&pair, 0, "n1", HEARSAY_STATUS_DEAD, 60 * RIG_SECOND));
    unsigned again = pair_add_at(&pair, "n1", 2);
    ck_assert(pair_until(&pair, 0, "n1", HEARSAY_STATUS_ALIVE, 120 * RIG_SECOND));
    ck_assert(pair_until(&pair, again, "n2", HEARSAY_STATUS_ALIVE, RIG_SECOND));
    pair_fini(&pair);
}
END_TEST

/* A member with the lost one's name, in a cluster that has another founder. */
static void namesake_elsewhere(struct pair *pair, bool is_dead_first, unsigned *ret_x)
{
    pair_init(pair);
    pair_form(pair, 2);
    unsigned y = pair_add(pair, "y"), z = pair_add(pair, "z");
    pair_join(pair, z, y);
    pair_run(pair, RIG_SECOND);
    vacate(pair, 1);
    if (is_dead_first)
        ck_assert(pair_until(pair, 0, "n1", HEARSAY_STATUS_DEAD, 60 * RIG_SECOND));
    *ret_x = pair_add_at(pair, "n1", 2);
    pair_join(pair, *ret_x, y);
}

START_TEST(test_a_namesake_of_another_cluster_is_not_joined)
{
    for (unsigned is_dead_first = 0; is_dead_first < 2; is_dead_first++) {
        struct pair pair;
        struct hearsay_event event;
        unsigned x;
        namesake_elsewhere(&pair, is_dead_first, &x);
        pair_run(&pair, 120 * RIG_SECOND);
        ck_assert_uint_eq(pair_stats(&pair, 0).members[HEARSAY_STATUS_ALIVE], 1);
        ck_assert_uint_eq(pair_stats(&pair, x).members[HEARSAY_STATUS_ALIVE], 3);
        ck_assert_int_eq(pair_member(&pair, x, "n0").status, HEARSAY_STATUS_NONE);
        ck_assert(pair_event(&pair, 0, HEARSAY_EVENT_FOREIGN, &event));
        ck_assert_str_eq(event.accuser, "n1");
        pair_fini(&pair);
    }
}
END_TEST

/* A member that was started anew with seeds elsewhere does not answer its old cluster before it
 * knows where it belongs. */
START_TEST(test_a_namesake_that_is_joining_another_cluster_does_not_answer_meanwhile)
{
    struct pair pair;
    pair_init(&pair);
    pair_form(&pair, 2);
    unsigned y = pair_add(&pair, "y");
    pair.deaf[y] = true;
    vacate(&pair, 1);
    unsigned x = pair_add_at(&pair, "n1", 2);
    pair_join(&pair, x, y);
    pair_run(&pair, 800000); /* two tries, and gossips to the member that it was */
    ck_assert_uint_eq(pair_stats(&pair, x).members[HEARSAY_STATUS_ALIVE], 1);
    ck_assert_uint_gt(pair_stats(&pair, x).sent[HEARSAY_KIND_CHALLENGE], 0);
    pair.deaf[y] = false;
    pair_run(&pair, 60 * RIG_SECOND);
    ck_assert_uint_eq(pair_stats(&pair, x).members[HEARSAY_STATUS_ALIVE], 2);
    ck_assert_uint_eq(pair_stats(&pair, 0).members[HEARSAY_STATUS_ALIVE], 1);
    pair_fini(&pair);
}
END_TEST

/* A seed that has answered means who answered, also after it has left. */
START_TEST(test_who_has_the_address_of_a_seed_that_left_is_not_joined)
{
    struct pair pair;
    struct hearsay_event event;
    pair_init(&pair);
    pair_add(&pair, "seed");
    pair_add(&pair, "a");
    pair_join(&pair, 1, 0);
    pair_run(&pair, RIG_SECOND);
    hearsay_node_leave(pair.nodes[0], pair_now(&pair, 0));
    ck_assert(pair_until(&pair, 1, "seed", HEARSAY_STATUS_DEAD, RIG_SECOND));
    vacate(&pair, 0);
    unsigned x = pair_add_at(&pair, "x", 1);
    pair_run(&pair, 120 * RIG_SECOND);
    ck_assert(are_strangers(&pair, 1, x));
    ck_assert(pair_event(&pair, 1, HEARSAY_EVENT_FOREIGN, &event));
    ck_assert_str_eq(event.accuser, "x");
    vacate(&pair, x); /* the seed itself, back without seeds of its own, is found */
    pair_add_at(&pair, "seed", 1);
    ck_assert(pair_until(&pair, 1, "seed", HEARSAY_STATUS_ALIVE, 120 * RIG_SECOND));
    pair_fini(&pair);
}
END_TEST

/* What the owner says now means anybody, also where somebody else was meant before. */
START_TEST(test_an_owner_joins_whoever_answers_and_two_clusters_become_one)
{
    struct pair pair;
    struct hearsay_event event;
    pair_init(&pair);
    pair_form(&pair, 2);
    struct hearsay_addr addr = pair.addrs[1];
    vacate(&pair, 1);
    unsigned x = pair_add_at(&pair, "x", 2), y = pair_add(&pair, "y");
    pair_join(&pair, y, x);
    pair_run(&pair, 60 * RIG_SECOND);
    ck_assert(are_strangers(&pair, 0, x));
    ck_assert_int_eq(hearsay_node_seed(pair.nodes[0], pair_now(&pair, 0), &addr), 0);
    pair_run(&pair, RIG_SECOND);
    ck_assert(pair_event(&pair, 0, HEARSAY_EVENT_JOIN, &event));
    ck_assert_int_eq(event.result, HEARSAY_JOIN_FOREIGN);
    ck_assert_int_eq(hearsay_node_join(pair.nodes[0], pair_now(&pair, 0), &addr), 0);
    pair_run(&pair, 5 * RIG_SECOND);
    ck_assert(pair_event(&pair, 0, HEARSAY_EVENT_JOIN, &event));
    ck_assert_int_eq(event.result, HEARSAY_JOIN_OK);
    ck_assert(pair_agree(&pair));
    for (unsigned at = 0; at <= y; at += x)
        ck_assert_uint_eq(pair_stats(&pair, at).members[HEARSAY_STATUS_ALIVE], 3);
    ck_assert_uint_eq(pair.nodes[0]->core.origin.id, pair.nodes[y]->core.origin.id);
    pair_fini(&pair);
}
END_TEST

/* Two that start at once with each other as seed have one founder. */
START_TEST(test_two_that_seed_each_other_are_one_cluster_with_one_origin)
{
    for (unsigned order = 0; order < 2; order++) {
        struct pair pair;
        pair_init(&pair);
        pair_add(&pair, "a");
        pair_add(&pair, "b");
        pair_join(&pair, order, !order);
        pair_join(&pair, !order, order);
        pair_run(&pair, 3 * RIG_SECOND);
        ck_assert(pair_agree(&pair));
        ck_assert_uint_eq(pair_stats(&pair, 0).members[HEARSAY_STATUS_ALIVE], 2);
        ck_assert_uint_ne(pair.nodes[0]->core.origin.id, 0);
        ck_assert_uint_eq(pair.nodes[0]->core.origin.id, pair.nodes[1]->core.origin.id);
        pair_fini(&pair);
    }
}
END_TEST

/* Only those on one side of address `*context` hear each other. */
static bool within_halves(void *context, const struct pair_datagram *datagram)
{
    const unsigned *last = context;
    return (datagram->to.bytes[3] > *last) == (datagram->from_addr.bytes[3] > *last);
}

static unsigned restart(struct pair *pair, unsigned at, const char *name)
{
    vacate(pair, at);
    return pair_add_at(pair, name, 1 + at);
}

/* A rack with all seeds loses power: they find each other again before the rest finds them. */
START_TEST(test_seeds_that_were_restarted_together_are_found)
{
    struct pair pair;
    unsigned last = 2;
    pair_init(&pair);
    pair_form(&pair, 4);
    vacate(&pair, 2);
    vacate(&pair, 3);
    ck_assert(pair_until(&pair, 0, "n2", HEARSAY_STATUS_DEAD, 60 * RIG_SECOND));
    ck_assert(pair_until(&pair, 0, "n3", HEARSAY_STATUS_DEAD, 60 * RIG_SECOND));
    pair.pass = within_halves;
    pair.context = &last;
    unsigned c = restart(&pair, 2, "n2"), d = restart(&pair, 3, "n3");
    pair_join(&pair, c, d);
    pair_join(&pair, d, c);
    pair_run(&pair, 60 * RIG_SECOND);
    ck_assert_uint_eq(pair_stats(&pair, c).members[HEARSAY_STATUS_ALIVE], 2);
    pair.pass = NULL;
    ck_assert(pair_until(&pair, 0, "n2", HEARSAY_STATUS_ALIVE, 200 * RIG_SECOND));
    ck_assert(pair_until(&pair, 0, "n3", HEARSAY_STATUS_ALIVE, 10 * RIG_SECOND));
    pair_run(&pair, 5 * RIG_SECOND);
    ck_assert(pair_agree(&pair));
    pair_fini(&pair);
}
END_TEST

/* A divided cluster, of which each process was restarted within its half, one after the other. The
 * halves know no process of each other, and their origin shows that they are one. */
START_TEST(test_halves_of_which_all_processes_were_restarted_find_each_other)
{
    struct pair pair;
    unsigned last = 1;
    pair_init(&pair);
    pair_form(&pair, 3);
    pair.pass = within_halves;
    pair.context = &last;
    ck_assert(pair_until(&pair, 0, "n1", HEARSAY_STATUS_DEAD, 60 * RIG_SECOND));
    ck_assert(pair_until(&pair, 0, "n2", HEARSAY_STATUS_DEAD, 60 * RIG_SECOND));
    unsigned b = restart(&pair, 1, "n1");
    pair_join(&pair, b, 2);
    pair_run(&pair, 5 * RIG_SECOND);
    unsigned c = restart(&pair, 2, "n2");
    pair_join(&pair, c, b);
    pair_run(&pair, 3600 * RIG_SECOND);
    ck_assert_uint_eq(pair_stats(&pair, 0).members[HEARSAY_STATUS_ALIVE], 1);
    ck_assert_uint_eq(pair_stats(&pair, c).members[HEARSAY_STATUS_ALIVE], 2);
    pair.pass = NULL;
    ck_assert(pair_until(&pair, 0, "n1", HEARSAY_STATUS_ALIVE, 60 * RIG_SECOND));
    ck_assert(pair_until(&pair, c, "n0", HEARSAY_STATUS_ALIVE, 60 * RIG_SECOND));
    pair_fini(&pair);
}
END_TEST

/* Lost members that were started anew with the members of another cluster as seeds went there on
 * purpose. */
START_TEST(test_members_that_went_to_another_cluster_do_not_join_the_two)
{
    struct pair pair;
    unsigned c, d;
    pair_init(&pair);
    pair_form(&pair, 3);
    unsigned y = pair_add(&pair, "y");
    vacate(&pair, 1);
    vacate(&pair, 2);
    pair_run(&pair, 20 * RIG_SECOND);
    c = pair_add_at(&pair, "n1", 2);
    pair_join(&pair, c, y);
    pair_run(&pair, 50000); /* y has founded it */
    d = pair_add_at(&pair, "n2", 3);
    pair_join(&pair, d, c);
    pair_run(&pair, 300 * RIG_SECOND);
    ck_assert_uint_eq(pair_stats(&pair, 0).members[HEARSAY_STATUS_ALIVE], 1);
    ck_assert_uint_eq(pair_stats(&pair, d).members[HEARSAY_STATUS_ALIVE], 3);
    pair_fini(&pair);
}
END_TEST

/* ---- who answers, seen by one node ------------------------------------------------------- */

/* A member that the node holds dead; the node's next call to it is begun. */
static struct rig_peer *called(struct rig *rig, struct rig_out *ret_join)
{
    rig_init(rig);
    rig_start(rig);
    struct rig_peer *peer = rig_meet(rig, "lost");
    struct hs_rumor dead = rig_rumor(peer, HEARSAY_STATUS_DEAD, peer->timestamp + 1);
    rig_tell(rig, rig_meet(rig, "other"), &dead);
    ck_assert(rig_wait(rig, HEARSAY_KIND_JOIN, peer, 600 * RIG_SECOND, ret_join));
    return peer;
}

/* A process at the lost member's address. */
static struct rig_peer answering(const struct rig_peer *lost, const char *name)
{
    struct rig_peer peer;
    rig_peer_init(&peer, name, lost->blob.addr.bytes[3], 1234);
    peer.created = lost->created;
    return peer;
}

static struct hs_message challenge_of(const struct rig_out *join, const struct rig_peer *peer)
{
    return (struct hs_message){
        .kind = HEARSAY_KIND_CHALLENGE,
        .nonce = 7,
        .echo = join->message.nonce,
        .name = peer->name,
        .name_len = strlen(peer->name),
        .origin = {.name_hash = hs_hash(peer->name, strlen(peer->name)), .addr = peer->blob.addr},
    };
}

static struct hs_call call_in(const struct rig_out *join)
{
    struct hs_call call;
    hs_call_find((struct hs_cursor){join->message.rumors.at, join->message.rumors.end}, &call);
    return call;
}

START_TEST(test_a_call_says_whom_it_means_and_has_room_for_the_answer)
{
    struct rig rig;
    struct rig_out out;
    struct rig_peer *lost = called(&rig, &out);
    struct hs_call call = call_in(&out);
    ck_assert_uint_eq(call.meant, hs_hash("lost", 4));
    ck_assert(!call.judged);
    ck_assert_uint_ge(out.len, HS_HEAD_SIZE + HS_CHALLENGE_MAX + 5);
    struct rig_peer again = answering(lost, "lost");
    rig_send(&rig, &again, challenge_of(&out, &again), NULL, 0);
    ck_assert(rig_expect_to(&rig, HEARSAY_KIND_JOIN, &again, &out));
    call = call_in(&out);
    ck_assert(call.judged && call.meant == hs_hash("lost", 4));
    struct rig_peer *seed = rig_stranger(&rig, "seed");
    hearsay_node_join(rig.node, rig.now, &seed->blob.addr);
    ck_assert(rig_expect_to(&rig, HEARSAY_KIND_JOIN, seed, &out));
    ck_assert_uint_eq(call_in(&out).meant, 0);
    ck_assert_uint_lt(out.len, HS_HEAD_SIZE + HS_CHALLENGE_MAX);
    rig_fini(&rig);
}
END_TEST

/* Only what the challenge has shown is let in: another process may have followed it meanwhile. */
START_TEST(test_a_welcome_of_another_process_than_the_one_judged_is_dropped)
{
    struct rig rig;
    struct rig_out out;
    struct rig_peer *lost = called(&rig, &out);
    struct rig_peer again = answering(lost, "lost"), x = answering(lost, "x");
    rig_send(&rig, &again, challenge_of(&out, &again), NULL, 0);
    ck_assert(rig_expect_to(&rig, HEARSAY_KIND_JOIN, &again, &out));
    struct hs_message welcome = {.kind = HEARSAY_KIND_JOIN, .echo = out.message.nonce};
    struct hs_rumor record = rig_rumor(&x, HEARSAY_STATUS_ALIVE, RIG_WALL);
    x.created = again.created;
    rig_send(&rig, &x, welcome, &record, 1);
    ck_assert_int_eq(rig_member(&rig, "x").status, HEARSAY_STATUS_NONE);
    ck_assert_uint_eq(rig_drops(&rig, HEARSAY_DROP_UNSOLICITED), 1);
    rig_fini(&rig);
}
END_TEST

/* A release before challenges in full shows no name. What opens under the name only is sent there:
 * the member that was restarted challenges it, somebody else cannot read it. */
START_TEST(test_an_older_release_is_asked_by_what_only_the_member_can_open)
{
    struct rig rig;
    struct rig_out out;
    struct rig_peer *lost = called(&rig, &out);
    struct rig_peer again = answering(lost, "lost");
    struct hs_message plain = {.kind = HEARSAY_KIND_CHALLENGE, .nonce = 7};
    plain.echo = out.message.nonce;
    rig_send(&rig, &again, plain, NULL, 0);
    ck_assert(rig_expect_to(&rig, HEARSAY_KIND_GOSSIP, &again, &out));
    ck_assert(!rig_expect_to(&rig, HEARSAY_KIND_JOIN, &again, &(struct rig_out){0}));
    plain.echo = out.message.created;
    rig_send(&rig, &again, plain, NULL, 0);
    ck_assert(rig_expect_to(&rig, HEARSAY_KIND_JOIN, &again, &out));
    struct hs_rumor record = rig_rumor(&again, HEARSAY_STATUS_ALIVE, RIG_WALL + RIG_SECOND);
    struct hs_message answer = {.kind = HEARSAY_KIND_JOIN, .echo = out.message.nonce};
    rig_send(&rig, &again, answer, &record, 1);
    ck_assert_int_eq(rig_member(&rig, "lost").status, HEARSAY_STATUS_ALIVE);
    rig_fini(&rig);
}
END_TEST

START_TEST(test_the_very_process_of_an_older_release_is_joined_at_once)
{
    struct rig rig;
    struct rig_out out;
    struct rig_peer *lost = called(&rig, &out);
    struct hs_message plain = {.kind = HEARSAY_KIND_CHALLENGE, .nonce = 7};
    plain.echo = out.message.nonce;
    rig_send(&rig, lost, plain, NULL, 0);
    ck_assert(rig_expect_to(&rig, HEARSAY_KIND_JOIN, lost, &out));
    ck_assert_uint_eq(out.message.echo, 7);
    rig_fini(&rig);
}
END_TEST

/* R28: no amplification. Who says whom it means and leaves no room gets no answer. */
START_TEST(test_a_call_without_room_for_the_answer_gets_none)
{
    struct rig rig;
    struct rig_out out;
    rig_init(&rig);
    rig.config.name = "a-name-that-is-much-longer-than-that-of-the-caller-and-its-address";
    rig_start(&rig);
    struct rig_peer *x = rig_stranger(&rig, "x");
    for (unsigned padded = 0; padded < 2; padded++) {
        uint8_t bytes[HEARSAY_DATAGRAM_MAX];
        struct hs_encoder encoder;
        struct hs_message join = {.kind = HEARSAY_KIND_JOIN, .nonce = 5};
        struct hs_rumor own = rig_rumor(x, HEARSAY_STATUS_ALIVE, x->timestamp);
        struct hs_call call = {.origin = {.addr = x->blob.addr}, .meant = 1};
        join.sender = rig_peer_id(x);
        join.created = RIG_WALL + padded;
        ck_assert(hs_encode_begin(&encoder, &x->wire, bytes, sizeof bytes, 0, &join));
        ck_assert(hs_encode_rumor(&encoder, &own) && hs_encode_call(&encoder, &call));
        if (padded)
            hs_encode_pad(&encoder, HS_CHALLENGE_MAX);
        size_t len = hs_encode_end(&encoder);
        hearsay_node_receive(rig.node, rig.now, &x->blob.addr, bytes, len);
        ck_assert_int_eq(rig_next(&rig, &out), padded);
        ck_assert(!padded || (out.message.name_len == strlen(rig.config.name) && out.len <= len));
    }
    rig_fini(&rig);
}
END_TEST

/* ---- a host that is renamed (R18) -------------------------------------------------------- */

START_TEST(test_a_member_whose_address_another_one_has_is_gone_at_once_and_not_called)
{
    struct pair pair;
    struct hearsay_event event;
    pair_init(&pair);
    pair_form(&pair, 4);
    vacate(&pair, 1);
    unsigned renamed = pair_add_at(&pair, "renamed", 2);
    pair_join(&pair, renamed, 0);
    pair_run(&pair, 1500000);
    for (unsigned at = 0; at <= renamed; at += at == 0 ? 2 : 1) {
        ck_assert_int_eq(pair_member(&pair, at, "n1").status, HEARSAY_STATUS_DEAD);
        ck_assert_int_eq(pair_member(&pair, at, "renamed").status, HEARSAY_STATUS_ALIVE);
    }
    uint64_t sent[3] = {pair_stats(&pair, 0).sent[HEARSAY_KIND_JOIN], 0,
                        pair_stats(&pair, 2).sent[HEARSAY_KIND_JOIN]};
    pair_run(&pair, 300 * RIG_SECOND);
    for (unsigned at = 0; at <= 2; at += 2) {
        ck_assert_uint_eq(pair_stats(&pair, at).sent[HEARSAY_KIND_JOIN], sent[at]);
        ck_assert(!pair_event(&pair, at, HEARSAY_EVENT_FOREIGN, &event));
    }
    ck_assert_uint_le(pair_stats(&pair, renamed).drops[HEARSAY_DROP_CHECKSUM], 6);
    pair_fini(&pair);
}
END_TEST

/* Two members that both live and say one address, by mistake: neither is taken for dead. */
START_TEST(test_two_that_say_one_address_refute)
{
    struct rig rig;
    struct hearsay_event event;
    rig_init(&rig);
    rig_start(&rig);
    rig_meet_some(&rig, 3);
    struct rig_peer twin;
    rig_peer_init(&twin, "twin", 1, 99); /* the node's own address */
    struct hs_rumor record = rig_rumor(&twin, HEARSAY_STATUS_ALIVE, RIG_WALL);
    rig_tell(&rig, &rig.peers[0], &record);
    ck_assert(rig_event_to(&rig, "twin", HEARSAY_STATUS_SUSPECT, &event));
    ck_assert_int_eq(event.reason, HEARSAY_REASON_REFUSED);
    record = rig_rumor(&twin, HEARSAY_STATUS_ALIVE, RIG_WALL + RIG_SECOND);
    rig_tell(&rig, &rig.peers[0], &record);
    ck_assert_int_eq(rig_member(&rig, "twin").status, HEARSAY_STATUS_ALIVE);
    rig_run(&rig, 100000);
    ck_assert(!rig_event_to(&rig, "twin", HEARSAY_STATUS_SUSPECT, &event)); /* said once */
    rig_fini(&rig);
}
END_TEST

HARNESS_MAIN("who", test_who_has_the_address_of_a_lost_member_is_not_joined,
             test_a_namesake_at_the_address_of_a_lost_member_stops_nobody,
             test_a_lost_member_that_was_restarted_alone_is_found,
             test_a_namesake_of_another_cluster_is_not_joined,
             test_a_namesake_that_is_joining_another_cluster_does_not_answer_meanwhile,
             test_who_has_the_address_of_a_seed_that_left_is_not_joined,
             test_an_owner_joins_whoever_answers_and_two_clusters_become_one,
             test_two_that_seed_each_other_are_one_cluster_with_one_origin,
             test_seeds_that_were_restarted_together_are_found,
             test_halves_of_which_all_processes_were_restarted_find_each_other,
             test_members_that_went_to_another_cluster_do_not_join_the_two,
             test_a_call_says_whom_it_means_and_has_room_for_the_answer,
             test_a_welcome_of_another_process_than_the_one_judged_is_dropped,
             test_an_older_release_is_asked_by_what_only_the_member_can_open,
             test_the_very_process_of_an_older_release_is_joined_at_once,
             test_a_call_without_room_for_the_answer_gets_none,
             test_a_member_whose_address_another_one_has_is_gone_at_once_and_not_called,
             test_two_that_say_one_address_refute)
