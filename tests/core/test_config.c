/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The defaults of the profiles, and every bound from both sides: the last good value passes, the
 * first bad one is refused with a sentence that begins with the setting's name.
 */
#include "harness.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <hearsay/config.h>
#include <hearsay/error.h>
#include <hearsay/host.h>

#include "base/config.h"
#include "base/name.h"

#define MS UINT64_C(1000)
#define S  (1000 * MS)

static struct hearsay_config good(void)
{
    struct hearsay_config config;
    hearsay_config_init(&config, HEARSAY_PROFILE_LAN);
    config.name = "n1";
    config.allocator = hearsay_host_allocator();
    ck_assert_int_eq(hearsay_addr_parse(&config.advertise, "192.0.2.1:7847", 0), 0);
    return config;
}

static void assert_good(const struct hearsay_config *config)
{
    const char *error = NULL;
    int result = hearsay_config_check(config, &error);
    ck_assert_msg(result == 0, "refused: %s", error != NULL ? error : "without a word");
    ck_assert_ptr_null(error);
}

/* The sentence begins with `words`. */
static void assert_bad(const struct hearsay_config *config, const char *words)
{
    const char *error = NULL;
    ck_assert_int_eq(hearsay_config_check(config, NULL), HEARSAY_ERR_INVALID);
    ck_assert_int_eq(hearsay_config_check(config, &error), HEARSAY_ERR_INVALID);
    ck_assert_ptr_nonnull(error);
    ck_assert_msg(strncmp(error, words, strlen(words)) == 0, "\"%s\" is not about \"%s\"", error,
                  words);
}

START_TEST(test_profiles_pass_their_own_check)
{
    const enum hearsay_profile all[] = {HEARSAY_PROFILE_LAN, HEARSAY_PROFILE_WAN,
                                        HEARSAY_PROFILE_LOCAL};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        struct hearsay_config config = good();
        hearsay_config_profile(&config, all[i]);
        assert_good(&config);
    }
}
END_TEST

START_TEST(test_defaults_are_those_of_the_protocol)
{
    struct hearsay_config c = good();
    ck_assert_str_eq(c.cluster, "hearsay");
    ck_assert_uint_eq(c.tokens, 128);
    ck_assert_uint_eq(c.fanout, 2);
    ck_assert_uint_eq(c.max_members, 20000);
    ck_assert_uint_eq(c.mtu, 1400);
    ck_assert(c.ring);
    ck_assert_uint_eq(c.interval, 1 * S);
    ck_assert_uint_eq(c.gossip_interval, 100 * MS);
    ck_assert_uint_eq(c.probe_timeout_min, 100 * MS);
    ck_assert_uint_eq(c.probe_timeout_max, 500 * MS);
    ck_assert_uint_eq(c.suspect_timeout, 5 * S);
    ck_assert_uint_eq(c.suspect_timeout_min, 2500 * MS);
    ck_assert_uint_eq(c.suspect_timeout_refused, 1 * S);
    ck_assert_uint_eq(c.tombstone_ttl, 24 * 3600 * S);
    ck_assert_uint_eq(c.leave_timeout, 3 * S);
    ck_assert_uint_eq(c.rejoin_interval, 10 * S);
}
END_TEST

START_TEST(test_a_profile_sets_durations_only)
{
    struct hearsay_config c = good();
    c.fanout = 3;
    c.tokens = 7;
    hearsay_config_profile(&c, HEARSAY_PROFILE_WAN);
    ck_assert_str_eq(c.name, "n1");
    ck_assert_uint_eq(c.fanout, 3);
    ck_assert_uint_eq(c.tokens, 7);
    ck_assert_uint_eq(c.interval, 2 * S);
    ck_assert_uint_eq(c.suspect_timeout, 15 * S);
    hearsay_config_profile(&c, HEARSAY_PROFILE_LOCAL);
    ck_assert_uint_eq(c.interval, 500 * MS);
    ck_assert_uint_eq(c.gossip_interval, 50 * MS);
    ck_assert_uint_eq(c.suspect_timeout_refused, 600 * MS);
}
END_TEST

struct bound {
    size_t offset;
    uint64_t least, greatest;
    const char *key;
};

#define FIELD(name) offsetof(struct hearsay_config, name)

