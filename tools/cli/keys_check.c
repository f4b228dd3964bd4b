/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `keys check`: may this key become the first line everywhere, may that one be taken away (R34:
 * rotation)? A script goes on when the exit code is 0. A person reads who is in the way, and in the
 * last line what to do.
 *
 * Members seal to each other with the first of their keys that the other one has. So a key may be
 * taken away when nobody seals with it and one other key is left that all have: then any two
 * members still share one, whatever else is in their files.
 */
#include "keys_check.h"

#include <stdlib.h>

#include "ctl/ctl.h"
#include "key_rows.h"
#include "message.h"
#include "options.h"
#include "out.h"

struct check {
    const json_t *answer;
    const json_t *key;   /* that it is about; NULL: nobody has it */
    const json_t *other; /* another one of ours: that which the fewest lack; NULL: there is none */
    enum cli_count who;
    bool first; /* may it be the first? Else: may it go? */
    char mark[HS_CTL_MARK_MAX];
};

/* ---- arguments --------------------------------------------------------------------------- */

static bool parse_check(const struct cli *cli, struct check *check)
{
    const char *first = cli->value[CLI_FIRST], *gone = cli->value[CLI_REMOVE_KEY];

    if (!first == !gone) {
        cli_complain("keys check: give one of --first FP and --remove FP");
        return false;
    }
    check->first = first;
    check->who = cli->value[CLI_IGNORE_FAILED] ? CLI_PRESENT : CLI_WITH_FAILED;
    return cli_parse_mark(first ? "keys check: --first" : "keys check: --remove",
                          first ? first : gone, check->mark);
}

static int complain_unknown(const struct check *check)
{
    struct cli_list known;
    size_t cursor = 0;
    const json_t *key;
    char *text;

    cli_list_begin(&known, ", ");
    while ((key = cli_next_key(check->answer, false, &cursor)))
        cli_list_add(&known, "%s", cli_text(key, "key"));
    text = cli_list_end(&known);
    cli_complain("keys check: no member has a key %s (a reload shows after 10 s at most); %s%s%s",
                 check->mark, text[0] != '\0' ? "known: " : "no key is known", text,
                 cli_flag(check->answer, "more_keys") ? " and more" : "");
    free(text);
    return HS_CTL_EXIT_USAGE;
}

/* ---- judging ----------------------------------------------------------------------------- */

static uint64_t count(const struct check *check, const json_t *key, const struct cli_key_list *list)
{
    return key ? cli_key_count(key, list, check->who) : 0;
}

static const json_t *find_other(const struct check *check)
{
    const json_t *best = NULL, *key;
    size_t cursor = 0;

    while ((key = cli_next_key(check->answer, true, &cursor)))
        if (key != check->key &&
            (!best || count(check, key, &cli_lacks) < count(check, best, &cli_lacks)))
            best = key;
    return best;
}

static bool is_safe(const struct check *check)
{
    if (!cli_key_view_is_good(check->answer))
        return false;
    if (check->first)
        return cli_flag(check->key, "ours") && count(check, check->key, &cli_lacks) == 0;
    return check->other && count(check, check->key, &cli_sealers) == 0 &&
           count(check, check->other, &cli_lacks) == 0;
}

/* ---- saying ------------------------------------------------------------------------------ */

/* "Not safe: 2 of 31 members lack b2c4d5e6:", and the names. */
static void say_in_the_way(const struct check *check, const json_t *key,
                           const struct cli_key_list *list, const char *one, const char *many)
{
    uint64_t in_the_way = count(check, key, list);
    uint64_t all = cli_key_total(check->answer, check->who);

    if (in_the_way == 0)
        return;
    cli_say("Not safe: %llu of %llu member%s %s %s:", (unsigned long long)in_the_way,
            (unsigned long long)all, all == 1 ? "" : "s", in_the_way == 1 ? one : many,
            cli_text(key, "key"));
    cli_put_key_names(key, list, check->who);
}

/* Those that failed are in the way because they may come back as they were. */
static void say_of_failed(const struct check *check, uint64_t failed)
{
    if (failed == 0)
        return;
    if (check->who == CLI_WITH_FAILED)
        cli_say("Those that failed may come back as they were: hearsay force-leave those that will "
                "not, or pass over them with --ignore-failed.");
    else
        cli_say("Passed over: %llu that failed. Give them the same key file before they start "
                "again.",
                (unsigned long long)failed);
}

