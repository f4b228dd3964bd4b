/* SPDX-License-Identifier: Apache-2.0 */
/* Calls of memory and of the kernel that can be made to fail, for one test program. */
#ifndef HS_TEST_FAILING_H
#define HS_TEST_FAILING_H

#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/types.h>

#include <event2/buffer.h>
#include <event2/event.h>

/* The linker sends the calls of what is tested here (meson.build). */
static unsigned long left; /* the calls until one fails, that one included; 0: none does */
static bool memory_only;   /* the kernel's calls are not counted */
static bool fired;

static void arm(unsigned long call, bool memory)
{
    left = call;
    memory_only = memory;
    fired = false;
}

static bool fails(bool memory)
{
    if (left == 0 || (memory_only && !memory) || --left > 0)
        return false;
    fired = true;
    return true;
}

#define WRAP(memory, error, bad, result, name, parameters, arguments)                              \
    result __real_##name parameters;                                                               \
    result __wrap_##name parameters;                                                               \
    result __wrap_##name parameters                                                                \
    {                                                                                              \
        if (!fails(memory))                                                                        \
            return __real_##name arguments;                                                        \
        errno = error;                                                                             \
        return bad;                                                                                \
    }

WRAP(true, ENOMEM, NULL, void *, malloc, (size_t size), (size))
WRAP(true, ENOMEM, NULL, void *, calloc, (size_t count, size_t size), (count, size))
WRAP(true, ENOMEM, NULL, void *, realloc, (void *ptr, size_t size), (ptr, size))
WRAP(true, ENOMEM, NULL, char *, strdup, (const char *text), (text))
WRAP(true, ENOMEM, NULL, struct evbuffer *, evbuffer_new, (void), ())
WRAP(true, ENOMEM, -1, int, evbuffer_add, (struct evbuffer * buffer, const void *bytes, size_t len),
     (buffer, bytes, len))
WRAP(true, ENOMEM, NULL, struct event *, event_new,
     (struct event_base * base, evutil_socket_t fd, short what, event_callback_fn call, void *data),
     (base, fd, what, call, data))
WRAP(false, ENOMEM, NULL, struct event_config *, event_config_new, (void), ())
WRAP(false, EMFILE, NULL, struct event_base *, event_base_new_with_config,
     (const struct event_config *config), (config))
WRAP(false, ENOMEM, -1, int, event_add, (struct event * event, const struct timeval *delay),
     (event, delay))
WRAP(false, EMFILE, -1, int, socket, (int domain, int type, int protocol), (domain, type, protocol))
WRAP(false, EACCES, -1, int, bind, (int fd, const struct sockaddr *address, socklen_t len),
     (fd, address, len))
WRAP(false, EADDRINUSE, -1, int, listen, (int fd, int backlog), (fd, backlog))
WRAP(false, ENETUNREACH, -1, int, connect, (int fd, const struct sockaddr *address, socklen_t len),
     (fd, address, len))
WRAP(false, ENOPROTOOPT, -1, int, setsockopt,
     (int fd, int level, int option, const void *value, socklen_t len),
     (fd, level, option, value, len))
WRAP(false, ENOBUFS, -1, int, getsockname, (int fd, struct sockaddr *address, socklen_t *len),
     (fd, address, len))
WRAP(false, ENOSYS, -1, ssize_t, getrandom, (void *bytes, size_t len, unsigned flags),
     (bytes, len, flags))
WRAP(false, ENOMEM, -1, int, getifaddrs, (struct ifaddrs * *interfaces), (interfaces))
WRAP(false, EMFILE, -1, int, timerfd_create, (int clock, int flags), (clock, flags))
WRAP(false, EPERM, -1, int, chown, (const char *path, uid_t user, gid_t group), (path, user, group))
WRAP(false, EPERM, -1, int, chmod, (const char *path, mode_t mode), (path, mode))
WRAP(false, EIO, -1, int, lstat64, (const char *path, struct stat *st), (path, st))
WRAP(false, EIO, -1, int, fstat64, (int fd, struct stat *st), (fd, st))

int __real_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...)
{
    mode_t mode = 0;

    if (flags & O_CREAT) {
        va_list args;

        va_start(args, flags);
        mode = va_arg(args, mode_t);
        va_end(args);
    }
    if (!fails(false))
        return __real_open64(path, flags, mode);
    errno = ENOSPC;
    return -1;
}

#endif
