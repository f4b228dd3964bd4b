/* SPDX-License-Identifier: Apache-2.0 */
/* Frames of `hearsay top` as values: of a mirror fed by hand, at a time that stands still. */
#include "agent_lines.h"

#include <locale.h>

#include "frame.h"
#include "out.h"
#include "top_frame.h"
#include "top_news.h"
#include "top_view.h"

#define NOW UINT64_C(1769904011000000) /* 2026-02-01T00:00:11Z, 12 s after all got their status */

static struct cli_frame frame;
static struct cli_top_view view;
static struct cli_top_news news;
static struct cli_top_scene scene;

static void begin(const char *names)
{
    ck_assert_ptr_nonnull(setlocale(LC_CTYPE, "C.UTF-8"));
    cli_screen = (struct cli_screen){.utf8 = true};
    start();
    snapshot(ONE, ONE "-1", names, true);
    view = (struct cli_top_view){.cursor = 0};
    news = (struct cli_top_news){.cursor = 0};
    scene = (struct cli_top_scene){
        .mirror = mirror, .news = &news, .wall = NOW, .agent = {.connected = true, .fault = ""}};
}

static void end(void)
{
    cli_top_news_fini(&news);
    hs_mirror_free(mirror);
}

static void draw(unsigned width, unsigned height)
{
    cli_top_news_read(&news, mirror);
    cli_top_frame(&frame, &scene, &view, width, height);
    ck_assert(height == 0 || frame.count == height);
    for (size_t i = 0; width > 0 && i < frame.count; i++)
        ck_assert_msg(cli_columns(frame.lines[i]) <= width, "%s", frame.lines[i]);
}

/* The frame has these lines; NULL: whatever. */
static void shows(unsigned width, unsigned height, const char *const *lines, size_t count)
{
    draw(width, height);
    ck_assert_uint_ge(frame.count, count);
    for (size_t i = 0; i < count; i++)
        if (lines[i])
            ck_assert_str_eq(frame.lines[i], lines[i]);
    cli_frame_fini(&frame);
}

#define SHOWS(width, height, ...)                                                                  \
    do {                                                                                           \
        const char *const lines[] = {__VA_ARGS__};                                                 \
        shows(width, height, lines, sizeof(lines) / sizeof(lines[0]));                             \
    } while (0)

static bool has(const char *text)
{
    for (size_t i = 0; i < frame.count; i++)
        if (strstr(frame.lines[i], text))
            return true;
    return false;
}

/* A frame of 80x24 has this text in one of its lines, or has not. */
static void says(const char *text, bool said)
{
    draw(80, 24);
    ck_assert_msg(has(text) == said, "%s", text);
    cli_frame_fini(&frame);
}

static void press(const char *keys)
{
    for (; *keys != '\0'; keys++)
        cli_top_press(&view, (unsigned char)*keys);
}

static void change(const char *id, const char *name, const char *from, const char *to)
{
    fed("{\"follow\":\"member\",\"id\":\"%s\",\"event\":{\"time\":\"2026-02-01T00:00:10.000000Z\","
        "\"level\":\"warn\",\"event\":\"member\",\"name\":\"%s\",\"from\":\"%s\",\"to\":\"%s\","
        "\"reason\":\"failed\"},\"member\":{\"name\":\"%s\",\"addr\":\"10.0.0.1:7847\","
        "\"status\":\"%s\",\"cause\":\"%s\",\"id\":\"00000000000000ff\","
        "\"instance\":\"00000000000000fe\",\"timestamp\":7,\"start\":6,\"tokens\":4,\"tags\":{},"
        "\"self\":false,\"rtt_us\":300,\"version_min\":1,\"version_max\":1,"
        "\"since\":\"2026-02-01T00:00:10.000000Z\",\"keys\":[]}}",
        id, name, from, to, name, to, strcmp(to, "dead") == 0 ? "failed" : "none");
}

/* ---- frames ------------------------------------------------------------------------------ */

START_TEST(test_a_narrow_screen_has_what_matters)
{
    begin("ab");
    SHOWS(40, 10, "a  ready                    00:00:11 UTC",
          "2 alive, 0 suspect, 0 dead  ring f09daa…", " NAME  STATUS      FOR     RTT",
          ">a     alive       12s   300us", " b     alive       12s   300us", "", "", NULL, NULL,
          "1-2 of 2 by trouble  ? help  q quit  w …");
    end();
}
END_TEST

