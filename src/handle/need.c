/* SPDX-License-Identifier: Apache-2.0 */
#include "handle/need.h"

#include <syslog.h>
#include <unistd.h>

#include "service/service.h"

void *hs_need(void *memory)
{
    if (memory)
        return memory;
    hs_service_say(LOG_ERR, "handle: out of memory", true);
    _exit(HS_EXIT_FAILED);
}
