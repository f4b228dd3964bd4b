/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libevent calls back without a context, so the one report of the process is kept here. A word
 * about a call that fails again and again comes again and again, hence the bound.
 */
#include "agent/parts/libevent.h"

#include <string.h>

#include <event2/event.h>

#include "agent/base/json.h"

static struct {
    struct hs_report *report; /* NULL: nobody listens */
    uint64_t told;            /* boot time of the last line; 0: none yet */
    unsigned suppressed;
    bool telling; /* telling may itself make libevent speak */
} words;

static void on_word(int severity, const char *message)
{
    static const enum hs_level levels[] = {
        [EVENT_LOG_DEBUG] = HS_LEVEL_DEBUG,
        [EVENT_LOG_MSG] = HS_LEVEL_INFO,
        [EVENT_LOG_WARN] = HS_LEVEL_WARN,
        [EVENT_LOG_ERR] = HS_LEVEL_ERROR,
    };
    struct hs_report *report = words.report;

    if (!report || words.telling || severity < EVENT_LOG_DEBUG || severity > EVENT_LOG_ERR)
        return;
    uint64_t now = report->clock->now.boot;
    /* After an error libevent ends the process: nothing can be told later. */
    if (severity != EVENT_LOG_ERR && words.told && now - words.told < HS_LIBRARY_PERIOD_US) {
        words.suppressed++;
        return;
    }
    words.telling = true;
    hs_report(report, levels[severity], HS_LINE_LIBRARY,
              json_pack("{s:s, s:o*, s:i}", "library", "libevent", "message",
                        hs_json_text(message, strlen(message)), "suppressed",
                        (int)words.suppressed));
    words.telling = false;
    words.suppressed = 0;
    words.told = now;
}

void hs_libevent_tell(struct hs_report *report)
{
    words.report = report;
    words.told = 0;
    event_set_log_callback(on_word);
}

void hs_libevent_silence(void)
{
    words.report = NULL;
    event_set_log_callback(on_word);
}
