/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions to the agent that the mirror cannot answer: status, why, keys, past rings. They go over
 * one connection, one after the other, so that whatever comes over HTTP never takes more than one
 * of the agent's places for clients. Equal questions are asked once: an answer is kept for
 * HS_ASK_KEPT_US, and who asks meanwhile waits for the same one.
 */
#ifndef HS_SERVE_ASK_H
#define HS_SERVE_ASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "ctl/ctl.h"
#include "serve/body.h"

struct event_base;
struct event;

#define HS_ASK_QUESTIONS_MAX 32       /* different ones: waiting, asked or kept */
#define HS_ASK_KEPT_US       1000000  /* an answer is given again for so long */
#define HS_ASK_WAIT_US       5000000  /* for the agent's answer */
#define HS_ASK_ANSWER_MAX    16777216 /* bytes of an answer */
#define HS_ASK_BYTES_MAX     33554432 /* of all answers that are kept */

enum hs_ask_outcome {
    HS_ASK_ANSWERED,
    HS_ASK_SILENT, /* the agent has not answered in time */
    HS_ASK_GONE,   /* there is no agent, or it has gone before it answered */
    HS_ASK_FULL,   /* too many questions wait, or no memory */
};

/* How a question has ended. The line is borrowed: what the agent has said, an object with `ok`,
 * without its newline; NULL unless it has answered. */
struct hs_ask_answer {
    enum hs_ask_outcome outcome;
    struct hs_body *line;
};

/* Who waits for an answer. It belongs to the owner, who calls hs_ask_cancel before it goes. */
struct hs_ask_waiter {
    void (*answered)(struct hs_ask_waiter *waiter, const struct hs_ask_answer *answer);
    struct hs_ask_waiter *next;
    struct hs_ask_question *question; /* NULL: it waits for nothing */
};

enum hs_ask_state {
    HS_ASK_FREE,
    HS_ASK_WAITING,
    HS_ASK_ASKED,
    HS_ASK_KEPT,
};

struct hs_ask_question {
    enum hs_ask_state state;
    uint64_t order; /* the least waits for the longest time */
    uint64_t since; /* the time when it got its state */
    char *text;     /* the request as a line */
    size_t len;
    struct hs_body *line; /* of one that is kept */
    struct hs_ask_waiter *waiters;
};

struct hs_ask {
    const char *path; /* of the agent's socket; borrowed */
    struct event_base *base;
    struct event *readable; /* NULL: not connected */
    struct event *timer;
    int fd;
    struct hs_ctl_lines lines;
    uint64_t orders;
    struct hs_ask_question questions[HS_ASK_QUESTIONS_MAX];
};

/* Returns 0 or HEARSAY_ERR_NOMEM. Both are borrowed. */
int hs_ask_init(struct hs_ask *ret_ask, struct event_base *base, const char *path);

/* Nobody may wait any more. All zeroes are a no-op. */
void hs_ask_fini(struct hs_ask *ask);

/* Asks. Returns true if the answer is there at once, in *ret_answer; else `waiter` is called when
 * it has come, from the loop. `request` is borrowed. */
bool hs_ask_put(struct hs_ask *ask, const json_t *request, struct hs_ask_waiter *waiter,
                struct hs_ask_answer *ret_answer);

/* The waiter waits no more. */
void hs_ask_cancel(struct hs_ask_waiter *waiter);

#endif
