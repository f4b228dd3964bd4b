/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/parts/words_page.h"

#include <string.h>

#include <hearsay/host.h>

/* Both processes must see one number, whatever the compiler makes of it. */
_Static_assert(ATOMIC_INT_LOCK_FREE == 2, "the index needs no lock");

static void address_word(struct hs_word *word, const struct hs_udp *udp,
                         const struct hearsay_addr *to)
{
    void *control;
    size_t len = hearsay_udp_control(udp->socket, to, &control);

    word->to_len = hearsay_host_to_sockaddr(to, udp->dual, &word->to);
    word->control_len = len <= sizeof(word->control) ? (uint32_t)len : 0;
    if (word->control_len > 0)
        memcpy(word->control, control, len);
}

void hs_words_page_write(struct hs_words_page *page, const struct hs_udp *udp,
                         struct hearsay_node *node, struct hearsay_now now)
{
    uint32_t other = 1 - atomic_load_explicit(&page->current, memory_order_relaxed), at = 0;
    struct hs_words *half = &page->halves[other];

    half->count = 0;
    while (half->count < HEARSAY_LAST_WORDS_MAX) {
        struct hs_word *word = &half->words[half->count];
        struct hearsay_addr to;
        size_t len = hearsay_node_last_words(node, now, half->count, &to, half->bytes + at,
                                             HEARSAY_DATAGRAM_MAX);

        if (len == 0)
            break;
        word->at = at;
        word->len = (uint32_t)len;
        address_word(word, udp, &to);
        at += word->len;
        half->count++;
    }
    atomic_store_explicit(&page->current, other, memory_order_release);
}
