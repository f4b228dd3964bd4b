/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rumors: records on the wire. codec/message.h shows their bytes.
 */
#ifndef HS_CODEC_RUMOR_H
#define HS_CODEC_RUMOR_H

#include <stdbool.h>

#include "codec/blob.h"
#include "codec/encoder.h"
#include "codec/wire.h"

/* A decoded rumor. It borrows from the datagram. `blob` is NULL in a brief. */
struct hs_rumor {
    const uint8_t *blob;
    size_t blob_len;
    uint64_t id;         /* brief: the member's id; record: set by decoding from the blob */
    uint32_t blob_check; /* brief: low half of hs_hash(blob); record: not on the wire, 0 */
    uint64_t timestamp;
    enum hearsay_status status;
    enum hearsay_cause cause;
    /* dead or suspect: milliseconds; of a death of another cause than `failed`, whole seconds */
    uint64_t age;
    bool ended; /* dead, failed: the subject's own last words say so (R60) */
    uint8_t accuser_count, refused_mask;
    uint64_t accusers[HS_ACCUSERS_MAX];
    struct hs_blob decoded; /* set with blob by hs_rumors_next; hs_encode_rumor ignores it */
};

/* ---- reading ----------------------------------------------------------------------------- */

/* Rumors are decoded one by one while they are merged. hs_message_decode has already checked that
 * the body is well-formed msgpack. */
struct hs_rumors {
    const uint8_t *at, *end;
};

enum hs_rumor_result {
    HS_RUMOR_END = 0,
    HS_RUMOR_OK,
    HS_RUMOR_SKIP,  /* a kind that we do not know: skipped (R12) */
    HS_RUMOR_VALUE, /* a known kind with a field out of range: counted, then go on */
};

enum hs_rumor_result hs_rumors_next(struct hs_rumors *rumors, struct hs_rumor *ret_rumor);

/* ---- writing ----------------------------------------------------------------------------- */

/* Appends a rumor: a record if rumor->blob is set, else a brief. Returns false, and appends
 * nothing, if it does not fit. */
bool hs_encode_rumor(struct hs_encoder *encoder, const struct hs_rumor *rumor);

#endif
