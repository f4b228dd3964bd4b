/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The half of the cluster language that looks. A sentence that does not come true is told with all
 * that is needed to make it happen again and to see what was believed instead.
 */
#include "cluster_impl.h"

#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VIEW_LINES_MAX 40
#define STORY_MAX      256

/* ---- telling ----------------------------------------------------------------------------- */

static double seconds(int64_t time)
{
    return (double)time / 1e6;
}

static void print_view(uint32_t member)
{
    uint32_t machine = cluster.members[member].machine, cursor = 0;
    const struct hearsay_node *node = sim_node(cluster.world, machine);
    fprintf(stderr, "# view of %s\n", cluster.members[member].label);
    if (node == NULL) {
        fprintf(stderr, "#   it does not run\n");
        return;
    }
    struct hearsay_member m;
    struct hearsay_now now = sim_now(cluster.world, machine);
    for (int i = 0; i < VIEW_LINES_MAX && hearsay_node_next_member(node, now, &cursor, &m); i++) {
        char addr[HEARSAY_ADDR_TEXT_MAX];
        hearsay_addr_format(&m.addr, addr);
        fprintf(stderr, "#   %-8.40s %-16s %-7s %-6s timestamp %llu, %.3f s%s%s\n", m.name, addr,
                hearsay_status_name(m.status), hearsay_cause_name(m.cause),
                (unsigned long long)m.timestamp, (double)m.in_state_us / 1e6,
                m.self ? ", self" : "", m.hidden ? ", hidden" : "");
    }
    struct hearsay_stats stats;
    hearsay_node_stats(node, &stats);
    fprintf(stderr, "#   digest %016llx, ring %016llx\n", (unsigned long long)stats.digest,
            (unsigned long long)hearsay_ring_checksum(hearsay_node_ring(node)));
}

_Noreturn void cluster_fail(uint32_t member, uint32_t other, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    unsigned long long seed = sim_seed(cluster.world);
    fprintf(stderr, "# seed %llu, %.3f s: %s\n# again with HEARSAY_TEST_SEED=%llu\n", seed,
            seconds(fake_time()), text, seed);
    if (member != SIM_NOBODY)
        print_view(member);
    if (other != SIM_NOBODY && other != member)
        print_view(other);
    ck_abort_msg("seed %llu, %.3f s: %s", seed, seconds(fake_time()), text);
    abort();
}

/* ---- agreement --------------------------------------------------------------------------- */

struct group {
    uint32_t members[CLUSTER_MEMBERS_MAX];
    size_t count;
};

static struct group group_of(const char *labels)
{
    struct group group;
    group.count = cluster_list(labels, group.members, CLUSTER_MEMBERS_MAX);
    return group;
}

static bool same_view(uint32_t a, uint32_t b)
{
    struct hearsay_stats ours, theirs;
    hearsay_node_stats(cluster_node(a), &ours);
    hearsay_node_stats(cluster_node(b), &theirs);
    return ours.digest == theirs.digest &&
           memcmp(&ours.members[1], &theirs.members[1], 3 * sizeof ours.members[1]) == 0;
}

static bool same_ring(uint32_t a, uint32_t b)
{
    const struct hearsay_ring *ours = hearsay_node_ring(cluster_node(a));
    const struct hearsay_ring *theirs = hearsay_node_ring(cluster_node(b));
    return hearsay_ring_checksum(ours) == hearsay_ring_checksum(theirs) &&
           hearsay_ring_members(ours) == hearsay_ring_members(theirs);
}

/* The first one that is not like the group's first, or SIM_NOBODY. */
static uint32_t odd_one(const struct group *group, bool (*same)(uint32_t a, uint32_t b))
{
    for (size_t i = 1; i < group->count; i++)
        if (!same(group->members[0], group->members[i]))
            return group->members[i];
    return SIM_NOBODY;
}

/* Enough to look at one view closely when all are the same. */
static bool all_agree(const void *context)
{
    const struct group *group = context;
    struct hearsay_stats stats;
    hearsay_node_stats(cluster_node(group->members[0]), &stats);
    if (stats.members[HEARSAY_STATUS_ALIVE] != group->count ||
        stats.members[HEARSAY_STATUS_SUSPECT] != 0)
        return false;
    if (odd_one(group, same_view) != SIM_NOBODY || odd_one(group, same_ring) != SIM_NOBODY)
        return false;
    for (size_t i = 0; i < group->count; i++)
        if (cluster_status(group->members[0], group->members[i]) != HEARSAY_STATUS_ALIVE)
            return false;
    return true;
}

