/* SPDX-License-Identifier: Apache-2.0 */
/* Files for the targets that read states. */
#ifndef HS_TESTS_FUZZ_STATE_FILE_H
#define HS_TESTS_FUZZ_STATE_FILE_H

#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hearsay/ring.h>

#define HEAD_ROOM 80

/* The first byte says how the rest is to be taken: if it is odd, as what stands behind a head of
 * this kind with the right length and checksum, which the fuzzer could not guess; else as a whole
 * file. The file is of its own size, for the sanitizer, and to be freed. */
static inline char *state_file_make(const char *kind, const uint8_t *data, size_t size,
                                    size_t *ret_len)
{
    size_t len = size ? size - 1 : 0;
    char head[HEAD_ROOM] = "";

    if (size > 0 && (data[0] & 1))
        snprintf(head, HEAD_ROOM, "%s 1 %016" PRIx64 " %zu\n", kind,
                 hearsay_ring_hash(data + 1, len), len + 1);
    size_t head_len = strlen(head), whole = head_len + len + (head_len > 0);
    char *file = malloc(whole ? whole : 1);
    if (!file)
        abort();
    memcpy(file, head, head_len);
    if (len > 0)
        memcpy(file + head_len, data + 1, len);
    if (head_len > 0)
        file[whole - 1] = '\n';
    *ret_len = whole;
    return file;
}

#endif