START_TEST(test_a_wide_screen_has_all_columns)
{
    begin("ab");
    member(ONE "-2", "b", "alive", "\"rack\":\"r1,x\"");
    draw(140, 24);
    ck_assert_str_eq(frame.lines[2], " NAME  STATUS   CAUSE      FOR     RTT    SHARE              "
                                     "ADDRESS                TAGS");
    ck_assert_ptr_nonnull(strstr(frame.lines[4], "  10.0.0.1:7847          rack=\"r1,x\""));
    cli_frame_fini(&frame);
    end();
}
END_TEST

START_TEST(test_every_size_is_kept)
{
    begin("abcdefgh");
    change(ONE "-2", "c", "alive", "suspect");
    for (int pane = CLI_TOP_LIST; pane <= CLI_TOP_HELP; pane++) {
        view.pane = (enum cli_top_pane)pane;
        scene.why_fault = "no agent";
        for (unsigned width = 1; width < 150; width += width < 45 ? 2 : 13) {
            for (unsigned height = 1; height < 40; height += height < 12 ? 1 : 9) {
                draw(width, height);
                cli_frame_fini(&frame);
            }
        }
    }
    end();
}
END_TEST

START_TEST(test_without_a_size_nothing_is_left_out)
{
    char name[HEARSAY_NAME_MAX + 1];

    memset(name, 'x', HEARSAY_NAME_MAX);
    name[HEARSAY_NAME_MAX] = '\0';
    begin("ab");
    member(ONE "-2", name, "alive", "\"t\":\"0123456789012345678901234567890123456789\"");
    draw(0, 0);
    ck_assert(has(name) && has("t=0123456789012345678901234567890123456789"));
    ck_assert(!has(">") && !has("q quit"));
    cli_frame_fini(&frame);
    draw(80, 24);
    ck_assert(!has(name) && has("xxx…xxx"));
    cli_frame_fini(&frame);
    end();
}
END_TEST

START_TEST(test_colours_are_used_where_the_tool_uses_them)
{
    begin("ab");
    cli_screen.color = true;
    draw(80, 24);
    ck_assert_str_eq(frame.lines[2],
                     " \033[1mNAME\033[0m  \033[1mSTATUS\033[0m   \033[1mCAUSE\033[0m      "
                     "\033[1mFOR\033[0m     \033[1mRTT\033[0m    \033[1mSHARE\033[0m  "
                     "            \033[1mTAGS\033[0m");
    ck_assert_ptr_nonnull(strstr(frame.lines[4], "\033[32malive\033[0m"));
    ck_assert_int_eq(strncmp(frame.lines[3], "\033[7m>a", 6), 0);
    ck_assert_ptr_null(strstr(frame.lines[3], "\033[32m"));
    ck_assert_uint_eq(cli_columns(frame.lines[3]), 80);
    cli_frame_fini(&frame);
    end();
}
END_TEST

START_TEST(test_what_comes_from_others_breaks_nothing)
{
    begin("a");
    member(ONE "-2", "b", "alive",
           "\"t\":\"\\u001b[2J\\n\\u202e漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢漢\"");
    draw(75, 12);
    ck_assert(has("\\x1b[2J\\x0a\\u202e漢"));
    for (size_t i = 0; i < frame.count; i++)
        ck_assert_ptr_null(strpbrk(frame.lines[i], "\033\n\r"));
    cli_frame_fini(&frame);
    end();
}
END_TEST

/* ---- the agent --------------------------------------------------------------------------- */

