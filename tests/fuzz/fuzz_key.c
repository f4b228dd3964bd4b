/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz target: the text of a key file. What is taken must be keys that seal and open, none of them
 * twice, and as many as there are lines for. What is refused must be refused with a sentence about
 * a line that there is.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <hearsay/error.h>
#include <hearsay/keyring.h>

#define HEAD 28
#define BODY 18

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool condition)
{
    if (!condition)
        abort();
}

static void check_key(const struct hearsay_keyring *keyring, uint32_t mark)
{
    static const uint8_t body[BODY] = "eighteen bytes are";
    uint8_t bytes[HEAD + BODY + HEARSAY_SEAL_TRAILER_MAX] = {0x96};
    uint32_t opened = 0;
    memcpy(bytes + HEAD, body, BODY);
    demand(hearsay_cipher_siv.seal(keyring, mark, 7, bytes, HEAD, bytes + HEAD, BODY,
                                   bytes + HEAD + BODY));
    demand(memcmp(bytes + HEAD, body, BODY) != 0);
    demand(hearsay_cipher_siv.open(keyring, 7, bytes, HEAD, bytes + HEAD, BODY, bytes + HEAD + BODY,
                                   &opened) == HEARSAY_OPENED);
    demand(opened == mark && memcmp(bytes + HEAD, body, BODY) == 0);
}

static void check_taken(const struct hearsay_keyring *keyring, unsigned lines)
{
    uint32_t marks[HEARSAY_KEYS_MAX];
    size_t count = hearsay_cipher_siv.keys(keyring, marks);
    demand(count >= 1 && count <= HEARSAY_KEYS_MAX && count <= lines);
    demand(count == hearsay_keyring_count(keyring));
    for (size_t i = 0; i < count; i++) {
        demand(marks[i] != 0);
        for (size_t k = 0; k < i; k++)
            demand(marks[i] != marks[k]);
        check_key(keyring, marks[i]);
    }
}

/* The text lies in memory of its own size, so that a byte beyond it is seen. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hearsay_keyring *keyring = NULL;
    struct hearsay_keyring_error error = {0, NULL};
    unsigned lines = 1;
    char *text = malloc(size + (size == 0));
    demand(text);
    memcpy(text, data, size);
    for (size_t i = 0; i < size; i++)
        lines += text[i] == '\n';
    int err = hearsay_keyring_parse(&keyring, "hearsay", text, size, &error);
    if (err == 0)
        check_taken(keyring, lines);
    else
        demand(err == HEARSAY_ERR_INVALID && !keyring && error.text && error.text[0] != '\0' &&
               error.line <= lines);
    hearsay_keyring_free(keyring);
    free(text);
    return 0;
}
