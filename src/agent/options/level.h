/* SPDX-License-Identifier: Apache-2.0 */
/* How important a line of the log is. */
#ifndef HS_AGENT_OPTIONS_LEVEL_H
#define HS_AGENT_OPTIONS_LEVEL_H

enum hs_level {
    HS_LEVEL_DEBUG,
    HS_LEVEL_INFO,
    HS_LEVEL_WARN,
    HS_LEVEL_ERROR,
};

/* "debug", "info", "warn", "error". */
const char *hs_level_name(enum hs_level level);

#endif
