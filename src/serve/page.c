/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/page.h"

#include <stdlib.h>
#include <string.h>

void hs_page_answer(const struct hs_request *request, struct hs_reply *reply)
{
    char *bytes = malloc(hs_page.size);

    (void)request;
    if (bytes)
        memcpy(bytes, hs_page.bytes, hs_page.size);
    hs_reply_bytes(reply, HS_TYPE_HTML, bytes, hs_page.size);
    reply->policy = hs_page.policy;
}
