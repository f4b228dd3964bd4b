/* SPDX-License-Identifier: Apache-2.0 */
/* The words of the levels are settings and log fields alike, so they stand below both. */
#include "agent/options/level.h"

const char *hs_level_name(enum hs_level level)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    return names[level];
}
