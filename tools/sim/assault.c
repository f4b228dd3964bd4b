/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replays and forgeries are thrown one after the other, at equal distances. What is done to
 * datagrams on their way is told to the network, which then asks for each of them (tape.h).
 */
#include "assault.h"

#include <stdlib.h>

#include <hearsay/error.h>

#include "agenda.h"
#include "grow.h"
#include "pick.h"
#include "tape.h"

#define DRAWS_MAX 64u /* until another receiver is found */

/* ---- which, from where, to whom ---------------------------------------------------------- */

static uint64_t world_time(const struct sim_play *play, uint64_t time)
{
    return play->origin + time;
}

static bool is_chosen(struct sim_play *play, const struct sim_attack *attack, uint32_t seen)
{
    struct sim_attacker *attacker = play->world->attacker;
    const struct sim_seen *it = &attacker->seen[seen];
    unsigned kind = sim_tape_kind(sim_tape_bytes(attacker, seen), it->len);
    if ((attack->since > 0 && it->time < world_time(play, attack->since)) ||
        (attack->before > 0 && it->time >= world_time(play, attack->before)) ||
        !(attack->kinds >> kind & 1))
        return false;
    return attack->permille == 0 || sim_random_permille(&attacker->random, attack->permille);
}

static bool choose(struct sim_play *play, struct sim_campaign *campaign)
{
    for (uint32_t i = 0; i < play->world->attacker->seen_count; i++)
        if (is_chosen(play, &campaign->attack, i) && !sim_list_add(&campaign->picks, i))
            return false;
    return true;
}

static uint32_t source_of(const struct sim_attack *attack, struct sim_random *random,
                          uint32_t member)
{
    if (attack->source == SIM_SOURCE_MEMBER)
        return member;
    if (attack->source == SIM_SOURCE_ATTACKER)
        return SIM_OUTSIDER_FIRST;
    return SIM_OUTSIDER_FIRST + 1 + sim_random_below(random, SIM_OUTSIDERS - 1);
}

/* A machine on which a member runs, and another one than this if possible. */
static uint32_t any_machine(struct sim_play *play, uint32_t other)
{
    struct sim_random *random = &play->world->attacker->random;
    for (unsigned i = 0; i < DRAWS_MAX; i++) {
        uint32_t member = sim_random_below(random, play->member_count);
        uint32_t machine = play->members[member].machine;
        if (machine != other && sim_node(play->world, machine))
            return machine;
    }
    return other;
}

static uint32_t target_of(struct sim_play *play, const struct sim_campaign *campaign,
                          uint32_t receiver)
{
    const struct sim_list *targets = &campaign->targets;
    struct sim_random *random = &play->world->attacker->random;
    if (targets->count > 0) {
        uint32_t member = targets->items[sim_random_below(random, (uint32_t)targets->count)];
        return play->members[member].machine;
    }
    return campaign->attack.to_others ? any_machine(play, receiver) : receiver;
}

/* ---- one throw --------------------------------------------------------------------------- */

static void throw_noise(struct sim_play *play, const struct sim_campaign *campaign)
{
    struct sim_attacker *attacker = play->world->attacker;
    uint8_t bytes[SIM_PACKET_ROOM];
    uint32_t to = target_of(play, campaign, any_machine(play, SIM_NOBODY));
    uint32_t from = source_of(&campaign->attack, &attacker->random, any_machine(play, to));
    size_t len = sim_tape_noise(attacker, bytes);
    sim_throw(play->world, from, to, bytes, len, SIM_ORIGIN_FORGED, 0);
}

static void throw_seen(struct sim_play *play, const struct sim_campaign *campaign, uint32_t seen)
{
    struct sim_attacker *attacker = play->world->attacker;
    const struct sim_attack *attack = &campaign->attack;
    uint8_t bytes[SIM_PACKET_ROOM];
    uint32_t to = target_of(play, campaign, attacker->seen[seen].to);
    uint32_t from = source_of(attack, &attacker->random, attacker->seen[seen].from);
    size_t len;
    if (attack->kind == SIM_ATTACK_REPLAY) {
        sim_throw(play->world, from, to, sim_tape_bytes(attacker, seen), attacker->seen[seen].len,
                  SIM_ORIGIN_REPEAT, seen + 1);
        return;
    }
    if (attack->forgery == SIM_FORGE_HEADS)
        len = sim_tape_fake(attacker, seen, bytes);
    else
        len = sim_tape_plain(attacker, seen, sim_name(play->world, to), bytes);
    sim_throw(play->world, from, to, bytes, len, SIM_ORIGIN_FORGED, 0);
}

