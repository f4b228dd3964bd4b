/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A change of a member, which people watch for, reads as a sentence, without the numbers that only
 * programs compare. Any other event is shown as its fields, so that nothing is lost when the agent
 * is newer than the tool.
 */
#include "event.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/ctl.h"
#include "format.h"
#include "message.h"
#include "out.h"

static void write_value(FILE *out, const json_t *value)
{
    if (json_is_string(value)) {
        cli_write_safe(out, CLI_PLAIN, json_string_value(value));
        return;
    }
    /* 0.1, not 0.10000000000000001. */
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(6));
    if (!text)
        cli_out_of_memory();
    cli_write_safe(out, CLI_PLAIN, text);
    free(text);
}

static bool is_one_of(const char *key, const char *const *keys)
{
    for (; *keys; keys++) {
        if (strcmp(key, *keys) == 0)
            return true;
    }
    return false;
}

/* " key=value" of every field but those already shown. */
static void write_fields(FILE *out, const json_t *event, const char *const *shown)
{
    struct hs_ctl_field field = {.key = NULL};
    while (hs_ctl_next_field(event, &field)) {
        if (is_one_of(field.key, shown))
            continue;
        fputs(" ", out);
        cli_write_safe(out, CLI_PLAIN, field.key);
        fputs("=", out);
        write_value(out, field.value);
    }
}

static void write_member(FILE *out, const json_t *event, bool brief)
{
    static const char *const shown[] = {"time", "level",     "node", "event",   "name",
                                        "addr", "from",      "to",   "accuser", "reason",
                                        "id",   "timestamp", NULL};
    const char *from = cli_text(event, "from"), *to = cli_text(event, "to");
    const char *accuser = cli_text(event, "accuser"), *reason = cli_text(event, "reason");
    cli_write_safe(out, CLI_BOLD, cli_text(event, "name"));
    fputs(" ", out);
    if (!brief) {
        cli_write_safe(out, CLI_PLAIN, cli_text(event, "addr"));
        fputs(" ", out);
    }
    if (from[0] != '\0') {
        cli_write_safe(out, cli_status_color(from), from);
        fputs(" -> ", out);
    }
    cli_write_safe(out, cli_status_color(to), to);
    if (reason[0] != '\0' && strcmp(reason, "none") != 0) {
        fputs(" (", out);
        cli_write_safe(out, CLI_PLAIN, reason);
        if (accuser[0] != '\0') {
            fputs(", says ", out);
            cli_write_safe(out, CLI_PLAIN, accuser);
        }
        fputs(")", out);
    }
    if (!brief)
        write_fields(out, event, shown);
}

/* What a new ring has cost; all else about it can be asked for. */
static void write_ring(FILE *out, const json_t *event)
{
    char share[CLI_WORD_MAX];

    cli_format_share(share, cli_real(event, "moved"));
    fprintf(out, "a new ring: %s of all keys moved", share);
}

void cli_write_event(FILE *out, const json_t *event, bool brief)
{
    static const char *const shown[] = {"time", "level", "node", "event", NULL};
    const char *name = cli_text(event, "event");

    if (brief && strcmp(name, "member") == 0) {
        write_member(out, event, true);
    } else if (brief && strcmp(name, "ring") == 0) {
        write_ring(out, event);
    } else {
        cli_write_safe(out, CLI_PLAIN, name);
        if (strcmp(name, "member") != 0) {
            write_fields(out, event, shown);
            return;
        }
        fputs(" ", out);
        write_member(out, event, false);
    }
}
