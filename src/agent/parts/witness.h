/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The witness (R60: last words): a process that does nothing but wait for the end of the agent. It
 * holds the read end of a pipe whose write end the agent alone has. However the agent ends, its
 * kernel closes that end. Then the witness sends what the agent has left in a shared memory, from
 * the agent's own socket, and ends too.
 */
#ifndef HS_AGENT_PARTS_WITNESS_H
#define HS_AGENT_PARTS_WITNESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <event2/event.h>

#include "agent/base/turn.h"
#include "agent/parts/report.h"
#include "agent/parts/words_page.h"

#define HS_WITNESS_NAME "hearsay-witness" /* at most 15 bytes: of the process */

/* When the words are sent after the end of the agent, microseconds. */
#define HS_WITNESS_SECOND_US 10000
#define HS_WITNESS_THIRD_US  30000

/* All zero: there is no witness. */
struct hs_witness {
    pid_t pid; /* 0: there is none */
    int alive; /* the write end of the pipe */
    struct hs_words_page *page;
    uint64_t version; /* of the node's last words that are in the page */
    struct event *lost;
    struct hs_turn *turn;
    struct hs_report *report;
    bool wanted;
    const char *failed; /* what could not be made of one that was wanted; NULL: nothing failed */
    int error;          /* errno of that */
};

/* Makes the witness. It is a copy of this process, so it is made while that is small and has
 * neither threads, files nor keys. `argv` of the copy is overwritten with its name. If it cannot be
 * made the agent goes on without. */
void hs_witness_start(struct hs_witness *witness, const struct hs_udp *udp, const char *name,
                      int argc, char *const *argv);

/* Says if there is none although one was wanted, and from now on when it ends before the agent.
 * Returns 0 or HEARSAY_ERR_NOMEM. */
int hs_witness_watch(struct hs_witness *witness, struct event_base *base, struct hs_turn *turn,
                     struct hs_report *report);

/* "on", "off", or "lost": one was wanted, and it could not be made or has ended. */
const char *hs_witness_state(const struct hs_witness *witness);

/* Makes the words anew if they are out of date. To be called before anything is sent. */
void hs_witness_renew(struct hs_witness *witness, const struct hs_udp *udp,
                      struct hearsay_node *node, struct hearsay_now now);

/* Ends the witness, which says nothing: others know that the agent ends, or need not know. */
void hs_witness_silence(struct hs_witness *witness);

/* Frees what the agent has of it. The witness speaks when this process ends, unless it has been
 * silenced. */
void hs_witness_fini(struct hs_witness *witness);

#endif
