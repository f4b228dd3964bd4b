/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz target: what hearsay-serve reads of a request itself. The input is three texts, separated by
 * newlines: a target, the value of Host, and that of If-None-Match. What was decoded holds no
 * control character and is UTF-8, names stand once, and nothing that is refused goes without a
 * sentence.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/ctl.h"
#include "serve/args.h"
#include "serve/etag.h"
#include "serve/host.h"
#include "serve/listen.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool condition)
{
    if (!condition)
        abort();
}

static void check_text(const char *text)
{
    demand(hs_ctl_is_utf8(text, strlen(text)));
    for (; *text != '\0'; text++)
        demand((unsigned char)*text >= ' ' && *text != 0x7f);
}

static void read_target(const char *target)
{
    static struct hs_args args;
    char fault[HS_ARGS_FAULT_MAX] = "";
    uint64_t number = 5;

    if (hs_args_read(&args, target, "add", fault) < 0) {
        demand(fault[0] != '\0');
        return;
    }
    demand(args.path[0] == '/' && args.count <= HS_ARGS_MAX);
    check_text(args.path);
    for (size_t i = 0; i < args.count; i++) {
        check_text(args.items[i].name);
        check_text(args.items[i].value);
        demand(args.items[i].name[0] != '\0' && hs_args_get(&args, args.items[i].name));
    }
    for (size_t i = 1; i < args.count; i++)
        demand(strcmp(args.items[i].name, args.items[0].name) != 0 ||
               strcmp(args.items[i].name, "add") == 0);
    if (hs_args_number(&args, "n", 1, 16, &number, fault) == 0)
        demand(number >= 1 && number <= 16);
    hs_args_only(&args, "n key", fault);
}

static void read_host(const char *host)
{
    static const char *const names[] = {"n1", NULL, "box.example.org"};
    char error[HS_ERROR_TEXT_MAX] = "";
    struct hs_listen where;

    /* A name of somebody else's is never ours. */
    if (hs_host_is_ours(host, names, 3))
        demand(!strstr(host, "evil"));
    hs_host_is_name(host);
    if (hs_listen_read(&where, host, error) == 0)
        demand(where.tcp ? where.addr.port > 0 : where.path[0] == '/');
    else
        demand(error[0] != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char etag[] = "\"0123456789abcdef-7-r\"";
    char *copy = malloc(size + 1), *rest = copy;

    if (!copy)
        return 0;
    memcpy(copy, data, size);
    copy[size] = '\0';
    read_target(strsep(&rest, "\n"));
    if (rest)
        read_host(strsep(&rest, "\n"));
    if (rest && hs_etag_matches(rest, etag))
        demand(strchr(rest, '*') || strstr(rest, etag));
    free(copy);
    return 0;
}
