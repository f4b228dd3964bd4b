/* SPDX-License-Identifier: Apache-2.0 */
/* Metadata: a pool has each object once for all its holders, and frees it with the last one. */
#include "inspect.h"
#include "rig.h"

#include <hearsay-tree/many.h>

#include "view/metadata.h"

#define NODES 3

struct bench {
    struct rig_memory memory;
    struct hearsay_allocator allocator;
    struct hs_meta_pool *pool;
};

static void start(struct bench *bench)
{
    *bench = (struct bench){0};
    bench->allocator = rig_allocator(&bench->memory);
    ck_assert_int_eq(hs_meta_pool_new(&bench->pool, &bench->allocator), 0);
}

static void stop(struct bench *bench)
{
    ck_assert_uint_eq(hs_meta_pool_count(bench->pool), 0);
    ck_assert_uint_eq(hs_meta_pool_bytes(bench->pool), 0);
    hs_meta_pool_free(bench->pool);
    ck_assert_uint_eq(bench->memory.live, 0);
}

static const struct hs_meta *take(struct bench *bench, const struct rig_peer *peer, uint64_t hash)
{
    return hs_meta_take(bench->pool, &bench->allocator, peer->bytes, peer->len, &peer->blob, hash);
}

static uint64_t hash_of(const struct rig_peer *peer)
{
    return hs_hash(peer->bytes, peer->len);
}

START_TEST(test_metadata_says_what_its_blob_says)
{
    struct bench bench;
    struct rig_peer peer;
    start(&bench);
    rig_peer_init(&peer, "n2", 2, 77);
    const struct hs_meta *meta = take(&bench, &peer, hash_of(&peer));
    ck_assert_str_eq(hs_meta_name(meta), "n2");
    ck_assert_uint_eq(meta->id, rig_peer_id(&peer));
    ck_assert_uint_eq(meta->name_hash, hs_hash("n2", 2));
    ck_assert(hearsay_addr_equal(&meta->addr, &peer.blob.addr));
    ck_assert_uint_eq(meta->tokens, peer.blob.tokens);
    ck_assert_uint_eq(meta->len, peer.len);
    ck_assert_mem_eq(meta->blob, peer.bytes, peer.len);
    hs_meta_drop(bench.pool, &bench.allocator, meta);
    stop(&bench);
}
END_TEST

START_TEST(test_equal_blobs_share_metadata_until_the_last_is_dropped)
{
    struct bench bench;
    struct rig_peer one, other;
    start(&bench);
    rig_peer_init(&one, "n2", 2, 77);
    rig_peer_init(&other, "n2", 2, 78);
    const struct hs_meta *first = take(&bench, &one, hash_of(&one));
    const struct hs_meta *again = take(&bench, &one, hash_of(&one));
    const struct hs_meta *new_instance = take(&bench, &other, hash_of(&other));
    ck_assert_ptr_eq(first, again);
    ck_assert_ptr_ne(first, new_instance);
    ck_assert_uint_eq(hs_meta_pool_count(bench.pool), 2);
    hs_meta_drop(bench.pool, &bench.allocator, first);
    ck_assert_uint_eq(hs_meta_pool_count(bench.pool), 2);
    hs_meta_drop(bench.pool, &bench.allocator, again);
    ck_assert_uint_eq(hs_meta_pool_count(bench.pool), 1);
    ck_assert_uint_eq(hs_meta_pool_bytes(bench.pool), hs_meta_size(new_instance));
    hs_meta_drop(bench.pool, &bench.allocator, new_instance);
    stop(&bench);
}
END_TEST

/* Were two blobs of one hash taken for one, a member would bear another's name. */
START_TEST(test_blobs_with_one_hash_stay_two)
{
    struct bench bench;
    struct rig_peer one, other;
    start(&bench);
    rig_peer_init(&one, "n2", 2, 77);
    rig_peer_init(&other, "n3", 3, 77);
    const struct hs_meta *first = take(&bench, &one, 4711), *second = take(&bench, &other, 4711);
    ck_assert_str_eq(hs_meta_name(first), "n2");
    ck_assert_str_eq(hs_meta_name(second), "n3");
    ck_assert_ptr_eq(take(&bench, &one, 4711), first);
    hs_meta_drop(bench.pool, &bench.allocator, first);
    hs_meta_drop(bench.pool, &bench.allocator, first);
    hs_meta_drop(bench.pool, &bench.allocator, second);
    stop(&bench);
}
END_TEST

/* Thousands come and go at random, held against an array. */
START_TEST(test_many_come_and_go)
{
    enum { PEERS = 64, STEPS = 20000 };
    static struct rig_peer peers[PEERS];
    const struct hs_meta *metas[PEERS] = {0};
    uint32_t shares[PEERS] = {0}, distinct = 0;
    struct bench bench;
    uint64_t random = 3;
    start(&bench);
    for (unsigned i = 0; i < PEERS; i++)
        rig_peer_init(&peers[i], "n2", 1 + i, 1000 + i);
    for (unsigned step = 0; step < STEPS; step++) {
        unsigned at = (unsigned)harness_below(&random, PEERS);
        if (harness_below(&random, 2) && shares[at]) {
            hs_meta_drop(bench.pool, &bench.allocator, metas[at]);
            distinct -= --shares[at] == 0;
        } else {
            const struct hs_meta *meta = take(&bench, &peers[at], hash_of(&peers[at]));
            ck_assert(!shares[at] || meta == metas[at]);
            ck_assert_uint_eq(meta->id, rig_peer_id(&peers[at]));
            metas[at] = meta;
            distinct += shares[at]++ == 0;
        }
        ck_assert_uint_eq(hs_meta_pool_count(bench.pool), distinct);
    }
    for (unsigned at = 0; at < PEERS; at++)
        while (shares[at]-- > 0)
            hs_meta_drop(bench.pool, &bench.allocator, metas[at]);
    stop(&bench);
}
END_TEST

