/* SPDX-License-Identifier: Apache-2.0 */
#include "seal/wipe.h"

#include <stdint.h>
#include <string.h>

#include <hearsay/keyring.h>

#define STACK_WIPED 2048 /* bytes; nettle's HMAC and HKDF need less than a quarter of it */

void hearsay_wipe(void *bytes, size_t len)
{
    explicit_bzero(bytes, len);
}

/* A sanitizer would give it another stack than the library's functions had. */
__attribute__((noinline, no_sanitize("address"))) void hs_wipe_stack(void)
{
    uint8_t below[STACK_WIPED];
    explicit_bzero(below, sizeof(below));
}
