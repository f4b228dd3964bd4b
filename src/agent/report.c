/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One place makes every line, so that docs/log-schema.json has one counterpart. Levels: what an
 * operator must act on is error, what shows trouble in the cluster is warn, its normal life is
 * info, and what only explains is debug: duplicates, stale news and strangers are dropped all the
 * time in a healthy cluster.
 */
#include "agent/agent.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *hs_line_name(enum hs_line line)
{
    static const char *const names[] = {
#define HS_LINE_NAME(name, text) text,
        HS_LINES(HS_LINE_NAME)
#undef HS_LINE_NAME
    };

    return names[line];
}

json_t *hs_json_text(const char *text, size_t len)
{
    json_t *json = json_stringn(text, len);
    char *copy;

    if (json != NULL || len == 0)
        return json;
    copy = malloc(len);
    if (copy == NULL)
        return NULL;
    memcpy(copy, text, len);
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)copy[i] >= 0x80)
            copy[i] = '?';
    json = json_stringn(copy, len);
    free(copy);
    return json;
}

json_t *hs_json_addr(const struct hearsay_addr *addr)
{
    char text[HEARSAY_ADDR_TEXT_MAX];
    size_t len = hearsay_addr_format(addr, text);

    return json_stringn(text, len);
}

static json_t *text_or_null(const char *text)
{
    return text == NULL || text[0] == '\0' ? NULL : hs_json_text(text, strlen(text));
}

bool hs_report_wanted(const struct hs_agent *agent, enum hs_level level)
{
    return level >= agent->options.log_level || agent->control.clients.monitors > 0;
}

void hs_report(struct hs_agent *agent, enum hs_level level, enum hs_line line, json_t *fields)
{
    char time[HS_CTL_TIME_MAX];
    json_t *object;
    char *text;
    size_t len;

    if (!hs_report_wanted(agent, level)) {
        json_decref(fields);
        return;
    }
    hs_ctl_format_time(agent->clock.now.wall, time);
    object = json_pack("{s:s, s:s, s:s, s:s}", "time", time, "level", hs_level_name(level), "node",
                       agent->options.name, "event", hs_line_name(line));
    (void)json_object_update(object, fields);
    json_decref(fields);
    text = object != NULL ? hs_ctl_dump(object, &len) : NULL;
    json_decref(object);
    if (text == NULL)
        return;
    if (level >= agent->options.log_level)
        hs_log_write(&agent->log, text, len);
    hs_control_publish(&agent->control, line, text, len);
    free(text);
}

void hs_report_start(struct hs_agent *agent)
{
    static const char *const sources[] = {"given", "bound", "route", "interface", "loopback"};
    struct hearsay_member self;
    json_t *fields;

    hearsay_node_self(agent->node, agent->clock.now, &self);
    fields = json_pack("{s:s, s:i, s:s, s:o, s:s, s:o, s:o, s:o, s:i, s:o}", "version",
                       hearsay_version(), "pid", (int)getpid(), "name", agent->options.name, "addr",
                       hs_json_addr(&agent->advertise), "addr_source",
                       sources[agent->advertise_source], "bind", hs_json_addr(&agent->udp.bound),
                       "cluster", hs_json_text(agent->cluster, strlen(agent->cluster)), "control",
                       hs_json_text(agent->control_path, strlen(agent->control_path)), "tokens",
                       (int)self.tokens, "instance", hs_ctl_hex64(self.instance));
    hs_report(agent, HS_LEVEL_INFO, HS_LINE_START, fields);
}

void hs_report_ready(struct hs_agent *agent, const char *reason)
{
    struct hearsay_stats stats;

    hearsay_node_stats(agent->node, &stats);
    hs_report(agent, HS_LEVEL_INFO, HS_LINE_READY,
              json_pack("{s:s, s:I, s:i}", "reason", reason, "after_us",
                        (json_int_t)(agent->clock.now.boot - agent->started), "alive",
                        (int)stats.members[HEARSAY_ALIVE]));
}

void hs_report_stop(struct hs_agent *agent, const char *reason, const char *words)
{
    hs_report(agent, agent->exit_code == 0 ? HS_LEVEL_INFO : HS_LEVEL_ERROR, HS_LINE_STOP,
              json_pack("{s:s, s:i, s:I, s:o*}", "reason", reason, "exit", agent->exit_code,
                        "uptime_us", (json_int_t)(agent->clock.now.boot - agent->started),
                        "message", text_or_null(words)));
}

