/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Measures the ring and, in the same run over the same keys, a plain binary search over the same
 * tokens, and ketama of libmemcached if that was found by the build. Everything is measured in
 * rounds. Each round is one pass of each method over all keys, slice by slice. The best round of
 * each slice counts, so that other load on the machine matters less. Only public functions are
 * called. The program is linked once with the static and once with the shared library, because a
 * call costs differently.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#ifdef BENCH_KETAMA
#include <libmemcached-1.0/memcached.h>
#endif

#include <hearsay/hearsay.h>

#include "clock.h"

#define KEYS        (1u << 20)
#define SLICE       (1u << 15) /* keys between two looks at the clock */
#define KEY_LEN     14
#define KEY_SIZE    16
#define BATCH       64u
#define ROUNDS      15
#define SIZES       3
#define TOKENS      HEARSAY_TOKENS_DEFAULT
#define MEMBERS_MAX 1000u
#define KETAMA_MAX  100u /* it refuses some hundreds, and ends the program */
#define CHANGES     20u

struct token {
    uint64_t point;
    uint32_t owner;
};

struct lab {
    struct hearsay_ring *ring, *heavy;
    struct token *tokens;
    size_t token_count;
#ifdef BENCH_KETAMA
    memcached_st *ketama; /* NULL: too many members for it */
#endif
};

static char keys[KEYS][KEY_SIZE];
static uint64_t hashes[KEYS];
static char names[MEMBERS_MAX + 1][16];
static struct hearsay_ring_member members[MEMBERS_MAX + 1];
static struct hearsay_allocator allocator;

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "ring: %s\n", what);
    exit(EXIT_FAILURE);
}

/* ---- what is measured: each answers for a slice of keys, and adds up the answers --------------
 */

static uint64_t run_hash(const struct lab *lab, size_t from)
{
    uint64_t sum = lab->token_count;
    for (size_t i = from; i < from + SLICE; i++)
        sum += XXH3_64bits(keys[i], KEY_LEN);
    return sum;
}

static uint64_t run_lookup(const struct lab *lab, size_t from)
{
    uint64_t sum = 0;
    for (size_t i = from; i < from + SLICE; i++) {
        uint32_t owner = 0;
        hearsay_ring_lookup(lab->ring, keys[i], KEY_LEN, &owner);
        sum += owner;
    }
    return sum;
}

static uint64_t run_owner(const struct lab *lab, size_t from)
{
    uint64_t sum = 0;
    for (size_t i = from; i < from + SLICE; i++) {
        uint32_t owner = 0;
        hearsay_ring_owner(lab->ring, hashes[i], &owner);
        sum += owner;
    }
    return sum;
}

/* The caller's work of naming keys is in the figure. */
static uint64_t run_lookup_many(const struct lab *lab, size_t from)
{
    struct hearsay_ring_key batch[BATCH];
    uint32_t owners[BATCH];
    uint64_t sum = 0;
    for (size_t i = from; i < from + SLICE; i += BATCH) {
        for (size_t k = 0; k < BATCH; k++)
            batch[k] = (struct hearsay_ring_key){keys[i + k], KEY_LEN};
        hearsay_ring_lookup_many(lab->ring, batch, BATCH, owners);
        for (size_t k = 0; k < BATCH; k++)
            sum += owners[k];
    }
    return sum;
}

static uint64_t run_owner_many(const struct lab *lab, size_t from)
{
    uint32_t owners[BATCH];
    uint64_t sum = 0;
    for (size_t i = from; i < from + SLICE; i += BATCH) {
        hearsay_ring_owner_many(lab->ring, hashes + i, BATCH, owners);
        for (size_t k = 0; k < BATCH; k++)
            sum += owners[k];
    }
    return sum;
}

static uint64_t sum_lists(const struct hearsay_ring *ring, size_t from)
{
    uint64_t sum = 0;
    for (size_t i = from; i < from + SLICE; i++) {
        uint32_t list[3] = {0};
        hearsay_ring_owners(ring, hashes[i], list, 3);
        sum += list[2];
    }
    return sum;
}

static uint64_t run_owners(const struct lab *lab, size_t from)
{
    return sum_lists(lab->ring, from);
}

static uint64_t run_replicas(const struct lab *lab, size_t from)
{
    uint64_t sum = 0;
    for (size_t i = from; i < from + SLICE; i++) {
        uint32_t list[3] = {0};
        hearsay_ring_replicas(lab->ring, hashes[i], list, 3);
        sum += list[2];
    }
    return sum;
}

static uint64_t run_owners_heavy(const struct lab *lab, size_t from)
{
    return sum_lists(lab->heavy, from);
}

