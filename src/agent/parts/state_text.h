/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file of the state (R37): what an agent keeps for its next start, as bytes. One line says what
 * it is, and has a checksum and the length of the JSON object that follows:
 *
 *     hearsay state 1 5f2c…9b 1234
 *     {"cluster": …, "name": …, "timestamp": …, "founder": {…}, "contacts": […], "join": […],
 *      "tags": […]}
 *
 * So a file that was torn is told from one that another member or a later release has written,
 * which is left alone.
 */
#ifndef HS_AGENT_PARTS_STATE_TEXT_H
#define HS_AGENT_PARTS_STATE_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include <hearsay/addr.h>
#include <hearsay/member.h>

#include "service/error_text.h"

#define HS_STATE_FORMAT       1
#define HS_STATE_TEXT_MAX     65536 /* bytes of a file; a larger one is damaged */
#define HS_STATE_CONTACTS_MAX 48
#define HS_STATE_TAGS_MAX     64 /* as many as can be set and as can be deleted */

/* Whom an address was known for. */
struct hs_state_contact {
    struct hearsay_addr addr;
    uint32_t age_s;                  /* since that member was known to be alive, seconds */
    uint64_t name_hash, id;          /* as in struct hearsay_contact */
    char name[HEARSAY_NAME_MAX + 1]; /* "": not known */
};

/* All zero: nothing is known. */
struct hs_state_content {
    uint64_t timestamp;              /* greatest own one; 0: not known */
    struct hs_state_contact founder; /* id 0: not known */
    struct hs_state_contact contacts[HS_STATE_CONTACTS_MAX];
    size_t contact_count;
    json_t *join; /* array: the seeds of the configuration; owned; NULL: none */
    json_t *tags; /* array, see state_tags.h; owned; NULL: none */
};

enum hs_state_found {
    HS_STATE_NOTHING, /* no file */
    HS_STATE_GOOD,
    HS_STATE_DAMAGED, /* torn, or no such file at all */
    HS_STATE_LATER,   /* of a later release */
    HS_STATE_FOREIGN, /* of another member, or of another cluster */
};

/* Frees what it holds, and makes it empty. */
void hs_state_content_fini(struct hs_state_content *content);

/* Makes the bytes of a file, to be freed with free(). NULL without memory. */
char *hs_state_text_make(const struct hs_state_content *content, const char *cluster,
                         const char *name, size_t *ret_len);

/* Reads them. Unless the result is HS_STATE_GOOD, *ret_content is empty and `words` says why: a
 * phrase that follows the path of the file. Without memory a file is damaged. */
enum hs_state_found hs_state_text_read(const char *bytes, size_t len, const char *cluster,
                                       const char *name, struct hs_state_content *ret_content,
                                       char words[HS_ERROR_TEXT_MAX]);

#endif
