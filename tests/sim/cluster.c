/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The half of the cluster language that makes things happen: members, faults, clocks, time. After
 * every step what the nodes said is kept in a list, and a broken invariant ends the test, so that
 * no sentence of a test can forget to look.
 */
#include "cluster_impl.h"

#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_SEED 1

struct cluster cluster;

/* ---- what is said ------------------------------------------------------------------------ */

static uint32_t member_at(uint32_t machine)
{
    return machine < cluster.owner_room ? cluster.owner[machine] : SIM_NOBODY;
}

static uint32_t member_named(const char *name)
{
    for (uint32_t i = 0; i < cluster.member_count; i++)
        if (strcmp(cluster.members[i].name, name) == 0)
            return i;
    return SIM_NOBODY;
}

/* By address first: names are long in some tests, and members many. */
static uint32_t subject_of(const struct hearsay_event *event)
{
    uint32_t machine = sim_machine_at(cluster.world, &event->addr);
    uint32_t member = machine == SIM_NOBODY ? SIM_NOBODY : member_at(machine);
    if (member != SIM_NOBODY && strcmp(cluster.members[member].name, event->name) == 0)
        return member;
    return member_named(event->name);
}

static void keep(const struct sim_event *said)
{
    if (cluster.said_count == cluster.said_room) {
        cluster.said_room = cluster.said_room ? 2 * cluster.said_room : 1024;
        cluster.said = realloc(cluster.said, cluster.said_room * sizeof *cluster.said);
        ck_assert_ptr_nonnull(cluster.said);
    }
    const struct hearsay_event *event = &said->event;
    cluster.said[cluster.said_count++] = (struct said){
        .at = fake_time(),
        .observer = member_at(said->machine),
        .subject = event->kind == HEARSAY_EVENT_MEMBER ? subject_of(event) : SIM_NOBODY,
        .kind = event->kind,
        .from = event->from,
        .to = event->to,
        .reason = event->reason,
        .result = event->result,
    };
}

static void listen(void)
{
    struct sim_event said;
    while (sim_next_event(cluster.world, &said))
        keep(&said);
    if (sim_violation(cluster.world) != NULL)
        cluster_fail(SIM_NOBODY, SIM_NOBODY, "invariant broken: %s", sim_violation(cluster.world));
}

/* ---- labels ------------------------------------------------------------------------------ */

static void copy_text(char *to, size_t room, const char *text)
{
    ck_assert_uint_lt(strlen(text), room);
    memcpy(to, text, strlen(text) + 1);
}

static void take_machine(uint32_t member)
{
    uint32_t machine;
    ck_assert_int_eq(sim_machine_new(cluster.world, &machine), 0);
    if (machine >= cluster.owner_room) {
        cluster.owner_room = 2 * machine + 16;
        cluster.owner = realloc(cluster.owner, cluster.owner_room * sizeof *cluster.owner);
        ck_assert_ptr_nonnull(cluster.owner);
    }
    for (uint32_t i = machine; i < cluster.owner_room; i++)
        cluster.owner[i] = SIM_NOBODY;
    cluster.owner[machine] = member;
    cluster.members[member].machine = machine;
}

static uint32_t member_labelled(const char *label)
{
    for (uint32_t i = 0; i < cluster.member_count; i++)
        if (strcmp(cluster.members[i].label, label) == 0)
            return i;
    ck_assert_uint_lt(cluster.member_count, CLUSTER_MEMBERS_MAX);
    uint32_t member = cluster.member_count++;
    struct cluster_member *m = &cluster.members[member];
    copy_text(m->label, sizeof m->label, label);
    copy_text(m->name, sizeof m->name, label);
    take_machine(member);
    return member;
}

static size_t list_running(uint32_t *ret_members, size_t room)
{
    size_t count = 0;
    for (uint32_t i = 0; i < cluster.member_count; i++)
        if (sim_state(cluster.world, cluster.members[i].machine) == SIM_RUNNING && count < room)
            ret_members[count++] = i;
    return count;
}

/* "n2..n5": the same letters, and the numbers from one to the other. */
static size_t list_range(const char *first, const char *last, uint32_t *ret_members, size_t room)
{
    size_t letters = strcspn(first, "0123456789"), count = 0;
    unsigned long from = strtoul(first + letters, NULL, 10);
    unsigned long to = strtoul(last + letters, NULL, 10);
    for (unsigned long i = from; i <= to && count < room; i++) {
        char label[CLUSTER_LABEL_MAX];
        snprintf(label, sizeof label, "%.*s%lu", (int)letters, first, i);
        ret_members[count++] = member_labelled(label);
    }
    return count;
}

