/* SPDX-License-Identifier: Apache-2.0 */
#include "handle/say.h"

#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include <hearsay/host.h>

#include "ctl/ctl.h"
#include "handle/need.h"
#include "service/service.h"
#include "service/visible.h"

#define PIECE     4096 /* bytes that a pipe or socket takes at once when it is ready */
#define WORDS_MAX 1024 /* bytes of a sentence; the rest of a longer one is cut */

static const char *level_of(int priority)
{
    return priority <= LOG_ERR ? "error" : priority == LOG_WARNING ? "warn" : "info";
}

/* ---- the reader -------------------------------------------------------------------------- */

static bool is_ready(struct hs_say_outlet *outlet)
{
    struct pollfd reader = {.fd = STDERR_FILENO, .events = POLLOUT};
    int n = poll(&reader, 1, outlet->stuck ? 0 : HS_SAY_WAIT_MS);

    outlet->stuck = n == 0;
    return n > 0;
}

/* Returns false if not all was taken. */
static bool write_bytes(struct hs_say_outlet *outlet, const char *text, size_t len)
{
    size_t done = 0;

    while (done < len) {
        size_t size = len - done < PIECE ? len - done : PIECE;
        ssize_t n = is_ready(outlet) ? write(STDERR_FILENO, text + done, size) : -1;

        if (n < 0)
            break;
        done += (size_t)n;
    }
    outlet->cut = outlet->cut ? done == 0 : done > 0 && done < len;
    return done == len;
}

/* A sentence is so short that a reader who is ready takes it whole. */
static bool write_sentence(struct hs_say_outlet *outlet, int priority, const char *words)
{
    if (!is_ready(outlet))
        return false;
    hs_service_say(priority, words, true);
    return true;
}

/* ---- saying ------------------------------------------------------------------------------ */

static bool write_object(struct hs_say_outlet *outlet, int priority, const char *what,
                         json_t *fields, const char *words)
{
    char time[HS_CTL_TIME_MAX];
    size_t len = 0;

    hs_ctl_format_time(hearsay_host_now().wall, time);
    json_t *object = hs_need(json_pack("{s:s, s:s, s:s, s:s}", "time", time, "level",
                                       level_of(priority), "event", what, "message", words));
    json_object_update(object, fields);
    char *text = hs_need(hs_ctl_dump(object, &len)), before[8] = "";
    if (hs_service_is_journal(STDERR_FILENO))
        snprintf(before, sizeof(before), "<%d>", priority);
    bool good = (!outlet->cut || write_bytes(outlet, "\n", 1)) &&
                write_bytes(outlet, before, strlen(before)) && write_bytes(outlet, text, len);
    free(text);
    json_decref(object);
    return good;
}

static bool write_line(const struct hs_say *say, int priority, const char *what, json_t *fields,
                       const char *words)
{
    return say->json ? write_object(say->outlet, priority, what, fields, words)
                     : write_sentence(say->outlet, priority, words);
}

/* Says first what is missing before what is said now. */
static void say_lost(const struct hs_say *say)
{
    char words[WORDS_MAX];
    json_t *fields;

    if (say->outlet->lost == 0)
        return;
    snprintf(words, sizeof(words), "handle: %" PRIu64 " lines are missing here: nobody read them",
             say->outlet->lost);
    fields = hs_need(json_pack("{s:I}", "lines", (json_int_t)say->outlet->lost));
    if (write_line(say, LOG_WARNING, "lost", fields, words))
        say->outlet->lost = 0;
    json_decref(fields);
}

void hs_say(const struct hs_say *say, int priority, const char *what, json_t *fields,
            const char *format, ...)
{
    char words[WORDS_MAX], shown[WORDS_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(words, sizeof(words), format, args);
    va_end(args);
    hs_visible(words, shown, sizeof(shown));
    say_lost(say);
    say->outlet->lost += !write_line(say, priority, what, fields, shown);
    json_decref(fields);
}

void hs_say_text(const struct hs_say *say, int priority, const char *text)
{
    while (!say->json && *text != '\0') {
        char line[WORDS_MAX], shown[WORDS_MAX], words[WORDS_MAX + 2];
        size_t len = strcspn(text, "\n"), taken = len < sizeof(line) - 1 ? len : sizeof(line) - 1;

        memcpy(line, text, taken);
        line[taken] = '\0';
        hs_visible(line, shown, sizeof(shown));
        snprintf(words, sizeof(words), "| %s", shown);
        say->outlet->lost += !write_sentence(say->outlet, priority, words);
        text += taken + (text[taken] == '\n');
    }
}

json_t *hs_say_bytes(const char *bytes, size_t len)
{
    json_t *text = strlen(bytes) == len ? json_stringn(bytes, len) : NULL;

    if (text)
        return text;
    char *shown = hs_need(malloc(HS_ESCAPE_MAX * len + 1));
    size_t used = 0;
    for (size_t at = 0; at < len; at += strlen(bytes + at) + 1) {
        hs_visible(bytes + at, shown + used, HS_ESCAPE_MAX * (len - at) + 1);
        used += strlen(shown + used);
    }
    shown[used] = '\0';
    text = hs_need(json_stringn(shown, used));
    free(shown);
    return text;
}