/* ---- events of the node ------------------------------------------------------------------ */

static void report_member(struct hs_agent *agent, const struct hearsay_event *event)
{
    bool trouble = event->to == HEARSAY_SUSPECT ||
                   (event->to == HEARSAY_DEAD && event->reason == HEARSAY_REASON_FAILED);
    enum hs_level level = trouble ? HS_LEVEL_WARN : HS_LEVEL_INFO;

    if (!hs_report_wanted(agent, level))
        return;
    hs_report(agent, level, HS_LINE_MEMBER,
              json_pack("{s:s, s:o, s:o, s:s, s:s, s:s, s:o*, s:I}", "name", event->name, "addr",
                        hs_json_addr(&event->addr), "id", hs_ctl_hex64(event->id), "from",
                        hearsay_status_name(event->from), "to", hearsay_status_name(event->to),
                        "cause", hearsay_reason_name(event->reason), "accuser",
                        text_or_null(event->accuser), "timestamp", (json_int_t)event->timestamp));
}

/* Shares with the digits that mean something. */
static double millionths(double share)
{
    return (double)(uint64_t)(share * 1e6 + 0.5) / 1e6;
}

static void report_ring(struct hs_agent *agent, const struct hearsay_event *event)
{
    hs_report(agent, HS_LEVEL_INFO, HS_LINE_RING,
              json_pack("{s:I, s:o, s:I, s:f}", "version", (json_int_t)event->ring_version,
                        "checksum", hs_ctl_hex64(event->ring_checksum), "tokens",
                        (json_int_t)event->ring_tokens, "moved", millionths(event->ring_moved)));
}

static void report_refuse(struct hs_agent *agent, const struct hearsay_event *event,
                          enum hs_level level, const char *reason)
{
    json_t *addr = event->addr.family != 0 ? hs_json_addr(&event->addr) : NULL;

    hs_report(agent, level, HS_LINE_REFUSE,
              json_pack("{s:s, s:o*, s:o*}", "reason", reason, "name", text_or_null(event->name),
                        "addr", addr));
}

void hs_report_event(struct hs_agent *agent, const struct hearsay_event *event)
{
    switch (event->kind) {
    case HEARSAY_EVENT_MEMBER:
        report_member(agent, event);
        break;
    case HEARSAY_EVENT_REFUTE:
        hs_report(agent, HS_LEVEL_WARN, HS_LINE_REFUTE,
                  json_pack("{s:o*, s:I}", "accuser", text_or_null(event->accuser), "timestamp",
                            (json_int_t)event->timestamp));
        break;
    case HEARSAY_EVENT_RING:
        report_ring(agent, event);
        break;
    case HEARSAY_EVENT_REFUSED:
        report_refuse(agent, event, HS_LEVEL_ERROR, "name-taken");
        break;
    case HEARSAY_EVENT_REPLACED:
        report_refuse(agent, event, HS_LEVEL_ERROR, "replaced");
        break;
    case HEARSAY_EVENT_FULL:
        report_refuse(agent, event, HS_LEVEL_WARN, "table-full");
        break;
    case HEARSAY_EVENT_RESYNC:
        if (event->lost > 0)
            hs_report(agent, HS_LEVEL_WARN, HS_LINE_HEALTH,
                      json_pack("{s:s}", "reason", "events-lost"));
        break;
    case HEARSAY_EVENT_AWAY:
        hs_report(agent, HS_LEVEL_WARN, HS_LINE_HEALTH,
                  json_pack("{s:s, s:I, s:o*}", "reason", "away", "away_us",
                            (json_int_t)event->away_us, "view",
                            event->view_dropped ? json_string("dropped") : NULL));
        break;
    case HEARSAY_EVENT_JOIN: /* told by the seed it belongs to: seeds.c */
    case HEARSAY_EVENT_LEFT: /* told by `stop` */
        break;
    }
}

