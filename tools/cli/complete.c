/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `complete`: a shell asks with the words so far, and shows what is printed. So the scripts for
 * bash, zsh and fish know no command and no option: the tables say what there is, and the agent
 * which members, keys and rings. It is asked for a second at most, and nothing is said if it does
 * not answer: a key was pressed, and no command was given.
 *
 * The first line tells the shell whether to offer the words below it, or files. Each of these is a
 * word, a tab, and what it means.
 *
 * A word list of the tables holds words, separated by blanks. "@members" and the like stand for
 * what is there now, "diff:@rings" is a word and the list of what follows it, and with "..." at the
 * end each further argument is one of the words, too.
 */
#include "complete.h"

#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "ctl/ctl.h"
#include "message.h"
#include "options.h"
#include "out.h"

#define PATIENCE_S 1 /* for the agent */
#define WORD_MAX   32

struct completion {
    const struct cli *cli;
    const struct cli_command *command; /* NULL: none so far */
    bool lost;                         /* there is no such command */
    const char *control;               /* the agent's socket, or NULL */
    uint64_t given;                    /* options that stand there already */
    int waiting;                       /* the option whose value comes next; -1: none */
    bool only_arguments;               /* behind "--" */
    const char *verb;                  /* the first argument */
    int arguments;
    const char *typed; /* the beginning of what is completed */
    size_t before;     /* bytes in front of it in the same word: "--status=" */
};

/* ---- offering ---------------------------------------------------------------------------- */

static void offer(const struct completion *completion, const char *word, const char *meaning)
{
    if (strncmp(word, completion->typed, strlen(completion->typed)) != 0)
        return;
    printf("%.*s", (int)completion->before, completion->typed - completion->before);
    cli_put_safe(CLI_PLAIN, word);
    cli_put("\t");
    cli_put_safe(CLI_PLAIN, meaning);
    cli_put("\n");
}

static void offer_commands(const struct completion *completion)
{
    const struct cli *cli = completion->cli;
    for (size_t i = 0; i < cli->command_count; i++)
        offer(completion, cli->commands[i].name, cli->commands[i].help);
}

/* The agent's answer, or NULL. */
static json_t *ask(const struct completion *completion, enum hs_ctl_command command)
{
    struct cli_client client = {
        .fd = -1, .given_socket = completion->control, .timeout_s = PATIENCE_S, .quiet = true};
    json_t *answer = NULL;
    cli_ask(&client, cli_new_request(command), &answer);
    cli_disconnect(&client);
    return answer;
}

static void offer_members(const struct completion *completion)
{
    json_t *answer = ask(completion, HS_CTL_COMMAND_MEMBERS);
    const json_t *members = json_object_get(answer, "members");
    for (size_t i = 0; i < json_array_size(members); i++) {
        const json_t *member = json_array_get(members, i);
        offer(completion, cli_text(member, "name"), cli_text(member, "status"));
    }
    json_decref(answer);
}

static void offer_keys(const struct completion *completion)
{
    json_t *answer = ask(completion, HS_CTL_COMMAND_KEYS);
    const json_t *keys = json_object_get(answer, "keys");
    for (size_t i = 0; i < json_array_size(keys); i++) {
        const json_t *key = json_array_get(keys, i);
        offer(completion, cli_text(key, "key"),
              cli_flag(key, "ours") ? "a key of this agent" : "only others have it");
    }
    json_decref(answer);
}

static void offer_rings(const struct completion *completion)
{
    json_t *answer = ask(completion, HS_CTL_COMMAND_RING_HISTORY);
    const json_t *versions = json_object_get(answer, "versions");
    for (size_t i = 0; i < json_array_size(versions); i++) {
        const json_t *ring = json_array_get(versions, i);
        char version[WORD_MAX];
        snprintf(version, sizeof(version), "%llu", (unsigned long long)cli_number(ring, "version"));
        offer(completion, version, cli_text(ring, "time"));
    }
    json_decref(answer);
}

static const struct {
    const char *name;
    void (*offer)(const struct completion *completion);
} kinds[] = {
    {"@commands", offer_commands},
    {"@members", offer_members},
    {"@keys", offer_keys},
    {"@rings", offer_rings},
};

static void offer_kind(const struct completion *completion, const char *name)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(kinds[i].name, name) == 0)
            kinds[i].offer(completion);
}

/* The next word of a list, without what may follow it. Returns false at the end. */
static bool next_word(const char **list, char ret_word[WORD_MAX])
{
    size_t len;
    *list += strspn(*list, " ");
    len = strcspn(*list, " ");
    if (len == 0)
        return false;
    snprintf(ret_word, WORD_MAX, "%.*s", (int)strcspn(*list, ": "), *list);
    *list += len;
    return true;
}

