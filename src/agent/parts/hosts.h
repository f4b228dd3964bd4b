/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads a file like /etc/hosts in small steps, because such a file may have a MiB and nothing may
 * hold up a turn of the loop (R20a: turn budget). It is read anew for each lookup, so what an
 * operator has just written counts.
 */
#ifndef HS_AGENT_PARTS_HOSTS_H
#define HS_AGENT_PARTS_HOSTS_H

#include <stdbool.h>
#include <stddef.h>

#define HS_HOSTS_PATH     "/etc/hosts"
#define HS_HOSTS_STEP_MAX 32768    /* bytes read in one step; of a longer line the end is ignored */
#define HS_HOSTS_MAX      16777216 /* bytes of a file that are read */

struct hs_hosts;

/* Called for each pair of a line, an address and one of its names, both as text. */
typedef void hs_hosts_fn(void *context, const char *addr, const char *name);

/* Opens a file. Without such a file *ret_hosts is NULL and the result 0. Otherwise returns 0 or a
 * negative errno. */
int hs_hosts_open(struct hs_hosts **ret_hosts, const char *path);

/* Reads a piece and calls `found` for its pairs. Returns true if there is more to read. A file that
 * cannot be read further counts as ended. NULL is an empty file. */
bool hs_hosts_step(struct hs_hosts *hosts, hs_hosts_fn *found, void *context);

/* NULL is a no-op. */
void hs_hosts_close(struct hs_hosts *hosts);

#endif