START_TEST(test_the_state_of_the_agent_is_said_in_words)
{
    begin("ab");
    says("ready", true);
    fed("%s", state("state", ONE "-2", false, ""));
    says("not joined yet: it knows no more than itself", true);
    fed("{\"follow\":\"state\",\"id\":\"" ONE "-3\",\"time\":\"2026-01-31T23:59:59.500000Z\","
        "\"digest\":\"00000000000000d1\",\"ready\":true,\"isolated\":true,\"leaving\":false}");
    says("isolated: it hears nobody, and shows what was before", true);
    scene.agent.silence_us = 3200000;
    says("the agent has been silent for 3.2s", true);
    hs_mirror_cut(mirror);
    scene.agent = (struct cli_top_agent){false, 12000000, "no agent at /x: Connection refused"};
    says("the agent is gone, this was 12s ago: no agent at /x: Connection refused", true);
    says("b     alive", true);
    scene.agent.connected = true;
    scene.agent.silence_us = 0;
    snapshot(TWO, TWO "-1", "a", false);
    says("the agent was started anew and has not joined yet", true);
    says("b     alive", true);
    hs_mirror_adopt(mirror);
    says("not joined yet", true);
    says("b     alive", false);
    end();
}
END_TEST

START_TEST(test_before_an_agent_was_found_that_is_said)
{
    begin("a");
    hs_mirror_free(mirror);
    start();
    scene.mirror = mirror;
    scene.agent = (struct cli_top_agent){false, UINT64_MAX, "no agent at /x: No such file"};
    SHOWS(60, 10, "hearsay  no agent                               00:00:11 UTC",
          "0 alive, 0 suspect, 0 dead", "no agent at /x: No such file");
    end();
}
END_TEST

/* ---- news -------------------------------------------------------------------------------- */

START_TEST(test_what_changed_lately_is_a_sentence_with_its_reason)
{
    begin("ab");
    says("23:59:59 a alive", true); /* what was before somebody followed */
    change(ONE "-2", "b", "alive", "suspect");
    change(ONE "-3", "b", "suspect", "dead");
    says("00:00:10 b alive -> suspect (failed)", true);
    says("00:00:10 b suspect -> dead (failed)", true);
    fed("{\"follow\":\"event\",\"id\":\"" ONE "-4\",\"event\":{\"time\":\"2026-02-01T00:00:10.0Z\","
        "\"level\":\"debug\",\"event\":\"refute\"}}");
    says("refute", false);
    end();
}
END_TEST

START_TEST(test_a_flood_of_news_keeps_the_last)
{
    char id[40];

    begin("ab");
    for (int i = 2; i < 3000; i += 2) {
        snprintf(id, sizeof(id), ONE "-%d", i);
        change(id, "b", "alive", "suspect");
        snprintf(id, sizeof(id), ONE "-%d", i + 1);
        change(id, "b", "suspect", "alive");
        if (i % 500 == 0)
            cli_top_news_read(&news, mirror);
    }
    draw(80, 24);
    ck_assert_str_eq(frame.lines[22], "00:00:10 b suspect -> alive (failed)");
    cli_frame_fini(&frame);
    for (size_t i = 0; i < 2 * CLI_TOP_NEWS_MAX; i++)
        ck_assert(!cli_top_news_at(&news, i) == (i >= CLI_TOP_NEWS_MAX));
    end();
}
END_TEST

START_TEST(test_a_dead_member_that_keeps_its_keys_is_marked_until_they_move)
{
    begin("abc");
    fed("{\"follow\":\"member\",\"id\":\"" ONE "-2\",\"event\":{\"event\":\"member\"},\"member\":{"
        "\"name\":\"a\",\"addr\":\"10.0.0.1:7847\",\"status\":\"alive\",\"cause\":\"none\","
        "\"id\":\"00000000000000ff\",\"instance\":\"00000000000000fe\",\"timestamp\":7,"
        "\"start\":6,\"tokens\":4,\"tags\":{},\"self\":true,\"rtt_us\":0,\"version_min\":1,"
        "\"version_max\":1,\"since\":\"2026-01-31T23:59:59.000000Z\",\"ring_hold_us\":30000000,"
        "\"ring_settle_us\":0,\"keys\":[]}}");
    change(ONE "-3", "b", "alive", "dead");
    SHOWS(40, 10, NULL, "2 alive, 0 suspect, 1 dead, 1 held  rin…",
          "* keeps its keys until its death is 30s…", NULL, ">b     dead*      1.0s       -",
          " a     alive       12s    self", " c     alive       12s   300us");
    press("?");
    says("dead*    held: it keeps its keys", true);
    press("xsss/c\r"); /* it is counted, and its star explained, where it is not shown */
    says("1 held", true);
    says("until its death is 30s old (ring-hold)", true);
    cli_top_press(&view, CLI_KEY_ESCAPE);
    ring_line(ONE "-4", 2, "ac", "\"removed\":[\"b\"],\"set\":[]");
    says("held", false);
    says("dead     failed", true);
    ring_line(ONE "-5", 3, "abc", "\"removed\":[],\"set\":[{\"name\":\"b\",\"tokens\":4}]");
    says("dead*    failed", true);
    change(ONE "-6", "b", "dead", "alive");
    says("3 alive, 0 suspect, 0 dead  ring", true);
    says("*", false);
    end();
}
END_TEST

