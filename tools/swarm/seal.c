/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The seal of the swarm's nodes: on the wire it is the null cipher to the byte, but it opens what
 * is bound to any face of a node, leaves unsealed what stays within the process, and remembers the
 * binding of what goes out, so that it can be sealed once its sender is known.
 */
#define XXH_INLINE_ALL
#include "seal.h"

#include <string.h>

#include <xxhash.h>

#include "wire.h"

#define MARKER_U32 0xceu

static void make_trailer(const uint8_t *head, size_t len, uint64_t binding, uint8_t *trailer)
{
    uint32_t sum = (uint32_t)XXH3_64bits_withSeed(head, len, binding);
    trailer[0] = MARKER_U32;
    for (unsigned i = 1; i < WIRE_TRAILER; i++)
        trailer[i] = (uint8_t)(sum >> (32 - 8 * i));
}

void swarm_seal_anew(uint8_t *bytes, size_t len, uint64_t binding)
{
    make_trailer(bytes, len - WIRE_TRAILER, binding, bytes + len - WIRE_TRAILER);
}

uint64_t swarm_seal_binding(const char *name)
{
    return XXH3_64bits(name, strlen(name));
}

static void remember(const void *context, uint64_t binding, const uint8_t *head, size_t head_len,
                     uint8_t *body, size_t body_len, uint8_t *trailer)
{
    const struct swarm_seal_context *own = context;
    (void)head;
    (void)head_len;
    (void)body;
    (void)body_len;
    own->seal->bound = binding;
    memset(trailer, 0, WIRE_TRAILER);
    trailer[0] = MARKER_U32;
}

/* A binding of 0 is no name's: it is that of joins and challenges, whose receiver may be
 * anybody. */
static bool open_for_face(const void *context, uint64_t binding, const uint8_t *head,
                          size_t head_len, uint8_t *body, size_t body_len, const uint8_t *trailer)
{
    const struct swarm_seal_context *own = context;
    uint8_t expected[WIRE_TRAILER];
    (void)body;
    if (own->seal->trusted)
        return true;
    make_trailer(head, head_len + body_len, binding ? own->seal->opens : 0, expected);
    return memcmp(trailer, expected, sizeof(expected)) == 0;
}

static uint64_t mac(const void *context, const uint8_t secret[32], const void *bytes, size_t len)
{
    (void)context;
    return hearsay_seal_none.mac(NULL, secret, bytes, len);
}

const struct hearsay_seal swarm_seal = {
    .name = "swarm",
    .trailer_size = WIRE_TRAILER,
    .seal = remember,
    .open = open_for_face,
    .mac = mac,
};
