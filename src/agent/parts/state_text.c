/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file is believed whole or not at all. What is in it decides whom this agent calls and what it
 * says of itself, so each value is checked as if a stranger had written it; the checksum only tells
 * that nothing is missing.
 */
#include "agent/parts/state_text.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/json.h"
#include "agent/parts/state_tags.h"
#include "ctl/ctl.h"
#include "keep/envelope.h"

static const struct hs_envelope envelope = {.kind = "hearsay state", .format = HS_STATE_FORMAT};

void hs_state_content_fini(struct hs_state_content *content)
{
    json_decref(content->join);
    json_decref(content->tags);
    memset(content, 0, sizeof(*content));
}

/* ---- making ------------------------------------------------------------------------------ */

static json_t *founder_json(const struct hs_state_contact *founder)
{
    return json_pack("{s:o, s:o, s:o}", "addr", hs_json_addr(&founder->addr), "name_hash",
                     hs_ctl_hex64(founder->name_hash), "id", hs_ctl_hex64(founder->id));
}

static json_t *contact_json(const struct hs_state_contact *contact)
{
    json_t *object = founder_json(contact);
    hs_ctl_put(&object, "age_s", json_integer(contact->age_s));
    if (contact->name[0] != '\0')
        hs_ctl_put(&object, "name", json_string(contact->name));
    return object;
}

static json_t *contacts_json(const struct hs_state_content *content)
{
    json_t *array = json_array();
    for (size_t i = 0; i < content->contact_count; i++)
        hs_ctl_append(&array, contact_json(&content->contacts[i]));
    return array;
}

static json_t *content_json(const struct hs_state_content *content, const char *cluster,
                            const char *name)
{
    json_t *object = json_object();
    hs_ctl_put(&object, "cluster", json_string(cluster));
    hs_ctl_put(&object, "name", json_string(name));
    hs_ctl_put(&object, "timestamp", json_integer((json_int_t)content->timestamp));
    if (content->founder.id)
        hs_ctl_put(&object, "founder", founder_json(&content->founder));
    hs_ctl_put(&object, "contacts", contacts_json(content));
    hs_ctl_put(&object, "join", content->join ? json_incref(content->join) : json_array());
    hs_ctl_put(&object, "tags", content->tags ? json_incref(content->tags) : json_array());
    return object;
}

char *hs_state_text_make(const struct hs_state_content *content, const char *cluster,
                         const char *name, size_t *ret_len)
{
    json_t *object = content_json(content, cluster, name);
    char *body = object ? json_dumps(object, JSON_INDENT(1)) : NULL, *text = NULL;
    if (body)
        text = hs_envelope_make(&envelope, body, ret_len);
    free(body);
    json_decref(object);
    return text;
}

/* ---- the head ---------------------------------------------------------------------------- */

static enum hs_state_found read_head(const char *bytes, size_t len, const char **ret_body,
                                     size_t *ret_len, char words[HS_ERROR_TEXT_MAX])
{
    uint64_t format = 0;
    switch (hs_envelope_open(&envelope, bytes, len, ret_body, ret_len, &format)) {
    case HS_ENVELOPE_GOOD:
        return HS_STATE_GOOD;
    case HS_ENVELOPE_LATER:
        hs_error_text(words, "is of a later release: its format is %" PRIu64 ", and not %d", format,
                      HS_STATE_FORMAT);
        return HS_STATE_LATER;
    case HS_ENVELOPE_EMPTY:
        hs_error_text(words, "is empty");
        return HS_STATE_DAMAGED;
    case HS_ENVELOPE_DAMAGED:
        break;
    }
    hs_error_text(words, "is damaged");
    return HS_STATE_DAMAGED;
}

/* ---- the object -------------------------------------------------------------------------- */

static bool read_hex(const json_t *object, const char *key, uint64_t *ret_value)
{
    return hs_ctl_parse_hex64(json_string_value(json_object_get(object, key)), ret_value) == 0;
}

