/* SPDX-License-Identifier: Apache-2.0 */
/* Clients of the control socket are served in turn, one step each, whatever the others ask for; and
 * names of members come out by order. */
#include "harness.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <hearsay/host.h>

#include "agent/control/client.h"
#include "agent/control/denials.h"
#include "agent/control/names.h"
#include "agent/control/places.h"

enum { CLIENTS = 3, REQUESTS = 40, SERVED_MAX = 1024 };

static struct event_base *base;
static struct hs_clock the_clock;
static struct hs_turn turn;
static struct hs_clients clients;
static int ends[CLIENTS]; /* ours */
static const struct hs_peer root = {.kind = HS_PEER_ROOT};
static const struct hs_groups none = {HS_GROUP_NONE, HS_GROUP_NONE};
static const struct hs_groups admins = {.control = 1, .read = HS_GROUP_NONE};
static const struct hs_groups both = {.control = 1, .read = 2};

static struct {
    char who;
    uint64_t turn;
} served[SERVED_MAX];
static size_t served_count, freed;

static void on_pump(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    (void)context;
    hs_turn_begin_pump(&turn);
    hs_clock_read(&the_clock);
    hs_clients_work(&clients);
    hs_turn_end(&turn);
}

static void spend(uint64_t us)
{
    uint64_t end = hearsay_host_now().boot + us;

    while (hearsay_host_now().boot < end) {
    }
}

/* ---- a stream of slow steps -------------------------------------------------------------- */

struct slow {
    struct hs_stream stream; /* first */
    int left;
    bool fails;
};

static bool slow_more(struct hs_stream *stream, struct hs_client *client)
{
    struct slow *slow = (struct slow *)stream;

    spend(200);
    if (slow->left-- > 0)
        return true;
    if (slow->fails)
        hs_client_fail(client, HS_CTL_ERROR_INTERNAL, "failed");
    else
        hs_client_write(client, "done");
    return false;
}

static void slow_free(struct hs_stream *stream)
{
    freed++;
    free(stream);
}

static void start_slow(struct hs_client *client, int steps, bool fails)
{
    struct slow *slow = calloc(1, sizeof(*slow));

    *slow = (struct slow){.stream = {slow_more, slow_free}, .left = steps, .fails = fails};
    hs_client_stream(client, &slow->stream);
}

/* ---- a stream without an end ------------------------------------------------------------- */

static int news; /* lines that it has to write */

static bool endless_more(struct hs_stream *stream, struct hs_client *client)
{
    (void)stream;
    if (news > 0)
        hs_client_write(client, "news\n");
    else
        hs_client_wait(client);
    news -= news > 0;
    return true;
}

static void start_endless(struct hs_client *client)
{
    struct hs_stream *stream = calloc(1, sizeof(*stream));

    *stream = (struct hs_stream){endless_more, slow_free};
    hs_client_follow(client, stream);
}

/* "q…": a question; "m…": follows events; "e…": a stream without an end; "c…": a change; "l": a
 * long answer; "f": one that fails at its end. The second letter says who asks. */
static bool handle(void *context, struct hs_client *client, const char *line, size_t len)
{
    (void)context;
    ck_assert_uint_ge(len, 2);
    ck_assert_uint_lt(served_count, SERVED_MAX);
    served[served_count].who = line[1];
    served[served_count++].turn = turn.number;
    if (line[0] == 'l' || line[0] == 'f')
        start_slow(client, 1000, line[0] == 'f');
    else if (line[0] == 'e')
        start_endless(client);
    else
        hs_client_answer(client, hs_ctl_ok());
    if (line[0] == 'm')
        hs_client_monitor(client, 1);
    return line[0] == 'c';
}

static void setup(void)
{
    signal(SIGPIPE, SIG_IGN);
    base = event_base_new();
    served_count = freed = 0;
    memset(&the_clock, 0, sizeof(the_clock));
    ck_assert_int_eq(hs_turn_init(&turn, base, &the_clock, on_pump, NULL), 0);
    ck_assert_int_eq(hs_clients_init(&clients, base, &turn, handle, NULL), 0);
    hs_clock_read(&the_clock);
    for (int i = 0; i < CLIENTS; i++) {
        int pair[2];

        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
        ends[i] = pair[0];
        ck_assert_int_eq(hs_clients_add(&clients, pair[1], &root), 0);
    }
}