int64_t wait_until_agree(int64_t limit)
{
    struct group group = group_of("*");
    int64_t from = fake_time();
    if (!cluster_wait(all_agree, &group, limit)) {
        uint32_t odd = odd_one(&group, same_view);
        cluster_fail(group.members[0], odd, "%zu members do not agree within %.3f s", group.count,
                     seconds(limit));
    }
    if (!sim_inspect(cluster.world))
        cluster_fail(SIM_NOBODY, SIM_NOBODY, "invariant broken: %s", sim_violation(cluster.world));
    return fake_time() - from;
}

static void expect_same(const char *labels, const char *what, bool (*same)(uint32_t a, uint32_t b))
{
    struct group group = group_of(labels);
    uint32_t odd = odd_one(&group, same);
    if (odd != SIM_NOBODY)
        cluster_fail(group.members[0], odd, "%s and %s differ in their %s",
                     cluster.members[group.members[0]].label, cluster.members[odd].label, what);
}

void expect_views_equal(const char *labels)
{
    expect_same(labels, "views", same_view);
}

void expect_rings_equal(const char *labels)
{
    expect_same(labels, "rings", same_ring);
}

/* ---- status ------------------------------------------------------------------------------ */

struct sight {
    struct group observers, subjects;
    enum hearsay_status status;
};

static struct sight sight_of(const char *observers, const char *subjects,
                             enum hearsay_status status)
{
    return (struct sight){group_of(observers), group_of(subjects), status};
}

/* The first pair for which it does not hold. */
static bool find_odd_pair(const struct sight *sight, uint32_t *ret_observer, uint32_t *ret_subject)
{
    for (size_t i = 0; i < sight->observers.count; i++)
        for (size_t j = 0; j < sight->subjects.count; j++) {
            uint32_t observer = sight->observers.members[i], subject = sight->subjects.members[j];
            if (observer == subject || cluster_status(observer, subject) == sight->status)
                continue;
            *ret_observer = observer;
            *ret_subject = subject;
            return true;
        }
    return false;
}

static bool all_see(const void *context)
{
    uint32_t observer, subject;
    return !find_odd_pair(context, &observer, &subject);
}

_Noreturn static void fail_sight(const struct sight *sight, const char *words, int64_t time)
{
    uint32_t observer = SIM_NOBODY, subject = SIM_NOBODY;
    if (!find_odd_pair(sight, &observer, &subject))
        cluster_fail(SIM_NOBODY, SIM_NOBODY, "a sight that failed holds");
    cluster_fail(observer, subject, "%s sees %s %s, expected %s %s %.3f s",
                 cluster.members[observer].label, cluster.members[subject].label,
                 hearsay_status_name(cluster_status(observer, subject)),
                 hearsay_status_name(sight->status), words, seconds(time));
}

int64_t expect_sees(const char *observers, const char *subjects, enum hearsay_status status,
                    int64_t limit)
{
    struct sight sight = sight_of(observers, subjects, status);
    int64_t from = fake_time();
    if (!cluster_wait(all_see, &sight, limit))
        fail_sight(&sight, "within", limit);
    return fake_time() - from;
}

static bool some_do_not_see(const void *context)
{
    return !all_see(context);
}

void expect_keeps(const char *observers, const char *subjects, enum hearsay_status status,
                  int64_t duration)
{
    struct sight sight = sight_of(observers, subjects, status);
    if (cluster_wait(some_do_not_see, &sight, duration))
        fail_sight(&sight, "for", duration);
}

void expect_cause(const char *observers, const char *subject, enum hearsay_cause cause)
{
    struct group group = group_of(observers);
    for (size_t i = 0; i < group.count; i++) {
        uint32_t machine = cluster.members[group.members[i]].machine;
        struct hearsay_member member;
        int result =
            hearsay_node_member(cluster_node(group.members[i]), sim_now(cluster.world, machine),
                                name_of(subject), &member);
        if (result != 0 || member.cause != cause)
            cluster_fail(group.members[i], SIM_NOBODY, "%s does not have %s as dead by %s",
                         cluster.members[group.members[i]].label, subject,
                         hearsay_cause_name(cause));
    }
}

