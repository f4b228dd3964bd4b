/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the swarm is to end. */
#ifndef SWARM_STOP_H
#define SWARM_STOP_H

#include <stdbool.h>

/* SIGINT and SIGTERM ask for the end from now on. */
void swarm_stop_on_signals(void);

/* Asks for the end. */
void swarm_stop(void);

bool swarm_is_stopped(void);

#endif
