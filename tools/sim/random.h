/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The world's own random numbers: SplitMix64 (Steele, Lea, Flood 2014). Nodes have generators of
 * their own, so that a change of the protocol does not change the network more than it must.
 */
#ifndef SIM_RANDOM_H
#define SIM_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct sim_random {
    uint64_t state;
};

static inline uint64_t sim_random_next(struct sim_random *random)
{
    uint64_t z = random->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* Uniform in 0 … bound - 1; bound 0 gives 0. */
static inline uint32_t sim_random_below(struct sim_random *random, uint32_t bound)
{
    return (uint32_t)(((sim_random_next(random) >> 32) * bound) >> 32);
}

/* True with a chance of so many in a thousand; draws nothing for 0, so that an unused fault costs
 * none. */
static inline bool sim_random_permille(struct sim_random *random, uint32_t permille)
{
    return permille != 0 && sim_random_below(random, 1000) < permille;
}

#endif
