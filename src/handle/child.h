/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process that handles an event: it has a process group, standard input, and one pipe for all
 * that it prints, of which the last bytes are kept. Nothing here waits.
 *
 * Times are microseconds of a clock that only goes forward.
 */
#ifndef HS_HANDLE_CHILD_H
#define HS_HANDLE_CHILD_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define HS_CHILD_OUTPUT_MAX 8192    /* bytes of its output that are kept: the last ones */
#define HS_CHILD_GRACE_US   5000000 /* between SIGTERM and SIGKILL */
#define HS_CHILD_READS_MAX  16      /* in a turn, of HS_CTL_CHUNK: one that floods gets no more */
#define HS_CHILD_FDS        2       /* descriptors that it may wait for */

enum hs_child_stage {
    HS_CHILD_NONE,
    HS_CHILD_RUNS,
    HS_CHILD_ENDING, /* SIGTERM is sent */
    HS_CHILD_KILLED, /* SIGKILL is sent */
};

/* All zeroes: no process. */
struct hs_child {
    enum hs_child_stage stage;
    pid_t pid;
    int in_fd, out_fd; /* -1: closed */
    char *input;       /* what is left to be written is from `written` on; owned */
    size_t input_len, written;
    char *output;     /* a ring of HS_CHILD_OUTPUT_MAX */
    uint64_t printed; /* bytes so far */
    uint64_t started;
    uint64_t deadline; /* of this stage */
};

/* Starts a process. Takes over the input in any case. Returns 0 or an errno. */
int hs_child_start(struct hs_child *child, char *const *argv, char *const *environ_text,
                   char *input, size_t input_len, uint64_t now, uint64_t timeout_us);

/* Reads, writes, and sends signals that are due. Returns true when the process has ended, and its
 * status of waitpid(2). Then hs_child_output may be asked before hs_child_fini. */
bool hs_child_work(struct hs_child *child, uint64_t now, int *ret_status);

/* Asks it to end, if it is not asked yet. */
void hs_child_end(struct hs_child *child, uint64_t now);

/* What to wait for; returns how many. */
size_t hs_child_fds(const struct hs_child *child, struct pollfd fds[HS_CHILD_FDS]);

/* The end of its output, terminated, to be freed. *ret_cut: bytes before that are lost. */
char *hs_child_output(const struct hs_child *child, size_t *ret_len, uint64_t *ret_cut);

/* Frees what it holds; a process that still runs is killed. */
void hs_child_fini(struct hs_child *child);

#endif
