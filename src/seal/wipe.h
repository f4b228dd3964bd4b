/* SPDX-License-Identifier: Apache-2.0 */
/* Removing what functions have left on the stack. hearsay_wipe is declared in hearsay/keyring.h. */
#ifndef HS_SEAL_WIPE_H
#define HS_SEAL_WIPE_H

/* Overwrites the stack below the caller, where functions that have returned may have left pieces of
 * a key: nettle's HMAC keeps the padded key in a local array. */
void hs_wipe_stack(void);

#endif
