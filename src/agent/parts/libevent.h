/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What libevent has to say becomes lines of the log. By itself it writes to standard error, which
 * nobody reads, or which is the log, where a line that is no JSON ends its reader.
 */
#ifndef HS_AGENT_PARTS_LIBEVENT_H
#define HS_AGENT_PARTS_LIBEVENT_H

#include "agent/parts/report.h"

#define HS_LIBRARY_PERIOD_US 1000000 /* at most one line in such a time; the rest is counted */

/* From now on until hs_libevent_silence, libevent's words are told in the log. */
void hs_libevent_tell(struct hs_report *report);

/* From now on libevent's words are lost. */
void hs_libevent_silence(void);

#endif
