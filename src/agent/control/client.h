/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The clients of the control socket. Each is one bounded connection with at most one request under
 * way. To serve them is work of the turn (R20a: turn budget). Only hs_clients_work does it, for one
 * client after the other, and it stops when the turn's budget is used up.
 */
#ifndef HS_AGENT_CONTROL_CLIENT_H
#define HS_AGENT_CONTROL_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "agent/base/turn.h"
#include "agent/control/peer.h"
#include "agent/control/queue.h"
#include "agent/control/trim.h"
#include "ctl/ctl.h"

#define HS_CLIENT_SLICE_US 500 /* for one answer in steps, before the next client */

struct hs_client;

/* Carries out one request. Returns true if it is one that changes the node. */
typedef bool hs_request_fn(void *context, struct hs_client *client, const char *line, size_t len);

struct hs_clients {
    struct event_base *base;
    struct hs_turn *turn;
    hs_request_fn *handle;
    void *context; /* of `handle` */
    struct hs_client *first;
    size_t count;
    size_t count_of[HS_PEER_KINDS];
    size_t monitors;       /* clients of `monitor` and `follow` */
    size_t monitors_max;   /* more of them are refused */
    uint64_t serials;      /* the last serial that was given */
    struct hs_queue ready; /* with work to do */
    struct hs_queue later; /* with work to do, but not in this turn */
    struct hs_trim trim;
};

/* Returns 0 or HEARSAY_ERR_NOMEM. */
int hs_clients_init(struct hs_clients *ret_clients, struct event_base *base, struct hs_turn *turn,
                    hs_request_fn *handle, void *context);

/* Tries once more to write what waits, then closes all clients. A struct of all zeroes is a
 * no-op. */
void hs_clients_fini(struct hs_clients *clients);

/* Takes over the descriptor. The peer is no stranger. On failure (HEARSAY_ERR_NOMEM) the caller
 * keeps the descriptor. */
int hs_clients_add(struct hs_clients *clients, int fd, const struct hs_peer *peer);

/* Frees monitors that have hung up after they had closed their sending half. Otherwise this would
 * be noticed only when a line is written to them. */
void hs_clients_reap(struct hs_clients *clients);

/* Ends the connection of the client that has been quiet for longest, of one kind or (HS_PEER_KINDS)
 * of any: for at least `idle_us` if it has no request under way, or `stuck_us` if it does not read
 * what it has asked for. Monitors are not quiet. Returns false if there is no such client. */
bool hs_clients_end_quiet(struct hs_clients *clients, enum hs_peer_kind kind, uint64_t idle_us,
                          uint64_t stuck_us);

/* Serves clients that have work to do, as long as the turn has time. Returns true if there were
 * some. */
bool hs_clients_work(struct hs_clients *clients);

/* There may be something new for the streams that wait. */
void hs_clients_resume(struct hs_clients *clients);

/* Gives a line, its newline included, to the clients that follow event `bit`. */
void hs_clients_publish(struct hs_clients *clients, unsigned bit, const char *text, size_t len);

/* ---- for commands ------------------------------------------------------------------------ */

/* Every request is answered by exactly one call of hs_client_answer, hs_client_fail or
 * hs_client_end, at once or later, or by a stream. */

/* Writes the whole answer. Takes over the reference. NULL is answered as an internal error. */
void hs_client_answer(struct hs_client *client, json_t *answer);

/* Writes an error as the answer. */
void hs_client_fail(struct hs_client *client, enum hs_ctl_error error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Write an answer in pieces. They must not contain newlines; hs_client_end adds the one at the end.
 * The reference to the object stays with the caller. Without memory the rest of the answer is not
 * written, and the connection ends without a newline: half an answer must not pass for one. */
void hs_client_write(struct hs_client *client, const char *text);
void hs_client_write_json(struct hs_client *client, const json_t *object);
void hs_client_end(struct hs_client *client);

/* Begins an answer that ends with a list. The caller writes its items and the closing "]}". Takes
 * over the reference to `head`, an object with at least one field. */
void hs_client_open(struct hs_client *client, json_t *head, const char *list);

/* An answer that is made in steps while the client reads it, because it is too long for memory or
 * takes longer than a turn may last. `more` does one step of at most 2 ms and returns false after
 * the last. Then, or when the client is gone, `free` is called. A stream that fails before it has
 * written anything may call hs_client_answer or hs_client_fail and return false. The node may
 * change between two steps. */
struct hs_stream {
    bool (*more)(struct hs_stream *stream, struct hs_client *client);
    void (*free)(struct hs_stream *stream);
};

/* Answers the request with the stream, which it takes over. */
void hs_client_stream(struct hs_client *client, struct hs_stream *stream);

/* The stream has nothing to write now. `more`, which calls this and returns true, is called again
 * after hs_clients_resume. */
void hs_client_wait(struct hs_client *client);

/* The same as hs_client_stream for an answer that has no end. Its lines hold their newlines. */
void hs_client_follow(struct hs_client *client, struct hs_stream *stream);

/* From now on the client gets events; `mask` has a bit for each. Its request must have been
 * answered. */
void hs_client_monitor(struct hs_client *client, unsigned mask);

/* No further request is taken; the connection is closed once everything is written. */
void hs_client_drain(struct hs_client *client);

/* Who it is. */
const struct hs_peer *hs_client_peer(const struct hs_client *client);

/* Identifies a client that will be answered later, because it may be gone by then. */
uint64_t hs_client_serial(const struct hs_client *client);

/* The client with this serial, or NULL. */
struct hs_client *hs_client_find(const struct hs_clients *clients, uint64_t serial);

#endif