static uint64_t run_plain(const struct lab *lab, size_t from)
{
    const struct token *tokens = lab->tokens;
    uint64_t sum = 0;
    for (size_t i = from; i < from + SLICE; i++) {
        uint64_t hash = XXH3_64bits(keys[i], KEY_LEN);
        size_t low = 0, high = lab->token_count;
        while (low < high) {
            size_t middle = (low + high) / 2;
            if (tokens[middle].point < hash)
                low = middle + 1;
            else
                high = middle;
        }
        sum += tokens[low == lab->token_count ? 0 : low].owner;
    }
    return sum;
}

#ifdef BENCH_KETAMA
static uint64_t run_ketama(const struct lab *lab, size_t from)
{
    uint64_t sum = 0;
    for (size_t i = from; lab->ketama != NULL && i < from + SLICE; i++)
        sum += memcached_generate_hash(lab->ketama, keys[i], KEY_LEN);
    return sum;
}
#endif

enum row { HASH, LOOKUP, OWNER, LOOKUP_MANY, OWNER_MANY, OWNERS, REPLICAS, HEAVY, PLAIN, KETAMA };

static const struct {
    const char *name;
    uint64_t (*run)(const struct lab *lab, size_t from);
} rows[] = {
    [HASH] = {"hash alone, inline", run_hash},
    [LOOKUP] = {"lookup of a key", run_lookup},
    [OWNER] = {"owner of a hash", run_owner},
    [LOOKUP_MANY] = {"64 keys a call, each", run_lookup_many},
    [OWNER_MANY] = {"64 hashes a call, each", run_owner_many},
    [OWNERS] = {"3 owners of a hash", run_owners},
    [REPLICAS] = {"3 replicas, 5 zones", run_replicas},
    [HEAVY] = {"3 owners behind a long run", run_owners_heavy},
    [PLAIN] = {"plain binary search, key", run_plain},
#ifdef BENCH_KETAMA
    [KETAMA] = {"ketama (libmemcached), key", run_ketama},
#endif
};
#define ROWS   (sizeof rows / sizeof rows[0])
#define SLICES (KEYS / SLICE)

/* ---- rings --------------------------------------------------------------------------------------
 */

static struct hearsay_ring *ring_of(size_t count)
{
    struct hearsay_ring *ring = NULL;
    if (hearsay_ring_new(&ring, &allocator, members, count) < 0)
        fail("no ring");
    return ring;
}

/* One member has 4,096 tokens and two have one each: what comes second and third lies far. */
static struct hearsay_ring *heavy_ring(void)
{
    static const struct hearsay_ring_member three[] = {
        {"heavy", NULL, HEARSAY_TOKENS_MAX}, {"light", NULL, 1}, {"lighter", NULL, 1}};
    struct hearsay_ring *ring = NULL;
    if (hearsay_ring_new(&ring, &allocator, three, 3) < 0)
        fail("no ring");
    return ring;
}

#ifdef BENCH_KETAMA
static memcached_st *ketama_of(size_t count)
{
    memcached_server_list_st list = NULL;
    memcached_return_t result;
    memcached_st *ketama = memcached_create(NULL);
    memcached_behavior_set(ketama, MEMCACHED_BEHAVIOR_DISTRIBUTION,
                           MEMCACHED_DISTRIBUTION_CONSISTENT_KETAMA);
    for (size_t i = 0; i < count; i++)
        list = memcached_server_list_append(list, names[i], 11211, &result);
    memcached_server_push(ketama, list);
    memcached_server_list_free(list);
    return ketama;
}
#endif

static void lab_init(struct lab *lab, size_t count)
{
    *lab = (struct lab){.ring = ring_of(count), .heavy = heavy_ring()};
    lab->token_count = hearsay_ring_tokens(lab->ring);
    lab->tokens = calloc(lab->token_count, sizeof(*lab->tokens));
    if (!lab->tokens)
        fail("no memory");
    for (size_t i = 0; i < lab->token_count; i++)
        lab->tokens[i].point = hearsay_ring_token(lab->ring, i, &lab->tokens[i].owner);
#ifdef BENCH_KETAMA
    lab->ketama = count <= KETAMA_MAX ? ketama_of(count) : NULL;
#endif
}

static void lab_fini(struct lab *lab)
{
    hearsay_ring_unref(lab->ring);
    hearsay_ring_unref(lab->heavy);
    free(lab->tokens);
#ifdef BENCH_KETAMA
    memcached_free(lab->ketama);
#endif
}

