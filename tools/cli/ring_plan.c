/* SPDX-License-Identifier: Apache-2.0 */
/* ctl/plan.c reads how a member of a plan is spelled. */
#include "ring_plan.h"

#include "ctl/plan.h"
#include "options.h"
#include "out.h"

/* {"name", "tokens"?, "zone"?} of NAME[:WHAT]; NULL after saying what is wrong. */
static json_t *parse_member(const char *given)
{
    char fault[HS_CTL_PLAN_FAULT_MAX];
    json_t *member = hs_ctl_plan_member(given, fault);
    if (!member && fault[0] == '\0')
        cli_out_of_memory();
    if (!member)
        cli_complain("ring plan: %s", fault);
    return member;
}

static json_t *parse_given(const struct cli_given *given)
{
    json_t *item;
    if (given->option == CLI_REMOVE) {
        item = json_string(given->value);
        if (!item)
            cli_complain("ring plan: %s is not UTF-8 text", given->value);
        return item;
    }
    item = parse_member(given->value);
    if (!item || given->option == CLI_ADD || json_object_size(item) > 1)
        return item;
    cli_complain("ring plan: --set %s does not say what changes: %s:weight=2", given->value,
                 given->value);
    json_decref(item);
    return NULL;
}

bool cli_plan_fill(const struct cli *cli, json_t *request)
{
    for (int i = 0; i < cli->given_count; i++) {
        const char *field = cli_options[cli->given[i].option].name;
        json_t *list = json_object_get(request, field), *item = parse_given(&cli->given[i]);
        if (!item)
            return false;
        if (!list) {
            list = json_array();
            json_object_set_new(request, field, list);
        }
        json_array_append_new(list, item);
    }
    if (cli->given_count > 0)
        return true;
    cli_complain("ring plan: say what is to change: --add, --remove or --set");
    return false;
}
