/* SPDX-License-Identifier: Apache-2.0 */
/* `keys`: who has which key and seals with which, counted over a node whose view has members with
 * keys of all kinds. */
#include "harness.h"
#include "rig.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>
#include <jansson.h>

#include <hearsay/host.h>

#include "agent/control/client.h"
#include "agent/control/commands.h"
#include "agent/control/key_tally.h"
#include "agent/parts/context.h"
#include "codec/bitmap.h"
#include "codec/form.h"

#define OLD   0xa1b2c3d4u
#define NEW   0x00c4d5e6u
#define OTHER 0xdeadbeefu

/* ---- a cipher that is never used, and its keys ------------------------------------------- */

struct keyset {
    size_t count;
    uint32_t marks[HEARSAY_KEYS_MAX];
};

#define KEYS(...)                                                                                  \
    (struct keyset)                                                                                \
    {                                                                                              \
        sizeof((uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t),                                      \
        {                                                                                          \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }
#define NO_KEYS                                                                                    \
    (struct keyset)                                                                                \
    {                                                                                              \
        0,                                                                                         \
        {                                                                                          \
            0                                                                                      \
        }                                                                                          \
    }

static size_t keys_of(const void *context, uint32_t ret_marks[HEARSAY_KEYS_MAX])
{
    const struct keyset *keys = context;

    memcpy(ret_marks, keys->marks, sizeof(keys->marks));
    return keys->count;
}

static bool seal_nothing(const void *context, uint32_t mark, uint64_t binding, const uint8_t *head,
                         size_t head_len, uint8_t *body, size_t body_len, uint8_t *trailer)
{
    (void)context, (void)mark, (void)binding, (void)head, (void)head_len;
    (void)body, (void)body_len, (void)trailer;
    return false;
}

static enum hearsay_opened open_nothing(const void *context, uint64_t binding, const uint8_t *head,
                                        size_t head_len, uint8_t *body, size_t body_len,
                                        const uint8_t *trailer, uint32_t *ret_mark)
{
    (void)context, (void)binding, (void)head, (void)head_len;
    (void)body, (void)body_len, (void)trailer, (void)ret_mark;
    return HEARSAY_OPEN_FORGED;
}

static uint64_t mac_of(const void *context, const uint8_t secret[32], const void *bytes, size_t len)
{
    (void)context;
    return hearsay_seal_none.mac(NULL, secret, bytes, len);
}

static const struct hearsay_cipher cipher = {.name = "none",
                                             .trailer_size = 19,
                                             .keys = keys_of,
                                             .seal = seal_nothing,
                                             .open = open_nothing,
                                             .mac = mac_of};

/* ---- an agent's command over a node ------------------------------------------------------ */

static struct rig rig;
static struct keyset own;
static unsigned met;

static struct event_base *base;
static struct hs_clock real_clock, node_clock;
static struct hs_turn turn;
static struct hs_clients clients;
static struct hs_life life;
static struct hs_context context;
static int end;
static uint64_t longest; /* of the steps of answers, in microseconds */

static void on_pump(evutil_socket_t fd, short what, void *unused)
{
    (void)fd;
    (void)what;
    (void)unused;
    hs_turn_begin_pump(&turn);
    hs_clock_read(&real_clock);
    hs_clients_work(&clients);
    hs_turn_end(&turn);
}

static void setup(struct keyset keys, enum hearsay_seal_mode mode)
{
    int pair[2];

    met = 0;
    own = keys;
    rig_init(&rig);
    rig.config.cipher = keys.count > 0 ? &cipher : NULL;
    rig.config.cipher_context = &own;
    rig.config.seal_mode = mode;
    rig_start(&rig);
    base = event_base_new();
    life = (struct hs_life){.ready = true};
    node_clock = (struct hs_clock){.now = rig.now};
    context = (struct hs_context){.node = rig.node, .clock = &node_clock, .life = &life};
    ck_assert_int_eq(hs_turn_init(&turn, base, &real_clock, on_pump, NULL), 0);
    ck_assert_int_eq(hs_clients_init(&clients, base, &turn, hs_commands_handle, &context), 0);
    hs_clock_read(&real_clock);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    end = pair[0];
    ck_assert_int_eq(hs_clients_add(&clients, pair[1], &(struct hs_peer){.kind = HS_PEER_ROOT}), 0);
}

static void teardown(void)
{
    hs_clients_fini(&clients);
    hs_turn_fini(&turn);
    event_base_free(base);
    close(end);
    rig_fini(&rig);
}

static json_t *ask(const char *request)
{
    static char text[1 << 22];
    size_t len = 0;
    json_t *answer;

    ck_assert_int_eq(write(end, request, strlen(request)), (ssize_t)strlen(request));
    while (len == 0 || text[len - 1] != '\n') {
        ssize_t n;
        uint64_t before = hearsay_host_now().boot, took;

        event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
        took = hearsay_host_now().boot - before;
        longest = took > longest ? took : longest;
        n = read(end, text + len, sizeof(text) - len - 1);
        len += n > 0 ? (size_t)n : 0;
        ck_assert_uint_lt(len, sizeof(text) - 1);
    }
    answer = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
    ck_assert_msg(json_is_true(json_object_get(answer, "ok")), "%.*s", (int)len, text);
    return answer;
}

/* A member with these keys, as a rumor tells of it. */
static void meet(const char *name, enum hearsay_status status, enum hearsay_cause cause,
                 struct keyset keys)
{
    struct rig_peer *peer = calloc(1, sizeof(*peer));
    uint8_t marks[HEARSAY_KEYS_MAX * HS_MARK_SIZE];
    struct hs_rumor rumor;
    int len;

    met++;
    rig_peer_init(peer, name, 10 + met, met);
    for (size_t i = 0; i < keys.count; i++)
        hs_put_u32(marks + i * HS_MARK_SIZE, keys.marks[i]);
    peer->blob.marks = marks;
    peer->blob.mark_count = keys.count;
    len = hs_blob_encode(peer->bytes, sizeof(peer->bytes), &peer->blob, NULL, 0);
    ck_assert_int_gt(len, 0);
    peer->len = (size_t)len;
    rumor = rig_rumor(peer, status, peer->timestamp);
    rumor.cause = cause;
    rig.node->core.now = rig.now;
    hs_merge_rumor(&rig.node->merger, &rumor, &(struct hs_source){.from = HS_NO_SLOT});
    free(peer);
}

static void meet_alive(const char *name, struct keyset keys)
{
    meet(name, HEARSAY_STATUS_ALIVE, HEARSAY_CAUSE_NONE, keys);
}

/* ---- reading an answer ------------------------------------------------------------------- */

static json_int_t number(const json_t *object, const char *key)
{
    ck_assert_msg(json_is_integer(json_object_get(object, key)), "no number %s", key);
    return json_integer_value(json_object_get(object, key));
}

static const char *text_of(const json_t *object, const char *key)
{
    ck_assert_msg(json_is_string(json_object_get(object, key)), "no text %s", key);
    return json_string_value(json_object_get(object, key));
}

static void expect_numbers(const json_t *key, json_int_t has, json_int_t has_failed,
                           json_int_t seals, json_int_t seals_failed, json_int_t lacking,
                           json_int_t lacking_failed)
{
    ck_assert_int_eq(number(key, "has"), has);
    ck_assert_int_eq(number(key, "has_failed"), has_failed);
    ck_assert_int_eq(number(key, "seals"), seals);
    ck_assert_int_eq(number(key, "seals_failed"), seals_failed);
    ck_assert_int_eq(number(key, "lacking"), lacking);
    ck_assert_int_eq(number(key, "lacking_failed"), lacking_failed);
}

/* The names of a list as "n2 n4(suspect) n9(failed)". */
static void expect_names(const json_t *object, const char *list, const char *wanted)
{
    const json_t *names = json_object_get(object, list);
    char got[4096] = "";
    size_t used = 0;

    ck_assert(json_is_array(names));
    for (size_t i = 0; i < json_array_size(names); i++) {
        const json_t *one = json_array_get(names, i);
        const char *status = text_of(one, "status"), *cause = text_of(one, "cause");
        bool dead = strcmp(status, "dead") == 0, alive = strcmp(status, "alive") == 0;

        used += (size_t)snprintf(got + used, sizeof(got) - used, alive ? "%s%s" : "%s%s(%s)",
                                 i > 0 ? " " : "", text_of(one, "name"), dead ? cause : status);
    }
    ck_assert_str_eq(got, wanted);
}

static const json_t *key_at(const json_t *answer, size_t at, const char *mark, bool ours)
{
    const json_t *key = json_array_get(json_object_get(answer, "keys"), at);

    ck_assert_str_eq(text_of(key, "key"), mark);
    ck_assert_int_eq(json_is_true(json_object_get(key, "ours")), ours);
    return key;
}

static size_t key_count(const json_t *answer)
{
    return json_array_size(json_object_get(answer, "keys"));
}

/* ---- tests ------------------------------------------------------------------------------- */

START_TEST(test_ours_come_first_and_all_that_have_them_are_counted)
{
    json_t *answer;

    setup(KEYS(OLD, NEW), HEARSAY_SEAL_ON);
    meet_alive("n3", KEYS(OTHER, NEW));
    meet_alive("n2", KEYS(OLD));
    meet_alive("n4", KEYS(NEW, OLD));
    answer = ask("{\"cmd\":\"keys\"}\n");
    ck_assert_str_eq(text_of(answer, "seal"), "on");
    ck_assert_int_eq(number(answer, "present"), 4);
    ck_assert_int_eq(number(answer, "failed"), 0);
    ck_assert_uint_eq(key_count(answer), 3);
    const json_t *key = key_at(answer, 0, "a1b2c3d4", true);
    expect_numbers(key, 3, 0, 2, 0, 1, 0);
    expect_names(key, "holders", "n1 n2 n4");
    expect_names(key, "sealers", "n1 n2");
    expect_names(key, "lacks", "n3");
    key = key_at(answer, 1, "00c4d5e6", true);
    expect_numbers(key, 3, 0, 1, 0, 1, 0);
    expect_names(key, "lacks", "n2");
    /* n1 and n2 were counted before this key was seen. */
    key = key_at(answer, 2, "deadbeef", false);
    expect_numbers(key, 1, 0, 1, 0, 3, 0);
    expect_names(key, "lacks", "n1 n2 n4");
    ck_assert(json_is_false(json_object_get(answer, "more_keys")));
    json_decref(answer);
    teardown();
}
END_TEST

START_TEST(test_those_that_failed_count_apart_and_those_that_left_do_not)
{
    json_t *answer;

    setup(KEYS(OLD), HEARSAY_SEAL_REQUIRE);
    meet("failed", HEARSAY_STATUS_DEAD, HEARSAY_CAUSE_FAILED, KEYS(OLD));
    meet("failed2", HEARSAY_STATUS_DEAD, HEARSAY_CAUSE_FAILED, KEYS(OTHER, OLD));
    meet("forced", HEARSAY_STATUS_DEAD, HEARSAY_CAUSE_FORCED, KEYS(NEW));
    meet("left", HEARSAY_STATUS_DEAD, HEARSAY_CAUSE_LEFT, NO_KEYS);
    meet("slow", HEARSAY_STATUS_SUSPECT, HEARSAY_CAUSE_NONE, KEYS(OTHER));
    answer = ask("{\"cmd\":\"keys\"}\n");
    ck_assert_int_eq(number(answer, "present"), 2);
    ck_assert_int_eq(number(answer, "failed"), 2);
    ck_assert_uint_eq(key_count(answer), 2);
    const json_t *key = key_at(answer, 0, "a1b2c3d4", true);
    expect_numbers(key, 1, 2, 1, 1, 1, 0);
    expect_names(key, "holders", "failed(failed) failed2(failed) n1");
    expect_names(key, "lacks", "slow(suspect)");
    key = key_at(answer, 1, "deadbeef", false);
    expect_numbers(key, 1, 1, 1, 1, 1, 1);
    expect_names(key, "sealers", "failed2(failed) slow(suspect)");
    ck_assert_int_eq(number(answer, "plain_present"), 0);
    ck_assert_int_eq(number(answer, "plain_failed"), 0);
    json_decref(answer);
    teardown();
}
END_TEST

/* A tombstone whose time is over is no member any more. */
START_TEST(test_a_hidden_member_does_not_count)
{
    json_t *answer;

    setup(KEYS(OLD), HEARSAY_SEAL_REQUIRE);
    meet("gone", HEARSAY_STATUS_DEAD, HEARSAY_CAUSE_FAILED, NO_KEYS);
    rig_tick(&rig, rig.config.tombstone_ttl + RIG_SECOND);
    node_clock.now = rig.now;
    ck_assert(rig_member(&rig, "gone").hidden);
    answer = ask("{\"cmd\":\"keys\"}\n");
    ck_assert_int_eq(number(answer, "present"), 1);
    ck_assert_int_eq(number(answer, "failed"), 0);
    ck_assert_int_eq(number(answer, "plain_failed"), 0);
    json_decref(answer);
    teardown();
}
END_TEST

START_TEST(test_those_without_a_key_and_those_with_others_are_listed)
{
    json_t *answer;

    setup(KEYS(OLD, NEW), HEARSAY_SEAL_ACCEPT);
    meet_alive("n2", NO_KEYS);
    meet("n3", HEARSAY_STATUS_DEAD, HEARSAY_CAUSE_FAILED, NO_KEYS);
    meet_alive("n4", KEYS(OTHER));
    meet_alive("n5", KEYS(OTHER, OTHER + 1, NEW));
    answer = ask("{\"cmd\":\"keys\"}\n");
    ck_assert_str_eq(text_of(answer, "seal"), "accept");
    ck_assert_int_eq(number(answer, "plain_present"), 1);
    ck_assert_int_eq(number(answer, "plain_failed"), 1);
    expect_names(answer, "plain", "n2 n3(failed)");
    ck_assert_int_eq(number(answer, "apart_present"), 1);
    ck_assert_int_eq(number(answer, "apart_failed"), 0);
    expect_names(answer, "apart", "n4");
    json_decref(answer);
    teardown();
}
END_TEST

START_TEST(test_without_keys_of_ours_all_that_have_some_are_apart)
{
    json_t *answer;

    setup(NO_KEYS, HEARSAY_SEAL_OFF);
    answer = ask("{\"cmd\":\"keys\"}\n");
    ck_assert_str_eq(text_of(answer, "seal"), "off");
    ck_assert_uint_eq(key_count(answer), 0);
    expect_names(answer, "plain", "n1");
    json_decref(answer);
    meet_alive("n2", KEYS(OLD));
    answer = ask("{\"cmd\":\"keys\"}\n");
    expect_numbers(key_at(answer, 0, "a1b2c3d4", false), 1, 0, 1, 0, 1, 0);
    expect_names(answer, "apart", "n2");
    json_decref(answer);
    teardown();
}
END_TEST

/* In the mode `off` a node says that it has no keys, whatever it was given. */
START_TEST(test_the_mode_is_that_which_is_in_force)
{
    json_t *answer;

    setup(KEYS(OLD), HEARSAY_SEAL_OFF);
    answer = ask("{\"cmd\":\"keys\"}\n");
    ck_assert_str_eq(text_of(answer, "seal"), "off");
    ck_assert_uint_eq(key_count(answer), 0);
    json_decref(answer);
    ck_assert_int_eq(
        hearsay_node_set_cipher(rig.node, rig.now, &cipher, &own, HEARSAY_SEAL_REQUIRE), 0);
    rig_run(&rig, RIG_SECOND); /* until the record says so */
    answer = ask("{\"cmd\":\"keys\"}\n");
    ck_assert_str_eq(text_of(answer, "seal"), "require");
    key_at(answer, 0, "a1b2c3d4", true);
    json_decref(answer);
    teardown();
}
END_TEST

START_TEST(test_names_are_bounded_and_numbers_are_not)
{
    enum { MANY = 300 };
    json_t *answer;

    setup(KEYS(OLD), HEARSAY_SEAL_ON);
    for (int i = MANY; i > 0; i--) {
        char name[16];

        snprintf(name, sizeof(name), "m%03d", i);
        meet_alive(name, i == 250 ? KEYS(OTHER) : NO_KEYS);
    }
    answer = ask("{\"cmd\":\"keys\"}\n");
    ck_assert_int_eq(number(answer, "present"), MANY + 1);
    ck_assert_int_eq(number(answer, "plain_present"), MANY - 1);
    const json_t *plain = json_object_get(answer, "plain");
    ck_assert_uint_eq(json_array_size(plain), HS_KEYS_NAMED_MAX);
    ck_assert_str_eq(text_of(json_array_get(plain, 0), "name"), "m001");
    ck_assert_str_eq(text_of(json_array_get(plain, HS_KEYS_NAMED_MAX - 1), "name"), "m032");
    const json_t *key = key_at(answer, 1, "deadbeef", false);
    expect_numbers(key, 1, 0, 1, 0, MANY, 0);
    ck_assert_uint_eq(json_array_size(json_object_get(key, "lacks")), HS_KEYS_NAMED_MAX);
    expect_names(key, "holders", "m250");
    json_decref(answer);
    teardown();
}
END_TEST

/* A member that lies about its keys pushes out neither ours nor those that were seen before. */
START_TEST(test_keys_of_others_are_bounded)
{
    json_t *answer;

    setup(KEYS(OLD), HEARSAY_SEAL_ON);
    for (uint32_t i = 0; i < 3; i++) {
        char name[16];
        uint32_t k = 100 + 8 * i;

        snprintf(name, sizeof(name), "z%u", (unsigned)i);
        meet_alive(name, KEYS(k, k + 1, k + 2, k + 3, k + 4, k + 5, k + 6, k + 7));
    }
    meet_alive("n2", KEYS(NEW, OLD));
    answer = ask("{\"cmd\":\"keys\"}\n");
    ck_assert_uint_eq(key_count(answer), 1 + HS_KEYS_OTHERS_MAX);
    key_at(answer, 0, "a1b2c3d4", true);
    key_at(answer, 1, "00c4d5e6", false);
    ck_assert(json_is_true(json_object_get(answer, "more_keys")));
    ck_assert_int_eq(number(answer, "apart_present"), 3);
    json_decref(answer);
    teardown();
}
END_TEST

START_TEST(test_the_answer_says_what_the_view_is_worth)
{
    json_t *answer;

    setup(KEYS(OLD), HEARSAY_SEAL_ON);
    life.ready = false;
    answer = ask("{\"cmd\":\"keys\"}\n");
    ck_assert(json_is_false(json_object_get(answer, "ready")));
    ck_assert(json_is_false(json_object_get(answer, "isolated")));
    json_decref(answer);
    teardown();
}
END_TEST

START_TEST(test_members_show_their_keys_in_order)
{
    json_t *answer, *members;

    setup(KEYS(OLD, NEW), HEARSAY_SEAL_ON);
    meet_alive("n2", NO_KEYS);
    answer = ask("{\"cmd\":\"members\"}\n");
    members = json_object_get(answer, "members");
    json_t *keys = json_object_get(json_array_get(members, 0), "keys");
    json_t *wanted = json_pack("[s, s]", "a1b2c3d4", "00c4d5e6");
    ck_assert(json_equal(keys, wanted));
    ck_assert_ptr_null(json_object_get(json_array_get(members, 1), "keys"));
    json_decref(wanted);
    json_decref(answer);
    teardown();
}
END_TEST

HARNESS_MAIN("keys_command", test_ours_come_first_and_all_that_have_them_are_counted,
             test_those_that_failed_count_apart_and_those_that_left_do_not,
             test_a_hidden_member_does_not_count,
             test_those_without_a_key_and_those_with_others_are_listed,
             test_without_keys_of_ours_all_that_have_some_are_apart,
             test_the_mode_is_that_which_is_in_force, test_names_are_bounded_and_numbers_are_not,
             test_keys_of_others_are_bounded, test_the_answer_says_what_the_view_is_worth,
             test_members_show_their_keys_in_order)
