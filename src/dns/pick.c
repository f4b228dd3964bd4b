/* SPDX-License-Identifier: Apache-2.0 */
#include "dns/pick.h"

#include <stdlib.h>
#include <string.h>

#include "dns/name.h"
#include "dns/wire.h"

#define PORT_DIGITS_MAX 5

/* A question that is being answered. */
struct search {
    struct hs_dns_pick *pick;
    const struct hs_dns_sight *sight;
    const struct hs_dns_want *want;
    uint16_t type;
};

/* ---- random numbers ---------------------------------------------------------------------- */

/* Knuth's linear congruential generator (MMIX); its upper half is random enough to mix answers. */
static size_t pick_below(struct hs_dns_pick *pick, uint64_t bound)
{
    pick->random = pick->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (size_t)((pick->random >> 32) * bound >> 32);
}

/* Durstenfeld's shuffle. */
static void pick_shuffle(struct hs_dns_pick *pick)
{
    for (size_t i = pick->count; i > 1; i--) {
        size_t k = pick_below(pick, i);
        struct hs_dns_choice choice = pick->choices[i - 1];

        pick->choices[i - 1] = pick->choices[k];
        pick->choices[k] = choice;
    }
}

/* Vitter's reservoir: each of those that were seen is kept with the same probability. */
static void pick_keep(struct hs_dns_pick *pick, const struct hs_dns_choice *choice)
{
    size_t place = pick->seen++ < pick->most ? pick->count++ : pick_below(pick, pick->seen);

    if (place < pick->most)
        pick->choices[place] = *choice;
}

/* ---- a member ---------------------------------------------------------------------------- */

bool hs_dns_member_lives(const struct hs_mirror *mirror, const struct hs_mirror_member *member)
{
    return (member->status == HEARSAY_STATUS_ALIVE || member->status == HEARSAY_STATUS_SUSPECT) &&
           !(member->self && hs_mirror_state(mirror).leaving);
}

static uint16_t port_of(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    unsigned long port;

    if (digits == 0 || digits > PORT_DIGITS_MAX || text[digits] != '\0')
        return 0;
    port = strtoul(text, NULL, 10);
    return port <= UINT16_MAX ? (uint16_t)port : 0;
}

uint16_t hs_dns_member_port(const struct hs_mirror_member *member, const char *tag)
{
    for (size_t i = 0; i < member->tag_count; i++) {
        uint16_t port =
            hs_dns_fold_compare(member->tags[i].key, tag) == 0 ? port_of(member->tags[i].value) : 0;

        if (port > 0)
            return port;
    }
    return 0;
}

/* Returns false if the member is not alive, or has not got what a service needs. */
static bool choose(const struct search *search, const struct hs_mirror_member *member,
                   struct hs_dns_choice *ret_choice)
{
    const char *service = search->want->service;
    uint16_t port = service[0] != '\0' ? hs_dns_member_port(member, service) : member->addr.port;

    if (port == 0 || !hs_dns_member_lives(search->sight->mirror, member))
        return false;
    *ret_choice = (struct hs_dns_choice){.member = member, .port = port};
    return true;
}

/* True if records of this type come from members like this one. A service has SRV records alone, so
 * that nobody connects to an address without the port. */
static bool is_of_type(const struct search *search, const struct hs_mirror_member *member)
{
    bool is_service = search->want->service[0] != '\0', is_any = search->type == HS_DNS_ANY;

    if (search->want->below)
        return false;
    if (search->want->kind == HS_DNS_WANT_REVERSE)
        return is_any || search->type == HS_DNS_PTR;
    if (search->type == HS_DNS_SRV || (is_any && is_service))
        return true;
    if (search->type == HS_DNS_TXT)
        return search->want->kind == HS_DNS_WANT_NODE && !is_service && member->tag_count > 0;
    return !is_service &&
           (is_any || search->type == (member->addr.family == 4 ? HS_DNS_A : HS_DNS_AAAA));
}

static void take(const struct search *search, const struct hs_mirror_member *member)
{
    struct hs_dns_choice choice;

    if (!choose(search, member, &choice))
        return;
    search->pick->exists = true;
    if (is_of_type(search, member))
        pick_keep(search->pick, &choice);
}

