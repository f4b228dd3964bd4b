/* SPDX-License-Identifier: Apache-2.0 */
/* Names, zones and tokens are checked by the library when it takes them. A ring of thousands takes
 * long to make, so what goes into it is told to the library when its line comes, and the rest is
 * steps, which the mirror takes at once or as its owner has time for. */
#include "mirror/roster.h"

#include <stdbool.h>

#include <hearsay/error.h>
#include <hearsay/host.h>

#include "ctl/ctl.h"

void hs_mirror_roster_fini(struct hs_mirror_roster *roster)
{
    hearsay_ring_unref(roster->ring);
    hearsay_ring_work_free(roster->work);
    *roster = (struct hs_mirror_roster){.tokens_max = roster->tokens_max};
}

/* {name, tokens, zone?}. The texts borrow from the object; the library checks them. */
static int read_member(const json_t *object, struct hearsay_ring_member *member)
{
    const json_t *name = json_object_get(object, "name"), *zone = json_object_get(object, "zone"),
                 *tokens = json_object_get(object, "tokens");
    json_int_t count = json_integer_value(tokens);

    if (!json_is_string(name) || (zone && !json_is_string(zone)) || count < 1 ||
        count > HEARSAY_TOKENS_MAX)
        return HEARSAY_ERR_SYNTAX;
    *member = (struct hearsay_ring_member){.name = json_string_value(name),
                                           .zone = json_string_value(zone),
                                           .tokens = (uint32_t)count};
    return 0;
}

/* ---- a whole roster ---------------------------------------------------------------------- */

static int begin(struct hs_mirror_roster *roster, uint64_t version)
{
    struct hearsay_allocator allocator = hearsay_host_allocator();

    hs_mirror_roster_fini(roster);
    roster->version = version;
    return hearsay_ring_work_begin(&roster->work, &allocator, NULL);
}

/* Adds members. `known`: they may be there, and are replaced. */
static int add_all(struct hs_mirror_roster *roster, const json_t *members, bool known)
{
    for (size_t i = 0; i < json_array_size(members); i++) {
        struct hearsay_ring_member member;
        int err = read_member(json_array_get(members, i), &member);

        if (err == 0)
            roster->tokens += member.tokens;
        if (err == 0 && roster->tokens > roster->tokens_max)
            err = HEARSAY_ERR_TOOBIG;
        if (err == 0 && known)
            err = hearsay_ring_work_remove(roster->work, member.name);
        if (err == 0)
            err = hearsay_ring_work_add(roster->work, &member);
        if (err < 0)
            return err;
    }
    return 0;
}

int hs_mirror_roster_read(struct hs_mirror_roster *roster, const json_t *line)
{
    const json_t *members = json_object_get(line, "members");
    uint64_t version;
    int err = json_is_array(members) ? hs_ctl_read_integer(line, "version", INT64_MAX, &version)
                                     : HEARSAY_ERR_SYNTAX;

    if (err < 0)
        return err;
    if (json_is_true(json_object_get(line, "first")))
        err = begin(roster, version);
    else if (!roster->work || version != roster->version)
        err = HEARSAY_ERR_SYNTAX;
    if (err == 0)
        err = add_all(roster, members, false);
    if (err == 0 && json_is_true(json_object_get(line, "last")))
        err = HEARSAY_RING_MORE;
    return err;
}

/* ---- steps ------------------------------------------------------------------------------- */

void hs_mirror_roster_give_up(struct hs_mirror_roster *roster)
{
    hearsay_ring_work_free(roster->work);
    roster->work = NULL;
}

int hs_mirror_roster_step(struct hs_mirror_roster *roster, size_t units)
{
    int err = hearsay_ring_work_step(roster->work, units);

    if (err == HEARSAY_RING_MORE)
        return err;
    if (err == HEARSAY_RING_DONE) {
        hearsay_ring_unref(roster->ring);
        roster->ring = hearsay_ring_work_end(roster->work);
        roster->work = NULL;
    }
    hs_mirror_roster_give_up(roster);
    return err;
}

/* ---- a change ---------------------------------------------------------------------------- */

static int remove_all(struct hs_mirror_roster *roster, const json_t *names)
{
    for (size_t i = 0; i < json_array_size(names); i++) {
        const char *name = json_string_value(json_array_get(names, i));
        int err = name ? hearsay_ring_work_remove(roster->work, name) : HEARSAY_ERR_SYNTAX;

        if (err < 0)
            return err;
    }
    return 0;
}

int hs_mirror_roster_change(struct hs_mirror_roster *roster, const json_t *line)
{
    struct hearsay_allocator allocator = hearsay_host_allocator();
    const json_t *removed = json_object_get(line, "removed"), *set = json_object_get(line, "set");
    uint64_t version;
    int err = hs_ctl_read_integer(line, "version", INT64_MAX, &version);

    if (err < 0 || !json_is_array(removed) || !json_is_array(set))
        return HEARSAY_ERR_SYNTAX;
    if (!roster->ring)
        return 0;
    roster->tokens = hearsay_ring_tokens(roster->ring);
    err = hearsay_ring_work_begin(&roster->work, &allocator, roster->ring);
    if (err == 0)
        err = remove_all(roster, removed);
    if (err == 0)
        err = add_all(roster, set, true);
    if (err == 0)
        return HEARSAY_RING_MORE;
    hs_mirror_roster_give_up(roster);
    return err;
}

int hs_mirror_roster_changed(struct hs_mirror_roster *roster, const json_t *line)
{
    int err = hs_ctl_read_integer(line, "version", INT64_MAX, &roster->version);

    return err < 0 ? err : hs_mirror_roster_check(roster, line);
}

int hs_mirror_roster_check(const struct hs_mirror_roster *roster, const json_t *object)
{
    uint64_t version, checksum, zones;

    if (hs_ctl_read_integer(object, "version", INT64_MAX, &version) < 0 ||
        hs_ctl_parse_hex64(json_string_value(json_object_get(object, "checksum")), &checksum) < 0 ||
        hs_ctl_parse_hex64(json_string_value(json_object_get(object, "zones_checksum")), &zones) <
            0)
        return HEARSAY_ERR_SYNTAX;
    return roster->ring && version == roster->version &&
                   checksum == hearsay_ring_checksum(roster->ring) &&
                   zones == hearsay_ring_zones_checksum(roster->ring)
               ? 0
               : HEARSAY_ERR_INVALID;
}
