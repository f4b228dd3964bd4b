/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The directory is opened anew for each writing: it may have been removed and made again, or
 * another file system may be mounted there now. Then the lock is another file, too, and is taken
 * anew. A lock of flock(2) ends with the process, however it ends.
 *
 * On a file system that knows no locks, or cannot be written, an agent goes on without one.
 */
#include "keep/state_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/ctl.h"

#define FILE_MODE 0600

/* ---- the lock ---------------------------------------------------------------------------- */

static int open_folder(const char *path)
{
    return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* True if our lock is on the file that now has the name. */
static bool is_locked(const struct hs_state_dir *dir, int folder_fd)
{
    struct stat ours, there;
    return dir->lock_fd >= 0 && fstat(dir->lock_fd, &ours) == 0 &&
           fstatat(folder_fd, HS_STATE_LOCK, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
           ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

/* A lock needs no descriptor for writing, and one would keep the file system from being mounted
 * read-only. */
static int open_lock(int folder_fd, int how)
{
    return openat(folder_fd, HS_STATE_LOCK, how | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY,
                  FILE_MODE);
}

/* The first line of the lock file. */
static void read_other(int fd, char ret_other[HS_STATE_HOLDER_MAX])
{
    ssize_t len = pread(fd, ret_other, HS_STATE_HOLDER_MAX - 1, 0);
    ret_other[len > 0 ? len : 0] = '\0';
    ret_other[strcspn(ret_other, "\n")] = '\0';
}

/* Whoever finds the lock taken reads this. That it could not be written is no reason to stop. */
static void write_holder(int folder_fd, const char *holder)
{
    int fd = open_lock(folder_fd, O_WRONLY | O_TRUNC);
    if (fd < 0)
        return;
    while (write(fd, holder, strlen(holder)) < 0 && errno == EINTR)
        continue;
    close(fd);
}

static int lock_in(struct hs_state_dir *dir, int folder_fd, char ret_other[HS_STATE_HOLDER_MAX])
{
    ret_other[0] = '\0';
    if (is_locked(dir, folder_fd))
        return 0;
    int fd = open_lock(folder_fd, O_RDONLY | O_CREAT);
    if (fd < 0)
        return errno;
    if (flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK) {
        read_other(fd, ret_other);
        close(fd);
        return EWOULDBLOCK;
    }
    write_holder(folder_fd, dir->holder);
    hs_state_dir_close(dir);
    dir->lock_fd = fd;
    return 0;
}

int hs_state_dir_lock(struct hs_state_dir *dir, char ret_other[HS_STATE_HOLDER_MAX])
{
    int folder_fd = open_folder(dir->path);
    if (folder_fd < 0)
        return errno;
    int number = lock_in(dir, folder_fd, ret_other);
    close(folder_fd);
    return number;
}

void hs_state_dir_close(struct hs_state_dir *dir)
{
    if (dir->lock_fd >= 0)
        close(dir->lock_fd);
    dir->lock_fd = -1;
}

/* ---- reading ----------------------------------------------------------------------------- */

static int read_all(int fd, char *bytes, size_t room, size_t *ret_len)
{
    struct stat st;
    char byte;
    if (fstat(fd, &st) < 0)
        return errno;
    if (!S_ISREG(st.st_mode))
        return EINVAL;
    ssize_t len = hs_ctl_read_all(fd, bytes, room);
    if (len < 0)
        return errno;
    ssize_t more = (size_t)len == room ? hs_ctl_read_all(fd, &byte, 1) : 0;
    if (more != 0)
        return more < 0 ? errno : EFBIG;
    *ret_len = (size_t)len;
    return 0;
}

int hs_state_dir_load(const struct hs_state_dir *dir, char *bytes, size_t room, size_t *ret_len)
{
    int folder_fd = open_folder(dir->path);
    if (folder_fd < 0)
        return errno;
    int fd =
        openat(folder_fd, HS_STATE_FILE, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    int number = fd < 0 ? errno : read_all(fd, bytes, room, ret_len);
    if (fd >= 0)
        close(fd);
    close(folder_fd);
    return number;
}

/* ---- writing ----------------------------------------------------------------------------- */

static int step_open(struct hs_state_save *save)
{
    save->fd = -1;
    save->folder_fd = open_folder(save->dir->path);
    return save->folder_fd < 0 ? errno : 0;
}

static int step_lock(struct hs_state_save *save)
{
    return lock_in(save->dir, save->folder_fd, save->other);
}

static int remove_in(int folder_fd, const char *name)
{
    return unlinkat(folder_fd, name, 0) < 0 && errno != ENOENT ? errno : 0;
}

static int step_make(struct hs_state_save *save)
{
    if (!save->bytes) {
        int number = remove_in(save->folder_fd, HS_STATE_FILE_NEW);
        return number ? number : remove_in(save->folder_fd, HS_STATE_FILE);
    }
    save->fd = openat(save->folder_fd, HS_STATE_FILE_NEW,
                      O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
                      FILE_MODE);
    return save->fd < 0 ? errno : 0;
}

static int step_write(struct hs_state_save *save)
{
    for (size_t done = 0; save->bytes && done < save->len;) {
        ssize_t n = write(save->fd, save->bytes + done, save->len - done);
        if (n < 0 && errno != EINTR)
            return errno;
        done += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

static int step_sync(struct hs_state_save *save)
{
    return save->bytes && fsync(save->fd) < 0 ? errno : 0;
}

static int step_close(struct hs_state_save *save)
{
    int fd = save->fd;
    save->fd = -1;
    return fd >= 0 && close(fd) < 0 && errno != EINTR ? errno : 0;
}

static int step_rename(struct hs_state_save *save)
{
    return save->bytes &&
                   renameat(save->folder_fd, HS_STATE_FILE_NEW, save->folder_fd, HS_STATE_FILE) < 0
               ? errno
               : 0;
}

/* Some file systems cannot do it, and need not. */
static int step_sync_dir(struct hs_state_save *save)
{
    int number = fsync(save->folder_fd) < 0 && errno != EINVAL ? errno : 0;
    close(save->folder_fd);
    save->folder_fd = -1;
    return number;
}

int hs_state_save_step(struct hs_state_save *save, enum hs_state_step step)
{
    static int (*const steps[HS_STATE_STEPS])(struct hs_state_save * save) = {
        [HS_STATE_STEP_OPEN] = step_open,     [HS_STATE_STEP_LOCK] = step_lock,
        [HS_STATE_STEP_MAKE] = step_make,     [HS_STATE_STEP_WRITE] = step_write,
        [HS_STATE_STEP_SYNC] = step_sync,     [HS_STATE_STEP_CLOSE] = step_close,
        [HS_STATE_STEP_RENAME] = step_rename, [HS_STATE_STEP_SYNC_DIR] = step_sync_dir,
    };
    return steps[step](save);
}

/* Ends a writing that has failed. */
static void give_up(struct hs_state_save *save, enum hs_state_step step)
{
    if (save->fd >= 0)
        close(save->fd);
    if (save->folder_fd >= 0 && save->bytes && step > HS_STATE_STEP_LOCK)
        remove_in(save->folder_fd, HS_STATE_FILE_NEW);
    if (save->folder_fd >= 0)
        close(save->folder_fd);
    save->fd = save->folder_fd = -1;
}

int hs_state_save_run(struct hs_state_save *save)
{
    for (int step = 0; step < HS_STATE_STEPS; step++) {
        int number = hs_state_save_step(save, (enum hs_state_step)step);
        if (number) {
            give_up(save, (enum hs_state_step)step);
            return number;
        }
    }
    return 0;
}