static void make_inputs(void)
{
    for (uint32_t i = 0; i < KEYS; i++) {
        snprintf(keys[i], KEY_SIZE, "key-%010" PRIu32, (i * UINT32_C(2654435761)) >> 1);
        hashes[i] = hearsay_ring_hash(keys[i], KEY_LEN);
    }
    static const char *const zones[] = {"a", "b", "c", "d", "e"};
    for (uint32_t i = 0; i <= MEMBERS_MAX; i++) {
        snprintf(names[i], sizeof names[i], "n%" PRIu32, i);
        members[i] = (struct hearsay_ring_member){names[i], zones[i % 5], TOKENS};
    }
}

/* ---- lookups ------------------------------------------------------------------------------------
 */

/* One pass of a row over all keys: the best time of each slice so far. Returns the answers' sum. */
static uint64_t run_row(const struct lab *lab, size_t row, double best[SLICES])
{
    uint64_t sum = 0;
    for (size_t slice = 0; slice < SLICES; slice++) {
        uint64_t begun = nanoseconds();
        sum += rows[row].run(lab, slice * SLICE);
        best[slice] = fmin(best[slice], (double)(nanoseconds() - begun));
    }
    return sum;
}

static void measure_lookups(size_t count, double ret_best[ROWS])
{
    static double best[ROWS][SLICES];
    struct lab lab;
    uint64_t expected = 0;
    lab_init(&lab, count);
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t row = 0; row < ROWS; row++) {
            for (size_t slice = 0; round == 0 && slice < SLICES; slice++)
                best[row][slice] = (double)INFINITY;
            uint64_t sum = run_row(&lab, row, best[row]);
            if (row == LOOKUP)
                expected = sum;
            if (row == OWNER || row == LOOKUP_MANY || row == OWNER_MANY || row == PLAIN)
                if (sum != expected)
                    fail("two ways, two answers");
        }
    }
    for (size_t row = 0; row < ROWS; row++) {
        ret_best[row] = 0;
        for (size_t slice = 0; slice < SLICES; slice++)
            ret_best[row] += best[row][slice] / KEYS;
    }
#ifdef BENCH_KETAMA
    if (lab.ketama == NULL)
        ret_best[KETAMA] = (double)NAN;
#endif
    lab_fini(&lab);
}

static void print_ratio(const char *what, double best[SIZES][ROWS], enum row slow, enum row fast)
{
    printf("%-30s", what);
    for (size_t size = 0; size < SIZES; size++)
        if (isnan(best[size][slow]))
            printf("%14s", "-");
        else
            printf("%13.2fx", best[size][slow] / best[size][fast]);
    putchar('\n');
}

static void bench_lookups(void)
{
    static const size_t sizes[SIZES] = {10, 100, 1000};
    static double best[SIZES][ROWS];
    for (size_t size = 0; size < SIZES; size++)
        measure_lookups(sizes[size], best[size]);
    printf("ns (best of %d rounds of %u keys)%11s%14s%14s members x %d\n", ROUNDS, KEYS, "10",
           "100", "1000", TOKENS);
    for (size_t row = 0; row < ROWS; row++) {
        printf("%-30s", rows[row].name);
        for (size_t size = 0; size < SIZES; size++)
            if (isnan(best[size][row]))
                printf("%14s", "-");
            else
                printf("%14.2f", best[size][row]);
        putchar('\n');
    }
    print_ratio("plain search / lookup", best, PLAIN, LOOKUP);
#ifdef BENCH_KETAMA
    print_ratio("ketama / lookup", best, KETAMA, LOOKUP);
#endif
    print_ratio("lookup / 64 keys a call", best, LOOKUP, LOOKUP_MANY);
    print_ratio("owner / 64 hashes a call", best, OWNER, OWNER_MANY);
    print_ratio("3 owners / 1 owner", best, OWNERS, OWNER);
    print_ratio("long run / 3 owners", best, HEAVY, OWNERS);
}

/* ---- changes ------------------------------------------------------------------------------------
 */

enum change { JOIN, LEAVE, JOIN_TENTH, REBUILD, MOVED, CHANGE_KINDS };

/* The time of one change, in microseconds. */
static double time_change(const struct hearsay_ring *ring, const struct hearsay_ring *fewer,
                          size_t count, enum change kind)
{
    const char *leaver = names[count / 2];
    struct hearsay_ring *next = NULL;
    uint64_t moved = 1;
    int error = 0;
    uint64_t begun = nanoseconds();
    if (kind == JOIN)
        error = hearsay_ring_change(&next, ring, NULL, 0, &members[count], 1);
    else if (kind == LEAVE)
        error = hearsay_ring_change(&next, ring, &leaver, 1, NULL, 0);
    else if (kind == JOIN_TENTH)
        error =
            hearsay_ring_change(&next, fewer, NULL, 0, &members[count - count / 10], count / 10);
    else if (kind == REBUILD)
        error = hearsay_ring_new(&next, &allocator, members, count);
    else
        moved = hearsay_ring_moved(fewer, ring);
    double took = (double)(nanoseconds() - begun);
    if (error < 0 || moved == 0)
        fail("no change");
    hearsay_ring_unref(next);
    return took / 1e3;
}

