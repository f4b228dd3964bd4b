/* SPDX-License-Identifier: Apache-2.0 */
/* The program: follows an agent and runs handlers until a signal ends it. */
#ifndef HS_HANDLE_RUN_H
#define HS_HANDLE_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctl/ctl.h"
#include "handle/spec.h"
#include "service/error_text.h"

#define HS_RUN_END_US   10000000 /* what a run gets to end when this program ends */
#define HS_RUN_ADOPT_US 5000000  /* an agent that has not joined for so long has a view, too */
#define HS_RUN_LINES    1024     /* of `follow` that are looked at in a turn */

/* What an operator has asked for, and a reload may change. */
struct hs_run_settings {
    struct hs_specs specs;
    uint64_t timeout_us; /* of one run of a handler */
    bool while_isolated; /* handle what an agent says that reaches nobody, or has not joined */
};

/* Reads the settings again. Returns 0, or a negative error with one line in `error`; then
 * *ret_settings is to be freed all the same. */
typedef int hs_run_read(const void *closure, struct hs_run_settings *ret_settings,
                        char error[HS_ERROR_TEXT_MAX]);

struct hs_run_options {
    char paths[HS_CTL_PATHS_MAX][HS_CTL_PATH_MAX]; /* of the agent's socket, in this order */
    size_t path_count;
    bool (*believes)(const char *path, int fd); /* of struct hs_link */
    const char *state_dir;                      /* NULL: nothing is kept */
    bool json;                                  /* what is said */
    bool from_now;     /* present members are known to handlers that are new */
    hs_run_read *read; /* for SIGHUP; NULL: there is nothing to read */
    const void *closure;
};

/* Takes over the settings. Returns an exit code. */
int hs_run(const struct hs_run_options *options, struct hs_run_settings *settings);

#endif
