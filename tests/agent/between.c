/* SPDX-License-Identifier: Apache-2.0 */
/* A library that stands between a program and the C library (LD_PRELOAD), as those do that count
 * traffic or send it elsewhere. Where the real function is, it keeps in a variable. */
#include <dlfcn.h>
#include <sys/socket.h>

static ssize_t (*real)(int fd, const struct msghdr *message, int flags);

__attribute__((constructor)) static void find(void)
{
    *(void **)&real = dlsym(RTLD_NEXT, "sendmsg");
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    return real(fd, message, flags);
}