START_TEST(test_counts_are_bounded)
{
    static const struct bound bounds[] = {
        {FIELD(fanout), 2, 16, "fanout must be 2 to 16"},
        {FIELD(tokens), 0, 4096, "tokens must be 0 to 4096"},
        {FIELD(max_members), 2, 1000000, "max-members must be 2 to 1000000"},
        {FIELD(mtu), 1200, 1400, "mtu must be 1200 to 1400"},
    };
    for (size_t i = 0; i < sizeof bounds / sizeof bounds[0]; i++) {
        struct hearsay_config config = good();
        const uint32_t values[] = {(uint32_t)bounds[i].least, (uint32_t)bounds[i].greatest,
                                   (uint32_t)bounds[i].least - 1, (uint32_t)bounds[i].greatest + 1};
        for (size_t k = 0; k < 4; k++) {
            memcpy((char *)&config + bounds[i].offset, &values[k], sizeof values[k]);
            if (k < 2)
                assert_good(&config);
            else
                assert_bad(&config, bounds[i].key);
        }
    }
}
END_TEST

START_TEST(test_durations_are_bounded)
{
    static const struct bound bounds[] = {
        {FIELD(interval), 10 * MS, 600 * S, "interval must be 10 ms to 10 min"},
        {FIELD(gossip_interval), 1 * MS, 60 * S, "gossip-interval must be"},
        {FIELD(probe_timeout_min), 1 * MS, 60 * S, "probe-timeout-min must be"},
        {FIELD(probe_timeout_max), 1 * MS, 60 * S, "probe-timeout-max must be"},
        {FIELD(suspect_timeout), 10 * MS, 86400 * S, "suspect-timeout must be"},
        {FIELD(suspect_timeout_min), 10 * MS, 86400 * S, "suspect-timeout-min must be"},
        {FIELD(suspect_timeout_refused), 10 * MS, 86400 * S, "suspect-timeout-refused must be"},
        {FIELD(tombstone_ttl), 1 * S, 365 * 86400 * S, "tombstone-ttl must be 1 s to 365 d"},
        {FIELD(leave_timeout), 10 * MS, 600 * S, "leave-timeout must be"},
        {FIELD(rejoin_interval), 10 * MS, 86400 * S, "rejoin-interval must be"},
    };
    for (size_t i = 0; i < sizeof bounds / sizeof bounds[0]; i++) {
        const uint64_t bad[] = {0, bounds[i].least - 1, bounds[i].greatest + 1, UINT64_MAX};
        for (size_t k = 0; k < 4; k++) {
            struct hearsay_config config = good();
            memcpy((char *)&config + bounds[i].offset, &bad[k], sizeof bad[k]);
            assert_bad(&config, bounds[i].key);
        }
    }
}
END_TEST

static uint64_t value_at(const struct hearsay_config *config, const struct hearsay_setting *setting)
{
    const char *field = (const char *)config + setting->offset;
    uint32_t count;
    uint64_t us;
    if (setting->unit == HEARSAY_UNIT_NUMBER) {
        memcpy(&count, field, sizeof(count));
        return count;
    }
    memcpy(&us, field, sizeof(us));
    return us;
}

START_TEST(test_the_list_of_settings_has_the_defaults)
{
    const struct hearsay_setting *setting;
    size_t count = 0;
    for (; (setting = hearsay_config_setting(count)); count++) {
        for (size_t profile = 0; profile < HEARSAY_PROFILE_COUNT; profile++) {
            struct hearsay_config config, ours;
            hearsay_config_init(&ours, (enum hearsay_profile)profile);
            hs_config_load(&config, &ours); /* for those that depend on others */
            uint64_t value = value_at(&config, setting);
            ck_assert_msg(value == setting->defaults[profile], "%s", setting->name);
            ck_assert_uint_ge(value, setting->min);
            ck_assert_uint_le(value, setting->max);
        }
    }
    ck_assert_uint_eq(count, 16);
    ck_assert_ptr_null(hearsay_config_setting(count + 1));
    ck_assert_ptr_null(hearsay_config_setting(SIZE_MAX));
}
END_TEST

START_TEST(test_all_least_and_all_greatest_durations_pass)
{
    struct hearsay_config c = good();
    c.interval = 10 * MS;
    c.gossip_interval = 1 * MS;
    c.probe_timeout_min = c.probe_timeout_max = 1 * MS;
    c.suspect_timeout = c.suspect_timeout_min = c.suspect_timeout_refused = 10 * MS;
    c.tombstone_ttl = 1 * S;
    c.leave_timeout = 10 * MS;
    c.rejoin_interval = 10 * MS;
    c.ring_hold = c.ring_settle = 0;
    assert_good(&c);
    c.interval = 600 * S;
    c.gossip_interval = c.probe_timeout_min = c.probe_timeout_max = 60 * S;
    c.suspect_timeout = c.suspect_timeout_min = c.suspect_timeout_refused = 86400 * S;
    c.tombstone_ttl = 365 * 86400 * S;
    c.leave_timeout = 600 * S;
    c.rejoin_interval = 86400 * S;
    c.ring_hold = 86400 * S;
    c.ring_settle = 600 * S;
    assert_good(&c);
}
END_TEST

