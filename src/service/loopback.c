/* SPDX-License-Identifier: Apache-2.0 */
#include "service/loopback.h"

#include <stdint.h>
#include <string.h>

bool hs_addr_is_loopback(const struct hearsay_addr *addr)
{
    static const uint8_t v6[16] = {[15] = 1};

    return addr->family == 4 ? addr->bytes[0] == 127
                             : addr->family == 6 && memcmp(addr->bytes, v6, sizeof(v6)) == 0;
}