/* ---- what was said ----------------------------------------------------------------------- */

void mark(void)
{
    cluster.mark = cluster.said_count;
}

static bool is_among(uint32_t member, const struct group *group)
{
    for (size_t i = 0; i < group->count; i++)
        if (group->members[i] == member)
            return true;
    return false;
}

static const char *label_of(uint32_t member)
{
    return member == SIM_NOBODY ? "somebody" : cluster.members[member].label;
}

void expect_never(enum hearsay_status status, const char *except)
{
    struct group spared = group_of(except);
    for (size_t i = cluster.mark; i < cluster.said_count; i++) {
        const struct said *said = &cluster.said[i];
        if (said->kind != HEARSAY_EVENT_MEMBER || said->to != status || said->from == status)
            continue;
        if (!is_among(said->subject, &spared))
            cluster_fail(said->observer, said->subject, "at %.3f s %s called %s %s (%s)",
                         seconds(said->at), label_of(said->observer), label_of(said->subject),
                         hearsay_status_name(status), hearsay_reason_name(said->reason));
    }
}

static void tell_story(uint32_t observer, uint32_t subject, char ret_story[STORY_MAX])
{
    size_t len = 0;
    ret_story[0] = '\0';
    for (size_t i = cluster.mark; i < cluster.said_count && len < STORY_MAX; i++) {
        const struct said *said = &cluster.said[i];
        if (said->kind != HEARSAY_EVENT_MEMBER || said->observer != observer ||
            said->subject != subject || said->from == said->to)
            continue;
        len += (size_t)snprintf(ret_story + len, STORY_MAX - len, "%s%s", len ? " " : "",
                                hearsay_status_name(said->to));
    }
}

void expect_story(const char *observers, const char *subject, const char *story)
{
    struct group group = group_of(observers);
    uint32_t about = group_of(subject).members[0];
    for (size_t i = 0; i < group.count; i++) {
        char told[STORY_MAX];
        tell_story(group.members[i], about, told);
        if (group.members[i] != about && strcmp(told, story) != 0)
            cluster_fail(group.members[i], about, "%s told \"%s\" of %s, expected \"%s\"",
                         cluster.members[group.members[i]].label, told, subject, story);
    }
}

void expect_reason(const char *observers, const char *subject, enum hearsay_reason reason)
{
    struct group group = group_of(observers);
    uint32_t about = group_of(subject).members[0];
    for (size_t i = 0; i < group.count; i++) {
        bool found = group.members[i] == about;
        for (size_t j = cluster.mark; j < cluster.said_count && !found; j++) {
            const struct said *said = &cluster.said[j];
            found = said->kind == HEARSAY_EVENT_MEMBER && said->observer == group.members[i] &&
                    said->subject == about && said->reason == reason;
        }
        if (!found)
            cluster_fail(group.members[i], about, "%s never gave \"%s\" as reason for %s",
                         cluster.members[group.members[i]].label, hearsay_reason_name(reason),
                         subject);
    }
}

struct word {
    uint32_t member;
    enum hearsay_event_kind kind;
};

static bool has_said(const void *context)
{
    const struct word *word = context;
    for (size_t i = cluster.mark; i < cluster.said_count; i++)
        if (cluster.said[i].observer == word->member && cluster.said[i].kind == word->kind)
            return true;
    return false;
}

int64_t expect_event(const char *label, enum hearsay_event_kind kind, int64_t limit)
{
    struct word word = {group_of(label).members[0], kind};
    int64_t from = fake_time();
    if (!cluster_wait(has_said, &word, limit))
        cluster_fail(word.member, SIM_NOBODY, "%s did not say event %d within %.3f s", label,
                     (int)kind, seconds(limit));
    return fake_time() - from;
}

void expect_joins(const char *label, enum hearsay_join_result result, unsigned count)
{
    uint32_t member = group_of(label).members[0];
    unsigned found = 0;
    for (size_t i = cluster.mark; i < cluster.said_count; i++)
        found += cluster.said[i].observer == member && cluster.said[i].kind == HEARSAY_EVENT_JOIN &&
                 cluster.said[i].result == result;
    if (found != count)
        cluster_fail(member, SIM_NOBODY, "%u joins of %s ended %s, expected %u", found, label,
                     hearsay_join_result_name(result), count);
}
