/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file that is a little old is no harm: the agent tells the next start what happened since, or it
 * is a difference that is found; some of it is run a second time. So it need not be written at
 * once, and a view of 100,000 members must not be written each second. The disk is waited for:
 * nothing is lost meanwhile, because the agent keeps what we do not read.
 */
#include "handle/keeper.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <syslog.h>
#include <unistd.h>

#include <hearsay/host.h>

#include "handle/need.h"

bool hs_keeper_open(struct hs_keeper *keeper, const char *path, const struct hs_say *say)
{
    char other[HS_STATE_HOLDER_MAX] = "";

    *keeper = (struct hs_keeper){.say = say, .dir = {.path = path, .lock_fd = -1}};
    if (!path)
        return true;
    snprintf(keeper->holder, sizeof(keeper->holder), "hearsay handle, process %d\n", (int)getpid());
    keeper->dir.holder = keeper->holder;
    int number = hs_state_dir_lock(&keeper->dir, other);
    if (number == EWOULDBLOCK) {
        hs_say(say, LOG_ERR, "state", NULL, "handle: the state in %s is in use: %s", path,
               other[0] != '\0' ? other : "another process has the lock");
        return false;
    }
    if (number)
        hs_say(say, LOG_ERR, "state", NULL, "handle: the state in %s cannot be locked: %s", path,
               strerror(number));
    return true;
}

void hs_keeper_close(struct hs_keeper *keeper)
{
    hs_state_dir_close(&keeper->dir);
}

/* ---- reading ----------------------------------------------------------------------------- */

static enum hs_kept_found judge(struct hs_keeper *keeper, int number, const char *bytes, size_t len,
                                struct hs_feed *feed, struct hs_kept *kept)
{
    char words[HS_ERROR_TEXT_MAX];
    enum hs_kept_found found = HS_KEPT_DAMAGED;

    if (number == ENOENT)
        return HS_KEPT_NOTHING;
    if (number)
        hs_error_text(words, "cannot be read: %s", strerror(number));
    else
        found = hs_kept_read(bytes, len, feed, kept, words);
    if (found == HS_KEPT_GOOD)
        return found;
    keeper->forbidden = found == HS_KEPT_LATER;
    hs_say(keeper->say, LOG_ERR, "state", NULL, "handle: the state %s/%s %s: %s", keeper->dir.path,
           HS_STATE_FILE, words,
           keeper->forbidden ? "it is left alone, and nothing is kept"
                             : "what happened before is not known, and it is written anew");
    return found;
}

/* The pages of the room for a file that are not needed are not taken. */
enum hs_kept_found hs_keeper_load(struct hs_keeper *keeper, struct hs_feed *feed,
                                  struct hs_kept *ret_kept)
{
    size_t len = 0;

    *ret_kept = (struct hs_kept){.handlers = NULL};
    if (!keeper->dir.path)
        return HS_KEPT_NOTHING;
    char *bytes = mmap(NULL, HS_KEPT_MAX, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (bytes == MAP_FAILED)
        hs_need(NULL);
    int number = hs_state_dir_load(&keeper->dir, bytes, HS_KEPT_MAX, &len);
    enum hs_kept_found found = judge(keeper, number, bytes, len, feed, ret_kept);
    munmap(bytes, HS_KEPT_MAX);
    return found;
}

void hs_keeper_forbid(struct hs_keeper *keeper, const char *why)
{
    keeper->forbidden = true;
    hs_say(keeper->say, LOG_ERR, "state", NULL,
           "handle: the state %s/%s %s: it is left alone, and nothing is kept", keeper->dir.path,
           HS_STATE_FILE, why);
}

/* ---- writing ----------------------------------------------------------------------------- */

void hs_keeper_touch(struct hs_keeper *keeper)
{
    keeper->dirty = keeper->dir.path && !keeper->forbidden;
}

uint64_t hs_keeper_deadline(const struct hs_keeper *keeper)
{
    return keeper->dirty ? keeper->next : UINT64_MAX;
}

bool hs_keeper_due(const struct hs_keeper *keeper, uint64_t now, bool end)
{
    return keeper->dirty && (end || now >= keeper->next);
}

static void say_result(struct hs_keeper *keeper, int number, uint64_t now)
{
    if (number == 0 && keeper->error != 0)
        hs_say(keeper->say, LOG_INFO, "state", NULL, "handle: the state in %s is written again",
               keeper->dir.path);
    else if (number != 0 && (number != keeper->error || now - keeper->said >= HS_SAY_AGAIN_US))
        hs_say(keeper->say, LOG_ERR, "state", NULL,
               "handle: the state in %s cannot be written: %s; after a crash, what happened since "
               "would be run again",
               keeper->dir.path, strerror(number));
    else
        return;
    keeper->said = now;
}

void hs_keeper_save(struct hs_keeper *keeper, char *bytes, size_t len, uint64_t now)
{
    struct hs_state_save save = {.dir = &keeper->dir, .bytes = bytes, .len = len};
    int number = len > HS_KEPT_MAX ? EFBIG : hs_state_save_run(&save);
    uint64_t then = hearsay_host_now().boot, took = HS_KEEPER_SHARE * (then - now);

    say_result(keeper, number, then);
    keeper->error = number;
    keeper->dirty = number != 0;
    if (number)
        keeper->next = then + HS_KEEPER_RETRY_US;
    else
        keeper->next = then + (took > HS_KEEPER_GAP_US ? took : HS_KEEPER_GAP_US);
    free(bytes);
}
