/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/scrape.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/ctl.h"
#include "serve/metrics.h"

#define COLLECT "collect[]" /* as other exporters call it */

static struct hs_metrics_source source_of(const struct hs_request *request, const json_t *status)
{
    struct hs_metrics_source source = {
        .status = json_is_true(json_object_get(status, "ok")) ? status : NULL,
        .mirror = request->mirror,
        .worth = request->worth,
        .tally = request->tally,
        .dns = *request->dns,
        .started = request->tally->started,
        .streams = request->streams,
        .members = hs_args_get(request->args, COLLECT) != NULL,
        .form = hs_form_accepted(request->accept),
    };

    hs_process_read(&source.process);
    return source;
}

void hs_scrape(const struct hs_request *request, struct hs_reply *reply)
{
    const char *collect = hs_args_get(request->args, COLLECT);
    struct hs_metrics_source source;
    json_t *status = NULL;
    char *body = NULL;
    size_t len = 0;
    FILE *out;

    if (collect && strcmp(collect, "members") != 0) {
        hs_reply_usage(reply, COLLECT " must be members");
        return;
    }
    /* Who scrapes does not wait for an agent that is silent. */
    if (!request->asked && request->silence_us < HS_WORTH_STALE_US) {
        reply->ask = json_pack("{s:s}", "cmd", hs_ctl_command_name(HS_CTL_COMMAND_STATUS));
        return;
    }
    if (request->asked && request->asked->line)
        hs_ctl_parse(request->asked->line->bytes, request->asked->line->len, &status);
    source = source_of(request, status);
    out = open_memstream(&body, &len);
    if (out)
        hs_metrics_write(out, &source);
    if (out && fclose(out) != 0) {
        free(body);
        body = NULL;
    }
    json_decref(status);
    hs_reply_bytes(reply, hs_form_type(source.form), body, len);
}
