/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An operator changes a member's key file or its mode and reloads it. A member that does not run
 * has the new keys when it is started.
 *
 * It is measured how long it takes until each member's own record names the keys that it has and
 * all views are equal. No event tells of the latter, so the digests are compared now and then.
 */
#include "reload.h"

#include <string.h>

#include <hearsay/error.h>
#include <hearsay/stats.h>

#include "agenda.h"
#include "truth.h"

#define LOOK_US 50000u /* between two looks at all digests */

int sim_reload_equip(struct sim_play *play, uint32_t member, uint32_t machine)
{
    const struct sim_keying *held = &play->members[member].keying;
    const struct sim_keyring *keyring = NULL;
    if (held->keys.count > 0 && !(keyring = sim_keyring(play->world, &held->keys)))
        return HEARSAY_ERR_NOMEM;
    return sim_set_keys(play->world, machine, keyring, sim_keying_mode(held));
}

int sim_reload_plan(struct sim_play *play, const struct sim_action *action, uint32_t member)
{
    struct sim_task task = {SIM_TASK_RELOAD, member, 0};
    uint64_t spread = action->duration / 1000 + 1;
    uint32_t most = spread < UINT32_MAX ? (uint32_t)spread : UINT32_MAX;
    sim_keying_change(&play->members[member].keying_next, &action->keying);
    play->reloads++;
    return sim_agenda_add(play, UINT64_C(1000) * sim_random_below(&play->random, most), task);
}

int sim_reload(struct sim_play *play, uint32_t member)
{
    play->reloads--;
    play->members[member].keying = play->members[member].keying_next;
    int err = sim_reload_equip(play, member, play->members[member].machine);
    sim_truth_hear(play);
    sim_truth_rekey(play);
    return err;
}

/* ---- until all views are equal ----------------------------------------------------------- */

static bool tells_its_keys(const struct sim_play *play, uint32_t machine)
{
    const struct sim_machine *m = play->world->machines[machine];
    struct hearsay_member self;
    uint32_t marks[HEARSAY_KEYS_MAX];
    size_t count = m->mode == HEARSAY_SEAL_OFF ? 0 : sim_cipher.keys(m->keyring, marks);
    hearsay_node_self(m->node, sim_now(play->world, machine), &self);
    return self.key_count == count && memcmp(self.keys, marks, count * sizeof(marks[0])) == 0;
}

static bool all_are_equal(const struct sim_play *play)
{
    struct hearsay_stats stats;
    uint64_t digest = 0;
    bool any = false;
    for (uint32_t i = 0; i < sim_machines(play->world); i++) {
        if (sim_state(play->world, i) != SIM_RUNNING || !sim_is_counted(play->world, i))
            continue;
        hearsay_node_stats(sim_node(play->world, i), &stats);
        if ((any && stats.digest != digest) || !tells_its_keys(play, i))
            return false;
        digest = stats.digest;
        any = true;
    }
    return true;
}

int sim_reload_measure(struct sim_play *play)
{
    play->reload = ++play->changes;
    play->reloaded_at = sim_time(play->world);
    return sim_agenda_add(play, LOOK_US, (struct sim_task){SIM_TASK_LOOK, 0, play->reload});
}

int sim_reload_look(struct sim_play *play, uint32_t id)
{
    if (id != play->reload)
        return 0; /* there was another one meanwhile */
    if (play->reloads > 0 || !all_are_equal(play))
        return sim_agenda_add(play, LOOK_US, (struct sim_task){SIM_TASK_LOOK, 0, id});
    struct sim_sample sample = {
        .metric = SIM_METRIC_KEYS,
        .run = play->result.run,
        .subject = SIM_NOBODY,
        .at = play->reloaded_at - play->origin,
        .us = sim_time(play->world) - play->reloaded_at,
    };
    return sim_result_add(&play->result, &sample) ? 0 : HEARSAY_ERR_NOMEM;
}
