/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `ring-plan`: what would move if members were removed, added or given another weight. The answer
 * is not an estimate, because the planned ring is made and is the ring that the cluster would have.
 * Nothing is changed, on this agent or elsewhere.
 *
 * A plan is checked strictly. A plan that names a member twice, or removes an unknown member, is a
 * mistake, and its figures would mislead.
 */
#include "agent/control/plan.h"

#include <stdlib.h>
#include <string.h>

#include <hearsay/config.h>
#include <hearsay/error.h>
#include <hearsay/member.h>

#include "agent/base/json.h"
#include "agent/control/diff.h"
#include "agent/control/ring.h"

struct plan {
    struct hs_client *client;
    const struct hearsay_ring *ring;
    json_t *seen; /* by name: true if the plan removes it */
    const char **remove;
    struct hearsay_ring_member *add; /* a member of `set` is removed and added */
    size_t remove_count, add_count;
};

/* ---- one member -------------------------------------------------------------------------- */

/* Answers with an error about one member of the plan. */
static bool fail_name(const struct plan *plan, enum hs_ctl_error error, const char *name,
                      const char *what)
{
    hs_client_fail(plan->client, error, "%.128s %s", name, what);
    return false;
}

/* Returns true if the plan removes the name and does nothing else with it. */
static bool only_removed(const struct plan *plan, const char *name)
{
    return json_is_true(json_object_get(plan->seen, name));
}

static bool fail_memory(const struct plan *plan)
{
    hs_client_answer(plan->client, NULL);
    return false;
}

static bool plan_remove(struct plan *plan, const json_t *item)
{
    const char *name = json_string_value(item);
    uint32_t index;

    if (!name) {
        hs_client_fail(plan->client, HS_CTL_ERROR_USAGE, "remove must be an array of names");
        return false;
    }
    if (json_object_get(plan->seen, name))
        return fail_name(plan, HS_CTL_ERROR_USAGE, name, "is named twice");
    if (hearsay_ring_find(plan->ring, name, &index) < 0)
        return fail_name(plan, HS_CTL_ERROR_NOT_FOUND, name, "is not in the ring");
    if (json_object_set_new(plan->seen, name, json_true()) < 0)
        return fail_memory(plan);
    plan->remove[plan->remove_count++] = name;
    return true;
}

/* Reads the fields of a member. Absent fields keep the values in *member. */
static bool read_member(const struct plan *plan, const json_t *item, const char *field,
                        struct hearsay_ring_member *member)
{
    json_int_t tokens = (json_int_t)member->tokens;

    if (json_unpack(hs_json_mutable(item), "{s:s, s?I, s?s !}", "name", &member->name, "tokens",
                    &tokens, "zone", &member->zone) < 0) {
        hs_client_fail(plan->client, HS_CTL_ERROR_USAGE,
                       "%s must be an array of {\"name\", \"tokens\"?, \"zone\"?}", field);
        return false;
    }
    if (tokens < 0 || tokens > HEARSAY_TOKENS_MAX) {
        hs_client_fail(plan->client, HS_CTL_ERROR_USAGE,
                       "%.128s must have 0 to %d tokens, not %lld", member->name,
                       HEARSAY_TOKENS_MAX, (long long)tokens);
        return false;
    }
    member->tokens = (uint32_t)tokens;
    return true;
}

static bool take_member(struct plan *plan, const struct hearsay_ring_member *member)
{
    if (json_object_set_new(plan->seen, member->name, json_false()) < 0)
        return fail_memory(plan);
    if (member->tokens > 0) /* a drained one has no place in the ring */
        plan->add[plan->add_count++] = *member;
    return true;
}

static bool plan_add(struct plan *plan, const json_t *item)
{
    struct hearsay_ring_member member = {.tokens = HEARSAY_TOKENS_DEFAULT};
    uint32_t index;
    bool removed;

    if (!read_member(plan, item, "add", &member))
        return false;
    removed = only_removed(plan, member.name);
    if (json_object_get(plan->seen, member.name) && !removed)
        return fail_name(plan, HS_CTL_ERROR_USAGE, member.name, "is named twice");
    if (!hearsay_name_valid(member.name))
        return fail_name(plan, HS_CTL_ERROR_USAGE, member.name, "is not a valid name of a member");
    if (!removed && hearsay_ring_find(plan->ring, member.name, &index) == 0)
        return fail_name(plan, HS_CTL_ERROR_REFUSED, member.name,
                         "is in the ring already: set changes it");
    return take_member(plan, &member);
}

