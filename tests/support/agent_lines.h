/* SPDX-License-Identifier: Apache-2.0 */
/* An agent by hand: the lines that it would send to a mirror. */
#ifndef HS_TESTS_AGENT_LINES_H
#define HS_TESTS_AGENT_LINES_H

#include "harness.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <hearsay/error.h>
#include <hearsay/host.h>

#include "mirror/mirror.h"

#define ONE "00000000000000a1" /* instances of the agent */
#define TWO "00000000000000a2"

static struct hs_mirror *mirror;
static uint64_t cursor;    /* of the log */
static char (*kept)[1024]; /* lines that were fed; NULL: they are not kept */
static size_t kept_count;

/* ---- an agent ---------------------------------------------------------------------------- */

static inline int feed(const char *line)
{
    if (kept) {
        ck_assert_uint_lt(strlen(line), sizeof(kept[0]));
        memcpy(kept[kept_count++], line, strlen(line) + 1);
    }
    return hs_mirror_feed(mirror, line, strlen(line));
}

static inline void fed(const char *format, ...) __attribute__((format(printf, 1, 2)));
static inline void fed(const char *format, ...)
{
    char line[4096];
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    ck_assert_msg(feed(line) == 0, "%s: %s", line, hs_mirror_fault(mirror));
}

/* The line is refused, with a sentence. The connection is over. */
static inline void refused(int err, const char *line)
{
    ck_assert_msg(feed(line) == err, "%s: %s", line, hs_mirror_fault(mirror));
    ck_assert_str_ne(hs_mirror_fault(mirror), "");
    ck_assert(!hs_mirror_current(mirror));
    hs_mirror_cut(mirror);
}

static inline void member(const char *id, const char *name, const char *status, const char *tags)
{
    char with[80] = "";

    if (id[0] != '\0')
        snprintf(with, sizeof(with), "\"id\":\"%s\",\"event\":{\"event\":\"member\"},", id);
    fed("{\"follow\":\"member\",%s\"member\":{\"name\":\"%s\",\"addr\":\"10.0.0.1:7847\","
        "\"status\":\"%s\",\"cause\":\"%s\",\"id\":\"00000000000000ff\","
        "\"instance\":\"00000000000000fe\",\"timestamp\":7,\"start\":6,\"tokens\":4,"
        "\"tags\":{%s},\"self\":false,\"rtt_us\":300,\"version_min\":1,\"version_max\":1,"
        "\"since\":\"2026-01-31T23:59:59.000000Z\",\"keys\":[\"a1b2c3d4\"]}}",
        with, name, status, strcmp(status, "dead") == 0 ? "failed" : "none", tags);
}

/* Sums of the ring of these one-letter names. */
static inline void ring_sums(const char *names, char text[160], int version)
{
    struct hearsay_allocator allocator = hearsay_host_allocator();
    struct hearsay_ring_member members[16];
    char texts[16][2];
    struct hearsay_ring *ring;
    size_t count = strlen(names);

    for (size_t i = 0; i < count; i++) {
        texts[i][0] = names[i];
        texts[i][1] = '\0';
        members[i] = (struct hearsay_ring_member){texts[i], NULL, 4};
    }
    ck_assert_int_eq(hearsay_ring_new(&ring, &allocator, members, count), 0);
    snprintf(text, 160,
             "\"version\":%d,\"checksum\":\"%016" PRIx64 "\",\"zones_checksum\":\"%016" PRIx64 "\"",
             version, hearsay_ring_checksum(ring), hearsay_ring_zones_checksum(ring));
    hearsay_ring_unref(ring);
}

static inline const char *state(const char *kind, const char *id, bool ready, const char *more)
{
    static char line[1024];

    snprintf(line, sizeof(line),
             "{\"follow\":\"%s\",\"id\":\"%s\",\"time\":\"2026-01-31T23:59:59.500000Z\","
             "\"digest\":\"00000000000000d1\",\"ready\":%s,\"isolated\":false,\"leaving\":false%s}",
             kind, id, ready ? "true" : "false", more);
    return line;
}

/* A line `state` of the journal: only flags have changed. */
static inline void flags(const char *id, bool ready, bool isolated)
{
    fed("{\"follow\":\"state\",\"id\":\"%s\",\"ready\":%s,\"isolated\":%s,\"leaving\":false}", id,
        ready ? "true" : "false", isolated ? "true" : "false");
}

static inline void greet(const char *instance)
{
    fed("{\"ok\":true,\"node\":\"a\",\"cluster\":\"c\",\"instance\":\"%s\"}", instance);
}

static inline void current(const char *id, const char *names, int version, bool ready)
{
    char sums[160], ring[200];

    ring_sums(names, sums, version);
    snprintf(ring, sizeof(ring), ",\"ring\":{%s}", sums);
    fed("%s", state("current", id, ready, ring));
}

static inline void roster(const char *names, int version)
{
    size_t count = strlen(names);

    for (size_t i = 0; i < count; i++)
        fed("{\"follow\":\"roster\",\"version\":%d,\"first\":%s,\"members\":[{\"name\":\"%c\","
            "\"tokens\":4}],\"last\":%s}",
            version, i == 0 ? "true" : "false", names[i], i + 1 == count ? "true" : "false");
}

/* A whole snapshot of members with one-letter names. */
static inline void snapshot(const char *instance, const char *id, const char *names, bool ready)
{
    greet(instance);
    fed("%s", state("snapshot", id, ready, ""));
    for (const char *name = names; *name; name++)
        member("", (char[]){*name, '\0'}, "alive", "");
    roster(names, 1);
    current(id, names, 1, ready);
}

static inline void ring_line(const char *id, int version, const char *names, const char *changes)
{
    char sums[160];

    ring_sums(names, sums, version);
    fed("{\"follow\":\"ring\",\"id\":\"%s\",%s,%s}", id, sums, changes);
}

static inline struct hs_mirror_entry next(void)
{
    struct hs_mirror_entry entry = {.number = 0};

    ck_assert(hs_mirror_log_next(hs_mirror_log(mirror), &cursor, &entry));
    return entry;
}

static inline void no_more(void)
{
    struct hs_mirror_entry entry;

    ck_assert(!hs_mirror_log_next(hs_mirror_log(mirror), &cursor, &entry));
}

static inline void start(void)
{
    mirror = hs_mirror_new(NULL);
    ck_assert_ptr_nonnull(mirror);
    cursor = 0;
}

static inline bool asks(const char *request)
{
    char text[HS_MIRROR_REQUEST_MAX];

    hs_mirror_request(mirror, text);
    return strcmp(text, request) == 0;
}

#endif
