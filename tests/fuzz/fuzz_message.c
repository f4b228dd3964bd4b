/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz target: one datagram, as Bob hears it. The first byte chooses: odd, and the rest is sealed
 * as it should be before it is decoded, so that the fuzzer gets behind the checksum; even, and it
 * is taken as it comes. What is taken must be in range, and whatever it borrows must be there.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "codec/message.h"
#include "sample.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool condition)
{
    if (!condition)
        abort();
}

static void check_blob(const struct hs_rumor *rumor)
{
    const struct hs_blob blob = rumor->decoded;
    const char *key, *value;
    size_t cursor = 0, key_len, value_len, seen = 0;
    demand(hs_member_id(blob.name, blob.name_len, blob.instance) == rumor->id);
    demand(blob.addr.port != 0 && blob.tokens >= 1 && blob.tokens <= HEARSAY_TOKENS_MAX);
    while (hs_tags_next(blob.tags, blob.tags_len, &cursor, &key, &key_len, &value, &value_len))
        seen += key_len + value_len;
    demand(seen <= HEARSAY_TAGS_MAX);
}

static void check_rumors(struct hs_rumors rumors)
{
    struct hs_rumor rumor;
    enum hs_rumor_result result;
    while ((result = hs_rumors_next(&rumors, &rumor)) != HS_RUMOR_END) {
        if (result != HS_RUMOR_OK)
            continue;
        demand(rumor.status >= HEARSAY_SUSPECT && rumor.status <= HEARSAY_DEAD);
        demand((rumor.status == HEARSAY_DEAD) == (rumor.cause != HEARSAY_CAUSE_NONE));
        demand(rumor.accuser_count <= HS_ACCUSERS_MAX);
        demand(rumor.refused_mask >> rumor.accuser_count == 0);
        if (rumor.blob != NULL)
            check_blob(&rumor);
    }
}

static void check_message(const struct hs_message *message)
{
    size_t bits = (size_t)1 << message->bits;
    demand(message->kind >= HEARSAY_KIND_GOSSIP && message->kind < HEARSAY_KIND_LIMIT);
    demand(message->bits <= HS_BUCKET_BITS && message->step <= HS_SYNC_FINER);
    demand(message->finding <= HS_FINDING_REFUSED && message->reason <= HS_REFUSAL_FULL);
    if (message->buckets != NULL)
        hs_hash(message->buckets, 4 * bits);
    if (message->bitmap != NULL)
        hs_hash(message->bitmap, bits < 8 ? 1 : bits / 8);
    if (message->entries != NULL)
        hs_hash(message->entries, message->entry_count * hs_sync_entry_size(message->step));
    if (message->masks != NULL)
        hs_hash(message->masks, message->mask_count);
    check_rumors(message->rumors);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hs_wire bob = sample_wire("bob");
    struct hs_message message;
    enum hearsay_drop why = HEARSAY_DROP_COUNT;
    if (size < 1)
        return 0;
    size_t len = size - 1;
    uint8_t *bytes = malloc(len > 0 ? len : 1); /* its own block: reads past its end are seen */
    if (bytes == NULL)
        return 0;
    memcpy(bytes, data + 1, len);
    if (data[0] & 1 && len >= HS_HEAD_SIZE + hearsay_seal_none.trailer_size)
        sample_reseal(bytes, len);
    if (hs_message_decode(&message, &why, &bob, bytes, len))
        check_message(&message);
    else
        demand(why < HEARSAY_DROP_COUNT);
    free(bytes);
    return 0;
}
