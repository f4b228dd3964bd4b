/* SPDX-License-Identifier: Apache-2.0
 *
 * A wall clock that a test sets. libfaketime does this too, but allocates before it is ready, which
 * AddressSanitizer does not survive, and steps a running program's clock only with a file that is
 * read again and again. Here one shared page has the offset, and all clocks but the wall clock are
 * left alone, as they are when an operator sets the date.
 *
 * And chance that is none: with HEARSAY_FIELD_RANDOM, a number, getrandom() gives the same bytes in
 * the same order to each process. Two that begin at the same time are then copies of each other.
 */
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define BILLION 1000000000

int clock_gettime(clockid_t clock, struct timespec *now);
int gettimeofday(struct timeval *restrict now, void *restrict zone);
time_t time(time_t *ret_now);
ssize_t getrandom(void *bytes, size_t len, unsigned flags);

static _Atomic(const _Atomic int64_t *) shared; /* nanoseconds to add */

/* At the first question, not in a constructor: sanitizers ask before constructors run. */
static int64_t offset(void)
{
    const _Atomic int64_t *page = shared;
    const char *path = getenv("HEARSAY_FIELD_OFFSET");
    if (!page && path) {
        int file = open(path, O_RDONLY | O_CLOEXEC);
        void *found =
            file < 0 ? MAP_FAILED : mmap(NULL, sizeof(*page), PROT_READ, MAP_SHARED, file, 0);
        if (file >= 0) {
            close(file);
        }
        if (found == MAP_FAILED) {
            abort(); /* a test whose clock is right after all would prove nothing */
        }
        page = found;
        shared = page;
    }
    return page ? *page : 0;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    if (syscall(SYS_clock_gettime, clock, now) != 0) {
        return -1;
    }
    if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) {
        int64_t sum = (int64_t)now->tv_sec * BILLION + now->tv_nsec + offset();
        now->tv_sec = (time_t)(sum / BILLION);
        now->tv_nsec = (long)(sum % BILLION);
    }
    return 0;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec exact;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &exact);
    now->tv_sec = exact.tv_sec;
    now->tv_usec = (suseconds_t)(exact.tv_nsec / 1000);
    return 0;
}

time_t time(time_t *ret_now)
{
    struct timespec exact;
    clock_gettime(CLOCK_REALTIME, &exact);
    if (ret_now) {
        *ret_now = exact.tv_sec;
    }
    return exact.tv_sec;
}

ssize_t getrandom(void *bytes, size_t len, unsigned flags)
{
    static uint64_t state;
    const char *given = getenv("HEARSAY_FIELD_RANDOM");
    if (!given) {
        return syscall(SYS_getrandom, bytes, len, flags);
    }
    if (state == 0) {
        state = strtoull(given, NULL, 10) | 1;
    }
    for (size_t i = 0; i < len; i++) { /* xorshift */
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        ((uint8_t *)bytes)[i] = (uint8_t)(state >> 32);
    }
    return (ssize_t)len;
}
