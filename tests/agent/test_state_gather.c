/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which contacts a state keeps: the youngest, present members before all others, each address once.
 * Members of one cluster keep others each, and keep them though some come and go.
 */
#include "harness.h"

#include <stdio.h>
#include <string.h>

#include <hearsay-tree/many.h>
#include <hearsay/host.h>

#include "agent/parts/state_gather.h"
#include "agent/parts/state_tags.h"

static struct hearsay_now now = {.boot = 1000000000, .wall = UINT64_C(1790000000000000)};

static struct hearsay_node *make_node(unsigned number, uint32_t max_members,
                                      const struct hearsay_tag *tags, size_t tag_count)
{
    struct hearsay_config config;
    struct hearsay_node *node;
    char name[16];
    hearsay_config_init(&config, HEARSAY_PROFILE_LAN);
    snprintf(name, sizeof(name), "n%u", number);
    config.name = name;
    config.advertise = (struct hearsay_addr){
        .family = 4, .port = 7847, .bytes = {10, 0, (uint8_t)(number >> 8), (uint8_t)number}};
    config.allocator = hearsay_host_allocator();
    config.max_members = max_members;
    config.tags = tags;
    config.tag_count = tag_count;
    config.tokens = 1;
    config.ring = false;
    memcpy(config.entropy, &number, sizeof(number));
    ck_assert_int_eq(hearsay_node_new(&node, &config, now), 0);
    return node;
}

/* A node that knows others as members, from `first` on. */
static struct hearsay_node *make_member(unsigned number, unsigned first, unsigned count)
{
    struct hearsay_node *node = make_node(number, 4000, NULL, 0);
    for (unsigned i = first; i < first + count; i++) {
        struct hearsay_node *other = make_node(i, 2, NULL, 0);
        ck_assert_int_eq(hs_node_introduce(node, now, other), 0);
        hearsay_node_free(other);
    }
    return node;
}

static void gather_all(struct hs_state_gather *gather, const struct hearsay_node *node,
                       const char *name, unsigned max)
{
    static const struct hs_options none;
    static const struct hs_state_content before;
    hs_state_gather_begin(gather, name);
    while (!hs_state_gather_step(gather, node, now, max))
        continue;
    ck_assert_int_eq(hs_state_gather_end(gather, node, now, &none, &before), 0);
}

static bool keeps(const struct hs_state_gather *gather, const char *name)
{
    for (size_t i = 0; i < gather->content.contact_count; i++)
        if (strcmp(gather->content.contacts[i].name, name) == 0)
            return true;
    return false;
}

static unsigned in_common(const struct hs_state_gather *a, const struct hs_state_gather *b)
{
    unsigned count = 0;
    for (size_t i = 0; i < a->content.contact_count; i++)
        count += keeps(b, a->content.contacts[i].name);
    return count;
}

START_TEST(test_a_small_cluster_is_kept_whole)
{
    static struct hs_state_gather gather;
    struct hearsay_node *node = make_member(1, 100, 9);
    gather_all(&gather, node, "n1", 1);
    ck_assert_uint_eq(gather.content.contact_count, 9);
    ck_assert(keeps(&gather, "n100") && keeps(&gather, "n108") && !keeps(&gather, "n1"));
    ck_assert_uint_ne(gather.content.founder.id, 0);
    ck_assert_uint_ge(gather.content.timestamp, now.wall);
    hs_state_content_fini(&gather.content);
    hearsay_node_free(node);
}
END_TEST

START_TEST(test_of_a_large_one_each_keeps_others_and_keeps_to_them)
{
    static struct hs_state_gather first, other, later, steps;
    struct hearsay_node *node = make_member(1, 100, 1000);
    gather_all(&first, node, "n1", 4096);
    ck_assert_uint_eq(first.content.contact_count, HS_STATE_CONTACTS_MAX);
    gather_all(&steps, node, "n1", 7); /* the size of a step does not matter */
    ck_assert_uint_eq(in_common(&first, &steps), HS_STATE_CONTACTS_MAX);
    gather_all(&other, node, "n2", 4096);
    ck_assert_uint_le(in_common(&first, &other), 12); /* 2.3 by chance */
    hearsay_node_free(node);
    node = make_member(1, 110, 1000); /* ten have gone and ten have come */
    gather_all(&later, node, "n1", 4096);
    ck_assert_uint_ge(in_common(&first, &later), HS_STATE_CONTACTS_MAX - 6);
    hearsay_node_free(node);
    struct hs_state_gather *all[] = {&first, &other, &later, &steps};
    for (size_t i = 0; i < 4; i++)
        hs_state_content_fini(&all[i]->content);
}
END_TEST

