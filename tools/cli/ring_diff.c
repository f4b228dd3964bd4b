/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `ring history`, `ring diff` and `ring plan`. The table of sums shows only the members that a
 * change concerns: in a cluster of hundreds it concerns few, and the others would hide them. Ranges
 * are printed as they come, because there may be any number of them.
 */
#include "ring_diff.h"

#include <stdlib.h>
#include <string.h>

#include <hearsay/ring.h>

#include "ctl/ctl.h"
#include "format.h"
#include "message.h"
#include "out.h"
#include "ring_picture.h"
#include "ring_plan.h"
#include "ring_request.h"
#include "table.h"
#include "tags.h"

#define RANGE_COLUMNS 47 /* of a range's line, before its owners */

/* ---- history ----------------------------------------------------------------------------- */

static void add_version(struct cli_table *table, const json_t *version)
{
    char word[CLI_WORD_MAX];
    cli_format_count(word, cli_number(version, "version"));
    cli_table_add(table, word, CLI_PLAIN);
    cli_format_time(word, cli_text(version, "time"));
    cli_table_add(table, word, CLI_PLAIN);
    cli_table_add(table, cli_text(version, "checksum"), CLI_PLAIN);
    cli_format_count(word, cli_number(version, "members"));
    cli_table_add(table, word, CLI_PLAIN);
    cli_format_count(word, cli_number(version, "tokens"));
    cli_table_add(table, word, CLI_PLAIN);
    cli_format_share(word, cli_real(version, "moved"));
    cli_table_add(table, word, CLI_PLAIN);
}

int cli_ring_history(struct cli *cli)
{
    static const struct cli_column columns[] = {{"VERSION", true, 0},   {"MADE (UTC)", false, 0},
                                                {"CHECKSUM", false, 0}, {"MEMBERS", true, 0},
                                                {"TOKENS", true, 0},    {"MOVED", true, 0}};
    json_t *answer = NULL;
    struct cli_table table;
    int code = cli_ask(&cli->client, cli_new_request(HS_CTL_COMMAND_RING_HISTORY), &answer);
    if (code != 0)
        return code;
    if (cli->value[CLI_JSON]) {
        cli_put_json(answer);
        json_decref(answer);
        return HS_CTL_EXIT_OK;
    }
    const json_t *versions = json_object_get(answer, "versions");
    cli_table_init(&table, columns, sizeof(columns) / sizeof(columns[0]));
    for (size_t i = 0; i < json_array_size(versions); i++)
        add_version(&table, json_array_get(versions, i));
    cli_table_print(&table);
    cli_table_fini(&table);
    json_decref(answer);
    return HS_CTL_EXIT_OK;
}

/* ---- the sums ---------------------------------------------------------------------------- */

static void put_side(const char *name, const json_t *side)
{
    char time[CLI_WORD_MAX];
    cli_format_time(time, cli_text(side, "time"));
    if (json_object_get(side, "version"))
        cli_put_formatted(name, "version %llu (%s), made %s",
                          (unsigned long long)cli_number(side, "version"),
                          cli_text(side, "checksum"), time);
    else
        cli_put_formatted(name, "as planned (%s)", cli_text(side, "checksum"));
}

static void put_moved(const json_t *answer)
{
    double moved = cli_real(answer, "moved"), reordered = cli_real(answer, "reordered");
    bool one = cli_number(answer, "n") <= 1;
    const char *plural = cli_number(answer, "pieces") == 1 ? "" : "s";
    char pieces[CLI_WORD_MAX];

    cli_format_count(pieces, cli_number(answer, "pieces"));
    if (cli_number(answer, "pieces") == 0)
        cli_put_field("moved", one ? "nothing: every key keeps its owner"
                                   : "nothing: every key keeps its owners");
    else if (moved > 0)
        cli_put_formatted("moved", "%.6f%% of all keys %s; %s range%s", moved * 100,
                          one ? "change their owner" : "get other owners", pieces, plural);
    else
        cli_put_formatted("moved", "nothing; %s range%s with another order of owners", pieces,
                          plural);
    if (reordered > 0)
        cli_put_formatted("reordered", "%.6f%% have the same owners in another order",
                          reordered * 100);
}

/* "128", or "128 -> 256". */
static void format_change(char *text, size_t room, const char *before, const char *after)
{
    if (strcmp(before, after) == 0)
        snprintf(text, room, "%s", before);
    else
        snprintf(text, room, "%s -> %s", before[0] != '\0' ? before : "-",
                 after[0] != '\0' ? after : "-");
}

