/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ring without a node: for programs that know their members from elsewhere. Prints which
 * members own a few keys, and what moves when the first one goes: its keys and no others.
 *
 *     cc ring_only.c $(pkg-config --cflags --libs libhearsay) -o ring_only
 *     ./ring_only n1 n2 n3
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hearsay/hearsay.h>

#define MEMBERS_MAX 64
#define REPLICAS    2

static const char *const keys[] = {"apple", "banana", "cherry", "damson", "elder", "fig"};
static const size_t key_count = sizeof keys / sizeof keys[0];

static void check(int err)
{
    if (err) {
        fprintf(stderr, "ring_only: %s\n", hearsay_strerror(err));
        exit(1);
    }
}

static void print_shares(const struct hearsay_ring *ring)
{
    for (uint32_t i = 0; i < hearsay_ring_members(ring); i++)
        printf("%s owns %.2f %%\n", hearsay_ring_member_at(ring, i).name,
               100 * hearsay_ring_fraction(hearsay_ring_share(ring, i)));
}

static const char *owner_of(const struct hearsay_ring *ring, const char *key)
{
    uint32_t owner;
    if (hearsay_ring_owner(ring, hearsay_ring_hash(key, strlen(key)), &owner))
        return "nobody";
    return hearsay_ring_member_at(ring, owner).name;
}

static void print_owners(const struct hearsay_ring *ring, const char *key)
{
    uint32_t owners[REPLICAS];
    uint64_t hash = hearsay_ring_hash(key, strlen(key));
    size_t count = hearsay_ring_owners(ring, hash, owners, REPLICAS);
    printf("%s:", key);
    for (size_t i = 0; i < count; i++)
        printf(" %s", hearsay_ring_member_at(ring, owners[i]).name);
    printf("\n");
}

static void print_moves(const struct hearsay_ring *before, const struct hearsay_ring *after)
{
    for (size_t i = 0; i < key_count; i++) {
        const char *from = owner_of(before, keys[i]), *to = owner_of(after, keys[i]);
        if (strcmp(from, to) != 0)
            printf("%s moves from %s to %s\n", keys[i], from, to);
    }
    printf("moved: %.2f %%\n", 100 * hearsay_ring_fraction(hearsay_ring_moved(before, after)));
}

int main(int argc, char **argv)
{
    struct hearsay_ring_member members[MEMBERS_MAX];
    struct hearsay_allocator allocator = hearsay_host_allocator();
    struct hearsay_ring *ring, *smaller;
    size_t count = (size_t)argc - 1;
    if (argc < 2 || count > MEMBERS_MAX) {
        fprintf(stderr, "usage: ring_only MEMBER...\n");
        return 2;
    }
    for (size_t i = 0; i < count; i++)
        members[i] =
            (struct hearsay_ring_member){.name = argv[i + 1], .tokens = HEARSAY_TOKENS_DEFAULT};
    check(hearsay_ring_new(&ring, &allocator, members, count));
    printf("ring %016llx\n", (unsigned long long)hearsay_ring_checksum(ring));
    print_shares(ring);
    for (size_t i = 0; i < key_count; i++)
        print_owners(ring, keys[i]);

    const char *leaver = argv[1];
    check(hearsay_ring_change(&smaller, ring, &leaver, 1, NULL, 0));
    printf("without %s:\n", leaver);
    print_moves(ring, smaller);
    hearsay_ring_unref(ring);
    hearsay_ring_unref(smaller);
    return 0;
}