/* ---- by name and by tag ------------------------------------------------------------------ */

/* The end of the text is this, without regard to case. */
static bool ends_with(const char *text, const char *end, size_t n)
{
    size_t len = strlen(text);

    for (size_t i = 0; i < n && n <= len; i++)
        if (hs_dns_fold(text[len - n + i]) != hs_dns_fold(end[i]))
            return false;
    return n <= len;
}

/* The text ends with a dot and this. */
static bool is_below(const char *text, const char *branch, size_t n)
{
    size_t len = strlen(text);

    return len > n + 1 && text[len - n - 1] == '.' && ends_with(text, branch, n);
}

/* RFC 8020: what has names below it exists. Members' names with dots make such branches. */
static void take_branches_of_names(const struct search *search)
{
    const struct hs_mirror_member *const *members = hs_mirror_members(search->sight->mirror);
    size_t count = hs_mirror_count(search->sight->mirror, HEARSAY_STATUS_NONE);
    const char *text = search->want->text;
    struct hs_dns_choice choice;

    if (search->sight->spellings->dotted == 0 || !members)
        return;
    for (size_t i = 0; i < count && !search->pick->exists; i++)
        search->pick->exists =
            is_below(members[i]->name, text, strlen(text)) && choose(search, members[i], &choice);
}

static void take_named(const struct search *search)
{
    const struct hs_dns_spelling *spelling =
        hs_dns_spellings_find(search->sight->spellings, search->want->text);

    for (; spelling; spelling = spelling->next) {
        const struct hs_mirror_member *member =
            hs_mirror_find(search->sight->mirror, spelling->name);

        if (member)
            take(search, member);
    }
    if (!search->pick->exists)
        take_branches_of_names(search);
}

enum tagged { NOT_TAGGED, BRANCH_OF_TAG, TAGGED };

/* KEY, or VALUE.KEY. Both may have dots, so only the tag can say where the value ends. */
static enum tagged tag_matches(const struct hearsay_tag *tag, const char *text)
{
    size_t len = strlen(text), key = strlen(tag->key);

    if (hs_dns_fold_compare(text, tag->key) == 0)
        return TAGGED;
    if (!is_below(text, tag->key, key))
        return is_below(tag->key, text, len) ? BRANCH_OF_TAG : NOT_TAGGED;
    if (strlen(tag->value) == len - key - 1 && ends_with(tag->value, text, len - key - 1))
        return TAGGED;
    return is_below(tag->value, text, len - key - 1) ? BRANCH_OF_TAG : NOT_TAGGED;
}

static void take_tagged(const struct search *search, const struct hs_mirror_member *member)
{
    enum tagged best = NOT_TAGGED;
    struct hs_dns_choice choice;

    for (size_t i = 0; i < member->tag_count && best != TAGGED; i++) {
        enum tagged matches = tag_matches(&member->tags[i], search->want->text);

        if (matches > best)
            best = matches;
    }
    if (best == TAGGED)
        take(search, member);
    else if (best == BRANCH_OF_TAG && choose(search, member, &choice))
        search->pick->exists = true;
}

static void take_many(const struct search *search)
{
    const struct hs_mirror_member *const *members = hs_mirror_members(search->sight->mirror);
    size_t count = hs_mirror_count(search->sight->mirror, HEARSAY_STATUS_NONE);

    for (size_t i = 0; members && i < count; i++) {
        if (search->want->kind == HS_DNS_WANT_TAG)
            take_tagged(search, members[i]);
        else if (search->want->kind == HS_DNS_WANT_ALL)
            take(search, members[i]);
        else if (memcmp(members[i]->addr.bytes, search->want->addr.bytes,
                        sizeof(members[i]->addr.bytes)) == 0 &&
                 members[i]->addr.family == search->want->addr.family)
            take(search, members[i]);
    }
}

/* ---- by key ------------------------------------------------------------------------------ */

/* The places that an answer shows: of the owner alone, of replica N alone, of all replicas. */
static bool shows_place(const struct search *search, size_t place)
{
    if (search->want->one)
        return place == search->want->replica;
    return place == 0 || search->type == HS_DNS_SRV ||
           (search->type == HS_DNS_ANY && search->want->service[0] != '\0');
}

