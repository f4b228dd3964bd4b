/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Statements, one a line. One table has all of them with their usage. If a statement cannot be
 * read, the answer is the usage of its first word; if the first word is unknown, the answer lists
 * the words that there are.
 */
#include "scenario.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <hearsay/error.h>
#include <hearsay/host.h>

#include "setting.h"

#define DEFAULT_MEMBERS   100u
#define DEFAULT_RUN_US    UINT64_C(60000000)
#define DEFAULT_START_US  UINT64_C(1000000)
#define DEFAULT_WITHIN_US UINT64_C(300000000)

typedef bool take_fn(struct sim_scenario *scenario, struct sim_words *words,
                     char error[SIM_ERROR_TEXT_MAX]);

void sim_scenario_init(struct sim_scenario *ret_scenario)
{
    *ret_scenario = (struct sim_scenario){
        .members = DEFAULT_MEMBERS,
        .clusters = 1,
        .start_within = DEFAULT_START_US,
        .run = DEFAULT_RUN_US,
        .beginning_within = DEFAULT_WITHIN_US,
        .seed = 1,
        .runs = 1,
        .latency = sim_latency_lan,
    };
    hearsay_config_init(&ret_scenario->config, HEARSAY_PROFILE_LAN);
    ret_scenario->config.ring = false;
    ret_scenario->config.max_members = SIM_MACHINES_MAX;
}

/* ---- what stands once -------------------------------------------------------------------- */

static bool take_count(struct sim_words *words, uint64_t max, uint32_t *ret_count)
{
    uint64_t number;
    if (!sim_words_number(sim_words_next(words), max, &number) || number == 0)
        return false;
    *ret_count = (uint32_t)number;
    return true;
}

static bool take_members(struct sim_scenario *scenario, struct sim_words *words,
                         char error[SIM_ERROR_TEXT_MAX])
{
    (void)error;
    return take_count(words, SIM_MACHINES_MAX / 2, &scenario->members);
}

static bool take_clusters(struct sim_scenario *scenario, struct sim_words *words,
                          char error[SIM_ERROR_TEXT_MAX])
{
    (void)error;
    return take_count(words, SIM_SIDES_MAX, &scenario->clusters);
}

static bool take_start(struct sim_scenario *scenario, struct sim_words *words,
                       char error[SIM_ERROR_TEXT_MAX])
{
    (void)error;
    scenario->acquainted = sim_words_take(words, "acquainted");
    return scenario->acquainted ||
           (sim_words_take(words, "within") &&
            sim_words_duration(sim_words_next(words), &scenario->start_within));
}

static bool take_until(struct sim_scenario *scenario, struct sim_words *words,
                       char error[SIM_ERROR_TEXT_MAX])
{
    (void)error;
    return sim_words_take(words, "agreed") && sim_words_take(words, "within") &&
           sim_words_duration(sim_words_next(words), &scenario->beginning_within);
}

static bool take_run(struct sim_scenario *scenario, struct sim_words *words,
                     char error[SIM_ERROR_TEXT_MAX])
{
    (void)error;
    return sim_words_duration(sim_words_next(words), &scenario->run);
}

static bool take_runs(struct sim_scenario *scenario, struct sim_words *words,
                      char error[SIM_ERROR_TEXT_MAX])
{
    (void)error;
    return take_count(words, SIM_RUNS_MAX, &scenario->runs);
}

static bool take_seed(struct sim_scenario *scenario, struct sim_words *words,
                      char error[SIM_ERROR_TEXT_MAX])
{
    (void)error;
    return sim_words_number(sim_words_next(words), UINT64_MAX / 2, &scenario->seed);
}

static bool take_rings(struct sim_scenario *scenario, struct sim_words *words,
                       char error[SIM_ERROR_TEXT_MAX])
{
    (void)error;
    scenario->config.ring = sim_words_take(words, "on");
    return scenario->config.ring || sim_words_take(words, "off");
}

static bool take_profile(struct sim_scenario *scenario, struct sim_words *words,
                         char error[SIM_ERROR_TEXT_MAX])
{
    return sim_setting_set(&scenario->config, "profile", sim_words_next(words), error) == 0;
}

