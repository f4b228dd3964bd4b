/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is true of each member, and whether all say so. The simulator knows which processes run and
 * which paths are open, so it can judge each verdict when it is passed: to declare a member dead
 * that has been up for a while is false, whatever the reasons were.
 *
 * A member is settled when all who count say what is true of it. A member that is paused, cut off
 * or hardly connected does not count and is not judged; see docs/simulator.md, "What is counted".
 */
#include "truth.h"

#include <string.h>

#include <hearsay/error.h>
#include <hearsay/event.h>

#include "agenda.h"
#include "member.h"

#define SORTS_MAX 32u /* of keys and mode: if there are more, they are taken to be parted */

static uint64_t now_of(const struct sim_play *play)
{
    return sim_time(play->world) - play->origin;
}

static uint64_t limit_of(const struct sim_play *play, enum sim_truth truth)
{
    return truth == SIM_TRUTH_DOWN ? play->scenario->expect.dead_within : 0;
}

static void add_sample(struct sim_play *play, enum sim_metric metric, uint32_t member,
                       uint64_t from)
{
    struct sim_sample sample = {
        .metric = metric,
        .run = play->result.run,
        .subject = member,
        .at = from - play->origin,
        .us = sim_time(play->world) - from,
    };
    if (play->result.run > 0)
        sim_result_add(&play->result, &sample);
}

/* ---- settled? ---------------------------------------------------------------------------- */

/* After a restart the records of the process before are no answer. */
static bool all_hold_this_process(const struct sim_play *play, uint32_t member)
{
    uint64_t needed = play->members[member].timestamp_needed;
    for (uint32_t m = 0; needed > 0 && m < sim_machines(play->world); m++)
        if (sim_is_counted(play->world, m) &&
            sim_side(play->world, m) == sim_member_side(play, member) &&
            sim_timestamp_held_by(play->world, m, member) < needed)
            return false;
    return true;
}

static bool is_settled(struct sim_play *play, uint32_t member)
{
    struct sim_member *m = &play->members[member];
    uint32_t observers = sim_observers_of(play->world, sim_member_side(play, member));
    uint32_t alive = sim_held(play->world, member, HEARSAY_STATUS_ALIVE);
    switch (m->truth) {
    case SIM_TRUTH_UP:
        if (alive != observers || !all_hold_this_process(play, member))
            return false;
        m->timestamp_needed = 0;
        return true;
    case SIM_TRUTH_DOWN:
        return alive + sim_held(play->world, member, HEARSAY_STATUS_SUSPECT) == 0;
    case SIM_TRUTH_ANY:
    case SIM_TRUTH_ABSENT:
        break;
    }
    return true;
}

static void close_change(struct sim_play *play, uint32_t member)
{
    struct sim_member *m = &play->members[member];
    if (m->change != 0)
        add_sample(play, m->metric, member, m->changed_at);
    m->change = 0;
    m->accused = m->condemned = false;
    if (m->truth == SIM_TRUTH_UP)
        m->excused_until = 0;
}

static void check(struct sim_play *play, uint32_t member)
{
    struct sim_member *m = &play->members[member];
    bool settled = is_settled(play, member);
    if (settled == m->settled)
        return;
    m->settled = settled;
    play->unsettled += settled ? UINT32_MAX : 1;
    if (settled)
        close_change(play, member);
}

static void check_agreed(struct sim_play *play)
{
    if (play->disturbance == 0 || play->unsettled > 0)
        return;
    play->disturbance = 0;
    add_sample(play, SIM_METRIC_AGREED, SIM_NOBODY, play->disturbed_at);
}

void sim_truth_check_all(struct sim_play *play)
{
    play->observers = sim_observers(play->world);
    for (uint32_t m = 0; m < play->member_count; m++)
        check(play, m);
    check_agreed(play);
}

/* ---- changes ----------------------------------------------------------------------------- */

