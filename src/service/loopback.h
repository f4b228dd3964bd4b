/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses that never leave this machine. */
#ifndef HS_SERVICE_LOOPBACK_H
#define HS_SERVICE_LOOPBACK_H

#include <stdbool.h>

#include <hearsay/addr.h>

/* True for 127.0.0.0/8 and ::1. */
bool hs_addr_is_loopback(const struct hearsay_addr *addr);

#endif
