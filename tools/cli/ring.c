/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `ring` and `lookup`: who owns what. The bar compares members with each other: the greatest share
 * fills it, so that one that owns too much stands out among fifty as among three.
 */
#include "cli.h"

#include <stdlib.h>
#include <string.h>

#include <hearsay/config.h>

#define BAR_WIDTH 20

json_t *cli_ring_request(const struct cli *cli)
{
    json_t *request = cli_new_request(HS_CTL_COMMAND_RING);

    if (cli->value[CLI_RANGES] != NULL)
        (void)json_object_set_new(request, "ranges", json_true());
    return request;
}

static void format_bar(char bar[BAR_WIDTH * 3 + 1], double share, double greatest)
{
    const char *mark = cli_screen.utf8 ? "\xe2\x96\x88" : "#";
    size_t len = strlen(mark);
    double part = share > 0 && greatest > 0 ? share / greatest * BAR_WIDTH : 0;
    size_t used = 0;

    for (int i = 0; i < BAR_WIDTH && part > i + 0.5; i++) {
        memcpy(bar + used, mark, len);
        used += len;
    }
    bar[used] = '\0';
}

static double greatest_share(const json_t *members)
{
    double greatest = 0;

    for (size_t i = 0; i < json_array_size(members); i++) {
        double share = cli_real(json_array_get(members, i), "share");

        greatest = share > greatest ? share : greatest;
    }
    return greatest;
}

static bool any_zone(const json_t *members)
{
    for (size_t i = 0; i < json_array_size(members); i++) {
        if (cli_text(json_array_get(members, i), "zone")[0] != '\0')
            return true;
    }
    return false;
}

static void add_share(struct cli_table *table, const json_t *member, bool zones, double greatest)
{
    double share = cli_real(member, "share");
    char word[CLI_WORD_MAX];
    char bar[BAR_WIDTH * 3 + 1];

    cli_table_add(table, cli_text(member, "name"), CLI_PLAIN);
    if (zones)
        cli_table_add(table, cli_text(member, "zone"), CLI_PLAIN);
    cli_format_count(word, cli_number(member, "tokens"));
    cli_table_add(table, word, CLI_PLAIN);
    cli_format_share(word, share);
    cli_table_add(table, word, CLI_PLAIN);
    format_bar(bar, share, greatest);
    cli_table_add(table, bar, CLI_PLAIN);
}

static void show_shares(const json_t *members)
{
    static const struct cli_column plain[] = {
        {"MEMBER", false, 8}, {"TOKENS", true, 0}, {"SHARE", true, 0}, {"", false, 0}};
    static const struct cli_column zoned[] = {{"MEMBER", false, 8},
                                              {"ZONE", false, 6},
                                              {"TOKENS", true, 0},
                                              {"SHARE", true, 0},
                                              {"", false, 0}};
    bool zones = any_zone(members);
    double greatest = greatest_share(members);
    struct cli_table table;

    cli_table_init(&table, zones ? zoned : plain, zones ? 5 : 4);
    for (size_t i = 0; i < json_array_size(members); i++)
        add_share(&table, json_array_get(members, i), zones, greatest);
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

void cli_ring_show(const struct cli *cli, const json_t *answer)
{
    const json_t *members = json_object_get(answer, "members");
    char word[CLI_WORD_MAX];

    cli_format_count(word, cli_number(answer, "version"));
    cli_put_field("version", word);
    cli_put_field("checksum", cli_text(answer, "checksum"));
    cli_format_count(word, cli_number(answer, "tokens"));
    cli_put_field("tokens", word);
    cli_put("\n");
    if (json_array_size(members) > 0)
        show_shares(members);
    else
        cli_put("The ring is empty: it has no members.\n");
    if (cli->value[CLI_RANGES] != NULL)
        show_ranges(json_object_get(answer, "ranges"));
}

/* ---- lookup ------------------------------------------------------------------------------ */

json_t *cli_lookup_request(const struct cli *cli)
{
    json_t *request;
    long n = 1;

    if (cli->value[CLI_COUNT] != NULL &&
        !cli_parse_number(cli->value[CLI_COUNT], 1, HEARSAY_MEMBERS_LIMIT, &n)) {
        cli_complain("lookup: -n must be 1 to %d, not %s", HEARSAY_MEMBERS_LIMIT,
                     cli->value[CLI_COUNT]);
        return NULL;
    }
    request = cli_new_request(HS_CTL_COMMAND_LOOKUP);
    if (!cli_set_text(request, "key", cli->args[0])) {
        json_decref(request);
        return NULL;
    }
    (void)json_object_set_new(request, "n", json_integer(n));
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
