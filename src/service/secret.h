/* SPDX-License-Identifier: Apache-2.0 */
/* Keys in messages: who gives a key where its file is asked for must not find it in a log. */
#ifndef HS_SERVICE_SECRET_H
#define HS_SERVICE_SECRET_H

#define HS_SECRET_SHOWN "(not shown: it may be a key)"

/* Replaces each word that resembles a key (hearsay_key_resembles) by HS_SECRET_SHOWN, which is
 * shorter than every key. */
void hs_hide_keys(char *text);

#endif