size_t cluster_list(const char *labels, uint32_t *ret_members, size_t room)
{
    char text[256], *rest = NULL;
    size_t count = 0;
    if (strcmp(labels, "*") == 0)
        return list_running(ret_members, room);
    copy_text(text, sizeof text, labels);
    for (char *item = strtok_r(text, ",", &rest); item; item = strtok_r(NULL, ",", &rest)) {
        char *dots = strstr(item, "..");
        if (dots == NULL) {
            ck_assert_uint_lt(count, room);
            ret_members[count++] = member_labelled(item);
            continue;
        }
        *dots = '\0';
        count += list_range(item, dots + 2, ret_members + count, room - count);
    }
    return count;
}

size_t machines_of(const char *labels, uint32_t *ret_machines, size_t room)
{
    size_t count = cluster_list(labels, ret_machines, room);
    for (size_t i = 0; i < count; i++)
        ret_machines[i] = cluster.members[ret_machines[i]].machine;
    return count;
}

/* Calls `act` for the machine of each label. */
static void each(const char *labels, void (*act)(uint32_t machine))
{
    uint32_t machines[CLUSTER_MEMBERS_MAX];
    size_t count = machines_of(labels, machines, CLUSTER_MEMBERS_MAX);
    for (size_t i = 0; i < count; i++) {
        act(machines[i]);
        listen();
    }
}

/* ---- beginning and end ------------------------------------------------------------------- */

void cluster_new(void)
{
    const char *seed = getenv("HEARSAY_TEST_SEED");
    ck_assert_ptr_null(cluster.world);
    ck_assert_int_eq(sim_new(&cluster.world, seed ? strtoull(seed, NULL, 0) : DEFAULT_SEED), 0);
}

void cluster_start(unsigned count)
{
    char labels[2 * CLUSTER_LABEL_MAX];
    cluster_new();
    snprintf(labels, sizeof labels, "n1..n%u", count);
    start(labels);
    snprintf(labels, sizeof labels, "n2..n%u", count);
    if (count > 1)
        join(labels, "n1");
}

void cluster_end(void)
{
    for (uint32_t i = 0; i < sim_machines(cluster.world); i++)
        sim_kill(cluster.world, i, SIM_SILENT);
    listen();
    sim_free(cluster.world);
    free(cluster.said);
    free(cluster.owner);
    memset(&cluster, 0, sizeof cluster);
}

struct hearsay_config *settings(void)
{
    return sim_config(cluster.world);
}

struct sim_link *network(void)
{
    return sim_network(cluster.world);
}

struct sim_world *world(void)
{
    return cluster.world;
}

/* ---- members ----------------------------------------------------------------------------- */

static void start_fresh(uint32_t machine)
{
    const char *name = cluster.members[member_at(machine)].name;
    ck_assert_int_eq(sim_start(cluster.world, machine, name, 0), 0);
}

void start(const char *labels)
{
    each(labels, start_fresh);
}

void start_as(const char *label, const char *name)
{
    struct cluster_member *member = &cluster.members[member_labelled(label)];
    copy_text(member->name, sizeof member->name, name);
    start(label);
}

void join(const char *labels, const char *seeds)
{
    uint32_t from[CLUSTER_MEMBERS_MAX], to[CLUSTER_MEMBERS_MAX];
    size_t from_count = machines_of(labels, from, CLUSTER_MEMBERS_MAX);
    size_t to_count = machines_of(seeds, to, CLUSTER_MEMBERS_MAX);
    for (size_t i = 0; i < from_count; i++)
        for (size_t j = 0; j < to_count; j++) {
            struct hearsay_addr seed = sim_addr(cluster.world, to[j]);
            ck_assert_int_eq(sim_join(cluster.world, from[i], &seed), 0);
            listen();
        }
}

static void crash_machine(uint32_t machine)
{
    sim_kill(cluster.world, machine, SIM_CLOSED);
}

static void crash_machine_with_words(uint32_t machine)
{
    sim_speak_last(cluster.world, machine);
    sim_kill(cluster.world, machine, SIM_SILENT);
}

static void silence_machine(uint32_t machine)
{
    sim_kill(cluster.world, machine, SIM_SILENT);
}

static void freeze_machine(uint32_t machine)
{
    sim_pause(cluster.world, machine);
}

static void thaw_machine(uint32_t machine)
{
    sim_resume(cluster.world, machine);
}

static void leave_machine(uint32_t machine)
{
    ck_assert_int_eq(sim_leave(cluster.world, machine), 0);
}

void crash(const char *labels)
{
    each(labels, crash_machine);
}

void crash_with_words(const char *labels)
{
    each(labels, crash_machine_with_words);
}

void kill_silently(const char *labels)
{
    each(labels, silence_machine);
}

void freeze(const char *labels)
{
    each(labels, freeze_machine);
}

void thaw(const char *labels)
{
    each(labels, thaw_machine);
}

void leave(const char *labels)
{
    each(labels, leave_machine);
}

void restart(const char *labels, const char *seeds)
{
    start(labels);
    join(labels, seeds);
}

