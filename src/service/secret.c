/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A message quotes the word that it is about. Any word of a command line or of a file can be a key
 * that somebody has put there by mistake, be it mangled, behind another flag or without one. So it
 * is not the place that decides whether a word is shown, but its looks, and all messages come by
 * here.
 */
#include "service/secret.h"

#include <string.h>

#include <hearsay/keyring.h>

#define WORD_MAX 64 /* bytes with the terminator; no longer word is a key */

/* Of both forms of base64. "=" is apart, because it also stands between a flag and its value. */
static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_";

_Static_assert(sizeof(HS_SECRET_SHOWN) <= 40, "no key is shorter: see hearsay_key_resembles");

void hs_hide_keys(char *text)
{
    char word[WORD_MAX];

    for (char *at = text; *(at += strcspn(at, letters)) != '\0';) {
        size_t len = strspn(at, letters);
        size_t all = len + strspn(at + len, "=");

        if (len < WORD_MAX) {
            memcpy(word, at, len);
            word[len] = '\0';
        }
        if (len < WORD_MAX && hearsay_key_resembles(word)) {
            size_t shown = sizeof(HS_SECRET_SHOWN) - 1;

            memcpy(at, HS_SECRET_SHOWN, shown);
            memmove(at + shown, at + all, strlen(at + all) + 1);
            at += shown;
        } else {
            at += all;
        }
    }
}
