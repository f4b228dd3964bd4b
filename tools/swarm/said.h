/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of JSON on standard output. */
#ifndef SWARM_SAID_H
#define SWARM_SAID_H

#include <stdint.h>

#include <jansson.h>

#include "swarm.h"

/* A new line about this event, with the time; printed and freed by swarm_said_print. */
json_t *swarm_said_new(const char *event);
void swarm_said_set(json_t *object, const char *key, uint64_t value);
void swarm_said_print(json_t *object);

/* A whole line about one member. */
void swarm_said(const struct swarm *swarm, const char *event, const char *name, double seconds,
                uint32_t nodes);

#endif
