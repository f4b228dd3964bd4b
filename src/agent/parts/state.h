/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state of this agent (R37): what it needs to come home after a restart, kept in a directory.
 * It is read at the start and written when something has changed. Whatever is wrong with the
 * directory is said, in the log and in `status`, and the agent goes on without.
 */
#ifndef HS_AGENT_PARTS_STATE_H
#define HS_AGENT_PARTS_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include <event2/event.h>
#include <jansson.h>

#include <hearsay/node.h>

#include "agent/base/turn.h"
#include "agent/options/fields.h"
#include "agent/parts/report.h"
#include "agent/parts/seeds.h"
#include "agent/parts/state_gather.h"
#include "agent/parts/state_writer.h"

#define HS_STATE_DELAY_US 500000   /* from a change on: what changes together is written once */
#define HS_STATE_GAP_US   5000000  /* from one writing to the next */
#define HS_STATE_RETRY_US 30000000 /* from a writing that has failed to the next */
#define HS_STATE_END_US   1000000  /* the end of the agent waits so long for the disk, at most */

/* A wish to forget the state. `done` is called when the file is gone, or with an error, one line.
 * The maker owns it from then on. */
struct hs_state_wish {
    struct hs_state_wish *next;
    void (*done)(struct hs_state_wish *wish, const char *error);
};

/* The caller sets the first fields; the rest must be zero. */
struct hs_state {
    struct event_base *base;
    struct hs_turn *turn;
    struct hs_report *report;
    const struct hs_identity *identity;
    const struct hs_options *options;
    const struct hs_seeds *seeds;
    struct hearsay_node *node;

    char *path; /* owned, because the thread may outlive the options; NULL: no state is kept */
    char holder[HS_STATE_HOLDER_MAX];
    struct hs_state_dir dir;
    struct hs_state_writer writer;
    struct event *due, *written;

    enum hs_state_found found;     /* in the file, at the start */
    char words[HS_ERROR_TEXT_MAX]; /* why it was not used, or why nothing can be written */
    struct hs_state_content before;
    struct hearsay_tag
        tags[HEARSAY_TAGS_COUNT]; /* those of the start, if the file has changed them */
    size_t tags_used;
    bool recalls; /* contacts wait until the seeds have failed */

    struct hs_state_gather gather;
    bool gathers;      /* is under way */
    bool changed;      /* something has, since it was last gathered */
    bool forgotten;    /* nothing is written any more */
    int trouble;       /* errno of the last writing; 0: it went well, or none was tried */
    uint64_t tried_at; /* boot time of the end of the last one; 0: none yet */
    bool saved;        /* by this process, at: */
    uint64_t saved_at;
    uint64_t hash, next_hash;   /* of the bytes in the file, and of those given to the writer */
    size_t contacts, tag_count; /* in the file */
    struct hs_state_wish *wishes;
};

/* Reads the state, if one is kept, and puts what it has into the config of the node, which must be
 * complete. Returns 0, also if nothing can be read; or HEARSAY_ERR_INVALID with one line if another
 * process has the directory. */
int hs_state_open(struct hs_state *state, struct hearsay_config *config,
                  char error[HS_ERROR_TEXT_MAX]);

/* When the node is there and lines can be written: gives it the contacts, says what was found, and
 * begins to write. */
void hs_state_begin(struct hs_state *state);

/* Something that is kept may have changed. It costs nothing if no state is kept. */
void hs_state_touch(struct hs_state *state);

/* To be called after something was done, and once a second: lets the contacts be called when the
 * seeds have failed. */
void hs_state_recall(struct hs_state *state);

/* R26: who is meant. Adds the name of the member that an event FOREIGN is about, if only the file
 * knows it. */
void hs_state_add_name(const struct hs_state *state, struct hearsay_event *event);

/* Removes the file, and writes none until the next start. Returns 0, and `wish` will be done; or a
 * negative error with one line. If the file cannot be removed, the state is kept as before. */
int hs_state_forget(struct hs_state *state, struct hs_state_wish *wish,
                    char error[HS_ERROR_TEXT_MAX]);

/* For `status`: an object, null if no state is kept, NULL without memory. */
json_t *hs_state_json(struct hs_state *state);

/* At a goodbye: writes what has changed, if the disk takes it in time. */
void hs_state_end(struct hs_state *state);

void hs_state_fini(struct hs_state *state);

#endif
