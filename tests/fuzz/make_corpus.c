/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes the seeds of the corpus of fuzz_message, or with the word `sealed` of fuzz_sealed: each
 * kind small, with rumors and sealed as it should be, and a few odd ones. Same output each time.
 *
 * usage: make_corpus DIRECTORY [sealed]
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sample.h"

#define SEED     UINT64_C(7847)
#define EACH     3
#define RESEALED 1 /* the first byte of an input: see fuzz_message.c */

#define BYTES(...) (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})
#define U64        0xcf, 0, 0, 0, 0, 0, 0, 0, 1

static bool is_sealed; /* inputs are those of fuzz_sealed: its struct shape, then the body */

static void write_input(const char *directory, const char *name, const uint8_t *bytes, size_t len)
{
    char path[PATH_MAX];
    const uint8_t plain[] = {RESEALED},
                  shape[8] = {[1] = HEARSAY_SEAL_REQUIRE, [3] = bytes[1] & 15};
    const uint8_t *head = is_sealed ? shape : plain;
    size_t head_len = is_sealed ? sizeof shape : sizeof plain;
    if (is_sealed) {
        bytes += HS_HEAD_SIZE;
        len -= HS_HEAD_SIZE + hearsay_seal_none.trailer_size;
    }
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(head, 1, head_len, file) != head_len ||
        fwrite(bytes, 1, len, file) != len || fclose(file) != 0) {
        perror(path);
        exit(EXIT_FAILURE);
    }
}

static void write_kinds(const char *directory)
{
    static const char *const names[SAMPLE_VARIANTS] = {
        "gossip",       "ack",          "probe-request", "nack",        "challenge",
        "join",         "sync-buckets", "refusal",       "sync-differ", "sync-list",
        "sync-records", "sync-fine",    "sync-finer"};
    struct hs_random random = {SEED};
    for (size_t variant = 0; variant < SAMPLE_VARIANTS; variant++)
        for (size_t i = 0; i < EACH; i++) {
            struct sample sample;
            uint8_t bytes[HEARSAY_DATAGRAM_MAX];
            char name[64];
            sample_make(&sample, &random, variant, i + 1 < EACH);
            size_t len = sample_encode(&sample, bytes, sizeof bytes);
            snprintf(name, sizeof name, "%s-%zu", names[variant], i);
            write_input(directory, name, bytes, len);
        }
}

static void write_odd(const char *directory, const char *name, unsigned kind, const uint8_t *body,
                      size_t body_len)
{
    uint8_t bytes[HEARSAY_DATAGRAM_MAX];
    write_input(directory, name, bytes, sample_craft(bytes, kind, body, body_len));
}

int main(int argc, char **argv)
{
    is_sealed = argc == 3 && strcmp(argv[2], "sealed") == 0;
    if (argc != 2 && !is_sealed) {
        fprintf(stderr, "usage: make_corpus DIRECTORY [sealed]\n");
        return 2;
    }
    write_kinds(argv[1]);
    write_odd(argv[1], "count-of-an-array", HEARSAY_KIND_GOSSIP,
              BYTES(U64, U64, 0xdd, 0x0a, 0xff, 0xff, 0xff));
    write_odd(argv[1], "count-of-a-bin", HEARSAY_KIND_SYNC,
              BYTES(U64, U64, 0, 8, 0xc6, 0xff, 0xff, 0xff, 0xff));
    write_odd(argv[1], "unknown-rumor", HEARSAY_KIND_ACK,
              BYTES(U64, U64, 0x93, 9, 0x81, 0xa1, 'k', 0xc0, 0xd4, 1, 2));
    write_odd(argv[1], "nested", HEARSAY_KIND_GOSSIP,
              BYTES(U64, U64, 0x91, 0x91, 0x91, 0x91, 0x91, 0x91, 0x91, 0x91, 0x90));
    write_odd(argv[1], "no-kind", 15, BYTES(U64));
    write_odd(argv[1], "empty", HEARSAY_KIND_GOSSIP, (const uint8_t *)"", 0);
    return 0;
}
