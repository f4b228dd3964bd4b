/* SPDX-License-Identifier: Apache-2.0 */
/* The daemon as main uses it: init, run, fini. */
#ifndef HS_AGENT_AGENT_H
#define HS_AGENT_AGENT_H

#include "agent/daemon.h"

/* Opens everything that the options ask for, and takes over the options. `agent` must be all zero:
 * what is not used is then never written, and takes no memory. On failure returns a negative error,
 * HS_ERR_SETTING (service/service.h) if another start would fail as well, with one line in `error`.
 * The caller must call hs_agent_fini in either case. */
int hs_agent_init(struct hs_agent *agent, struct hs_options *options, int argc, char *const *argv,
                  char error[HS_ERROR_TEXT_MAX]);

/* Runs until the agent has left or failed. Returns the exit code. */
int hs_agent_run(struct hs_agent *agent);

/* For the end: true if lines of the log are lost that nobody was told of, with one line in
 * `error`. */
bool hs_agent_lost_lines(struct hs_agent *agent, char error[HS_ERROR_TEXT_MAX]);

void hs_agent_fini(struct hs_agent *agent);

#endif
