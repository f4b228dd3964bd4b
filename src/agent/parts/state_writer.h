/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The thread that writes the state (R37). A disk can keep a writer waiting for seconds, and the
 * protocol must not wait with it (R20a: turn budget). The thread gets bytes that nobody else uses,
 * and nothing else; it allocates nothing.
 */
#ifndef HS_AGENT_PARTS_STATE_WRITER_H
#define HS_AGENT_PARTS_STATE_WRITER_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "keep/state_dir.h"

#define HS_STATE_STACK 131072 /* bytes; the thread calls no deep functions */

/* One writing: `bytes` are owned by whoever has the job; NULL: the file is removed. */
struct hs_state_job {
    char *bytes;
    size_t len;
    int error;                       /* when it is done: 0 or an errno */
    char other[HS_STATE_HOLDER_MAX]; /* after EWOULDBLOCK: who has the lock */
};

/* What the job is at. */
enum hs_state_phase {
    HS_STATE_JOB_NONE,
    HS_STATE_JOB_WAITS, /* for the thread */
    HS_STATE_JOB_WORKS,
    HS_STATE_JOB_DONE, /* and was not taken */
};

/* All zero: not started. It must not move while it is started. */
struct hs_state_writer {
    struct hs_state_dir *dir; /* the thread's, while it runs */
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int event_fd; /* becomes readable when a job is done */
    bool started, stops;
    enum hs_state_phase phase;
    struct hs_state_job job;
};

/* Returns 0 or an errno. `dir` is borrowed until the thread has ended. */
int hs_state_writer_start(struct hs_state_writer *writer, struct hs_state_dir *dir);

/* True while a job waits or is under way, or its result was not taken. */
bool hs_state_writer_busy(struct hs_state_writer *writer);

/* Gives it a job; it must not be busy. Takes over the bytes. */
void hs_state_writer_give(struct hs_state_writer *writer, char *bytes, size_t len);

/* Takes a job that is done, and with it the bytes. Returns false if there is none. */
bool hs_state_writer_take(struct hs_state_writer *writer, struct hs_state_job *ret_job);

/* Waits until the job is done, but no longer than so. Returns false if it is not. */
bool hs_state_writer_wait(struct hs_state_writer *writer, uint64_t us);

/* Ends the thread, which may be called before a start. Returns false if the disk still keeps it
 * waiting: then the thread, what it uses and its job are left to the end of the process. */
bool hs_state_writer_stop(struct hs_state_writer *writer, uint64_t us);

#endif
