/* SPDX-License-Identifier: Apache-2.0 */
/* /v1/sd: which members are targets, and under which labels. */
#include "agent_lines.h"
#include "drafts.h"

#include "serve/sd.h"

static struct hs_worth worth;

static void begin(void)
{
    worth = (struct hs_worth){.ready = true};
    start();
    snapshot(ONE, ONE "-5", "ab", true);
    cursor = 6;
}

/* A member with all that matters here. */
static void put(const char *name, const char *addr, const char *status, const char *cause,
                const char *tags)
{
    fed("{\"follow\":\"member\",\"id\":\"" ONE "-%d\",\"event\":{\"event\":\"member\"},\"member\":"
        "{\"name\":\"%s\",\"addr\":\"%s\",\"status\":\"%s\",\"cause\":\"%s\","
        "\"id\":\"00000000000000ff\",\"instance\":\"00000000000000fe\",\"timestamp\":7,"
        "\"start\":6,\"tokens\":4,\"tags\":{%s},\"self\":false,\"rtt_us\":300,\"version_min\":1,"
        "\"version_max\":1,\"since\":\"2026-01-31T23:59:59.000000Z\"}}",
        (int)cursor++, name, addr, status, cause, tags);
}

static struct hs_reply asked(const char *query)
{
    struct hs_args args;
    struct hs_reply reply = {0};
    char target[256], fault[HS_ARGS_FAULT_MAX];
    const struct hs_request request = {.mirror = mirror, .worth = worth, .args = &args, .rest = ""};

    snprintf(target, sizeof(target), "/v1/sd%s%s", query[0] ? "?" : "", query);
    ck_assert_msg(hs_args_read(&args, target, "", fault) == 0, "%s", fault);
    hs_sd(&request, &reply);
    write_out(&reply);
    return reply;
}

/* The array that was answered. */
static json_t *groups(const char *query)
{
    struct hs_reply reply = asked(query);
    json_t *array;

    ck_assert_msg(reply.status == 200, "%u: %s", reply.status, reply.body);
    ck_assert_str_eq(reply.type, "application/json");
    array = json_loadb(reply.body, reply.len, JSON_REJECT_DUPLICATES, NULL);
    ck_assert_msg(json_is_array(array), "%s", reply.body);
    hs_reply_fini(&reply);
    return array;
}

/* "10.0.0.1:9100 10.0.0.2:9100": all targets in their order. */
static void targets_are(const char *query, const char *expected)
{
    json_t *array = groups(query);
    char text[1024] = "";

    for (size_t i = 0; i < json_array_size(array); i++) {
        const json_t *targets = json_object_get(json_array_get(array, i), "targets");

        for (size_t j = 0; j < json_array_size(targets); j++) {
            if (text[0])
                strncat(text, " ", sizeof(text) - strlen(text) - 1);
            strncat(text, json_string_value(json_array_get(targets, j)),
                    sizeof(text) - strlen(text) - 1);
        }
    }
    ck_assert_str_eq(text, expected);
    json_decref(array);
}

static const char *label(const json_t *array, size_t group, const char *name)
{
    const json_t *labels = json_object_get(json_array_get(array, group), "labels");
    const char *value = json_string_value(json_object_get(labels, name));

    return value ? value : "(none)";
}

static void is_refused(const char *query, unsigned status)
{
    struct hs_reply reply = asked(query);

    ck_assert_msg(reply.status == status, "%s: %u", query, reply.status);
    hs_reply_fini(&reply);
}

START_TEST(test_each_member_is_a_group_with_labels)
{
    json_t *array;

    begin();
    put("a", "10.0.0.1:7847", "suspect", "none", "\"zone\":\"east\",\"role\":\"w\\\"eb\"");
    array = groups("port=9100");
    ck_assert_uint_eq(json_array_size(array), 2);
    ck_assert_uint_eq(json_object_size(json_array_get(array, 0)), 2); /* no other key is allowed */
    ck_assert_str_eq(label(array, 0, "__meta_hearsay_name"), "a");
    ck_assert_str_eq(label(array, 0, "__meta_hearsay_address"), "10.0.0.1:7847");
    ck_assert_str_eq(label(array, 0, "__meta_hearsay_status"), "suspect");
    ck_assert_str_eq(label(array, 0, "__meta_hearsay_cause"), "none");
    ck_assert_str_eq(label(array, 0, "__meta_hearsay_cluster"), "c");
    ck_assert_str_eq(label(array, 0, "__meta_hearsay_id"), "00000000000000ff");
    ck_assert_str_eq(label(array, 0, "__meta_hearsay_tokens"), "4");
    ck_assert_str_eq(label(array, 0, "__meta_hearsay_zone"), "east");
    ck_assert_str_eq(label(array, 0, "__meta_hearsay_tag_role"), "w\"eb");
    ck_assert_str_eq(label(array, 1, "__meta_hearsay_name"), "b");
    ck_assert_str_eq(label(array, 1, "__meta_hearsay_zone"), "");
    json_decref(array);
    hs_mirror_free(mirror);
}
END_TEST