static void add_change(struct cli_table *table, double share, char sign, enum cli_color color)
{
    char word[CLI_WORD_MAX], text[CLI_WORD_MAX + 1];
    cli_format_share(word, share);
    snprintf(text, sizeof(text), "%c%s", sign, word);
    cli_table_add(table, share > 0 ? text : "", share > 0 ? color : CLI_PLAIN);
}

static void add_zone(struct cli_table *table, const char *before, const char *after)
{
    char *quoted[] = {cli_quote(before), cli_quote(after)};
    size_t room = strlen(quoted[0]) + strlen(quoted[1]) + sizeof("- -> -");
    char *text = calloc(1, room);

    if (!text)
        cli_out_of_memory();
    format_change(text, room, quoted[0], quoted[1]);
    cli_table_add(table, text, CLI_PLAIN);
    free(text);
    free(quoted[0]);
    free(quoted[1]);
}

static void add_member(struct cli_table *table, const json_t *member, bool zones)
{
    const json_t *sides[] = {json_object_get(member, "before"), json_object_get(member, "after")};
    char words[2][CLI_WORD_MAX] = {"0", "0"}, text[2 * CLI_WORD_MAX + 8];
    cli_table_add(table, cli_text(member, "name"), CLI_PLAIN);
    for (int i = 0; i < 2; i++)
        if (sides[i])
            cli_format_count(words[i], cli_number(sides[i], "tokens"));
    format_change(text, sizeof(text), words[0], words[1]);
    if (zones)
        add_zone(table, cli_text(sides[sides[0] == NULL], "zone"),
                 cli_text(sides[sides[1] != NULL], "zone"));
    cli_table_add(table, text, CLI_PLAIN);
    for (int i = 0; i < 2; i++) {
        cli_format_share(words[i], cli_real(sides[i], "share"));
        cli_table_add(table, sides[i] ? words[i] : "", CLI_PLAIN);
    }
    add_change(table, cli_real(member, "gained"), '+', CLI_GREEN);
    add_change(table, cli_real(member, "lost"), '-', CLI_RED);
}

/* True if the change concerns the member. */
static bool member_concerned(const json_t *member)
{
    const json_t *before = json_object_get(member, "before");
    const json_t *after = json_object_get(member, "after");
    return cli_real(member, "gained") > 0 || cli_real(member, "lost") > 0 || !before || !after ||
           cli_number(before, "tokens") != cli_number(after, "tokens") ||
           strcmp(cli_text(before, "zone"), cli_text(after, "zone")) != 0;
}

static bool any_zone(const json_t *members)
{
    for (size_t i = 0; i < json_array_size(members); i++) {
        const json_t *member = json_array_get(members, i);
        if (cli_text(json_object_get(member, "before"), "zone")[0] != '\0' ||
            cli_text(json_object_get(member, "after"), "zone")[0] != '\0')
            return true;
    }
    return false;
}

static void show_members(const json_t *members)
{
    struct cli_column columns[7] = {{"MEMBER", false, 8}};
    bool zones = any_zone(members);
    size_t count = 1, rest = 0;
    struct cli_table table;
    if (zones)
        columns[count++] = (struct cli_column){"ZONE", false, 6};
    columns[count++] = (struct cli_column){"TOKENS", true, 0};
    columns[count++] = (struct cli_column){"BEFORE", true, 0};
    columns[count++] = (struct cli_column){"AFTER", true, 0};
    columns[count++] = (struct cli_column){"GAINED", true, 0};
    columns[count++] = (struct cli_column){"LOST", true, 0};
    cli_table_init(&table, columns, count);
    for (size_t i = 0; i < json_array_size(members); i++) {
        if (member_concerned(json_array_get(members, i)))
            add_member(&table, json_array_get(members, i), zones);
        else
            rest++;
    }
    if (table.count > 0) {
        cli_put("\n");
        cli_table_print(&table);
    }
    if (rest > 0 && table.count > 0)
        printf("%zu other%s keep%s what %s.\n", rest, rest > 1 ? "s" : "", rest > 1 ? "" : "s",
               rest > 1 ? "they have" : "it has");
    cli_table_fini(&table);
}

static void show_sums(const json_t *answer)
{
    put_side("before", json_object_get(answer, "before"));
    put_side("after", json_object_get(answer, "after"));
    if (cli_number(answer, "n") > 1)
        cli_put_replicas(answer);
    cli_put_held(answer);
    put_moved(answer);
    show_members(json_object_get(answer, "members"));
}

/* ---- the ranges -------------------------------------------------------------------------- */

