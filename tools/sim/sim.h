/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A cluster in one process, in simulated time. Its nodes are real: they encode and decode every
 * datagram. Its network is a queue. Everything random comes from one seed, so the same seed gives
 * the same run to the byte; sim_digest and sim_events_digest prove it.
 *
 * A machine has an address, two clocks, and at most one process, its node. A member that restarts
 * elsewhere is another machine that runs a node of the same name. A frozen host and its replacement
 * are two machines with one name.
 *
 * The caller pulls: sim_step makes one thing happen and checks every invariant; sim_next_event
 * returns what nodes said meanwhile. A broken invariant ends the run: see sim_violation.
 *
 * Times and durations are microseconds. The world's time begins at 0.
 *
 * Threads: one world belongs to one thread.
 */
#ifndef HEARSAY_SIM_H
#define HEARSAY_SIM_H

#include "arrive.h"
#include "digest.h"
#include "invariant.h"
#include "machine.h"
#include "network.h"
#include "process.h"
#include "said.h"
#include "sight.h"
#include "violation.h"
#include "world.h"

#endif
