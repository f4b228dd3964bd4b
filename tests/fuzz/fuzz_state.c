/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reader of state files. The first byte says how the rest is to be taken: as a whole file, or
 * as what stands behind a head with the right length and checksum, which the fuzzer could not
 * guess. What is taken must be within its bounds, and be the same when it is written and read
 * again; what is not must leave nothing and be said in one line.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/parts/state_tags.h"
#include "agent/parts/state_text.h"
#include "state_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(int condition)
{
    if (!condition)
        abort();
}

static void check_text(const char *text, size_t room)
{
    demand(memchr(text, '\0', room) != NULL);
}

static void check_tags(const struct hs_state_content *content)
{
    static const struct hearsay_tag configured[] = {{"role", "db"}, {"old", "1"}};
    struct hearsay_tag tags[HEARSAY_TAGS_COUNT];
    size_t used;
    int count = hs_state_tags_apply(content->tags, configured, 2, tags, &used);
    demand(count >= -1 && count <= HEARSAY_TAGS_COUNT && used <= json_array_size(content->tags));
    for (int i = 0; i < count; i++)
        demand(strlen(tags[i].key) <= HEARSAY_TAG_KEY_MAX && tags[i].value);
}

static void check_taken(struct hs_state_content *content)
{
    struct hs_state_content again;
    char words[HS_ERROR_TEXT_MAX];
    size_t len = 0;
    demand(content->contact_count <= HS_STATE_CONTACTS_MAX);
    for (size_t i = 0; i < content->contact_count; i++) {
        check_text(content->contacts[i].name, sizeof(content->contacts[i].name));
        demand(content->contacts[i].addr.port != 0);
    }
    check_tags(content);
    char *text = hs_state_text_make(content, "prod", "me", &len);
    demand(text && hs_state_text_read(text, len, "prod", "me", &again, words) == HS_STATE_GOOD);
    demand(again.timestamp == content->timestamp && again.contact_count == content->contact_count &&
           memcmp(again.contacts, content->contacts, sizeof(again.contacts)) == 0 &&
           json_equal(again.join, content->join) && json_equal(again.tags, content->tags));
    hs_state_content_fini(&again);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hs_state_content content;
    char words[HS_ERROR_TEXT_MAX] = "";
    size_t len = 0;
    char *file = state_file_make("hearsay state", data, size, &len);

    if (hs_state_text_read(file, len, "prod", "me", &content, words) == HS_STATE_GOOD) {
        check_taken(&content);
        hs_state_content_fini(&content);
    } else {
        demand(words[0] && memchr(words, '\0', sizeof(words)) && !strchr(words, '\n'));
        demand(content.contact_count == 0 && !content.join && !content.tags);
    }
    free(file);
    return 0;
}
