/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/page.h"

void hs_page_answer(const struct hs_request *request, struct hs_reply *reply)
{
    (void)request;
    hs_reply_constant(reply, HS_TYPE_HTML, hs_page.bytes, hs_page.size);
    reply->policy = hs_page.policy;
}
