/* SPDX-License-Identifier: Apache-2.0 */
/*
 * No piece of a key stays on the stack. Each use runs in a thread whose stack is ours, so that it
 * can be searched afterwards for the key and for all that is made of it.
 */
#include "harness.h"

#include <pthread.h>
#include <sys/mman.h>

#include <nettle/hkdf.h>

#include "key_lines.h"
#include "seal/keyring.h"

#define STACK_SIZE (256u * 1024u)
#define PIECE      8 /* bytes that count as a piece of a key */

static uint8_t *stack;
static uint8_t left[STACK_SIZE]; /* what was on it */
static void *(*tried)(void *);
static struct hearsay_keyring *keyring;
static uint8_t secret[HEARSAY_KEY_SIZE], padded[HEARSAY_KEY_SIZE], body[256], trailer[19];
static struct hmac_sha256_ctx hmac;
static char line[HEARSAY_KEY_TEXT_SIZE];

static bool is_on_stack(const void *bytes, size_t len)
{
    for (size_t at = 0; at + PIECE <= len; at++)
        if (memmem(left, STACK_SIZE, (const uint8_t *)bytes + at, PIECE))
            return true;
    return false;
}

/* The end of a thread would overwrite what is looked for, so the copy is made before it. */
__attribute__((no_sanitize("address"))) static void *try_and_copy(void *unused)
{
    const volatile uint8_t *bytes = stack;
    tried(NULL);
    for (size_t i = 0; i < STACK_SIZE; i++)
        left[i] = bytes[i];
    return unused;
}

static void run(void *(*function)(void *))
{
    tried = function;
    pthread_attr_t attributes;
    pthread_t thread;
    stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert(stack != MAP_FAILED);
    pthread_attr_init(&attributes);
    ck_assert_int_eq(pthread_attr_setstack(&attributes, stack, STACK_SIZE), 0);
    ck_assert_int_eq(pthread_create(&thread, &attributes, try_and_copy, NULL), 0);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    pthread_attr_destroy(&attributes);
}

/* The key, and what HKDF makes of it before the last step: to know what to look for. */
static void know_key(void)
{
    struct hs_key_text text;
    uint8_t prk[SHA256_DIGEST_SIZE];
    hs_key_text_begin(&text, KEY_A, sizeof(KEY_A) - 1);
    memcpy(secret, hs_key_text_next(&text), sizeof(secret));
    for (size_t i = 0; i < sizeof(secret); i++)
        padded[i] = secret[i] ^ 0x36;
    hmac_sha256_set_key(&hmac, 14, (const uint8_t *)"hearsay seal 1");
    hkdf_extract(&hmac, (nettle_hash_update_func *)hmac_sha256_update,
                 (nettle_hash_digest_func *)hmac_sha256_digest, sizeof(prk), sizeof(secret), secret,
                 prk);
    hmac_sha256_set_key(&hmac, sizeof(prk), prk);
}

static void *leave_it(void *unused)
{
    volatile uint8_t copy[HEARSAY_KEY_SIZE];
    for (size_t i = 0; i < sizeof(copy); i++)
        copy[i] = secret[i];
    return unused;
}

static void *parse(void *unused)
{
    hearsay_keyring_parse(&keyring, CLUSTER, KEY_A, sizeof(KEY_A) - 1, NULL);
    return unused;
}

static void *use(void *unused)
{
    uint32_t mark = keyring->keys[0].mark;
    hearsay_cipher_siv.seal(keyring, mark, 1, body, 28, body + 28, 200, trailer);
    hearsay_cipher_siv.open(keyring, 1, body, 28, body + 28, 200, trailer, &mark);
    return unused;
}

static void *mac(void *unused)
{
    hearsay_cipher_siv.mac(NULL, secret, "address", 7);
    return unused;
}

static void *generate(void *unused)
{
    hearsay_key_generate(line);
    return unused;
}

START_TEST(test_what_stays_would_be_found)
{
    know_key();
    run(leave_it);
    ck_assert(IS_SANITIZED || is_on_stack(secret, sizeof(secret)));
}
END_TEST

START_TEST(test_making_a_keyring_leaves_nothing)
{
    know_key();
    run(parse);
    ck_assert(!is_on_stack(secret, sizeof(secret)));
    ck_assert(!is_on_stack(padded, sizeof(padded)));
    ck_assert(!is_on_stack(KEY_A, sizeof(KEY_A) - 1));
    ck_assert(!is_on_stack(hmac.inner.state, sizeof(hmac.inner.state)));
    ck_assert(!is_on_stack(hmac.outer.state, sizeof(hmac.outer.state)));
    ck_assert(!is_on_stack(keyring->keys[0].siv.cmac_cipher.keys,
                           sizeof(keyring->keys[0].siv.cmac_cipher.keys)));
    ck_assert(!is_on_stack(keyring->keys[0].siv.ctr_cipher.keys,
                           sizeof(keyring->keys[0].siv.ctr_cipher.keys)));
    hearsay_keyring_free(keyring);
}
END_TEST

START_TEST(test_sealing_and_opening_leave_nothing)
{
    parse(NULL);
    run(use);
    ck_assert(!is_on_stack(&keyring->keys[0].siv, sizeof(keyring->keys[0].siv)));
    hearsay_keyring_free(keyring);
}
END_TEST

START_TEST(test_a_code_leaves_nothing)
{
    know_key();
    run(mac);
    ck_assert(!is_on_stack(secret, sizeof(secret)));
    ck_assert(!is_on_stack(padded, sizeof(padded)));
}
END_TEST

START_TEST(test_a_new_key_leaves_nothing)
{
    struct hs_key_text text;
    run(generate);
    hs_key_text_begin(&text, line, strlen(line));
    ck_assert(!is_on_stack(hs_key_text_next(&text), HEARSAY_KEY_SIZE));
    ck_assert(!is_on_stack(line, strlen(line)));
}
END_TEST

HARNESS_MAIN("stack", test_what_stays_would_be_found, test_making_a_keyring_leaves_nothing,
             test_sealing_and_opening_leave_nothing, test_a_code_leaves_nothing,
             test_a_new_key_leaves_nothing)
