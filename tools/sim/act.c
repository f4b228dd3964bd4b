/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each statement changes two things: the world, and what the simulator knows to be true of it. Both
 * are changed in the same place, so that a verdict is never judged against what was true before.
 */
#include "act.h"

#include <stdlib.h>
#include <string.h>

#include <hearsay/error.h>

#include "agenda.h"
#include "assault.h"
#include "life.h"
#include "member.h"
#include "pick.h"
#include "reload.h"
#include "stall.h"
#include "truth.h"

#define OPERATOR_LOOKS_US 100000u /* between two looks at the lists */

/* ---- who counts -------------------------------------------------------------------------- */

/* Its word counts while it runs and is well; what is true of it follows from the same. */
static void set_well(struct sim_play *play, uint32_t member)
{
    struct sim_member *m = &play->members[member];
    bool well = sim_life_is_well(m);
    bool runs = sim_state(play->world, m->machine) == SIM_RUNNING;
    sim_count(play->world, m->machine, well && runs);
    if (m->truth != SIM_TRUTH_UP && m->truth != SIM_TRUTH_ANY)
        return;
    if (well && !m->cut && m->truth == SIM_TRUTH_ANY)
        sim_truth_set(play, member, SIM_TRUTH_UP, SIM_METRIC_BACK);
    else if ((!well || m->cut) && m->truth == SIM_TRUTH_UP)
        sim_truth_set(play, member, SIM_TRUTH_ANY, SIM_METRIC_COUNT);
}

/* ---- members ----------------------------------------------------------------------------- */

static enum sim_metric metric_of_crash(enum sim_way way)
{
    if (way == SIM_WAY_WORDS)
        return SIM_METRIC_DEAD_WORDS;
    return way == SIM_WAY_SILENT ? SIM_METRIC_DEAD_SILENT : SIM_METRIC_DEAD_CLOSED;
}

static int crash(struct sim_play *play, const struct sim_action *action, uint32_t member)
{
    uint32_t machine = play->members[member].machine;
    if (sim_node(play->world, machine) == NULL)
        return 0;
    /* Who is paused has a witness too: it speaks when the process is killed. */
    if (action->way == SIM_WAY_WORDS)
        sim_speak_last(play->world, machine);
    sim_life_stop(play, member, action->way == SIM_WAY_CLOSED ? SIM_CLOSED : SIM_SILENT);
    play->result.crashes++;
    sim_truth_set(play, member, SIM_TRUTH_DOWN, metric_of_crash(action->way));
    return 0;
}

static int leave(struct sim_play *play, const struct sim_action *action, uint32_t member)
{
    (void)action;
    sim_life_remember(play, member);
    if (sim_leave(play->world, play->members[member].machine) == 0) {
        play->running--;
        sim_truth_set(play, member, SIM_TRUTH_DOWN, SIM_METRIC_LEFT);
        sim_truth_hear(play);
    }
    return 0;
}

static int pause_member(struct sim_play *play, const struct sim_action *action, uint32_t member)
{
    struct sim_member *m = &play->members[member];
    struct sim_task task = {SIM_TASK_RESUME, member, 0};
    if (sim_state(play->world, m->machine) != SIM_RUNNING)
        return 0;
    sim_pause(play->world, m->machine);
    m->paused = true;
    m->away_from = sim_time(play->world);
    set_well(play, member);
    return action->duration > 0 ? sim_agenda_add(play, action->duration, task) : 0;
}

/* The paused process of this name may be on a machine that it has been replaced from. */
static uint32_t paused_machine(const struct sim_play *play, uint32_t member)
{
    for (uint32_t i = 0; i < sim_machines(play->world); i++)
        if (sim_state(play->world, i) == SIM_PAUSED && sim_subject(play->world, i) == member)
            return i;
    return SIM_NOBODY;
}

void sim_act_resume(struct sim_play *play, uint32_t member)
{
    uint32_t machine = paused_machine(play, member);
    struct sim_member *m = &play->members[member];
    if (machine == SIM_NOBODY)
        return;
    m->away_until = sim_time(play->world);
    sim_resume(play->world, machine);
    if (machine == m->machine) {
        m->paused = false;
        set_well(play, member);
    } else {
        m->excused_until = sim_time(play->world) + SIM_GRACE_US;
    }
    sim_truth_hear(play);
}

