/* SPDX-License-Identifier: Apache-2.0 */
/* The one table of commands: what each is called stands in ctl.h, what it does in the files beside this one. */
#include "agent/control/control.h"

const struct hs_command hs_commands[HS_CTL_COMMAND_COUNT] = {
    [HS_CTL_COMMAND_MEMBERS] = {hs_command_members, "status tag name all"},
    [HS_CTL_COMMAND_RING] = {hs_command_ring, "n zones ranges"},
    [HS_CTL_COMMAND_RING_HISTORY] = {hs_command_ring_history, ""},
    [HS_CTL_COMMAND_RING_DIFF] = {hs_command_ring_diff, "from to n zones ranges"},
    [HS_CTL_COMMAND_RING_PLAN] = {hs_command_ring_plan, "add remove set n zones ranges"},
    [HS_CTL_COMMAND_LOOKUP] = {hs_command_lookup, "key n zones"},
    [HS_CTL_COMMAND_STATUS] = {hs_command_status, ""},
    [HS_CTL_COMMAND_MONITOR] = {hs_command_monitor, "events"},
    [HS_CTL_COMMAND_JOIN] = {hs_command_join, "addrs"},
    [HS_CTL_COMMAND_LEAVE] = {hs_command_leave, ""},
    [HS_CTL_COMMAND_FORCE_LEAVE] = {hs_command_force_leave, "name prune"},
    [HS_CTL_COMMAND_TAGS_SET] = {hs_command_tags_set, "tags"},
    [HS_CTL_COMMAND_TAGS_DELETE] = {hs_command_tags_delete, "keys"},
    [HS_CTL_COMMAND_RELOAD] = {hs_command_reload, ""},
    [HS_CTL_COMMAND_WHY] = {hs_command_why, "name"},
    [HS_CTL_COMMAND_VERSION] = {hs_command_version, ""},
};
