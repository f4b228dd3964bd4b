/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A whole agent in one process, for which memory and the kernel can be made to fail at any one
 * call. Whoever starts it is told in words what failed, and nothing stays open. Whoever asks it
 * gets the whole answer, an error, or a connection that ends; and the agent goes on.
 */
#include "failing.h"
#include "harness.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>
#include <jansson.h>

#include <hearsay-tree/many.h>
#include <hearsay/host.h>

#include "agent/agent.h"

#define PATIENCE_US 20000000

/* ---- an agent ---------------------------------------------------------------------------- */

static struct hs_agent agent;
static char dir[32], control[64], log_file[64], conf[64], trace[64];
static char error[HS_ERROR_TEXT_MAX];

static void make_dir(void)
{
    snprintf(dir, sizeof(dir), "/tmp/test_failures.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(control, sizeof(control), "%s/control", dir);
    snprintf(log_file, sizeof(log_file), "%s/log", dir);
    snprintf(conf, sizeof(conf), "%s/conf", dir);
    snprintf(trace, sizeof(trace), "%s/trace", dir);
    signal(SIGPIPE, SIG_IGN);
    json_set_alloc_funcs(malloc, free);
}

static void remove_dir(void)
{
    unlink(log_file);
    unlink(conf);
    unlink(trace);
    ck_assert_msg(rmdir(dir) == 0, "something is left in %s: %s", dir, strerror(errno));
}

static void write_conf(const char *text)
{
    FILE *file = fopen(conf, "w");
    fputs(text, file);
    fclose(file);
}

/* What hs_agent_init returns when so many calls go well before one fails; 0: none does. */
static int open_agent(const char *bind, unsigned long call)
{
    static char words[][128] = {"hearsayd", "--name",   "me", "--bind",   "", "--control",
                                "",         "--log",    "",   "--config", "", "--interval",
                                "10m",      "--tokens", "4",  "--trace",  "", "--control-group",
                                ""};
    enum { COUNT = sizeof(words) / sizeof(words[0]) };
    static char *argv[COUNT];
    const struct group *group = getgrgid(getgid());
    struct hs_options options;
    int argc = COUNT;

    snprintf(words[4], sizeof(words[0]), "%s", bind);
    snprintf(words[6], sizeof(words[0]), "%s", control);
    snprintf(words[8], sizeof(words[0]), "%s", log_file);
    snprintf(words[10], sizeof(words[0]), "%s", conf);
    snprintf(words[16], sizeof(words[0]), "%s", trace);
    if (group)
        snprintf(words[18], sizeof(words[0]), "%s", group->gr_name);
    else
        argc -= 2;
    for (int i = 0; i < argc; i++)
        argv[i] = words[i];
    arm(0, false);
    memset(&agent, 0, sizeof(agent));
    ck_assert_msg(hs_options_read_again(&options, argc, argv, error) == 0, "%s", error);
    error[0] = '\0';
    arm(call, false);
    int err = hs_agent_init(&agent, &options, argc, argv, error);
    left = 0;
    return err;
}

static int count_fds(void)
{
    DIR *fds = opendir("/proc/self/fd");
    int count = 0;

    while (readdir(fds))
        count++;
    closedir(fds);
    return count;
}

/* ---- the beginning ----------------------------------------------------------------------- */

START_TEST(test_a_start_that_fails_says_what_failed_and_leaves_nothing_open)
{
    unsigned failures = 0;
    bool loopback = false;
    int before = 0;

    make_dir();
    write_conf("cluster = c\n");
    fired = true;
    for (unsigned long call = 1; fired; call++) {
        int err = open_agent("0.0.0.0:0", call);

        if (err < 0) {
            failures++;
            ck_assert_msg(error[0] != '\0', "call %lu failed, and nobody says so", call);
        } else {
            loopback |= agent.identity.advertise_source == HS_ADVERTISE_LOOPBACK;
        }
        hs_agent_fini(&agent);
        if (call == 1) /* what stays for the process, such as its lists of groups, is open by now */
            before = count_fds();
        ck_assert_msg(count_fds() == before, "call %lu failed: %s; %d descriptors stay open", call,
                      error, count_fds() - before);
    }
    ck_assert_uint_gt(failures, 20);
    ck_assert_msg(loopback, "without a list of interfaces there is the loopback");
    remove_dir();
}
END_TEST

/* ---- a running agent --------------------------------------------------------------------- */

static int sink; /* the members' address: it takes what is sent there, and answers nothing */
static uint16_t sink_port;

/* A member that exists in the agent's view alone. */
static void introduce(const char *name, const char *zone, unsigned host)
{
    const struct hearsay_tag tags[] = {{"zone", zone}, {"role", "cache"}};
    struct hearsay_config config;
    struct hearsay_node *node;

    hearsay_config_init(&config, HEARSAY_PROFILE_LAN);
    config.name = name;
    config.cluster = "c";
    config.tokens = 4;
    config.tags = tags;
    config.tag_count = 2;
    config.advertise = (struct hearsay_addr){
        .family = 4, .port = sink_port, .bytes = {127, 1, (uint8_t)(host >> 8), (uint8_t)host}};
    config.allocator = hearsay_host_allocator();
    ck_assert_int_eq(hearsay_host_entropy(&config), 0);
    ck_assert_int_eq(hearsay_node_new(&node, &config, hearsay_host_now()), 0);
    int err = hs_node_introduce(agent.node, hearsay_host_now(), node);
    ck_assert_msg(err == 0, "%s is not taken in: %d", name, err);
    hearsay_node_free(node);
}

static void turn_once(void)
{
    event_base_loop(agent.base, EVLOOP_NONBLOCK);
}

static void open_sink(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof(address);

    sink = socket(AF_INET, SOCK_DGRAM, 0);
    ck_assert_int_eq(bind(sink, (struct sockaddr *)&address, sizeof(address)), 0);
    ck_assert_int_eq(getsockname(sink, (struct sockaddr *)&address, &len), 0);
    sink_port = ntohs(address.sin_port);
}

static void start_agent(const char *settings)
{
    make_dir();
    write_conf(settings);
    ck_assert_msg(open_agent("127.0.0.1:0", 0) == 0, "%s", error);
    hs_report_start(&agent.report);
    hs_seeds_configure(&agent.seeds, &agent.options.join);
    hs_turn_touch(&agent.turn);
    turn_once();
}

static void end_agent(void)
{
    arm(0, false);
    hs_agent_fini(&agent);
    close(sink);
    remove_dir();
}

/* ---- its clients ------------------------------------------------------------------------- */

static char answer[1 << 20];
static size_t answered;

static int connect_client(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", control);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    turn_once(); /* accepted */
    return fd;
}

static void say(int fd, const char *line)
{
    ck_assert_int_eq(send(fd, line, strlen(line), MSG_NOSIGNAL), (ssize_t)strlen(line));
}

/* Takes the first line of the answer, or all until the connection ends. Check's own assertions need
 * memory, so none stands where memory fails. */
static bool hear(int fd)
{
    uint64_t end = hearsay_host_now().boot + PATIENCE_US;

    answered = 0;
    while (hearsay_host_now().boot < end) {
        turn_once();
        ssize_t n = recv(fd, answer + answered, sizeof(answer) - 1 - answered, 0);
        if (n > 0)
            answered += (size_t)n;
        answer[answered] = '\0';
        if (n == 0 || (n < 0 && errno != EAGAIN))
            return false;
        if (strchr(answer, '\n'))
            return true;
    }
    left = 0;
    ck_abort_msg("no answer and no end: %.300s", answer);
}

static bool ask(const char *line)
{
    int fd = connect_client();

    say(fd, line);
    bool whole = hear(fd);
    close(fd);
    turn_once();
    return whole;
}

static void await_rings(unsigned versions)
{
    uint64_t end = hearsay_host_now().boot + PATIENCE_US;

    while (agent.rings.count < versions) {
        ck_assert_msg(hearsay_host_now().boot < end, "%zu rings, not %u", agent.rings.count,
                      versions);
        turn_once();
    }
}

static void populate(unsigned count)
{
    char name[16], zone[8];

    for (unsigned i = 0; i < count; i++) {
        snprintf(name, sizeof(name), "n%u", i);
        snprintf(zone, sizeof(zone), "z%u", i % 3);
        introduce(name, zone, i + 1);
        if (i % 64 == 63)
            turn_once();
        if (i == count / 2)
            await_rings(2);
    }
    turn_once();
    await_rings(3);
}

static size_t count_keys(json_t *json)
{
    size_t count = json_object_size(json);
    const char *key;
    json_t *value;

    json_object_foreach(json, key, value) count += count_keys(value);
    for (size_t i = 0; i < json_array_size(json); i++)
        count += count_keys(json_array_get(json, i));
    return count;
}

/* A line is an error, or the whole answer: what a field lacks must not look as if it were so. */
static void check_line(const char *request, unsigned long call, size_t keys)
{
    json_t *json = json_loads(answer, JSON_DISABLE_EOF_CHECK, NULL);

    ck_assert_msg(json, "%s, allocation %lu: %.300s", request, call, answer);
    if (json_is_true(json_object_get(json, "ok")))
        ck_assert_msg(count_keys(json) >= keys, "%s, allocation %lu: %zu keys of %zu: %.300s",
                      request, call, count_keys(json), keys, answer);
    json_decref(json);
}

/* Asks it again and again, each time with another allocation that fails. */
static void starve(const char *request)
{
    unsigned long failures = 0;
    struct hearsay_member self;
    size_t len;
    ck_assert_msg(ask(request), "%s", request);
    json_t *first = json_loads(answer, JSON_DISABLE_EOF_CHECK, NULL);
    size_t keys = count_keys(first);
    json_decref(first);
    fired = true;
    /* Long answers repeat themselves, so that later allocations may be passed over. */
    for (unsigned long call = 1; fired; call += 1 + call / 256) {
        int fd = connect_client();

        say(fd, request);
        arm(call, true);
        bool complete = hear(fd);
        left = 0;
        failures += fired;
        if (complete)
            check_line(request, call, keys);
        close(fd);
        turn_once();
        hearsay_node_self(agent.node, agent.clock.now, &self);
        ck_assert_msg(hearsay_member_tag(&self, "rack", &len), "%s loses a tag", request);
    }
    ck_assert_msg(failures > 0, "%s needs no memory", request);
    ck_assert_msg(ask("{\"cmd\":\"status\"}\n") && strstr(answer, "\"ok\":true"),
                  "after %s: %.300s", request, answer);
}

/* Puts a refusal into `status`. It is by nobody that this agent calls: an attempt that ended
 * without an answer, after 1.5 s, would take it out again. */
static void get_refused(void)
{
    struct hearsay_event event = {
        .kind = HEARSAY_EVENT_JOIN,
        .result = HEARSAY_JOIN_REFUSED,
        .refusal = HEARSAY_REFUSAL_NAME,
        .name = "n1",
        .addr = {.family = 4, .port = sink_port, .bytes = {127, 3, 0, 1}},
    };

    hs_refusals_note(&agent.refusals, &event, &agent.identity, agent.clock.now.boot);
}

START_TEST(test_a_request_without_memory_is_answered_in_full_or_by_an_error)
{
    static const char *const requests[] = {
        "{\"cmd\":\"keys\"}\n",
        "{\"cmd\":\"members\"}\n",
        "{\"cmd\":\"members\",\"tag\":\"zone=z1\",\"name\":\"n*\",\"status\":\"alive\"}\n",
        "{\"cmd\":\"ring\"}\n",
        "{\"cmd\":\"ring\",\"n\":2,\"zones\":true,\"ranges\":true}\n",
        "{\"cmd\":\"ring-history\"}\n",
        "{\"cmd\":\"ring-diff\",\"n\":2,\"ranges\":true}\n",
        "{\"cmd\":\"ring-diff\",\"from\":1,\"to\":2}\n",
        "{\"cmd\":\"ring-diff\",\"from\":99}\n",
        ("{\"cmd\":\"ring-plan\",\"remove\":[\"n1\"],\"add\":[{\"name\":\"x\",\"zone\":\"y\"}],"
         "\"set\":[{\"name\":\"n2\",\"tokens\":9}],\"ranges\":true}\n"),
        "{\"cmd\":\"lookup\",\"key\":\"k\",\"n\":3,\"zones\":true}\n",
        "{\"cmd\":\"status\"}\n",
        "{\"cmd\":\"why\",\"name\":\"n1\"}\n",
        "{\"cmd\":\"version\"}\n",
        "{\"cmd\":\"force-leave\",\"name\":\"nobody\"}\n",
        "{\"cmd\":\"monitor\"}\n",
        "{\"cmd\":\"tags-set\",\"tags\":{\"a\":\"b\"}}\n",
        "{\"cmd\":\"tags-delete\",\"keys\":[\"none\"]}\n",
        "{\"cmd\":\"reload\"}\n",
        "{\"cmd\":\"nothing\"}\n",
    };
    char join[128], settings[128];
    open_sink();
    snprintf(settings, sizeof(settings),
             "cluster = c\nlog-level = debug\ntag = rack=r1\njoin = 127.1.0.1:%u\n", sink_port);
    start_agent(settings);
    populate(12);
    get_refused();
    ck_assert(ask("{\"cmd\":\"status\"}\n") && strstr(answer, "\"refused\":[{") &&
              strstr(answer, "\"seeds\":[{"));
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
        starve(requests[i]);
    snprintf(join, sizeof(join),
             "{\"cmd\":\"join\",\"addrs\":[\"127.0.0.1:%u\",\"localhost:%u\"]}\n",
             agent.identity.bound.port, agent.identity.bound.port);
    starve(join);
    end_agent();
}
END_TEST

START_TEST(test_a_reload_without_memory_changes_all_or_nothing)
{
    char settings[512];
    unsigned long call = 1;

    open_sink();
    start_agent("cluster = c\n");
    fired = true;
    for (; fired; call++) {
        snprintf(settings, sizeof(settings),
                 "cluster = c\njoin = 127.1.0.1:%u, 127.1.0.%lu:%u\ntag = a=%lu\nlog-level = %s\n",
                 sink_port, 2 + call % 200, sink_port, call, call % 2 ? "warn" : "info");
        write_conf(settings);
        int fd = connect_client();
        say(fd, "{\"cmd\":\"reload\"}\n");
        arm(call, true);
        bool whole = hear(fd);
        left = 0;
        close(fd);
        turn_once();
        char tag[32];
        snprintf(tag, sizeof(tag), "%lu", call);
        bool changed =
            agent.options.tag_count == 1 && strcmp(agent.options.tags[0].value, tag) == 0;
        if (whole && strstr(answer, "\"ok\":false") && !strstr(answer, "internal"))
            ck_assert_msg(!changed, "allocation %lu: refused and done: %.300s", call, answer);
        if (!fired)
            ck_assert_msg(changed, "%s", answer);
    }
    ck_assert_uint_gt(call, 20);
    end_agent();
}
END_TEST

/* ---- clients that go --------------------------------------------------------------------- */

START_TEST(test_a_client_may_go_in_the_middle_of_each_long_answer)
{
    static const char *const lines[] = {
        "{\"cmd\":\"members\"}\n",
        "{\"cmd\":\"ring\",\"n\":2,\"ranges\":true}\n",
        "{\"cmd\":\"ring-diff\",\"ranges\":true}\n",
        "{\"cmd\":\"ring-diff\",\"from\":1,\"ranges\":true}\n",
        "{\"cmd\":\"ring-plan\",\"add\":[{\"name\":\"x\",\"tokens\":4000}],\"ranges\":true}\n",
    };

    open_sink();
    start_agent("cluster = c\n");
    populate(600);
    int before = count_fds();
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        for (unsigned turns = 1; turns < 400; turns *= 3) {
            int fd = connect_client();
            for (unsigned k = 0; k < 20; k++) /* more than the agent and the kernel hold */
                say(fd, lines[i]);
            for (unsigned k = 0; k < turns; k++)
                turn_once();
            ck_assert_uint_eq(agent.control.clients.count, 1);
            close(fd);
            uint64_t end = hearsay_host_now().boot + PATIENCE_US;
            while (agent.control.clients.count > 0) {
                ck_assert_msg(hearsay_host_now().boot < end, "%s keeps a client that has gone",
                              lines[i]);
                turn_once();
            }
        }
    }
    ck_assert_int_eq(count_fds(), before);
    ck_assert(ask("{\"cmd\":\"status\"}\n"));
    end_agent();
}
END_TEST