/* set KEY VALUE, set KEY=VALUE */
static bool take_set(struct sim_scenario *scenario, struct sim_words *words,
                     char error[SIM_ERROR_TEXT_MAX])
{
    char key[SIM_TEXT_MAX];
    snprintf(key, sizeof key, "%s", sim_words_next(words));
    char *equals = strchr(key, '=');
    const char *value = equals != NULL ? equals + 1 : sim_words_next(words);
    if (equals != NULL)
        *equals = '\0';
    if (*key == '\0' || *value == '\0')
        return false;
    return sim_setting_set(&scenario->config, key, value, error) == 0;
}

/* rack A n1..n500 */
static bool take_rack(struct sim_scenario *scenario, struct sim_words *words,
                      char error[SIM_ERROR_TEXT_MAX])
{
    struct sim_rack rack = {.name = ""};
    const char *name = sim_words_next(words);
    if (strlen(name) >= sizeof rack.name || !sim_who_read(&rack.who, &scenario->racks, words) ||
        rack.who.kind != SIM_WHO_LIST)
        return false;
    if (scenario->racks.count == SIM_RACKS_MAX) {
        snprintf(error, SIM_ERROR_TEXT_MAX, "at most %u racks", SIM_RACKS_MAX);
        return false;
    }
    snprintf(rack.name, sizeof rack.name, "%s", name);
    scenario->racks.items[scenario->racks.count++] = rack;
    return true;
}

static bool add_key_rule(struct sim_scenario *scenario, struct sim_key_rule *rule,
                         struct sim_words *words, char error[SIM_ERROR_TEXT_MAX])
{
    rule->who.kind = SIM_WHO_ALL;
    if (sim_words_take(words, "for") && !sim_who_read(&rule->who, &scenario->racks, words))
        return false;
    if (rule->who.kind != SIM_WHO_ALL && rule->who.kind != SIM_WHO_LIST)
        return false;
    if (scenario->keys.count == SIM_KEY_RULES_MAX) {
        snprintf(error, SIM_ERROR_TEXT_MAX, "at most %u statements of key and seal",
                 SIM_KEY_RULES_MAX);
        return false;
    }
    scenario->keys.items[scenario->keys.count++] = *rule;
    return true;
}

/* key NAMES [for WHO] */
static bool take_key(struct sim_scenario *scenario, struct sim_words *words,
                     char error[SIM_ERROR_TEXT_MAX])
{
    struct sim_key_rule rule = {.who = {0}};
    return sim_keying_read_keys(&rule.keying, words) && add_key_rule(scenario, &rule, words, error);
}

/* seal MODE [for WHO] */
static bool take_seal(struct sim_scenario *scenario, struct sim_words *words,
                      char error[SIM_ERROR_TEXT_MAX])
{
    struct sim_key_rule rule = {.who = {0}};
    return sim_keying_read_mode(&rule.keying, words) && add_key_rule(scenario, &rule, words, error);
}

/* no refused key [since TIME] */
static bool take_no_refused(struct sim_expectations *expect, struct sim_words *words)
{
    expect->no_refused = true;
    return sim_words_take(words, "key") &&
           (!sim_words_take(words, "since") ||
            sim_words_duration(sim_words_next(words), &expect->no_refused_since));
}

static bool take_expect(struct sim_scenario *scenario, struct sim_words *words,
                        char error[SIM_ERROR_TEXT_MAX])
{
    struct sim_expectations *expect = &scenario->expect;
    (void)error;
    if (sim_words_take(words, "no")) {
        if (sim_words_take(words, "revival"))
            return expect->no_revival = true;
        if (sim_words_take(words, "wrong"))
            return sim_words_take(words, "merge") && (expect->no_wrong_merge = true);
        if (sim_words_take(words, "refused"))
            return take_no_refused(expect, words);
        if (!sim_words_take(words, "false"))
            return false;
        if (sim_words_take(words, "dead"))
            return expect->no_false_dead = true;
        return sim_words_take(words, "suspicion") && (expect->no_false_suspicion = true);
    }
    if (sim_words_take(words, "replacement"))
        return sim_words_take(words, "stays") && (expect->replacement_stays = true);
    uint64_t *within = sim_words_take(words, "dead") ? &expect->dead_within : NULL;
    if (within == NULL && sim_words_take(words, "agreed"))
        within = &expect->agreed_within;
    return within != NULL && sim_words_take(words, "within") &&
           sim_words_duration(sim_words_next(words), within) && *within > 0;
}

