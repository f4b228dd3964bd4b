/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz target: one datagram, as Bob hears it. The first byte chooses: odd, and the rest is sealed
 * as it should be before it is decoded, so that the fuzzer gets behind the checksum; even, and it
 * is taken as it comes. What is taken must be in range, and whatever it borrows must be there.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "codec/decode.h"
#include "codec/message.h"
#include "sample.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool condition)
{
    if (!condition)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hs_wire bob = sample_wire("bob");
    struct hs_message message;
    enum hearsay_drop reason = HEARSAY_DROP_COUNT;
    if (size < 1)
        return 0;
    size_t len = size - 1;
    uint8_t *bytes = malloc(len > 0 ? len : 1); /* its own block: reads past its end are seen */
    if (bytes == NULL)
        return 0;
    memcpy(bytes, data + 1, len);
    if (data[0] & 1 && len >= HS_HEAD_SIZE + hearsay_seal_none.trailer_size)
        sample_reseal(bytes, len);
    if (hs_message_decode(&message, &reason, &bob, bytes, len))
        demand(sample_fault(&message) == NULL);
    else
        demand(reason < HEARSAY_DROP_COUNT);
    free(bytes);
    return 0;
}