/* METRIC_COUNT: nothing is measured. */
void sim_truth_set(struct sim_play *play, uint32_t member, enum sim_truth truth,
                   enum sim_metric metric)
{
    struct sim_member *m = &play->members[member];
    uint64_t limit = limit_of(play, truth);
    m->truth = truth;
    m->up_since = sim_time(play->world);
    m->excused_until = truth == SIM_TRUTH_UP ? sim_time(play->world) + SIM_GRACE_US : 0;
    m->change = 0;
    check(play, member);
    if (metric == SIM_METRIC_COUNT || m->settled)
        return;
    m->metric = metric;
    m->change = ++play->changes;
    m->changed_at = sim_time(play->world);
    m->suspected = truth != SIM_TRUTH_DOWN;
    struct sim_task task = {SIM_TASK_CHANGE, member, m->change};
    if (limit > 0)
        sim_agenda_add(play, limit, task);
}

/* A member that stays up has a new record: it is settled when all hold this one. */
void sim_truth_renew(struct sim_play *play, uint32_t member, uint64_t timestamp)
{
    play->members[member].timestamp_needed = timestamp;
    check(play, member);
}

/* Something has happened: from here on, if they disagree, it is measured how long it takes until
 * all agree. */
void sim_truth_disturb(struct sim_play *play)
{
    sim_truth_check_all(play);
    if (play->unsettled == 0)
        return;
    play->disturbance = ++play->changes;
    play->disturbed_at = sim_time(play->world);
    struct sim_task task = {SIM_TASK_AGREED, 0, play->disturbance};
    if (play->scenario->expect.agreed_within > 0)
        sim_agenda_add(play, play->scenario->expect.agreed_within, task);
}

/* Members with the same keys and mode hear each other, so one of each sort is looked at. Returns
 * their number. */
static uint32_t list_sorts(const struct sim_play *play, const struct sim_keying *sorts[SORTS_MAX])
{
    uint32_t count = 0;
    for (uint32_t m = 0; m < play->member_count && count < SORTS_MAX; m++) {
        const struct sim_member *member = &play->members[m];
        uint32_t at = 0;
        if (!sim_node(play->world, member->machine))
            continue;
        while (at < count && !sim_keying_equal(sorts[at], &member->keying))
            at++;
        if (at == count)
            sorts[count++] = &member->keying;
    }
    return count;
}

void sim_truth_rekey(struct sim_play *play)
{
    const struct sim_keying *sorts[SORTS_MAX];
    if (!play->rekeys)
        return;
    uint32_t count = list_sorts(play, sorts);
    bool parted = count == SORTS_MAX;
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t j = 0; j < count; j++)
            parted |= !sim_keying_is_heard(sorts[i], sorts[j]);
    if (play->parted && !parted)
        play->united_at = sim_time(play->world);
    play->parted = parted;
}

void sim_truth_overdue(struct sim_play *play, const struct sim_task *task)
{
    const struct sim_expectations *expect = &play->scenario->expect;
    uint64_t step = sim_steps(play->world);
    if (task->kind == SIM_TASK_AGREED && task->id == play->disturbance)
        sim_result_fail(&play->result, SIM_EXPECT_AGREED, now_of(play), step,
                        "%u members are not yet agreed on, %.3f s after the last change",
                        play->unsettled, (double)expect->agreed_within / 1e6);
    const struct sim_member *m = &play->members[task->value];
    if (task->kind != SIM_TASK_CHANGE || task->id != m->change)
        return;
    uint32_t alive = sim_held(play->world, task->value, HEARSAY_STATUS_ALIVE);
    uint32_t suspect = sim_held(play->world, task->value, HEARSAY_STATUS_SUSPECT);
    sim_result_fail(&play->result, SIM_EXPECT_DEAD, now_of(play), step,
                    "%.3f s after n%u went, %u say it is alive and %u suspect it",
                    (double)expect->dead_within / 1e6, task->value + 1, alive, suspect);
}

/* ---- verdicts ---------------------------------------------------------------------------- */

static bool is_across(const struct sim_separation *separation, uint32_t observer, uint32_t subject)
{
    if (observer >= separation->count || subject >= separation->count)
        return false;
    uint8_t ours = separation->side[observer], theirs = separation->side[subject];
    return ours != 0 && theirs != 0 && (separation->one_way || ours != theirs);
}

