/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The borrowed ring as a program uses it, with public headers alone: the pointer that
 * hearsay_node_ring gave stays good until the next RING event, whatever happens before. With
 * AddressSanitizer a read of freed memory ends the test.
 */
#include "harness.h"

#include <string.h>

#include <hearsay/hearsay.h>

static struct hearsay_node *node;
static struct hearsay_now now;

static void start(void)
{
    struct hearsay_config config;
    const struct hearsay_tag tags[] = {{"zone", "north"}};
    hearsay_config_init(&config, HEARSAY_PROFILE_LOCAL);
    config.name = "a";
    config.tokens = 64;
    config.tags = tags;
    config.tag_count = 1;
    config.seed = 1;
    config.allocator = hearsay_host_allocator();
    ck_assert_int_eq(hearsay_addr_parse(&config.advertise, "127.0.0.1:7950", 0), 0);
    now = hearsay_host_now();
    ck_assert_int_eq(hearsay_node_new(&node, &config, now), 0);
}

/* Takes all events; whether one of them was RING, in *ret_event. */
static bool ring_changes(struct hearsay_event *ret_event)
{
    struct hearsay_event event;
    bool found = false;
    while (hearsay_node_next_event(node, now, &event)) {
        if (event.kind != HEARSAY_EVENT_RING)
            continue;
        found = true;
        *ret_event = event;
    }
    return found;
}

static void set_tag(const char *key, const char *value)
{
    const struct hearsay_tag tags[] = {{"zone", "north"}, {key, value}};
    bool zone = strcmp(key, "zone") == 0;
    now.boot += 1000000;
    now.wall += 1000000;
    ck_assert_int_eq(hearsay_node_set_tags(node, now, zone ? tags + 1 : tags, zone ? 1 : 2), 0);
}

static void look_up(const struct hearsay_ring *ring)
{
    uint32_t owner;
    ck_assert_int_eq(hearsay_ring_lookup(ring, "key", 3, &owner), 0);
    ck_assert_str_eq(hearsay_ring_member_at(ring, owner).name, "a");
}

START_TEST(test_borrowed_ring_outlives_a_change_of_tags)
{
    struct hearsay_event first, event;
    start();
    ck_assert(ring_changes(&first));
    const struct hearsay_ring *ring = hearsay_node_ring(node);
    set_tag("x", "1");
    ck_assert(!ring_changes(&event));
    look_up(ring);
    ck_assert_ptr_eq(hearsay_node_ring(node), ring);
    ck_assert_uint_eq(hearsay_node_ring_version(node), first.ring_version);
    hearsay_node_free(node);
}
END_TEST

START_TEST(test_borrowed_ring_outlives_a_zone_that_changes_and_changes_back)
{
    struct hearsay_event event;
    start();
    ck_assert(ring_changes(&event));
    const struct hearsay_ring *ring = hearsay_node_ring(node);
    set_tag("zone", "south");
    set_tag("zone", "north");
    ck_assert(!ring_changes(&event));
    look_up(ring);
    hearsay_node_free(node);
}
END_TEST

START_TEST(test_change_of_zone_is_an_event_with_another_checksum_of_zones)
{
    struct hearsay_event first, event;
    start();
    ck_assert(ring_changes(&first));
    struct hearsay_ring *ring = hearsay_ring_ref(hearsay_node_ring(node));
    set_tag("zone", "south");
    look_up(hearsay_node_ring(node)); /* no event was taken: still the old one */
    ck_assert_ptr_eq(hearsay_node_ring(node), ring);
    ck_assert(ring_changes(&event));
    ck_assert_uint_eq(event.ring_checksum, first.ring_checksum);
    ck_assert_uint_ne(event.ring_zones, first.ring_zones);
    ck_assert_str_eq(hearsay_ring_member_at(ring, 0).zone, "north");
    ck_assert_str_eq(hearsay_ring_member_at(hearsay_node_ring(node), 0).zone, "south");
    hearsay_ring_unref(ring);
    hearsay_node_free(node);
}
END_TEST

HARNESS_MAIN("ring_borrow", test_borrowed_ring_outlives_a_change_of_tags,
             test_borrowed_ring_outlives_a_zone_that_changes_and_changes_back,
             test_change_of_zone_is_an_event_with_another_checksum_of_zones)
