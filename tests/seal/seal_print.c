/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Seals and opens what standard input asks for, for siv_reference.py. A line a question, a line an
 * answer; bytes are hexadecimal, and "-" is none.
 *
 *   keys CLUSTER BASE64[,BASE64...]     the fingerprints; the keyring is used from now on
 *   seal MARK BINDING HEAD BODY         sealed body and trailer
 *   open BINDING HEAD SEALED            "opened MARK BODY", "key" or "forged"
 *   mac SECRET BYTES                    the code
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hearsay/config.h>
#include <hearsay/keyring.h>

#define WORDS    5
#define LINE_MAX 8192

static struct hearsay_keyring *keyring;

static void fail(const char *what)
{
    fprintf(stderr, "seal_print: %s\n", what);
    exit(EXIT_FAILURE);
}

static size_t read_hex(uint8_t *bytes, size_t size, const char *text)
{
    size_t len = strcmp(text, "-") == 0 ? 0 : strlen(text) / 2;
    if (len > size)
        fail("too long");
    for (size_t i = 0; i < len; i++) {
        const char digits[] = {text[2 * i], text[2 * i + 1], '\0'};
        bytes[i] = (uint8_t)strtoul(digits, NULL, 16);
    }
    return len;
}

static void put_hex(const uint8_t *bytes, size_t len, char end)
{
    for (size_t i = 0; i < len; i++)
        printf("%02x", bytes[i]);
    printf(len == 0 ? "-%c" : "%c", end);
}

static void use_keys(char **words)
{
    struct hearsay_keyring_error error = {0, ""};
    char *text = words[2];
    size_t len = strlen(text);
    for (size_t i = 0; i < len; i++)
        if (text[i] == ',')
            text[i] = '\n';
    hearsay_keyring_free(keyring);
    keyring = NULL;
    if (hearsay_keyring_parse(&keyring, words[1], text, len, &error) != 0)
        fail(error.text);
    for (size_t i = 0; i < hearsay_keyring_count(keyring); i++) {
        uint8_t fingerprint[HEARSAY_FINGERPRINT_SIZE];
        hearsay_keyring_fingerprint(keyring, i, fingerprint);
        put_hex(fingerprint, sizeof(fingerprint), ' ');
    }
    putchar('\n');
}

static void seal(char **words)
{
    uint8_t head[64], body[HEARSAY_DATAGRAM_MAX + HEARSAY_SEAL_TRAILER_MAX];
    size_t head_len = read_hex(head, sizeof(head), words[3]);
    size_t body_len = read_hex(body, HEARSAY_DATAGRAM_MAX, words[4]);
    if (!hearsay_cipher_siv.seal(keyring, (uint32_t)strtoul(words[1], NULL, 16),
                                 strtoull(words[2], NULL, 16), head, head_len, body, body_len,
                                 body + body_len))
        fail("no such key");
    put_hex(body, body_len + hearsay_cipher_siv.trailer_size, '\n');
}

static void open_sealed(char **words)
{
    uint8_t head[64], body[HEARSAY_DATAGRAM_MAX + HEARSAY_SEAL_TRAILER_MAX];
    uint32_t mark = 0;
    size_t head_len = read_hex(head, sizeof(head), words[2]);
    size_t len = read_hex(body, sizeof(body), words[3]) - hearsay_cipher_siv.trailer_size;
    enum hearsay_opened opened = hearsay_cipher_siv.open(
        keyring, strtoull(words[1], NULL, 16), head, head_len, body, len, body + len, &mark);
    if (opened != HEARSAY_OPENED) {
        puts(opened == HEARSAY_OPEN_KEY ? "key" : "forged");
        return;
    }
    printf("opened %08" PRIx32 " ", mark);
    put_hex(body, len, '\n');
}

static void mac(char **words)
{
    uint8_t secret[32], bytes[64];
    if (read_hex(secret, sizeof(secret), words[1]) != sizeof(secret))
        fail("not a secret");
    size_t len = read_hex(bytes, sizeof(bytes), words[2]);
    printf("%016" PRIx64 "\n", hearsay_cipher_siv.mac(keyring, secret, bytes, len));
}

int main(void)
{
    static char line[LINE_MAX];
    while (fgets(line, sizeof(line), stdin)) {
        char *words[WORDS] = {NULL}, *rest = line;
        size_t count = 0;
        while (count < WORDS && (words[count] = strsep(&rest, " \n")) && *words[count] != '\0')
            count++;
        if (count == 3 && strcmp(words[0], "keys") == 0)
            use_keys(words);
        else if (count == 5 && strcmp(words[0], "seal") == 0)
            seal(words);
        else if (count == 4 && strcmp(words[0], "open") == 0)
            open_sealed(words);
        else if (count == 3 && strcmp(words[0], "mac") == 0)
            mac(words);
        else
            fail("no such question");
        fflush(stdout);
    }
    hearsay_keyring_free(keyring);
    return EXIT_SUCCESS;
}
