/* SPDX-License-Identifier: Apache-2.0 */
/* The settings of hearsay-serve, from its command line and its config file (src/conf). */
#ifndef HS_SERVE_OPTIONS_H
#define HS_SERVE_OPTIONS_H

#include <stddef.h>
#include <stdio.h>

#include "conf/mistakes.h"
#include "conf/store.h"
#include "serve/dns_options.h"
#include "serve/http.h"

#define HS_HTTP_DEFAULT    "127.0.0.1:7848"
#define HS_SERVE_NAMES_MAX (HS_SITE_NAMES_MAX - 2) /* this machine's own two come beside them */

enum hs_serve_action {
    HS_SERVE_RUN,
    HS_SERVE_CHECK,
    HS_SERVE_HELP,
    HS_SERVE_VERSION,
};

/* The texts borrow from the store. */
struct hs_serve_options {
    struct hs_conf_store store;
    enum hs_serve_action action;
    const char *config;  /* NULL: no file */
    const char *control; /* NULL: the default */
    struct hs_listen http[HS_HTTP_PORTS_MAX];
    size_t http_count;
    const char *names[HS_SERVE_NAMES_MAX];
    size_t name_count;
    struct hs_dns_options dns;
};

/* Reads the flags, the config file that they name and the files of its directory. A flag replaces
 * the files' value of the same key, also for lists. All that is wrong goes to `mistakes`. The
 * options are to be freed in any case. */
void hs_serve_options_read(struct hs_serve_options *ret_options, int argc, char *const *argv,
                           struct hs_mistakes *mistakes);

void hs_serve_options_fini(struct hs_serve_options *options);

/* Writes the text of --help. */
void hs_serve_options_help(FILE *out);

#endif