/* Who comes back reads in its socket what was true while it was away. */
static bool is_old_news(const struct sim_play *play, uint32_t observer, uint32_t subject)
{
    const struct sim_member *o = observer < play->member_count ? &play->members[observer] : NULL;
    return o != NULL && sim_time(play->world) < o->away_until + SIM_GRACE_US && o->away_until > 0 &&
           play->members[subject].up_since > o->away_from;
}

/* What one side of a cut held of the other is told for a while after it. */
static bool is_just_healed(const struct sim_play *play)
{
    return play->healed_at > 0 && sim_time(play->world) < play->healed_at + SIM_GRACE_US;
}

/* While some member does not hear another one because of their keys, and a while after it, anybody
 * may think ill of anybody: what one says, others repeat. */
static bool is_parted_by_keys(const struct sim_play *play)
{
    return play->parted ||
           (play->united_at > 0 && sim_time(play->world) < play->united_at + SIM_GRACE_US);
}

/* Is it wrong of the observer to think ill of the subject now? */
static bool is_false(const struct sim_play *play, uint32_t observer, uint32_t subject)
{
    const struct sim_member *m = &play->members[subject];
    bool well = !m->paused && !m->ailing && !m->flapping;
    if (m->cut && well && m->truth == SIM_TRUTH_ANY && observer != SIM_NOBODY) {
        for (uint32_t i = 0; i < play->separation_count; i++)
            if (is_across(&play->separations[i], observer, subject))
                return false;
        return true;
    }
    return m->truth == SIM_TRUTH_UP && sim_time(play->world) >= m->excused_until &&
           !is_old_news(play, observer, subject) && !is_just_healed(play) &&
           !is_parted_by_keys(play);
}

static struct sim_slice *slice_of(struct sim_play *play)
{
    uint64_t at = now_of(play) * SIM_SLICES / (play->scenario->run + 1);
    return &play->result.slices[at < SIM_SLICES ? at : SIM_SLICES - 1];
}

static void judge_suspicion(struct sim_play *play, uint32_t subject, const struct sim_event *said)
{
    struct sim_result *result = &play->result;
    result->false_suspicions++;
    slice_of(play)->false_suspicions++;
    result->false_suspicion_members += !play->members[subject].accused;
    play->members[subject].accused = true;
    if (play->scenario->expect.no_false_suspicion)
        sim_result_fail(result, SIM_EXPECT_NO_FALSE_SUSPICION, now_of(play), sim_steps(play->world),
                        "%s suspects n%u, which is up (accuser: %s)",
                        sim_name(play->world, said->machine), subject + 1, said->event.accuser);
}

static bool is_hardly_connected(const struct sim_play *play, uint32_t machine)
{
    uint32_t observer = sim_subject(play->world, machine);
    return observer < play->member_count &&
           (play->members[observer].ailing || play->members[observer].flapping);
}

static void judge_death(struct sim_play *play, uint32_t subject, const struct sim_event *said)
{
    struct sim_result *result = &play->result;
    result->false_dead++;
    slice_of(play)->false_dead++;
    result->false_dead_members += !play->members[subject].condemned;
    play->members[subject].condemned = true;
    if (play->scenario->expect.no_false_dead)
        sim_result_fail(result, SIM_EXPECT_NO_FALSE_DEAD, now_of(play), sim_steps(play->world),
                        "%s%s says n%u is dead, which is up (on the word of %s)",
                        sim_name(play->world, said->machine),
                        is_hardly_connected(play, said->machine) ? ", hardly connected," : "",
                        subject + 1, said->event.accuser[0] ? said->event.accuser : "itself");
}

/* All had agreed that it is dead, and it has not come back. */
static void judge_life(struct sim_play *play, const struct sim_event *said)
{
    const struct sim_member *m = &play->members[said->subject];
    if (m->truth == SIM_TRUTH_DOWN && m->settled && play->scenario->expect.no_revival &&
        sim_subject(play->world, said->machine) != said->subject) /* its new process says so */
        sim_result_fail(&play->result, SIM_EXPECT_NO_REVIVAL, now_of(play), sim_steps(play->world),
                        "%s says n%u is alive, long after its death",
                        sim_name(play->world, said->machine), said->subject + 1);
}