static int resume(struct sim_play *play, const struct sim_action *action, uint32_t member)
{
    (void)action;
    sim_act_resume(play, member);
    return 0;
}

static int restart(struct sim_play *play, const struct sim_action *action, uint32_t member)
{
    struct sim_member *m = &play->members[member];
    uint32_t machine = m->machine;
    if (m->truth == SIM_TRUTH_ABSENT)
        return 0;
    if (action->way == SIM_WAY_ELSEWHERE) {
        int result = sim_machine_new(play->world, &machine);
        if (result != 0)
            return result;
        m->moved = true;
        sim_count(play->world, m->machine, false);
        play->running -= sim_state(play->world, m->machine) == SIM_RUNNING;
    } else {
        sim_life_stop(play, member, SIM_CLOSED);
    }
    return sim_life_start(play, member, machine,
                          action->way == SIM_WAY_MEMORY ? m->last_timestamp : 0);
}

/* Another machine from the same image: the same name, the same snapshot, its own address. */
static int clone(struct sim_play *play, const struct sim_action *action, uint32_t member)
{
    struct sim_member *m = &play->members[member];
    uint32_t machine;
    char name[SIM_MEMBER_NAME_ROOM];
    (void)action;
    sim_life_remember(play, member);
    int result = sim_machine_new(play->world, &machine);
    if (result != 0)
        return result;
    sim_member_write_name(member, name);
    result = sim_reload_equip(play, member, machine);
    if (result == 0)
        result = sim_start(play->world, machine, name, m->last_timestamp);
    if (result != 0)
        return result;
    sim_truth_hear(play);
    sim_life_join(play, machine, member);
    return 0;
}

static int set_clock(struct sim_play *play, const struct sim_action *action, uint32_t member)
{
    uint32_t machine = play->members[member].machine;
    sim_clock_set(play->world, machine, action->offset);
    sim_clock_drift(play->world, machine, action->ppm);
    return 0;
}

/* An operator who wants a member out and looks at the lists until one shows it suspect or dead: an
 * alive member can't be forced out. Who is back needs no removal any more. */
int sim_act_force_leave(struct sim_play *play, uint32_t member, bool prune)
{
    struct sim_list holders = {0};
    struct sim_task again = {prune ? SIM_TASK_PRUNE : SIM_TASK_FORCE, member, 0};
    char name[SIM_MEMBER_NAME_ROOM];
    if (play->members[member].truth == SIM_TRUTH_UP)
        return 0;
    for (uint32_t i = 0; i < sim_machines(play->world); i++) {
        enum hearsay_status held = sim_held_by(play->world, i, member);
        bool listed = held == HEARSAY_STATUS_SUSPECT || held == HEARSAY_STATUS_DEAD;
        if (listed && sim_is_counted(play->world, i) && !sim_list_add(&holders, i))
            return HEARSAY_ERR_NOMEM;
    }
    if (holders.count == 0)
        return sim_agenda_add(play, OPERATOR_LOOKS_US, again);
    uint32_t machine = holders.items[sim_random_below(&play->random, (uint32_t)holders.count)];
    sim_list_fini(&holders);
    sim_member_write_name(member, name);
    play->result.forced += sim_force_leave(play->world, machine, name, prune) == 0;
    sim_truth_hear(play);
    return 0;
}

static int force_leave(struct sim_play *play, const struct sim_action *action, uint32_t member)
{
    return sim_act_force_leave(play, member, action->way == SIM_WAY_PRUNE);
}

static bool has_tags(const struct hearsay_member *self, const struct hearsay_tag *tags,
                     size_t count)
{
    const char *key, *value;
    size_t cursor = 0, key_len, value_len, held = 0;
    while (hearsay_member_next_tag(self, &cursor, &key, &key_len, &value, &value_len))
        held++;
    for (size_t i = 0; i < count; i++) {
        value = hearsay_member_tag(self, tags[i].key, &value_len);
        if (!value || value_len != strlen(tags[i].value) ||
            memcmp(value, tags[i].value, value_len) != 0)
            return false;
    }
    return held == count;
}

