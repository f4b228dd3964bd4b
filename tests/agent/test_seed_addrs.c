/* SPDX-License-Identifier: Apache-2.0 */
/* What a seed may be, and whose turn it is among its addresses: each gets its turn, whatever the
 * order of the answers, and what is new goes first. */
#include "harness.h"

#include <stdbool.h>
#include <string.h>

#include "agent/options/values.h"
#include "agent/parts/seed_addrs.h"

static struct hearsay_addr addr_of(unsigned number)
{
    return (struct hearsay_addr){
        .family = 4, .port = 7847, .bytes = {10, 0, (uint8_t)(number >> 8), (uint8_t)number}};
}

static unsigned number_of(const struct hs_seed_addr *item)
{
    return item->addr.bytes[2] * 256u + item->addr.bytes[3];
}

/* Sets the addresses with the numbers from `first` on, in a random order. Returns whether they are
 * others than before. */
static bool set_shuffled(struct hs_seed_addrs *set, unsigned first, unsigned count,
                         uint64_t *random)
{
    struct hearsay_addr addrs[256];
    bool changed = false;

    for (unsigned i = 0; i < count; i++)
        addrs[i] = addr_of(first + i);
    for (unsigned i = count; i > 1; i--) {
        size_t other = harness_below(random, i);
        struct hearsay_addr swapped = addrs[i - 1];

        addrs[i - 1] = addrs[other];
        addrs[other] = swapped;
    }
    ck_assert_int_eq(hs_seed_addrs_set(set, addrs, count, &changed), 0);
    return changed;
}

static struct hs_seed_addr *call_next(struct hs_seed_addrs *set)
{
    struct hs_seed_addr *item = hs_seed_addrs_next(set);

    if (item)
        hs_seed_addrs_called(set, item);
    return item;
}

START_TEST(test_each_is_called_once_in_an_attempt)
{
    struct hs_seed_addrs set = {.count = 0};
    bool called[256] = {false};
    uint64_t random = 1;

    ck_assert(set_shuffled(&set, 0, 256, &random));
    hs_seed_addrs_begin(&set);
    for (unsigned i = 0; i < 256; i++) {
        struct hs_seed_addr *item = call_next(&set);
        ck_assert(item && !called[number_of(item)]);
        called[number_of(item)] = true;
    }
    ck_assert_ptr_null(hs_seed_addrs_next(&set));
    hs_seed_addrs_fini(&set);
}
END_TEST

START_TEST(test_four_at_a_time_reach_all_whatever_the_order_of_answers)
{
    struct hs_seed_addrs set = {.count = 0};
    bool called[60] = {false};
    uint64_t random = 2;

    for (unsigned attempt = 0; attempt < 15; attempt++) {
        ck_assert(set_shuffled(&set, 0, 60, &random) == (attempt == 0));
        hs_seed_addrs_begin(&set);
        for (unsigned i = 0; i < 4; i++)
            called[number_of(call_next(&set))] = true;
    }
    for (unsigned i = 0; i < 60; i++)
        ck_assert_msg(called[i], "address %u had no turn", i);
    hs_seed_addrs_fini(&set);
}
END_TEST

START_TEST(test_a_new_address_goes_first)
{
    struct hs_seed_addrs set = {.count = 0};
    uint64_t random = 3;

    set_shuffled(&set, 0, 30, &random);
    hs_seed_addrs_begin(&set);
    while (call_next(&set)) {
    }
    ck_assert(set_shuffled(&set, 1, 30, &random));
    hs_seed_addrs_begin(&set);
    ck_assert_uint_eq(number_of(call_next(&set)), 30);
    ck_assert_ptr_null(hs_seed_addrs_find(&set, &(struct hearsay_addr){.family = 4}));
    const struct hearsay_addr gone = addr_of(0), kept = addr_of(7);
    ck_assert_ptr_null(hs_seed_addrs_find(&set, &gone));
    ck_assert_uint_gt(hs_seed_addrs_find(&set, &kept)->called, 0);
    hs_seed_addrs_fini(&set);
}
END_TEST

START_TEST(test_members_and_ourselves_are_passed_over)
{
    struct hs_seed_addrs set = {.count = 0};
    const struct hearsay_addr self = addr_of(0), member = addr_of(1);
    uint64_t random = 4;

    set_shuffled(&set, 0, 3, &random);
    hs_seed_addrs_find(&set, &self)->owner = HS_SEED_OWNER_SELF;
    hs_seed_addrs_find(&set, &member)->owner = HS_SEED_OWNER_MEMBER;
    hs_seed_addrs_begin(&set);
    ck_assert_uint_eq(number_of(call_next(&set)), 2);
    ck_assert_ptr_null(hs_seed_addrs_next(&set));
    hs_seed_addrs_fini(&set);
}
END_TEST

START_TEST(test_addresses_that_differ_in_one_part_alone)
{
    struct hearsay_addr addrs[4] = {addr_of(1), addr_of(1), addr_of(1), addr_of(2)};
    struct hs_seed_addrs set = {.count = 0};
    bool changed;

    addrs[1].port = 7848;
    addrs[2].family = 6;
    ck_assert_int_eq(hs_seed_addrs_set(&set, addrs, 4, &changed), 0);
    for (unsigned i = 0; i < 4; i++) {
        struct hs_seed_addr *item = hs_seed_addrs_find(&set, &addrs[i]);
        ck_assert(item && hearsay_addr_equal(&item->addr, &addrs[i]));
    }
    hs_seed_addrs_fini(&set);
}
END_TEST

START_TEST(test_a_seed_is_an_endpoint_or_a_service)
{
    static const char *const good[] = {"192.0.2.1:5", "[2001:db8::1]:5", "seed.example.org",
                                       "_hearsay._udp.example.org"};
    static const char *const bad[] = {":5", "seed:0", "_hearsay._udp.example.org:7847", "", "_x:"};
    char host[HS_HOST_MAX], fault[HS_ERROR_TEXT_MAX];
    uint16_t port;

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        ck_assert_msg(hs_value_seed(good[i], host, &port, fault) == 0, "%s is refused", good[i]);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_msg(hs_value_seed(bad[i], host, &port, fault) < 0, "'%s' is taken", bad[i]);
}
END_TEST

HARNESS_MAIN("seed_addrs", test_a_seed_is_an_endpoint_or_a_service,
             test_each_is_called_once_in_an_attempt,
             test_four_at_a_time_reach_all_whatever_the_order_of_answers,
             test_a_new_address_goes_first, test_members_and_ourselves_are_passed_over,
             test_addresses_that_differ_in_one_part_alone)
