/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is told, one JSON object a line. Times are the machine's, so they can be compared with those
 * in an agent's log.
 */
#include "said.h"

#include <stdio.h>
#include <time.h>

json_t *swarm_said_new(const char *event)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return json_pack("{s:s, s:f}", "event", event, "time",
                     (double)now.tv_sec + (double)now.tv_nsec / 1e9);
}

void swarm_said_print(json_t *object)
{
    char *text = json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(17));
    if (text)
        puts(text);
    fflush(stdout);
    free(text);
    json_decref(object);
}

void swarm_said_set(json_t *object, const char *key, uint64_t value)
{
    json_object_set_new(object, key, json_integer((json_int_t)value));
}

void swarm_said(const struct swarm *swarm, const char *event, const char *name, double seconds,
                uint32_t nodes)
{
    json_t *object = swarm_said_new(event);
    json_object_set_new(object, "name", json_string(name));
    json_object_set_new(object, "seconds", json_real(seconds));
    swarm_said_set(object, "nodes", nodes);
    swarm_said_set(object, "of", swarm->heap_count);
    swarm_said_print(object);
}
