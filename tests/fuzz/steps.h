/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An input of fuzz_node or fuzz_between: steps of 8 bytes, of which the first says how the run is
 * set up. The fixed size lets the mutator (mutate_steps.c) insert, move and join steps without
 * turning what follows into noise.
 */
#ifndef HS_TESTS_FUZZ_STEPS_H
#define HS_TESTS_FUZZ_STEPS_H

#include <stddef.h>
#include <stdint.h>

#define STEP_SIZE  8u
#define STEPS_MAX  22u /* of one input, the first one included */
#define STEP_KINDS 24u

/* The first byte of a step, modulo STEP_KINDS. From STEP_MESSAGE on: each kind of datagram,
 * twice. */
enum step_kind {
    STEP_RUN,     /* to the next deadlines; peers may answer */
    STEP_SPAN,    /* time passes */
    STEP_WALL,    /* the wall clock jumps */
    STEP_COMMAND, /* join, tags, leave, force-leave */
    STEP_SEND,    /* some of what waits leaves, or does not */
    STEP_LOOK,    /* events, members and history are read */
    STEP_RESTART, /* a peer begins anew, perhaps elsewhere */
    STEP_ODD,     /* an ICMP error, a raw body, no memory, a datagram of our own */
    STEP_MESSAGE,
};

/* What is left of an input. */
struct steps {
    const uint8_t *at, *end;
};

/* The next step, or one of zeroes when less than a step is left. */
static inline const uint8_t *next_step(struct steps *steps)
{
    static const uint8_t nothing[STEP_SIZE];
    const uint8_t *step = steps->at;
    if ((size_t)(steps->end - steps->at) < STEP_SIZE) {
        steps->at = steps->end;
        return nothing;
    }
    steps->at += STEP_SIZE;
    return step;
}

#endif
