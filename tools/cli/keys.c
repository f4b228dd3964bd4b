/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `keys`: where a rotation stands (R34: rotation). The table counts. Below it stand the names that
 * an operator needs, which are the few: who lacks a key of ours, who has one that is not ours, who
 * seals with another key than most. The last line says what to do next.
 */
#include "keys.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/ctl.h"
#include "format.h"
#include "key_rows.h"
#include "keys_check.h"
#include "message.h"
#include "options.h"
#include "out.h"
#include "table.h"

/* ---- the table --------------------------------------------------------------------------- */

#define COUNT_MAX (2 * CLI_WORD_MAX)

/* "30", "1,200 (+1 failed)". */
static void format_members(char text[COUNT_MAX], uint64_t present, uint64_t failed)
{
    char word[CLI_WORD_MAX];

    cli_format_count(word, present);
    if (failed > 0)
        snprintf(text, COUNT_MAX, "%s (+%llu failed)", word, (unsigned long long)failed);
    else
        snprintf(text, COUNT_MAX, "%s", word);
}

static void add_count(struct cli_table *table, const json_t *key, const struct cli_key_list *list)
{
    char text[COUNT_MAX];

    format_members(text, cli_number(key, list->present), cli_number(key, list->failed));
    cli_table_add(table, text, CLI_PLAIN);
}

static void put_table(const json_t *answer)
{
    static const struct cli_column columns[] = {{"KEY", false, 0},
                                                {"OURS", false, 0},
                                                {"HAVE IT", false, 0},
                                                {"SEAL WITH IT", false, 0},
                                                {"LACK IT", false, 0}};
    struct cli_table table;
    size_t cursor = 0, line = 0;
    const json_t *key;

    cli_table_init(&table, columns, sizeof(columns) / sizeof(columns[0]));
    while ((key = cli_next_key(answer, false, &cursor))) {
        char word[CLI_WORD_MAX] = "";

        if (cli_flag(key, "ours"))
            cli_format_count(word, ++line);
        cli_table_add(&table, cli_text(key, "key"), CLI_PLAIN);
        cli_table_add(&table, word, CLI_PLAIN);
        add_count(&table, key, &cli_holders);
        add_count(&table, key, &cli_sealers);
        add_count(&table, key, &cli_lacks);
    }
    cli_table_print(&table);
    cli_table_fini(&table);
}

/* ---- the names --------------------------------------------------------------------------- */

static uint64_t count(const json_t *key, const struct cli_key_list *list)
{
    return cli_key_count(key, list, CLI_WITH_FAILED);
}

static void put_names(const json_t *key, const struct cli_key_list *list, const char *title)
{
    if (count(key, list) == 0)
        return;
    cli_say("%s %s:", title, cli_text(key, "key"));
    cli_put_key_names(key, list, CLI_WITH_FAILED);
}

/* The key that most members seal with. */
static const json_t *main_key(const json_t *answer)
{
    const json_t *most = NULL, *key;
    size_t cursor = 0;

    while ((key = cli_next_key(answer, false, &cursor)))
        if (!most || count(key, &cli_sealers) > count(most, &cli_sealers))
            most = key;
    return most;
}

static void put_all_names(const json_t *answer)
{
    const json_t *most = main_key(answer), *key;
    size_t cursor = 0;

    while ((key = cli_next_key(answer, false, &cursor))) {
        bool ours = cli_flag(key, "ours");

        if (ours)
            put_names(key, &cli_lacks, "Lack");
        else
            put_names(key, &cli_holders, "Not ours, and they have");
        if (key != most && (ours || count(key, &cli_sealers) < count(key, &cli_holders)))
            put_names(key, &cli_sealers, "Seal with");
    }
}

/* ---- the next step ----------------------------------------------------------------------- */

/* Each of these says what to do and returns true, if it is the case. */

static bool say_view(const json_t *answer)
{
    if (cli_key_view_is_good(answer))
        return false;
    cli_say("No step is safe by this view: see hearsay status, and ask again.");
    return true;
}

static bool say_no_key(const json_t *answer)
{
    size_t cursor = 0;

    if (cli_next_key(answer, true, &cursor))
        return false;
    cursor = 0;
    if (cli_next_key(answer, false, &cursor))
        cli_say("Next: this agent uses no key (seal = %s), and others do: give it their key file "
                "and their mode (key, seal), then reload.",
                cli_text(answer, "seal"));
    else
        cli_say("No member has a key, so nothing is sealed. Next: hearsay keygen, and in the "
                "operations page \"Switching on\".");
    return true;
}

/* Members that have no key, or none of ours. */
static bool say_list(const json_t *answer, const struct cli_key_list *list, const char *what)
{
    char *names;

    if (count(answer, list) == 0)
        return false;
    names = cli_key_names(answer, list, CLI_WITH_FAILED);
    cli_say("Next: %s to %s, then reload there.", what, names);
    free(names);
    return true;
}

