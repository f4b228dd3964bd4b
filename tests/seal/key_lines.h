/* SPDX-License-Identifier: Apache-2.0 */
/* Keys for tests, as lines of a key file, and keyrings of them. */
#ifndef HS_TEST_KEY_LINES_H
#define HS_TEST_KEY_LINES_H

#include <check.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <hearsay/keyring.h>

/* The key of docs/protocol.md, "The same, sealed": bytes 0 to 31. */
#define KEY_A "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define KEY_B "//////////////////////////////////////////8="
#define KEY_C "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="

#define CLUSTER "hearsay"

/* Under AddressSanitizer frames lie elsewhere than on the stack, and mlock does nothing. */
#if defined(__SANITIZE_ADDRESS__)
#define IS_SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define IS_SANITIZED true
#endif
#endif
#ifndef IS_SANITIZED
#define IS_SANITIZED false
#endif

static inline struct hearsay_keyring *keyring_of(const char *text)
{
    struct hearsay_keyring_error error = {0, ""};
    struct hearsay_keyring *keyring = NULL;
    int err = hearsay_keyring_parse(&keyring, CLUSTER, text, strlen(text), &error);
    ck_assert_msg(err == 0, "%u: %s", error.line, error.text);
    return keyring;
}

#endif