static double ketama_rebuild(size_t count)
{
    double best = (double)NAN;
#ifdef BENCH_KETAMA
    for (uint32_t i = 0; i < CHANGES && count <= KETAMA_MAX; i++) {
        uint64_t begun = nanoseconds();
        memcached_st *ketama = ketama_of(count);
        double took = (double)(nanoseconds() - begun) / 1e3;
        memcached_free(ketama);
        best = isnan(best) || took < best ? took : best;
    }
#else
    (void)count;
#endif
    return best;
}

static void bench_changes(size_t count)
{
    static const char *const kinds[CHANGE_KINDS] = {"one joins, merge", "one leaves, merge",
                                                    "a tenth joins at once", "all anew",
                                                    "moved share of a tenth"};
    struct hearsay_ring *ring = ring_of(count), *fewer = ring_of(count - count / 10);
    double best[CHANGE_KINDS];
    for (size_t kind = 0; kind < CHANGE_KINDS; kind++)
        best[kind] = (double)INFINITY;
    for (uint32_t i = 0; i < CHANGES; i++)
        for (size_t kind = 0; kind < CHANGE_KINDS; kind++)
            best[kind] = fmin(best[kind], time_change(ring, fewer, count, (enum change)kind));
    printf("\nus at %zu x %d (best of %u)\n", count, TOKENS, CHANGES);
    for (size_t kind = 0; kind < CHANGE_KINDS; kind++)
        printf("%-30s%14.1f%13.2fx of all anew\n", kinds[kind], best[kind],
               best[kind] / best[REBUILD]);
    double ketama = ketama_rebuild(count);
    if (!isnan(ketama))
        printf("%-30s%14.1f%13.2fx of all anew\n", "ketama, all anew", ketama,
               ketama / best[REBUILD]);
    hearsay_ring_unref(ring);
    hearsay_ring_unref(fewer);
}

/* ---- balance ------------------------------------------------------------------------------------
 */

static double share_of(const struct hearsay_ring *ring, uint32_t index)
{
    return (double)hearsay_ring_share(ring, index) / 0x1p64;
}

/* Of N points thrown at random, k of one member, the share's deviation relative to its mean is
 * sqrt((N - k) / (k (N + 1))): the gaps are a Dirichlet distribution. */
static void bench_balance(void)
{
    enum { COUNT = 100 };
    struct hearsay_ring *ring = ring_of(COUNT);
    double most = 0, squares = 0, k = TOKENS, n = k * COUNT;
    for (uint32_t i = 0; i < COUNT; i++) {
        double part = share_of(ring, i) * COUNT;
        most = fmax(most, part);
        squares += (part - 1) * (part - 1);
    }
    printf("\nbalance at %d x %d, exact shares: max / mean %.3f, standard deviation %.2f %% of the "
           "mean "
           "(theory %.2f %%)\n",
           COUNT, TOKENS, most, 100 * sqrt(squares / COUNT), 100 * sqrt((n - k) / (k * (n + 1))));
    hearsay_ring_unref(ring);
}

static void bench_weights(void)
{
    enum { COUNT = 99 };
    struct hearsay_ring_member weighted[COUNT];
    struct hearsay_ring *ring = NULL;
    double totals[3] = {0};
    for (uint32_t i = 0; i < COUNT; i++)
        weighted[i] = (struct hearsay_ring_member){names[i], NULL, (uint32_t)TOKENS << i % 3};
    if (hearsay_ring_new(&ring, &allocator, weighted, COUNT) < 0)
        fail("no ring");
    for (uint32_t i = 0; i < COUNT; i++) {
        uint32_t tokens = hearsay_ring_member_at(ring, i).tokens;
        totals[tokens == TOKENS ? 0 : tokens == 2 * TOKENS ? 1 : 2] += share_of(ring, i);
    }
    printf("weights 1:2:4 over %d members, each class beside its due:", COUNT);
    for (int i = 0; i < 3; i++)
        printf(" %+.2f %%", 100 * (totals[i] * 7 / (1 << i) - 1));
    putchar('\n');
    hearsay_ring_unref(ring);
}

int main(void)
{
    allocator = hearsay_host_allocator();
    make_inputs();
    bench_lookups();
    bench_changes(100);
    bench_changes(1000);
    bench_balance();
    bench_weights();
    return EXIT_SUCCESS;
}
