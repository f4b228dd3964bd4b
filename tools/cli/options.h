/* SPDX-License-Identifier: Apache-2.0 */
/* The options of all commands. */
#ifndef HEARSAY_CLI_OPTIONS_H
#define HEARSAY_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cli_option {
    CLI_CONTROL,
    CLI_JSON,
    CLI_NO_COLOR,
    CLI_TIMEOUT,
    CLI_HELP,
    CLI_VERSION,
    CLI_STATUS,
    CLI_TAG,
    CLI_NAME,
    CLI_ALL,
    CLI_RANGES,
    CLI_COUNT,
    CLI_PRUNE,
    CLI_REPLICAS,
    CLI_ZONES,
    CLI_SVG,
    CLI_ADD,
    CLI_REMOVE,
    CLI_SET,
    CLI_HEX,
    CLI_READY,
    CLI_MEMBERS,
    CLI_ALIVE,
    CLI_KEYS,
    CLI_VERBOSE,
    CLI_BATCH,
    CLI_FRAMES,
    CLI_DELAY,
    CLI_SORT,
    CLI_FILTER,
    CLI_FIRST,
    CLI_REMOVE_KEY,
    CLI_IGNORE_FAILED,
    CLI_OUTPUT,
    CLI_FINGERPRINT,
    CLI_CLUSTER,
    CLI_ON,
    CLI_CONFIG,
    CLI_STATE_DIR,
    CLI_WHILE_ISOLATED,
    CLI_FROM_NOW,
    CLI_OPTION_COUNT
};

_Static_assert(CLI_OPTION_COUNT <= 64, "each has a bit");

#define CLI_BIT(option) (UINT64_C(1) << (option))
#define CLI_GLOBAL                                                                                 \
    (CLI_BIT(CLI_CONTROL) | CLI_BIT(CLI_JSON) | CLI_BIT(CLI_NO_COLOR) | CLI_BIT(CLI_TIMEOUT) |     \
     CLI_BIT(CLI_HELP))

struct cli_option_spec {
    const char *name;
    char letter;          /* 0: none */
    const char *argument; /* what it takes; NULL: nothing */
    const char *help;
    bool many;          /* may be given more than once */
    const char *values; /* a word list (complete.c) of what it may take; NULL: not known */
};

extern const struct cli_option_spec cli_options[CLI_OPTION_COUNT];

/* The option, among those whose bits are set, that has this long name (its first `len` bytes), or
 * this letter; -1 if there is none. */
int cli_find_long(uint64_t allowed, const char *name, size_t len);
int cli_find_letter(uint64_t allowed, char letter);

#endif
