/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server side of the control protocol (docs/control.md): a Unix socket, its clients, and what
 * the commands need to answer them. The commands themselves are in the files beside this one.
 */
#ifndef HS_AGENT_CONTROL_H
#define HS_AGENT_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <jansson.h>

#include "agent/report.h"
#include "agent/why.h"
#include "ctl/ctl.h"

struct event;
struct hs_agent;
struct hs_client;

struct hs_control {
    struct hs_agent *agent;
    int fd;
    dev_t dev; /* of the socket file that is ours to remove */
    ino_t ino;
    struct event *accept;
    struct hs_client *first;
    size_t count;
    uint64_t serials; /* the last one given to a client */
    size_t monitors;  /* clients that follow the events */
};

/* Listens on agent->control_path. A socket file that nobody answers on is removed, one that is
 * answered is an error. Returns 0 or HEARSAY_ERR_INVALID with `why`. */
int hs_control_open(struct hs_agent *agent, char why[HS_WHY_MAX]);

/* Closes clients and socket and removes the file. NULL and closed ones are no-ops. */
void hs_control_close(struct hs_control *control);

/* Gives a line of the log, its newline included, to the clients that monitor its event. */
void hs_control_publish(struct hs_control *control, enum hs_line line, const char *text,
                        size_t len);

/* ---- for commands ------------------------------------------------------------------------ */

/* A command carries a request out and answers it, now or later: every request is answered by
 * exactly one call of hs_client_answer, hs_client_fail or hs_client_end. */
struct hs_command {
    void (*run)(struct hs_agent *agent, struct hs_client *client, const json_t *request);
    const char *fields; /* names that the request may have beside cmd, by blanks */
};

extern const struct hs_command hs_commands[HS_CTL_COMMAND_COUNT];

/* The answer of a request: takes over the reference. NULL is told as an internal error. */
void hs_client_answer(struct hs_client *client, json_t *answer);

/* The answer when it is an error. */
void hs_client_fail(struct hs_client *client, enum hs_ctl_error error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A long answer in pieces: no newline in them, hs_client_end adds it. The object is written without
 * its reference being taken. */
void hs_client_write(struct hs_client *client, const char *text);
void hs_client_write_json(struct hs_client *client, const json_t *object);
void hs_client_end(struct hs_client *client);

/* An answer made while it is being read: for those that are too long to wait in memory, or take
 * longer to work out than the loop may be held up. `more` writes a little of it and returns false
 * after the last; then, or when the client has gone before, `free` is called. The loop sees to it
 * that other work gets its turn in between. */
struct hs_stream {
    bool (*more)(struct hs_stream *stream, struct hs_client *client);
    void (*free)(struct hs_stream *stream);
};

/* Answers the request with the stream, which it takes over. */
void hs_client_stream(struct hs_client *client, struct hs_stream *stream);

/* Turns the client into one that follows events; bit i of `mask` is enum hs_line i. */
void hs_client_monitor(struct hs_client *client, unsigned mask);

/* Names a client that will be answered later: it may be gone by then. */
uint64_t hs_client_serial(const struct hs_client *client);

/* The client with this serial, or NULL. */
struct hs_client *hs_client_find(const struct hs_control *control, uint64_t serial);

/* ---- commands, by file ------------------------------------------------------------------- */

/* control/members.c */
void hs_command_members(struct hs_agent *agent, struct hs_client *client, const json_t *request);
void hs_command_why(struct hs_agent *agent, struct hs_client *client, const json_t *request);
/* control/ring.c */
void hs_command_ring(struct hs_agent *agent, struct hs_client *client, const json_t *request);
void hs_command_lookup(struct hs_agent *agent, struct hs_client *client, const json_t *request);
/* control/diff.c */
void hs_command_ring_history(struct hs_agent *agent, struct hs_client *client,
                             const json_t *request);
void hs_command_ring_diff(struct hs_agent *agent, struct hs_client *client, const json_t *request);
/* control/plan.c */
void hs_command_ring_plan(struct hs_agent *agent, struct hs_client *client, const json_t *request);
/* control/status.c */
void hs_command_status(struct hs_agent *agent, struct hs_client *client, const json_t *request);
void hs_command_monitor(struct hs_agent *agent, struct hs_client *client, const json_t *request);
void hs_command_version(struct hs_agent *agent, struct hs_client *client, const json_t *request);
/* control/change.c */
void hs_command_join(struct hs_agent *agent, struct hs_client *client, const json_t *request);
void hs_command_leave(struct hs_agent *agent, struct hs_client *client, const json_t *request);
void hs_command_force_leave(struct hs_agent *agent, struct hs_client *client,
                            const json_t *request);
void hs_command_tags_set(struct hs_agent *agent, struct hs_client *client, const json_t *request);
void hs_command_tags_delete(struct hs_agent *agent, struct hs_client *client,
                            const json_t *request);
void hs_command_reload(struct hs_agent *agent, struct hs_client *client, const json_t *request);

/* Answers the clients that asked to leave. */
void hs_command_left(struct hs_agent *agent);

#endif
