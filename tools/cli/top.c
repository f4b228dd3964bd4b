/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `top`: the members, live. The view comes from `follow`, so the agent is asked for nothing more
 * however often the screen is drawn; only `why` asks it, when a key is pressed. A frame is drawn
 * when something has changed, FRAME_US apart, and else once per -d, because times go on.
 *
 * Where there is no terminal, or with -b, frames are printed: one, or as many as -n says.
 */
#include "top.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <hearsay/host.h>

#include "ctl/ctl.h"
#include "format.h"
#include "link/link.h"
#include "message.h"
#include "mirror/mirror.h"
#include "out.h"
#include "terminal.h"
#include "top_frame.h"
#include "top_news.h"
#include "top_view.h"
#include "vouch.h"

#define FRAME_US    100000  /* between two frames that nobody asked for by a key, or */
#define FRAME_COSTS 10      /* so many times what the last one took to make */
#define ESCAPE_US   50000   /* an escape behind which nothing came for so long is that key */
#define FIND_US     500000  /* between two looks for an agent */
#define ASK_S       1       /* how long the screen may stand still for an answer */
#define WAITING_US  5000000 /* R41: then a new agent that has not joined is shown, too */
#define FRAMES_MAX  1000000
#define DELAY_MAX_S 3600
#define SECOND_US   UINT64_C(1000000)

struct top {
    struct cli *cli;
    struct hs_mirror *mirror;
    struct hs_link link;
    char path[HS_CTL_PATH_MAX];
    char fault[HS_LINK_FAULT_MAX]; /* why there is no agent; "": none was missing */
    uint64_t find_at;              /* when to look for one; boot time, as all times here */
    uint64_t waits_since;          /* a new agent's view waits; 0: none does */
    uint64_t delay_us;
    long frames; /* still to be printed; live: unused */
    struct cli_top_view view;
    struct cli_top_news news;
    json_t *why;
    char *why_fault;
};

static uint64_t boot(void)
{
    return hearsay_host_now().boot;
}

/* ---- the agent --------------------------------------------------------------------------- */

/* The socket at which an agent answers, as all commands find it. Returns 0 or an exit code. */
static int find_agent(struct top *top, bool quiet, int timeout_s)
{
    struct cli_client client = {.fd = -1,
                                .given_socket = top->cli->client.given_socket,
                                .timeout_s = timeout_s,
                                .quiet = quiet,
                                .brief = true};
    json_t *answer = NULL;
    int code = cli_ask(&client, cli_new_request(HS_CTL_COMMAND_VERSION), &answer);

    json_decref(answer);
    snprintf(top->fault, sizeof(top->fault), "%s", code != 0 ? client.complaint : "");
    if (code == 0)
        snprintf(top->path, sizeof(top->path), "%s", client.path);
    cli_disconnect(&client);
    return code;
}

/* R41: what a new agent knows is shown once it has joined, or after a while. */
static void adopt_in_time(struct top *top, uint64_t now)
{
    if (!hs_mirror_waits(top->mirror))
        top->waits_since = 0;
    else if (top->waits_since == 0)
        top->waits_since = now;
    else if (now - top->waits_since >= WAITING_US)
        hs_mirror_adopt(top->mirror);
}

/* Reads what has come, and looks for the agent while there is none. Returns true if what is shown
 * may have changed. */
static bool work_link(struct top *top, uint64_t now)
{
    bool connected = hs_link_fd(&top->link) >= 0, was_current = hs_mirror_current(top->mirror);
    uint64_t newest = hs_mirror_log_newest(hs_mirror_log(top->mirror));

    if (connected || now >= top->find_at) {
        if (connected || find_agent(top, true, ASK_S) == 0)
            hs_link_work(&top->link, now);
        if (hs_link_fd(&top->link) < 0) {
            top->find_at = now + FIND_US;
            if (top->fault[0] == '\0')
                snprintf(top->fault, sizeof(top->fault), "%s", top->link.fault);
        }
    }
    adopt_in_time(top, now);
    cli_top_news_read(&top->news, top->mirror);
    return connected != (hs_link_fd(&top->link) >= 0) ||
           was_current != hs_mirror_current(top->mirror) ||
           newest != hs_mirror_log_newest(hs_mirror_log(top->mirror));
}