static void say_view(const struct check *check)
{
    cli_say("Not safe: this agent %s.", cli_flag(check->answer, "isolated")
                                            ? "is isolated and shows what was before"
                                            : "has not joined yet and knows no more than itself");
    cli_say("Next: see hearsay status, and check again when that is over.");
}

/* ---- --first ----------------------------------------------------------------------------- */

static void say_first_is_safe(const struct check *check)
{
    char *all = cli_key_everybody(check->answer, check->who);
    bool done = count(check, check->key, &cli_sealers) == cli_key_total(check->answer, check->who);

    if (!done)
        cli_say("All (%s) have %s: make it the first line everywhere, then reload.", all,
                check->mark);
    else if (check->other)
        cli_say("All (%s) have %s as first line already. Next: hearsay keys check --remove %s", all,
                check->mark, cli_text(check->other, "key"));
    else
        cli_say("All (%s) have %s as first line already. Nothing is left to do.", all, check->mark);
    free(all);
}

static void say_first(const struct check *check, bool safe)
{
    if (!cli_flag(check->key, "ours"))
        cli_say("Not safe: %s is no key of this agent.", check->mark);
    say_in_the_way(check, check->key, &cli_lacks, "lacks", "lack");
    say_of_failed(check, cli_number(check->key, cli_lacks.failed));
    if (safe)
        say_first_is_safe(check);
    else
        cli_say("Next: add the line of %s to %s, as the second, reload, and check again.",
                check->mark,
                count(check, check->key, &cli_lacks) > 0 ? "their key files" : "the key file here");
}

/* ---- --remove ---------------------------------------------------------------------------- */

static void say_remove_is_safe(const struct check *check)
{
    uint64_t holders = cli_key_count(check->key, &cli_holders, CLI_WITH_FAILED);
    bool everywhere = holders == cli_key_total(check->answer, CLI_WITH_FAILED);
    char *all = cli_key_everybody(check->answer, check->who);
    char *names = cli_key_names(check->key, &cli_holders, CLI_WITH_FAILED);

    cli_say("Nobody seals with %s, and all (%s) have %s: take the line of %s away %s%s, then "
            "reload.",
            check->mark, all, cli_text(check->other, "key"), check->mark,
            everywhere ? "everywhere" : "on ", everywhere ? "" : names);
    free(all);
    free(names);
}

static void say_before_removal(const struct check *check)
{
    const char *mark = cli_text(check->other, "key");

    if (!check->other)
        cli_say("Next: add the line of a new key everywhere, reload, and see hearsay keys.");
    else if (count(check, check->other, &cli_lacks) > 0)
        cli_say("Next: add the line of %s where it is missing, reload, and check with --first %s.",
                mark, mark);
    else
        cli_say("Next: make %s the first line there, reload, and check again.", mark);
}

static void say_remove(const struct check *check, bool safe)
{
    uint64_t failed = cli_number(check->key, cli_sealers.failed);
    uint64_t lacking = cli_number(check->other, cli_lacks.failed);

    if (!check->other)
        cli_say("Not safe: this agent has no other key than %s.", check->mark);
    say_in_the_way(check, check->key, &cli_sealers, "seals with", "seal with");
    say_in_the_way(check, check->other, &cli_lacks, "lacks the other key,", "lack the other key,");
    say_of_failed(check, failed > lacking ? failed : lacking);
    if (safe)
        say_remove_is_safe(check);
    else
        say_before_removal(check);
}

/* ---- the command ------------------------------------------------------------------------- */

static int judge(const struct check *check, bool as_json)
{
    bool good = cli_key_view_is_good(check->answer), safe = is_safe(check);

    if (good && !check->key)
        return complain_unknown(check);
    if (as_json) {
        cli_put_json(check->answer);
    } else if (!good) {
        say_view(check);
    } else {
        cli_warn_of_keys(check->answer);
        (check->first ? say_first : say_remove)(check, safe);
    }
    return safe ? HS_CTL_EXIT_OK : HS_CTL_EXIT_REFUSED;
}

int cli_keys_check(struct cli *cli)
{
    struct check check = {.who = CLI_PRESENT};
    json_t *answer = NULL;
    int code;

    if (!parse_check(cli, &check))
        return HS_CTL_EXIT_USAGE;
    cli->client.warns = false; /* it is said here */
    code = cli_ask(&cli->client, cli_new_request(HS_CTL_COMMAND_KEYS), &answer);
    if (code == 0) {
        check.answer = answer;
        check.key = cli_find_key(answer, check.mark);
        check.other = find_other(&check);
        code = judge(&check, cli->value[CLI_JSON]);
    }
    json_decref(answer);
    return code;
}
