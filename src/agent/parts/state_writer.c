/* SPDX-License-Identifier: Apache-2.0 */
/*
 * There is one job at a time. Who gives it a newer state waits until the older one is on the disk,
 * which is as often as a disk can take it.
 */
#include "agent/parts/state_writer.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

/* Copied out of the job and back, so that nobody waits for the mutex while the disk works. */
static void do_job(struct hs_state_writer *writer)
{
    struct hs_state_save save = {
        .dir = writer->dir, .bytes = writer->job.bytes, .len = writer->job.len};
    writer->phase = HS_STATE_JOB_WORKS;
    pthread_mutex_unlock(&writer->mutex);
    int error = hs_state_save_run(&save);
    pthread_mutex_lock(&writer->mutex);
    writer->job.error = error;
    memcpy(writer->job.other, save.other, sizeof(save.other));
    writer->phase = HS_STATE_JOB_DONE;
}

static void *work(void *context)
{
    struct hs_state_writer *writer = context;
    static const uint64_t one = 1;
    pthread_mutex_lock(&writer->mutex);
    while (!writer->stops) {
        if (writer->phase != HS_STATE_JOB_WAITS) {
            pthread_cond_wait(&writer->changed, &writer->mutex);
            continue;
        }
        do_job(writer);
        pthread_cond_broadcast(&writer->changed);
        while (write(writer->event_fd, &one, sizeof(one)) < 0 && errno == EINTR)
            continue;
    }
    pthread_mutex_unlock(&writer->mutex);
    return NULL;
}

/* Signals are for the loop: the thread blocks all. */
static int make_thread(struct hs_state_writer *writer)
{
    sigset_t all, before;
    pthread_attr_t attr;
    int number = pthread_attr_init(&attr);
    if (number)
        return number;
    sigfillset(&all);
    pthread_attr_setstacksize(&attr, HS_STATE_STACK);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    number = pthread_create(&writer->thread, &attr, work, writer);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);
    return number;
}

/* Its clock is not that of the wall, which may jump. */
static int init_condition(pthread_cond_t *condition)
{
    pthread_condattr_t attr;
    int number = pthread_condattr_init(&attr);
    if (number)
        return number;
    number = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    if (!number)
        number = pthread_cond_init(condition, &attr);
    pthread_condattr_destroy(&attr);
    return number;
}

int hs_state_writer_start(struct hs_state_writer *writer, struct hs_state_dir *dir)
{
    *writer = (struct hs_state_writer){.dir = dir};
    writer->event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (writer->event_fd < 0)
        return errno;
    pthread_mutex_init(&writer->mutex, NULL); /* cannot fail on Linux */
    int number = init_condition(&writer->changed);
    if (!number) {
        number = make_thread(writer);
        if (number)
            pthread_cond_destroy(&writer->changed);
    }
    writer->started = number == 0;
    if (number) {
        pthread_mutex_destroy(&writer->mutex);
        close(writer->event_fd);
    }
    return number;
}

bool hs_state_writer_busy(struct hs_state_writer *writer)
{
    pthread_mutex_lock(&writer->mutex);
    bool busy = writer->phase != HS_STATE_JOB_NONE;
    pthread_mutex_unlock(&writer->mutex);
    return busy;
}

void hs_state_writer_give(struct hs_state_writer *writer, char *bytes, size_t len)
{
    pthread_mutex_lock(&writer->mutex);
    writer->job = (struct hs_state_job){.bytes = bytes, .len = len};
    writer->phase = HS_STATE_JOB_WAITS;
    pthread_cond_broadcast(&writer->changed);
    pthread_mutex_unlock(&writer->mutex);
}

bool hs_state_writer_take(struct hs_state_writer *writer, struct hs_state_job *ret_job)
{
    uint64_t count;
    pthread_mutex_lock(&writer->mutex);
    bool done =
        writer->phase == HS_STATE_JOB_DONE && read(writer->event_fd, &count, sizeof(count)) > 0;
    if (done) {
        *ret_job = writer->job;
        writer->job.bytes = NULL;
        writer->phase = HS_STATE_JOB_NONE;
    }
    pthread_mutex_unlock(&writer->mutex);
    return done;
}

static struct timespec after(uint64_t us)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    time.tv_sec += (time_t)(us / 1000000);
    time.tv_nsec += (long)(us % 1000000 * 1000);
    if (time.tv_nsec >= 1000000000) {
        time.tv_sec++;
        time.tv_nsec -= 1000000000;
    }
    return time;
}

/* To be called with the mutex. */
static bool is_under_way(const struct hs_state_writer *writer)
{
    return writer->phase == HS_STATE_JOB_WAITS || writer->phase == HS_STATE_JOB_WORKS;
}

bool hs_state_writer_wait(struct hs_state_writer *writer, uint64_t us)
{
    struct timespec end = after(us);
    int number = 0;
    pthread_mutex_lock(&writer->mutex);
    while (is_under_way(writer) && number != ETIMEDOUT)
        number = pthread_cond_timedwait(&writer->changed, &writer->mutex, &end);
    bool idle = !is_under_way(writer);
    pthread_mutex_unlock(&writer->mutex);
    return idle;
}

bool hs_state_writer_stop(struct hs_state_writer *writer, uint64_t us)
{
    if (!writer->started)
        return true;
    if (!hs_state_writer_wait(writer, us))
        return false;
    pthread_mutex_lock(&writer->mutex);
    writer->stops = true;
    pthread_cond_broadcast(&writer->changed);
    pthread_mutex_unlock(&writer->mutex);
    pthread_join(writer->thread, NULL);
    writer->started = false;
    free(writer->job.bytes);
    writer->job.bytes = NULL;
    close(writer->event_fd);
    pthread_cond_destroy(&writer->changed);
    pthread_mutex_destroy(&writer->mutex);
    return true;
}