static void offer_list(const struct completion *completion, const char *list)
{
    char word[WORD_MAX];
    while (next_word(&list, word)) {
        if (word[0] == '@')
            offer_kind(completion, word);
        else if (strcmp(word, "...") != 0)
            offer(completion, word, "");
    }
}

static void offer_options(const struct completion *completion)
{
    uint64_t allowed = cli_options_allowed(completion->command) & ~completion->given;
    for (int i = 0; i < CLI_OPTION_COUNT; i++) {
        char word[WORD_MAX];
        snprintf(word, sizeof(word), "--%s", cli_options[i].name);
        if ((allowed & CLI_BIT(i)) != 0)
            offer(completion, word, cli_options[i].help);
    }
}

/* ---- the line so far --------------------------------------------------------------------- */

static void read_option(struct completion *completion, const char *word)
{
    uint64_t allowed = cli_options_allowed(completion->command);
    const char *equals = strchr(word, '=');
    int option = word[1] == '-' ? cli_find_long(allowed, word + 2, strcspn(word + 2, "="))
                                : cli_find_letter(allowed, word[1]);
    if (option < 0)
        return;
    if (!cli_options[option].many)
        completion->given |= CLI_BIT(option);
    if (option == CLI_CONTROL && equals)
        completion->control = equals + 1;
    if (cli_options[option].argument && !equals && (word[1] == '-' || word[2] == '\0'))
        completion->waiting = option;
}

static void read_word(struct completion *completion, const char *word)
{
    const struct cli *cli = completion->cli;
    if (completion->waiting >= 0) {
        if (completion->waiting == CLI_CONTROL)
            completion->control = word;
        completion->waiting = -1;
    } else if (!completion->only_arguments && word[0] == '-' && word[1] != '\0') {
        completion->only_arguments = strcmp(word, "--") == 0;
        if (!completion->only_arguments)
            read_option(completion, word);
    } else if (!completion->command && !completion->lost) {
        for (size_t i = 0; i < cli->command_count && !completion->command; i++)
            if (strcmp(cli->commands[i].name, word) == 0)
                completion->command = &cli->commands[i];
        completion->lost = !completion->command;
    } else {
        if (completion->arguments++ == 0)
            completion->verb = word;
    }
}

/* "--status=al" is the value of an option, behind what it begins with. */
static void read_typed(struct completion *completion, const char *word)
{
    const char *equals = strchr(word, '=');
    completion->typed = word;
    if (completion->waiting >= 0 || completion->only_arguments || !equals ||
        strncmp(word, "--", 2) != 0)
        return;
    completion->waiting =
        cli_find_long(cli_options_allowed(completion->command), word + 2, strcspn(word + 2, "="));
    completion->typed = equals + 1;
    completion->before = (size_t)(equals + 1 - word);
}

/* The next argument. Returns false if nothing is known about it. */
static bool offer_argument(const struct completion *completion)
{
    const struct cli_command *command = completion->command;
    const char *list = command->words, *verb = completion->verb;
    char word[WORD_MAX];

    if (!list || completion->arguments >= command->args_max)
        return false;
    if (completion->arguments == 0 || strstr(list, "...")) {
        offer_list(completion, list);
        return true;
    }
    for (const char *at = strstr(list, verb); at; at = strstr(at + 1, verb)) {
        const char *behind = at + strlen(verb);

        if ((at > list && at[-1] != ' ') || *behind++ != ':' || !next_word(&behind, word))
            continue;
        offer_kind(completion, word);
        return true;
    }
    return false;
}

/* ---- the answer -------------------------------------------------------------------------- */

static void answer_value(const struct completion *completion)
{
    const char *list = cli_options[completion->waiting].values;
    if (list && strcmp(list, "@files") == 0) {
        cli_put("files\n");
        return;
    }
    cli_put("words\n");
    if (list)
        offer_list(completion, list);
}

static void answer_words(const struct completion *completion)
{
    bool known = false;

    if (completion->waiting >= 0) {
        answer_value(completion);
        return;
    }
    cli_put("words\n");
    if (completion->lost)
        return;
    if (completion->command)
        known = offer_argument(completion);
    else
        offer_commands(completion);
    /* Where no words are known, and nothing is typed, options are better than silence. */
    if (!completion->only_arguments &&
        (completion->typed[0] == '-' || (completion->command && !known)))
        offer_options(completion);
}

int cli_complete_run(struct cli *cli)
{
    struct completion completion = {.cli = cli, .control = cli->value[CLI_CONTROL], .waiting = -1};
    for (int i = 0; i + 1 < cli->arg_count; i++)
        read_word(&completion, cli->args[i]);
    read_typed(&completion, cli->args[cli->arg_count - 1]);
    answer_words(&completion);
    return HS_CTL_EXIT_OK;
}