START_TEST(test_settings_must_agree_with_each_other)
{
    struct hearsay_config c = good();
    c.gossip_interval = c.interval + 1;
    assert_bad(&c, "gossip-interval must not be longer than interval");
    c = good();
    c.probe_timeout_min = c.probe_timeout_max + 1;
    assert_bad(&c, "probe-timeout-min must not be longer than probe-timeout-max");
    c = good();
    c.suspect_timeout_min = c.suspect_timeout + 1;
    assert_bad(&c, "suspect-timeout-min must not be longer than suspect-timeout");
    c = good();
    c.suspect_timeout_refused = c.suspect_timeout_min + 1;
    assert_bad(&c, "suspect-timeout-refused must not be longer than suspect-timeout-min");
    c = good();
    c.ring_hold = c.tombstone_ttl / 2 + 1;
    assert_bad(&c, "ring-hold must not be longer than half of tombstone-ttl");
    c.ring_hold--;
    assert_good(&c);
}
END_TEST

static const struct hearsay_setting *setting_of(const char *name)
{
    const struct hearsay_setting *setting;
    size_t i = 0;
    while ((setting = hearsay_config_setting(i)) && strcmp(setting->name, name) != 0)
        i++;
    ck_assert_ptr_nonnull(setting);
    return setting;
}

/* Each listed rule is one that the check has, with the same bound. */
START_TEST(test_the_list_of_orders_is_what_is_checked)
{
    const struct hearsay_order *order;
    size_t count = 0;
    for (; (order = hearsay_config_order(count)); count++) {
        struct hearsay_config c = good();
        const char *sentence = NULL;
        uint64_t most = value_at(&c, setting_of(order->greater)) / order->divisor;
        char *field = (char *)&c + setting_of(order->lesser)->offset;
        c.suspect_timeout_refused = 10 * MS; /* is below what the next rule is about */
        memcpy(field, &most, sizeof(most));
        assert_good(&c);
        most++;
        memcpy(field, &most, sizeof(most));
        ck_assert_int_eq(hearsay_config_check(&c, &sentence), HEARSAY_ERR_INVALID);
        ck_assert_msg(strncmp(sentence, order->lesser, strlen(order->lesser)) == 0 &&
                          strstr(sentence, order->greater),
                      "%s", sentence);
    }
    ck_assert_uint_eq(count, 5);
    ck_assert_ptr_null(hearsay_config_order(SIZE_MAX));
}
END_TEST

START_TEST(test_ring_hold_follows_unless_it_is_set)
{
    struct hearsay_config c = good(), ours;
    c.suspect_timeout_refused = 1700 * MS;
    hs_config_load(&ours, &c);
    ck_assert_uint_eq(ours.ring_hold, 1700 * MS);
    c.tombstone_ttl = 2 * S;
    hs_config_load(&ours, &c);
    ck_assert_uint_eq(ours.ring_hold, 1 * S);
    assert_good(&c);
    c.ring_hold = 0;
    hs_config_load(&ours, &c);
    ck_assert_uint_eq(ours.ring_hold, 0);
    c.ring_hold = 86400 * S + 1;
    c.tombstone_ttl = 3 * 86400 * S;
    assert_bad(&c, "ring-hold must be 0 s to 1 d");
    c.ring_hold = 0;
    c.ring_settle = 600 * S + 1;
    assert_bad(&c, "ring-settle must be 0 s to 10 min");
}
END_TEST

START_TEST(test_name_and_cluster_hold_plain_letters)
{
    char longest[HEARSAY_NAME_MAX + 2];
    memset(longest, 'x', sizeof longest);
    longest[HEARSAY_NAME_MAX] = '\0';
    struct hearsay_config c = good();
    c.name = longest;
    assert_good(&c);
    longest[HEARSAY_NAME_MAX] = 'x';
    longest[HEARSAY_NAME_MAX + 1] = '\0';
    assert_bad(&c, "name must be 1 to 128");

    longest[HEARSAY_CLUSTER_MAX] = '\0';
    c = good();
    c.cluster = longest;
    assert_good(&c);
    longest[HEARSAY_CLUSTER_MAX] = 'x';
    longest[HEARSAY_CLUSTER_MAX + 1] = '\0';
    assert_bad(&c, "cluster must be 1 to 64");

    const char *const bad[] = {NULL, "", "a b", "n1\n", "n/1", "caf\xc3\xa9", "a=b"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        c = good();
        c.name = bad[i];
        assert_bad(&c, "name must be");
        c = good();
        c.cluster = bad[i];
        assert_bad(&c, "cluster must be");
    }
}
END_TEST