/* Remembered contacts have ages; some of them are members by now. */
START_TEST(test_the_youngest_come_first_and_no_address_twice)
{
    static struct hs_state_gather gather;
    struct hearsay_node *node = make_member(1, 100, 4);
    for (unsigned i = 0; i < 48; i++) {
        struct hearsay_contact contact = {
            .addr = {.family = 4, .port = 7847, .bytes = {10, 0, 0, (uint8_t)(102 + i)}},
            .age_s = 7000 - 100 * i,
            .name_hash = 77 + i};
        ck_assert_int_eq(hearsay_node_remember(node, now, &contact), 0);
    }
    gather_all(&gather, node, "n1", 5);
    ck_assert_uint_eq(gather.content.contact_count, HS_STATE_CONTACTS_MAX);
    for (size_t i = 0; i < HS_STATE_CONTACTS_MAX; i++) {
        const struct hs_state_contact *contact = &gather.content.contacts[i];
        ck_assert_int_eq(contact->name[0] != '\0', i < 4); /* members are known by name */
        ck_assert_uint_eq(contact->age_s % HS_STATE_AGE_STEP_S, 0);
        ck_assert(i == 0 || contact->age_s >= contact[-1].age_s);
        for (size_t k = 0; k < i; k++)
            ck_assert(!hearsay_addr_equal(&contact->addr, &gather.content.contacts[k].addr));
        ck_assert_uint_ne(contact->name_hash, 79); /* of the two oldest that are no members */
        ck_assert_uint_ne(contact->name_hash, 80);
    }
    hs_state_content_fini(&gather.content);
    hearsay_node_free(node);
}
END_TEST

START_TEST(test_names_that_only_the_file_knows_stay)
{
    static struct hs_state_gather gather;
    static struct hs_options options;
    static struct hs_state_content before;
    struct hearsay_node *node = make_node(1, 4, NULL, 0);
    struct hearsay_contact contact = {.addr = {.family = 4, .port = 7847, .bytes = {10, 9}},
                                      .name_hash = 77};
    ck_assert_int_eq(hearsay_node_remember(node, now, &contact), 0);
    before.contact_count = 1;
    before.contacts[0].name_hash = 77;
    strcpy(before.contacts[0].name, "old");
    hs_state_gather_begin(&gather, "n1");
    ck_assert(hs_state_gather_step(&gather, node, now, 10));
    ck_assert_int_eq(hs_state_gather_end(&gather, node, now, &options, &before), 0);
    ck_assert(gather.content.contact_count == 1 && keeps(&gather, "old"));
    hs_state_content_fini(&gather.content);
    hearsay_node_free(node);
}
END_TEST

START_TEST(test_what_differs_from_the_configured_tags)
{
    static const struct hearsay_tag had[] = {{"a", "1"}, {"b", "9"}, {"new", "x"}};
    static const struct hearsay_tag configured[] = {{"a", "1"}, {"b", "2"}, {"gone", ""}};
    struct hearsay_node *node = make_node(1, 4, had, 3);
    struct hearsay_member self;
    struct hearsay_tag again[HEARSAY_TAGS_COUNT];
    size_t used;
    hearsay_node_self(node, now, &self);
    json_t *tags = hs_state_tags_differ(&self, configured, 3);
    ck_assert(hs_state_tags_valid(tags));
    ck_assert_uint_eq(json_array_size(tags), 3);
    int count = hs_state_tags_apply(tags, configured, 3, again, &used);
    ck_assert_int_eq(count, 3);
    ck_assert_uint_eq(used, 3);
    for (int i = 0; i < count; i++) {
        size_t len;
        const char *value = hearsay_member_tag(&self, again[i].key, &len);
        ck_assert(value && strlen(again[i].value) == len &&
                  memcmp(value, again[i].value, len) == 0);
    }
    json_decref(tags);
    tags = hs_state_tags_differ(&self, had, 3);
    ck_assert_uint_eq(json_array_size(tags), 0);
    json_decref(tags);
    hearsay_node_free(node);
}
END_TEST

HARNESS_MAIN("state-gather", test_a_small_cluster_is_kept_whole,
             test_of_a_large_one_each_keeps_others_and_keeps_to_them,
             test_the_youngest_come_first_and_no_address_twice,
             test_names_that_only_the_file_knows_stay, test_what_differs_from_the_configured_tags)
