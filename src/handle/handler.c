/* SPDX-License-Identifier: Apache-2.0 */
#include "handle/handler.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "handle/need.h"

#define WHAT_MAX (HEARSAY_NAME_MAX + 64)
#define FATE_MAX 96

void hs_handler_fini(struct hs_handler *handler)
{
    struct hs_specs one = {.items = {handler->spec}, .count = 1};

    hs_child_fini(&handler->child);
    hs_backlog_fini(&handler->backlog);
    hs_specs_fini(&one);
    *handler = (struct hs_handler){.overdue = false};
}

/* "member-failed n3", "member-join of 3 members", "ring". */
static void format_what(const struct hs_item *item, char text[WHAT_MAX])
{
    const char *kind = hs_kind_name(item->kind);

    if (item->count == 1)
        snprintf(text, WHAT_MAX, "%s %s", kind, hs_item_member(item, 0)->name);
    else if (item->count > 1)
        snprintf(text, WHAT_MAX, "%s of %zu members", kind, item->count);
    else
        snprintf(text, WHAT_MAX, "%s", kind);
}

static json_t *fields_of(const struct hs_handler *handler, const struct hs_item *item)
{
    const char *label = handler->spec.label;
    json_t *fields = hs_need(
        json_pack("{s:o, s:s, s:s, s:I}", "handler", hs_say_bytes(label, strlen(label)), "for",
                  hs_kind_name(item->kind), "id", item->id, "members", (json_int_t)item->count));

    if (item->count == 1)
        json_object_set_new(fields, "name", json_string(hs_item_member(item, 0)->name));
    return fields;
}

bool hs_handler_give(struct hs_handler *handler, struct hs_item *item, const struct hs_say *say)
{
    size_t left = 0, merged;

    if ((handler->spec.kinds & HS_KIND_BIT(item->kind)) == 0)
        return false;
    merged = hs_backlog_push(&handler->backlog, item, handler->spec.kinds, hs_handler_runs(handler),
                             &left);
    if (merged > 0)
        hs_say(say, LOG_WARNING, "merged",
               json_pack("{s:s, s:I, s:I}", "handler", handler->spec.label, "events",
                         (json_int_t)merged, "left", (json_int_t)left),
               "handle: %s is too slow: %zu events that waited for it were merged into %zu",
               handler->spec.label, merged, left);
    return true;
}

bool hs_handler_runs(const struct hs_handler *handler)
{
    return handler->child.stage != HS_CHILD_NONE;
}

/* ---- starting ---------------------------------------------------------------------------- */

/* What will be there again: a process less, some memory, a descriptor. */
static bool is_passing(int err)
{
    return err == EAGAIN || err == ENOMEM || err == EMFILE || err == ENFILE || err == ETXTBSY;
}

bool hs_handler_begin(struct hs_handler *handler, const struct hs_teller *teller, uint64_t now,
                      uint64_t timeout_us, const struct hs_say *say)
{
    char what[WHAT_MAX];
    size_t len = 0;

    if (hs_handler_runs(handler) || handler->backlog.count == 0 || now < handler->retry)
        return false;
    const struct hs_item *item = handler->backlog.items[0];
    char *input = hs_words_input(item, &len);
    char **words = hs_words_environ(item, teller, environ);
    int err =
        hs_child_start(&handler->child, handler->spec.argv, words, input, len, now, timeout_us);
    hs_words_free(words);
    handler->overdue = handler->stopped = false;
    if (err == 0)
        return false;
    format_what(item, what);
    hs_say(say, LOG_ERR, "failed", fields_of(handler, item), "handle: %s: %.200s cannot run: %s%s",
           what, handler->spec.label, strerror(err), is_passing(err) ? "; trying again" : "");
    if (is_passing(err))
        handler->retry = now + HS_HANDLER_RETRY_US;
    else
        hs_backlog_shift(&handler->backlog);
    return !is_passing(err);
}

/* ---- its end ----------------------------------------------------------------------------- */

static void format_fate(const struct hs_handler *handler, int status, uint64_t ran_us,
                        char text[FATE_MAX])
{
    double seconds = (double)ran_us / 1e6;

    if (handler->overdue)
        snprintf(text, FATE_MAX, "ended after its time of %.3g s", seconds);
    else if (handler->stopped)
        snprintf(text, FATE_MAX, "ended after %.3g s, because we end: it will run again", seconds);
    else if (WIFSIGNALED(status))
        snprintf(text, FATE_MAX, "killed by signal %d (%s) after %.3g s", WTERMSIG(status),
                 strsignal(WTERMSIG(status)), seconds);
    else if (WEXITSTATUS(status) != 0)
        snprintf(text, FATE_MAX, "failed with exit code %d after %.3g s", WEXITSTATUS(status),
                 seconds);
    else
        snprintf(text, FATE_MAX, "done in %.3g s", seconds);
}

static void say_end(const struct hs_handler *handler, const struct hs_item *item, int status,
                    uint64_t ran_us, const struct hs_say *say)
{
    bool good = !handler->overdue && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    int priority = good ? LOG_INFO : LOG_ERR;
    char what[WHAT_MAX], fate[FATE_MAX];
    json_t *fields = fields_of(handler, item);
    uint64_t cut = 0;
    size_t len = 0;
    char *output = hs_child_output(&handler->child, &len, &cut);

    json_object_set_new(fields, "ran_us", json_integer((json_int_t)ran_us));
    json_object_set_new(fields, WIFSIGNALED(status) ? "signal" : "exit",
                        json_integer(WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status)));
    json_object_set_new(fields, "overdue", json_boolean(handler->overdue));
    json_object_set_new(fields, "output", hs_say_bytes(output, len));
    json_object_set_new(fields, "output_cut", json_integer((json_int_t)cut));
    format_what(item, what);
    format_fate(handler, status, ran_us, fate);
    hs_say(say, priority, "handled", fields, "handle: %s: %.200s: %s%s", what, handler->spec.label,
           fate, cut > 0 ? "; the end of its output:" : "");
    hs_say_text(say, priority, output);
    free(output);
}

bool hs_handler_work(struct hs_handler *handler, uint64_t now, const struct hs_say *say)
{
    bool ran = handler->child.stage == HS_CHILD_RUNS;
    int status = 0;

    if (!hs_child_work(&handler->child, now, &status)) {
        if (ran && handler->child.stage != HS_CHILD_RUNS)
            handler->overdue = true;
        return false;
    }
    say_end(handler, handler->backlog.items[0], status, now - handler->child.started, say);
    bool handled = !handler->stopped;
    hs_child_fini(&handler->child);
    if (handled)
        hs_backlog_shift(&handler->backlog);
    return handled;
}

void hs_handler_stop(struct hs_handler *handler, uint64_t now)
{
    if (handler->child.stage != HS_CHILD_RUNS)
        return;
    handler->stopped = true;
    hs_child_end(&handler->child, now);
}

uint64_t hs_handler_deadline(const struct hs_handler *handler, bool begins)
{
    if (hs_handler_runs(handler))
        return handler->child.deadline;
    return begins && handler->backlog.count > 0 ? handler->retry : UINT64_MAX;
}
