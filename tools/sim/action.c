/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One small reader for each verb. A reader takes the words that it knows and leaves the rest of the
 * line. What is left is an error, which scenario.c reports, so no reader repeats that check.
 */
#include "action.h"

#include <string.h>

typedef bool read_fn(struct sim_action *action, const struct sim_racks *racks,
                     struct sim_words *words);

static bool take_duration(struct sim_words *words, uint64_t *ret_us)
{
    return sim_words_duration(sim_words_next(words), ret_us);
}

/* for WHO, if it is there. */
static bool read_for(struct sim_action *action, const struct sim_racks *racks,
                     struct sim_words *words)
{
    return !sim_words_take(words, "for") || sim_who_read(&action->who, racks, words);
}

/* ---- the weather ------------------------------------------------------------------------- */

static const char *const point_names[SIM_LATENCY_POINTS] = {"p0", "p50", "p90", "p99", "max"};

/* One of p50=0.3ms. */
static bool read_point(struct sim_latency *latency, bool given[SIM_LATENCY_POINTS],
                       const char *word)
{
    for (size_t i = 0; i < SIM_LATENCY_POINTS; i++) {
        size_t len = strlen(point_names[i]);
        uint64_t us;
        if (strncmp(word, point_names[i], len) != 0 || word[len] != '=')
            continue;
        if (!sim_words_duration(word + len + 1, &us) || us > UINT32_MAX)
            return false;
        latency->us[i] = (uint32_t)us;
        given[i] = true;
        return true;
    }
    return false;
}

/* What was not said lies on a straight line between its neighbours; the ends repeat theirs, the
 * least half. Percentiles must not fall. */
static bool complete_latency(struct sim_latency *latency, const bool given[SIM_LATENCY_POINTS])
{
    if (!given[1])
        return false;
    if (!given[0])
        latency->us[0] = latency->us[1] / 2;
    if (!given[3])
        latency->us[3] = given[2] ? latency->us[2] : 2 * latency->us[1];
    if (!given[2])
        latency->us[2] = latency->us[1] + (latency->us[3] - latency->us[1]) / 2;
    if (!given[4])
        latency->us[4] = latency->us[3];
    for (size_t i = 1; i < SIM_LATENCY_POINTS; i++)
        if (latency->us[i] < latency->us[i - 1])
            return false;
    return true;
}

static bool read_latency(struct sim_action *action, const struct sim_racks *racks,
                         struct sim_words *words)
{
    bool given[SIM_LATENCY_POINTS] = {false};
    (void)racks;
    if (sim_words_take(words, "lan")) {
        action->latency = sim_latency_lan;
        return true;
    }
    if (sim_words_take(words, "wan")) {
        action->latency = sim_latency_wan;
        return true;
    }
    while (!sim_words_end(words))
        if (!read_point(&action->latency, given, sim_words_next(words)))
            return false;
    return complete_latency(&action->latency, given);
}

static bool read_loss(struct sim_action *action, const struct sim_racks *racks,
                      struct sim_words *words)
{
    return sim_words_share(sim_words_next(words), &action->permille) &&
           read_for(action, racks, words);
}

static bool read_share(struct sim_action *action, const struct sim_racks *racks,
                       struct sim_words *words)
{
    (void)racks;
    return sim_words_share(sim_words_next(words), &action->permille);
}

static bool read_reorder(struct sim_action *action, const struct sim_racks *racks,
                         struct sim_words *words)
{
    action->duration = 20000;
    return read_share(action, racks, words) &&
           (!sim_words_take(words, "by") || take_duration(words, &action->duration)) &&
           action->duration <= UINT32_MAX;
}

/* slow WHO by T */
static bool read_slow(struct sim_action *action, const struct sim_racks *racks,
                      struct sim_words *words)
{
    return sim_who_read(&action->who, racks, words) && sim_words_take(words, "by") &&
           take_duration(words, &action->duration) && action->duration <= UINT32_MAX / 4;
}

/* cut WHO from WHO [for T], cut WHO to WHO [for T] */
static bool read_cut(struct sim_action *action, const struct sim_racks *racks,
                     struct sim_words *words)
{
    if (!sim_who_read(&action->who, racks, words))
        return false;
    if (sim_words_take(words, "to"))
        action->way = SIM_WAY_OUT;
    else if (!sim_words_take(words, "from"))
        return false;
    return sim_who_read(&action->other, racks, words) &&
           (!sim_words_take(words, "for") ||
            (take_duration(words, &action->duration) && action->duration > 0));
}

