/* SPDX-License-Identifier: Apache-2.0 */
#include "service/event_base.h"

/* There is one thread, and who needs a precise timer has one, so libevent can omit locks and
 * precision. */
struct event_base *hs_event_base_new(void)
{
    struct event_config *config = event_config_new();
    struct event_base *base = NULL;

    if (!config)
        return NULL;
    if (event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK) == 0 &&
        event_config_set_flag(config, EVENT_BASE_FLAG_IGNORE_ENV) == 0)
        base = event_base_new_with_config(config);
    event_config_free(config);
    return base;
}
