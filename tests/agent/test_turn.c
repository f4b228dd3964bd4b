/* SPDX-License-Identifier: Apache-2.0 */
/* A turn of the loop: one pump after all ready callbacks, work that is left over continues after a
 * poll, one budget for all work (R20a: turn budget). */
#include "harness.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <hearsay/host.h>

#include "agent/base/turn.h"

static struct event_base *base;
static struct hs_clock the_clock;
static struct hs_turn turn;
static int ends[2]; /* a pair of datagram sockets */

static unsigned pumps, pumps_wanted, heard_after;
static void (*in_pump)(void);

static void on_pump(evutil_socket_t fd, short what, void *context)
{
    (void)fd;
    (void)what;
    (void)context;
    hs_turn_begin_pump(&turn);
    hs_clock_read(&the_clock);
    pumps++;
    if (in_pump)
        in_pump();
    hs_turn_end(&turn);
    if (pumps >= pumps_wanted)
        event_base_loopbreak(base);
}

static void on_readable(evutil_socket_t fd, short what, void *context)
{
    char byte;

    (void)what;
    (void)context;
    ck_assert_int_eq(read(fd, &byte, 1), 1);
    if (heard_after == 0)
        heard_after = pumps;
}

static void setup(unsigned wanted, void (*action)(void))
{
    base = event_base_new();
    memset(&the_clock, 0, sizeof(the_clock));
    pumps = heard_after = 0;
    pumps_wanted = wanted;
    in_pump = action;
    ck_assert_int_eq(hs_turn_init(&turn, base, &the_clock, on_pump, NULL), 0);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, ends), 0);
}

static void teardown(void)
{
    hs_turn_fini(&turn);
    event_base_free(base);
    close(ends[0]);
    close(ends[1]);
}

static uint64_t boot_now(void)
{
    return hearsay_host_now().boot;
}

static void spend(uint64_t us)
{
    uint64_t end = boot_now() + us;

    while (boot_now() < end) {
    }
}

START_TEST(test_however_often_it_is_touched_the_pump_runs_once)
{
    setup(UINT32_MAX, NULL);
    for (int i = 0; i < 5; i++)
        hs_turn_touch(&turn);
    event_base_loop(base, EVLOOP_NONBLOCK);
    ck_assert_uint_eq(pumps, 1);
    event_base_loop(base, EVLOOP_NONBLOCK);
    ck_assert_uint_eq(pumps, 1);
    teardown();
}
END_TEST

/* A datagram comes while the pump runs, so that nothing but a poll can tell of it. */
static void send_at_fifth(void)
{
    if (pumps == 5)
        ck_assert_int_eq(write(ends[1], "x", 1), 1);
}

static void always_again(void)
{
    send_at_fifth();
    hs_turn_again(&turn);
}

static void always_touch(void)
{
    send_at_fifth();
    hs_turn_touch(&turn);
}

/* A pump that always leaves something over, as under a flood, still lets a socket be heard. */
static void hear_during(void (*action)(void))
{
    setup(1000, action);
    struct event *readable = event_new(base, ends[0], EV_READ | EV_PERSIST, on_readable, NULL);
    ck_assert_int_eq(event_add(readable, NULL), 0);
    hs_turn_touch(&turn);
    event_base_dispatch(base);
    ck_assert_uint_eq(pumps, 1000);
    ck_assert_uint_ge(heard_after, 5);
    ck_assert_uint_le(heard_after, 7);
    event_free(readable);
    teardown();
}

START_TEST(test_what_is_left_over_goes_on_after_a_poll)
{
    hear_during(always_again);
}
END_TEST

START_TEST(test_touched_by_the_pump_itself_it_goes_on_after_a_poll)
{
    hear_during(always_touch);
}
END_TEST

START_TEST(test_work_has_one_budget_a_turn)
{
    setup(1, NULL);
    hs_turn_begin_work(&turn);
    ck_assert_uint_gt(hs_turn_left(&turn), 0);
    spend(HS_TURN_BUDGET_US);
    ck_assert_uint_eq(hs_turn_left(&turn), 0);
    hs_turn_end_work(&turn);
    ck_assert_uint_eq(hs_turn_left(&turn), 0);
    hs_turn_begin_work(&turn);
    ck_assert_uint_eq(hs_turn_left(&turn), 0);
    hs_turn_end_work(&turn);

    uint64_t number = turn.number;
    hs_turn_end(&turn);
    ck_assert_uint_eq(turn.number, number + 1);
    ck_assert_uint_gt(hs_turn_left(&turn), 0);
    teardown();
}
END_TEST

START_TEST(test_a_datagram_ends_work_but_not_the_first_millisecond)
{
    setup(1, NULL);
    turn.udp_fd = ends[0];
    ck_assert_int_eq(write(ends[1], "x", 1), 1);
    hs_turn_begin_work(&turn);
    ck_assert_uint_gt(hs_turn_left(&turn), 0);
    ck_assert_uint_le(hs_turn_left(&turn), HS_TURN_LEAST_US);
    spend(HS_TURN_LEAST_US);
    ck_assert_uint_eq(hs_turn_left(&turn), 0);
    hs_turn_end_work(&turn);
    teardown();
}
END_TEST

START_TEST(test_the_longest_turn_is_remembered_for_a_minute)
{
    setup(1, NULL);
    hs_clock_read(&the_clock);
    spend(3000);
    hs_turn_end(&turn);
    uint64_t longest = hs_turn_longest(&turn);
    ck_assert_uint_ge(longest, 3000);
    hs_clock_read(&the_clock);
    hs_turn_end(&turn);
    ck_assert_uint_eq(hs_turn_longest(&turn), longest);
    turn.slot -= HS_TURN_SLOTS - 1; /* as if a minute had passed */
    ck_assert_uint_le(hs_turn_longest(&turn), longest);
    turn.slot -= HS_TURN_SLOTS;
    ck_assert_uint_eq(hs_turn_longest(&turn), 0);
    teardown();
}
END_TEST

HARNESS_MAIN("turn", test_however_often_it_is_touched_the_pump_runs_once,
             test_what_is_left_over_goes_on_after_a_poll,
             test_touched_by_the_pump_itself_it_goes_on_after_a_poll,
             test_work_has_one_budget_a_turn,
             test_a_datagram_ends_work_but_not_the_first_millisecond,
             test_the_longest_turn_is_remembered_for_a_minute)
