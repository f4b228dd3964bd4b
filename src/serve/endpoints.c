/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/endpoints.h"

#include <string.h>

#include "serve/asked.h"
#include "serve/live.h"
#include "serve/members.h"
#include "serve/page.h"
#include "serve/ring.h"
#include "serve/scrape.h"
#include "serve/sd.h"

#define VIEW    HS_TRAIT_VIEW
#define METRICS HS_TRAIT_METRICS
#define FIXED   HS_TRAIT_FIXED
#define STREAM  HS_TRAIT_STREAM

const struct hs_endpoint hs_endpoints[] = {
    {"/", "", hs_page_answer, 0},
    {"/healthz", "", hs_live_health, METRICS},
    {"/metrics", "collect[]", hs_scrape, METRICS},
    {"/readyz", "members", hs_live_ready, METRICS},
    {"/v1/events", "since", NULL, STREAM},
    {"/v1/keys", "", hs_asked_keys, 0},
    {"/v1/lookup", "key key_hex n zones", hs_ring_lookup, VIEW | FIXED},
    {"/v1/members", "status tag name", hs_members, VIEW},
    {"/v1/ring", "n zones ranges", hs_ring_present, VIEW | FIXED},
    {"/v1/ring/diff", "from to n zones", hs_asked_diff, 0},
    {"/v1/ring/history", "", hs_asked_history, 0},
    {"/v1/ring/plan", "add remove set n zones", hs_asked_plan, 0},
    {"/v1/sd", "port port_tag tag status", hs_sd, VIEW},
    {"/v1/status", "", hs_asked_status, 0},
    {"/v1/version", "", hs_asked_version, 0},
    {"/v1/why/", "", hs_asked_why, 0},
};
const size_t hs_endpoint_count = sizeof(hs_endpoints) / sizeof(hs_endpoints[0]);

const char *hs_what_name(enum hs_what what)
{
    static const char *const names[HS_WHAT_COUNT] = {
        [HS_WHAT_ALL] = "all", [HS_WHAT_METRICS] = "metrics"};

    return names[what];
}

static bool is_at(const struct hs_endpoint *endpoint, const char *path)
{
    size_t len = strlen(endpoint->path);

    if (len < 2 || endpoint->path[len - 1] != '/')
        return strcmp(endpoint->path, path) == 0;
    return strncmp(endpoint->path, path, len) == 0 && path[len] != '\0';
}

const struct hs_endpoint *hs_endpoint_find(const char *path, enum hs_what what,
                                           const char **ret_rest)
{
    for (size_t i = 0; i < hs_endpoint_count; i++) {
        const struct hs_endpoint *endpoint = &hs_endpoints[i];

        if (!is_at(endpoint, path) || (what == HS_WHAT_METRICS && !(endpoint->traits & METRICS)))
            continue;
        *ret_rest = path + strlen(endpoint->path);
        return endpoint;
    }
    return NULL;
}

void hs_endpoint_answer(const struct hs_endpoint *endpoint, const struct hs_request *request,
                        struct hs_reply *reply)
{
    char sentence[HS_ARGS_FAULT_MAX];

    if (hs_args_only(request->args, endpoint->args, sentence) < 0)
        hs_reply_usage(reply, sentence);
    else if ((endpoint->traits & VIEW) && request->worth.gone)
        hs_reply_gone(reply);
    else
        endpoint->answer(request, reply);
}
