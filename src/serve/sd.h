/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /v1/sd: members as targets for Prometheus (http_sd_configs). `port` are the ports to scrape, or
 * `port_tag` are tags that have them, "9100" or "9100/path"; several by comma. `tag` and `status`
 * choose members.
 *
 * A failed member stays in the list: if it vanished, nothing would say that it is down. One that
 * left, or was forced out, is meant to be gone.
 */
#ifndef HS_SERVE_SD_H
#define HS_SERVE_SD_H

#include "serve/request.h"

#define HS_SD_PORTS_MAX 8 /* ports, or tags with ports, in one question */

void hs_sd(const struct hs_request *request, struct hs_reply *reply);

#endif
