/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whoever is refused has to do something about it, so the sentence says what is wrong, at whom, and
 * by how much. It is the same in the log, in the answer to `join` and in `status`.
 */
#include "agent/parts/refusal.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY_US UINT64_C(86400000000)

/* "13 years 33 days": a clock that is refused is ten years ahead at least. */
static void format_years(uint64_t us, char text[64])
{
    uint64_t days = us / DAY_US;
    snprintf(text, 64, "%" PRIu64 " years %" PRIu64 " days", days / 365, days % 365);
}

static void clock_text(const struct hearsay_event *event, const char *who,
                       char text[HS_ERROR_TEXT_MAX])
{
    bool theirs = event->clock_ahead_us >= 0;
    uint64_t by = theirs ? (uint64_t)event->clock_ahead_us : 0 - (uint64_t)event->clock_ahead_us;
    char years[64];

    format_years(by, years);
    if (theirs)
        hs_error_text(text,
                      "the clock of %s is %s ahead of ours, and at most 10 years are believed: "
                      "set the wrong one of the two clocks and restart its agent",
                      who, years);
    else
        hs_error_text(text,
                      "our clock is %s ahead of the clock of %s, and at most 10 years are "
                      "believed: set the wrong one of the two clocks and restart its agent",
                      years, who);
}

static void full_text(const struct hearsay_event *event, const char *who, bool ours,
                      char text[HS_ERROR_TEXT_MAX])
{
    if (event->table_max == 0) /* a release that does not say */
        hs_error_text(text, "the table of %s is full: raise max-members", who);
    else if (ours)
        hs_error_text(text, "our own table is full (%u of %u): raise max-members on all members",
                      event->table_max, event->table_max);
    else
        hs_error_text(text, "the table of %s is full (%u of %u): raise max-members on all members",
                      who, event->table_max, event->table_max);
}

void hs_refusal_text(const struct hearsay_event *event, const struct hs_identity *identity,
                     char text[HS_ERROR_TEXT_MAX])
{
    char who[HEARSAY_NAME_MAX + HEARSAY_ADDR_TEXT_MAX], addr[HEARSAY_ADDR_TEXT_MAX];

    hearsay_addr_format(&event->addr, addr);
    snprintf(who, sizeof(who), "%s", event->name[0] != '\0' ? event->name : "the agent there");
    switch (event->refusal) {
    case HEARSAY_REFUSAL_NAME:
        hs_error_text(text, "%s says that another live process has our name %s", who,
                      identity->name);
        break;
    case HEARSAY_REFUSAL_FULL:
        full_text(event, who, strcmp(event->name, identity->name) == 0, text);
        break;
    case HEARSAY_REFUSAL_CLOCK:
        clock_text(event, who, text);
        break;
    case HEARSAY_REFUSAL_CLUSTER:
        hs_error_text(text,
                      "the agent at %s is in another cluster than '%.64s', which is ours: "
                      "give both the same cluster, or this one another seed",
                      addr, identity->cluster);
        break;
    case HEARSAY_REFUSAL_NONE:
    case HEARSAY_REFUSAL_OTHER:
        hs_error_text(text, "%s refused for a reason that this release does not know", who);
        break;
    }
}

void hs_refusals_fini(struct hs_refusals *refusals)
{
    free(refusals->items);
    refusals->items = NULL;
}

/* The place of the address, or else a free one, or else that of the oldest refusal. */
static struct hs_refusal *find_place(struct hs_refusals *refusals, const struct hearsay_addr *addr)
{
    struct hs_refusal *place = refusals->items;

    for (size_t i = 0; i < HS_REFUSALS_KEPT; i++) {
        struct hs_refusal *item = &refusals->items[i];

        if (item->when > 0 && hearsay_addr_equal(&item->addr, addr))
            return item;
        if (item->when < place->when)
            place = item;
    }
    return place;
}

void hs_refusals_note(struct hs_refusals *refusals, const struct hearsay_event *event,
                      const struct hs_identity *identity, uint64_t boot)
{
    bool refused = event->result == HEARSAY_JOIN_REFUSED;

    if (refused && !refusals->items)
        refusals->items = calloc(HS_REFUSALS_KEPT, sizeof(*refusals->items));
    if (!refusals->items)
        return;
    struct hs_refusal *place = find_place(refusals, &event->addr);
    if (!refused) {
        if (hearsay_addr_equal(&place->addr, &event->addr))
            place->when = 0;
        return;
    }
    *place = (struct hs_refusal){.when = boot, .addr = event->addr, .reason = event->refusal};
    snprintf(place->name, sizeof(place->name), "%s", event->name);
    hs_refusal_text(event, identity, place->text);
}

const struct hs_refusal *hs_refusals_next(const struct hs_refusals *refusals, uint64_t boot,
                                          size_t *cursor)
{
    while (refusals->items && *cursor < HS_REFUSALS_KEPT) {
        const struct hs_refusal *item = &refusals->items[(*cursor)++];

        if (item->when > 0 && boot - item->when < HS_REFUSAL_LIFE_US)
            return item;
    }
    return NULL;
}
