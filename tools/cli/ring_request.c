/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Below `ring`, `ring diff` and `ring plan`, which all take -n and --zones.
 */
#include "ring_request.h"

#include <stdlib.h>

#include <hearsay/ring.h>

#include "ctl/ctl.h"
#include "format.h"
#include "message.h"
#include "out.h"

json_t *cli_ring_request(const struct cli *cli, enum hs_ctl_command command)
{
    const char *count = cli->value[CLI_REPLICAS];
    long n = 1;
    if (count && !cli_parse_number(count, 1, HEARSAY_REPLICAS_MAX, &n)) {
        cli_complain("ring: -n must be 1 to %d, not %s", HEARSAY_REPLICAS_MAX, count);
        return NULL;
    }
    if (!count && cli->value[CLI_ZONES]) {
        cli_complain("ring: --zones is about replicas: say how many with -n");
        return NULL;
    }
    json_t *request = cli_new_request(command);
    if (count)
        json_object_set_new(request, "n", json_integer(n));
    if (cli->value[CLI_ZONES])
        json_object_set_new(request, "zones", json_true());
    if (cli->value[CLI_RANGES])
        json_object_set_new(request, "ranges", json_true());
    return request;
}

/* So that a reader need not look for them in a table of thousands. */
#define HELD_SHOWN 8

void cli_put_held(const json_t *answer)
{
    const json_t *members = json_object_get(answer, "members");
    struct cli_list list;
    size_t held = 0;
    char *names;

    cli_list_begin(&list, ", ");
    for (size_t i = 0; i < json_array_size(members); i++) {
        const json_t *member = json_array_get(members, i);

        if (cli_flag(member, "held") && held++ < HELD_SHOWN)
            cli_list_add(&list, "%s", cli_text(member, "name"));
    }
    names = cli_list_end(&list);
    if (held > 0)
        cli_put_formatted("held", "%s%s: dead, but not yet for ring-hold", names,
                          held > HELD_SHOWN ? " and more" : "");
    free(names);
    if (cli_flag(answer, "settling"))
        cli_put_field("settling", "agents that see the same may have another ring now");
}

void cli_put_replicas(const json_t *answer)
{
    cli_put_formatted("replicas", "%llu of a key%s", (unsigned long long)cli_number(answer, "n"),
                      cli_flag(answer, "zones") ? ", in distinct zones" : "");
}
