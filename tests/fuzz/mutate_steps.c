/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How libFuzzer changes an input of fuzz_node: by whole steps (steps.h), or within one. Half of the
 * changes are libFuzzer's own, applied to one step, so that its tables of recent comparisons are of
 * use.
 */
#include <string.h>

#include "steps.h"

const char *__asan_default_options(void);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *one, size_t one_size, const uint8_t *other,
                                 size_t other_size, uint8_t *out, size_t out_max, unsigned seed);

/* What the fuzzer learns from memcmp is of no use for steps, and takes a tenth of the time. */
const char *__asan_default_options(void)
{
    return "intercept_memcmp=0";
}

static uint32_t draw(uint32_t *state, size_t below)
{
    *state = *state * 1664525u + 1013904223u;
    return (uint32_t)((*state >> 8) % below);
}

static size_t steps_of(size_t bytes)
{
    size_t steps = bytes / STEP_SIZE;
    return steps < STEPS_MAX ? steps : STEPS_MAX;
}

/* Makes room for a step; the steps behind it move on. */
static uint8_t *open_gap(uint8_t *data, size_t steps, size_t at)
{
    uint8_t *gap = data + at * STEP_SIZE;
    memmove(gap + STEP_SIZE, gap, (steps - at) * STEP_SIZE);
    return gap;
}

static void randomize(uint8_t *step, uint32_t *state)
{
    for (size_t i = 0; i < STEP_SIZE; i++)
        step[i] = draw(state, 3) ? (uint8_t)draw(state, 256) : 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
    uint32_t state = seed;
    size_t steps = steps_of(size), room = steps_of(max), at;
    if (steps < 2) {
        memset(data, 0, STEP_SIZE * 2);
        return STEP_SIZE * 2;
    }
    at = 1 + draw(&state, steps - 1);
    uint8_t *step = data + at * STEP_SIZE;
    switch (draw(&state, 8)) {
    case 0:
        if (steps < room)
            randomize(open_gap(data, steps++, at), &state);
        break;
    case 1: /* twice; open_gap leaves a copy in the gap */
        if (steps < room)
            open_gap(data, steps++, at);
        break;
    case 2:
        memmove(step, step + STEP_SIZE, (--steps - at) * STEP_SIZE);
        break;
    case 3:
        randomize(step, &state);
        break;
    case 4:
        data[draw(&state, STEP_SIZE)] ^= (uint8_t)(1u << draw(&state, 8));
        break;
    default:
        LLVMFuzzerMutate(step, STEP_SIZE, STEP_SIZE);
    }
    return steps * STEP_SIZE;
}

/* The first steps of one, then the last steps of the other. */
size_t LLVMFuzzerCustomCrossOver(const uint8_t *one, size_t one_size, const uint8_t *other,
                                 size_t other_size, uint8_t *out, size_t out_max, unsigned seed)
{
    uint32_t state = seed;
    size_t head = draw(&state, steps_of(one_size) + 1);
    size_t tail = draw(&state, steps_of(other_size) + 1), room = steps_of(out_max);
    if (head > room)
        head = room;
    if (tail > room - head)
        tail = room - head;
    memcpy(out, one, head * STEP_SIZE);
    memcpy(out + head * STEP_SIZE, other + (steps_of(other_size) - tail) * STEP_SIZE,
           tail * STEP_SIZE);
    return (head + tail) * STEP_SIZE;
}