/* firewall between WHO and WHO */
static bool read_firewall(struct sim_action *action, const struct sim_racks *racks,
                          struct sim_words *words)
{
    return sim_words_take(words, "between") && sim_who_read(&action->who, racks, words) &&
           sim_words_take(words, "and") && sim_who_read(&action->other, racks, words);
}

/* flap [ingress|egress of] WHO every T */
static bool read_flap(struct sim_action *action, const struct sim_racks *racks,
                      struct sim_words *words)
{
    if (sim_words_take(words, "ingress"))
        action->way = SIM_WAY_IN;
    else if (sim_words_take(words, "egress"))
        action->way = SIM_WAY_OUT;
    if (action->way != SIM_WAY_BOTH && !sim_words_take(words, "of"))
        return false;
    return sim_who_read(&action->who, racks, words) && sim_words_take(words, "every") &&
           take_duration(words, &action->duration) && action->duration > 0;
}

static bool read_nothing(struct sim_action *action, const struct sim_racks *racks,
                         struct sim_words *words)
{
    (void)action;
    (void)racks;
    (void)words;
    return true;
}

/* ---- the members ------------------------------------------------------------------------- */

static bool read_who(struct sim_action *action, const struct sim_racks *racks,
                     struct sim_words *words)
{
    return sim_who_read(&action->who, racks, words);
}

static bool read_crash(struct sim_action *action, const struct sim_racks *racks,
                       struct sim_words *words)
{
    action->way = SIM_WAY_CLOSED;
    if (!sim_who_read(&action->who, racks, words))
        return false;
    if (sim_words_take(words, "silently"))
        action->way = SIM_WAY_SILENT;
    else if (sim_words_take(words, "with"))
        return sim_words_take(words, "last") && sim_words_take(words, "words") &&
               (action->way = SIM_WAY_WORDS, true);
    return true;
}

/* pause WHO [for T] */
static bool read_pause(struct sim_action *action, const struct sim_racks *racks,
                       struct sim_words *words)
{
    return sim_who_read(&action->who, racks, words) &&
           (!sim_words_take(words, "for") || take_duration(words, &action->duration));
}

/* stall WHO for T|p50=T p99=T [within T] */
static bool read_stall(struct sim_action *action, const struct sim_racks *racks,
                       struct sim_words *words)
{
    if (!sim_who_read(&action->who, racks, words) || !sim_words_take(words, "for"))
        return false;
    const char *word = sim_words_next(words);
    if (strncmp(word, "p50=", 4) != 0) {
        if (!sim_words_duration(word, &action->duration))
            return false;
    } else {
        const char *p99 = sim_words_next(words);
        if (!sim_words_duration(word + 4, &action->duration) || strncmp(p99, "p99=", 4) != 0 ||
            !sim_words_duration(p99 + 4, &action->p99) || action->p99 < action->duration)
            return false;
    }
    return action->duration > 0 &&
           (!sim_words_take(words, "within") || take_duration(words, &action->within)) &&
           action->within / 1000 < UINT32_MAX;
}

/* restart WHO [with memory | fresh | elsewhere] */
static bool read_restart(struct sim_action *action, const struct sim_racks *racks,
                         struct sim_words *words)
{
    action->way = SIM_WAY_FRESH;
    if (!sim_who_read(&action->who, racks, words))
        return false;
    if (sim_words_take(words, "elsewhere"))
        action->way = SIM_WAY_ELSEWHERE;
    else if (sim_words_take(words, "with"))
        action->way = SIM_WAY_MEMORY;
    else
        sim_words_take(words, "fresh");
    return action->way != SIM_WAY_MEMORY || sim_words_take(words, "memory");
}

/* join [storm] COUNT [within T] */
static bool read_join(struct sim_action *action, const struct sim_racks *racks,
                      struct sim_words *words)
{
    uint64_t count;
    (void)racks;
    sim_words_take(words, "storm");
    if (!sim_words_number(sim_words_next(words), SIM_MACHINES_MAX / 2, &count) || count == 0)
        return false;
    action->count = (uint32_t)count;
    return !sim_words_take(words, "within") || take_duration(words, &action->duration);
}

static bool read_ppm(const char *word, int32_t *ret_ppm)
{
    char digits[16];
    uint64_t number;
    bool negative = *word == '-';
    size_t len = strlen(word += negative);
    if (len < 4 || len >= sizeof digits || strcmp(word + len - 3, "ppm") != 0)
        return false;
    memcpy(digits, word, len - 3);
    digits[len - 3] = '\0';
    if (!sim_words_number(digits, 500000, &number))
        return false;
    *ret_ppm = negative ? -(int32_t)number : (int32_t)number;
    return true;
}

