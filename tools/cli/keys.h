/* SPDX-License-Identifier: Apache-2.0 */
/* `keys` and `keys check`. */
#ifndef HEARSAY_CLI_KEYS_H
#define HEARSAY_CLI_KEYS_H

#include "command.h"

int cli_keys_run(struct cli *cli);

#endif