/* Tags that a member has already are told to nobody's owner: there is nothing to agree on. */
static int set_tags(struct sim_play *play, const struct sim_action *action, uint32_t member)
{
    uint32_t machine = play->members[member].machine;
    const struct hearsay_node *node = sim_node(play->world, machine);
    struct hearsay_member self;
    struct sim_tag_list list;
    if (!node)
        return 0;
    sim_tags_list(&list, &action->tags);
    hearsay_node_self(node, sim_now(play->world, machine), &self);
    bool same = has_tags(&self, list.tags, action->tags.count);
    if (sim_set_tags(play->world, machine, list.tags, action->tags.count) != 0)
        return 0;
    if (!same)
        sim_truth_renew(play, member, sim_life_timestamp(play, machine));
    sim_truth_hear(play);
    return 0;
}

static int join(struct sim_play *play, const struct sim_action *action)
{
    int result = 0;
    for (uint32_t i = 0; i < action->count && result == 0; i++) {
        struct sim_task task = {SIM_TASK_START, 0, 0};
        uint64_t spread = action->duration / 1000 + 1;
        uint64_t delay = UINT64_C(1000) * sim_random_below(&play->random, (uint32_t)spread);
        result = sim_member_add(play, &task.value);
        if (result == 0)
            result = sim_agenda_add(play, delay, task);
    }
    return result;
}

/* ---- the weather ------------------------------------------------------------------------- */

static int lose(struct sim_play *play, const struct sim_action *action, uint32_t member)
{
    struct sim_member *m = &play->members[member];
    struct sim_ailment *ailment = sim_ailment(play->world, m->machine);
    ailment->loss_in = ailment->loss_out = action->permille;
    m->ailing = action->permille > SIM_AILING_PERMILLE;
    set_well(play, member);
    return 0;
}

static int slow(struct sim_play *play, const struct sim_action *action, uint32_t member)
{
    sim_ailment(play->world, play->members[member].machine)->delay_us = (uint32_t)action->duration;
    return 0;
}

/* Machines of members. */
static void to_machines(const struct sim_play *play, struct sim_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        list->items[i] = play->members[list->items[i]].machine;
}

/* Two sides that hold everybody leave no way round. */
static int note_separation(struct sim_play *play, const struct sim_list *from,
                           const struct sim_list *to, bool one_way)
{
    struct sim_separation separation = {.count = play->member_count, .one_way = one_way};
    size_t bytes = (play->separation_count + 1) * sizeof *play->separations;
    struct sim_separation *all = realloc(play->separations, bytes);
    if (all == NULL)
        return HEARSAY_ERR_NOMEM;
    play->separations = all;
    separation.side = calloc(play->member_count, 1);
    if (separation.side == NULL)
        return HEARSAY_ERR_NOMEM;
    for (size_t i = 0; i < from->count; i++)
        separation.side[from->items[i]] = 1;
    for (size_t i = 0; i < to->count; i++)
        separation.side[to->items[i]] = 2;
    for (uint32_t m = 0; m < play->member_count; m++)
        if (separation.side[m] == 0 && play->members[m].truth == SIM_TRUTH_UP) {
            free(separation.side);
            return 0;
        }
    play->separations[play->separation_count++] = separation;
    for (uint32_t m = 0; m < play->member_count; m++) {
        play->members[m].cut = true;
        set_well(play, m);
    }
    return 0;
}

static int apply_between(struct sim_play *play, const struct sim_action *action,
                         struct sim_list *from, struct sim_list *to)
{
    struct sim_link link = *sim_network(play->world);
    int result = 0;
    /* A cut that ends by itself is a fault that all must survive: it excuses no verdict. */
    if (action->duration > 0)
        link.until = sim_time(play->world) + action->duration;
    else
        result = note_separation(play, from, to, action->way == SIM_WAY_OUT);
    link.refuse = action->verb == SIM_FIREWALL;
    if (action->verb == SIM_CUT)
        link.loss = SIM_PERMILLE;
    to_machines(play, from);
    to_machines(play, to);
    if (result == 0)
        result = sim_rule(play->world, from->items, from->count, to->items, to->count, &link);
    if (result == 0 && action->way != SIM_WAY_OUT)
        result = sim_rule(play->world, to->items, to->count, from->items, from->count, &link);
    return result;
}

