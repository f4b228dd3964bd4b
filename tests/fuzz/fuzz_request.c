/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz target: what a client sends to the control socket. The first byte says into pieces of how
 * many bytes the rest is cut on its way; the lines must be the same as when it comes at once. Each
 * line is read as a request, and the answer to a wrong one must itself be well-formed.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <hearsay/error.h>

#include "ctl/ctl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LINE_MAX 256 /* so that inputs need not have 64 KiB to be too long */

static void demand(bool condition)
{
    if (!condition)
        abort();
}

/* What is written must read back as the same object. */
static void check_written(const json_t *object)
{
    size_t len;
    json_t *back = NULL;
    char *line = hs_ctl_dump(object, &len);
    demand(line && len > 0 && line[len - 1] == '\n' && !memchr(line, '\n', len - 1));
    demand(hs_ctl_parse(line, len - 1, &back) == 0);
    free(line);
    json_decref(back);
}

static void read_request(const char *line, size_t len)
{
    enum hs_ctl_command command = HS_CTL_COMMAND_COUNT;
    json_t *request = NULL, *error = NULL;
    int err = hs_ctl_parse_request(line, len, &command, &request, &error);
    if (err == 0) {
        demand(command < HS_CTL_COMMAND_COUNT && request && !error);
        demand(strcmp(json_string_value(json_object_get(request, "cmd")),
                      hs_ctl_command_name(command)) == 0);
        check_written(request);
    } else {
        demand(err == HEARSAY_ERR_SYNTAX || err == HEARSAY_ERR_INVALID);
        demand(!request && error);
        demand(hs_ctl_error_exit(json_string_value(json_object_get(error, "error"))) ==
               HS_CTL_EXIT_USAGE);
        check_written(error);
    }
    json_decref(request);
    json_decref(error);
}

/* An answer may hold what a request may not: the same key twice, a NUL. */
static void read_answer(const char *line, size_t len)
{
    json_t *object = NULL;
    uint64_t id;
    if (hs_ctl_parse(line, len, &object) != 0)
        return;
    demand(json_is_object(object));
    const char *text = json_string_value(json_object_get(object, "id"));
    char written[HS_CTL_HEX64_MAX];
    if (hs_ctl_parse_hex64(text, &id) == 0) {
        hs_ctl_format_hex64(id, written);
        demand(strcasecmp(written, text) == 0);
    }
    json_decref(object);
}

/* Feeds all bytes, `piece` at a time. Returns a sum over the lines, and how the last one ended. */
static uint64_t read_lines(const uint8_t *bytes, size_t size, size_t piece, bool parse)
{
    struct hs_ctl_lines lines;
    uint64_t sum = 0;
    int more = 0;
    hs_ctl_lines_init(&lines, LINE_MAX);
    for (size_t at = 0; at < size && more >= 0; at += piece) {
        char *line;
        size_t len;
        demand(hs_ctl_lines_feed(&lines, bytes + at, size - at < piece ? size - at : piece) == 0);
        while ((more = hs_ctl_lines_next(&lines, &line, &len)) > 0) {
            demand(len <= LINE_MAX && line[len] == '\0');
            for (size_t i = 0; i <= len; i++)
                sum = sum * 31 + (uint8_t)line[i] + 1;
            if (parse) {
                read_request(line, len);
                read_answer(line, len);
            }
        }
        demand(more == 0 || more == HEARSAY_ERR_TOOBIG);
    }
    demand(more < 0 || hs_ctl_lines_held(&lines) <= LINE_MAX);
    hs_ctl_lines_fini(&lines);
    return more < 0 ? sum + 1 : sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > HS_CTL_CHUNK)
        return 0;
    uint64_t whole = read_lines(data + 1, size - 1, HS_CTL_CHUNK, true);
    demand(read_lines(data + 1, size - 1, 1u + data[0], false) == whole);
    return 0;
}
