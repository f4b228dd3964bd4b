/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stall is a pause of which it is certain that it ends: a collector of garbage, a disk, a busy
 * hypervisor. So, other than of a paused member, it is true all the time that the member is up, and
 * who declares it dead is wrong.
 *
 * Durations are lognormal, by their median and their 99th percentile, because that is how measured
 * stalls are spread: most are short, a few are long. They are whole milliseconds, so that libraries
 * of mathematics that differ in the last bit give the same run.
 */
#include "stall.h"

#include <math.h>

#include "agenda.h"

#define Z_99         2.3263478740408408 /* the 99th percentile of the normal distribution */
#define TWO_PI       6.283185307179586
#define STEPS        4294967296.0 /* of a random number of 32 bits */
#define STALL_MAX_MS 600000u

/* Box and Muller 1958. */
static double draw_normal(struct sim_random *random)
{
    double radius = ((double)(sim_random_next(random) >> 32) + 1) / STEPS;
    double angle = (double)(sim_random_next(random) >> 32) / STEPS;
    return sqrt(-2 * log(radius)) * cos(TWO_PI * angle);
}

static uint32_t draw_ms(struct sim_play *play, const struct sim_action *action)
{
    double us = (double)action->duration;
    if (action->p99 > 0)
        us *= pow((double)action->p99 / us, draw_normal(&play->random) / Z_99);
    double ms = floor(us / 1000 + 0.5);
    return ms > STALL_MAX_MS ? STALL_MAX_MS : (uint32_t)ms;
}

int sim_stall_plan(struct sim_play *play, const struct sim_action *action, uint32_t member)
{
    uint32_t ms = draw_ms(play, action);
    if (action->within == 0)
        return sim_stall_begin(play, member, ms);
    uint64_t delay =
        UINT64_C(1000) * sim_random_below(&play->random, (uint32_t)(action->within / 1000 + 1));
    return sim_agenda_add(play, delay, (struct sim_task){SIM_TASK_STALL, member, ms});
}

int sim_stall_begin(struct sim_play *play, uint32_t member, uint32_t ms)
{
    struct sim_member *m = &play->members[member];
    if (sim_state(play->world, m->machine) != SIM_RUNNING)
        return 0;
    sim_pause(play->world, m->machine);
    sim_count(play->world, m->machine, false); /* its word, which it cannot say now */
    m->away_from = sim_time(play->world);
    play->result.stalls++;
    return sim_agenda_add(play, UINT64_C(1000) * ms, (struct sim_task){SIM_TASK_RESUME, member, 0});
}