static void teardown(void)
{
    hs_clients_fini(&clients);
    hs_turn_fini(&turn);
    event_base_free(base);
    for (int i = 0; i < CLIENTS; i++)
        if (ends[i] >= 0)
            close(ends[i]);
}

static void ask(int client, char what, int times)
{
    char line[4] = {what, (char)('0' + client), '\n', '\0'};

    for (int i = 0; i < times; i++)
        ck_assert_int_eq(write(ends[client], line, 3), 3);
}

/* Runs the loop until so many requests were served. */
static void run_until_served(size_t count)
{
    for (int i = 0; i < 100000 && served_count < count; i++)
        event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
    ck_assert_uint_ge(served_count, count);
}

static size_t read_answer(int client, char *text, size_t room)
{
    size_t len = 0;

    for (int i = 0; i < 100000 && (len == 0 || text[len - 1] != '\n'); i++) {
        ssize_t n = read(ends[client], text + len, room - len - 1);

        len += n > 0 ? (size_t)n : 0;
        event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
    }
    text[len] = '\0';
    return len;
}

/* ---- tests ------------------------------------------------------------------------------- */

START_TEST(test_many_requests_of_each_are_served_in_turn)
{
    setup();
    for (int i = 0; i < CLIENTS; i++)
        ask(i, 'q', REQUESTS);
    run_until_served((size_t)CLIENTS * REQUESTS);
    for (size_t i = 0; i < (size_t)CLIENTS * REQUESTS; i += CLIENTS) {
        ck_assert_int_ne(served[i].who, served[i + 1].who);
        ck_assert_int_ne(served[i].who, served[i + 2].who);
        ck_assert_int_ne(served[i + 1].who, served[i + 2].who);
    }
    teardown();
}
END_TEST

START_TEST(test_each_changes_the_node_once_a_turn)
{
    uint64_t last[CLIENTS] = {0};

    setup();
    for (int i = 0; i < CLIENTS; i++)
        ask(i, 'c', REQUESTS);
    run_until_served((size_t)CLIENTS * REQUESTS);
    for (size_t i = 0; i < served_count; i++) {
        int who = served[i].who - '0';

        ck_assert_uint_gt(served[i].turn, last[who]);
        last[who] = served[i].turn;
    }
    teardown();
}
END_TEST

START_TEST(test_a_long_answer_lets_others_and_the_loop_go_on)
{
    char text[256];

    setup();
    ask(0, 'l', 1);
    run_until_served(1);
    uint64_t first = turn.number;
    ask(1, 'q', REQUESTS);
    run_until_served(1 + REQUESTS);
    ck_assert_uint_eq(freed, 0); /* 0.2 s are not over yet */
    ck_assert_uint_gt(read_answer(0, text, sizeof(text)), 0);
    ck_assert_str_eq(text, "done\n");
    ck_assert_uint_eq(freed, 1);
    ck_assert_uint_gt(turn.number - first, 1000 * 200 / HS_TURN_BUDGET_US / 2);
    teardown();
}
END_TEST

START_TEST(test_an_answer_that_fails_is_followed_by_the_next)
{
    char text[256];

    setup();
    ask(0, 'f', 1);
    ask(0, 'q', 1);
    read_answer(0, text, sizeof(text));
    ck_assert_ptr_nonnull(strstr(text, "\"internal\""));
    run_until_served(2);
    ck_assert_uint_eq(freed, 1);
    teardown();
}
END_TEST

START_TEST(test_a_client_that_goes_frees_its_answer)
{
    setup();
    ask(0, 'l', 1);
    run_until_served(1);
    close(ends[0]);
    ends[0] = -1;
    for (int i = 0; i < 100000 && freed == 0; i++)
        event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
    ck_assert_uint_eq(freed, 1);
    ck_assert_uint_eq(clients.count, CLIENTS - 1);
    teardown();
}
END_TEST