START_TEST(test_name_valid_is_r1_for_every_byte)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                  "._:-";
    for (int byte = 1; byte < 256; byte++) {
        char name[] = {'n', (char)byte, '\0'};
        ck_assert_int_eq(hearsay_name_valid(name), strchr(allowed, byte) != NULL);
        ck_assert_int_eq(hs_tag_key_valid(name, 2), byte != ':' && strchr(allowed, byte) != NULL);
    }
    ck_assert(!hearsay_name_valid(NULL));
    ck_assert(!hearsay_name_valid(""));
    ck_assert(!hs_name_valid("a\0b", 3));
}
END_TEST

START_TEST(test_advertise_must_be_reachable)
{
    struct hearsay_config c = good();
    c.advertise.family = 0;
    assert_bad(&c, "advertise must be");
    c = good();
    c.advertise.family = 5;
    assert_bad(&c, "advertise must be");
    c = good();
    c.advertise.port = 0;
    assert_bad(&c, "advertise must have a port");
    c = good();
    memset(c.advertise.bytes, 0, sizeof c.advertise.bytes);
    assert_bad(&c, "advertise must be an address that others can reach");
    c.advertise.family = 6;
    assert_bad(&c, "advertise must be an address that others can reach");
}
END_TEST

/* Checks one tag in an otherwise good config. */
static int tag_result(const char *key, const char *value)
{
    const struct hearsay_tag tag = {.key = key, .value = value};
    struct hearsay_config c = good();
    c.tags = &tag;
    c.tag_count = 1;
    const char *error = "tag";
    int result = hearsay_config_check(&c, &error);
    ck_assert_msg(strncmp(error, "tag", 3) == 0, "\"%s\" is not about tags", error);
    return result;
}

