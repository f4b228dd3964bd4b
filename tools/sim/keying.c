/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys are named by single words, as many as a key file holds, the one that seals first. "none" is
 * an agent without a key file.
 */
#include "keying.h"

#include <stdio.h>
#include <string.h>

/* Words that end a list of keys. */
static bool is_end(const struct sim_words *words)
{
    static const char *const ends[] = {"for", "seal", "within"};
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
        if (strcmp(sim_words_peek(words), ends[i]) == 0)
            return true;
    return sim_words_end(words);
}

static bool has(const struct sim_key_names *keys, const char *name)
{
    for (uint32_t i = 0; i < keys->count; i++)
        if (strcmp(keys->names[i], name) == 0)
            return true;
    return false;
}

bool sim_keying_read_keys(struct sim_keying *keying, struct sim_words *words)
{
    struct sim_key_names keys = {.count = 0};
    bool none = sim_words_take(words, "none");
    while (!none && !is_end(words)) {
        const char *name = sim_words_next(words);
        if (keys.count == HEARSAY_KEYS_MAX || strlen(name) >= SIM_KEY_NAME_MAX || has(&keys, name))
            return false;
        snprintf(keys.names[keys.count++], SIM_KEY_NAME_MAX, "%s", name);
    }
    keying->has_keys = true;
    keying->keys = keys;
    return none || keys.count > 0;
}

bool sim_keying_read_mode(struct sim_keying *keying, struct sim_words *words)
{
    const char *word = sim_words_next(words);
    keying->has_mode = true;
    for (int mode = 0; mode < HEARSAY_SEAL_MODES; mode++)
        if (strcmp(hearsay_seal_mode_name((enum hearsay_seal_mode)mode), word) == 0) {
            keying->mode = (enum hearsay_seal_mode)mode;
            return true;
        }
    return false;
}

void sim_keying_change(struct sim_keying *held, const struct sim_keying *change)
{
    if (change->has_keys)
        held->keys = change->keys;
    if (change->has_mode)
        held->mode = change->mode;
    held->has_keys |= change->has_keys;
    held->has_mode |= change->has_mode;
}

static bool is_meant(const struct sim_who *who, uint32_t member)
{
    for (size_t i = 0; i < who->range_count; i++)
        if (who->ranges[i][0] <= member && member <= who->ranges[i][1])
            return true;
    return who->kind == SIM_WHO_ALL;
}

struct sim_keying sim_keying_of(const struct sim_key_rules *rules, uint32_t member)
{
    struct sim_keying held = {.has_keys = false};
    for (size_t i = 0; i < rules->count; i++)
        if (is_meant(&rules->items[i].who, member))
            sim_keying_change(&held, &rules->items[i].keying);
    return held;
}

enum hearsay_seal_mode sim_keying_mode(const struct sim_keying *held)
{
    if (held->keys.count == 0)
        return HEARSAY_SEAL_OFF;
    return held->has_mode ? held->mode : HEARSAY_SEAL_REQUIRE;
}

static bool shares_key(const struct sim_keying *a, const struct sim_keying *b)
{
    for (uint32_t i = 0; i < a->keys.count; i++)
        if (has(&b->keys, a->keys.names[i]))
            return true;
    return false;
}

bool sim_keying_is_heard(const struct sim_keying *from, const struct sim_keying *to)
{
    enum hearsay_seal_mode sends = sim_keying_mode(from), hears = sim_keying_mode(to);
    bool sealed = hears != HEARSAY_SEAL_OFF && shares_key(from, to);
    if (sends == HEARSAY_SEAL_REQUIRE || (sends == HEARSAY_SEAL_ON && sealed))
        return sealed;
    return hears != HEARSAY_SEAL_REQUIRE;
}

bool sim_keying_equal(const struct sim_keying *a, const struct sim_keying *b)
{
    if (a->has_keys != b->has_keys || a->has_mode != b->has_mode || a->mode != b->mode ||
        a->keys.count != b->keys.count)
        return false;
    for (uint32_t i = 0; i < a->keys.count; i++)
        if (strcmp(a->keys.names[i], b->keys.names[i]) != 0)
            return false;
    return true;
}
