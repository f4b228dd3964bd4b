/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The youngest contacts are kept: present members have the age 0. Among those of one age a hash
 * decides that is another one for each member. So the choice changes little when members come and
 * go, each member remembers others, and a cluster that loses its power is one net of memories.
 */
#include "agent/parts/state_gather.h"

#include <stdio.h>
#include <string.h>

#include <hearsay/error.h>

#include "agent/base/json.h"
#include "agent/parts/state_tags.h"
#include "ctl/ctl.h"

void hs_state_gather_begin(struct hs_state_gather *gather, const char *name)
{
    hs_state_content_fini(&gather->content);
    gather->cursor = 0;
    gather->salt = hearsay_ring_hash(name, strlen(name));
}

static uint64_t rank_of(const struct hs_state_gather *gather, const struct hearsay_contact *contact)
{
    uint64_t both[] = {gather->salt, contact->name_hash};
    return hearsay_ring_hash(both, sizeof(both));
}

/* Whether this one goes before the one at a place. */
static bool is_before(const struct hs_state_gather *gather, const struct hearsay_contact *contact,
                      uint64_t rank, size_t at)
{
    uint32_t age_s = gather->content.contacts[at].age_s;
    return contact->age_s != age_s ? contact->age_s < age_s : rank < gather->ranks[at];
}

/* The place of this address, or contact_count. */
static size_t find_addr(const struct hs_state_content *content, const struct hearsay_addr *addr)
{
    size_t at = 0;
    while (at < content->contact_count && !hearsay_addr_equal(&content->contacts[at].addr, addr))
        at++;
    return at;
}

static void shift(struct hs_state_gather *gather, size_t to, size_t from, size_t count)
{
    struct hs_state_contact *contacts = gather->content.contacts;
    memmove(&contacts[to], &contacts[from], count * sizeof(contacts[0]));
    memmove(&gather->ranks[to], &gather->ranks[from], count * sizeof(gather->ranks[0]));
}

/* Takes one in at its place, if it is among the first. */
static void consider(struct hs_state_gather *gather, const struct hearsay_contact *contact)
{
    struct hs_state_content *content = &gather->content;
    uint64_t rank = rank_of(gather, contact);
    size_t last = content->contact_count;
    if (last == HS_STATE_CONTACTS_MAX && !is_before(gather, contact, rank, last - 1))
        return;
    size_t same = find_addr(content, &contact->addr), at = 0;
    if (same < last && !is_before(gather, contact, rank, same))
        return;
    while (at < last && !is_before(gather, contact, rank, at))
        at++;
    if (same == last && last < HS_STATE_CONTACTS_MAX)
        content->contact_count++;
    else if (same == last)
        same--;
    shift(gather, at + 1, at, same - at);
    gather->ranks[at] = rank;
    content->contacts[at] = (struct hs_state_contact){.addr = contact->addr,
                                                      .age_s = contact->age_s,
                                                      .name_hash = contact->name_hash,
                                                      .id = contact->id};
    if (contact->name)
        snprintf(content->contacts[at].name, sizeof(content->contacts[at].name), "%s",
                 contact->name);
}

bool hs_state_gather_step(struct hs_state_gather *gather, const struct hearsay_node *node,
                          struct hearsay_now now, unsigned max)
{
    struct hearsay_contact contact;
    while (max-- > 0) {
        if (!hearsay_node_next_contact(node, now, &gather->cursor, &contact))
            return true;
        consider(gather, &contact);
    }
    return false;
}

/* ---- the rest ---------------------------------------------------------------------------- */

static void add_name(struct hs_state_contact *contact, const struct hs_state_content *before)
{
    for (size_t i = 0; i < before->contact_count && contact->name[0] == '\0'; i++)
        if (before->contacts[i].name_hash == contact->name_hash)
            memcpy(contact->name, before->contacts[i].name, sizeof(contact->name));
}

static json_t *join_json(const struct hs_options *options)
{
    json_t *array = json_array();
    for (size_t i = 0; i < options->join.count; i++)
        hs_ctl_append(&array, hs_json_text(options->join.items[i], strlen(options->join.items[i])));
    return array;
}

int hs_state_gather_end(struct hs_state_gather *gather, const struct hearsay_node *node,
                        struct hearsay_now now, const struct hs_options *options,
                        const struct hs_state_content *before)
{
    struct hs_state_content *content = &gather->content;
    struct hearsay_contact founder;
    struct hearsay_member self;
    for (size_t i = 0; i < content->contact_count; i++) {
        content->contacts[i].age_s -= content->contacts[i].age_s % HS_STATE_AGE_STEP_S;
        add_name(&content->contacts[i], before);
    }
    if (hearsay_node_founder(node, &founder) == 0)
        content->founder = (struct hs_state_contact){
            .addr = founder.addr, .name_hash = founder.name_hash, .id = founder.id};
    content->timestamp = hearsay_node_last_timestamp(node, now);
    hearsay_node_self(node, now, &self);
    content->join = join_json(options);
    content->tags = hs_state_tags_differ(&self, options->tags, options->tag_count);
    return content->join && content->tags ? 0 : HEARSAY_ERR_NOMEM;
}
