/* SPDX-License-Identifier: Apache-2.0 */
/* Which form a datagram has in each mode, and who is heard (R32, R33, R35). */
#include "sealed_pair.h"

START_TEST(test_who_requires_a_key_sends_and_hears_nothing_in_plain)
{
    struct sealed sealed;
    sealed_init(&sealed);
    sealed_form(&sealed, 3, KEY_A, HEARSAY_SEAL_REQUIRE);
    pair_run(&sealed.pair, 5 * RIG_SECOND);
    ck_assert_uint_gt(sealed.seen_count, 60);
    ck_assert_uint_eq(sealed_count(&sealed, 0), sealed.seen_count);
    sealed_fini(&sealed);
}
END_TEST

static bool holds(const struct pair_datagram *datagram, const void *bytes, size_t len)
{
    for (size_t at = 0; at + len <= datagram->len; at++)
        if (memcmp(datagram->bytes + at, bytes, len) == 0)
            return true;
    return false;
}

START_TEST(test_a_capture_shows_no_name_tag_or_address)
{
    static const char *const names[] = {"first-name", "second-name"};
    const struct hearsay_tag tag = {"colour", "turquoise"};
    struct sealed sealed;
    sealed_init(&sealed);
    sealed.pair.config.tags = &tag;
    sealed.pair.config.tag_count = 1;
    for (unsigned i = 0; i < 2; i++)
        sealed_add(&sealed, names[i], KEY_A, HEARSAY_SEAL_REQUIRE);
    pair_join(&sealed.pair, 1, 0);
    pair_run(&sealed.pair, 5 * RIG_SECOND);
    ck_assert(pair_agree(&sealed.pair));
    for (size_t i = 0; i < sealed.seen_count; i++) {
        for (unsigned at = 0; at < 2; at++) {
            ck_assert(!holds(&sealed.seen[i], names[at], strlen(names[at])));
            ck_assert(!holds(&sealed.seen[i], sealed.pair.addrs[at].bytes, 4));
        }
        ck_assert(!holds(&sealed.seen[i], "colour", 6));
        ck_assert(!holds(&sealed.seen[i], "turquoise", 9));
    }
    sealed_fini(&sealed);
}
END_TEST

/* A newcomer in a cluster of two that require KEY_A. Returns how many members it knows. */
static uint32_t newcomer_meets(struct sealed *sealed, const char *keys, enum hearsay_seal_mode mode)
{
    sealed_form(sealed, 2, KEY_A, HEARSAY_SEAL_REQUIRE);
    unsigned at = sealed_add(sealed, "new", keys, mode);
    pair_join(&sealed->pair, at, 0);
    pair_run(&sealed->pair, 3 * RIG_SECOND);
    return pair_stats(&sealed->pair, at).members[HEARSAY_STATUS_ALIVE];
}

START_TEST(test_a_newcomer_without_a_key_is_not_heard_and_not_answered)
{
    struct sealed sealed;
    sealed_init(&sealed);
    ck_assert_uint_eq(newcomer_meets(&sealed, NULL, HEARSAY_SEAL_OFF), 1);
    struct hearsay_stats member = pair_stats(&sealed.pair, 0),
                         newcomer = pair_stats(&sealed.pair, 2);
    ck_assert_uint_eq(member.drops[HEARSAY_DROP_PLAIN], 3);
    ck_assert(hearsay_addr_equal(&member.unopened_from[0], &sealed.pair.addrs[2]));
    ck_assert_uint_eq(member.members[HEARSAY_STATUS_ALIVE], 2);
    ck_assert_uint_eq(newcomer.bytes_received, 0);
    sealed_fini(&sealed);
}
END_TEST

START_TEST(test_a_newcomer_with_another_key_is_not_heard_and_not_answered)
{
    struct sealed sealed;
    sealed_init(&sealed);
    ck_assert_uint_eq(newcomer_meets(&sealed, KEY_B, HEARSAY_SEAL_REQUIRE), 1);
    ck_assert_uint_eq(sealed_drops(&sealed, 0, HEARSAY_DROP_KEY), 3);
    ck_assert_uint_eq(pair_stats(&sealed.pair, 2).bytes_received, 0);
    sealed_fini(&sealed);
}
END_TEST

