/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A cluster in one process, in fake time: real nodes, which really encode and decode their
 * datagrams, on a network made of a queue. Nothing happens but by the seed, so the same seed is the
 * same run to the byte, and sim_digest and sim_events_digest prove it.
 *
 * A machine has an address, two clocks and at most one process, the node. A member that restarts
 * elsewhere is another machine that runs a node of the same name; two machines with one name are
 * what a frozen host and its replacement look like.
 *
 * The world is pulled: sim_step makes one thing happen and looks after every invariant; what the
 * nodes said meanwhile is taken with sim_next_event. A broken invariant ends the run: see
 * sim_violation.
 *
 * Times and durations are microseconds. The world's time begins at 0.
 *
 * Threads: none; one world belongs to one thread.
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