/* ---- the view ---------------------------------------------------------------------------- */

static void first_is(const char *name)
{
    draw(80, 24);
    ck_assert_msg(strncmp(frame.lines[3] + 1, name, strlen(name)) == 0, "%s", frame.lines[3]);
    cli_frame_fini(&frame);
}

START_TEST(test_trouble_comes_first_and_orders_change)
{
    begin("abcd");
    change(ONE "-2", "c", "alive", "suspect");
    change(ONE "-3", "d", "alive", "dead");
    ring_line(ONE "-4", 2, "abc", "\"removed\":[\"d\"],\"set\":[]");
    SHOWS(80, 24, NULL, "2 alive, 1 suspect, 1 dead  ring 706164f44b059c53, 12 tokens", NULL,
          ">c     suspect  -         1.0s   300us   49.38%  ██████████  -",
          " d     dead     failed    1.0s       -    0.00%              -");
    press("o"); /* by name */
    first_is("a");
    press("o"); /* newest */
    first_is("c");
    press("o"); /* the slowest: the dead have no round trip */
    first_is("a");
    press("o"); /* the greatest share */
    first_is("c");
    press("o");
    ck_assert_int_eq(view.sort, CLI_TOP_TROUBLE);
    end();
}
END_TEST

START_TEST(test_a_filter_shows_some)
{
    begin("abcd");
    change(ONE "-2", "c", "alive", "suspect");
    change(ONE "-3", "d", "alive", "dead");
    ring_line(ONE "-4", 2, "abc", "\"removed\":[\"d\"],\"set\":[]");
    member(ONE "-5", "a", "alive", "\"role\":\"Database\"");
    press("s"); /* not alive */
    says("1-2 of 2 by trouble, not alive", true);
    press("s");
    says("1-2 of 2 by trouble, alive", true);
    press("sss");
    press("/datab");
    says("/datab_", true);
    press("\r");
    says("1-1 of 1 by trouble, /datab", true);
    first_is("a");
    press("/\177\177\177q\177"); /* letters are text as long as it is typed */
    says("/da_", true);
    cli_top_press(&view, CLI_KEY_ESCAPE);
    says("1-4 of 4 by trouble", true);
    press("/failed\r");
    first_is("d");
    press("/zzz");
    says("0-0 of 0", false);
    press("\r");
    says("0-0 of 0 by trouble", true);
    press("w"); /* nobody is there to be asked about */
    ck_assert_int_eq(view.pane, CLI_TOP_LIST);
    end();
}
END_TEST

START_TEST(test_a_long_filter_and_letters_of_many_bytes)
{
    begin("a");
    press("/");
    for (int i = 0; i < 100; i++)
        press("é");
    ck_assert_uint_lt(strlen(view.filter), CLI_TOP_FILTER_MAX);
    press("\025"); /* Control-U */
    ck_assert_str_eq(view.filter, "");
    press("é\177");
    ck_assert_str_eq(view.filter, "");
    end();
}
END_TEST

