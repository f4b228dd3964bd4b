/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What guarding a datagram costs, in nanoseconds: sealing and opening, an idle one (18 bytes of
 * body) and a full one, with a key and in plain, and what a forged one costs its receiver. Each
 * figure is the best of many batches. Ratios are to the plain form.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hearsay/config.h>
#include <hearsay/keyring.h>

#include "clock.h"

#define HEAD    28
#define IDLE    18
#define FULL    (HEARSAY_DATAGRAM_MAX - HEAD - 19)
#define BATCH   200u
#define BATCHES 500u
#define BINDING UINT64_C(0x1403c0c40f49b8e5)

struct bench {
    struct hearsay_keyring *keyring;
    uint32_t mark;
    size_t body_len;
    uint8_t kept[HEARSAY_DATAGRAM_MAX]; /* what each try begins with */
    uint8_t bytes[HEARSAY_DATAGRAM_MAX];
};

static void fail(const char *what)
{
    fprintf(stderr, "bench_seal: %s\n", what);
    exit(EXIT_FAILURE);
}

/* ---- what is measured -------------------------------------------------------------------- */

static void seal(struct bench *bench)
{
    uint8_t *body = bench->bytes + HEAD;
    if (!hearsay_cipher_siv.seal(bench->keyring, bench->mark, BINDING, bench->bytes, HEAD, body,
                                 bench->body_len, body + bench->body_len))
        fail("not sealed");
}

static enum hearsay_opened open_sealed(struct bench *bench)
{
    uint8_t *body = bench->bytes + HEAD;
    uint32_t mark;
    return hearsay_cipher_siv.open(bench->keyring, BINDING, bench->bytes, HEAD, body,
                                   bench->body_len, body + bench->body_len, &mark);
}

static void open_right(struct bench *bench)
{
    if (open_sealed(bench) != HEARSAY_OPENED)
        fail("not opened");
}

static void open_forged(struct bench *bench)
{
    if (open_sealed(bench) != HEARSAY_OPEN_FORGED)
        fail("not refused");
}

static void open_unknown(struct bench *bench)
{
    if (open_sealed(bench) != HEARSAY_OPEN_KEY)
        fail("not refused");
}

static void seal_plain(struct bench *bench)
{
    uint8_t *body = bench->bytes + HEAD;
    hearsay_seal_none.seal(NULL, BINDING, bench->bytes, HEAD, body, bench->body_len,
                           body + bench->body_len);
}

static void open_plain(struct bench *bench)
{
    uint8_t *body = bench->bytes + HEAD;
    if (!hearsay_seal_none.open(NULL, BINDING, bench->bytes, HEAD, body, bench->body_len,
                                body + bench->body_len))
        fail("not opened");
}

static void mac_plain(struct bench *bench)
{
    bench->bytes[0] ^= (uint8_t)hearsay_seal_none.mac(NULL, bench->kept, bench->kept, 26);
}

static void mac(struct bench *bench)
{
    bench->bytes[0] ^= (uint8_t)hearsay_cipher_siv.mac(NULL, bench->kept, bench->kept, 26);
}

static void nothing(struct bench *bench)
{
    (void)bench;
}

/* ---- how --------------------------------------------------------------------------------- */

/* Each try has the datagram anew; that copy is measured too, by `nothing`, and taken off. */
static double batches(struct bench *bench, void (*act)(struct bench *))
{
    uint64_t least = UINT64_MAX;
    for (unsigned i = 0; i < BATCHES; i++) {
        uint64_t begun = nanoseconds();
        for (unsigned k = 0; k < BATCH; k++) {
            memcpy(bench->bytes, bench->kept, sizeof(bench->bytes));
            __asm__ volatile("" : : "r"(bench->bytes) : "memory");
            act(bench);
        }
        uint64_t took = nanoseconds() - begun;
        least = took < least ? took : least;
    }
    return (double)least / BATCH;
}

static double measure(struct bench *bench, void (*act)(struct bench *))
{
    double took = batches(bench, act) - batches(bench, nothing);
    return took > 0.1 ? took : 0.1;
}

/* Begins with a datagram that `by` has made, or with a plain body. */
static void begin(struct bench *bench, size_t body_len, void (*by)(struct bench *))
{
    bench->body_len = body_len;
    for (size_t i = 0; i < sizeof(bench->bytes); i++)
        bench->bytes[i] = (uint8_t)(i * 7);
    by(bench);
    memcpy(bench->kept, bench->bytes, sizeof(bench->kept));
}

static void print_row(const char *name, double plain, double sealed)
{
    printf("%-34s %8.0f ns %8.0f ns %7.1f\n", name, plain, sealed, sealed / plain);
}

static void measure_length(struct bench *bench, const char *name, size_t body_len)
{
    char text[64];
    begin(bench, body_len, nothing);
    double plain = measure(bench, seal_plain), sealed = measure(bench, seal);
    snprintf(text, sizeof(text), "seal %s", name);
    print_row(text, plain, sealed);
    begin(bench, body_len, seal_plain);
    plain = measure(bench, open_plain);
    begin(bench, body_len, seal);
    snprintf(text, sizeof(text), "open %s", name);
    print_row(text, plain, measure(bench, open_right));
    bench->kept[HEAD + body_len + 5] ^= 1;
    snprintf(text, sizeof(text), "refuse %s, forged", name);
    print_row(text, plain, measure(bench, open_forged));
    bench->kept[HEAD + body_len + 2] ^= 1;
    snprintf(text, sizeof(text), "refuse %s, of no key here", name);
    print_row(text, plain, measure(bench, open_unknown));
}

int main(void)
{
    static struct bench bench;
    char line[HEARSAY_KEY_TEXT_SIZE];
    uint32_t marks[HEARSAY_KEYS_MAX];
    if (hearsay_key_generate(line) < 0 ||
        hearsay_keyring_parse(&bench.keyring, "hearsay", line, strlen(line), NULL) < 0)
        fail("no key");
    hearsay_cipher_siv.keys(bench.keyring, marks);
    bench.mark = marks[0];
    printf("one datagram, its body sealed or plain (best of %u batches of %u)\n\n%-34s %11s %11s "
           "%7s\n",
           BATCHES, BATCH, "", "plain", "sealed", "ratio");
    measure_length(&bench, "18 bytes", IDLE);
    measure_length(&bench, "1353 bytes", FULL);
    print_row("code for a nonce (26 bytes)", measure(&bench, mac_plain), measure(&bench, mac));
    hearsay_keyring_free(bench.keyring);
    return EXIT_SUCCESS;
}
