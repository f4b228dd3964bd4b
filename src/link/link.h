/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeps a mirror connected with its agent: connects, asks, reads, and after a lost connection tries
 * again and resumes. It never blocks, so it fits any loop:
 *
 *     hs_link_init(&link, path, mirror);
 *     for (;;) {
 *         struct pollfd fd = {hs_link_fd(&link), POLLIN};
 *         poll(&fd, 1, hs_link_timeout_ms(&link, now));
 *         hs_link_work(&link, now);
 *         … ask the mirror …
 *     }
 *
 * Times are microseconds of any clock that only goes forward.
 */
#ifndef HS_LINK_LINK_H
#define HS_LINK_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctl/ctl.h"
#include "mirror/mirror.h"

#define HS_LINK_RETRY_US  500000 /* between two attempts to connect */
#define HS_LINK_READS_MAX 2      /* reads of HS_CTL_CHUNK in one call of hs_link_work */
#define HS_LINK_RING_US   10000  /* for a ring that is made in steps, in one hs_link_work */
#define HS_LINK_FAULT_MAX 512

struct hs_link {
    const char *path;                           /* of the agent's socket; borrowed */
    struct hs_mirror *mirror;                   /* borrowed */
    bool (*believes)(const char *path, int fd); /* is it the agent that listens? NULL: it is */
    int fd;                                     /* -1: not connected */
    struct hs_ctl_lines lines;
    uint64_t retry; /* when to connect again */
    uint64_t heard; /* when the last good line came; 0: never */
    uint64_t connections;
    char fault[HS_LINK_FAULT_MAX]; /* why the last connection ended or failed; "": none has */
};

void hs_link_init(struct hs_link *link, const char *path, struct hs_mirror *mirror);

/* Closes the connection. */
void hs_link_fini(struct hs_link *link);

/* The descriptor to wait for, until it can be read, or -1 while there is no connection. */
int hs_link_fd(const struct hs_link *link);

/* How long to wait at most, in milliseconds: -1 without a limit. */
int hs_link_timeout_ms(const struct hs_link *link, uint64_t now);

/* Does what can be done now. Returns true if the mirror has got lines. */
bool hs_link_work(struct hs_link *link, uint64_t now);

/* The same for an owner that has to see the mirror after each line, because the next one may change
 * the same member again: gives it one line at most. Returns false if there is none now. */
bool hs_link_step(struct hs_link *link, uint64_t now);

/* The microseconds since anything came from the agent; UINT64_MAX: nothing ever did. An agent that
 * lives is never silent for a second. */
uint64_t hs_link_silence_us(const struct hs_link *link, uint64_t now);

#endif
