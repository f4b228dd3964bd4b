/* SPDX-License-Identifier: Apache-2.0 */
/* One request and its answer. */
#ifndef HS_SERVE_EXCHANGE_H
#define HS_SERVE_EXCHANGE_H

#include <microhttpd.h>

#include "serve/endpoints.h"
#include "serve/outlook.h"

/* Answers a request whose headers are here. `target` is its path and query as the client wrote
 * them. */
enum MHD_Result hs_exchange(struct MHD_Connection *connection, struct hs_outlook *outlook,
                            enum hs_what what, const char *method, const char *target);

#endif
