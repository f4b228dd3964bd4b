/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agent as this program sees it: a mirror of its view, the connection that feeds it, and how
 * old the view is. When the agent is silent, or a new instance of it has not joined, the old view
 * stays for HS_WORTH_GONE_US.
 */
#ifndef HS_SERVE_OUTLOOK_H
#define HS_SERVE_OUTLOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "link/link.h"
#include "mirror/mirror.h"
#include "serve/worth.h"

/* Of a step of a new ring, which takes about 0.2 ms; hs_link_work takes as many as fit into
 * HS_LINK_RING_US. Requests wait for those of one turn; what the agent says behind the ring waits
 * for all turns, and for all that has its own turn between them. So a turn must not be short: among
 * 10,000 members a ring takes 400 steps. */
#define HS_OUTLOOK_RING_UNITS 32768

struct hs_outlook {
    struct hs_mirror *mirror;
    struct hs_link link;
    uint64_t good_at; /* when the mirror was the agent's view last; 0: never */
};

/* `path` is that of the agent's socket; it is borrowed. Returns 0 or HEARSAY_ERR_NOMEM. */
int hs_outlook_init(struct hs_outlook *ret_outlook, const char *path);

/* All zeroes are a no-op. */
void hs_outlook_fini(struct hs_outlook *outlook);

/* Reads what has come, connects again if it is time to. `now` is in microseconds of a clock that
 * only goes forward. Returns true if the mirror may have changed. */
bool hs_outlook_work(struct hs_outlook *outlook, uint64_t now);

/* How long to wait at most until the next call, in milliseconds; -1: without a limit. */
int hs_outlook_timeout_ms(const struct hs_outlook *outlook, uint64_t now);

struct hs_worth hs_outlook_worth(const struct hs_outlook *outlook, uint64_t now);

/* The microseconds since anything came from the agent; UINT64_MAX: nothing ever did. */
uint64_t hs_outlook_silence_us(const struct hs_outlook *outlook, uint64_t now);

#endif
