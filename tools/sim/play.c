/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A run alternates between the world's next step and the scenario's next task. A task may depend on
 * what has happened by then, so tasks are never scheduled in the world's own queue.
 */
#include "play.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <hearsay/error.h>
#include <hearsay/stats.h>

#include "act.h"
#include "agenda.h"
#include "assault.h"
#include "guard.h"
#include "life.h"
#include "member.h"
#include "pick.h"
#include "reload.h"
#include "stall.h"
#include "tape.h"
#include "truth.h"

#define POLL_US     UINT64_C(100000)  /* how often the beginning is looked at */
#define REST_US     UINT64_C(5000000) /* after it: samples of round trips, and quiet */
#define JITTER_US   2000000u          /* runs go on at different moments */
#define PROGRESS_MS 250u
#define STEPS_LOOK  4096u /* steps between two looks at the real clock */
#define INSPECT_MAX 1500u /* greatest cluster of which every view is walked at the end */

static uint64_t clock_us(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

int64_t sim_play_time(const struct sim_play *play)
{
    return (int64_t)(sim_time(play->world) - play->origin);
}

/* ---- tasks ------------------------------------------------------------------------------- */

static int do_statement(struct sim_play *play, uint32_t index)
{
    const struct sim_statement *statement = &play->scenario->statements[index];
    struct sim_task again = {SIM_TASK_STATEMENT, index, 0};
    if ((uint64_t)sim_play_time(play) >= play->scenario->run)
        return 0; /* nobody would see what comes of it */
    int result = sim_act(play, &statement->action);
    if (result == 0 && statement->every > 0)
        result = sim_agenda_add(play, statement->every, again);
    return result;
}

static int do_task(struct sim_play *play, const struct sim_task *task)
{
    switch (task->kind) {
    case SIM_TASK_STATEMENT:
        return do_statement(play, task->value);
    case SIM_TASK_START:
        return sim_life_begin(play, task->value);
    case SIM_TASK_FLAP:
        return sim_act_flap(play, task->value);
    case SIM_TASK_RESUME:
        sim_act_resume(play, task->value);
        sim_truth_disturb(play);
        return 0;
    case SIM_TASK_STALL:
        return sim_stall_begin(play, task->value, task->id);
    case SIM_TASK_FORCE:
    case SIM_TASK_PRUNE:
        return sim_act_force_leave(play, task->value, task->kind == SIM_TASK_PRUNE);
    case SIM_TASK_RELOAD:
        return sim_reload(play, task->value);
    case SIM_TASK_LOOK:
        return sim_reload_look(play, task->id);
    case SIM_TASK_THROW:
        return sim_assault_throw(play, task->value);
    case SIM_TASK_REFUSED:
        play->refused = sim_refused(play->world);
        return 0;
    case SIM_TASK_CHANGE:
    case SIM_TASK_AGREED:
        sim_truth_overdue(play, task);
        break;
    }
    return 0;
}

/* ---- time -------------------------------------------------------------------------------- */

static void count_members(struct sim_play *play)
{
    uint64_t now = sim_time(play->world);
    play->result.member_us += (now - play->counted_until) * play->running;
    play->counted_until = now;
}

static void show_progress(struct sim_play *play, uint64_t *shown)
{
    uint64_t now = clock_us(CLOCK_MONOTONIC);
    if (play->progress == NULL || now - *shown < UINT64_C(1000) * PROGRESS_MS)
        return;
    *shown = now;
    play->progress(play->progress_context, play);
}

/* The world alone, up to this time. */
static int live(struct sim_play *play, uint64_t until)
{
    uint64_t shown = 0;
    unsigned steps = 0;
    while (sim_step(play->world, until)) {
        sim_truth_hear(play);
        if (++steps % STEPS_LOOK == 0)
            show_progress(play, &shown);
    }
    count_members(play);
    const char *violation = sim_violation(play->world);
    if (violation == NULL)
        return 0;
    sim_result_fail(&play->result, SIM_EXPECT_INVARIANTS, (uint64_t)sim_play_time(play),
                    sim_steps(play->world), "%s", violation);
    return HEARSAY_ERR_INVALID;
}

/* The world and the agenda. */
static int go_on(struct sim_play *play, uint64_t until)
{
    uint64_t time;
    while (sim_agenda_next(play, until, &time)) {
        int result = live(play, time);
        if (result != 0)
            return result;
        struct sim_task task = sim_agenda_take(play);
        result = do_task(play, &task);
        if (result != 0)
            return result;
    }
    return live(play, until);
}

/* ---- the beginning ----------------------------------------------------------------------- */

static int start_all(struct sim_play *play)
{
    uint64_t within = play->scenario->start_within / 1000 + 1;
    uint32_t spread = within < UINT32_MAX ? (uint32_t)within : UINT32_MAX;
    int result = 0;
    for (uint32_t i = 0; i < play->scenario->members && result == 0; i++) {
        struct sim_task task = {SIM_TASK_START, i, 0};
        bool is_first = i == 0 || sim_member_side(play, i) != sim_member_side(play, i - 1);
        uint64_t delay = is_first ? 0 : UINT64_C(1000) * sim_random_below(&play->random, spread);
        result = sim_member_add(play, &task.value);
        if (result == 0 && !play->scenario->acquainted)
            result = sim_agenda_add(play, delay, task);
    }
    if (result == 0 && play->scenario->acquainted)
        result = sim_life_begin_acquainted(play);
    return result;
}

/* All know all, and nobody has anything left to tell. */
static bool is_quiet(const struct sim_play *play)
{
    struct hearsay_stats stats;
    if (play->disturbance != 0 || play->running < play->scenario->members)
        return false;
    for (uint32_t i = 0; play->scenario->members > 1 && i < sim_machines(play->world); i++) {
        hearsay_node_stats(sim_node(play->world, i), &stats);
        if (stats.rumors_waiting > 0)
            return false;
    }
    return true;
}

static int wait_quiet(struct sim_play *play)
{
    while (!is_quiet(play)) {
        uint64_t now = sim_time(play->world);
        if (now > play->scenario->beginning_within) {
            sim_result_fail(&play->result, SIM_EXPECT_BEGINNING, now, sim_steps(play->world),
                            "%u of %u members are not yet agreed on", play->unsettled,
                            play->scenario->members);
            return HEARSAY_ERR_INVALID;
        }
        int result = go_on(play, now + POLL_US);
        if (result != 0)
            return result;
        if (play->disturbance == 0 && play->result.beginning == 0 &&
            play->running == play->scenario->members)
            play->result.beginning = sim_time(play->world);
    }
    return go_on(play, sim_time(play->world) + REST_US);
}

int sim_play_begin(struct sim_play *play, const struct sim_scenario *scenario)
{
    uint64_t started = clock_us(CLOCK_PROCESS_CPUTIME_ID);
    play->scenario = scenario;
    play->random.state = ~scenario->seed;
    int result = sim_new(&play->world, scenario->seed);
    if (result != 0)
        return result;
    *sim_config(play->world) = scenario->config;
    sim_network(play->world)->latency = scenario->latency;
    play->rekeys = scenario->keys.count > 1 || sim_scenario_has(scenario, SIM_RELOAD);
    if (sim_scenario_has(scenario, SIM_ATTACK))
        result = sim_attacker_new(play->world);
    if (result == 0)
        result = start_all(play);
    if (result == 0)
        result = wait_quiet(play);
    play->result.cpu_us = clock_us(CLOCK_PROCESS_CPUTIME_ID) - started;
    play->result.time = sim_time(play->world);
    play->result.seed = scenario->seed;
    return result;
}

/* ---- a run ------------------------------------------------------------------------------- */

static int schedule_statements(struct sim_play *play)
{
    const struct sim_expectations *expect = &play->scenario->expect;
    int result = 0;
    if (expect->no_refused)
        result = sim_agenda_add(play, expect->no_refused_since,
                                (struct sim_task){SIM_TASK_REFUSED, 0, 0});
    for (uint32_t i = 0; i < play->scenario->statement_count && result == 0; i++) {
        struct sim_task task = {SIM_TASK_STATEMENT, i, 0};
        result = sim_agenda_add(play, play->scenario->statements[i].at, task);
    }
    return result;
}

static void reset_counters(struct sim_play *play, uint32_t run)
{
    struct sim_result result = {.run = run};
    result.seed = play->scenario->seed;
    result.beginning = play->result.beginning;
    sim_result_fini(&play->result);
    play->result = result;
    play->before = *sim_traffic(play->world);
    play->counted_until = play->origin = sim_time(play->world);
}

static void measure_memory(struct sim_play *play)
{
    struct hearsay_stats stats;
    for (uint32_t i = 0; i < sim_machines(play->world); i++) {
        if (sim_memory(play->world, i) <= play->result.memory)
            continue;
        play->result.memory = sim_memory(play->world, i);
        hearsay_node_stats(sim_node(play->world, i), &stats);
        play->result.view =
            stats.members[0] + stats.members[1] + stats.members[2] + stats.members[3];
    }
}

static void finish_trust(struct sim_play *play)
{
    const struct sim_attacker *attacker = play->world->attacker;
    struct sim_result *result = &play->result;
    uint64_t refused = sim_refused(play->world) - play->refused;
    if (play->scenario->expect.no_refused && refused > 0)
        sim_result_fail(result, SIM_EXPECT_NO_REFUSED, play->scenario->run, sim_steps(play->world),
                        "%llu datagrams were refused for their form or key",
                        (unsigned long long)refused);
    result->refused = sim_refused(play->world);
    if (!attacker)
        return;
    sim_guard_finish(play->world);
    result->attack_sent = attacker->sent;
    result->attack_bytes = attacker->sent_bytes;
    result->attack_answered = attacker->answered;
    result->attack_answered_bytes = attacker->answered_bytes;
    result->attack_pairs = attacker->pairs;
    if (sim_violation(play->world) && result->failures[SIM_EXPECT_INVARIANTS].times == 0)
        sim_result_fail(result, SIM_EXPECT_INVARIANTS, play->scenario->run, sim_steps(play->world),
                        "%s", sim_violation(play->world));
}

static void finish(struct sim_play *play)
{
    const struct sim_traffic *traffic = sim_traffic(play->world);
    struct sim_result *result = &play->result;
    sim_truth_finish(play);
    finish_trust(play);
    measure_memory(play);
    if (play->member_count <= INSPECT_MAX && !sim_inspect(play->world))
        sim_result_fail(result, SIM_EXPECT_INVARIANTS, play->scenario->run, sim_steps(play->world),
                        "%s", sim_violation(play->world));
    result->sent = traffic->sent - play->before.sent;
    result->bytes = traffic->bytes - play->before.bytes;
    result->digest = sim_digest(play->world);
    result->events_digest = sim_events_digest(play->world);
    result->steps = sim_steps(play->world);
    result->time = (uint64_t)sim_play_time(play);
}

/* The run's chance is a function of the seed and its number alone. */
int sim_play_run(struct sim_play *play, uint32_t run)
{
    struct sim_random mix = {.state = play->scenario->seed};
    uint64_t started = clock_us(CLOCK_PROCESS_CPUTIME_ID), last_bytes = 0;
    for (uint32_t i = 0; i < run; i++)
        sim_random_next(&mix);
    sim_reseed(play->world, sim_random_next(&mix));
    play->random.state = sim_random_next(&mix);
    play->result.run = run;
    int result = go_on(play, sim_time(play->world) + sim_random_below(&play->random, JITTER_US));
    reset_counters(play, run);
    if (result == 0)
        result = schedule_statements(play);
    for (unsigned i = 0; i < SIM_SLICES && result == 0; i++) {
        result = go_on(play, play->origin + play->scenario->run * (i + 1) / SIM_SLICES);
        uint64_t bytes = sim_traffic(play->world)->bytes - play->before.bytes;
        play->result.slices[i].bytes = bytes - last_bytes;
        last_bytes = bytes;
    }
    finish(play);
    play->result.cpu_us = clock_us(CLOCK_PROCESS_CPUTIME_ID) - started;
    return result == HEARSAY_ERR_INVALID ? 0 : result; /* a failed run has a result, too */
}

void sim_play_fini(struct sim_play *play)
{
    if (play == NULL)
        return;
    for (uint32_t i = 0; i < play->group_count; i++)
        sim_list_fini(&play->groups[i].members);
    for (uint32_t i = 0; i < play->separation_count; i++)
        free(play->separations[i].side);
    sim_assaults_fini(play);
    free(play->groups);
    free(play->separations);
    free(play->tasks);
    free(play->members);
    sim_queue_fini(&play->agenda);
    sim_result_fini(&play->result);
    sim_free(play->world);
    *play = (struct sim_play){0};
}