static bool plan_set(struct plan *plan, const json_t *item)
{
    const char *name = json_string_value(json_object_get(item, "name"));
    struct hearsay_ring_member member = {.tokens = HEARSAY_TOKENS_DEFAULT};
    uint32_t index;

    if (name && json_object_get(plan->seen, name))
        return fail_name(plan, HS_CTL_ERROR_USAGE, name, "is named twice");
    if (name && hearsay_ring_find(plan->ring, name, &index) < 0)
        return fail_name(plan, HS_CTL_ERROR_NOT_FOUND, name,
                         "is not in the ring: add gives a drained member its share");
    if (name)
        member = hearsay_ring_member_at(plan->ring, index);
    if (!read_member(plan, item, "set", &member))
        return false;
    if (json_object_size(item) == 1)
        return fail_name(plan, HS_CTL_ERROR_USAGE, name, "is set to nothing: tokens or zone");
    plan->remove[plan->remove_count++] = member.name;
    return take_member(plan, &member);
}

/* ---- the whole --------------------------------------------------------------------------- */

static bool read_list(struct plan *plan, const json_t *request, const char *field,
                      bool (*read)(struct plan *, const json_t *))
{
    const json_t *list = json_object_get(request, field);

    if (list && !json_is_array(list)) {
        hs_client_fail(plan->client, HS_CTL_ERROR_USAGE, "%s must be an array", field);
        return false;
    }
    for (size_t i = 0; i < json_array_size(list); i++)
        if (!read(plan, json_array_get(list, i)))
            return false;
    return true;
}

static bool read_plan(struct plan *plan, const json_t *request)
{
    size_t removes = json_array_size(json_object_get(request, "remove"));
    size_t adds = json_array_size(json_object_get(request, "add"));
    size_t sets = json_array_size(json_object_get(request, "set"));

    if (removes + adds + sets > HS_CTL_PLAN_MAX) {
        hs_client_fail(plan->client, HS_CTL_ERROR_USAGE, "a plan names at most %d members",
                       HS_CTL_PLAN_MAX);
        return false;
    }
    plan->seen = json_object();
    plan->remove = calloc(removes + sets + 1, sizeof(*plan->remove));
    plan->add = calloc(adds + sets + 1, sizeof(*plan->add));
    if (!plan->seen || !plan->remove || !plan->add)
        return fail_memory(plan);
    if (!read_list(plan, request, "remove", plan_remove) ||
        !read_list(plan, request, "add", plan_add) || !read_list(plan, request, "set", plan_set))
        return false;
    if (removes + adds + sets > 0)
        return true;
    hs_client_fail(plan->client, HS_CTL_ERROR_USAGE, "a plan needs add, remove or set");
    return false;
}

/* Begins the planned ring. The steps of the answer make it. */
static int begin_ring(struct hs_ring_again *again, const struct hs_rings *rings,
                      const struct plan *plan)
{
    int err = hearsay_ring_work_begin(&again->work, &rings->allocator, plan->ring);

    again->allocator = rings->allocator;
    for (size_t i = 0; i < plan->remove_count && !err; i++)
        err = hearsay_ring_work_remove(again->work, plan->remove[i]);
    for (size_t i = 0; i < plan->add_count && !err; i++)
        err = hearsay_ring_work_add(again->work, &plan->add[i]);
    return err;
}

static void answer_plan(const struct hs_context *context, const struct plan *plan,
                        const struct hs_ring_view *view)
{
    struct hs_rings *rings = context->rings;
    uint64_t version = hearsay_node_ring_version(context->node);
    const struct hs_ring_version *present = hs_rings_find(rings, version);
    struct hs_ring_again sides[HS_SIDES] = {{0}};
    int err = begin_ring(&sides[HS_AFTER], rings, plan);

    if (err) {
        hs_ring_again_fini(&sides[HS_AFTER], rings);
        if (err == HEARSAY_ERR_INVALID)
            hs_client_fail(plan->client, HS_CTL_ERROR_USAGE,
                           "a zone is text of up to %d bytes without control characters",
                           HEARSAY_ZONE_MAX);
        else
            hs_client_fail(plan->client, hs_ctl_error_from(err), "no such ring: %s",
                           hearsay_strerror(err));
        return;
    }
    sides[HS_BEFORE].ring = hearsay_ring_ref(plan->ring);
    sides[HS_BEFORE].about = (struct hs_ring_version){
        .version = version,
        .wall = present ? present->wall : 0,
    };
    hs_answer_diff(context, plan->client, sides, view);
}

void hs_command_ring_plan(const struct hs_context *context, struct hs_client *client,
                          const json_t *request)
{
    struct plan plan = {.client = client, .ring = hearsay_node_ring(context->node)};
    struct hs_ring_view view;

    if (!hs_ring_view_parse(client, request, &view))
        return;
    if (read_plan(&plan, request))
        answer_plan(context, &plan, &view);
    json_decref(plan.seen);
    free(plan.remove);
    free(plan.add);
}
