/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A loop of poll(2). In a turn: lines of the agent, each followed by the events that it makes;
 * runs that go on, end and begin; and the file, if it is time.
 */
#include "handle/run.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <syslog.h>
#include <unistd.h>

#include <hearsay/host.h>

#include "handle/contact.h"
#include "handle/feed.h"
#include "handle/keeper.h"
#include "handle/need.h"
#include "handle/team.h"
#include "service/service.h"

#define FDS_OWN 2 /* the agent, signals */

struct run {
    const struct hs_run_options *options;
    struct hs_say say;
    struct hs_say_outlet outlet;
    struct hs_mirror *mirror;
    struct hs_contact contact;
    struct hs_feed feed;
    struct hs_team team;
    struct hs_keeper keeper;
    struct hs_kept kept; /* until the agent is known to be of its cluster */
    int signal_fd;
    bool verified;        /* it is */
    bool held;            /* as it was said */
    unsigned end_signals; /* that have come */
    uint64_t end;         /* when runs are ended, once a signal has come */
    uint64_t waits;       /* since when the mirror waits for an instance to join; 0: it does not */
};

/* ---- the agent --------------------------------------------------------------------------- */

/* What was kept is only good for the cluster that it came from. */
static void verify(struct run *run)
{
    const char *cluster = hs_mirror_cluster(run->mirror);
    char words[HS_ERROR_TEXT_MAX];

    if (run->kept.cluster[0] != '\0' && strcmp(run->kept.cluster, cluster) != 0) {
        hs_error_text(words, "is of cluster %.64s, and the agent of %.64s", run->kept.cluster,
                      cluster);
        hs_keeper_forbid(&run->keeper, words);
        hs_kept_fini(&run->kept);
        hs_handle_roster_fini(&run->feed.roster);
        run->feed.known = run->feed.isolated = false;
        run->feed.ring_checksum = run->feed.zones_checksum = 0;
    }
    hs_team_welcome(&run->team, 0, run->kept.handlers ? &run->kept : NULL, &run->feed,
                    run->options->from_now || !run->feed.known);
    hs_kept_fini(&run->kept);
    hs_keeper_touch(&run->keeper);
    run->verified = true;
}

static void say_held(struct run *run)
{
    struct hs_mirror_state state = hs_mirror_state(run->mirror);

    if (run->feed.held == run->held)
        return;
    run->held = run->feed.held;
    if (run->held)
        hs_say(&run->say, LOG_WARNING, "held", json_pack("{s:b}", "held", 1),
               "handle: events are held back: the agent %s",
               state.isolated ? "is isolated" : "has not joined yet");
    else
        hs_say(&run->say, LOG_INFO, "held", json_pack("{s:b}", "held", 0),
               "handle: events are not held back any more");
}

static void give_events(struct run *run)
{
    char before[HS_MIRROR_ID_MAX];
    struct hs_item *item;

    memcpy(before, run->feed.id, sizeof(before));
    while ((item = hs_feed_next(&run->feed))) {
        hs_team_give(&run->team, item);
        hs_item_unref(item);
        hs_keeper_touch(&run->keeper);
    }
    if (strcmp(before, run->feed.id) != 0)
        hs_keeper_touch(&run->keeper);
    say_held(run);
}

static void adopt_late(struct run *run, uint64_t now)
{
    if (!run->feed.while_isolated || !hs_mirror_waits(run->mirror))
        run->waits = 0;
    else if (run->waits == 0)
        run->waits = now;
    else if (now - run->waits >= HS_RUN_ADOPT_US)
        hs_mirror_adopt(run->mirror);
}

/* True once it is known whose agent it is, and something is shown: its view, or what was kept of it
 * and is gone on from. The lines since then are still to come. */
static bool is_known(const struct run *run)
{
    return hs_mirror_greeted(run->mirror) && hs_mirror_state(run->mirror).id[0] != '\0';
}

