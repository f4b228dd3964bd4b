/* SPDX-License-Identifier: Apache-2.0 */
/* `keys check`: is this step of a rotation safe? */
#ifndef HEARSAY_CLI_KEYS_CHECK_H
#define HEARSAY_CLI_KEYS_CHECK_H

#include "command.h"

int cli_keys_check(struct cli *cli);

#endif
