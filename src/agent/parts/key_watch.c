/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is looked at are records: which keys a member said it has. A record can be a few seconds
 * late, because a cluster that reloads tells its new keys over ten seconds. So the look after a
 * reload waits for longer than that.
 */
#include "agent/parts/key_watch.h"

#include <stdio.h>

#include <hearsay/node.h>

#include "agent/base/json.h"
#include "ctl/ctl.h"

#define SETTLE_US 12000000u /* the longest time until a record tells new keys, and some more */

/* The marks of this agent's keys. Its record may tell them a little later. */
struct own_keys {
    uint32_t marks[HEARSAY_KEYS_MAX];
    size_t count;
};

static bool is_present(const struct hearsay_member *member)
{
    return member->status == HEARSAY_STATUS_ALIVE || member->status == HEARSAY_STATUS_SUSPECT;
}

/* A member without any key hears plain datagrams, which the mode `on` sends to it. */
static bool is_apart(enum hearsay_seal_mode mode, const struct own_keys *own,
                     const struct hearsay_member *member)
{
    if (member->self || !is_present(member) ||
        (member->key_count == 0 && mode != HEARSAY_SEAL_REQUIRE))
        return false;
    for (size_t i = 0; i < member->key_count; i++)
        for (size_t k = 0; k < own->count; k++)
            if (member->keys[i] == own->marks[k])
                return false;
    return true;
}

static void note(struct hs_key_watch *watch, const struct hearsay_member *member)
{
    if (watch->apart < HS_KEY_WATCH_NAMES)
        snprintf(watch->names[watch->apart], sizeof(watch->names[0]), "%s", member->name);
    watch->apart++;
}

static void tell(const struct hs_key_watch *watch)
{
    static const char message[] =
        "these members have no key in common with this agent, so neither side hears the other: add "
        "a key of one side to the key file of the other, as another line, and reload";
    json_t *names = json_array();
    for (uint64_t i = 0; i < watch->apart && i < HS_KEY_WATCH_NAMES; i++)
        hs_ctl_append(&names, json_string(watch->names[i]));
    hs_report(watch->report, HS_LEVEL_WARN, HS_LINE_KEYS,
              json_pack("{s:s, s:I, s:o, s:s}", "reason", "apart", "count",
                        (json_int_t)watch->apart, "members", names, "message", message));
}

/* Returns true if there are more members to look at. */
static bool look(struct hs_key_watch *watch)
{
    struct own_keys own;
    own.count = hearsay_cipher_siv.keys(watch->keys->ring, own.marks);
    struct hearsay_now now = watch->report->clock->now;
    struct hearsay_member member;
    for (uint32_t i = 0; i < HS_KEY_WATCH_STEP; i++) {
        if (!hearsay_node_next_member(watch->report->node, now, &watch->cursor, &member))
            return false;
        if (is_apart(watch->keys->mode, &own, &member))
            note(watch, &member);
    }
    return true;
}

void hs_key_watch_work(struct hs_key_watch *watch)
{
    struct hearsay_now now = watch->report->clock->now;
    if (watch->keys->mode < HEARSAY_SEAL_ON || now.boot < watch->due)
        return;
    if (!watch->looking) {
        watch->looking = true;
        watch->cursor = 0;
        watch->apart = 0;
    }
    if (look(watch)) {
        hs_turn_again(watch->turn);
        return;
    }
    watch->looking = false;
    watch->due = now.boot + HS_KEY_WATCH_US;
    if (watch->apart > 0)
        tell(watch);
}

void hs_key_watch_again(struct hs_key_watch *watch)
{
    watch->looking = false;
    watch->due = watch->report->clock->now.boot + SETTLE_US;
}
