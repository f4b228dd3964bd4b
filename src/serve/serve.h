/* SPDX-License-Identifier: Apache-2.0 */
/* hearsay-serve: the sum of its parts, and its loop. */
#ifndef HS_SERVE_SERVE_H
#define HS_SERVE_SERVE_H

#include <event2/event.h>

#include "serve/diary.h"
#include "serve/dns_server.h"
#include "serve/http.h"
#include "serve/options.h"
#include "serve/outlook.h"
#include "service/notify.h"

#define HS_SERVE_HOST_MAX 256

struct hs_serve {
    struct event_base *base;
    struct hs_outlook outlook;
    struct hs_ask ask;
    struct hs_news news;
    struct hs_streams streams;
    struct hs_site site;
    struct hs_http http;
    struct hs_dns_server dns;
    struct hs_notify notify;
    struct hs_diary diary;
    struct event *readable; /* the agent's socket; NULL: not connected */
    int watched;            /* its descriptor */
    struct event *timer;    /* the next look at the agent */
    struct event *signals[2];
    char control[HS_CTL_PATH_MAX];
    char host[HS_SERVE_HOST_MAX],
        label[HS_SERVE_HOST_MAX]; /* this machine's name, its first part */
};

/* Opens everything. Returns 0 or a negative error, HS_ERR_SETTING if no other start would succeed,
 * with one line in `error`; hs_serve_fini in either case. */
int hs_serve_init(struct hs_serve *serve, const struct hs_serve_options *options,
                  char error[HS_ERROR_TEXT_MAX]);

/* Serves until a signal ends it. Returns the exit code. */
int hs_serve_run(struct hs_serve *serve);

void hs_serve_fini(struct hs_serve *serve);

#endif