static void forget_why(struct top *top)
{
    json_decref(top->why);
    free(top->why_fault);
    top->why = NULL;
    top->why_fault = NULL;
}

static void ask_why(struct top *top)
{
    struct cli_client client = {
        .fd = -1, .given_socket = top->path, .timeout_s = ASK_S, .quiet = true, .brief = true};
    json_t *request = cli_new_request(HS_CTL_COMMAND_WHY);

    forget_why(top);
    json_object_set_new(request, "name", json_string(top->view.selected));
    if (cli_ask(&client, request, &top->why) != 0) {
        top->why_fault = strdup(client.complaint);
        if (!top->why_fault)
            cli_out_of_memory();
    }
    cli_disconnect(&client);
    top->view.pane = CLI_TOP_WHY;
    top->view.scroll = 0;
}

static void make_frame(struct top *top, struct cli_frame *ret_frame, unsigned width,
                       unsigned height)
{
    struct cli_top_scene scene = {
        .mirror = top->mirror,
        .agent = {.connected = hs_link_fd(&top->link) >= 0,
                  .silence_us = hs_link_silence_us(&top->link, boot()),
                  .fault = top->fault},
        .news = &top->news,
        .why = top->why,
        .why_fault = top->why_fault,
        .wall = hearsay_host_now().wall,
    };

    cli_top_frame(ret_frame, &scene, &top->view, width, height);
}

static int poll_ms(const struct top *top, uint64_t now, uint64_t until)
{
    uint64_t left = now < until ? until - now : 0;

    if (hs_link_fd(&top->link) < 0 && top->find_at < until)
        left = now < top->find_at ? top->find_at - now : 0;
    return (int)((left + 999) / 1000);
}

/* ---- printing ---------------------------------------------------------------------------- */

/* Until it is time, reading what comes. `current`: or until the view is complete. Returns false if
 * the reader of our output has gone. */
static bool wait_until(struct top *top, uint64_t until, bool current)
{
    for (;;) {
        struct pollfd fds[2] = {{.fd = hs_link_fd(&top->link), .events = POLLIN},
                                {.fd = STDOUT_FILENO, .events = 0}};
        uint64_t now = boot();

        if (now >= until || (current && hs_mirror_current(top->mirror)))
            return true;
        if (poll(fds, 2, poll_ms(top, now, until)) > 0 &&
            (fds[1].revents & (POLLERR | POLLHUP)) != 0)
            return false;
        work_link(top, boot());
    }
}

static void print_frame(struct top *top)
{
    struct cli_frame frame;

    make_frame(top, &frame, 0, 0);
    for (size_t i = 0; i < frame.count; i++) {
        cli_put(frame.lines[i]);
        cli_put("\n");
    }
    cli_frame_fini(&frame);
}

static int run_batch(struct top *top)
{
    int patience_s = top->cli->client.timeout_s, code = find_agent(top, false, patience_s);

    if (code != 0)
        return code;
    work_link(top, boot());
    if (!wait_until(top, boot() + (uint64_t)patience_s * SECOND_US, true))
        return HS_CTL_EXIT_OK;
    if (!hs_mirror_current(top->mirror)) {
        cli_complain("the agent at %s has not told its view within %d s%s%s", top->path, patience_s,
                     top->link.fault[0] != '\0' ? ": " : "", top->link.fault);
        return HS_CTL_EXIT_NO_AGENT;
    }
    for (;;) {
        print_frame(top);
        if (fflush(stdout) != 0 || --top->frames == 0)
            break;
        if (!wait_until(top, boot() + top->delay_us, false))
            break;
        cli_put("\n");
    }
    return hs_link_fd(&top->link) >= 0 ? HS_CTL_EXIT_OK : HS_CTL_EXIT_NO_AGENT;
}

