/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory comes from the caller. libhearsay's core never calls malloc itself, so that a program can
 * count, bound or fail its allocations. hearsay/host.h has one that uses the C library.
 */
#ifndef HEARSAY_ALLOCATOR_H
#define HEARSAY_ALLOCATOR_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct hearsay_allocator {
    /* Like realloc: ptr NULL allocates; returns NULL on failure and leaves ptr as it was. Never
     * called with size 0. */
    void *(*resize)(void *context, void *ptr, size_t size);
    /* Like free: NULL is a no-op. */
    void (*release)(void *context, void *ptr);
    void *context;
};

#ifdef __cplusplus
}
#endif
#endif
