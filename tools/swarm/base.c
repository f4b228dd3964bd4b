/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Members are numbers; name and address follow from the number, so neither is looked up: s00007 has
 * the seventh address after the first one, on the same port.
 */
#include "base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void swarm_name(uint32_t face, char ret_name[SWARM_NAME_SIZE])
{
    snprintf(ret_name, SWARM_NAME_SIZE, "s%05u", face);
}

uint32_t swarm_face_named(const struct swarm *swarm, const char *name)
{
    char made[SWARM_NAME_SIZE];
    if (name[0] != 's')
        return SWARM_NOBODY;
    unsigned long number = strtoul(name + 1, NULL, 10);
    if (number >= swarm->options.members)
        return SWARM_NOBODY;
    swarm_name((uint32_t)number, made);
    return strcmp(made, name) == 0 ? (uint32_t)number : SWARM_NOBODY;
}

static uint32_t number_of(const struct hearsay_addr *addr)
{
    return (uint32_t)addr->bytes[0] << 24 | (uint32_t)addr->bytes[1] << 16 |
           (uint32_t)addr->bytes[2] << 8 | addr->bytes[3];
}

struct hearsay_addr swarm_addr(const struct swarm *swarm, uint32_t face)
{
    struct hearsay_addr addr = swarm->options.net;
    uint32_t number = number_of(&addr) + face;
    for (int i = 3; i >= 0; i--, number >>= 8)
        addr.bytes[i] = (uint8_t)number;
    return addr;
}

uint32_t swarm_face_at(const struct swarm *swarm, const struct hearsay_addr *addr)
{
    uint32_t face = number_of(addr) - number_of(&swarm->options.net);
    bool ours =
        addr->family == 4 && addr->port == swarm->options.net.port && face < swarm->options.members;
    return ours ? face : SWARM_NOBODY;
}

/* splitmix64. */
uint64_t swarm_random(struct swarm *swarm)
{
    uint64_t x = swarm->random += 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

uint32_t swarm_below(struct swarm *swarm, uint32_t limit)
{
    return (uint32_t)((swarm_random(swarm) >> 32) * limit >> 32);
}

void swarm_clock(struct swarm *swarm)
{
    struct hearsay_now now = hearsay_host_now();
    swarm->now.boot = now.boot + (uint64_t)swarm->skew;
    swarm->now.wall = now.wall + (uint64_t)swarm->skew;
}
