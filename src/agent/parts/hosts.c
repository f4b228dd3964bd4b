/* SPDX-License-Identifier: Apache-2.0 */
/*
 * c-ares can read this file, but it reads all of it in one call, and it asks an environment
 * variable where the file is. So it is read here.
 */
#include "agent/parts/hosts.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const char blanks[] = " \t\r\v\f";

struct hs_hosts {
    int fd;
    size_t total; /* bytes read so far */
    size_t held;  /* bytes of an unfinished line at the start of `text` */
    bool skip;    /* the rest of the present line is ignored */
    char text[HS_HOSTS_STEP_MAX + 1];
};

int hs_hosts_open(struct hs_hosts **ret_hosts, const char *path)
{
    /* A pipe or a device in the place of the file must not hold up the loop. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat st;

    if (fd < 0) {
        if (errno != ENOENT && errno != ENOTDIR)
            return -errno;
        *ret_hosts = NULL;
        return 0;
    }
    struct hs_hosts *hosts = MAP_FAILED;
    int err = fstat(fd, &st) < 0 ? -errno : S_ISREG(st.st_mode) ? 0 : -EINVAL;
    if (err == 0) /* mapped, because the heap would keep it until the next lookup */
        hosts =
            mmap(NULL, sizeof(*hosts), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (hosts == MAP_FAILED) {
        close(fd);
        return err < 0 ? err : -ENOMEM;
    }
    hosts->fd = fd;
    *ret_hosts = hosts;
    return 0;
}

/* One line, which is terminated and may be changed. */
static void read_line(char *line, hs_hosts_fn *found, void *context)
{
    char *rest = NULL, *comment = strchr(line, '#');

    if (comment)
        *comment = '\0';
    const char *addr = strtok_r(line, blanks, &rest);
    if (!addr)
        return;
    for (const char *name = strtok_r(NULL, blanks, &rest); name;
         name = strtok_r(NULL, blanks, &rest))
        found(context, addr, name);
}

/* The lines of the text. Returns where the last, unfinished one begins. */
static size_t read_lines(struct hs_hosts *hosts, size_t len, hs_hosts_fn *found, void *context)
{
    char *line = hosts->text, *end = hosts->text + len, *newline;

    while ((newline = memchr(line, '\n', (size_t)(end - line)))) {
        *newline = '\0';
        if (!hosts->skip)
            read_line(line, found, context);
        hosts->skip = false;
        line = newline + 1;
    }
    return (size_t)(line - hosts->text);
}

bool hs_hosts_step(struct hs_hosts *hosts, hs_hosts_fn *found, void *context)
{
    if (!hosts)
        return false;
    ssize_t n;
    do
        n = read(hosts->fd, hosts->text + hosts->held, HS_HOSTS_STEP_MAX - hosts->held);
    while (n < 0 && errno == EINTR);
    bool ended = n <= 0 || hosts->total + (size_t)n >= HS_HOSTS_MAX;
    size_t len = hosts->held + (n > 0 ? (size_t)n : 0);
    hosts->total += n > 0 ? (size_t)n : 0;
    size_t begun = read_lines(hosts, len, found, context);
    hosts->held = len - begun;
    memmove(hosts->text, hosts->text + begun, hosts->held);
    hosts->text[hosts->held] = '\0';
    if (ended || hosts->held == HS_HOSTS_STEP_MAX) {
        if (!hosts->skip && hosts->held > 0)
            read_line(hosts->text, found, context); /* it is the last line, or too long */
        hosts->skip = !ended;
        hosts->held = 0;
    }
    return !ended;
}

void hs_hosts_close(struct hs_hosts *hosts)
{
    if (!hosts)
        return;
    close(hosts->fd);
    munmap(hosts, sizeof(*hosts));
}