static int act_between(struct sim_play *play, const struct sim_action *action)
{
    struct sim_list from = {0}, to = {0};
    int result = sim_pick(play, action, &action->who, NULL, &from);
    if (result == 0)
        result = sim_pick(play, action, &action->other, &from, &to);
    if (result == 0)
        result = apply_between(play, action, &from, &to);
    sim_list_fini(&from);
    sim_list_fini(&to);
    return result;
}

static void swap_machines(struct sim_play *play, uint32_t one, uint32_t other)
{
    uint32_t machine = play->members[one].machine;
    sim_life_stop(play, one, SIM_CLOSED);
    play->members[one].machine = play->members[other].machine;
    play->members[other].machine = machine;
}

/* Each gets the address of its counterpart, which must be gone. All have theirs before the first
 * one starts: otherwise a newcomer's seed could change hands while it is called. */
static int move(struct sim_play *play, const struct sim_action *action)
{
    struct sim_list ones = {0}, others = {0};
    int result = sim_pick(play, action, &action->who, NULL, &ones);
    if (result == 0)
        result = sim_pick(play, action, &action->other, &ones, &others);
    size_t count = 0;
    for (; result == 0 && count < ones.count && count < others.count; count++) {
        if (play->members[others.items[count]].truth != SIM_TRUTH_DOWN)
            break;
        swap_machines(play, ones.items[count], others.items[count]);
    }
    for (size_t i = 0; i < count && result == 0; i++)
        result = sim_life_start(play, ones.items[i], play->members[ones.items[i]].machine, 0);
    sim_list_fini(&ones);
    sim_list_fini(&others);
    return result;
}

static void set_flap(struct sim_play *play, const struct sim_group *group)
{
    for (size_t i = 0; i < group->members.count; i++) {
        uint32_t member = group->members.items[i];
        struct sim_member *m = &play->members[member];
        struct sim_ailment *ailment = sim_ailment(play->world, m->machine);
        uint32_t loss = group->off ? SIM_PERMILLE : 0;
        if (group->way != SIM_WAY_OUT)
            ailment->loss_in = loss;
        if (group->way != SIM_WAY_IN)
            ailment->loss_out = loss;
        if (m->truth == SIM_TRUTH_ABSENT || sim_node(play->world, m->machine) == NULL)
            continue;
        sim_truth_set(play, member, group->off ? SIM_TRUTH_DOWN : SIM_TRUTH_UP,
                      group->off ? SIM_METRIC_CUT_OFF : SIM_METRIC_BACK);
    }
}

int sim_act_flap(struct sim_play *play, uint32_t index)
{
    struct sim_group *group = &play->groups[index];
    struct sim_task task = {SIM_TASK_FLAP, index, 0};
    if (group->period == 0)
        return 0;
    group->off = !group->off;
    set_flap(play, group);
    sim_truth_disturb(play);
    return sim_agenda_add(play, group->period, task);
}

static int flap(struct sim_play *play, const struct sim_action *action)
{
    struct sim_group group = {.way = action->way, .period = action->duration};
    size_t bytes = (play->group_count + 1) * sizeof *play->groups;
    struct sim_group *groups = realloc(play->groups, bytes);
    if (groups == NULL)
        return HEARSAY_ERR_NOMEM;
    play->groups = groups;
    int result = sim_pick(play, action, &action->who, NULL, &group.members);
    if (result != 0)
        return result;
    for (size_t i = 0; i < group.members.count; i++) {
        struct sim_member *m = &play->members[group.members.items[i]];
        m->flapping = true;
        sim_count(play->world, m->machine, false);
    }
    play->groups[play->group_count] = group;
    return sim_act_flap(play, play->group_count++);
}