START_TEST(test_no_memory_changes_nothing)
{
    struct bench bench;
    struct rig_peer peer;
    start(&bench);
    rig_peer_init(&peer, "n2", 2, 77);
    for (size_t n = 1;; n++) {
        bench.memory.fail = n;
        bench.memory.failed = false;
        const struct hs_meta *meta = take(&bench, &peer, hash_of(&peer));
        if (meta) {
            ck_assert_uint_gt(n, 1);
            hs_meta_drop(bench.pool, &bench.allocator, meta);
            break;
        }
        ck_assert(bench.memory.failed);
        ck_assert_uint_eq(hs_meta_pool_count(bench.pool), 0);
    }
    bench.memory.fail = 0;
    stop(&bench);
}
END_TEST

/* ---- nodes that share a pool ------------------------------------------------------------- */

static void start_nodes(struct bench *bench, struct hearsay_node *nodes[NODES])
{
    static const char *const names[NODES] = {"a", "b", "c"};
    struct hearsay_now now = {RIG_BOOT, RIG_WALL};
    struct rig rig;
    start(bench);
    rig_init(&rig);
    rig.config.allocator = bench->allocator;
    for (unsigned i = 0; i < NODES; i++) {
        rig.config.name = names[i];
        rig.config.advertise = rig_addr(1 + i);
        rig.config.entropy[0] = (uint8_t)(1 + i);
        ck_assert_int_eq(hs_node_new_sharing(&nodes[i], &rig.config, now, bench->pool), 0);
    }
}

START_TEST(test_introduced_nodes_agree_and_share_their_metadata)
{
    struct hearsay_now now = {RIG_BOOT, RIG_WALL};
    struct hearsay_node *nodes[NODES];
    struct hearsay_stats stats;
    struct hearsay_event event;
    struct bench bench;
    start_nodes(&bench, nodes);
    for (unsigned i = 0; i < NODES; i++)
        for (unsigned k = 0; k < NODES; k++)
            if (i != k)
                ck_assert_int_eq(hs_node_introduce(nodes[i], now, nodes[k]), 0);
    hearsay_node_stats(nodes[0], &stats);
    uint64_t digest = stats.digest;
    for (unsigned i = 0; i < NODES; i++) {
        hearsay_node_stats(nodes[i], &stats);
        ck_assert_uint_eq(stats.digest, digest);
        ck_assert_uint_eq(stats.members[HEARSAY_STATUS_ALIVE], NODES);
        ck_assert_uint_eq(stats.rumors_waiting, 1); /* of itself: nobody is told of the others */
        ck_assert_ptr_null(inspect_node(nodes[i]));
        for (unsigned k = 0; k < NODES; k++) {
            ck_assert(hearsay_node_next_event(nodes[i], now, &event));
            ck_assert_int_eq(event.kind, HEARSAY_EVENT_MEMBER);
        }
    }
    ck_assert_uint_eq(hs_meta_pool_count(bench.pool), NODES);
    for (unsigned i = 0; i < NODES; i++)
        hearsay_node_free(nodes[i]);
    stop(&bench);
}
END_TEST

START_TEST(test_who_may_not_be_introduced)
{
    struct hearsay_now now = {RIG_BOOT, RIG_WALL};
    struct hearsay_node *nodes[NODES], *stranger;
    struct bench bench;
    struct rig rig;
    start_nodes(&bench, nodes);
    rig_init(&rig);
    rig.config.allocator = bench.allocator;
    rig.config.cluster = "elsewhere";
    rig.config.max_members = 2;
    ck_assert_int_eq(hearsay_node_new(&stranger, &rig.config, now), 0);
    ck_assert_int_eq(hs_node_introduce(nodes[0], now, stranger), HEARSAY_ERR_INVALID);
    hearsay_node_free(stranger);
    rig.config.cluster = nodes[0]->core.cluster;
    ck_assert_int_eq(hearsay_node_new(&stranger, &rig.config, now), 0);
    ck_assert_int_eq(hs_node_introduce(stranger, now, nodes[0]), 0);
    ck_assert_int_eq(hs_node_introduce(stranger, now, nodes[1]), HEARSAY_ERR_FULL);
    ck_assert_int_eq(hs_node_introduce(stranger, now, nodes[0]), 0);
    hearsay_node_free(stranger);
    for (unsigned i = 0; i < NODES; i++)
        hearsay_node_free(nodes[i]);
    stop(&bench);
}
END_TEST

HARNESS_MAIN("metadata", test_metadata_says_what_its_blob_says,
             test_equal_blobs_share_metadata_until_the_last_is_dropped,
             test_blobs_with_one_hash_stay_two, test_many_come_and_go,
             test_no_memory_changes_nothing, test_introduced_nodes_agree_and_share_their_metadata,
             test_who_may_not_be_introduced)
