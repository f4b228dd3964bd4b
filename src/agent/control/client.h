/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The clients of the control socket: each one bounded connection, with requests in, answers out,
 * and at most one request under way. What it takes to serve them is work of the turn (R20a): it is
 * done by hs_clients_work alone, client by client in turn, and stops when the turn's budget ends.
 */
#ifndef HS_AGENT_CONTROL_CLIENT_H
#define HS_AGENT_CONTROL_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "agent/base/turn.h"
#include "ctl/ctl.h"

#define HS_CLIENT_SLICE_US 500     /* of one answer that is made in steps, before the next client */
#define HS_TRIM_ANSWER     1048576 /* bytes of an answer after which memory is given back */
#define HS_TRIM_DELAY_US   1000000 /* how long after it, so that a few answers share one trim */
#define HS_TRIM_PERIOD_US  10000000 /* memory is given back at most this often */

struct hs_client;

/* Carries out one request. Returns true if it is one that changes the node. */
typedef bool hs_request_fn(void *context, struct hs_client *client, const char *line, size_t len);

struct hs_client_queue {
    struct hs_client *first, *last;
};

struct hs_clients {
    struct event_base *base;
    struct hs_turn *turn;
    hs_request_fn *handle;
    void *context; /* of `handle` */
    struct hs_client *first;
    size_t count;
    size_t monitors;              /* clients that follow events */
    uint64_t serials;             /* the last one given to a client */
    struct hs_client_queue ready; /* have work to do */
    struct hs_client_queue later; /* have work to do, but not in this turn */
    struct event *trim;
    uint64_t trimmed; /* boot time of the last trim; 0: never */
};

/* Returns 0 or HEARSAY_ERR_NOMEM. */
int hs_clients_init(struct hs_clients *ret_clients, struct event_base *base, struct hs_turn *turn,
                    hs_request_fn *handle, void *context);

/* Tries once more to write what waits, then closes all. All zeroes are a no-op. */
void hs_clients_fini(struct hs_clients *clients);

/* Takes over the descriptor. On failure (HEARSAY_ERR_NOMEM) it stays the caller's. */
int hs_clients_add(struct hs_clients *clients, int fd);

/* Frees the places of monitors that have hung up after closing their sending half: nothing but a
 * line written to them would tell. */
void hs_clients_reap(struct hs_clients *clients);

/* Serves those that have work to do, for as long as the turn has time. */
void hs_clients_work(struct hs_clients *clients);

/* Gives a line, its newline included, to the clients that follow event `bit`. */
void hs_clients_publish(struct hs_clients *clients, unsigned bit, const char *text, size_t len);

/* ---- for commands ------------------------------------------------------------------------ */

/* Every request is answered by exactly one call of hs_client_answer, hs_client_fail or
 * hs_client_end, at once or later; or by a stream. */

/* The whole answer: takes over the reference. NULL is told as an internal error. */
void hs_client_answer(struct hs_client *client, json_t *answer);

/* The answer when it is an error. */
void hs_client_fail(struct hs_client *client, enum hs_ctl_error error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* An answer in pieces: no newline in them, hs_client_end adds it. The object is written without its
 * reference being taken. */
void hs_client_write(struct hs_client *client, const char *text);
void hs_client_write_json(struct hs_client *client, const json_t *object);
void hs_client_end(struct hs_client *client);

/* Begins an answer that ends with a list. The caller writes its items and the closing "]}". Takes
 * over the reference to `head`, an object with at least one field. */
void hs_client_open(struct hs_client *client, json_t *head, const char *list);

/* An answer made in steps while it is being read: for those that are too long to wait in memory, or
 * take longer to work out than a turn may last. `more` does one step, of at most 2 ms, and returns
 * false after the last; then, or when the client has gone before, `free` is called. A stream that
 * fails before it has written anything may answer by hs_client_answer or hs_client_fail and return
 * false. Between two steps the node may have changed. */
struct hs_stream {
    bool (*more)(struct hs_stream *stream, struct hs_client *client);
    void (*free)(struct hs_stream *stream);
};

/* Answers the request with the stream, which it takes over. */
void hs_client_stream(struct hs_client *client, struct hs_stream *stream);

/* Turns the client into one that follows events; `mask` has a bit for each. Its request must have
 * been answered. */
void hs_client_monitor(struct hs_client *client, unsigned mask);

/* No further request is taken; the connection is closed once everything is written. */
void hs_client_drain(struct hs_client *client);

/* Names a client that will be answered later: it may be gone by then. */
uint64_t hs_client_serial(const struct hs_client *client);

/* The client with this serial, or NULL. */
struct hs_client *hs_client_find(const struct hs_clients *clients, uint64_t serial);

#endif