/* R33: each try goes out once in each form that the newcomer speaks. */
START_TEST(test_a_newcomer_finds_the_key_that_is_known_there)
{
    struct sealed sealed;
    sealed_init(&sealed);
    ck_assert_uint_eq(newcomer_meets(&sealed, KEY_B "\n" KEY_C "\n" KEY_A, HEARSAY_SEAL_ON), 3);
    sealed_fini(&sealed);
}
END_TEST

START_TEST(test_who_accepts_sends_plain_and_hears_both)
{
    struct sealed sealed;
    sealed_init(&sealed);
    sealed_form(&sealed, 2, KEY_A, HEARSAY_SEAL_ACCEPT);
    ck_assert_uint_eq(sealed_count(&sealed, 0), 0);
    unsigned at = sealed_add(&sealed, "on", KEY_A, HEARSAY_SEAL_ON);
    pair_join(&sealed.pair, at, 0);
    pair_run(&sealed.pair, 5 * RIG_SECOND);
    ck_assert(pair_agree(&sealed.pair));
    ck_assert_uint_gt(sealed_count(&sealed, 0), 10);
    sealed_fini(&sealed);
}
END_TEST

/* R35: an answer has the form of its question. */
START_TEST(test_an_answer_has_the_form_of_its_question)
{
    struct sealed sealed;
    sealed_init(&sealed);
    sealed_form(&sealed, 2, KEY_A, HEARSAY_SEAL_ACCEPT);
    sealed_set(&sealed, 0, KEY_A, HEARSAY_SEAL_ON);
    size_t before = sealed.seen_count;
    pair_run(&sealed.pair, 10 * RIG_SECOND);
    for (size_t i = before; i < sealed.seen_count; i++) {
        struct hs_head head;
        ck_assert(hs_head_decode(&head, sealed.seen[i].bytes, sealed.seen[i].len));
        bool by_on = sealed.seen[i].from == 0;
        if (head.kind == HEARSAY_KIND_GOSSIP)
            ck_assert_int_eq(is_sealed(&sealed.seen[i]), by_on);
        else if (head.kind == HEARSAY_KIND_ACK)
            ck_assert_int_eq(is_sealed(&sealed.seen[i]), !by_on);
    }
    ck_assert_uint_eq(sealed_suspicions(&sealed), 0);
    sealed_fini(&sealed);
}
END_TEST

START_TEST(test_who_is_on_speaks_plain_with_who_has_no_key)
{
    struct sealed sealed;
    sealed_init(&sealed);
    sealed_form(&sealed, 2, KEY_A, HEARSAY_SEAL_ON);
    unsigned at = sealed_add(&sealed, "old", NULL, HEARSAY_SEAL_OFF);
    pair_join(&sealed.pair, at, 0);
    pair_run(&sealed.pair, 3 * RIG_SECOND);
    ck_assert(pair_agree(&sealed.pair));
    size_t before = sealed.seen_count;
    pair_run(&sealed.pair, 10 * RIG_SECOND);
    for (size_t i = before; i < sealed.seen_count; i++) {
        const struct pair_datagram *datagram = &sealed.seen[i];
        bool with_old =
            datagram->from == at || hearsay_addr_equal(&datagram->to, &sealed.pair.addrs[at]);
        ck_assert_int_eq(is_sealed(datagram), !with_old);
    }
    ck_assert_uint_eq(sealed_suspicions(&sealed), 0);
    sealed_fini(&sealed);
}
END_TEST

START_TEST(test_what_waits_under_a_key_that_is_gone_is_not_sent)
{
    struct sealed sealed;
    uint8_t bytes[HEARSAY_DATAGRAM_MAX];
    struct hearsay_addr to;
    uint64_t ticket;
    sealed_init(&sealed);
    sealed_form(&sealed, 2, KEY_A, HEARSAY_SEAL_REQUIRE);
    for (size_t i = 0; i < sealed.seen_count; i++) { /* a join of before is answered again */
        struct pair_datagram copy = sealed.seen[i];
        if (copy.from == 1 && copy.len > 100)
            hearsay_node_receive(sealed.pair.nodes[0], pair_now(&sealed.pair, 0), &copy.from_addr,
                                 copy.bytes, copy.len);
    }
    ck_assert_uint_gt(sealed.pair.nodes[0]->core.queue.count, 0);
    sealed_set(&sealed, 0, KEY_B, HEARSAY_SEAL_REQUIRE);
    ck_assert_uint_eq(hearsay_node_transmit(sealed.pair.nodes[0], pair_now(&sealed.pair, 0), &to,
                                            &ticket, bytes, sizeof bytes),
                      0);
    sealed_fini(&sealed);
}
END_TEST