void restart_elsewhere(const char *label, const char *seeds)
{
    take_machine(member_labelled(label));
    restart(label, seeds);
}

void force_leave(const char *by, const char *label, bool prune, int expected_result)
{
    int result = sim_force_leave(cluster.world, machine_of(by), name_of(label), prune);
    ck_assert_int_eq(result, expected_result);
    listen();
}

/* ---- clocks ------------------------------------------------------------------------------ */

void clock_offset(const char *labels, int64_t offset)
{
    uint32_t machines[CLUSTER_MEMBERS_MAX];
    size_t count = machines_of(labels, machines, CLUSTER_MEMBERS_MAX);
    for (size_t i = 0; i < count; i++)
        sim_clock_set(cluster.world, machines[i], offset);
}

void clock_step(const char *labels, int64_t step)
{
    uint32_t machines[CLUSTER_MEMBERS_MAX];
    size_t count = machines_of(labels, machines, CLUSTER_MEMBERS_MAX);
    for (size_t i = 0; i < count; i++)
        sim_clock_set(cluster.world, machines[i], sim_clock(cluster.world, machines[i]) + step);
}

void clock_1970(const char *labels)
{
    clock_offset(labels, -(int64_t)(SIM_WALL_START + sim_time(cluster.world)));
}

/* ---- network ----------------------------------------------------------------------------- */

void cut_one_way(const char *from, const char *to)
{
    uint32_t a[CLUSTER_MEMBERS_MAX], b[CLUSTER_MEMBERS_MAX];
    size_t a_count = machines_of(from, a, CLUSTER_MEMBERS_MAX);
    size_t b_count = machines_of(to, b, CLUSTER_MEMBERS_MAX);
    ck_assert_int_eq(sim_cut(cluster.world, a, a_count, b, b_count), 0);
}

void cut(const char *labels, const char *others)
{
    cut_one_way(labels, others);
    cut_one_way(others, labels);
}

void lose_between(const char *labels, const char *others, unsigned permille)
{
    uint32_t a[CLUSTER_MEMBERS_MAX], b[CLUSTER_MEMBERS_MAX];
    size_t a_count = machines_of(labels, a, CLUSTER_MEMBERS_MAX);
    size_t b_count = machines_of(others, b, CLUSTER_MEMBERS_MAX);
    struct sim_link link = *network();
    link.loss = permille;
    ck_assert_int_eq(sim_rule(cluster.world, a, a_count, b, b_count, &link), 0);
    ck_assert_int_eq(sim_rule(cluster.world, b, b_count, a, a_count, &link), 0);
}

void heal(void)
{
    sim_heal(cluster.world);
}

/* ---- time -------------------------------------------------------------------------------- */

int64_t fake_time(void)
{
    return (int64_t)sim_time(cluster.world);
}

void run_for(int64_t duration)
{
    uint64_t until = sim_time(cluster.world) + (uint64_t)duration;
    while (sim_step(cluster.world, until))
        listen();
    listen();
}

bool cluster_wait(bool (*condition)(const void *context), const void *context, int64_t limit)
{
    int64_t until = fake_time() + limit;
    while (!condition(context)) {
        int64_t left = until - fake_time();
        if (left <= 0)
            return false;
        run_for(left < CLUSTER_POLL ? left : CLUSTER_POLL);
    }
    return true;
}

/* ---- looking ----------------------------------------------------------------------------- */

uint32_t machine_of(const char *label)
{
    return cluster.members[member_labelled(label)].machine;
}

const char *name_of(const char *label)
{
    return cluster.members[member_labelled(label)].name;
}

const struct hearsay_node *cluster_node(uint32_t member)
{
    const struct hearsay_node *node = sim_node(cluster.world, cluster.members[member].machine);
    ck_assert_msg(node != NULL, "%s does not run", cluster.members[member].label);
    return node;
}

const struct hearsay_node *node_of(const char *label)
{
    return cluster_node(member_labelled(label));
}

bool is_running(const char *label)
{
    return sim_state(cluster.world, machine_of(label)) == SIM_RUNNING;
}

struct hearsay_stats stats_of(const char *label)
{
    struct hearsay_stats stats;
    hearsay_node_stats(node_of(label), &stats);
    return stats;
}

enum hearsay_status cluster_status(uint32_t observer, uint32_t subject)
{
    struct hearsay_member member;
    struct hearsay_now now = sim_now(cluster.world, cluster.members[observer].machine);
    const char *name = cluster.members[subject].name;
    if (hearsay_node_member(cluster_node(observer), now, name, &member) != 0 || member.hidden)
        return HEARSAY_STATUS_NONE;
    return member.status;
}

enum hearsay_status status_at(const char *observer, const char *subject)
{
    return cluster_status(member_labelled(observer), member_labelled(subject));
}
