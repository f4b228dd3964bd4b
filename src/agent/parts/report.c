/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All lines are made here, so that docs/log-schema.json has one counterpart. Levels: error means
 * that an operator must act, warn shows trouble in the cluster, info is its normal life, and debug
 * has details. Dropped duplicates, stale news and strangers are debug, because they are normal in a
 * healthy cluster.
 */
#include "agent/parts/report.h"

#include <stdlib.h>
#include <unistd.h>

#include <hearsay/hearsay.h>

#include "agent/base/json.h"

const char *hs_line_name(enum hs_line line)
{
    static const char *const names[] = {
#define HS_LINE_NAME(name, text) text,
        HS_LINES(HS_LINE_NAME)
#undef HS_LINE_NAME
    };

    return names[line];
}

static json_t *text_or_null(const char *text)
{
    return !text || text[0] == '\0' ? NULL : hs_json_text(text, strlen(text));
}

void hs_report_add(struct hs_report *report, struct hs_sink *sink)
{
    sink->next = report->sinks;
    report->sinks = sink;
}

bool hs_report_wanted(const struct hs_report *report, enum hs_level level)
{
    for (const struct hs_sink *sink = report->sinks; sink; sink = sink->next)
        if (sink->wants(sink, level))
            return true;
    return false;
}

/* The line as text, including its newline, or NULL if there is no memory. */
static char *make_line(const struct hs_report *report, enum hs_level level, enum hs_line line,
                       json_t *fields, size_t *ret_len)
{
    char time[HS_CTL_TIME_MAX];
    json_t *object;
    char *text;

    hs_ctl_format_time(report->clock->now.wall, time);
    object = json_pack("{s:s, s:s, s:s, s:s}", "time", time, "level", hs_level_name(level), "node",
                       report->identity->name, "event", hs_line_name(line));
    json_object_update(object, fields);
    text = object ? hs_ctl_dump(object, ret_len) : NULL;
    json_decref(object);
    return text;
}

void hs_report(struct hs_report *report, enum hs_level level, enum hs_line line, json_t *fields)
{
    char *text = NULL;
    size_t len;

    if (hs_report_wanted(report, level))
        text = make_line(report, level, line, fields, &len);
    json_decref(fields);
    if (!text)
        return;
    for (struct hs_sink *sink = report->sinks; sink; sink = sink->next)
        if (sink->wants(sink, level))
            sink->take(sink, level, line, text, len);
    free(text);
}

/* ---- the agent's own life ---------------------------------------------------------------- */

const char *hs_report_addr_source(enum hs_advertise_source source)
{
    static const char *const sources[] = {"given", "bound", "route", "interface", "loopback"};

    return sources[source];
}

void hs_report_start(struct hs_report *report)
{
    const struct hs_identity *identity = report->identity;
    struct hearsay_member self;
    json_t *fields;

    hearsay_node_self(report->node, report->clock->now, &self);
    fields = json_pack("{s:s, s:i, s:s, s:o, s:s, s:o, s:o, s:o, s:i, s:o}", "version",
                       hearsay_version(), "pid", (int)getpid(), "name", identity->name, "addr",
                       hs_json_addr(&identity->advertise), "addr_source",
                       hs_report_addr_source(identity->advertise_source), "bind",
                       hs_json_addr(&identity->bound), "cluster", text_or_null(identity->cluster),
                       "control", text_or_null(identity->control_path), "tokens", (int)self.tokens,
                       "instance", hs_ctl_hex64(self.instance));
    hs_report(report, HS_LEVEL_INFO, HS_LINE_START, fields);
}

static json_int_t uptime(const struct hs_report *report)
{
    return (json_int_t)(report->clock->now.boot - report->identity->started);
}

void hs_report_ready(struct hs_report *report, const char *reason)
{
    struct hearsay_stats stats;

    hearsay_node_stats(report->node, &stats);
    hs_report(report, HS_LEVEL_INFO, HS_LINE_READY,
              json_pack("{s:s, s:I, s:i}", "reason", reason, "after_us", uptime(report), "alive",
                        (int)stats.members[HEARSAY_STATUS_ALIVE]));
}

void hs_report_stop(struct hs_report *report, int exit_code, const char *reason,
                    const char *message)
{
    hs_report(report, exit_code == 0 ? HS_LEVEL_INFO : HS_LEVEL_ERROR, HS_LINE_STOP,
              json_pack("{s:s, s:i, s:I, s:o*}", "reason", reason, "exit", exit_code, "uptime_us",
                        uptime(report), "message", text_or_null(message)));
}

/* ---- events of the node ------------------------------------------------------------------ */

static void report_member(struct hs_report *report, const struct hearsay_event *event)
{
    bool failed = event->reason == HEARSAY_REASON_FAILED || event->reason == HEARSAY_REASON_ENDED;
    bool trouble = event->to == HEARSAY_STATUS_SUSPECT ||
                   (event->to == HEARSAY_STATUS_DEAD && failed) ||
                   event->reason == HEARSAY_REASON_NOT_LEFT;
    enum hs_level level = trouble ? HS_LEVEL_WARN : HS_LEVEL_INFO;

    if (event->reason == HEARSAY_REASON_KEYS) /* a rotation tells it of every member */
        level = HS_LEVEL_DEBUG;
    if (!hs_report_wanted(report, level))
        return;
    hs_report(report, level, HS_LINE_MEMBER,
              json_pack("{s:s, s:o, s:o, s:s, s:s, s:s, s:o*, s:I}", "name", event->name, "addr",
                        hs_json_addr(&event->addr), "id", hs_ctl_hex64(event->id), "from",
                        hearsay_status_name(event->from), "to", hearsay_status_name(event->to),
                        "reason", hearsay_reason_name(event->reason), "accuser",
                        text_or_null(event->accuser), "timestamp", (json_int_t)event->timestamp));
}