START_TEST(test_what_a_plain_datagram_has_proven_does_not_count_any_more)
{
    struct sealed sealed;
    sealed_init(&sealed);
    sealed_form(&sealed, 2, KEY_A, HEARSAY_SEAL_ACCEPT);
    struct hearsay_node *node = sealed.pair.nodes[0];
    uint32_t slot = hs_table_find_name(&node->core.view.table, "n1", 2);
    ck_assert(hs_member_at(&node->core, slot)->flags & HS_MEMBER_PROVEN);
    for (unsigned at = 0; at < 2; at++)
        sealed_set(&sealed, at, KEY_A, HEARSAY_SEAL_ON);
    ck_assert(hs_member_at(&node->core, slot)->flags & HS_MEMBER_PROVEN);
    sealed_set(&sealed, 0, KEY_A, HEARSAY_SEAL_REQUIRE);
    ck_assert(!(hs_member_at(&node->core, slot)->flags & HS_MEMBER_PROVEN));
    sealed_set(&sealed, 1, KEY_A, HEARSAY_SEAL_REQUIRE);
    pair_run(&sealed.pair, 3 * RIG_SECOND);
    ck_assert(hs_member_at(&node->core, slot)->flags & HS_MEMBER_PROVEN_SEALED);
    ck_assert_uint_eq(sealed_suspicions(&sealed), 0);
    sealed_fini(&sealed);
}
END_TEST

START_TEST(test_a_damaged_or_forged_datagram_is_counted)
{
    struct sealed sealed;
    sealed_init(&sealed);
    sealed_form(&sealed, 2, KEY_A, HEARSAY_SEAL_REQUIRE);
    struct pair_datagram copy = sealed.seen[sealed.seen_count - 1];
    unsigned to = 1 - copy.from;
    copy.bytes[HS_HEAD_SIZE + 3] ^= 1;
    hearsay_node_receive(sealed.pair.nodes[to], pair_now(&sealed.pair, to), &copy.from_addr,
                         copy.bytes, copy.len);
    ck_assert_uint_eq(sealed_drops(&sealed, to, HEARSAY_DROP_FORGED), 1);
    sealed_fini(&sealed);
}
END_TEST

START_TEST(test_a_mode_without_a_cipher_is_refused)
{
    struct sealed sealed;
    const char *error = NULL;
    sealed_init(&sealed);
    sealed_form(&sealed, 2, KEY_A, HEARSAY_SEAL_REQUIRE);
    struct hearsay_node *node = sealed.pair.nodes[0];
    ck_assert_int_eq(
        hearsay_node_set_cipher(node, pair_now(&sealed.pair, 0), NULL, NULL, HEARSAY_SEAL_ON),
        HEARSAY_ERR_INVALID);
    ck_assert_uint_eq(pair_stats(&sealed.pair, 0).seal_mode, HEARSAY_SEAL_REQUIRE);
    sealed.pair.config.cipher = NULL;
    ck_assert_int_eq(hearsay_config_check(&sealed.pair.config, &error), HEARSAY_ERR_INVALID);
    ck_assert_str_eq(error, "seal_mode needs a cipher");
    sealed_fini(&sealed);
}
END_TEST

HARNESS_MAIN("modes", test_who_requires_a_key_sends_and_hears_nothing_in_plain,
             test_a_capture_shows_no_name_tag_or_address,
             test_a_newcomer_without_a_key_is_not_heard_and_not_answered,
             test_a_newcomer_with_another_key_is_not_heard_and_not_answered,
             test_a_newcomer_finds_the_key_that_is_known_there,
             test_who_accepts_sends_plain_and_hears_both,
             test_an_answer_has_the_form_of_its_question,
             test_who_is_on_speaks_plain_with_who_has_no_key,
             test_what_waits_under_a_key_that_is_gone_is_not_sent,
             test_what_a_plain_datagram_has_proven_does_not_count_any_more,
             test_a_damaged_or_forged_datagram_is_counted, test_a_mode_without_a_cipher_is_refused)
