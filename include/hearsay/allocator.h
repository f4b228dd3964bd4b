/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The caller's memory functions. The core of libhearsay never calls malloc itself, so that a
 * program can count, limit or fail its allocations. hearsay_host_allocator in hearsay/host.h
 * returns an allocator that uses the C library.
 *
 * The library copies the struct. `context` is passed to both functions and must outlive everything
 * that was made with the allocator. Both functions are called by the thread that makes the library
 * call. For a ring this can be any thread that drops the last reference (hearsay/ring.h).
 */
#ifndef HEARSAY_ALLOCATOR_H
#define HEARSAY_ALLOCATOR_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct hearsay_allocator {
    /* Like realloc: with ptr NULL it allocates. On failure it returns NULL and leaves ptr as it
     * was. It is never called with size 0. */
    void *(*resize)(void *context, void *ptr, size_t size);
    /* Like free: NULL is a no-op. */
    void (*release)(void *context, void *ptr);
    void *context;
};

#ifdef __cplusplus
}
#endif
#endif