/* Rounds a share to six digits, because more have no meaning. */
static double millionths(double share)
{
    return (double)(uint64_t)(share * 1e6 + 0.5) / 1e6;
}

static void report_ring(struct hs_report *report, const struct hearsay_event *event)
{
    hs_report(report, HS_LEVEL_INFO, HS_LINE_RING,
              json_pack("{s:I, s:o, s:o, s:I, s:f, s:I, s:b}", "version",
                        (json_int_t)event->ring_version, "checksum",
                        hs_ctl_hex64(event->ring_checksum), "zones_checksum",
                        hs_ctl_hex64(event->ring_zones), "tokens", (json_int_t)event->ring_tokens,
                        "moved", millionths(event->ring_moved), "held",
                        (json_int_t)event->ring_held, "settling", event->ring_settling != 0));
}

static void report_refuse(struct hs_report *report, const struct hearsay_event *event,
                          enum hs_level level, const char *reason)
{
    json_t *addr = event->addr.family != 0 ? hs_json_addr(&event->addr) : NULL;

    hs_report(report, level, HS_LINE_REFUSE,
              json_pack("{s:s, s:o*, s:o*}", "reason", reason, "name", text_or_null(event->name),
                        "addr", addr));
}

/* R26: who is meant. `name` is the member that had the address, `answers` who has it now. */
static void report_foreign(struct hs_report *report, const struct hearsay_event *event)
{
    hs_report(report, HS_LEVEL_WARN, HS_LINE_FOREIGN,
              json_pack("{s:o*, s:o, s:o*, s:o, s:s}", "name", text_or_null(event->name), "addr",
                        hs_json_addr(&event->addr), "answers", text_or_null(event->accuser), "id",
                        hs_ctl_hex64(event->id), "message",
                        "an agent of another cluster answers here, so it was not joined; if you "
                        "want one cluster, run `hearsay join` with this address"));
}

/* R38: advertised address. Both addresses are named, because one of them is wrong. */
static void report_unproven(struct hs_report *report, const struct hearsay_event *event)
{
    struct hearsay_member member;

    if (hearsay_node_member(report->node, report->clock->now, event->name, &member) < 0)
        return;
    hs_report(report, HS_LEVEL_WARN, HS_LINE_HEALTH,
              json_pack("{s:s, s:s, s:o, s:o}", "reason", "unproven", "name", event->name, "addr",
                        hs_json_addr(&member.addr), "answers_from", hs_json_addr(&event->addr)));
}

void hs_report_event(struct hs_report *report, const struct hearsay_event *event)
{
    switch (event->kind) {
    case HEARSAY_EVENT_MEMBER:
        report_member(report, event);
        break;
    case HEARSAY_EVENT_REFUTE:
        hs_report(report, HS_LEVEL_WARN, HS_LINE_REFUTE,
                  json_pack("{s:s, s:o*, s:I}", "from", hearsay_status_name(event->from), "accuser",
                            text_or_null(event->accuser), "timestamp",
                            (json_int_t)event->timestamp));
        break;
    case HEARSAY_EVENT_RING:
        report_ring(report, event);
        break;
    case HEARSAY_EVENT_REFUSED:
        report_refuse(report, event, HS_LEVEL_ERROR, "name-taken");
        break;
    case HEARSAY_EVENT_REPLACED:
        report_refuse(report, event, HS_LEVEL_ERROR, "replaced");
        break;
    case HEARSAY_EVENT_FULL:
        report_refuse(report, event, HS_LEVEL_WARN, "table-full");
        break;
    case HEARSAY_EVENT_RESYNC:
        if (event->lost > 0)
            hs_report(report, HS_LEVEL_WARN, HS_LINE_HEALTH,
                      json_pack("{s:s}", "reason", "events-lost"));
        break;
    case HEARSAY_EVENT_AWAY:
        hs_report(report, HS_LEVEL_WARN, HS_LINE_HEALTH,
                  json_pack("{s:s, s:I, s:o*}", "reason", "away", "away_us",
                            (json_int_t)event->away_us, "view",
                            event->view_dropped ? json_string("dropped") : NULL));
        break;
    case HEARSAY_EVENT_FOREIGN:
        report_foreign(report, event);
        break;
    case HEARSAY_EVENT_UNPROVEN:
        report_unproven(report, event);
        break;
    case HEARSAY_EVENT_JOIN: /* reported by its seed: seeds.c */
    case HEARSAY_EVENT_LEFT: /* reported by `stop` */
        break;
    }
}

void hs_report_join(struct hs_report *report, enum hs_level level,
                    const struct hs_join_report *join)
{
    json_t *addr = join->addr ? hs_json_addr(join->addr) : NULL;
    json_t *retry = join->retry_us > 0 ? json_integer((json_int_t)join->retry_us) : NULL;

    hs_report(report, level, HS_LINE_JOIN,
              json_pack("{s:o*, s:o*, s:s, s:o*, s:o*, s:o*}", "seed", text_or_null(join->seed),
                        "addr", addr, "result", join->result, "name", text_or_null(join->name),
                        "message", text_or_null(join->message), "retry_us", retry));
}