/* clock WHO [offset T] [drift PPM] */
static bool read_clock(struct sim_action *action, const struct sim_racks *racks,
                       struct sim_words *words)
{
    if (!sim_who_read(&action->who, racks, words))
        return false;
    size_t before = words->at;
    if (sim_words_take(words, "offset") &&
        !sim_words_signed_duration(sim_words_next(words), &action->offset))
        return false;
    if (sim_words_take(words, "drift") && !read_ppm(sim_words_next(words), &action->ppm))
        return false;
    return words->at > before;
}

/* force-leave WHO [prune] */
static bool read_force_leave(struct sim_action *action, const struct sim_racks *racks,
                             struct sim_words *words)
{
    if (!sim_who_read(&action->who, racks, words))
        return false;
    if (sim_words_take(words, "prune"))
        action->way = SIM_WAY_PRUNE;
    return true;
}

/* tags WHO KEY=VALUE... */
static bool read_tags(struct sim_action *action, const struct sim_racks *racks,
                      struct sim_words *words)
{
    if (!sim_who_read(&action->who, racks, words) || sim_words_end(words))
        return false;
    while (!sim_words_end(words))
        if (!sim_tags_add(&action->tags, sim_words_next(words)))
            return false;
    return true;
}

/* move WHO to WHO */
static bool read_move(struct sim_action *action, const struct sim_racks *racks,
                      struct sim_words *words)
{
    return sim_who_read(&action->who, racks, words) && sim_words_take(words, "to") &&
           sim_who_read(&action->other, racks, words);
}

/* reload WHO [key NAMES] [seal MODE] [within T] */
static bool read_reload(struct sim_action *action, const struct sim_racks *racks,
                        struct sim_words *words)
{
    if (!sim_who_read(&action->who, racks, words))
        return false;
    if (sim_words_take(words, "key") && !sim_keying_read_keys(&action->keying, words))
        return false;
    if (sim_words_take(words, "seal") && !sim_keying_read_mode(&action->keying, words))
        return false;
    return (action->keying.has_keys || action->keying.has_mode) &&
           (!sim_words_take(words, "within") || take_duration(words, &action->duration));
}

static bool read_attack(struct sim_action *action, const struct sim_racks *racks,
                        struct sim_words *words)
{
    return sim_attack_read(&action->attack, &action->who, racks, words);
}

/* ---- all --------------------------------------------------------------------------------- */

static const struct reader {
    const char *word;
    enum sim_verb verb;
    read_fn *read;
} readers[] = {
    {"latency", SIM_LATENCY, read_latency},
    {"loss", SIM_LOSS, read_loss},
    {"duplicate", SIM_DUPLICATE, read_share},
    {"reorder", SIM_REORDER, read_reorder},
    {"corrupt", SIM_CORRUPT, read_share},
    {"slow", SIM_SLOW, read_slow},
    {"cut", SIM_CUT, read_cut},
    {"firewall", SIM_FIREWALL, read_firewall},
    {"flap", SIM_FLAP, read_flap},
    {"heal", SIM_HEAL, read_nothing},
    {"crash", SIM_CRASH, read_crash},
    {"kill", SIM_CRASH, read_crash},
    {"leave", SIM_LEAVE, read_who},
    {"pause", SIM_PAUSE, read_pause},
    {"stall", SIM_STALL, read_stall},
    {"resume", SIM_RESUME, read_who},
    {"restart", SIM_RESTART, read_restart},
    {"clone", SIM_CLONE, read_who},
    {"join", SIM_JOIN, read_join},
    {"clock", SIM_CLOCK, read_clock},
    {"force-leave", SIM_FORCE_LEAVE, read_force_leave},
    {"tags", SIM_TAGS, read_tags},
    {"move", SIM_MOVE, read_move},
    {"reload", SIM_RELOAD, read_reload},
    {"attack", SIM_ATTACK, read_attack},
};

bool sim_action_read(struct sim_action *ret_action, const struct sim_racks *racks,
                     struct sim_words *words)
{
    const char *word = sim_words_next(words);
    for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++)
        if (strcmp(readers[i].word, word) == 0) {
            struct sim_action action = {.verb = readers[i].verb};
            if (!readers[i].read(&action, racks, words) || !sim_words_end(words))
                return false;
            *ret_action = action;
            return true;
        }
    return false;
}