/* ---- lost events ------------------------------------------------------------------------- */

static bool is_logged(const char *words)
{
    static char text[1 << 20];
    FILE *file = fopen(log_file, "r");

    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    fclose(file);
    return strstr(text, words) != NULL;
}

/* No turn passes while attempts to join end and members come: what became of a seed is lost, and it
 * is tried again. */
START_TEST(test_a_seed_whose_end_is_lost_is_tried_again)
{
    char settings[256], name[16];
    uint64_t end;

    open_sink();
    snprintf(settings, sizeof(settings), "cluster = c\nprofile = local\njoin = 127.1.0.1:%u\n",
             sink_port);
    start_agent(settings);
    for (unsigned i = 0; i < 60; i++) {
        struct hearsay_addr addr = {
            .family = 4, .port = sink_port, .bytes = {127, 2, 0, (uint8_t)(i + 1)}};
        hearsay_node_join(agent.node, hearsay_host_now(), &addr);
    }
    for (unsigned i = 0; i < 200; i++) {
        snprintf(name, sizeof(name), "n%u", i);
        introduce(name, "z", i + 1);
    }
    end = hearsay_host_now().boot + PATIENCE_US;
    while (!is_logged("\"result\":\"lost\"")) {
        ck_assert_msg(hearsay_host_now().boot < end, "no seed is told to be lost");
        for (unsigned i = 0; i < 40; i++) {
            struct timespec pause = {0, 100000000};
            nanosleep(&pause, NULL);
            hearsay_node_tick(agent.node, hearsay_host_now());
        }
        turn_once();
    }
    end_agent();
}
END_TEST

HARNESS_MAIN("failures", test_a_start_that_fails_says_what_failed_and_leaves_nothing_open,
             test_a_request_without_memory_is_answered_in_full_or_by_an_error,
             test_a_reload_without_memory_changes_all_or_nothing,
             test_a_client_may_go_in_the_middle_of_each_long_answer,
             test_a_seed_whose_end_is_lost_is_tried_again)
