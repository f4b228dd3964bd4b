/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Three digits are enough to compare numbers by eye; --json has all of them.
 */
#include "format.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND 1000000ULL
#define MINUTE 60ULL
#define HOUR   3600ULL
#define DAY    86400ULL

void cli_format_span(char text[CLI_WORD_MAX], uint64_t us)
{
    unsigned long long s = us / SECOND;
    if (s < 10)
        snprintf(text, CLI_WORD_MAX, "%llu.%llus", s, (unsigned long long)(us % SECOND) / 100000);
    else if (s < MINUTE)
        snprintf(text, CLI_WORD_MAX, "%llus", s);
    else if (s < HOUR)
        snprintf(text, CLI_WORD_MAX, "%llum%02llus", s / MINUTE, s % MINUTE);
    else if (s < DAY)
        snprintf(text, CLI_WORD_MAX, "%lluh%02llum", s / HOUR, s % HOUR / MINUTE);
    else
        snprintf(text, CLI_WORD_MAX, "%llud%02lluh", s / DAY, s % DAY / HOUR);
}

void cli_format_rtt(char text[CLI_WORD_MAX], uint64_t us)
{
    if (us < 1000)
        snprintf(text, CLI_WORD_MAX, "%lluus", (unsigned long long)us);
    else if (us < 10000)
        snprintf(text, CLI_WORD_MAX, "%.1fms", (double)us / 1e3);
    else if (us < SECOND)
        snprintf(text, CLI_WORD_MAX, "%llums", (unsigned long long)us / 1000);
    else
        snprintf(text, CLI_WORD_MAX, "%.1fs", (double)us / 1e6);
}

void cli_format_count(char text[CLI_WORD_MAX], uint64_t value)
{
    char digits[CLI_WORD_MAX];
    size_t len = (size_t)snprintf(digits, sizeof(digits), "%llu", (unsigned long long)value);
    size_t used = 0;
    for (size_t i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            text[used++] = ',';
        text[used++] = digits[i];
    }
    text[used] = '\0';
}

void cli_format_bytes(char text[CLI_WORD_MAX], uint64_t bytes)
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    double value = (double)bytes / 1024;
    size_t unit = 0;

    if (bytes < 1024) {
        snprintf(text, CLI_WORD_MAX, "%llu B", (unsigned long long)bytes);
        return;
    }
    while (value >= 1024) {
        value /= 1024;
        unit++;
    }
    snprintf(text, CLI_WORD_MAX, "%.1f %s", value, units[unit]);
}

void cli_format_share(char text[CLI_WORD_MAX], double share)
{
    if (!isfinite(share) || share < 0 || share > 1)
        share = 0;
    snprintf(text, CLI_WORD_MAX, "%.2f%%", share * 100);
}

void cli_format_bar(char *text, unsigned width, double share, double greatest)
{
    const char *mark = cli_screen.utf8 ? "\xe2\x96\x88" : "#";
    size_t len = strlen(mark), used = 0;
    double part = share > 0 && greatest > 0 ? share / greatest * width : 0;

    for (unsigned i = 0; i < width && part > i + 0.5; i++) {
        memcpy(text + used, mark, len);
        used += len;
    }
    text[used] = '\0';
}

/* The text comes from the agent: only one that has the shape of RFC 3339 with a fraction is cut. */
void cli_format_time(char text[CLI_WORD_MAX], const char *time)
{
    static const char shape[] = "0000-00-00T00:00:00.000";
    size_t i;
    for (i = 0; i < sizeof(shape) - 1; i++) {
        bool digit = time[i] >= '0' && time[i] <= '9';
        if (shape[i] == '0' ? !digit : time[i] != shape[i])
            break;
    }
    if (i != sizeof(shape) - 1) {
        snprintf(text, CLI_WORD_MAX, "%s", time);
        return;
    }
    memcpy(text, time, i);
    text[i] = '\0';
    text[strlen("0000-00-00")] = ' ';
}

enum cli_color cli_status_color(const char *status)
{
    if (strcmp(status, "alive") == 0)
        return CLI_GREEN;
    if (strcmp(status, "suspect") == 0)
        return CLI_YELLOW;
    return strcmp(status, "dead") == 0 ? CLI_RED : CLI_PLAIN;
}

bool cli_parse_number(const char *text, long min, long max, long *ret_value)
{
    char *end;
    if (text[0] < '0' || text[0] > '9')
        return false;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (errno != 0 || *end != '\0' || value < min || value > max)
        return false;
    *ret_value = value;
    return true;
}

bool cli_parse_seconds(const char *text, long max, long *ret_seconds)
{
    static const struct {
        char letter;
        long seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}};
    size_t len = strlen(text);
    char digits[16];
    long unit = 1, value;

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]) && len > 1; i++) {
        if (text[len - 1] != units[i].letter)
            continue;
        unit = units[i].seconds;
        len--;
        break;
    }
    if (len >= sizeof(digits))
        return false;
    snprintf(digits, sizeof(digits), "%.*s", (int)len, text);
    if (!cli_parse_number(digits, 1, max / unit, &value))
        return false;
    *ret_seconds = value * unit;
    return true;
}