static int heal(struct sim_play *play)
{
    sim_heal(play->world);
    play->healed_at = sim_time(play->world);
    for (uint32_t i = 0; i < play->separation_count; i++)
        free(play->separations[i].side);
    play->separation_count = 0;
    for (uint32_t i = 0; i < play->group_count; i++) {
        play->groups[i].period = 0;
        play->groups[i].off = false;
        set_flap(play, &play->groups[i]);
    }
    for (uint32_t m = 0; m < play->member_count; m++) {
        struct sim_member *member = &play->members[m];
        member->cut = member->flapping = false;
        if (member->truth != SIM_TRUTH_ABSENT)
            set_well(play, m);
    }
    return 0;
}

/* ---- all --------------------------------------------------------------------------------- */

typedef int each_fn(struct sim_play *play, const struct sim_action *action, uint32_t member);

static int act_each(struct sim_play *play, const struct sim_action *action, each_fn *act)
{
    struct sim_list list = {0};
    int result = sim_pick(play, action, &action->who, NULL, &list);
    for (size_t i = 0; i < list.count && result == 0; i++)
        result = act(play, action, list.items[i]);
    sim_list_fini(&list);
    return result;
}

static each_fn *each_of(enum sim_verb verb)
{
    static each_fn *const table[SIM_STALL + 1] = {
        [SIM_LOSS] = lose,          [SIM_SLOW] = slow,
        [SIM_CRASH] = crash,        [SIM_LEAVE] = leave,
        [SIM_PAUSE] = pause_member, [SIM_RESUME] = resume,
        [SIM_RESTART] = restart,    [SIM_CLONE] = clone,
        [SIM_CLOCK] = set_clock,    [SIM_FORCE_LEAVE] = force_leave,
        [SIM_TAGS] = set_tags,      [SIM_STALL] = sim_stall_plan,
    };
    return table[verb];
}

static int act_weather(struct sim_play *play, const struct sim_action *action)
{
    struct sim_link *network = sim_network(play->world);
    if (action->verb == SIM_LATENCY)
        network->latency = action->latency;
    else if (action->verb == SIM_LOSS)
        network->loss = action->permille;
    else if (action->verb == SIM_DUPLICATE)
        network->duplicate = action->permille;
    else if (action->verb == SIM_CORRUPT)
        network->corrupt = action->permille;
    else if (action->verb == SIM_REORDER) {
        network->reorder = action->permille;
        network->reorder_us = (uint32_t)action->duration;
    }
    return 0;
}

static int reload(struct sim_play *play, const struct sim_action *action)
{
    int err = act_each(play, action, sim_reload_plan);
    return err ? err : sim_reload_measure(play);
}

static int act(struct sim_play *play, const struct sim_action *action)
{
    switch (action->verb) {
    case SIM_CUT:
    case SIM_FIREWALL:
        return act_between(play, action);
    case SIM_FLAP:
        return flap(play, action);
    case SIM_MOVE:
        return move(play, action);
    case SIM_HEAL:
        return heal(play);
    case SIM_JOIN:
        return join(play, action);
    case SIM_LOSS:
        if (action->who.kind == SIM_WHO_NONE)
            return act_weather(play, action);
        return act_each(play, action, lose);
    case SIM_ATTACK:
        return sim_assault(play, action);
    case SIM_RELOAD:
        return reload(play, action);
    case SIM_LATENCY:
    case SIM_DUPLICATE:
    case SIM_REORDER:
    case SIM_CORRUPT:
        return act_weather(play, action);
    case SIM_SLOW:
    case SIM_CRASH:
    case SIM_LEAVE:
    case SIM_PAUSE:
    case SIM_STALL:
    case SIM_RESUME:
    case SIM_RESTART:
    case SIM_CLONE:
    case SIM_CLOCK:
    case SIM_FORCE_LEAVE:
    case SIM_TAGS:
        break;
    }
    return act_each(play, action, each_of(action->verb));
}

int sim_act(struct sim_play *play, const struct sim_action *action)
{
    int result = act(play, action);
    if (result == 0 && action->verb != SIM_FLAP)
        sim_truth_disturb(play);
    return result;
}
