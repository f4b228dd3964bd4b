/* SPDX-License-Identifier: Apache-2.0 */
/* Names, zones and tokens are checked by the library when it takes them. */
#include "mirror/roster.h"

#include <stdlib.h>
#include <string.h>

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

static int add_all(struct hs_mirror_roster *roster, const json_t *members)
{
    for (size_t i = 0; i < json_array_size(members); i++) {
        struct hearsay_ring_member member;
        int err = read_member(json_array_get(members, i), &member);

        if (err == 0)
            roster->tokens += member.tokens;
        if (err == 0 && roster->tokens > roster->tokens_max)
            err = HEARSAY_ERR_TOOBIG;
        if (err == 0)
            err = hearsay_ring_work_add(roster->work, &member);
        if (err < 0)
            return err;
    }
    return 0;
}

static int complete(struct hs_mirror_roster *roster)
{
    int err;

    do
        err = hearsay_ring_work_step(roster->work, SIZE_MAX / 2);
    while (err == HEARSAY_RING_MORE);
    if (err < 0)
        return err;
    roster->ring = hearsay_ring_work_end(roster->work);
    roster->work = NULL;
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
        err = add_all(roster, members);
    if (err == 0 && json_is_true(json_object_get(line, "last")))
        err = complete(roster);
    return err;
}

/* ---- a change ---------------------------------------------------------------------------- */

/* `names` are those that are removed, and those that are set, because these may be there. */
static int change_ring(struct hs_mirror_roster *roster, const json_t *removed, const json_t *set)
{
    size_t gone = json_array_size(removed), sets = json_array_size(set);
    const char **names = calloc(gone + sets + 1, sizeof(*names));
    struct hearsay_ring_member *members = calloc(sets + 1, sizeof(*members));
    size_t tokens = hearsay_ring_tokens(roster->ring);
    struct hearsay_ring *ring;
    int err = names && members ? 0 : HEARSAY_ERR_NOMEM;

    for (size_t i = 0; err == 0 && i < gone; i++) {
        names[i] = json_string_value(json_array_get(removed, i));
        err = names[i] ? 0 : HEARSAY_ERR_SYNTAX;
    }
    for (size_t i = 0; err == 0 && i < sets; i++) {
        err = read_member(json_array_get(set, i), &members[i]);
        names[gone + i] = members[i].name;
        tokens += members[i].tokens;
    }
    if (err == 0 && tokens > roster->tokens_max)
        err = HEARSAY_ERR_TOOBIG;
    if (err == 0)
        err = hearsay_ring_change(&ring, roster->ring, names, gone + sets, members, sets);
    free(names);
    free(members);
    if (err < 0)
        return err;
    hearsay_ring_unref(roster->ring);
    roster->ring = ring;
    return 0;
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

int hs_mirror_roster_change(struct hs_mirror_roster *roster, const json_t *line)
{
    const json_t *removed = json_object_get(line, "removed"), *set = json_object_get(line, "set");
    uint64_t version;
    int err = hs_ctl_read_integer(line, "version", INT64_MAX, &version);

    if (err < 0 || !json_is_array(removed) || !json_is_array(set))
        return HEARSAY_ERR_SYNTAX;
    if (!roster->ring)
        return 0;
    err = change_ring(roster, removed, set);
    if (err < 0)
        return err;
    roster->version = version;
    return hs_mirror_roster_check(roster, line);
}