void hs_report_join(struct hs_agent *agent, enum hs_level level, const struct hs_join_report *join)
{
    json_t *addr = join->addr != NULL ? hs_json_addr(join->addr) : NULL;
    json_t *retry = join->retry_us > 0 ? json_integer((json_int_t)join->retry_us) : NULL;

    hs_report(agent, level, HS_LINE_JOIN,
              json_pack("{s:o*, s:o*, s:s, s:o*, s:o*, s:o*}", "seed", text_or_null(join->seed),
                        "addr", addr, "result", join->result, "name", text_or_null(join->name),
                        "message", text_or_null(join->message), "retry_us", retry));
}

/* ---- counters ---------------------------------------------------------------------------- */

/* What a healthy cluster drops all the time is worth a line to who debugs, the rest to everyone. */
static enum hs_level drop_level(enum hearsay_drop drop)
{
    switch (drop) {
    case HEARSAY_DROP_SELF:
    case HEARSAY_DROP_DUPLICATE:
    case HEARSAY_DROP_STRANGER:
    case HEARSAY_DROP_NONCE:
    case HEARSAY_DROP_UNSOLICITED:
    case HEARSAY_DROP_UNKNOWN:
    case HEARSAY_DROP_STALE:
        return HS_LEVEL_DEBUG;
    case HEARSAY_DROP_OVERSIZED:
    case HEARSAY_DROP_TRUNCATED:
    case HEARSAY_DROP_MALFORMED:
    case HEARSAY_DROP_VERSION:
    case HEARSAY_DROP_CLUSTER:
    case HEARSAY_DROP_CHECKSUM:
    case HEARSAY_DROP_REPLAYED:
    case HEARSAY_DROP_VALUE:
    case HEARSAY_DROP_FUTURE:
    case HEARSAY_DROP_TABLE_FULL:
    case HEARSAY_DROP_QUEUE_FULL:
    case HEARSAY_DROP_COUNT:
        break;
    }
    return HS_LEVEL_WARN;
}

static void report_drop(struct hs_agent *agent, enum hs_level level, const char *reason,
                        uint64_t count)
{
    hs_report(agent, level, HS_LINE_DROP,
              json_pack("{s:s, s:I}", "reason", reason, "count", (json_int_t)count));
}

/* Returns true when there was anything to say. */
static bool report_drops(struct hs_agent *agent, const struct hearsay_stats *stats)
{
    uint64_t *said = agent->report.drops;
    bool any = false;

    for (int i = 0; i < HEARSAY_DROP_COUNT; i++) {
        uint64_t count = stats->drops[i] - said[i];

        if (count == 0)
            continue;
        any = true;
        said[i] = stats->drops[i];
        report_drop(agent, drop_level((enum hearsay_drop)i),
                    hearsay_drop_name((enum hearsay_drop)i), count);
    }
    return any;
}

static bool report_loss(struct hs_agent *agent, uint32_t permille)
{
    struct hs_report *report = &agent->report;
    bool lossy = permille > (report->lossy ? HS_LOSS_CALM_PERMILLE : HS_LOSS_BOUND_PERMILLE);

    if (lossy == report->lossy)
        return false;
    report->lossy = lossy;
    hs_report(agent, lossy ? HS_LEVEL_WARN : HS_LEVEL_INFO, HS_LINE_HEALTH,
              json_pack("{s:s, s:f}", "reason", lossy ? "loss" : "loss-over", "loss",
                        (double)permille / 1000.0));
    return true;
}

static bool report_lost_lines(struct hs_agent *agent)
{
    struct hs_log *log = &agent->log;
    uint64_t lost = hs_log_take_lost(log), dropped = log->dropped;

    if (lost == 0)
        return false;
    report_drop(agent, HS_LEVEL_ERROR, "log", lost);
    if (log->dropped > dropped) { /* lost like those it tells of: they are told another time */
        log->dropped = dropped;
        log->unsaid = lost;
    }
    return true;
}

void hs_report_stats(struct hs_agent *agent)
{
    struct hs_report *report = &agent->report;
    struct hearsay_stats stats;
    bool any;

    if (report->stats_at != 0 && agent->clock.now.boot - report->stats_at < HS_STATS_PERIOD_US)
        return;
    hearsay_node_stats(agent->node, &stats);
    any = report_drops(agent, &stats);
    any |= report_loss(agent, stats.loss_permille);
    any |= report_lost_lines(agent);
    if (any) /* the first of its kind is told at once, what follows a second later */
        report->stats_at = agent->clock.now.boot;
}
