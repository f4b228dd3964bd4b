/* SPDX-License-Identifier: Apache-2.0 */
/* The status line. */
#ifndef SWARM_STATUS_H
#define SWARM_STATUS_H

#include "swarm.h"

void swarm_status(struct swarm *swarm);

#endif