/* "a, b"; freed by the caller. */
static char *join_names(const json_t *names)
{
    struct cli_list list;
    cli_list_begin(&list, ", ");
    for (size_t i = 0; i < json_array_size(names); i++) {
        const char *name = json_string_value(json_array_get(names, i));
        cli_list_add(&list, "%s", name ? name : "");
    }
    if (json_array_size(names) == 0)
        cli_list_add(&list, "nobody");
    return cli_list_end(&list);
}

/* Reads one end of a range. What it prints is made anew, so no odd text gets through. */
static uint64_t read_end(const json_t *range, const char *key, char text[HS_CTL_HEX64_MAX])
{
    uint64_t end = 0;
    hs_ctl_parse_hex64(cli_text(range, key), &end);
    hs_ctl_format_hex64(end, text);
    return end;
}

/* A line of a table whose widths are known before its contents are. */
static void put_range(const json_t *range)
{
    char *before = join_names(json_object_get(range, "before"));
    char *after = join_names(json_object_get(range, "after"));
    char first[HS_CTL_HEX64_MAX], last[HS_CTL_HEX64_MAX], share[CLI_WORD_MAX];
    uint64_t from = read_end(range, "first", first), to = read_end(range, "last", last);
    uint64_t hashes = to - from + 1; /* 0: all of the circle */
    char *line, *safe, *text;
    snprintf(share, sizeof(share), "%.5f%%",
             hearsay_ring_fraction(hashes > 0 ? hashes : UINT64_MAX) * 100);
    if (asprintf(&line, "%s -> %s", before, after) < 0)
        cli_out_of_memory();
    safe = cli_safe(line, NULL);
    text = cli_screen.terminal ? cli_shorten(safe, cli_screen.width - RANGE_COLUMNS) : strdup(safe);
    if (!text)
        cli_out_of_memory();
    printf("%s  %s  %9s  %s\n", first, last, share, text);
    free(text);
    free(safe);
    free(line);
    free(before);
    free(after);
}

/* The lines that follow the sums. They end early when the reader has gone away. */
static int show_ranges(struct cli *cli, uint64_t count)
{
    bool json = cli->value[CLI_JSON];
    int code = 0;
    if (!json && count > 0) {
        cli_put("\n");
        cli_put_colored(CLI_BOLD, "FIRST             LAST                  SHARE  FROM -> TO");
        cli_put("\n");
    }
    for (uint64_t i = 0; i < count && code == 0 && ferror(stdout) == 0; i++) {
        json_t *range = NULL;
        code = cli_next_part(&cli->client, &range);
        if (code == 0 && json)
            cli_put_json(range);
        else if (code == 0)
            put_range(range);
        json_decref(range);
    }
    return code;
}

/* ---- diff and plan ----------------------------------------------------------------------- */

static int run_request(struct cli *cli, json_t *request)
{
    json_t *answer = NULL;
    int code = cli_ask(&cli->client, request, &answer);
    if (code == 0 && cli->value[CLI_JSON])
        cli_put_json(answer);
    else if (code == 0)
        show_sums(answer);
    if (code == 0 && cli->value[CLI_RANGES])
        code = show_ranges(cli, cli_number(answer, "pieces"));
    if (code == 0 && cli->value[CLI_SVG])
        code = cli_draw_diff(cli, answer);
    json_decref(answer);
    return code;
}

static bool set_version(json_t *request, const char *field, const char *text)
{
    long version;
    if (!cli_parse_number(text, 0, INT32_MAX, &version)) {
        cli_complain("ring diff: %s is not the version of a ring (hearsay ring history lists them)",
                     text);
        return false;
    }
    return json_object_set_new(request, field, json_integer(version)) == 0;
}

int cli_ring_diff(struct cli *cli)
{
    json_t *request = cli_ring_request(cli, HS_CTL_COMMAND_RING_DIFF);
    if (!request)
        return HS_CTL_EXIT_USAGE;
    if ((cli->arg_count > 1 && !set_version(request, "from", cli->args[1])) ||
        (cli->arg_count > 2 && !set_version(request, "to", cli->args[2]))) {
        json_decref(request);
        return HS_CTL_EXIT_USAGE;
    }
    return run_request(cli, request);
}

int cli_ring_plan(struct cli *cli)
{
    json_t *request = cli_ring_request(cli, HS_CTL_COMMAND_RING_PLAN);
    if (!request)
        return HS_CTL_EXIT_USAGE;
    if (!cli_plan_fill(cli, request)) {
        json_decref(request);
        return HS_CTL_EXIT_USAGE;
    }
    return run_request(cli, request);
}
