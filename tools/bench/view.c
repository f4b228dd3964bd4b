/* SPDX-License-Identifier: Apache-2.0 */
#include "view.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <hearsay/host.h>

struct sim_counting view_memory;

void view_fail(const char *what)
{
    fprintf(stderr, "bench: %s\n", what);
    exit(EXIT_FAILURE);
}

static size_t make_blob(uint8_t bytes[HS_BLOB_MAX], uint32_t at, uint64_t start)
{
    char name[24];
    struct hs_blob blob = {.name = name,
                           .instance = at + 1,
                           .start = start,
                           .tokens = 128,
                           .version_min = 1,
                           .version_max = 1};
    blob.name_len = (size_t)snprintf(name, sizeof name, "member-%u", at);
    blob.addr = (struct hearsay_addr){.family = 4, .port = 7847, .bytes = {10, 1}};
    blob.addr.bytes[2] = (uint8_t)(at >> 8);
    blob.addr.bytes[3] = (uint8_t)at;
    int len = hs_blob_encode(bytes, HS_BLOB_MAX, &blob, NULL, 0);
    if (len < 0)
        view_fail("a blob does not encode");
    return (size_t)len;
}

struct hs_rumor view_rumor(uint8_t bytes[HS_BLOB_MAX], uint32_t at, uint64_t timestamp,
                           enum view_shape shape)
{
    size_t len = make_blob(bytes, at, shape == VIEW_CHANGED ? timestamp : VIEW_WALL);
    struct hs_blob blob;
    if (!hs_blob_decode(&blob, bytes, len))
        view_fail("a blob does not decode");
    return (struct hs_rumor){
        .blob = shape == VIEW_BRIEF ? NULL : bytes,
        .blob_len = len,
        .decoded = blob,
        .blob_check = (uint32_t)hs_hash(bytes, len),
        .id = hs_member_id(blob.name, blob.name_len, blob.instance),
        .timestamp = timestamp,
        .status = HEARSAY_STATUS_ALIVE,
    };
}

struct hearsay_node *view_node(const char *name, uint8_t host, struct hearsay_now now)
{
    struct hearsay_config config;
    struct hearsay_node *node;
    hearsay_config_init(&config, HEARSAY_PROFILE_LAN);
    config.name = name;
    config.advertise = (struct hearsay_addr){.family = 4, .port = 7847, .bytes = {10, 0, 0, host}};
    config.allocator = sim_counting_allocator(&view_memory);
    config.ring = false;
    config.seed = host;
    config.entropy[0] = host;
    if (hearsay_node_new(&node, &config, now) != 0)
        view_fail("no node");
    return node;
}

void view_fill(struct hearsay_node *node, uint32_t members)
{
    for (uint32_t at = 0; at < members; at++) {
        uint8_t bytes[HS_BLOB_MAX];
        struct hs_rumor rumor = view_rumor(bytes, at, VIEW_WALL, VIEW_RECORD);
        hs_merge_rumor(&node->merger, &rumor, &(struct hs_source){.from = HS_NO_SLOT});
    }
}
