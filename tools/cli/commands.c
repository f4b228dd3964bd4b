/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one table of commands: dispatch, usage, help and the suggestion for a mistyped name all read
 * it, and the tests compare the man page and the completion with it.
 */
#include "commands.h"

#include <limits.h>

#include "admin.h"
#include "complete.h"
#include "handle.h"
#include "handle_conf.h"
#include "help.h"
#include "keygen.h"
#include "keys.h"
#include "lookup.h"
#include "members.h"
#include "monitor.h"
#include "ring.h"
#include "status.h"
#include "top.h"
#include "wait.h"
#include "why.h"

#define ARGS_MANY INT_MAX

const struct cli_command cli_commands[] = {
    {"members", "[--status S] [--tag k=v|k] [--name PATTERN] [--all]",
     "list the members of the cluster",
     "One line a member: name, address, status (alive, suspect, dead), cause of death\n"
     "(failed, left, forced), how long it has been so in this agent's view, round\n"
     "trip, tags.",
     CLI_BIT(CLI_STATUS) | CLI_BIT(CLI_TAG) | CLI_BIT(CLI_NAME) | CLI_BIT(CLI_ALL), 0, 0,
     CLI_TIMEOUT_S, cli_members_request, NULL, cli_members_show, NULL},
    {"ring", "[history | diff [OLD [NEW]] | plan --add|--remove|--set ...]",
     "show the ring: checksum, and each member's share",
     "Agents with equal checksums send every key to the same owner. The version only\n"
     "counts this agent's changes.\n\n"
     "  history            the rings that the agent remembers\n"
     "  diff [OLD [NEW]]   what moved between two of them (default: the last change)\n"
     "  plan CHANGES       what would move, before it does:\n"
     "                     hearsay ring plan --remove n3 --add n9:weight=2,zone=z1",
     CLI_BIT(CLI_REPLICAS) | CLI_BIT(CLI_ZONES) | CLI_BIT(CLI_RANGES) | CLI_BIT(CLI_SVG) |
         CLI_BIT(CLI_ADD) | CLI_BIT(CLI_REMOVE) | CLI_BIT(CLI_SET),
     0, 3, CLI_TIMEOUT_S, NULL, NULL, NULL, cli_ring_run, .words = "history diff:@rings plan"},
    {"lookup", "KEY|- [--hex] [-n N] [--zones]", "show who owns a key",
     "KEY is any bytes; with - they are read from standard input, all of them. With -n\n"
     "also the next distinct members clockwise, for replicas. Ends with 4 if the agent\n"
     "has not joined yet, or is isolated: then it may know too little to answer.",
     CLI_BIT(CLI_COUNT) | CLI_BIT(CLI_ZONES) | CLI_BIT(CLI_HEX), 1, 1, CLI_TIMEOUT_S,
     cli_lookup_request, cli_lookup_judge, cli_lookup_show, NULL, .takes_empty = true},
    {"status", "", "show this agent's state and counters", NULL, 0, 0, 0, CLI_TIMEOUT_S,
     cli_status_request, NULL, cli_status_show, NULL},
    {"top", "[-b [-n N]] [-d S] [--sort ORDER] [--status S] [--filter T]",
     "show the members live, on a terminal",
     "Members with status, round trip and share of the ring, and what changed lately.\n"
     "Keys: arrows and PgUp, PgDn, w why, / text, s status, o order, ? help, q end.\n"
     "With -b, or where there is no terminal, frames are printed.",
     CLI_BIT(CLI_BATCH) | CLI_BIT(CLI_FRAMES) | CLI_BIT(CLI_DELAY) | CLI_BIT(CLI_SORT) |
         CLI_BIT(CLI_STATUS) | CLI_BIT(CLI_FILTER),
     0, 0, CLI_TIMEOUT_S, NULL, NULL, NULL, cli_top_run},
    {"monitor", "[EVENT...]", "follow events as they happen, until interrupted",
     "Events are those of the agent's log: member, ring, join, refute, drop and more.\n"
     "Without names all are shown. Ends with 0 on Ctrl-C, with 3 when the agent goes\n"
     "away.",
     0, 0, ARGS_MANY, CLI_TIMEOUT_S, NULL, NULL, NULL, cli_monitor_run,
     .words = "start ready member refute ring join resolve keys refuse foreign drop address health "
              "library reload state status stop ..."},
    {"wait", "[--ready] [--members N] [--alive NAME] [--keys FP] [-v]", "wait until it is so",
     "Waits until all that is asked for is so: the agent has joined, so many members\n"
     "are alive (this one included), this member is alive, all that are alive or\n"
     "suspect have this key. The agent need not run yet. Ends with 1 after --timeout\n"
     "(default 60 s), saying what is still missing.",
     CLI_BIT(CLI_READY) | CLI_BIT(CLI_MEMBERS) | CLI_BIT(CLI_ALIVE) | CLI_BIT(CLI_KEYS) |
         CLI_BIT(CLI_VERBOSE),
     0, 0, CLI_TIMEOUT_LEAVE_S, NULL, NULL, NULL, cli_wait_run},
    {"handle", "[--on EVENTS=SCRIPT ...] [--config FILE] [-- COMMAND ...]",
     "run commands on events, until interrupted",
     "Runs scripts as Serf does, with its variables and standard input, and HEARSAY_*\n"
     "beside them. EVENTS: member-join, member-leave, member-failed, member-update,\n"
     "member-reap, suspect, refuted, ring, isolated, connected; by commas; * for all.\n"
     "COMMAND is run without a shell for the first five. A handler does one thing at a\n"
     "time, and is ended after --timeout (default 30 s). Waits for an agent that is\n"
     "not there.",
     CLI_BIT(CLI_ON) | CLI_BIT(CLI_CONFIG) | CLI_BIT(CLI_STATE_DIR) | CLI_BIT(CLI_WHILE_ISOLATED) |
         CLI_BIT(CLI_FROM_NOW),
     0, ARGS_MANY, CLI_HANDLE_S, NULL, NULL, NULL, cli_handle_run, NULL, true},
    {"join", "ADDR...", "join a cluster through the agents at these addresses",
     "ADDR is host:port or host. Ends with 0 when at least one has let us in.", 0, 1, ARGS_MANY,
     CLI_TIMEOUT_LEAVE_S, cli_join_request, cli_join_judge, cli_join_show, NULL},
    {"leave", "", "say goodbye to the cluster and stop the agent", NULL, 0, 0, 0,
     CLI_TIMEOUT_LEAVE_S, cli_leave_request, NULL, cli_leave_show, NULL},
    {"force-leave", "NAME [--prune]", "declare a suspect or dead member dead for good",
     "It is not asked to come back any more. Refused for a member that is alive.",
     CLI_BIT(CLI_PRUNE), 1, 1, CLI_TIMEOUT_S, cli_force_leave_request, NULL, cli_force_leave_show,
     NULL, .words = "@members"},
    {"tags", "[set k=v... | delete k...]", "show or change this agent's tags",
     "A change is told to the whole cluster at once.", 0, 0, ARGS_MANY, CLI_TIMEOUT_S, NULL, NULL,
     NULL, cli_tags_run, .words = "set delete"},
    {"weight", "[N]", "show or change this agent's share of the ring",
     "1 is the usual share; with 0 the agent stays a member and owns no keys. The\n"
     "change lasts until the agent ends, or a reload finds another weight configured.",
     0, 0, 1, CLI_TIMEOUT_S, cli_weight_request, NULL, cli_weight_show, NULL},
    {"reload", "", "make the agent read its configuration again",
     "Exit code 1 if a setting differs that only a restart changes.", 0, 0, 0, CLI_TIMEOUT_S,
     cli_reload_request, cli_reload_judge, cli_reload_show, NULL},
    {"forget", "", "make the agent's next start begin as if it had never run",
     "Empties the agent's state directory: addresses, tags set by hearsay, timestamp.\n"
     "The agent runs on as it is and keeps nothing more until it is restarted.",
     0, 0, 0, CLI_TIMEOUT_S, cli_forget_request, NULL, cli_forget_show, NULL},
    {"why", "NAME", "show the evidence behind a member's status",
     "Who probed it, who accused it, when, with what result and round-trip time, and\n"
     "on whose word it came here. The agent remembers a bounded number of steps.",
     0, 1, 1, CLI_TIMEOUT_S, cli_why_request, NULL, cli_why_show, NULL, .words = "@members"},
    {"keys", "[check --first FP | --remove FP [--ignore-failed]]",
     "show who has which key, and which step is safe",
     "Keys are named by their fingerprints, of which the first 8 digits are enough.\n\n"
     "  check   ends with 0 if this step of a rotation is safe, by what this agent\n"
     "          sees, else with 1, saying who is in the way and what to do",
     CLI_BIT(CLI_FIRST) | CLI_BIT(CLI_REMOVE_KEY) | CLI_BIT(CLI_IGNORE_FAILED), 0, 1, CLI_TIMEOUT_S,
     NULL, NULL, NULL, cli_keys_run, .words = "check"},
    {"keygen", "[-o FILE | --fingerprint FILE] [--cluster NAME]", "make a key for a cluster",
     "Prints one line for a key file, or writes it into a new file, closed to others,\n"
     "and shows the key's fingerprint. All members of a cluster have the same key: it\n"
     "travels as files do, and no agent is asked. A file is never overwritten. To add\n"
     "a key to one: hearsay keygen >> FILE.",
     CLI_BIT(CLI_OUTPUT) | CLI_BIT(CLI_FINGERPRINT) | CLI_BIT(CLI_CLUSTER), 0, 0, CLI_TIMEOUT_S,
     NULL, NULL, NULL, cli_keygen_run},
    {"version", "", "show the versions of tool and agent", NULL, 0, 0, 0, CLI_TIMEOUT_S, NULL, NULL,
     NULL, cli_version_run},
    {"complete", "WORD...", "say what may come next, for the completion of shells",
     "WORDs are those behind hearsay, up to the one that is being typed, which may be\n"
     "empty: hearsay complete -- why n. The first line is words or files; then\n"
     "the shell's own files are meant. Each further line is a word, a tab, and what it\n"
     "means. Members, keys and rings are those of the agent.",
     0, 1, ARGS_MANY, CLI_TIMEOUT_S, NULL, NULL, NULL, cli_complete_run, .takes_empty = true},
    {"help", "[COMMAND]", "print help", NULL, 0, 0, 1, CLI_TIMEOUT_S, NULL, NULL, NULL,
     cli_help_run, .words = "@commands"},
};

const size_t cli_command_count = sizeof(cli_commands) / sizeof(cli_commands[0]);

_Static_assert(sizeof(cli_commands) / sizeof(cli_commands[0]) <= CLI_COMMANDS_MAX,
               "a mistyped name is compared with all of them");