/* ---- what happens ------------------------------------------------------------------------ */

static bool add(struct sim_scenario *scenario, struct sim_statement *statement,
                struct sim_words *words, char error[SIM_ERROR_TEXT_MAX])
{
    if (!sim_action_read(&statement->action, &scenario->racks, words))
        return false;
    /* Latency is the place where the cluster lives: it holds from the first datagram. */
    if (statement->action.verb == SIM_LATENCY && statement->at == 0 && statement->every == 0) {
        scenario->latency = statement->action.latency;
        return true;
    }
    if (scenario->statement_count == SIM_STATEMENTS_MAX) {
        snprintf(error, SIM_ERROR_TEXT_MAX, "at most %u statements", SIM_STATEMENTS_MAX);
        return false;
    }
    scenario->statements[scenario->statement_count++] = *statement;
    return true;
}

static const struct sim_verb_row rows[] = {
    {"members", "members COUNT", false},
    {"clusters", "clusters COUNT", false},
    {"start", "start within TIME | start acquainted", false},
    {"until", "until agreed within TIME", false},
    {"run", "run TIME", false},
    {"runs", "runs COUNT", false},
    {"seed", "seed NUMBER", false},
    {"rings", "rings on|off", false},
    {"profile", "profile lan|wan|local", false},
    {"set", "set KEY VALUE", false},
    {"rack", "rack NAME n1..n10", false},
    {"key", "key NAME... [for WHO] | key none [for WHO]", false},
    {"seal", "seal off|accept|on|require [for WHO]", false},
    {"expect",
     "expect dead within TIME | expect agreed within TIME | expect no false dead | "
     "expect no false suspicion | expect no revival | expect no wrong merge | "
     "expect replacement stays | expect no refused key [since TIME]",
     false},
    {"at", "at TIME STATEMENT", false},
    {"every", "every TIME STATEMENT", false},
    {"latency", "latency lan|wan | latency p50=TIME [p0=, p90=, p99=, max=TIME]", true},
    {"loss", "loss SHARE [for WHO], SHARE like 20% or 0.1%", true},
    {"duplicate", "duplicate SHARE", true},
    {"reorder", "reorder SHARE [by TIME]", true},
    {"corrupt", "corrupt SHARE", true},
    {"slow", "slow WHO by TIME", true},
    {"cut", "cut WHO from WHO [for TIME] | cut WHO to WHO [for TIME]", true},
    {"firewall", "firewall between WHO and WHO", true},
    {"flap", "flap [ingress of|egress of] WHO every TIME", true},
    {"heal", "heal", true},
    {"crash", "crash WHO [silently | with last words]", true},
    {"kill", "kill WHO [silently | with last words]", true},
    {"leave", "leave WHO", true},
    {"pause", "pause WHO [for TIME]", true},
    {"stall", "stall WHO for TIME [within TIME] | stall WHO for p50=TIME p99=TIME [within TIME]",
     true},
    {"resume", "resume WHO", true},
    {"restart", "restart WHO [fresh | with memory | elsewhere]", true},
    {"clone", "clone WHO", true},
    {"join", "join [storm] COUNT [within TIME]", true},
    {"clock", "clock WHO [offset TIME] [drift 100ppm]", true},
    {"force-leave", "force-leave WHO [prune]", true},
    {"tags", "tags WHO KEY=VALUE...", true},
    {"move", "move WHO to WHO", true},
    {"reload", "reload WHO [key NAME...|none] [seal off|accept|on|require] [within TIME]", true},
    {"attack",
     "attack replay all|COUNT|SHARE [KIND] [since TIME] [before TIME] [to others|WHO] "
     "[from attacker|elsewhere] [times COUNT] [within TIME] | "
     "attack forge COUNT noise|heads|plain [...] | attack reflect|icmp SHARE [...] for TIME | "
     "attack delay SHARE [...] by TIME for TIME",
     true},
};
#define ROW_COUNT (sizeof rows / sizeof rows[0])

static take_fn *const takers[ROW_COUNT] = {
    take_members, take_clusters, take_start, take_until, take_run, take_runs, take_seed,
    take_rings,   take_profile,  take_set,   take_rack,  take_key, take_seal, take_expect,
};

const struct sim_verb_row *sim_verb_rows(size_t *ret_count)
{
    *ret_count = ROW_COUNT;
    return rows;
}

