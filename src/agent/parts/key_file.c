/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What counts is the file that was opened, not the path: managers of secrets hand out symlinks, and
 * a path can change between a look and an open. Opened without waiting, because a FIFO would wait
 * for its writer for ever, and a reload must not stop the loop.
 */
#include "agent/parts/key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <hearsay/error.h>

#include "ctl/ctl.h"

#define OTHERS_ANY  (S_IRWXO)
#define GROUP_WRITE (S_IWGRP)
#define MODE_RIGHT  (S_IRUSR | S_IWUSR | S_IRGRP) /* the most that a key file may have */

#define PATH_SHOWN "%.200s" /* a sentence must fit behind it */

static const char *kind_of(mode_t mode)
{
    if (S_ISDIR(mode))
        return "a directory";
    if (S_ISFIFO(mode))
        return "a pipe";
    return S_ISSOCK(mode) ? "a socket" : "a device";
}

static int check_guard(const char *path, const struct stat *st, char error[HS_ERROR_TEXT_MAX])
{
    unsigned mode = st->st_mode & 07777, right = st->st_mode & MODE_RIGHT;
    if (st->st_uid != 0 && st->st_uid != geteuid())
        hs_error_text(error,
                      "key file " PATH_SHOWN
                      ": it belongs to user %u, who could replace the key; it "
                      "must belong to root or to the agent's user: chown root " PATH_SHOWN,
                      path, (unsigned)st->st_uid, path);
    else if ((mode & OTHERS_ANY) != 0)
        hs_error_text(error,
                      "key file " PATH_SHOWN
                      ": it is open to everybody (mode %04o), so the key may "
                      "be known already: make a new one, and chmod %03o " PATH_SHOWN,
                      path, mode, right, path);
    else if ((mode & GROUP_WRITE) != 0)
        hs_error_text(error,
                      "key file " PATH_SHOWN
                      ": its group may write it (mode %04o): chmod %03o " PATH_SHOWN,
                      path, mode, right, path);
    else
        return 0;
    return HEARSAY_ERR_INVALID;
}

static int check_file(const char *path, int fd, bool guarded, char error[HS_ERROR_TEXT_MAX])
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        hs_error_text(error, "key file " PATH_SHOWN ": %s", path, strerror(errno));
    else if (!S_ISREG(st.st_mode))
        hs_error_text(error,
                      "key file " PATH_SHOWN
                      ": it is %s, and must be a regular file with one key a "
                      "line",
                      path, kind_of(st.st_mode));
    else
        return guarded ? check_guard(path, &st, error) : 0;
    return HEARSAY_ERR_INVALID;
}

static void tell_unopened(const char *path, int number, char error[HS_ERROR_TEXT_MAX])
{
    if (number == ENOENT)
        hs_error_text(error,
                      "key file " PATH_SHOWN
                      ": there is no such file; hearsay keygen -o " PATH_SHOWN
                      " makes one, for all members the same",
                      path, path);
    else if (number == EACCES)
        hs_error_text(error,
                      "key file " PATH_SHOWN ": the agent's user, %u, may not read it: chown "
                      "root:hearsay and chmod 640, or look at its directory",
                      path, (unsigned)geteuid());
    else
        hs_error_text(error, "key file " PATH_SHOWN ": %s", path, strerror(number));
}

static int parse(const char *path, const char *cluster, const char *text, size_t len,
                 struct hearsay_keyring **ret_keyring, char error[HS_ERROR_TEXT_MAX])
{
    struct hearsay_keyring_error wrong = {0, ""};
    int err = hearsay_keyring_parse(ret_keyring, cluster, text, len, &wrong);
    if (err == HEARSAY_ERR_NOMEM)
        hs_error_text(error, "key file " PATH_SHOWN ": %s", path, hearsay_strerror(err));
    else if (err < 0 && wrong.line > 0)
        hs_error_text(error, "key file " PATH_SHOWN ":%u: %s", path, wrong.line, wrong.text);
    else if (err < 0)
        hs_error_text(error, "key file " PATH_SHOWN ": %s", path, wrong.text);
    return err;
}

static int read_keys(const char *path, const char *cluster, int fd,
                     struct hearsay_keyring **ret_keyring, char error[HS_ERROR_TEXT_MAX])
{
    char text[HEARSAY_KEY_FILE_MAX + 1];
    ssize_t len = hs_ctl_read_all(fd, text, sizeof(text));
    int number = errno, err = HEARSAY_ERR_INVALID;
    if (len < 0)
        hs_error_text(error, "key file " PATH_SHOWN ": cannot be read: %s", path, strerror(number));
    else if (len == 0)
        hs_error_text(error,
                      "key file " PATH_SHOWN
                      ": it is empty, and must have one key a line, as hearsay "
                      "keygen prints it",
                      path);
    else
        err = parse(path, cluster, text, (size_t)len, ret_keyring, error);
    hearsay_wipe(text, sizeof(text));
    return err;
}

int hs_key_file_load(const char *path, const char *cluster, bool guarded,
                     struct hearsay_keyring **ret_keyring, char error[HS_ERROR_TEXT_MAX])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        tell_unopened(path, errno, error);
        return HEARSAY_ERR_INVALID;
    }
    int err = check_file(path, fd, guarded, error);
    if (err == 0)
        err = read_keys(path, cluster, fd, ret_keyring, error);
    close(fd);
    return err;
}
