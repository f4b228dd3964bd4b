/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/process.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define STATM_MAX 160 /* seven numbers */

static uint64_t cpu_time(void)
{
    struct timespec spent;
    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent) < 0)
        return 0;
    return (uint64_t)spent.tv_sec * 1000000 + (uint64_t)spent.tv_nsec / 1000;
}

/* statm begins with the size and the resident part, in pages. */
static void read_memory(struct hs_process *process)
{
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    char line[STATM_MAX], *rest;
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file)
        return;
    if (fgets(line, sizeof(line), file)) {
        process->virtual_bytes = page * strtoull(line, &rest, 10);
        process->resident_bytes = page * strtoull(rest, NULL, 10);
    }
    fclose(file);
}

/* The directory's own descriptor is not counted. */
static uint64_t count_descriptors(void)
{
    uint64_t count = 0;
    const struct dirent *entry;
    DIR *dir = opendir("/proc/self/fd");
    if (!dir)
        return 0;
    while ((entry = readdir(dir)))
        count += entry->d_name[0] != '.';
    closedir(dir);
    return count ? count - 1 : 0;
}

void hs_process_read(struct hs_process *ret_process)
{
    struct rlimit limit;
    *ret_process = (struct hs_process){
        .cpu_us = cpu_time(),
        .open_fds = count_descriptors(),
    };
    read_memory(ret_process);
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
        ret_process->max_fds = limit.rlim_cur;
}