/* ---- live -------------------------------------------------------------------------------- */

/* What the loop knows beside the agent's view. */
struct live {
    struct cli_keys keys;
    struct cli_frame frames[2]; /* the one on the screen, and the one before it */
    int shown;                  /* which; -1: none */
    bool changed, pressed, quit;
    uint64_t drawn_at, typed_at;
    uint64_t cost_us; /* of the last frame */
};

/* Keys can come faster than frames are drawn: each meets the member that the one before has
 * chosen. */
static void settle_view(struct top *top)
{
    struct cli_top_rows rows;

    if (top->view.selected[0] != '\0')
        return;
    cli_top_rows_init(&rows, top->mirror, &top->view);
    cli_top_settle(&top->view, &rows, top->view.page);
    cli_top_rows_fini(&rows);
}

static void press_keys(struct top *top, struct live *live, bool quiet)
{
    int key;

    while (!live->quit && cli_keys_next(&live->keys, quiet, &key)) {
        enum cli_top_wish wish;

        settle_view(top);
        wish = cli_top_press(&top->view, key);
        live->pressed = true;
        live->quit = wish == CLI_TOP_QUIT;
        if (wish == CLI_TOP_ASK_WHY)
            ask_why(top);
    }
}

/* Returns false when the terminal is gone. */
static bool draw_frame(struct top *top, struct live *live)
{
    int next = live->shown == 0 ? 1 : 0;
    unsigned width, height;
    uint64_t began = boot();
    bool shown;

    cli_terminal_size(&width, &height);
    make_frame(top, &live->frames[next], width, height);
    live->cost_us = boot() - began;
    shown = cli_terminal_show(&live->frames[next],
                              live->shown >= 0 ? &live->frames[live->shown] : NULL);
    if (live->shown >= 0)
        cli_frame_fini(&live->frames[live->shown]);
    live->shown = next;
    live->changed = live->pressed = false;
    live->drawn_at = boot();
    return shown;
}

/* The next frame begins with an empty screen. */
static void forget_screen(struct live *live)
{
    if (live->shown >= 0)
        cli_frame_fini(&live->frames[live->shown]);
    live->shown = -1;
    live->pressed = true;
}

/* A frame of very many members takes long to make: then there are fewer of them. */
static uint64_t draw_time(const struct top *top, const struct live *live)
{
    uint64_t pause = live->changed ? FRAME_US : top->delay_us, least = FRAME_COSTS * live->cost_us;

    if (live->pressed)
        return 0;
    return live->drawn_at + (pause > least ? pause : least);
}

static void await_anything(struct top *top, struct live *live)
{
    struct pollfd fds[3] = {{.fd = hs_link_fd(&top->link), .events = POLLIN},
                            {.fd = STDIN_FILENO, .events = POLLIN},
                            {.fd = cli_terminal_signals(), .events = POLLIN}};
    uint64_t now = boot(), until = draw_time(top, live);

    if (live->keys.len > 0 && live->typed_at + ESCAPE_US < until)
        until = live->typed_at + ESCAPE_US;
    if (poll(fds, 3, poll_ms(top, now, until)) > 0 && fds[1].revents != 0) {
        live->quit = !cli_keys_read(&live->keys);
        live->typed_at = boot();
    }
}

/* Returns the signal that ends the program, or 0. */
static int run_live(struct top *top, struct live *live)
{
    while (!live->quit) {
        struct cli_terminal_news news;
        uint64_t now;

        await_anything(top, live);
        news = cli_terminal_take();
        if (news.end != 0)
            return news.end;
        if ((news.suspend && cli_terminal_suspend() < 0) ||
            (news.resumed && cli_terminal_enter() < 0))
            return SIGHUP;
        if (news.suspend || news.resumed || news.resized)
            forget_screen(live);
        now = boot();
        live->changed |= work_link(top, now);
        press_keys(top, live, now >= live->typed_at + ESCAPE_US);
        if (!live->quit && boot() >= draw_time(top, live) && !draw_frame(top, live))
            return cli_terminal_take().end != 0 ? cli_terminal_take().end : SIGHUP;
    }
    return 0;
}

