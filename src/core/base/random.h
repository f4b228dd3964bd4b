/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The node's random numbers: SplitMix64 (Steele, Lea, Flood 2014), seeded from the config, so that
 * the same seed makes the same run. They choose peers and times only. Secrets come from the
 * config's entropy.
 */
#ifndef HS_BASE_RANDOM_H
#define HS_BASE_RANDOM_H

#include <stdint.h>

struct hs_random {
    uint64_t state;
};

static inline uint64_t hs_random_next(struct hs_random *random)
{
    uint64_t z = random->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* A uniform number from 0 to bound - 1; 0 if bound is 0. A bias of 2^-32 does not matter when peers
 * are chosen. */
static inline uint32_t hs_random_below(struct hs_random *random, uint32_t bound)
{
    return (uint32_t)(((hs_random_next(random) >> 32) * bound) >> 32);
}

/* True with probability share / whole. */
static inline int hs_random_chance(struct hs_random *random, uint32_t share, uint32_t whole)
{
    return hs_random_below(random, whole) < share;
}

/* A uniform number within `percent` of `span`. */
static inline uint64_t hs_random_jitter(struct hs_random *random, uint64_t span, uint32_t percent)
{
    uint64_t width = span / 100 * percent;
    return span - width + (width ? hs_random_next(random) % (2 * width + 1) : 0);
}

#endif
