/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tasks are kept in the order of their times, and at equal times in the order in which they were
 * added. The agenda is apart from the world's queue, because the world must not depend on a
 * scenario: the tests of the simulator use it without one.
 */
#include "agenda.h"

#include <hearsay/error.h>

#include "grow.h"

int sim_agenda_add(struct sim_play *play, uint64_t delay, struct sim_task task)
{
    struct sim_task *tasks =
        sim_grow(play->tasks, play->task_count, &play->task_room, sizeof(*tasks));
    if (!tasks)
        return HEARSAY_ERR_NOMEM;
    play->tasks = tasks;
    struct sim_item item = {.time = sim_time(play->world) + delay, .machine = play->task_count};
    tasks[play->task_count++] = task;
    return sim_queue_push(&play->agenda, item);
}

bool sim_agenda_next(const struct sim_play *play, uint64_t until, uint64_t *ret_time)
{
    if (play->agenda.count == 0 || play->agenda.items[0].time > until)
        return false;
    *ret_time = play->agenda.items[0].time;
    return true;
}

struct sim_task sim_agenda_take(struct sim_play *play)
{
    struct sim_item item = {0};
    sim_queue_pop(&play->agenda, UINT64_MAX, &item);
    return play->tasks[item.machine];
}
