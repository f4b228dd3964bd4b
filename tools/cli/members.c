/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `members`: the question asked most. One line per member, with columns that are always the same,
 * so that awk can rely on them where jq is missing. A star is for people alone, at a terminal.
 */
#include "members.h"

#include <stdlib.h>
#include <string.h>

#include <hearsay/member.h>

#include "ctl/ctl.h"
#include "format.h"
#include "message.h"
#include "options.h"
#include "out.h"
#include "table.h"
#include "tags.h"

static bool status_known(const char *text)
{
    return strcmp(text, hearsay_status_name(HEARSAY_STATUS_ALIVE)) == 0 ||
           strcmp(text, hearsay_status_name(HEARSAY_STATUS_SUSPECT)) == 0 ||
           strcmp(text, hearsay_status_name(HEARSAY_STATUS_DEAD)) == 0;
}

json_t *cli_members_request(const struct cli *cli)
{
    static const enum cli_option filters[] = {CLI_STATUS, CLI_TAG, CLI_NAME};
    if (cli->value[CLI_STATUS] && !status_known(cli->value[CLI_STATUS])) {
        cli_complain("members: --status must be alive, suspect or dead, not %s",
                     cli->value[CLI_STATUS]);
        return NULL;
    }
    const char *tag = cli->value[CLI_TAG];
    if (tag && tag[0] == '=') { /* of "$KEY=$VALUE" the first was empty: nobody has such a tag */
        cli_complain("members: --tag %s has no key: --tag %s", tag, cli_options[CLI_TAG].argument);
        return NULL;
    }
    json_t *request = cli_new_request(HS_CTL_COMMAND_MEMBERS);
    for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
        const char *value = cli->value[filters[i]];
        if (value && !cli_set_text(request, cli_options[filters[i]].name, value)) {
            json_decref(request);
            return NULL;
        }
    }
    if (cli->value[CLI_ALL])
        json_object_set_new(request, "all", json_true());
    return request;
}

/* R62: ring hold. */
static bool is_held(const json_t *member)
{
    return cli_flag(member, "in_ring") && strcmp(cli_text(member, "status"), "dead") == 0;
}

static void add_member(struct cli_table *table, const json_t *member, bool starred)
{
    const char *status = cli_text(member, "status");
    const char *cause = cli_text(member, "cause");
    /* The last round trip of a dead member would look like an answer. */
    uint64_t rtt = strcmp(status, "dead") != 0 ? cli_number(member, "rtt_us") : 0;
    char *tags = cli_join_tags(json_object_get(member, "tags"));
    char word[CLI_WORD_MAX];
    cli_table_add(table, cli_text(member, "name"), CLI_PLAIN);
    cli_table_add(table, cli_text(member, "addr"), CLI_PLAIN);
    snprintf(word, sizeof(word), "%s%s", status, starred ? "*" : "");
    cli_table_add(table, word, cli_status_color(status));
    cli_table_add(table, strcmp(cause, "none") == 0 ? "" : cause, CLI_PLAIN);
    cli_format_span(word, cli_number(member, "in_state_us"));
    cli_table_add(table, word, CLI_PLAIN);
    cli_format_rtt(word, rtt);
    cli_table_add(table, cli_flag(member, "self") ? "self" : rtt > 0 ? word : "", CLI_PLAIN);
    cli_table_add(table, tags, CLI_PLAIN);
    free(tags);
}

void cli_members_show(const struct cli *cli, const json_t *answer)
{
    static const struct cli_column columns[] = {
        {"NAME", false, 8}, {"ADDRESS", false, 12}, {"STATUS", false, 0}, {"CAUSE", false, 0},
        {"FOR", true, 0},   {"RTT", true, 0},       {"TAGS", false, 8},
    };
    const json_t *members = json_object_get(answer, "members");
    struct cli_table table;
    bool any = false;
    (void)cli;
    cli_table_init(&table, columns, sizeof(columns) / sizeof(columns[0]));
    for (size_t i = 0; i < json_array_size(members); i++) {
        const json_t *member = json_array_get(members, i);
        bool starred = cli_screen.terminal && is_held(member);
        any |= starred;
        add_member(&table, member, starred);
    }
    cli_table_print(&table);
    if (any)
        cli_put("* keeps its keys until its death is ring-hold old\n");
    cli_table_fini(&table);
}
