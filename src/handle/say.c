/* SPDX-License-Identifier: Apache-2.0 */
#include "handle/say.h"

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

#define WORDS_MAX 1024 /* bytes of a sentence; the rest of a longer one is cut */

static const char *level_of(int priority)
{
    return priority <= LOG_ERR ? "error" : priority == LOG_WARNING ? "warn" : "info";
}

static void say_object(int priority, const char *what, json_t *fields, const char *words)
{
    char time[HS_CTL_TIME_MAX];
    size_t len = 0;

    hs_ctl_format_time(hearsay_host_now().wall, time);
    json_t *object = hs_need(json_pack("{s:s, s:s, s:s, s:s}", "time", time, "level",
                                       level_of(priority), "event", what, "message", words));
    json_object_update(object, fields);
    char *text = hs_need(hs_ctl_dump(object, &len));
    if (hs_service_is_journal(STDERR_FILENO))
        fprintf(stderr, "<%d>", priority);
    fwrite(text, 1, len, stderr);
    free(text);
    json_decref(object);
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
    if (say->json)
        say_object(priority, what, fields, shown);
    else
        hs_service_say(priority, shown, true);
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
        hs_service_say(priority, words, true);
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
