/* SPDX-License-Identifier: Apache-2.0 */
/* One instant of two clocks; hearsay/node.h says what they must do. */
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
