/* SPDX-License-Identifier: Apache-2.0 */
/* The page at `/`: one file without outside assets, which page/pack.py makes at build time. */
#ifndef HS_SERVE_PAGE_H
#define HS_SERVE_PAGE_H

#include <stddef.h>

#include "serve/request.h"

struct hs_page {
    const unsigned char *bytes;
    size_t size;
    const char *policy; /* the Content-Security-Policy that lets a browser run these bytes alone */
};

extern const struct hs_page hs_page;

void hs_page_answer(const struct hs_request *request, struct hs_reply *reply);

#endif
