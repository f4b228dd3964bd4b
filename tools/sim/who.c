/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which members a statement names: n7 · n1,n4 · n1..n500 · all · random · 5 random · 1% · half ·
 * rack A · others. "of members" may follow, because people write it.
 */
#include "who.h"

#include <string.h>

#include "sim.h"

/* One part of a list: n7 or n1..n9. */
static bool read_range(struct sim_who *who, const char *text, size_t len)
{
    uint32_t first, last;
    const char *dots = memmem(text, len, "..", 2);
    size_t first_len = dots != NULL ? (size_t)(dots - text) : len;
    if (who->range_count == SIM_RANGES_MAX || !sim_words_member(text, first_len, &first))
        return false;
    last = first;
    if (dots != NULL && !sim_words_member(dots + 2, len - first_len - 2, &last))
        return false;
    if (last < first)
        return false;
    who->ranges[who->range_count][0] = first;
    who->ranges[who->range_count++][1] = last;
    return true;
}

static bool read_list(struct sim_who *who, const char *word)
{
    who->kind = SIM_WHO_LIST;
    for (;;) {
        size_t len = strcspn(word, ",");
        if (!read_range(who, word, len))
            return false;
        if (word[len] == '\0')
            return true;
        word += len + 1;
    }
}

static bool read_rack(struct sim_who *who, const struct sim_racks *racks, const char *name)
{
    for (size_t i = 0; i < racks->count; i++)
        if (strcmp(racks->items[i].name, name) == 0) {
            *who = racks->items[i].who;
            return true;
        }
    return false;
}

static bool read_share(struct sim_who *who, const char *word)
{
    who->kind = SIM_WHO_SHARE;
    if (strcmp(word, "half") == 0) {
        who->permille = SIM_PERMILLE / 2;
        return true;
    }
    return sim_words_share(word, &who->permille) && who->permille > 0;
}

static bool read_some(struct sim_who *who, const struct sim_racks *racks, struct sim_words *words)
{
    uint64_t count;
    const char *word = sim_words_next(words);
    if (strcmp(word, "rack") == 0)
        return read_rack(who, racks, sim_words_next(words));
    if (strcmp(word, "all") == 0 || strcmp(word, "others") == 0) {
        who->kind = word[0] == 'a' ? SIM_WHO_ALL : SIM_WHO_OTHERS;
        return true;
    }
    if (strcmp(word, "random") == 0) {
        who->kind = SIM_WHO_RANDOM;
        who->count = 1;
        return true;
    }
    if (sim_words_number(word, SIM_MACHINES_MAX, &count)) {
        who->kind = SIM_WHO_RANDOM;
        who->count = (uint32_t)count;
        return count > 0 && sim_words_take(words, "random");
    }
    return read_share(who, word) || read_list(who, word);
}

bool sim_who_read(struct sim_who *ret_who, const struct sim_racks *racks, struct sim_words *words)
{
    struct sim_who who = {.kind = SIM_WHO_NONE};
    if (!read_some(&who, racks, words))
        return false;
    if (sim_words_take(words, "of") && !sim_words_take(words, "members"))
        return false;
    if (who.kind == SIM_WHO_RANDOM || who.kind == SIM_WHO_SHARE)
        sim_words_take(words, "members");
    *ret_who = who;
    return true;
}