static const struct sim_verb_row *find_row(const char *word)
{
    for (size_t i = 0; i < ROW_COUNT; i++)
        if (strcmp(rows[i].word, word) == 0)
            return &rows[i];
    return NULL;
}

static int say_unknown(const char *word, bool timed, char error[SIM_ERROR_TEXT_MAX])
{
    int len = snprintf(error, SIM_ERROR_TEXT_MAX, "'%.40s' is no statement; there are", word);
    for (size_t i = 0; i < ROW_COUNT && len < (int)SIM_ERROR_TEXT_MAX; i++)
        if (rows[i].timed || !timed)
            len += snprintf(error + len, SIM_ERROR_TEXT_MAX - (size_t)len, " %s", rows[i].word);
    return HEARSAY_ERR_INVALID;
}

static int say_usage(const struct sim_verb_row *row, char error[SIM_ERROR_TEXT_MAX])
{
    if (error[0] == '\0')
        snprintf(error, SIM_ERROR_TEXT_MAX, "write it like this: %s", row->usage);
    return HEARSAY_ERR_INVALID;
}

/* at TIME …, every TIME …: takes both and leaves the statement proper. */
static bool take_when(struct sim_statement *statement, struct sim_words *words)
{
    if (sim_words_take(words, "at"))
        return sim_words_duration(sim_words_next(words), &statement->at);
    if (!sim_words_take(words, "every"))
        return true;
    if (!sim_words_duration(sim_words_next(words), &statement->every) || statement->every == 0)
        return false;
    statement->at = statement->every;
    return true;
}

int sim_scenario_read(struct sim_scenario *scenario, const char *text, unsigned line,
                      char error[SIM_ERROR_TEXT_MAX])
{
    struct sim_words words;
    struct sim_statement statement = {.line = line};
    error[0] = '\0';
    if (!sim_words_split(&words, text)) {
        snprintf(error, SIM_ERROR_TEXT_MAX, "a statement has at most %u bytes and %u words",
                 SIM_TEXT_MAX - 1, SIM_WORDS_MAX);
        return HEARSAY_ERR_INVALID;
    }
    if (sim_words_end(&words))
        return 0;
    snprintf(statement.text, sizeof statement.text, "%.*s", (int)strcspn(text, "#\r\n"), text);
    const struct sim_verb_row *row = find_row(sim_words_peek(&words));
    bool timed = sim_words_peek(&words)[0] != '\0' && row != NULL &&
                 (strcmp(row->word, "at") == 0 || strcmp(row->word, "every") == 0);
    if (timed) {
        if (!take_when(&statement, &words))
            return say_usage(row, error);
        row = find_row(sim_words_peek(&words));
    }
    if (row == NULL || (timed && !row->timed))
        return say_unknown(sim_words_peek(&words), timed, error);
    take_fn *take = takers[row - rows];
    if (take == NULL)
        return add(scenario, &statement, &words, error) ? 0 : say_usage(row, error);
    sim_words_next(&words);
    return take(scenario, &words, error) && sim_words_end(&words) ? 0 : say_usage(row, error);
}

/* ---- files ------------------------------------------------------------------------------- */

static int read_lines(struct sim_scenario *scenario, FILE *file, const char *path,
                      char error[SIM_ERROR_TEXT_MAX])
{
    char text[2 * SIM_TEXT_MAX], reason[SIM_ERROR_TEXT_MAX];
    for (unsigned line = 1; fgets(text, sizeof text, file) != NULL; line++) {
        int result = sim_scenario_read(scenario, text, line, reason);
        if (result != 0) {
            snprintf(error, SIM_ERROR_TEXT_MAX, "%.200s:%u: %.280s", path, line, reason);
            return result;
        }
    }
    if (ferror(file)) {
        snprintf(error, SIM_ERROR_TEXT_MAX, "%.200s: %s", path, strerror(errno));
        return HEARSAY_ERR_INVALID;
    }
    return 0;
}

int sim_scenario_read_file(struct sim_scenario *scenario, const char *path,
                           char error[SIM_ERROR_TEXT_MAX])
{
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        snprintf(error, SIM_ERROR_TEXT_MAX, "%.200s: %s", path, strerror(errno));
        return HEARSAY_ERR_INVALID;
    }
    int result = read_lines(scenario, file, path, error);
    fclose(file);
    return result;
}

