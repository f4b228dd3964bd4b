/* SPDX-License-Identifier: Apache-2.0 */
/* A program that is denied once is often denied each second from then on, so one line stands for
 * all of a minute: it names the last one and counts the others. */
#include "agent/control/denials.h"

void hs_denials_note(struct hs_denials *denials, struct hs_report *report,
                     const struct hs_peer *peer, const char *command)
{
    uint64_t now = report->clock->now.boot;

    denials->count++;
    denials->untold++;
    if (denials->told_at > 0 && now < denials->told_at + HS_DENIALS_TELL_US)
        return;
    hs_report(report, HS_LEVEL_WARN, HS_LINE_REFUSE,
              json_pack("{s:s, s:I, s:I, s:s*, s:I}", "reason", "denied", "uid",
                        (json_int_t)peer->uid, "pid", (json_int_t)peer->pid, "command", command,
                        "count", (json_int_t)denials->untold));
    denials->untold = 0;
    denials->told_at = now;
}
