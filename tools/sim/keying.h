/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which keys members have, as a statement says it.
 */
#ifndef SIM_KEYING_H
#define SIM_KEYING_H

#include "keyed.h"
#include "who.h"

#define SIM_KEY_RULES_MAX 16u

/* What a key file holds and which mode is set; what is not said stays. */
struct sim_keying {
    bool has_keys, has_mode;
    struct sim_key_names keys;
    enum hearsay_seal_mode mode;
};

/* What stands for some members from their first start on. */
struct sim_key_rule {
    struct sim_keying keying;
    struct sim_who who; /* ALL or LIST */
};

struct sim_key_rules {
    struct sim_key_rule items[SIM_KEY_RULES_MAX];
    size_t count;
};

/* Read what follows the words `key` and `seal`. False: not as the usage says. */
bool sim_keying_read_keys(struct sim_keying *keying, struct sim_words *words);
bool sim_keying_read_mode(struct sim_keying *keying, struct sim_words *words);

/* Changes what a member has. */
void sim_keying_change(struct sim_keying *held, const struct sim_keying *change);

/* What a member has when it is started for the first time. */
struct sim_keying sim_keying_of(const struct sim_key_rules *rules, uint32_t member);

/* Does `to` hear all that `from` sends to it (R33: keys, R35: switching on)? */
bool sim_keying_is_heard(const struct sim_keying *from, const struct sim_keying *to);

/* The mode that comes of it: without a key it is off, and with a key it is require unless another
 * one was said (R35: switching on). */
enum hearsay_seal_mode sim_keying_mode(const struct sim_keying *held);

/* Returns true if both mean the same keys in the same order, and the same mode. */
bool sim_keying_equal(const struct sim_keying *a, const struct sim_keying *b);

#endif
