/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/etag.h"

#include <stdio.h>
#include <string.h>

_Static_assert(HS_MIRROR_ID_MAX + 8 < HS_ETAG_MAX, "an id and the flags fit");

void hs_etag_make(char ret_etag[HS_ETAG_MAX], const struct hs_mirror_state *state,
                  const struct hs_worth *worth)
{
    ret_etag[0] = '\0';
    if (state->id[0] == '\0' || worth->gone || worth->stale_us > 0)
        return;
    snprintf(ret_etag, HS_ETAG_MAX, "\"%s-%s%s%s\"", state->id, worth->ready ? "r" : "",
             worth->isolated ? "i" : "", worth->settling ? "s" : "");
}

bool hs_etag_matches(const char *header, const char *etag)
{
    size_t len = strlen(etag);

    while (len > 0 && *header != '\0') {
        size_t size;

        header += strspn(header, " \t,");
        if (strncmp(header, "W/", 2) == 0)
            header += 2;
        size = strcspn(header, " \t,");
        if ((size == len && memcmp(header, etag, len) == 0) || (size == 1 && *header == '*'))
            return true;
        header += size;
    }
    return false;
}
