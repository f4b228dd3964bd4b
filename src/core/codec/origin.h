/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a cluster comes from, and whom a join means (R26: who is meant). codec/message.h shows the
 * bytes.
 */
#ifndef HS_CODEC_ORIGIN_H
#define HS_CODEC_ORIGIN_H

#include <stdbool.h>
#include <stdint.h>

#include <hearsay/addr.h>

#include "codec/cursor.h"
#include "codec/encoder.h"
#include "codec/pack.h"

/* The founder of a cluster: the member through which the first other one joined. Its id tells two
 * clusters of one name apart. Its name and address let those who have lost it recognise a cluster
 * that grew around it meanwhile. */
struct hs_origin {
    uint64_t id;        /* of the founder's process; 0: this process has not met anybody yet */
    uint64_t name_hash; /* XXH3-64 of the founder's name */
    struct hearsay_addr addr; /* family 0: no origin is given */
};

/* What a join says beside its sender's record. */
struct hs_call {
    struct hs_origin origin; /* of the sender's cluster */
    uint64_t meant;          /* XXH3-64 of the name of the member that is meant; 0: anybody */
    bool judged;             /* the sender has heard who answers, and means it */
};

/* Three objects: the origin within a body. */
void hs_origin_pack(struct hs_pack *pack, const struct hs_origin *origin);
bool hs_origin_read(struct hs_cursor *cursor, struct hs_origin *ret_origin);

/* Appends a call to a join. Returns false, and appends nothing, if it does not fit. */
bool hs_encode_call(struct hs_encoder *encoder, const struct hs_call *call);

/* Finds the call among the objects of a join. Without one *ret_call is zero: releases before it
 * mean anybody. */
void hs_call_find(struct hs_cursor objects, struct hs_call *ret_call);

#endif
