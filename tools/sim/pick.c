/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which members a statement means at the moment when it happens. A random member is drawn from
 * those to which the statement can happen: a crash from those that are up and well, a restart from
 * those that are down, a removal from those that are down or paused.
 */
#include "pick.h"

#include <stdlib.h>

#include <hearsay/error.h>

#include "grow.h"

bool sim_list_add(struct sim_list *list, uint32_t item)
{
    uint32_t *items = sim_grow(list->items, list->count, &list->room, sizeof(*items));
    if (!items)
        return false;
    list->items = items;
    items[list->count++] = item;
    return true;
}

void sim_list_fini(struct sim_list *list)
{
    free(list->items);
    *list = (struct sim_list){0};
}

static bool can_happen_to(const struct sim_member *member, enum sim_verb verb)
{
    if (verb == SIM_RESTART)
        return member->truth == SIM_TRUTH_DOWN;
    if (verb == SIM_RESUME)
        return member->paused;
    if (verb == SIM_FORCE_LEAVE)
        return member->truth == SIM_TRUTH_DOWN || member->paused;
    return member->truth == SIM_TRUTH_UP && !member->flapping;
}

static bool is_in(const struct sim_list *list, uint32_t item)
{
    for (size_t i = 0; list != NULL && i < list->count; i++)
        if (list->items[i] == item)
            return true;
    return false;
}

static bool add_ranges(const struct sim_play *play, const struct sim_who *who,
                       struct sim_list *list)
{
    for (size_t i = 0; i < who->range_count; i++)
        for (uint32_t m = who->ranges[i][0]; m <= who->ranges[i][1] && m < play->member_count; m++)
            if (play->members[m].truth != SIM_TRUTH_ABSENT && !sim_list_add(list, m))
                return false;
    return true;
}

static bool add_present(const struct sim_play *play, const struct sim_list *except,
                        struct sim_list *list)
{
    for (uint32_t m = 0; m < play->member_count; m++)
        if (play->members[m].truth != SIM_TRUTH_ABSENT && !is_in(except, m) &&
            !sim_list_add(list, m))
            return false;
    return true;
}

/* The first `count` of a shuffle of all that it can happen to. */
static bool add_random(struct sim_play *play, const struct sim_who *who, enum sim_verb verb,
                       struct sim_list *list)
{
    for (uint32_t m = 0; m < play->member_count; m++)
        if (can_happen_to(&play->members[m], verb) && !sim_list_add(list, m))
            return false;
    size_t count = who->count;
    if (who->kind == SIM_WHO_SHARE)
        count = (list->count * who->permille + SIM_PERMILLE / 2) / SIM_PERMILLE;
    if (count == 0 && list->count > 0)
        count = 1;
    for (size_t i = 0; i < count && i < list->count; i++) {
        size_t j = i + sim_random_below(&play->random, (uint32_t)(list->count - i));
        uint32_t swap = list->items[i];
        list->items[i] = list->items[j];
        list->items[j] = swap;
    }
    if (count < list->count)
        list->count = count;
    return true;
}

int sim_pick(struct sim_play *play, const struct sim_action *action, const struct sim_who *who,
             const struct sim_list *other, struct sim_list *ret_list)
{
    struct sim_list list = {0};
    bool ok = true;
    switch (who->kind) {
    case SIM_WHO_LIST:
        ok = add_ranges(play, who, &list);
        break;
    case SIM_WHO_ALL:
        ok = add_present(play, NULL, &list);
        break;
    case SIM_WHO_OTHERS:
        ok = add_present(play, other, &list);
        break;
    case SIM_WHO_RANDOM:
    case SIM_WHO_SHARE:
        ok = add_random(play, who, action->verb, &list);
        break;
    case SIM_WHO_NONE:
        break;
    }
    if (!ok) {
        sim_list_fini(&list);
        return HEARSAY_ERR_NOMEM;
    }
    *ret_list = list;
    return 0;
}
