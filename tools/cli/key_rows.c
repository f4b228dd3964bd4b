/* SPDX-License-Identifier: Apache-2.0 */
/* The agent names a bounded number of members in each list and says how many there are, so each
 * list of names ends with how many more there are. */
#include "key_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hearsay/keyring.h>

#include "ctl/ctl.h"
#include "message.h"
#include "out.h"

#define FINGERPRINT_DIGITS (2 * HEARSAY_FINGERPRINT_SIZE)

const struct cli_key_list cli_holders = {"has", "has_failed", "holders"};
const struct cli_key_list cli_sealers = {"seals", "seals_failed", "sealers"};
const struct cli_key_list cli_lacks = {"lacking", "lacking_failed", "lacks"};
const struct cli_key_list cli_plain = {"plain_present", "plain_failed", "plain"};
const struct cli_key_list cli_apart = {"apart_present", "apart_failed", "apart"};

static const struct cli_key_list everybody = {"present", "failed", NULL};

bool cli_parse_mark(const char *what, const char *text, char ret_mark[HS_CTL_MARK_MAX])
{
    size_t digits = strspn(text, "0123456789abcdefABCDEF");
    char first[HS_CTL_MARK_MAX];
    uint32_t mark;

    snprintf(first, sizeof(first), "%s", text);
    if (digits > FINGERPRINT_DIGITS || text[digits] != '\0' ||
        hs_ctl_parse_mark(first, &mark) < 0) {
        cli_complain("%s: %s is not a fingerprint, of which the first %d hex digits are enough "
                     "(hearsay keys lists them)",
                     what, text, HS_CTL_MARK_MAX - 1);
        return false;
    }
    hs_ctl_format_mark(mark, ret_mark);
    return true;
}

uint64_t cli_key_count(const json_t *object, const struct cli_key_list *list, enum cli_count who)
{
    return cli_number(object, list->present) +
           (who == CLI_WITH_FAILED ? cli_number(object, list->failed) : 0);
}

uint64_t cli_key_total(const json_t *answer, enum cli_count who)
{
    return cli_key_count(answer, &everybody, who);
}

char *cli_key_names(const json_t *object, const struct cli_key_list *list, enum cli_count who)
{
    const json_t *names = json_object_get(object, list->names);
    uint64_t left = cli_key_count(object, list, who);
    struct cli_list text;

    cli_list_begin(&text, ", ");
    for (size_t i = 0; i < json_array_size(names); i++) {
        const json_t *member = json_array_get(names, i);
        const char *name = cli_text(member, "name"), *status = cli_text(member, "status");
        bool dead = strcmp(status, "dead") == 0;

        if (dead && who == CLI_PRESENT)
            continue;
        if (strcmp(status, "alive") == 0)
            cli_list_add(&text, "%s", name);
        else
            cli_list_add(&text, "%s (%s)", name, dead ? cli_text(member, "cause") : status);
        left -= left > 0;
    }
    if (left > 0)
        cli_list_add(&text, "and %llu more", (unsigned long long)left);
    return cli_list_end(&text);
}

char *cli_key_members(const json_t *object, const struct cli_key_list *list, enum cli_count who)
{
    uint64_t present = cli_number(object, list->present);
    uint64_t failed = who == CLI_WITH_FAILED ? cli_number(object, list->failed) : 0;
    struct cli_list text;

    cli_list_begin(&text, " and ");
    if (present > 0 || failed == 0)
        cli_list_add(&text, "%llu member%s", (unsigned long long)present, present == 1 ? "" : "s");
    if (failed > 0)
        cli_list_add(&text, "%llu that failed", (unsigned long long)failed);
    return cli_list_end(&text);
}

char *cli_key_everybody(const json_t *answer, enum cli_count who)
{
    return cli_key_members(answer, &everybody, who);
}

const char *cli_key_have(uint64_t count)
{
    return count == 1 ? "has" : "have";
}

const json_t *cli_next_key(const json_t *answer, bool ours, size_t *cursor)
{
    const json_t *keys = json_object_get(answer, "keys");

    while (*cursor < json_array_size(keys)) {
        const json_t *key = json_array_get(keys, (*cursor)++);

        if (!ours || cli_flag(key, "ours"))
            return key;
    }
    return NULL;
}

const json_t *cli_find_key(const json_t *answer, const char *mark)
{
    const json_t *key;
    size_t cursor = 0;

    while ((key = cli_next_key(answer, false, &cursor)))
        if (strcmp(cli_text(key, "key"), mark) == 0)
            return key;
    return NULL;
}

bool cli_key_view_is_good(const json_t *answer)
{
    return cli_flag(answer, "ready") && !cli_flag(answer, "isolated");
}

void cli_put_key_names(const json_t *object, const struct cli_key_list *list, enum cli_count who)
{
    char *names = cli_key_names(object, list, who);

    cli_put_list("", names);
    free(names);
}

static void warn_of(const json_t *answer, const struct cli_key_list *list, const char *what)
{
    uint64_t count = cli_key_count(answer, list, CLI_WITH_FAILED);
    char *members = cli_key_members(answer, list, CLI_WITH_FAILED);
    char *names = cli_key_names(answer, list, CLI_WITH_FAILED);

    if (count > 0)
        cli_complain("%s %s %s: %s", members, cli_key_have(count), what, names);
    free(members);
    free(names);
}

void cli_warn_of_keys(const json_t *answer)
{
    size_t cursor = 0;

    if (!cli_next_key(answer, false, &cursor))
        return; /* that nobody has a key is said as such */
    warn_of(answer, &cli_plain, "no key");
    cursor = 0;
    if (cli_next_key(answer, true, &cursor))
        warn_of(answer, &cli_apart, "no key in common with this agent");
}
