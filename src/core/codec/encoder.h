/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A datagram under construction, and how datagrams are sealed.
 */
#ifndef HS_CODEC_ENCODER_H
#define HS_CODEC_ENCODER_H

#include <stddef.h>
#include <stdint.h>

#include <hearsay/seal.h>

#define HS_KEY_PLAIN 0u /* the mark of no key: the plain form */

/* How datagrams are sealed, and this node's own identity. */
struct hs_wire {
    const struct hearsay_seal *seal; /* of the plain form */
    const void *seal_context;
    const struct hearsay_cipher *cipher; /* NULL: there are no keys */
    const void *cipher_context;
    enum hearsay_seal_mode mode;
    uint32_t key_count;              /* 0 in the mode `off` */
    uint32_t keys[HEARSAY_KEYS_MAX]; /* their marks, in the order of the key file */
    uint32_t cluster;                /* hs_cluster_tag */
    uint64_t self_id;                /* our member id */
    uint64_t self_binding;           /* hs_hash of our name */
};

/* A datagram under construction in the caller's buffer. hs_encode_begin writes the head and the
 * fixed part of the body. Rumors are appended as long as they fit. hs_encode_end seals the
 * datagram. */
struct hs_encoder {
    uint8_t *bytes;
    size_t at;    /* next byte to write */
    size_t limit; /* greatest end of the body: the trailer fits after it */
    const struct hs_wire *wire;
    uint64_t binding;
    uint32_t key; /* mark of the key that seals it, or HS_KEY_PLAIN */
};

#endif
