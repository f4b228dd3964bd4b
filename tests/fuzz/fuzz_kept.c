/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reader of the state of `hearsay handle`. The first byte says how the rest is to be taken: as
 * a whole file, or as what stands behind a head with the right length and checksum, which the
 * fuzzer could not guess. What is taken must be the same when it is written and read again; what is
 * not must leave nothing and be said in one line.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "handle/kept.h"
#include "state_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(int condition)
{
    if (!condition)
        abort();
}

static struct hs_mirror *new_mirror(void)
{
    struct hs_mirror_bounds bounds = {.members_max = 64, .tokens_max = 4096};
    struct hs_mirror *mirror = hs_mirror_new(&bounds);

    demand(mirror != NULL);
    return mirror;
}

/* Handlers with what was kept for them; to be freed. */
static struct hs_handler **restore(const struct hs_kept *kept, size_t *ret_count)
{
    struct hs_ctl_field field = {.key = NULL};
    size_t count = json_object_size(kept->handlers);
    struct hs_handler **handlers = calloc(count + 1, sizeof(*handlers));

    demand(handlers != NULL);
    for (size_t i = 0; hs_ctl_next_field(kept->handlers, &field); i++) {
        handlers[i] = calloc(1, sizeof(**handlers));
        demand(handlers[i] != NULL);
        handlers[i]->spec.label = strdup(field.key);
        demand(hs_kept_restore(kept, handlers[i]));
        demand(handlers[i]->backlog.count <= HS_BACKLOG_MAX);
    }
    *ret_count = count;
    return handlers;
}

static char *write_again(const struct hs_kept *kept, const struct hs_feed *feed, size_t *ret_len)
{
    size_t count;
    struct hs_handler **handlers = restore(kept, &count);
    char *text = hs_kept_make(kept->cluster, feed, handlers, count, ret_len);

    for (size_t i = 0; i < count; i++) {
        hs_handler_fini(handlers[i]);
        free(handlers[i]);
    }
    free(handlers);
    return text;
}

static void check_taken(struct hs_feed *feed, struct hs_kept *kept)
{
    struct hs_feed again = {.mirror = new_mirror()};
    struct hs_kept kept_again;
    char words[HS_ERROR_TEXT_MAX];
    size_t len = 0, len_again = 0;
    char *text = write_again(kept, feed, &len);

    demand(hs_kept_read(text, len, &again, &kept_again, words) == HS_KEPT_GOOD);
    demand(again.roster.count == feed->roster.count);
    char *text_again = write_again(&kept_again, &again, &len_again);
    demand(len == len_again && memcmp(text, text_again, len) == 0);
    free(text);
    free(text_again);
    hs_mirror_free(again.mirror);
    hs_feed_fini(&again);
    hs_kept_fini(&kept_again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hs_mirror *mirror = new_mirror();
    struct hs_feed feed = {.mirror = mirror};
    struct hs_kept kept;
    char words[HS_ERROR_TEXT_MAX] = "";
    size_t len = 0;
    char *file = state_file_make("hearsay handled", data, size, &len);

    if (hs_kept_read(file, len, &feed, &kept, words) == HS_KEPT_GOOD) {
        check_taken(&feed, &kept);
    } else {
        demand(words[0] && memchr(words, '\0', sizeof(words)) && !strchr(words, '\n'));
        demand(feed.roster.count == 0 && !feed.known && !kept.handlers);
        demand(hs_mirror_state(mirror).id[0] == '\0');
    }
    hs_feed_fini(&feed);
    hs_mirror_free(mirror);
    hs_kept_fini(&kept);
    free(file);
    return 0;
}
