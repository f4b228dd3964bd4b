/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An agent calls all targets sooner or later, so their weights matter for the order alone: a random
 * lot up to the weight decides among those of one priority.
 */
#include "agent/parts/service.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <ares.h>

static int compare_targets(const struct hs_target *one, const struct hs_target *other)
{
    if (one->priority != other->priority)
        return one->priority < other->priority ? -1 : 1;
    return (one->lot < other->lot) - (one->lot > other->lot);
}

/* The lower half decides between targets whose draws by weight are equal, as those of weight 0
 * always are: of many such targets each look-up takes others. */
static uint32_t draw(uint16_t weight)
{
    uint16_t random[2] = {UINT16_MAX, 0};

    if (getrandom(random, sizeof(random), GRND_NONBLOCK) < 0)
        random[0] = weight;
    return (random[0] % (weight + 1u)) << 16 | random[1];
}

/* Keeps the best targets in their order. Returns how many there are. */
static size_t keep(struct hs_target targets[HS_TARGETS_MAX], size_t count,
                   const struct hs_target *target)
{
    size_t at = count;

    while (at > 0 && compare_targets(&targets[at - 1], target) > 0)
        at--;
    if (at == HS_TARGETS_MAX)
        return count;
    if (count == HS_TARGETS_MAX)
        count--;
    memmove(&targets[at + 1], &targets[at], (count - at) * sizeof(targets[0]));
    targets[at] = *target;
    return count + 1;
}

int hs_service_read(const unsigned char *answer, int len,
                    struct hs_target ret_targets[HS_TARGETS_MAX], size_t *ret_count)
{
    struct ares_srv_reply *first = NULL;
    size_t count = 0;
    int status = ares_parse_srv_reply(answer, len, &first);

    if (status != ARES_SUCCESS)
        return status;
    for (const struct ares_srv_reply *s = first; s; s = s->next) {
        struct hs_target target = {.port = s->port, .priority = s->priority};

        if (s->port == 0 || s->host[0] == '\0' || strlen(s->host) >= sizeof(target.name))
            continue; /* "." says that nobody offers the service */
        target.lot = draw(s->weight);
        memcpy(target.name, s->host, strlen(s->host) + 1);
        count = keep(ret_targets, count, &target);
    }
    ares_free_data(first);
    *ret_count = count;
    return ARES_SUCCESS;
}