START_TEST(test_the_cursor_follows_its_member)
{
    begin("abcdefghijklmnop");
    draw(80, 12);
    cli_frame_fini(&frame);
    press("jj");
    SHOWS(80, 12, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
          "1-6 of 16 by trouble  ? help  q quit  w why  / text  s status  o order");
    ck_assert_str_eq(view.selected, "c");
    change(ONE "-2", "h", "alive", "suspect");
    draw(80, 12);
    ck_assert_str_eq(view.selected, "c");
    ck_assert_uint_eq(view.cursor, 3);
    ck_assert_str_eq(frame.lines[6],
                     ">c     alive    -          12s   300us    3.49%  ██          -");
    cli_frame_fini(&frame);
    press("G");
    draw(80, 12);
    ck_assert_str_eq(view.selected, "p");
    ck_assert_uint_eq(view.top, 10);
    cli_frame_fini(&frame);
    cli_top_press(&view, CLI_KEY_PAGE_UP);
    draw(80, 12);
    ck_assert_uint_eq(view.cursor, 9);
    cli_frame_fini(&frame);
    fed("{\"follow\":\"gone\",\"id\":\"" ONE "-3\",\"name\":\"%s\"}", view.selected);
    draw(80, 12);
    ck_assert_uint_eq(view.cursor, 9);
    cli_frame_fini(&frame);
    draw(80, 60); /* a higher screen shows all of them */
    ck_assert_uint_eq(view.top, 0);
    cli_frame_fini(&frame);
    press("g");
    draw(80, 12);
    ck_assert_uint_eq(view.cursor, 0);
    cli_frame_fini(&frame);
    end();
}
END_TEST

START_TEST(test_trouble_comes_up_under_a_cursor_that_nobody_has_moved)
{
    begin("abcdefghijklmnop");
    draw(80, 12);
    cli_frame_fini(&frame);
    change(ONE "-2", "m", "alive", "suspect");
    first_is("m");
    ck_assert_str_eq(view.selected, "m");
    press("jk"); /* back at the top it stays there again */
    change(ONE "-3", "f", "alive", "suspect");
    first_is("f");
    end();
}
END_TEST

START_TEST(test_why_and_help_have_the_screen_until_a_key)
{
    json_t *why;

    begin("ab");
    draw(80, 24);
    cli_frame_fini(&frame);
    ck_assert_int_eq(cli_top_press(&view, 'w'), CLI_TOP_ASK_WHY);
    view.pane = CLI_TOP_WHY;
    scene.why_fault = "the agent at /x does not answer";
    says("the agent at /x does not answer", true);
    why = json_pack("{s:{s:s, s:s, s:s, s:i}, s:[]}", "member", "name", "b", "addr", "10.0.0.1:1",
                    "status", "alive", "in_state_us", 5000000, "history");
    scene.why = why;
    says("b (10.0.0.1:1) has been alive for 5.0s.", true);
    ck_assert_int_eq(cli_top_press(&view, 'r'), CLI_TOP_ASK_WHY);
    press("jjj");
    ck_assert_int_eq(view.pane, CLI_TOP_WHY);
    says("b (10.0.0.1:1) has been alive", true); /* all of it fits, so it does not move */
    press("x");
    ck_assert_int_eq(view.pane, CLI_TOP_LIST);
    press("?");
    says("another member", true);
    press("G");
    draw(40, 10);
    ck_assert(has("SHARE") && !has("another member"));
    cli_frame_fini(&frame);
    cli_top_press(&view, CLI_KEY_UP);
    draw(40, 10);
    ck_assert(!has("SHARE"));
    cli_frame_fini(&frame);
    press("q");
    ck_assert_int_eq(cli_top_press(&view, 'q'), CLI_TOP_QUIT);
    json_decref(why);
    end();
}
END_TEST

HARNESS_MAIN("top", test_a_narrow_screen_has_what_matters, test_a_wide_screen_has_all_columns,
             test_every_size_is_kept, test_without_a_size_nothing_is_left_out,
             test_colours_are_used_where_the_tool_uses_them,
             test_what_comes_from_others_breaks_nothing,
             test_the_state_of_the_agent_is_said_in_words,
             test_before_an_agent_was_found_that_is_said,
             test_what_changed_lately_is_a_sentence_with_its_reason,
             test_a_flood_of_news_keeps_the_last,
             test_a_dead_member_that_keeps_its_keys_is_marked_until_they_move,
             test_trouble_comes_first_and_orders_change, test_a_filter_shows_some,
             test_a_long_filter_and_letters_of_many_bytes, test_the_cursor_follows_its_member,
             test_trouble_comes_up_under_a_cursor_that_nobody_has_moved,
             test_why_and_help_have_the_screen_until_a_key)