static void turns(int count)
{
    for (int i = 0; i < count; i++)
        event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

START_TEST(test_a_stream_that_waits_goes_on_with_news_and_ends_with_its_client)
{
    char text[256];

    setup();
    news = 1;
    ask(0, 'e', 1);
    read_answer(0, text, sizeof(text));
    ck_assert_str_eq(text, "news\n");
    ck_assert_uint_eq(clients.monitors, 1);
    turns(100);
    uint64_t number = turn.number;
    turns(100);
    ck_assert_uint_eq(turn.number, number); /* it costs nothing while it waits */
    news = 3;
    hs_clients_resume(&clients);
    turns(100);
    ck_assert_int_eq(read(ends[0], text, sizeof(text)), 15);
    while (hs_clients_end_quiet(&clients, HS_PEER_KINDS, 0, UINT64_MAX)) {
    }
    ck_assert_uint_eq(clients.count, 1); /* it is not quiet */
    close(ends[0]);
    ends[0] = -1;
    turns(100);
    ck_assert_uint_eq(freed, 1);
    ck_assert_uint_eq(clients.monitors, 0);
    teardown();
}
END_TEST

/* ---- places ------------------------------------------------------------------------------ */

/* One more client of this kind, if there is a place; its other end is closed by the caller. */
static int come(struct hs_places *places, enum hs_peer_kind kind)
{
    int pair[2];

    if (!hs_places_free(places, kind))
        return -1;
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    ck_assert_int_eq(hs_clients_add(&clients, pair[1], &(struct hs_peer){.kind = kind}), 0);
    return pair[0];
}

static size_t fill(struct hs_places *places, enum hs_peer_kind kind, int *sockets)
{
    size_t count = 0;

    while ((sockets[count] = come(places, kind)) >= 0)
        count++;
    return count;
}

static void leave(const int *sockets, size_t count)
{
    for (size_t i = 0; i < count; i++)
        close(sockets[i]);
}

START_TEST(test_nobody_takes_the_places_of_others)
{
    struct hs_places places;
    int many[HS_CTL_CLIENTS_MAX + 1], own[HS_CTL_CLIENTS_MAX + 1], last[2];
    size_t count;

    setup();
    ck_assert_int_eq(hs_places_init(&places, base, &clients, &admins), 0);
    places.own_user = true;
    count = fill(&places, HS_PEER_ADMIN, many);
    /* Three of root are there from the start. */
    ck_assert_uint_eq(count, HS_CTL_CLIENTS_MAX - 2 * HS_PLACES_KEPT);
    ck_assert_uint_eq(fill(&places, HS_PEER_AGENT, own), HS_PLACES_KEPT);
    ck_assert_int_eq(come(&places, HS_PEER_ADMIN), -1);
    for (size_t i = CLIENTS; i < HS_PLACES_KEPT; i++) {
        last[0] = come(&places, HS_PEER_ROOT);
        ck_assert_int_ge(last[0], 0);
        close(last[0]);
    }
    ck_assert_int_eq(come(&places, HS_PEER_ROOT), -1);
    ck_assert_uint_eq(clients.count, HS_CTL_CLIENTS_MAX);
    leave(many, count);
    leave(own, HS_PLACES_KEPT);
    hs_places_fini(&places);
    teardown();
}
END_TEST

/* A reload changes the setting while the agent runs. */
START_TEST(test_a_group_that_is_set_later_has_its_places)
{
    struct hs_places places;
    struct hs_groups groups = none;
    int many[HS_CTL_CLIENTS_MAX + 1], theirs;
    size_t count;

    setup();
    ck_assert_int_eq(hs_places_init(&places, base, &clients, &groups), 0);
    places.own_user = false;
    groups = admins;
    count = fill(&places, HS_PEER_ROOT, many);
    ck_assert_uint_eq(count + CLIENTS, HS_CTL_CLIENTS_MAX - HS_PLACES_KEPT);
    theirs = come(&places, HS_PEER_ADMIN);
    ck_assert_int_ge(theirs, 0);
    close(theirs);
    leave(many, count);
    hs_places_fini(&places);
    teardown();
}
END_TEST

/* Who may only ask cannot keep out who may do more, and the other way round. */
START_TEST(test_those_who_only_ask_have_places_of_their_own)
{
    struct hs_places places;
    int many[HS_CTL_CLIENTS_MAX + 1], theirs[HS_CTL_CLIENTS_MAX + 1];
    size_t count;

    setup();
    ck_assert_int_eq(hs_places_init(&places, base, &clients, &both), 0);
    places.own_user = false;
    count = fill(&places, HS_PEER_READER, many);
    /* Three of root are there from the start. */
    ck_assert_uint_eq(count, HS_CTL_CLIENTS_MAX - 2 * HS_PLACES_KEPT);
    ck_assert_uint_eq(fill(&places, HS_PEER_ADMIN, theirs), HS_PLACES_KEPT);
    leave(many, count);
    leave(theirs, HS_PLACES_KEPT);
    hs_clients_fini(&clients);
    ck_assert_int_eq(hs_clients_init(&clients, base, &turn, handle, NULL), 0);
    count = fill(&places, HS_PEER_ADMIN, many);
    ck_assert_uint_eq(count, HS_CTL_CLIENTS_MAX - 2 * HS_PLACES_KEPT);
    ck_assert_uint_eq(fill(&places, HS_PEER_READER, theirs), HS_PLACES_KEPT);
    leave(many, count);
    leave(theirs, HS_PLACES_KEPT);
    hs_places_fini(&places);
    teardown();
}
END_TEST

START_TEST(test_a_quiet_connection_yields_its_place_and_ends_after_a_minute)
{
    struct hs_places places;
    int many[HS_CTL_CLIENTS_MAX + 1], late;
    size_t count;
    char byte;

    setup();
    ck_assert_int_eq(hs_places_init(&places, base, &clients, &none), 0);
    places.own_user = false;
    count = fill(&places, HS_PEER_ROOT, many);
    ck_assert_uint_eq(count, HS_CTL_CLIENTS_MAX - CLIENTS);
    the_clock.now.boot += HS_IDLE_YIELD_US;
    late = come(&places, HS_PEER_ROOT);
    ck_assert_int_ge(late, 0);
    ck_assert_uint_eq(clients.count, HS_CTL_CLIENTS_MAX);
    the_clock.now.boot += HS_IDLE_US - HS_IDLE_YIELD_US - 1;
    ck_assert(!hs_clients_end_quiet(&clients, HS_PEER_KINDS, HS_IDLE_US, HS_STUCK_US));
    the_clock.now.boot += 1;
    for (size_t left = clients.count; left > 1; left--)
        ck_assert(hs_clients_end_quiet(&clients, HS_PEER_KINDS, HS_IDLE_US, HS_STUCK_US));
    ck_assert(!hs_clients_end_quiet(&clients, HS_PEER_KINDS, HS_IDLE_US, HS_STUCK_US));
    ck_assert_int_eq(read(many[0], &byte, 1), 0);
    ck_assert_int_eq(read(late, &byte, 1), -1);
    close(late);
    leave(many, count);
    hs_places_fini(&places);
    teardown();
}
END_TEST

/* The clock reads a real time, so the connections are made to be a minute old. */
START_TEST(test_quiet_connections_are_looked_for)
{
    struct hs_places places;
    char byte;

    setup();
    for (int i = 0; i < CLIENTS; i++)
        close(ends[i]);
    hs_clients_fini(&clients);
    ck_assert_int_eq(hs_clients_init(&clients, base, &turn, handle, NULL), 0);
    ck_assert_int_eq(hs_places_init(&places, base, &clients, &none), 0);
    hs_clock_read(&the_clock);
    ends[1] = come(&places, HS_PEER_ROOT);
    the_clock.now.boot -= HS_IDLE_US;
    ends[0] = come(&places, HS_PEER_ROOT);
    hs_places_watch(&places);
    ck_assert(evtimer_pending(places.sweep, NULL));
    event_active(places.sweep, EV_TIMEOUT, 0);
    event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
    ck_assert_int_eq(read(ends[0], &byte, 1), 0);
    ck_assert_int_eq(read(ends[1], &byte, 1), -1);
    ck_assert(evtimer_pending(places.sweep, NULL));
    ends[2] = -1;
    hs_places_fini(&places);
    teardown();
}
END_TEST

/* An answer under way, one that is being read, and a monitor are not quiet. */
START_TEST(test_a_client_that_waits_for_us_is_not_quiet)
{
    char text[64];

    setup();
    ask(0, 'l', 1);
    run_until_served(1);
    ask(1, 'm', 1);
    run_until_served(2);
    read_answer(1, text, sizeof(text));
    ask(2, 'q', 1);
    run_until_served(3);
    bool ended = false;
    for (int i = 0; i < 20 && !ended; i++) { /* it may be looked at for one more request */
        event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
        the_clock.now.boot += HS_IDLE_US;
        ended = hs_clients_end_quiet(&clients, HS_PEER_KINDS, HS_IDLE_US, HS_STUCK_US);
    }
    ck_assert(ended);
    ck_assert(!hs_clients_end_quiet(&clients, HS_PEER_KINDS, HS_IDLE_US, HS_STUCK_US));
    ck_assert_uint_eq(clients.count, CLIENTS - 1);
    teardown();
}
END_TEST

/* ---- denials ----------------------------------------------------------------------------- */

static char told[1024];
static size_t tellings;

static bool sink_wants(const struct hs_sink *sink, enum hs_level level)
{
    (void)sink;
    return level == HS_LEVEL_WARN;
}

static void sink_take(struct hs_sink *sink, enum hs_level level, enum hs_line line,
                      const char *text, size_t len)
{
    (void)sink;
    (void)level;
    ck_assert_int_eq(line, HS_LINE_REFUSE);
    ck_assert_uint_lt(len, sizeof(told));
    memcpy(told, text, len);
    told[len] = '\0';
    tellings++;
}

START_TEST(test_one_line_a_minute_stands_for_all_that_is_denied)
{
    struct hs_sink sink = {.wants = sink_wants, .take = sink_take};
    const struct hs_identity identity = {.name = "a"};
    struct hs_report report = {.clock = &the_clock, .identity = &identity, .sinks = &sink};
    const struct hs_peer peer = {.uid = 7, .pid = 8, .kind = HS_PEER_READER};
    struct hs_denials denials = {.count = 0};

    tellings = 0;
    the_clock.now.boot = 1000;
    for (int i = 0; i < 5; i++)
        hs_denials_note(&denials, &report, &peer, "leave");
    the_clock.now.boot += HS_DENIALS_TELL_US - 1;
    hs_denials_note(&denials, &report, &peer, "leave");
    ck_assert_uint_eq(tellings, 1);
    ck_assert_ptr_nonnull(strstr(told, "\"reason\":\"denied\",\"uid\":7,\"pid\":8,"
                                       "\"command\":\"leave\",\"count\":1}"));
    the_clock.now.boot++;
    hs_denials_note(&denials, &report, &peer, NULL);
    ck_assert_uint_eq(tellings, 2);
    ck_assert_ptr_nonnull(strstr(told, "\"pid\":8,\"count\":6}"));
    ck_assert_uint_eq(denials.count, 7);
}
END_TEST

START_TEST(test_names_come_out_by_order)
{
    struct hs_names names = {.text = NULL};
    uint64_t random = 1;
    char last[32] = "";

    ck_assert_ptr_null(hs_names_take(&names));
    for (int i = 0; i < 20000; i++) {
        char name[32];

        snprintf(name, sizeof(name), "n%zu", harness_below(&random, 15000));
        ck_assert(hs_names_add(&names, name));
    }
    for (int i = 0; i < 20000; i++) {
        const char *name = hs_names_take(&names);

        ck_assert_ptr_nonnull(name);
        ck_assert_int_le(strcmp(last, name), 0);
        snprintf(last, sizeof(last), "%s", name);
    }
    ck_assert_ptr_null(hs_names_take(&names));
    hs_names_fini(&names);
}
END_TEST

HARNESS_MAIN("clients", test_many_requests_of_each_are_served_in_turn,
             test_each_changes_the_node_once_a_turn,
             test_a_long_answer_lets_others_and_the_loop_go_on,
             test_an_answer_that_fails_is_followed_by_the_next,
             test_a_stream_that_waits_goes_on_with_news_and_ends_with_its_client,
             test_a_client_that_goes_frees_its_answer, test_nobody_takes_the_places_of_others,
             test_a_group_that_is_set_later_has_its_places,
             test_those_who_only_ask_have_places_of_their_own,
             test_a_quiet_connection_yields_its_place_and_ends_after_a_minute,
             test_quiet_connections_are_looked_for, test_a_client_that_waits_for_us_is_not_quiet,
             test_one_line_a_minute_stands_for_all_that_is_denied, test_names_come_out_by_order)
