/* SPDX-License-Identifier: Apache-2.0 */
/* Settings and the log both use the words of the levels, so this file is below both. */
#include "agent/options/level.h"

const char *hs_level_name(enum hs_level level)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    return names[level];
}
