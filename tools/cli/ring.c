/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `ring`: who owns what. What moves is in ring_diff.c. The bar compares members with each other:
 * the greatest share fills it, so that one that owns too much stands out among fifty as among
 * three.
 */
#include "ring.h"

#include <stdlib.h>
#include <string.h>

#include <hearsay/config.h>
#include <hearsay/ring.h>

#include "ctl/ctl.h"
#include "format.h"
#include "message.h"
#include "options.h"
#include "out.h"
#include "ring_diff.h"
#include "ring_picture.h"
#include "ring_request.h"
#include "table.h"
#include "tags.h"

#define BAR_WIDTH 20

static double greatest_share(const json_t *members)
{
    double greatest = 0;

    for (size_t i = 0; i < json_array_size(members); i++) {
        double share = cli_real(json_array_get(members, i), "share");

        greatest = share > greatest ? share : greatest;
    }
    return greatest;
}

/* How many zones the members have together; all that name none count as one zone. */
static size_t count_zones(const json_t *members)
{
    json_t *zones = json_object();
    for (size_t i = 0; i < json_array_size(members); i++)
        json_object_set_new(zones, cli_text(json_array_get(members, i), "zone"), json_true());
    size_t count = json_object_size(zones);
    if (count == 1 && json_object_get(zones, ""))
        count = 0;
    json_decref(zones);
    return count;
}

/* What the table has besides the columns that are always there. */
struct shown {
    bool zones, replicas;
    double greatest;
};

static void add_share(struct cli_table *table, const json_t *member, const struct shown *shown)
{
    double share = cli_real(member, "share");
    char word[CLI_WORD_MAX];
    char bar[CLI_BAR_MAX(BAR_WIDTH)];

    cli_table_add(table, cli_text(member, "name"), CLI_PLAIN);
    if (shown->zones)
        cli_table_add_quoted(table, cli_text(member, "zone"));
    cli_format_count(word, cli_number(member, "tokens"));
    cli_table_add(table, word, CLI_PLAIN);
    cli_format_share(word, share);
    cli_table_add(table, word, CLI_PLAIN);
    if (shown->replicas) {
        cli_format_share(word, cli_real(member, "replicas"));
        cli_table_add(table, word, CLI_PLAIN);
    }
    cli_format_bar(bar, BAR_WIDTH, share, shown->greatest);
    cli_table_add(table, bar, CLI_PLAIN);
}

static void show_shares(const json_t *members, const struct shown *shown)
{
    struct cli_column columns[6] = {{"MEMBER", false, 8}};
    size_t count = 1;
    struct cli_table table;
    if (shown->zones)
        columns[count++] = (struct cli_column){"ZONE", false, 6};
    columns[count++] = (struct cli_column){"TOKENS", true, 0};
    columns[count++] = (struct cli_column){"SHARE", true, 0};
    if (shown->replicas)
        columns[count++] = (struct cli_column){"REPLICAS", true, 0};
    columns[count++] = (struct cli_column){"", false, 0};
    cli_table_init(&table, columns, count);
    for (size_t i = 0; i < json_array_size(members); i++)
        add_share(&table, json_array_get(members, i), shown);
    cli_table_print(&table);
    cli_table_fini(&table);
}

static void show_ranges(const json_t *ranges)
{
    static const struct cli_column columns[] = {
        {"FIRST", false, 0}, {"LAST", false, 0}, {"OWNER", false, 8}};
    struct cli_table table;
    cli_table_init(&table, columns, sizeof(columns) / sizeof(columns[0]));
    for (size_t i = 0; i < json_array_size(ranges); i++) {
        const json_t *range = json_array_get(ranges, i);
        cli_table_add(&table, cli_text(range, "first"), CLI_PLAIN);
        cli_table_add(&table, cli_text(range, "last"), CLI_PLAIN);
        cli_table_add(&table, cli_text(range, "owner"), CLI_PLAIN);
    }
    cli_put("\n");
    cli_table_print(&table);
    cli_table_fini(&table);
}

static void show_ring(const struct cli *cli, const json_t *answer)
{
    const json_t *members = json_object_get(answer, "members");
    size_t zones = count_zones(members);
    struct shown shown = {zones > 0, cli->value[CLI_REPLICAS], greatest_share(members)};
    char word[CLI_WORD_MAX];
    cli_format_count(word, cli_number(answer, "version"));
    cli_put_field("version", word);
    cli_put_field("checksum", cli_text(answer, "checksum"));
    cli_format_count(word, cli_number(answer, "tokens"));
    cli_put_field("tokens", word);
    cli_format_count(word, zones);
    if (zones > 0)
        cli_put_field("zones", word);
    if (shown.replicas)
        cli_put_replicas(answer);
    cli_put_held(answer);
    cli_put("\n");
    if (json_array_size(members) > 0)
        show_shares(members, &shown);
    else
        cli_put("The ring is empty: no member owns keys.\n");
    if (cli->value[CLI_RANGES])
        show_ranges(json_object_get(answer, "ranges"));
}

static int run_ring(struct cli *cli)
{
    json_t *request = cli_ring_request(cli, HS_CTL_COMMAND_RING), *answer = NULL;
    int code = request ? cli_ask(&cli->client, request, &answer) : HS_CTL_EXIT_USAGE;
    if (code == 0 && cli->value[CLI_JSON])
        cli_put_json(answer);
    else if (code == 0)
        show_ring(cli, answer);
    if (code == 0 && cli->value[CLI_SVG])
        code = cli_draw_ring(cli, answer);
    json_decref(answer);
    return code;
}

/* ---- the verbs --------------------------------------------------------------------------- */

#define VIEW_OPTIONS                                                                               \
    (CLI_BIT(CLI_REPLICAS) | CLI_BIT(CLI_ZONES) | CLI_BIT(CLI_RANGES) | CLI_BIT(CLI_SVG))

static const struct verb {
    const char *name;
    uint32_t options; /* of those of `ring` */
    int args_max;     /* behind it */
    int (*run)(struct cli *cli);
} verbs[] = {
    {"", VIEW_OPTIONS, 0, run_ring},
    {"history", 0, 0, cli_ring_history},
    {"diff", VIEW_OPTIONS, 2, cli_ring_diff},
    {"plan", VIEW_OPTIONS | CLI_BIT(CLI_ADD) | CLI_BIT(CLI_REMOVE) | CLI_BIT(CLI_SET), 0,
     cli_ring_plan},
};

static int complain_verb(const struct cli *cli, const struct verb *verb)
{
    for (int i = 0; verb && i < CLI_OPTION_COUNT; i++) {
        if ((cli->command->options & ~verb->options & CLI_BIT(i)) != 0 && cli->value[i]) {
            cli_complain("ring%s%s: no option --%s (see hearsay help ring)",
                         verb->name[0] != '\0' ? " " : "", verb->name, cli_options[i].name);
            return HS_CTL_EXIT_USAGE;
        }
    }
    if (verb && cli->arg_count <= verb->args_max + (verb->name[0] != '\0'))
        return 0;
    cli_complain("usage: hearsay ring %s", cli->command->synopsis);
    return HS_CTL_EXIT_USAGE;
}

int cli_ring_run(struct cli *cli)
{
    const char *name = cli->arg_count > 0 ? cli->args[0] : "";
    const struct verb *verb = NULL;
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        if (strcmp(verbs[i].name, name) == 0 && (name[0] != '\0' || cli->arg_count == 0))
            verb = &verbs[i];
    }
    int code = complain_verb(cli, verb);
    return code != 0 || !verb ? code : verb->run(cli);
}
