/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/scrape.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/ctl.h"
#include "serve/metrics.h"

#define COLLECT "collect[]" /* as other exporters call it */

/* A scrape that is being written. */
struct scrape {
    struct hs_metrics_source source; /* it borrows from the rest */
    struct hs_metrics_place place;
    struct hs_mirror_hold held;
    json_t *status; /* what the agent has said; NULL: nothing */
};

static enum hs_draft_progress write_piece(void *state, FILE *out)
{
    struct scrape *scrape = state;

    return hs_metrics_write(out, &scrape->source, &scrape->place) ? HS_DRAFT_MORE : HS_DRAFT_DONE;
}

static void scrape_free(void *state)
{
    struct scrape *scrape = state;

    if (!scrape)
        return;
    hs_mirror_release(&scrape->held);
    json_decref(scrape->status);
    free(scrape);
}

static void fill_source(struct scrape *scrape, const struct hs_request *request)
{
    scrape->source = (struct hs_metrics_source){
        .status = json_is_true(json_object_get(scrape->status, "ok")) ? scrape->status : NULL,
        .mirror = request->mirror,
        .worth = request->worth,
        .tally = request->tally,
        .dns = *request->dns,
        .started = request->tally->started,
        .streams = request->streams,
        .held = hs_args_get(request->args, COLLECT) ? &scrape->held : NULL,
        .form = hs_form_accepted(request->accept),
    };
    hs_process_read(&scrape->source.process);
}

/* NULL: no memory. */
static struct scrape *scrape_new(const struct hs_request *request)
{
    struct scrape *scrape = calloc(1, sizeof(*scrape));

    if (!scrape)
        return NULL;
    if (request->asked && request->asked->line)
        hs_ctl_parse(request->asked->line->bytes, request->asked->line->len, &scrape->status);
    fill_source(scrape, request);
    if (!scrape->source.held || hs_mirror_hold(&scrape->held, request->mirror) == 0)
        return scrape;
    scrape_free(scrape);
    return NULL;
}

void hs_scrape(const struct hs_request *request, struct hs_reply *reply)
{
    static const struct hs_draft_kind kind = {write_piece, scrape_free};
    const char *collect = hs_args_get(request->args, COLLECT);

    if (collect && strcmp(collect, "members") != 0)
        hs_reply_usage(reply, COLLECT " must be members");
    /* Who scrapes does not wait for an agent that is silent. */
    else if (!request->asked && request->silence_us < HS_WORTH_STALE_US)
        reply->ask = json_pack("{s:s}", "cmd", hs_ctl_command_name(HS_CTL_COMMAND_STATUS));
    else
        hs_reply_draft(reply, hs_draft_new(&kind, scrape_new(request),
                                           hs_form_type(hs_form_accepted(request->accept))));
}
