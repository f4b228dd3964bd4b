/* SPDX-License-Identifier: Apache-2.0 */
/* Whoever reads standard error may be slow, and is not waited for: a line that it does not take at
 * once is lost. The lines are few, and `status` of the agent and /healthz tell the same. */
#include "serve/diary.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>
#include <unistd.h>

#include <hearsay/host.h>
#include <hearsay/version.h>

#include "service/service.h"

static const char *level_name(int priority)
{
    switch (priority) {
    case LOG_ERR:
        return "error";
    case LOG_WARNING:
        return "warn";
    default:
        return "info";
    }
}

/* Takes over the fields. */
static void tell(int priority, const char *event, json_t *fields)
{
    struct pollfd reader = {.fd = STDERR_FILENO, .events = POLLOUT};
    char time[HS_CTL_TIME_MAX], *text = NULL;
    json_t *line;
    size_t len;

    hs_ctl_format_time(hearsay_host_now().wall, time);
    line =
        json_pack("{s:s, s:s, s:s}", "time", time, "level", level_name(priority), "event", event);
    if (line && fields && json_object_update(line, fields) == 0)
        text = hs_ctl_dump(line, &len);
    json_decref(line);
    json_decref(fields);
    if (text && poll(&reader, 1, 0) == 1 && (reader.revents & POLLOUT)) {
        if (hs_service_is_journal(STDERR_FILENO))
            fprintf(stderr, "<%d>%s", priority, text);
        else
            fputs(text, stderr);
    }
    free(text);
}

void hs_diary_start(void)
{
    tell(LOG_INFO, "start",
         json_pack("{s:s, s:i}", "version", hearsay_version(), "pid", (int)getpid()));
}

void hs_diary_stop(void)
{
    tell(LOG_INFO, "stop", json_object());
}

void hs_diary_look(struct hs_diary *diary, const struct hs_outlook *outlook,
                   const struct hs_worth *worth, uint64_t now)
{
    const struct hs_mirror *mirror = outlook->mirror;
    bool there = !worth->gone;
    const char *fault = outlook->link.fault;

    if (diary->began == 0)
        diary->began = now;
    if (diary->told && diary->there == there)
        return;
    /* At the start the agent has a moment to answer before it is missed. */
    if (!there && !diary->told && fault[0] == '\0' && now - diary->began < HS_WORTH_GONE_US)
        return;
    diary->told = true;
    diary->there = there;
    if (there)
        tell(LOG_INFO, "agent",
             json_pack("{s:s, s:s, s:s, s:I}", "state", "followed", "node", hs_mirror_node(mirror),
                       "cluster", hs_mirror_cluster(mirror), "members",
                       (json_int_t)hs_mirror_count(mirror, HEARSAY_STATUS_NONE)));
    else
        tell(LOG_WARNING, "agent",
             json_pack("{s:s, s:s}", "state", "gone", "message",
                       fault[0] != '\0' ? fault : "the agent is silent"));
}
