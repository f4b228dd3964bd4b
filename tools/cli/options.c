/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file of its own, because help, arguments and the commands themselves all read the table.
 */
#include "options.h"

#include <string.h>

const struct cli_option_spec cli_options[CLI_OPTION_COUNT] = {
    [CLI_CONTROL] = {"control", 0, "PATH", "the agent's control socket", .values = "@files"},
    [CLI_JSON] = {"json", 0, NULL, "print the agent's answer as one line of JSON"},
    [CLI_NO_COLOR] = {"no-color", 0, NULL, "no colour, even on a terminal"},
    [CLI_TIMEOUT] = {"timeout", 0, "SECONDS", "give up after so long a silence (default 10)"},
    [CLI_HELP] = {"help", 'h', NULL, "print help and end"},
    [CLI_VERSION] = {"version", 'V', NULL, "print the tool's version and end"},
    [CLI_STATUS] = {"status", 0, "STATUS", "only members that are alive, suspect or dead",
                    .values = "alive suspect dead"},
    [CLI_TAG] = {"tag", 0, "KEY[=VALUE]", "only members with this tag"},
    [CLI_NAME] = {"name", 0, "PATTERN", "only members whose name fits (as in a shell: web-*)"},
    [CLI_ALL] = {"all", 0, NULL, "also members long dead, kept to answer stale news"},
    [CLI_RANGES] = {"ranges", 0, NULL, "also every piece of the ring and its owner"},
    [CLI_COUNT] = {"count", 'n', "N", "so many distinct owners (default 1)"},
    [CLI_PRUNE] = {"prune", 0, NULL, "also take it off the member list at once, everywhere"},
    [CLI_REPLICAS] = {"replicas", 'n', "N", "of so many replicas a key (default 1, up to 16)"},
    [CLI_ZONES] = {"zones", 0, NULL, "replicas in distinct zones while there are enough"},
    [CLI_SVG] = {"svg", 0, "FILE", "also draw it into this file", .values = "@files"},
    [CLI_ADD] = {"add", 0, "NAME[:WHAT]", "plan: it comes; WHAT: weight=2,zone=z1", true},
    [CLI_REMOVE] = {"remove", 0, "NAME", "plan: it goes", true, .values = "@members"},
    [CLI_SET] = {"set", 0, "NAME:WHAT", "plan: its weight, tokens or zone changes", true,
                 .values = "@members"},
    [CLI_HEX] = {"hex", 0, NULL, "the key is given as pairs of hex digits"},
    [CLI_READY] = {"ready", 0, NULL, "wait until the agent has joined"},
    [CLI_MEMBERS] = {"members", 0, "N", "wait until so many members are alive"},
    [CLI_ALIVE] = {"alive", 0, "NAME", "wait until this member is alive", .values = "@members"},
    [CLI_KEYS] = {"keys", 0, "FP", "wait until all living members have this key",
                  .values = "@keys"},
    [CLI_VERBOSE] = {"verbose", 'v', NULL, "say what is waited for, also where nobody looks on"},
    [CLI_BATCH] = {"batch", 'b', NULL, "print one frame, also on a terminal"},
    [CLI_FRAMES] = {"frames", 'n', "N", "print so many frames"},
    [CLI_DELAY] = {"delay", 'd', "SECONDS", "between two frames (default 1)"},
    [CLI_SORT] = {"sort", 0, "ORDER", "trouble, name, newest, rtt or share",
                  .values = "trouble name newest rtt share"},
    [CLI_FILTER] = {"filter", 0, "TEXT", "only members with this text somewhere"},
    [CLI_FIRST] = {"first", 0, "FP", "may this key become the first line everywhere?",
                   .values = "@keys"},
    [CLI_REMOVE_KEY] = {"remove", 0, "FP", "may this key be taken away everywhere?",
                        .values = "@keys"},
    [CLI_IGNORE_FAILED] = {"ignore-failed", 0, NULL, "pass over members that are dead of failed"},
    [CLI_OUTPUT] = {"output", 'o', "FILE", "write the key into this new file", .values = "@files"},
    [CLI_FINGERPRINT] = {"fingerprint", 0, "FILE", "show fingerprints of this file's keys",
                         .values = "@files"},
    [CLI_CLUSTER] = {"cluster", 0, "NAME", "fingerprints are of this cluster (hearsay)"},
    [CLI_ON] = {"on", 0, "EVENTS=SCRIPT", "run this script for these events", true},
    [CLI_CONFIG] = {"config", 0, "FILE", "read handlers from this file, again at SIGHUP",
                    .values = "@files"},
    [CLI_STATE_DIR] = {"state-dir", 0, "DIR", "keep there what was handled", .values = "@files"},
    [CLI_WHILE_ISOLATED] = {"while-isolated", 0, NULL, "also what an isolated agent thinks"},
    [CLI_FROM_NOW] = {"from-now", 0, NULL, "no member-join for those present at first"},
};

int cli_find_long(uint64_t allowed, const char *name, size_t len)
{
    for (int i = 0; i < CLI_OPTION_COUNT; i++) {
        if ((allowed & CLI_BIT(i)) != 0 && strlen(cli_options[i].name) == len &&
            strncmp(cli_options[i].name, name, len) == 0)
            return i;
    }
    return -1;
}

int cli_find_letter(uint64_t allowed, char letter)
{
    for (int i = 0; i < CLI_OPTION_COUNT; i++) {
        if ((allowed & CLI_BIT(i)) != 0 && cli_options[i].letter == letter)
            return i;
    }
    return -1;
}
