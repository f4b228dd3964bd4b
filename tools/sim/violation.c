/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Only the first broken invariant is kept: what comes after it is a consequence.
 */
#include "violation.h"

#include <stdarg.h>
#include <stdio.h>

void sim_violate(struct sim_world *world, const char *format, ...)
{
    if (world->violation[0] != '\0')
        return;
    char text[SIM_VIOLATION_MAX / 2];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    snprintf(world->violation, sizeof world->violation, "seed %llu, step %llu, %.6f s: %s",
             (unsigned long long)world->seed, (unsigned long long)world->steps,
             (double)world->time / 1e6, text);
}

const char *sim_violation(const struct sim_world *world)
{
    return world->violation[0] != '\0' ? world->violation : NULL;
}
