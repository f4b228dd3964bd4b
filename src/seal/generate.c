/* SPDX-License-Identifier: Apache-2.0 */
#include <stdbool.h>
#include <sys/random.h>

#include <nettle/base64.h>

#include <hearsay/error.h>
#include <hearsay/keyring.h>

#include "seal/text.h"

int hearsay_key_generate(char ret_line[HEARSAY_KEY_TEXT_SIZE])
{
    uint8_t secret[HEARSAY_KEY_SIZE];
    /* One call is enough: once seeded, the kernel returns up to 256 bytes completely or fails. */
    bool filled = getrandom(secret, sizeof(secret), 0) == (ssize_t)sizeof(secret);
    if (filled) {
        base64_encode_raw(ret_line, sizeof(secret), secret);
        ret_line[HS_KEY_BASE64] = '\n';
        ret_line[HS_KEY_BASE64 + 1] = '\0';
    }
    hearsay_wipe(secret, sizeof(secret));
    return filled ? 0 : HEARSAY_ERR_INVALID;
}
