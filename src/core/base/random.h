/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The node's random numbers: SplitMix64 (Steele, Lea, Flood 2014), seeded from the config, so that
 * the same seed makes the same run. For choices of peers and moments only; secrets come from the
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

/* Uniform in 0 … bound - 1; bound 0 gives 0. The bias of 2^-32 does not matter for
 * choosing peers. */
static inline uint32_t hs_random_below(struct hs_random *random, uint32_t bound)
{
    return (uint32_t)(((hs_random_next(random) >> 32) * bound) >> 32);
}

/* True with a chance of share / whole. */
static inline int hs_random_chance(struct hs_random *random, uint32_t share, uint32_t whole)
{
    return hs_random_below(random, whole) < share;
}

/* `span` give or take `percent` of it. */
static inline uint64_t hs_random_jitter(struct hs_random *random, uint64_t span, uint32_t percent)
{
    uint64_t width = span / 100 * percent;
    return span - width + (width ? hs_random_next(random) % (2 * width + 1) : 0);
}

#endif