static bool read_founder(const json_t *object, struct hs_state_contact *ret_founder)
{
    const char *addr = json_string_value(json_object_get(object, "addr"));
    return addr && hearsay_addr_parse(&ret_founder->addr, addr, 0) == 0 &&
           read_hex(object, "name_hash", &ret_founder->name_hash) &&
           read_hex(object, "id", &ret_founder->id);
}

static bool read_contact(const json_t *object, struct hs_state_contact *ret_contact)
{
    const json_t *name = json_object_get(object, "name");
    uint64_t age_s = 0;
    if (!read_founder(object, ret_contact) ||
        hs_ctl_read_integer(object, "age_s", UINT32_MAX, &age_s) < 0 ||
        (name && (!json_is_string(name) || !hearsay_name_valid(json_string_value(name)))))
        return false;
    ret_contact->age_s = (uint32_t)age_s;
    if (name)
        snprintf(ret_contact->name, sizeof(ret_contact->name), "%s", json_string_value(name));
    return true;
}

static bool read_contacts(const json_t *array, struct hs_state_content *content)
{
    content->contact_count = json_array_size(array);
    if (!json_is_array(array) || content->contact_count > HS_STATE_CONTACTS_MAX)
        return false;
    for (size_t i = 0; i < content->contact_count; i++)
        if (!read_contact(json_array_get(array, i), &content->contacts[i]))
            return false;
    return true;
}

static bool are_strings(const json_t *array)
{
    for (size_t i = 0; i < json_array_size(array); i++)
        if (!json_is_string(json_array_get(array, i)))
            return false;
    return json_is_array(array);
}

static bool read_content(json_t *object, struct hs_state_content *content)
{
    const json_t *founder = json_object_get(object, "founder");
    json_t *join = json_object_get(object, "join"), *tags = json_object_get(object, "tags");
    if (hs_ctl_read_integer(object, "timestamp", INT64_MAX, &content->timestamp) < 0 ||
        (founder && !read_founder(founder, &content->founder)) ||
        !read_contacts(json_object_get(object, "contacts"), content) || !are_strings(join) ||
        !hs_state_tags_valid(tags) || json_array_size(tags) > HS_STATE_TAGS_MAX)
        return false;
    content->join = json_incref(join);
    content->tags = json_incref(tags);
    return true;
}

/* Whose state it is decides first, so that nobody's file is called damaged for what is in it. */
static enum hs_state_found read_object(json_t *object, const char *cluster, const char *name,
                                       struct hs_state_content *content,
                                       char words[HS_ERROR_TEXT_MAX])
{
    const char *their_cluster = json_string_value(json_object_get(object, "cluster"));
    const char *their_name = json_string_value(json_object_get(object, "name"));
    if (their_cluster && their_name &&
        (strcmp(their_cluster, cluster) != 0 || strcmp(their_name, name) != 0)) {
        hs_error_text(words, "is that of member %.128s of cluster %.64s, and not of %s of %s",
                      their_name, their_cluster, name, cluster);
        return HS_STATE_FOREIGN;
    }
    hs_error_text(words, "has a wrong value");
    return their_cluster && their_name && read_content(object, content) ? HS_STATE_GOOD
                                                                        : HS_STATE_DAMAGED;
}

enum hs_state_found hs_state_text_read(const char *bytes, size_t len, const char *cluster,
                                       const char *name, struct hs_state_content *ret_content,
                                       char words[HS_ERROR_TEXT_MAX])
{
    const char *body = NULL;
    size_t body_len = 0;
    memset(ret_content, 0, sizeof(*ret_content));
    enum hs_state_found found = read_head(bytes, len, &body, &body_len, words);
    if (found != HS_STATE_GOOD)
        return found;
    json_t *object = json_loadb(body, body_len, JSON_REJECT_DUPLICATES, NULL);
    found = read_object(object, cluster, name, ret_content, words);
    if (found != HS_STATE_GOOD)
        hs_state_content_fini(ret_content);
    json_decref(object);
    return found;
}