static int plan_next(struct sim_play *play, uint32_t index)
{
    const struct sim_campaign *campaign = &play->campaigns[index];
    if (campaign->next == campaign->count) /* as when nothing was seen that could be thrown */
        return 0;
    uint64_t at = campaign->begun + (uint64_t)((double)campaign->attack.spread *
                                               (double)campaign->next / (double)campaign->count);
    uint64_t now = sim_time(play->world);
    return sim_agenda_add(play, at > now ? at - now : 0,
                          (struct sim_task){SIM_TASK_THROW, index, 0});
}

int sim_assault_throw(struct sim_play *play, uint32_t index)
{
    struct sim_campaign *campaign = &play->campaigns[index];
    const struct sim_list *picks = &campaign->picks;
    uint64_t at = campaign->next++;
    if (campaign->attack.forgery == SIM_FORGE_NOISE)
        throw_noise(play, campaign);
    else if (campaign->attack.permille > 0)
        throw_seen(play, campaign, picks->items[at % picks->count]);
    else
        throw_seen(
            play, campaign,
            picks->items[sim_random_below(&play->world->attacker->random, (uint32_t)picks->count)]);
    return plan_next(play, index);
}

/* ---- all of it --------------------------------------------------------------------------- */

static int begin_throwing(struct sim_play *play, const struct sim_action *action)
{
    struct sim_campaign *campaigns = sim_grow(play->campaigns, play->campaign_count,
                                              &play->campaign_room, sizeof(struct sim_campaign));
    if (!campaigns)
        return HEARSAY_ERR_NOMEM;
    play->campaigns = campaigns;
    struct sim_campaign *campaign = &campaigns[play->campaign_count++];
    *campaign = (struct sim_campaign){.attack = action->attack, .begun = sim_time(play->world)};
    if (!choose(play, campaign))
        return HEARSAY_ERR_NOMEM;
    int err = sim_pick(play, action, &action->who, NULL, &campaign->targets);
    if (err)
        return err;
    uint64_t count = action->attack.permille > 0 ? campaign->picks.count : action->attack.count;
    campaign->count = count * action->attack.times;
    if (campaign->picks.count == 0 && action->attack.forgery != SIM_FORGE_NOISE)
        campaign->count = 0; /* nothing has been seen */
    return plan_next(play, play->campaign_count - 1);
}

static struct sim_meddling *meddling_of(struct sim_attacker *attacker, enum sim_attack_kind kind)
{
    if (kind == SIM_ATTACK_REFLECT)
        return &attacker->reflect;
    return kind == SIM_ATTACK_DELAY ? &attacker->hold : &attacker->unreachable;
}

static int begin_meddling(struct sim_play *play, const struct sim_action *action)
{
    const struct sim_attack *attack = &action->attack;
    struct sim_meddling *meddling = meddling_of(play->world->attacker, attack->kind);
    struct sim_meddling wanted = {
        .permille = attack->permille,
        .until = sim_time(play->world) + attack->spread,
        .by = attack->by,
        .kinds = attack->kinds,
    };
    struct sim_list about = {0};
    int err = sim_pick(play, action, &action->who, NULL, &about);
    if (!err && about.count > 0) {
        wanted.about_limit = sim_machines(play->world);
        wanted.about = calloc(wanted.about_limit / 8 + 1, 1);
        err = wanted.about ? 0 : HEARSAY_ERR_NOMEM;
    }
    for (size_t i = 0; !err && i < about.count; i++) {
        uint32_t machine = play->members[about.items[i]].machine;
        wanted.about[machine / 8] |= (uint8_t)(1u << machine % 8);
    }
    sim_list_fini(&about);
    free(meddling->about);
    *meddling = wanted;
    return err;
}

int sim_assault(struct sim_play *play, const struct sim_action *action)
{
    enum sim_attack_kind kind = action->attack.kind;
    if (kind == SIM_ATTACK_REPLAY || kind == SIM_ATTACK_FORGE)
        return begin_throwing(play, action);
    return begin_meddling(play, action);
}

void sim_assaults_fini(struct sim_play *play)
{
    for (uint32_t i = 0; i < play->campaign_count; i++) {
        sim_list_fini(&play->campaigns[i].picks);
        sim_list_fini(&play->campaigns[i].targets);
    }
    free(play->campaigns);
    play->campaigns = NULL;
    play->campaign_count = 0;
}
