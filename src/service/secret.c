/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A message quotes the word that it is about. Any word of a command line or of a file can be a key
 * that somebody has put there by mistake, be it mangled, behind another flag or without one. So it
 * is not the place that decides whether a word is shown, but its looks, and all messages come by
 * here.
 */
#include "service/secret.h"

#include <stdbool.h>
#include <string.h>

#include <hearsay/keyring.h>

#define WORD_MAX 64 /* bytes with the terminator; no longer word is a key */
#define SHOWN    (sizeof(HS_SECRET_SHOWN) - 1)

/* Of both forms of base64. "=" is apart, because it also stands between a flag and its value. */
static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_";

_Static_assert(SHOWN < 40, "no key is shorter: see hearsay_key_resembles");

static bool may_be_key(const char *text, size_t len)
{
    char word[WORD_MAX];

    if (len >= sizeof(word))
        return false;
    memcpy(word, text, len);
    word[len] = '\0';
    return hearsay_key_resembles(word);
}

void hs_hide_keys(char *text)
{
    for (char *at = text; *(at += strcspn(at, letters)) != '\0';) {
        size_t len = strspn(at, letters);
        char *end = at + len + strspn(at + len, "=");

        if (may_be_key(at, len)) {
            memcpy(at, HS_SECRET_SHOWN, SHOWN);
            memmove(at + SHOWN, end, strlen(end) + 1);
            end = at + SHOWN;
        }
        at = end;
    }
}
