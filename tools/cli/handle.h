/* SPDX-License-Identifier: Apache-2.0 */
/* `handle`: runs commands on events. */
#ifndef HEARSAY_CLI_HANDLE_H
#define HEARSAY_CLI_HANDLE_H

#include "command.h"

int cli_handle_run(struct cli *cli);

#endif