/* Clusters of one name become one only when somebody joins them. */
static void judge_merge(struct sim_play *play, const struct sim_event *said)
{
    if (play->scenario->expect.no_wrong_merge &&
        sim_side(play->world, said->machine) != sim_member_side(play, said->subject))
        sim_result_fail(&play->result, SIM_EXPECT_NO_WRONG_MERGE, now_of(play),
                        sim_steps(play->world), "%s says n%u of another cluster is %s",
                        sim_name(play->world, said->machine), said->subject + 1,
                        hearsay_status_name(said->event.to));
}

static void hear_member(struct sim_play *play, const struct sim_event *said)
{
    const struct hearsay_event *event = &said->event;
    struct sim_member *m = &play->members[said->subject];
    uint32_t observer = sim_subject(play->world, said->machine);
    bool ill = event->to == HEARSAY_STATUS_SUSPECT || event->to == HEARSAY_STATUS_DEAD;
    if (ill && !m->suspected && m->change != 0 && m->metric != SIM_METRIC_LEFT) {
        m->suspected = true;
        add_sample(play, SIM_METRIC_SUSPECTED, said->subject, m->changed_at);
    }
    if (ill && event->to != event->from && is_false(play, observer, said->subject)) {
        if (event->to == HEARSAY_STATUS_SUSPECT)
            judge_suspicion(play, said->subject, said);
        else if (event->reason != HEARSAY_REASON_LEFT)
            judge_death(play, said->subject, said);
    }
    if (event->to == HEARSAY_STATUS_ALIVE)
        judge_life(play, said);
    judge_merge(play, said);
    play->result.ailing_dead += m->ailing && event->to == HEARSAY_STATUS_DEAD;
    check(play, said->subject);
}

/* A process ends because another has its name: the one that came later stays (R8). */
static void hear_eviction(struct sim_play *play, uint32_t machine)
{
    uint32_t subject = sim_subject(play->world, machine);
    play->result.evicted++;
    if (subject < play->member_count && play->members[subject].moved &&
        play->members[subject].machine == machine && play->scenario->expect.replacement_stays)
        sim_result_fail(&play->result, SIM_EXPECT_REPLACEMENT, now_of(play), sim_steps(play->world),
                        "the replacement of n%u gives way", subject + 1);
}

static void hear(struct sim_play *play, const struct sim_event *said)
{
    enum hearsay_event_kind kind = said->event.kind;
    if (kind == HEARSAY_EVENT_MEMBER && said->subject < play->member_count)
        hear_member(play, said);
    else if (kind == HEARSAY_EVENT_REFUTE)
        play->result.refutations++;
    else if (kind == HEARSAY_EVENT_REFUSED || kind == HEARSAY_EVENT_REPLACED)
        hear_eviction(play, said->machine);
    else if (kind == HEARSAY_EVENT_AWAY)
        play->result.views_dropped += said->event.view_dropped;
    else if (kind == HEARSAY_EVENT_RESYNC)
        sim_truth_check_all(play);
}

void sim_truth_hear(struct sim_play *play)
{
    struct sim_event said;
    bool any = false;
    while (sim_next_event(play->world, &said)) {
        hear(play, &said);
        any = true;
    }
    if (any && play->observers != sim_observers(play->world))
        sim_truth_check_all(play);
    if (any)
        check_agreed(play);
}

/* ---- the end ----------------------------------------------------------------------------- */

static void look_for_doubles(struct sim_play *play)
{
    for (uint32_t m = 0; m < play->member_count; m++)
        if (play->members[m].moved &&
            sim_state(play->world, play->members[m].machine) != SIM_RUNNING &&
            play->members[m].truth == SIM_TRUTH_UP)
            sim_result_fail(&play->result, SIM_EXPECT_REPLACEMENT, now_of(play),
                            sim_steps(play->world), "the replacement of n%u does not run", m + 1);
}

void sim_truth_finish(struct sim_play *play)
{
    for (uint32_t m = 0; m < play->member_count; m++)
        play->result.unresolved +=
            play->members[m].change != 0 && play->members[m].truth == SIM_TRUTH_DOWN;
    if (play->scenario->expect.replacement_stays)
        look_for_doubles(play);
}
