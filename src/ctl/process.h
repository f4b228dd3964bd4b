/* SPDX-License-Identifier: Apache-2.0 */
/* What this process takes of its machine, as /proc and the kernel say it. Linux only, like the
 * rest. */
#ifndef HEARSAY_CTL_PROCESS_H
#define HEARSAY_CTL_PROCESS_H

#include <stdint.h>

/* What cannot be read, for example because descriptors are out, is 0. */
struct hs_process {
    uint64_t cpu_us;                        /* user and system, of all threads */
    uint64_t resident_bytes, virtual_bytes; /* memory */
    uint64_t open_fds, max_fds;             /* descriptors: now, and the soft limit */
};

/* Takes a descriptor for a moment. */
void hs_process_read(struct hs_process *ret_process);

#endif
