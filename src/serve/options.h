/* SPDX-License-Identifier: Apache-2.0 */
/* The settings of hearsay-serve. */
#ifndef HS_SERVE_OPTIONS_H
#define HS_SERVE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "serve/dns_options.h"
#include "serve/endpoints.h"
#include "serve/http.h"
#include "service/error_text.h"

#define HS_HTTP_DEFAULT    "127.0.0.1:7848"
#define HS_SERVE_NAMES_MAX (HS_SITE_NAMES_MAX - 2)

/* The texts borrow from argv. */
struct hs_serve_options {
    bool help, version;
    const char *control; /* NULL: the default */
    struct hs_listen http[HS_HTTP_PORTS_MAX];
    size_t http_count;
    const char *names[HS_SERVE_NAMES_MAX];
    size_t name_count;
    struct hs_dns_options dns;
};

/* Reads the flags. Returns 0, or HEARSAY_ERR_INVALID with one line in `error`. */
int hs_serve_options_read(struct hs_serve_options *options, int argc, char **argv,
                          char error[HS_ERROR_TEXT_MAX]);

#endif