/* Returns true if there may be more to read at once. */
static bool follow(struct run *run, uint64_t now)
{
    bool more = true;

    for (int i = 0; more && i < HS_RUN_LINES; i++) {
        more = hs_contact_step(&run->contact, now);
        if (!run->verified && is_known(run))
            verify(run);
        if (run->verified)
            give_events(run);
    }
    adopt_late(run, now);
    hs_contact_look(&run->contact, now);
    return more;
}

/* ---- signals ----------------------------------------------------------------------------- */

static void reload(struct run *run)
{
    struct hs_run_settings settings = {.timeout_us = 0};
    char error[HS_ERROR_TEXT_MAX];
    size_t first;

    if (!run->options->read) {
        hs_say(&run->say, LOG_INFO, "reload", json_pack("{s:b}", "applied", 0),
               "handle: there is no file to read again");
        return;
    }
    if (run->options->read(run->options->closure, &settings, error) < 0) {
        hs_say(&run->say, LOG_ERR, "reload", json_pack("{s:b}", "applied", 0),
               "handle: nothing is changed: %s", error);
        hs_specs_fini(&settings.specs);
        return;
    }
    first = hs_team_set(&run->team, &settings.specs);
    run->team.timeout_us = settings.timeout_us;
    run->feed.while_isolated = settings.while_isolated;
    if (run->verified) {
        hs_team_welcome(&run->team, first, NULL, &run->feed, run->options->from_now);
        hs_keeper_touch(&run->keeper);
    }
    hs_say(&run->say, LOG_INFO, "reload", json_pack("{s:b}", "applied", 1),
           "handle: the settings were read again");
}

static void take_signals(struct run *run, uint64_t now)
{
    struct signalfd_siginfo info;

    while (read(run->signal_fd, &info, sizeof(info)) == sizeof(info)) {
        if (info.ssi_signo == SIGHUP)
            reload(run);
        else if (info.ssi_signo != SIGCHLD && run->end_signals++ == 0)
            run->end = now + HS_RUN_END_US;
    }
}

static int open_signals(void)
{
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    sigaddset(&signals, SIGHUP);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    signal(SIGPIPE, SIG_IGN);
    if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0)
        return -1;
    return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* ---- the loop ---------------------------------------------------------------------------- */

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static int timeout_ms(const struct run *run, uint64_t now)
{
    bool begins = run->verified && run->end_signals == 0;
    uint64_t deadline =
        earlier(hs_team_deadline(&run->team, begins), hs_keeper_deadline(&run->keeper));
    uint64_t most = now + HS_RUN_ADOPT_US; /* to look at the agent now and then */
    int link_ms = hs_link_timeout_ms(&run->contact.link, now), ms;

    if (run->end_signals > 0)
        deadline = earlier(deadline, now < run->end ? run->end : UINT64_MAX);
    deadline = earlier(deadline, most);
    ms = deadline <= now ? 0 : (int)((deadline - now + 999) / 1000);
    return run->end_signals == 0 && link_ms >= 0 && link_ms < ms ? link_ms : ms;
}

static void wait_for_work(struct run *run, bool more)
{
    struct pollfd fds[FDS_OWN + HS_TEAM_FDS_MAX];
    uint64_t now = hearsay_host_now().boot;
    int link_fd = run->end_signals == 0 ? hs_link_fd(&run->contact.link) : -1;
    size_t count = FDS_OWN;

    fds[0] = (struct pollfd){.fd = run->signal_fd, .events = POLLIN};
    fds[1] = (struct pollfd){.fd = link_fd, .events = POLLIN};
    count += hs_team_fds(&run->team, fds + FDS_OWN);
    poll(fds, (nfds_t)count, more ? 0 : timeout_ms(run, now));
}

