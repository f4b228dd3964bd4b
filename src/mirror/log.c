/* SPDX-License-Identifier: Apache-2.0 */
/* An array by number modulo its length. */
#include "mirror/log.h"

#include <stdlib.h>
#include <string.h>

#include <hearsay/error.h>

int hs_mirror_log_init(struct hs_mirror_log *ret_log)
{
    /* A cursor of 0 means "from the oldest", so the newest of an empty log is 1. */
    *ret_log = (struct hs_mirror_log){.first = 2, .next = 2};
    ret_log->entries = calloc(HS_MIRROR_LOG_MAX, sizeof(*ret_log->entries));
    return ret_log->entries ? 0 : HEARSAY_ERR_NOMEM;
}

static struct hs_mirror_entry *place_of(const struct hs_mirror_log *log, uint64_t number)
{
    return &log->entries[number % HS_MIRROR_LOG_MAX];
}

static size_t bytes_of(const struct hs_mirror_entry *entry)
{
    return entry->event ? strlen(entry->event) : 0;
}

static void forget_oldest(struct hs_mirror_log *log)
{
    struct hs_mirror_entry *oldest = place_of(log, log->first++);

    log->bytes -= bytes_of(oldest);
    free((char *)(uintptr_t)oldest->event);
    oldest->event = NULL;
}

void hs_mirror_log_fini(struct hs_mirror_log *log)
{
    while (log->entries && log->first < log->next)
        forget_oldest(log);
    free(log->entries);
    log->entries = NULL;
}

void hs_mirror_log_add(struct hs_mirror_log *log, const struct hs_mirror_entry *entry, char *event)
{
    struct hs_mirror_entry *place;

    while (log->next - log->first == HS_MIRROR_LOG_MAX ||
           (log->first < log->next && log->bytes > HS_MIRROR_LOG_BYTES_MAX))
        forget_oldest(log);
    place = place_of(log, log->next);
    *place = *entry;
    place->number = log->next++;
    place->event = event;
    log->bytes += bytes_of(place);
}

bool hs_mirror_log_next(const struct hs_mirror_log *log, uint64_t *cursor,
                        struct hs_mirror_entry *ret_entry)
{
    bool late = *cursor > 0 && *cursor < log->first - 1;
    uint64_t number = *cursor < log->first ? log->first : *cursor + 1;

    if (*cursor >= log->next || number >= log->next)
        return false;
    if (late) {
        *cursor = log->next - 1;
        *ret_entry = (struct hs_mirror_entry){.kind = HS_MIRROR_ALL, .number = *cursor};
        return true;
    }
    *cursor = number;
    *ret_entry = *place_of(log, number);
    return true;
}

uint64_t hs_mirror_log_newest(const struct hs_mirror_log *log)
{
    return log->next - 1;
}
