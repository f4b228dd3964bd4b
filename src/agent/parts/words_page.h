/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The memory that the agent shares with its witness (R60: last words): finished datagrams, with
 * all that a process without a node needs to send them. The agent may be killed while it writes, so
 * there are two halves: one is read while the other one is written, and which of them is to be read
 * is stored last.
 */
#ifndef HS_AGENT_PARTS_WORDS_PAGE_H
#define HS_AGENT_PARTS_WORDS_PAGE_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include <hearsay/node.h>

#include "agent/parts/udp.h"

#define HS_WORD_CONTROL_MAX 64 /* bytes of ancillary data that name the source (R38) */

/* One datagram. */
struct hs_word {
    struct sockaddr_storage to;
    _Alignas(size_t) uint8_t control[HS_WORD_CONTROL_MAX];
    uint32_t to_len, control_len;
    uint32_t at, len; /* its bytes, in those of the half */
};

struct hs_words {
    uint32_t count;
    struct hs_word words[HEARSAY_LAST_WORDS_MAX];
    uint8_t bytes[HEARSAY_LAST_WORDS_MAX * HEARSAY_DATAGRAM_MAX];
};

struct hs_words_page {
    _Atomic uint32_t current; /* which half is to be read */
    struct hs_words halves[2];
};

/* Replaces what is to be read by the node's words of now. */
void hs_words_page_write(struct hs_words_page *page, const struct hs_udp *udp,
                         struct hearsay_node *node, struct hearsay_now now);

/* What is to be read. It stays while the writer does not run. */
static inline const struct hs_words *hs_words_page_read(const struct hs_words_page *page)
{
    return &page->halves[atomic_load_explicit(&page->current, memory_order_acquire)];
}

#endif
