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

static int compare_targets(const void *a, const void *b)
{
    const struct hs_target *one = a, *other = b;

    if (one->priority != other->priority)
        return one->priority < other->priority ? -1 : 1;
    return (one->lot < other->lot) - (one->lot > other->lot);
}

static uint32_t draw(uint16_t weight)
{
    uint32_t random = 0;

    if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
        return weight;
    return random % (weight + 1u);
}

size_t hs_service_read(const unsigned char *answer, int len,
                       struct hs_target ret_targets[HS_TARGETS_MAX])
{
    struct ares_srv_reply *first = NULL;
    size_t count = 0;

    if (ares_parse_srv_reply(answer, len, &first) != ARES_SUCCESS)
        return 0;
    for (const struct ares_srv_reply *s = first; s && count < HS_TARGETS_MAX; s = s->next) {
        struct hs_target *target = &ret_targets[count];

        if (s->port == 0 || s->host[0] == '\0' || strlen(s->host) >= sizeof(target->name))
            continue; /* "." says that nobody offers the service */
        *target =
            (struct hs_target){.port = s->port, .priority = s->priority, .lot = draw(s->weight)};
        memcpy(target->name, s->host, strlen(s->host) + 1);
        count++;
    }
    ares_free_data(first);
    qsort(ret_targets, count, sizeof(ret_targets[0]), compare_targets);
    return count;
}
