/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HS_TRACE tells the owner's trace hook of a step. Without a hook it costs one branch that is
 * predicted right: the step is not even put together.
 */
#ifndef HS_BASE_TRACE_H
#define HS_BASE_TRACE_H

#include <hearsay/config.h>
#include <hearsay/trace.h>

/* `of` points to what has a `config` and a `now`; the rest are fields of struct hearsay_trace. */
#define HS_TRACE(of, ...)                                                                          \
    do {                                                                                           \
        if (__builtin_expect((of)->config.trace != NULL, 0))                                       \
            (of)->config.trace((of)->config.trace_context,                                         \
                               &(struct hearsay_trace){.when = (of)->now, __VA_ARGS__});           \
    } while (0)

#endif