/* Control-C is the end that a person wants; other signals end the process as they do any other. */
static int end_by(int number)
{
    if (number != 0 && number != SIGINT) {
        signal(number, SIG_DFL);
        raise(number);
    }
    return HS_CTL_EXIT_OK;
}

static int run_screen(struct top *top)
{
    struct live live = {.shown = -1, .pressed = true};
    int err = cli_terminal_enter(), number;

    if (err < 0) {
        cli_complain("top: the terminal cannot be used: %s", strerror(-err));
        return HS_CTL_EXIT_REFUSED;
    }
    number = run_live(top, &live);
    cli_terminal_leave();
    forget_screen(&live);
    return end_by(number);
}

/* ---- the command ------------------------------------------------------------------------- */

static bool parse_show(const char *text, enum cli_top_show *ret_show)
{
    for (int i = CLI_TOP_ALIVE; i < CLI_TOP_SHOW_COUNT; i++) {
        if (strcmp(cli_top_show_name((enum cli_top_show)i), text) != 0)
            continue;
        *ret_show = (enum cli_top_show)i;
        return true;
    }
    return false;
}

/* Returns false after saying what is wrong. */
static bool parse_view(const struct cli *cli, struct cli_top_view *view)
{
    const char *sort = cli->value[CLI_SORT], *status = cli->value[CLI_STATUS];
    const char *filter = cli->value[CLI_FILTER];

    if (sort && !cli_top_sort_parse(sort, &view->sort)) {
        cli_complain("top: --sort must be trouble, name, newest, rtt or share, not %s", sort);
        return false;
    }
    if (status && !parse_show(status, &view->show)) {
        cli_complain("top: --status must be alive, suspect or dead, not %s", status);
        return false;
    }
    if (filter && strlen(filter) >= CLI_TOP_FILTER_MAX) {
        cli_complain("top: --filter has at most %d bytes", CLI_TOP_FILTER_MAX - 1);
        return false;
    }
    snprintf(view->filter, sizeof(view->filter), "%s", filter ? filter : "");
    return true;
}

static bool parse_top(struct top *top, bool *ret_batch)
{
    const struct cli *cli = top->cli;
    const char *frames = cli->value[CLI_FRAMES], *delay = cli->value[CLI_DELAY];
    long seconds = 1;

    *ret_batch = cli->value[CLI_BATCH] || !cli_terminal_usable();
    if (cli->value[CLI_JSON]) {
        cli_complain("top: shows what members, ring and monitor print with --json");
        return false;
    }
    if (frames && !cli_parse_number(frames, 1, FRAMES_MAX, &top->frames)) {
        cli_complain("top: -n must be 1 to %d, not %s", FRAMES_MAX, frames);
        return false;
    }
    if (frames && !*ret_batch) {
        cli_complain("top: -n is for frames that are printed: say -b, too");
        return false;
    }
    if (delay && !cli_parse_seconds(delay, DELAY_MAX_S, &seconds)) {
        cli_complain("top: -d must be 1 to %d seconds, not %s", DELAY_MAX_S, delay);
        return false;
    }
    top->delay_us = (uint64_t)seconds * SECOND_US;
    return parse_view(cli, &top->view);
}

int cli_top_run(struct cli *cli)
{
    struct top top = {.cli = cli, .frames = 1};
    bool batch;
    int code;

    if (!parse_top(&top, &batch))
        return HS_CTL_EXIT_USAGE;
    top.mirror = hs_mirror_new(NULL);
    if (!top.mirror)
        cli_out_of_memory();
    hs_link_init(&top.link, top.path, top.mirror);
    top.link.believes = cli_believes;
    code = batch ? run_batch(&top) : run_screen(&top);
    hs_link_fini(&top.link);
    hs_mirror_free(top.mirror);
    cli_top_news_fini(&top.news);
    forget_why(&top);
    return code;
}
