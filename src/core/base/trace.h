/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HS_TRACE passes a step to the owner's trace hook. Without a hook it costs one well-predicted
 * branch, and the step is not built.
 */
#ifndef HS_BASE_TRACE_H
#define HS_BASE_TRACE_H

#include <hearsay/config.h>
#include <hearsay/trace.h>

/* `of` points to a struct with `config` and `now`. The other arguments set fields of struct
 * hearsay_trace. */
#define HS_TRACE(of, ...)                                                                          \
    do {                                                                                           \
        if (__builtin_expect((of)->config.trace != NULL, 0))                                       \
            (of)->config.trace((of)->config.trace_context,                                         \
                               &(struct hearsay_trace){.when = (of)->now, __VA_ARGS__});           \
    } while (0)

#endif
