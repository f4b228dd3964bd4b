/* SPDX-License-Identifier: Apache-2.0 */
/* The settings of `handle`, from its arguments and its file. */
#ifndef HEARSAY_CLI_HANDLE_CONF_H
#define HEARSAY_CLI_HANDLE_CONF_H

#include "command.h"
#include "handle/run.h"

#define CLI_HANDLE_S 30 /* what a handler may take, unless it is said otherwise */

/* Reads them from the arguments of the run, and from its file if one is named. Returns 0, or
 * HEARSAY_ERR_INVALID with one line in `error`. *ret_settings is to be freed in any case. */
int cli_handle_settings(const struct cli *cli, struct hs_run_settings *ret_settings,
                        char error[HS_ERROR_TEXT_MAX]);

#endif
