/* SPDX-License-Identifier: Apache-2.0 */
/* Opens and seals datagrams with the bindings of a node's faces. */
#ifndef SWARM_SEAL_H
#define SWARM_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hearsay/hearsay.h>

/* What a node's seal is told and tells. */
struct swarm_seal {
    uint64_t opens; /* binding with which the datagram at hand is opened */
    uint64_t bound; /* binding with which the last one was to be sealed */
    bool trusted;   /* it comes from within: not sealed */
};

struct swarm_seal_context {
    struct swarm_seal *seal; /* the vtable's context is const, what happens is not */
};

extern const struct hearsay_seal swarm_seal;

/* Seals a datagram that is complete but for its trailer, for the receiver with this binding. */
void swarm_seal_anew(uint8_t *bytes, size_t len, uint64_t binding);

/* XXH3-64 of a receiver's name. */
uint64_t swarm_seal_binding(const char *name);

#endif
