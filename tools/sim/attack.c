/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words of an attack come in any order after those that each kind begins with.
 */
#include "attack.h"

#include <string.h>

#include <hearsay/stats.h>

#include "state.h"

#define DEFAULT_SPREAD_US UINT64_C(1000000)
#define ALL_KINDS         UINT32_MAX
#define THROWS_MAX        10000000u /* of one statement */
#define TIMES_MAX         100000u

static bool take_duration(struct sim_words *words, uint64_t *ret_us)
{
    return sim_words_duration(sim_words_next(words), ret_us);
}

/* gossips, acks, …: the kinds of datagram in the plural, one word or none. */
static bool take_kinds(struct sim_attack *attack, struct sim_words *words)
{
    char plural[32];
    const char *word = sim_words_peek(words);
    for (unsigned kind = 1; kind < HEARSAY_KIND_COUNT; kind++) {
        size_t len = strlen(hearsay_kind_name(kind));
        memcpy(plural, hearsay_kind_name(kind), len);
        memcpy(plural + len, "s", 2);
        if (strcmp(word, plural) == 0) {
            attack->kinds = 1u << kind;
            sim_words_next(words);
            return true;
        }
    }
    return false;
}

/* all, 20%, or a number. */
static bool take_amount(struct sim_attack *attack, struct sim_words *words)
{
    uint64_t count;
    const char *word = sim_words_next(words);
    if (strcmp(word, "all") == 0) {
        attack->permille = SIM_PERMILLE;
        return true;
    }
    if (sim_words_share(word, &attack->permille))
        return attack->permille > 0;
    attack->permille = 0;
    if (!sim_words_number(word, THROWS_MAX, &count))
        return false;
    attack->count = (uint32_t)count;
    return count > 0;
}

static bool take_source(struct sim_attack *attack, struct sim_words *words)
{
    if (sim_words_take(words, "attacker"))
        attack->source = SIM_SOURCE_ATTACKER;
    else if (sim_words_take(words, "elsewhere"))
        attack->source = SIM_SOURCE_ELSEWHERE;
    else
        return sim_words_take(words, "members");
    return true;
}

static bool take_times(struct sim_attack *attack, struct sim_words *words)
{
    uint64_t times;
    if (!sim_words_number(sim_words_next(words), TIMES_MAX, &times) || times == 0)
        return false;
    attack->times = (uint32_t)times;
    return true;
}

static bool take_to(struct sim_attack *attack, struct sim_who *who, const struct sim_racks *racks,
                    struct sim_words *words)
{
    if (sim_words_take(words, "others"))
        return attack->to_others = true;
    return sim_who_read(who, racks, words);
}

/* One of the words that may follow, with its value. */
static bool take_clause(struct sim_attack *attack, struct sim_who *who,
                        const struct sim_racks *racks, struct sim_words *words)
{
    bool replays = attack->kind == SIM_ATTACK_REPLAY;
    bool throws = replays || attack->kind == SIM_ATTACK_FORGE;
    if (replays && sim_words_take(words, "since"))
        return take_duration(words, &attack->since);
    if (replays && sim_words_take(words, "before"))
        return take_duration(words, &attack->before);
    if (replays && sim_words_take(words, "times"))
        return take_times(attack, words);
    if (throws && sim_words_take(words, "from"))
        return take_source(attack, words);
    if (throws && sim_words_take(words, "within"))
        return take_duration(words, &attack->spread);
    if (!throws && sim_words_take(words, "for"))
        return take_duration(words, &attack->spread) && attack->spread > 0;
    if (attack->kind == SIM_ATTACK_DELAY && sim_words_take(words, "by"))
        return take_duration(words, &attack->by) && attack->by > 0 && attack->by <= UINT32_MAX;
    if (sim_words_take(words, "to"))
        return take_to(attack, who, racks, words);
    return take_kinds(attack, words);
}

static bool take_kind(struct sim_attack *attack, struct sim_words *words)
{
    static const char *const names[] = {
        [SIM_ATTACK_REPLAY] = "replay",   [SIM_ATTACK_FORGE] = "forge",
        [SIM_ATTACK_REFLECT] = "reflect", [SIM_ATTACK_DELAY] = "delay",
        [SIM_ATTACK_ICMP] = "icmp",
    };
    for (int kind = SIM_ATTACK_REPLAY; kind <= SIM_ATTACK_ICMP; kind++)
        if (sim_words_take(words, names[kind])) {
            attack->kind = (enum sim_attack_kind)kind;
            return true;
        }
    return false;
}

static bool take_forgery(struct sim_attack *attack, struct sim_words *words)
{
    if (attack->kind != SIM_ATTACK_FORGE)
        return true;
    if (attack->permille > 0) /* of what? */
        return false;
    if (sim_words_take(words, "noise"))
        attack->forgery = SIM_FORGE_NOISE;
    else if (sim_words_take(words, "heads"))
        attack->forgery = SIM_FORGE_HEADS;
    else if (sim_words_take(words, "plain"))
        attack->forgery = SIM_FORGE_PLAIN;
    return attack->forgery != 0;
}

bool sim_attack_read(struct sim_attack *ret_attack, struct sim_who *ret_who,
                     const struct sim_racks *racks, struct sim_words *words)
{
    struct sim_attack attack = {.kinds = ALL_KINDS, .times = 1, .spread = DEFAULT_SPREAD_US};
    if (!take_kind(&attack, words) || !take_amount(&attack, words) || !take_forgery(&attack, words))
        return false;
    bool throws = attack.kind == SIM_ATTACK_REPLAY || attack.kind == SIM_ATTACK_FORGE;
    if (!throws && attack.permille == 0)
        return false;
    while (!sim_words_end(words))
        if (!take_clause(&attack, ret_who, racks, words))
            return false;
    *ret_attack = attack;
    return attack.kind != SIM_ATTACK_DELAY || attack.by > 0;
}
