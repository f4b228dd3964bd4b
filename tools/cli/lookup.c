/* SPDX-License-Identifier: Apache-2.0 */
/* `lookup`: who owns a key, and with -n who the next owners are. */
#include "lookup.h"

#include <hearsay/config.h>

#include "ctl/ctl.h"
#include "format.h"
#include "message.h"
#include "out.h"
#include "table.h"

json_t *cli_lookup_request(const struct cli *cli)
{
    long n = 1;
    if (cli->value[CLI_COUNT] &&
        !cli_parse_number(cli->value[CLI_COUNT], 1, HEARSAY_MEMBERS_LIMIT, &n)) {
        cli_complain("lookup: -n must be 1 to %d, not %s", HEARSAY_MEMBERS_LIMIT,
                     cli->value[CLI_COUNT]);
        return NULL;
    }
    json_t *request = cli_new_request(HS_CTL_COMMAND_LOOKUP);
    if (!cli_set_text(request, "key", cli->args[0])) {
        json_decref(request);
        return NULL;
    }
    json_object_set_new(request, "n", json_integer(n));
    if (cli->value[CLI_ZONES])
        json_object_set_new(request, "zones", json_true());
    return request;
}

int cli_lookup_judge(const json_t *answer)
{
    return json_array_size(json_object_get(answer, "owners")) > 0 ? HS_CTL_EXIT_OK
                                                                  : HS_CTL_EXIT_REFUSED;
}

void cli_lookup_show(const struct cli *cli, const json_t *answer)
{
    static const struct cli_column columns[] = {
        {"OWNER", false, 8}, {"ADDRESS", false, 12}, {"STATUS", false, 0}};
    const json_t *owners = json_object_get(answer, "owners");
    struct cli_table table;
    (void)cli;
    cli_put_field("key", cli_text(answer, "key"));
    cli_put_field("hash", cli_text(answer, "hash"));
    cli_put("\n");
    if (json_array_size(owners) == 0) {
        cli_put("Nobody owns it: the ring has no members.\n");
        return;
    }
    cli_table_init(&table, columns, sizeof(columns) / sizeof(columns[0]));
    for (size_t i = 0; i < json_array_size(owners); i++) {
        const json_t *owner = json_array_get(owners, i);
        const char *status = cli_text(owner, "status");
        cli_table_add(&table, cli_text(owner, "name"), CLI_PLAIN);
        cli_table_add(&table, cli_text(owner, "addr"), CLI_PLAIN);
        cli_table_add(&table, status, cli_status_color(status));
    }
    cli_table_print(&table);
    cli_table_fini(&table);
}