/* ---- all of it --------------------------------------------------------------------------- */

static uint32_t greatest_member(const struct sim_who *who)
{
    uint32_t greatest = 0;
    for (size_t i = 0; i < who->range_count; i++)
        if (who->ranges[i][1] > greatest)
            greatest = who->ranges[i][1];
    return greatest;
}

static uint32_t members_ever(const struct sim_scenario *scenario)
{
    uint64_t members = scenario->members;
    for (size_t i = 0; i < scenario->statement_count; i++) {
        const struct sim_statement *statement = &scenario->statements[i];
        uint64_t times = statement->every ? scenario->run / statement->every : 1;
        if (statement->action.verb == SIM_JOIN)
            members += statement->action.count * times;
    }
    return members < SIM_MACHINES_MAX ? (uint32_t)members : SIM_MACHINES_MAX;
}

/* The settings of a member; NULL when they are right, else a sentence. */
static const char *check_config(const struct sim_scenario *scenario, const struct sim_tags *tags)
{
    struct hearsay_config config = scenario->config;
    struct sim_tag_list list;
    const char *sentence = NULL;
    sim_tags_list(&list, tags);
    config.name = "n1";
    config.advertise = (struct hearsay_addr){.family = 4, .port = 1, .bytes = {10}};
    config.allocator = hearsay_host_allocator();
    config.tags = list.tags;
    config.tag_count = tags->count;
    return hearsay_config_check(&config, &sentence) == 0 ? NULL : sentence;
}

bool sim_scenario_has(const struct sim_scenario *scenario, enum sim_verb verb)
{
    for (size_t i = 0; i < scenario->statement_count; i++)
        if (scenario->statements[i].action.verb == verb)
            return true;
    return false;
}

static bool is_seal_without_key(const struct sim_keying *keying, bool *any_key)
{
    *any_key |= keying->keys.count > 0;
    return keying->has_mode && keying->mode != HEARSAY_SEAL_OFF;
}

/* Does anybody seal, and nobody ever has a key? */
static bool lacks_key(const struct sim_scenario *scenario)
{
    bool seals = false, any_key = false;
    for (size_t i = 0; i < scenario->keys.count; i++)
        seals |= is_seal_without_key(&scenario->keys.items[i].keying, &any_key);
    for (size_t i = 0; i < scenario->statement_count; i++)
        seals |= is_seal_without_key(&scenario->statements[i].action.keying, &any_key);
    return seals && !any_key;
}

int sim_scenario_check(const struct sim_scenario *scenario, char error[SIM_ERROR_TEXT_MAX])
{
    static const struct sim_tags no_tags;
    uint32_t members = members_ever(scenario);
    for (size_t i = 0; i < scenario->statement_count; i++) {
        const struct sim_statement *statement = &scenario->statements[i];
        uint32_t who = greatest_member(&statement->action.who);
        uint32_t other = greatest_member(&statement->action.other);
        if (who >= members || other >= members) {
            snprintf(error, SIM_ERROR_TEXT_MAX,
                     "%.100s: there is no n%u, the members are n1 to n%u", statement->text,
                     (who > other ? who : other) + 1, members);
            return HEARSAY_ERR_INVALID;
        }
        if (statement->every == 0 && statement->at >= scenario->run) {
            snprintf(error, SIM_ERROR_TEXT_MAX, "%.100s: the run ends before that",
                     statement->text);
            return HEARSAY_ERR_INVALID;
        }
    }
    if (lacks_key(scenario)) {
        snprintf(error, SIM_ERROR_TEXT_MAX, "seal: no member has a key; write `key NAME`, too");
        return HEARSAY_ERR_INVALID;
    }
    const char *sentence = check_config(scenario, &no_tags);
    if (sentence) {
        snprintf(error, SIM_ERROR_TEXT_MAX, "%s", sentence);
        return HEARSAY_ERR_INVALID;
    }
    for (size_t i = 0; i < scenario->statement_count; i++) {
        sentence = check_config(scenario, &scenario->statements[i].action.tags);
        if (sentence) {
            snprintf(error, SIM_ERROR_TEXT_MAX, "%.100s: %s", scenario->statements[i].text,
                     sentence);
            return HEARSAY_ERR_INVALID;
        }
    }
    return 0;
}
