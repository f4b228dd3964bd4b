/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the library says of rings, for ring_reference.py to compare. Reads lines "member SIDE NAME
 * TOKENS ZONE" of the rings before and after, and answers each "ask N ZONES TOTAL PERCENT LOADS
 * POINTS" with lines up to "end". A ring before is made by building, that after by change.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hearsay/hearsay.h>

#define LINE_SIZE   4096
#define MEMBERS_MAX 32
#define RANGES_MAX  2048

struct input {
    char names[MEMBERS_MAX][HEARSAY_NAME_MAX + 1], zones[MEMBERS_MAX][HEARSAY_ZONE_MAX + 1];
    struct hearsay_ring_member members[MEMBERS_MAX];
    size_t count;
};

static void need(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "ring_print: %s\n", what);
    exit(EXIT_FAILURE);
}

static void add_member(struct input *input, const char *name, const char *tokens, const char *zone)
{
    need(input->count < MEMBERS_MAX, "too many members");
    size_t at = input->count++;
    snprintf(input->names[at], sizeof input->names[at], "%s", name);
    snprintf(input->zones[at], sizeof input->zones[at], "%s", zone);
    input->members[at] = (struct hearsay_ring_member){
        .name = input->names[at],
        .zone = strcmp(zone, "-") == 0 ? NULL : input->zones[at],
        .tokens = (uint32_t)strtoul(tokens, NULL, 10),
    };
}

static const char *name_at(const struct hearsay_ring *ring, uint32_t index)
{
    return hearsay_ring_member_at(ring, index).name;
}

static void print_list(const struct hearsay_ring *ring, const uint32_t *indices, size_t count)
{
    for (size_t i = 0; i < count; i++)
        printf("%s%s", i > 0 ? "," : " ", name_at(ring, indices[i]));
    if (count == 0)
        printf(" -");
}

static void print_members(const struct hearsay_ring *ring, uint32_t n, bool zones, uint64_t total,
                          uint32_t percent)
{
    static struct hearsay_ring_range ranges[RANGES_MAX];
    for (uint32_t i = 0; i < hearsay_ring_members(ring); i++) {
        printf("member %s %016" PRIx64 " %016" PRIx64 "\n", name_at(ring, i),
               hearsay_ring_share(ring, i), hearsay_ring_bound(ring, i, total, percent));
        size_t count = hearsay_ring_replica_ranges(ring, i, n, zones, ranges, RANGES_MAX);
        need(count <= RANGES_MAX, "too many ranges");
        for (size_t k = 0; k < count; k++)
            printf("holds %016" PRIx64 " %016" PRIx64 "\n", ranges[k].first, ranges[k].last);
    }
    size_t count = hearsay_ring_ranges(ring, UINT32_MAX, ranges, RANGES_MAX);
    need(count <= RANGES_MAX, "too many ranges");
    for (size_t k = 0; k < count; k++)
        printf("range %016" PRIx64 " %016" PRIx64 " %s\n", ranges[k].first, ranges[k].last,
               name_at(ring, ranges[k].owner));
}

static void print_point(const struct hearsay_ring *ring, uint64_t point, uint32_t n,
                        const uint64_t *loads, uint64_t total, uint32_t percent)
{
    uint32_t list[MEMBERS_MAX], owner;
    printf("point");
    print_list(ring, list, hearsay_ring_owners(ring, point, list, n));
    print_list(ring, list, hearsay_ring_replicas(ring, point, list, n));
    bool placed = hearsay_ring_owner_bounded(ring, point, loads, total, percent, &owner) == 0;
    printf(" %s\n", placed ? name_at(ring, owner) : "-");
}

static void print_diff(const struct hearsay_ring *before, const struct hearsay_ring *after,
                       uint32_t n, bool zones)
{
    struct hearsay_ring_diff diff;
    struct hearsay_ring_move move;
    printf("moved %016" PRIx64 "\n", hearsay_ring_moved(before, after));
    hearsay_ring_diff_begin(&diff, before, after, n, zones);
    while (hearsay_ring_diff_next(&diff, &move)) {
        printf("move %016" PRIx64 " %016" PRIx64, move.first, move.last);
        print_list(before, move.before, move.before_count);
        print_list(after, move.after, move.after_count);
        putchar('\n');
    }
}

/* All that was there goes, all that will be comes: names in both are replaced. */
static struct hearsay_ring *changed(const struct hearsay_ring *ring, const struct input *after)
{
    const char *remove[MEMBERS_MAX];
    struct hearsay_ring *next = NULL;
    for (uint32_t i = 0; i < hearsay_ring_members(ring); i++)
        remove[i] = name_at(ring, i);
    int error = hearsay_ring_change(&next, ring, remove, hearsay_ring_members(ring), after->members,
                                    after->count);
    need(error == 0, "the ring does not change");
    return next;
}

static void answer(const struct input *before, const struct input *after, char **words)
{
    const struct hearsay_allocator allocator = hearsay_host_allocator();
    struct hearsay_ring *ring = NULL;
    uint64_t loads[MEMBERS_MAX] = {0}, total = strtoull(words[2], NULL, 10);
    uint32_t n = (uint32_t)strtoul(words[0], NULL, 10);
    uint32_t percent = (uint32_t)strtoul(words[3], NULL, 10);
    bool zones = words[1][0] == '1';
    need(hearsay_ring_new(&ring, &allocator, before->members, before->count) == 0, "no ring");
    struct hearsay_ring *next = changed(ring, after);
    char *rest;
    size_t at = 0;
    for (char *load = strtok_r(words[4], ",", &rest); load; load = strtok_r(NULL, ",", &rest))
        loads[at++ % MEMBERS_MAX] = strtoull(load, NULL, 10);
    printf("checksum %016" PRIx64 " %016" PRIx64 "\n", hearsay_ring_checksum(ring),
           hearsay_ring_checksum(next));
    printf("zones %016" PRIx64 " %016" PRIx64 "\n", hearsay_ring_zones_checksum(ring),
           hearsay_ring_zones_checksum(next));
    print_members(ring, n, zones, total, percent);
    for (char *point = strtok_r(words[5], ",", &rest); point; point = strtok_r(NULL, ",", &rest))
        print_point(ring, strtoull(point, NULL, 16), n, loads, total, percent);
    print_diff(ring, next, n, zones);
    puts("end");
    hearsay_ring_unref(next);
    hearsay_ring_unref(ring);
}

int main(void)
{
    static struct input before, after;
    static char line[LINE_SIZE];
    while (fgets(line, sizeof line, stdin) != NULL) {
        char *words[7], *rest;
        int count = 0;
        for (char *word = strtok_r(line, " \n", &rest); word != NULL && count < 7;
             word = strtok_r(NULL, " \n", &rest))
            words[count++] = word;
        if (count == 5 && strcmp(words[0], "member") == 0) {
            add_member(strcmp(words[1], "before") == 0 ? &before : &after, words[2], words[3],
                       words[4]);
        } else {
            need(count == 7 && strcmp(words[0], "ask") == 0, "what is this line?");
            answer(&before, &after, words + 1);
            before.count = after.count = 0;
        }
    }
    return EXIT_SUCCESS;
}