/* R46: names of keys. Owners that are dead and held in the ring are passed over, so that the next
 * one has their place. Returns how many places there are, at most the number of replicas. */
static size_t take_owners(const struct search *search, const uint32_t *owners, size_t count)
{
    const struct hearsay_ring *ring = hs_mirror_ring(search->sight->mirror);
    size_t place = 0;

    for (size_t i = 0; i < count && place < search->sight->replicas; i++) {
        const struct hs_mirror_member *member =
            hs_mirror_find(search->sight->mirror, hearsay_ring_member_at(ring, owners[i]).name);
        struct hs_dns_choice choice;

        if (!member || !hs_dns_member_lives(search->sight->mirror, member))
            continue;
        if (shows_place(search, place) && is_of_type(search, member) &&
            choose(search, member, &choice)) {
            choice.priority = (uint16_t)place;
            pick_keep(search->pick, &choice);
        }
        place++;
    }
    return place;
}

static size_t owners_of(const struct hs_dns_sight *sight, uint64_t hash, uint32_t *ret_owners,
                        size_t n)
{
    const struct hearsay_ring *ring = hs_mirror_ring(sight->mirror);

    return sight->zones ? hearsay_ring_replicas(ring, hash, ret_owners, n)
                        : hearsay_ring_owners(ring, hash, ret_owners, n);
}

/* Takes memory only when most of those that the ring holds are dead. */
static void take_key(const struct search *search)
{
    const struct hearsay_ring *ring = hs_mirror_ring(search->sight->mirror);
    uint64_t hash = hearsay_ring_hash(search->want->key, search->want->key_len);
    uint32_t few[HS_DNS_PREFERENCE], *all;
    size_t members = hearsay_ring_members(ring);
    size_t count = owners_of(search->sight, hash, few, HS_DNS_PREFERENCE);

    search->pick->exists = !search->want->one || search->want->replica < search->sight->replicas;
    if (take_owners(search, few, count) >= search->sight->replicas || count == members)
        return;
    all = calloc(members, sizeof(*all));
    if (!all)
        return;
    search->pick->count = 0;
    search->pick->seen = 0;
    take_owners(search, all, owners_of(search->sight, hash, all, members));
    free(all);
}

/* ---- the whole --------------------------------------------------------------------------- */

static int by_address(const void *a, const void *b)
{
    const struct hearsay_addr *one = &((const struct hs_dns_choice *)a)->member->addr,
                              *two = &((const struct hs_dns_choice *)b)->member->addr;

    return one->family != two->family ? one->family - two->family
                                      : memcmp(one->bytes, two->bytes, sizeof(one->bytes));
}

/* RFC 2181, 5: no record comes twice. Members of one machine share its address. */
static void drop_repeats(struct hs_dns_pick *pick)
{
    size_t kept = 0;

    qsort(pick->choices, pick->count, sizeof(pick->choices[0]), by_address);
    for (size_t i = 0; i < pick->count; i++)
        if (i == 0 || by_address(&pick->choices[kept - 1], &pick->choices[i]) != 0)
            pick->choices[kept++] = pick->choices[i];
    pick->count = kept;
}

void hs_dns_pick(struct hs_dns_pick *pick, const struct hs_dns_sight *sight,
                 const struct hs_dns_want *want, uint16_t type)
{
    const struct search search = {pick, sight, want, type};

    pick->count = 0;
    pick->seen = 0;
    pick->exists = false;
    pick->most = sight->room / HS_DNS_RECORD_MIN * HS_DNS_PICK_SPARE;
    if (pick->most > HS_DNS_PICK_MAX)
        pick->most = HS_DNS_PICK_MAX;
    if (want->kind == HS_DNS_WANT_KEY) {
        take_key(&search);
        return;
    }
    if (want->kind == HS_DNS_WANT_NODE)
        take_named(&search);
    else
        take_many(&search);
    if (want->kind != HS_DNS_WANT_REVERSE && want->service[0] == '\0' &&
        (type == HS_DNS_A || type == HS_DNS_AAAA || type == HS_DNS_ANY))
        drop_repeats(pick);
    pick_shuffle(pick);
}