START_TEST(test_ports_are_put_into_addresses)
{
    begin();
    put("b", "[2001:db8::7]:7847", "alive", "none", "");
    targets_are("port=9100", "10.0.0.1:9100 [2001:db8::7]:9100");
    targets_are("port=9100,9849",
                "10.0.0.1:9100 10.0.0.1:9849 [2001:db8::7]:9100 [2001:db8::7]:9849");
    hs_mirror_free(mirror);
}
END_TEST

/* If a dead machine vanished from the list, nobody would hear that it is down. */
START_TEST(test_failed_members_stay_and_those_that_left_go)
{
    begin();
    put("a", "10.0.0.1:7847", "dead", "failed", "");
    put("b", "10.0.0.2:7847", "dead", "left", "");
    put("d", "10.0.0.4:7847", "dead", "forced", "");
    put("e", "10.0.0.5:7847", "alive", "none", "");
    targets_are("port=1", "10.0.0.1:1 10.0.0.5:1");
    targets_are("port=1&status=alive", "10.0.0.5:1");
    targets_are("port=1&status=dead,alive", "10.0.0.1:1 10.0.0.5:1");
    targets_are("port=1&status=suspect", "");
    hs_mirror_free(mirror);
}
END_TEST

START_TEST(test_tags_choose_members)
{
    begin();
    put("a", "10.0.0.1:7847", "alive", "none", "\"role\":\"web\",\"env\":\"prod\"");
    put("b", "10.0.0.2:7847", "alive", "none", "\"role\":\"db\",\"env\":\"prod\"");
    targets_are("port=1&tag=role=web", "10.0.0.1:1");
    targets_are("port=1&tag=env", "10.0.0.1:1 10.0.0.2:1");
    targets_are("port=1&tag=role=db", "10.0.0.2:1");
    targets_are("port=1&tag=role=", "");
    hs_mirror_free(mirror);
}
END_TEST

START_TEST(test_tags_may_say_where_to_scrape)
{
    json_t *array;

    begin();
    put("a", "10.0.0.1:7847", "alive", "none", "\"metrics\":\"9100/a/b?c\",\"node\":\"9101\"");
    put("b", "10.0.0.2:7847", "alive", "none", "\"metrics\":\"http\",\"node\":\"70000\"");
    put("d", "10.0.0.4:7847", "alive", "none", "\"metrics\":\"9100x\",\"node\":\"0\"");
    targets_are("port_tag=metrics", "10.0.0.1:9100");
    targets_are("port_tag=metrics,node", "10.0.0.1:9100 10.0.0.1:9101");
    array = groups("port_tag=metrics,node");
    ck_assert_str_eq(label(array, 0, "__metrics_path__"), "/a/b?c");
    ck_assert_str_eq(label(array, 1, "__metrics_path__"), "(none)");
    json_decref(array);
    hs_mirror_free(mirror);
}
END_TEST

/* One label name that is not valid, and Prometheus takes nothing of the list. */
START_TEST(test_keys_become_names_of_labels)
{
    json_t *array;

    begin();
    put("a", "10.0.0.1:7847", "alive", "none",
        "\"a_b\":\"third\",\"a.b\":\"second\",\"a-b\":\"first\",\"0\":\"digit\"");
    array = groups("port=1&status=alive&tag=0");
    ck_assert_str_eq(label(array, 0, "__meta_hearsay_tag_a_b"), "first");
    ck_assert_str_eq(label(array, 0, "__meta_hearsay_tag_0"), "digit");
    json_decref(array);
    hs_mirror_free(mirror);
}
END_TEST

START_TEST(test_an_agent_that_has_not_joined_gives_no_list)
{
    begin();
    worth.ready = false;
    is_refused("port=9100", 503);
    worth = (struct hs_worth){.ready = true, .isolated = true};
    targets_are("port=1", "10.0.0.1:1 10.0.0.1:1"); /* as things were: better than none */
    hs_mirror_free(mirror);
}
END_TEST

START_TEST(test_questions_that_mean_nothing_are_mistakes)
{
    static const char *const queries[] = {
        "",
        "port=",
        "port=0",
        "port=65536",
        "port=9100x",
        "port=9100,",
        "port=,9100",
        "port=99999999999999999999",
        "port=-1",
        "port=1,2,3,4,5,6,7,8,9",
        "port_tag=",
        "port_tag=a,b,c,d,e,f,g,h,i",
        "port_tag=a,,b",
        "port=1&port_tag=a",
        "port=1&status=",
        "port=1&status=left",
        "port=1&status=alive,",
        "port_tag=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    };

    begin();
    for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++)
        is_refused(queries[i], 400);
    hs_mirror_free(mirror);
}
END_TEST

START_TEST(test_nobody_is_an_empty_list)
{
    begin();
    targets_are("port=1&tag=nobody", "");
    hs_mirror_free(mirror);
}
END_TEST

HARNESS_MAIN("sd", test_each_member_is_a_group_with_labels, test_ports_are_put_into_addresses,
             test_failed_members_stay_and_those_that_left_go, test_tags_choose_members,
             test_tags_may_say_where_to_scrape, test_keys_become_names_of_labels,
             test_an_agent_that_has_not_joined_gives_no_list,
             test_questions_that_mean_nothing_are_mistakes, test_nobody_is_an_empty_list)
