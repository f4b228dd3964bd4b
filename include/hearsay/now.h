/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One instant on two clocks. Every call of a node that depends on time takes it as an argument, so
 * that one call sees one instant and a simulator can set the time. hearsay/node.h says what the
 * clocks must do.
 */
#ifndef HEARSAY_NOW_H
#define HEARSAY_NOW_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct hearsay_now {
    uint64_t boot; /* microseconds since some fixed point, never going back */
    uint64_t wall; /* microseconds since 1970 */
};

#ifdef __cplusplus
}
#endif
#endif
