/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The directory of the state (R37), of which one agent at a time has the lock:
 *
 *     state       what was written last
 *     state.new   what is being written; or, after a crash, what was
 *     lock        held as long as the agent runs; has its process and name
 *
 * A writing is a row of steps, so that a test can end it behind any of them as a crash would. No
 * function here allocates memory or knows other parts: a thread of its own calls them.
 */
#ifndef HS_KEEP_STATE_DIR_H
#define HS_KEEP_STATE_DIR_H

#include <stdbool.h>
#include <stddef.h>

#define HS_STATE_FILE     "state"
#define HS_STATE_FILE_NEW "state.new"
#define HS_STATE_LOCK     "lock"

#define HS_STATE_HOLDER_MAX 160 /* a process and the name of a member */

/* `path` and `holder`, which is what the lock file says of us, are borrowed. */
struct hs_state_dir {
    const char *path;
    const char *holder;
    int lock_fd; /* -1: no lock */
};

/* Takes the lock, and closes it. hs_state_dir_lock returns 0 or an errno. It is EWOULDBLOCK if
 * another process has the lock; then `ret_other` has its words ("" if it says nothing). */
int hs_state_dir_lock(struct hs_state_dir *dir, char ret_other[HS_STATE_HOLDER_MAX]);
void hs_state_dir_close(struct hs_state_dir *dir);

/* Reads the file. Returns 0, or an errno: ENOENT if there is none, EFBIG if it has more than `room`
 * bytes, EINVAL if it is no regular file, ELOOP if it is a symbolic link. */
int hs_state_dir_load(const struct hs_state_dir *dir, char *bytes, size_t room, size_t *ret_len);

enum hs_state_step {
    HS_STATE_STEP_OPEN,     /* the directory; it may be another one than the last time */
    HS_STATE_STEP_LOCK,     /* and then so may be the lock */
    HS_STATE_STEP_MAKE,     /* the new file; of a removal: removes both files */
    HS_STATE_STEP_WRITE,    /* all bytes */
    HS_STATE_STEP_SYNC,     /* onto the disk, before the file gets its name */
    HS_STATE_STEP_CLOSE,    /* some file systems say only here that there was no room */
    HS_STATE_STEP_RENAME,   /* from here on it is the file */
    HS_STATE_STEP_SYNC_DIR, /* and stays it */
    HS_STATE_STEPS
};

/* One writing. All zero but `dir`, `bytes` and `len`; bytes NULL: removes the file. */
struct hs_state_save {
    struct hs_state_dir *dir;
    const char *bytes;
    size_t len;
    int folder_fd, fd;               /* once they are open */
    char other[HS_STATE_HOLDER_MAX]; /* after EWOULDBLOCK: who has the lock */
};

/* Does one step; the caller goes through them in their order. Returns 0 or an errno. */
int hs_state_save_step(struct hs_state_save *save, enum hs_state_step step);

/* Does all steps. After a failure the new file is removed, because it may fill the disk. Returns 0
 * or an errno. */
int hs_state_save_run(struct hs_state_save *save);

#endif
