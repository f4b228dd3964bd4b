/* SPDX-License-Identifier: Apache-2.0 */
/* --svg: the ring as a picture. */
#ifndef HEARSAY_CLI_RING_PICTURE_H
#define HEARSAY_CLI_RING_PICTURE_H

#include "command.h"

/* The rings are made anew from the members of the answer, which is proved by their checksums. Exit
 * codes. */
int cli_draw_ring(const struct cli *cli, const json_t *answer);
int cli_draw_diff(const struct cli *cli, const json_t *answer);

#endif