/* A key that others have and this agent does not: one to come, or one to go. */
static bool say_not_ours(const json_t *answer)
{
    const json_t *key;
    size_t cursor = 0;

    while ((key = cli_next_key(answer, false, &cursor))) {
        char *names;

        if (cli_flag(key, "ours") || count(key, &cli_holders) == 0)
            continue;
        names = cli_key_names(key, &cli_holders, CLI_WITH_FAILED);
        cli_say("Next: %s is not in the key file here. If it is new, add its line; if it is old, "
                "take it away on %s. Then reload.",
                cli_text(key, "key"), names);
        free(names);
        return true;
    }
    return false;
}

/* A key of ours that not all have. */
static bool say_lacking(const json_t *answer)
{
    const json_t *key;
    size_t cursor = 0;

    while ((key = cli_next_key(answer, true, &cursor))) {
        char *names = cli_key_names(key, &cli_lacks, CLI_WITH_FAILED);
        bool lacking = count(key, &cli_lacks) > 0;

        if (lacking && cli_number(key, cli_lacks.present) > 0)
            cli_say("Next: add the line of %s to the key file of %s, then reload there.",
                    cli_text(key, "key"), names);
        else if (lacking)
            cli_say("Next: give %s to %s before they start again; hearsay force-leave those that "
                    "will not.",
                    cli_text(key, "key"), names);
        free(names);
        if (lacking)
            return true;
    }
    return false;
}

/* All have all keys of ours, but do not seal with the same. */
static bool say_mixed(const json_t *answer)
{
    const json_t *key;
    struct cli_list text;
    size_t cursor = 0, used = 0;
    char *counts;

    cli_list_begin(&text, ", ");
    while ((key = cli_next_key(answer, false, &cursor))) {
        if (count(key, &cli_sealers) == 0)
            continue;
        cli_list_add(&text, "%llu with %s", (unsigned long long)count(key, &cli_sealers),
                     cli_text(key, "key"));
        used++;
    }
    counts = cli_list_end(&text);
    if (used > 1)
        cli_say("Next: members seal with different keys (%s): make the new one the first line "
                "everywhere, then reload.",
                counts);
    free(counts);
    return used > 1;
}

/* All is the same everywhere. */
static void say_even(const json_t *answer)
{
    size_t cursor = 0;
    const char *first = cli_text(cli_next_key(answer, true, &cursor), "key");
    const json_t *second = cli_next_key(answer, true, &cursor);
    const char *mode = cli_text(answer, "seal");
    char *all = cli_key_everybody(answer, CLI_WITH_FAILED);

    if (second)
        cli_say("All agree. Next: hearsay keys check --first %s, if that is the new key; or "
                "--remove %s, if it is the old one.",
                cli_text(second, "key"), cli_text(second, "key"));
    else if (strcmp(mode, "accept") == 0)
        cli_say("All (%s) have %s. Next: seal = on everywhere, then reload.", all, first);
    else if (strcmp(mode, "on") == 0)
        cli_say("All (%s) have %s. Next, once seal is on everywhere: seal = require, then reload.",
                all, first);
    else
        cli_say("All (%s) have %s and seal with it. Nothing is left to do.", all, first);
    free(all);
}

static void say_next(const json_t *answer)
{
    if (say_view(answer) || say_no_key(answer) ||
        say_list(answer, &cli_apart, "give one of the keys of this agent") ||
        say_list(answer, &cli_plain, "give the key file, with seal = accept or on,") ||
        say_not_ours(answer) || say_lacking(answer) || say_mixed(answer))
        return;
    say_even(answer);
}

/* ---- the command ------------------------------------------------------------------------- */

static void show_keys(const json_t *answer)
{
    char members[COUNT_MAX];
    size_t cursor = 0;

    format_members(members, cli_number(answer, "present"), cli_number(answer, "failed"));
    cli_put_field("seal", cli_text(answer, "seal"));
    cli_put_field("members", members);
    cli_put("\n");
    if (cli_next_key(answer, false, &cursor)) {
        put_table(answer);
        if (cli_flag(answer, "more_keys"))
            cli_put("Other members have more keys than are shown.\n");
        cli_put("\n");
        put_all_names(answer);
    }
    cli_warn_of_keys(answer);
    say_next(answer);
}

static int run_keys(struct cli *cli)
{
    json_t *answer = NULL;
    int code = cli_ask(&cli->client, cli_new_request(HS_CTL_COMMAND_KEYS), &answer);

    if (code == 0 && cli->value[CLI_JSON])
        cli_put_json(answer);
    else if (code == 0)
        show_keys(answer);
    json_decref(answer);
    return code;
}

int cli_keys_run(struct cli *cli)
{
    static const enum cli_option of_check[] = {CLI_FIRST, CLI_REMOVE_KEY, CLI_IGNORE_FAILED};

    if (cli->arg_count > 0 && strcmp(cli->args[0], "check") == 0)
        return cli_keys_check(cli);
    if (cli->arg_count > 0) {
        cli_complain("usage: hearsay keys %s", cli->command->synopsis);
        return HS_CTL_EXIT_USAGE;
    }
    for (size_t i = 0; i < sizeof(of_check) / sizeof(of_check[0]); i++) {
        if (!cli->value[of_check[i]])
            continue;
        cli_complain("keys: --%s belongs to hearsay keys check", cli_options[of_check[i]].name);
        return HS_CTL_EXIT_USAGE;
    }
    return run_keys(cli);
}
