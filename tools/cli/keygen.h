/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HEARSAY_CLI_KEYGEN_H
#define HEARSAY_CLI_KEYGEN_H

#include "command.h"

int cli_keygen_run(struct cli *cli);

#endif
