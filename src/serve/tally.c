/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/tally.h"

#include <string.h>

#define OTHER "other" /* the handler of what no endpoint has answered */

const uint64_t hs_tally_bounds_us[HS_TALLY_CLASSES] = {
    100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 1000000, 5000000};

/* A counter that appears with its first event hides that event from rate(). So the codes that any
 * handler may give are there from the start; the others are too many to do so for each. */
static const unsigned usual_codes[] = {200, 400, 500, 503};
#define USUAL_CODES (sizeof(usual_codes) / sizeof(usual_codes[0]))

void hs_tally_init(struct hs_tally *ret_tally, uint64_t started)
{
    *ret_tally = (struct hs_tally){.started = started, .code_count = USUAL_CODES};
    memcpy(ret_tally->codes, usual_codes, sizeof(usual_codes));
    hs_tally_add_handler(ret_tally, NULL);
}

uint64_t hs_tally_requests(const struct hs_tally *tally, size_t handler, size_t code)
{
    uint64_t count = tally->handlers[handler].by_code[code];

    return count > 0 || code < USUAL_CODES ? count : UINT64_MAX;
}

/* The row of a handler, made if there is none; what finds no room counts for the last one. */
static struct hs_tally_handler *handler_of(struct hs_tally *tally, const char *name)
{
    struct hs_tally_handler *handler;

    for (size_t i = 0; i < tally->handler_count; i++)
        if (strcmp(tally->handlers[i].name, name) == 0)
            return &tally->handlers[i];
    if (tally->handler_count == HS_TALLY_HANDLERS_MAX)
        return &tally->handlers[HS_TALLY_HANDLERS_MAX - 1];
    handler = &tally->handlers[tally->handler_count++];
    handler->name = name;
    return handler;
}

void hs_tally_add_handler(struct hs_tally *tally, const char *name)
{
    handler_of(tally, name ? name : OTHER);
}

/* The index of a code; what finds no room counts for the last one. */
static size_t code_of(struct hs_tally *tally, unsigned number)
{
    for (size_t i = 0; i < tally->code_count; i++)
        if (tally->codes[i] == number)
            return i;
    if (tally->code_count == HS_TALLY_CODES_MAX)
        return HS_TALLY_CODES_MAX - 1;
    tally->codes[tally->code_count] = number;
    return tally->code_count++;
}

void hs_tally_request(struct hs_tally *tally, const char *handler, unsigned code,
                      uint64_t duration_us)
{
    size_t class = 0;

    handler_of(tally, handler ? handler : OTHER)->by_code[code_of(tally, code)]++;
    while (class < HS_TALLY_CLASSES && duration_us > hs_tally_bounds_us[class])
        class ++;
    tally->durations[class]++;
    tally->duration_us += duration_us;
}
