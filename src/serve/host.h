/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whom a request means to talk to. A page of a stranger can make a browser ask us by a name of its
 * own that leads to 127.0.0.1 (DNS rebinding), and then reads the answers. So only names that are
 * ours are answered. An address cannot be such a name.
 */
#ifndef HS_SERVE_HOST_H
#define HS_SERVE_HOST_H

#include <stdbool.h>
#include <stddef.h>

/* True if the value of the header `Host`, "NAME", "NAME:PORT", "ADDRESS:PORT" or "[IPv6]:PORT", is
 * an address, `localhost` or one of the names, without regard to case. NULLs among the names are
 * skipped. */
bool hs_host_is_ours(const char *header, const char *const *names, size_t count);

/* True for what can be the name of a host: letters, digits, '-', '_' and '.'. */
bool hs_host_is_name(const char *text);

#endif