START_TEST(test_tags_are_text_that_a_terminal_can_show)
{
    const char *const values[] = {"",
                                  "a",
                                  "east 1",
                                  "caf\xc3\xa9",
                                  "\xe2\x82\xac",
                                  "\xf0\x9f\x90\x9d",
                                  "\xf4\x8f\xbf\xbf",
                                  "a=b,c"};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        ck_assert_int_eq(tag_result("zone", values[i]), 0);
    const char *const bad[] = {
        NULL,           "a\nb",     "\x1b[31m",         "\x7f",
        "\xc2\x9b", /* C1 */
        "\x80",         "\xc3",     "\xc0\xaf",         "\xe0\x80\xaf",
        "\xed\xa0\x80", "\xe2\x82", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80",
        "\xff",         "\xc3\x28"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_int_eq(tag_result("zone", bad[i]), HEARSAY_ERR_INVALID);
    const char *const keys[] = {NULL, "", "a b", "a:b", "a=b", "caf\xc3\xa9"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        ck_assert_int_eq(tag_result(keys[i], "x"), HEARSAY_ERR_INVALID);
}
END_TEST

START_TEST(test_tags_are_bounded_as_they_are_encoded)
{
    char value[HEARSAY_TAGS_MAX + 1];
    memset(value, 'v', sizeof value);
    /* Map header 1, key "k" 2, a value of more than 255 bytes 3 and itself. */
    value[HEARSAY_TAGS_MAX - 6] = '\0';
    ck_assert_int_eq(tag_result("k", value), 0);
    value[HEARSAY_TAGS_MAX - 6] = 'v';
    value[HEARSAY_TAGS_MAX - 5] = '\0';
    ck_assert_int_eq(tag_result("k", value), HEARSAY_ERR_INVALID);

    char key[HEARSAY_TAG_KEY_MAX + 2];
    memset(key, 'k', sizeof key);
    key[HEARSAY_TAG_KEY_MAX] = '\0';
    ck_assert_int_eq(tag_result(key, "v"), 0);
    key[HEARSAY_TAG_KEY_MAX] = 'k';
    key[HEARSAY_TAG_KEY_MAX + 1] = '\0';
    ck_assert_int_eq(tag_result(key, "v"), HEARSAY_ERR_INVALID);
}
END_TEST

START_TEST(test_tags_are_counted_and_their_keys_differ)
{
    static const char keys[HEARSAY_TAGS_COUNT + 1][3] = {
        "k0", "k1", "k2", "k3", "k4", "k5", "k6", "k7", "k8", "k9", "ka",
        "kb", "kc", "kd", "ke", "kf", "kg", "kh", "ki", "kj", "kk", "kl",
        "km", "kn", "ko", "kp", "kq", "kr", "ks", "kt", "ku", "kv", "kw"};
    struct hearsay_tag tags[HEARSAY_TAGS_COUNT + 1];
    for (size_t i = 0; i <= HEARSAY_TAGS_COUNT; i++)
        tags[i] = (struct hearsay_tag){.key = keys[i], .value = "v"};
    const char *error = NULL;
    ck_assert_int_eq(hs_tags_check(tags, HEARSAY_TAGS_COUNT, &error), 0);
    ck_assert_ptr_null(error);
    ck_assert_int_eq(hs_tags_check(tags, HEARSAY_TAGS_COUNT + 1, &error), HEARSAY_ERR_TOOBIG);
    ck_assert_str_eq(error, "tag: there must be at most 32 tags");
    ck_assert_int_eq(hs_tags_check(NULL, 1, &error), HEARSAY_ERR_INVALID);
    ck_assert_int_eq(hs_tags_check(NULL, 0, NULL), 0);
    tags[5].key = "k0";
    ck_assert_int_eq(hs_tags_check(tags, HEARSAY_TAGS_COUNT, &error), HEARSAY_ERR_INVALID);
    ck_assert_str_eq(error, "tag: a key must not be given twice");
}
END_TEST

START_TEST(test_allocator_is_required)
{
    struct hearsay_config c = good();
    c.allocator.resize = NULL;
    assert_bad(&c, "allocator must have");
    c = good();
    c.allocator.release = NULL;
    assert_bad(&c, "allocator must have");
}
END_TEST

static void seal_nothing(const void *context, uint64_t binding, const uint8_t *head,
                         size_t head_len, uint8_t *body, size_t body_len, uint8_t *trailer)
{
    (void)context, (void)binding, (void)head, (void)head_len, (void)body, (void)body_len;
    (void)trailer;
}

static bool open_nothing(const void *context, uint64_t binding, const uint8_t *head,
                         size_t head_len, uint8_t *body, size_t body_len, const uint8_t *trailer)
{
    (void)context, (void)binding, (void)head, (void)head_len, (void)body, (void)body_len;
    (void)trailer;
    return false;
}

static uint64_t mac_nothing(const void *context, const uint8_t secret[32], const void *bytes,
                            size_t len)
{
    (void)context, (void)secret, (void)bytes, (void)len;
    return 0;
}

START_TEST(test_a_seal_of_ones_own_must_be_whole)
{
    const struct hearsay_seal whole = {.name = "test",
                                       .trailer_size = HEARSAY_SEAL_TRAILER_MAX,
                                       .seal = seal_nothing,
                                       .open = open_nothing,
                                       .mac = mac_nothing};
    struct hearsay_seal seal = whole;
    struct hearsay_config c = good();
    c.seal = &seal;
    assert_good(&c);
    seal.trailer_size++;
    assert_bad(&c, "seal must have");
    seal = whole;
    seal.seal = NULL;
    assert_bad(&c, "seal must have");
    seal = whole;
    seal.open = NULL;
    assert_bad(&c, "seal must have");
    seal = whole;
    seal.mac = NULL;
    assert_bad(&c, "seal must have");
}
END_TEST

HARNESS_MAIN("config", test_profiles_pass_their_own_check, test_defaults_are_those_of_the_protocol,
             test_a_profile_sets_durations_only, test_counts_are_bounded,
             test_durations_are_bounded, test_the_list_of_settings_has_the_defaults,
             test_all_least_and_all_greatest_durations_pass,
             test_settings_must_agree_with_each_other, test_the_list_of_orders_is_what_is_checked,
             test_ring_hold_follows_unless_it_is_set, test_name_and_cluster_hold_plain_letters,
             test_name_valid_is_r1_for_every_byte, test_advertise_must_be_reachable,
             test_tags_are_text_that_a_terminal_can_show, test_tags_are_bounded_as_they_are_encoded,
             test_tags_are_counted_and_their_keys_differ, test_allocator_is_required,
             test_a_seal_of_ones_own_must_be_whole)
