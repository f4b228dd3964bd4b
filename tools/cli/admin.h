/* SPDX-License-Identifier: Apache-2.0 */
/* The commands that change something: join, leave, force-leave, reload, tags. */
#ifndef HEARSAY_CLI_ADMIN_H
#define HEARSAY_CLI_ADMIN_H

#include "command.h"

json_t *cli_join_request(const struct cli *cli);
int cli_join_judge(const json_t *answer);
void cli_join_show(const struct cli *cli, const json_t *answer);
json_t *cli_leave_request(const struct cli *cli);
void cli_leave_show(const struct cli *cli, const json_t *answer);
json_t *cli_force_leave_request(const struct cli *cli);
void cli_force_leave_show(const struct cli *cli, const json_t *answer);
json_t *cli_weight_request(const struct cli *cli);
void cli_weight_show(const struct cli *cli, const json_t *answer);
json_t *cli_forget_request(const struct cli *cli);
void cli_forget_show(const struct cli *cli, const json_t *answer);
json_t *cli_reload_request(const struct cli *cli);
int cli_reload_judge(const json_t *answer);
void cli_reload_show(const struct cli *cli, const json_t *answer);
int cli_tags_run(struct cli *cli);

#endif