static void run_handlers(struct run *run, uint64_t now)
{
    struct hs_teller teller = {.node = hs_mirror_node(run->mirror),
                               .cluster = hs_mirror_cluster(run->mirror),
                               .control = run->contact.link.path};
    bool handled = hs_team_work(&run->team, now);

    if (run->end_signals > 1 || (run->end_signals > 0 && now >= run->end))
        hs_team_stop(&run->team, now);
    teller.self = hs_mirror_find(run->mirror, teller.node);
    if (run->verified && run->end_signals == 0 && hs_team_begin(&run->team, &teller, now))
        handled = true;
    if (handled)
        hs_keeper_touch(&run->keeper);
}

static void keep(struct run *run, bool end)
{
    uint64_t now = hearsay_host_now().boot;
    size_t len = 0;

    if (!run->verified || !hs_keeper_due(&run->keeper, now, end))
        return;
    char *bytes = hs_kept_make(hs_mirror_cluster(run->mirror), &run->feed, run->team.handlers,
                               run->team.count, &len);
    hs_keeper_save(&run->keeper, bytes, len, now);
}

static void turn_until_end(struct run *run)
{
    bool more = true;

    while (run->end_signals == 0 || hs_team_runs(&run->team)) {
        wait_for_work(run, more);
        uint64_t now = hearsay_host_now().boot;
        take_signals(run, now);
        more = run->end_signals == 0 && follow(run, now);
        run_handlers(run, now);
        keep(run, false);
    }
    keep(run, true);
}

/* ---- beginning and end ------------------------------------------------------------------- */

/* Returns an exit code. */
static int open_run(struct run *run, struct hs_run_settings *settings)
{
    const struct hs_run_options *options = run->options;

    run->signal_fd = open_signals();
    if (run->signal_fd < 0) {
        hs_say(&run->say, LOG_ERR, "start", NULL, "handle: signals: %s", strerror(errno));
        return HS_EXIT_FAILED;
    }
    if (!hs_keeper_open(&run->keeper, options->state_dir, &run->say))
        return HS_EXIT_FAILED;
    run->mirror = hs_need(hs_mirror_new(NULL));
    run->feed = (struct hs_feed){.mirror = run->mirror,
                                 .silent = options->from_now,
                                 .while_isolated = settings->while_isolated};
    hs_keeper_load(&run->keeper, &run->feed, &run->kept);
    run->team.timeout_us = settings->timeout_us;
    hs_team_set(&run->team, &settings->specs);
    hs_contact_init(&run->contact, options->paths, options->path_count, run->mirror, &run->say,
                    hearsay_host_now().boot);
    run->contact.link.believes = options->believes;
    hs_say(&run->say, LOG_INFO, "start",
           json_pack("{s:I}", "handlers", (json_int_t)run->team.count), "handle: %zu handler%s%s%s",
           run->team.count, run->team.count == 1 ? "" : "s",
           options->state_dir ? "; the state is in " : "; without a state",
           options->state_dir ? options->state_dir
                              : ": what happens while this does not run is missed");
    return HS_EXIT_OK;
}

int hs_run(const struct hs_run_options *options, struct hs_run_settings *settings)
{
    struct run *run = hs_need(calloc(1, sizeof(*run)));

    run->options = options;
    run->say = (struct hs_say){.json = options->json, .outlet = &run->outlet};
    run->team.say = &run->say;
    run->contact.link.fd = run->keeper.dir.lock_fd = -1;
    int code = open_run(run, settings);
    if (code == HS_EXIT_OK) {
        turn_until_end(run);
        hs_say(&run->say, LOG_INFO, "stop", NULL, "handle: ends");
        hs_team_fini(&run->team);
        hs_link_fini(&run->contact.link);
        hs_feed_fini(&run->feed);
        hs_mirror_free(run->mirror);
    }
    hs_specs_fini(&settings->specs);
    hs_kept_fini(&run->kept);
    hs_keeper_close(&run->keeper);
    if (run->signal_fd >= 0)
        close(run->signal_fd);
    free(run);
    return code;
}
