/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The record of a member as a rumor, as it goes on the wire.
 */
#ifndef HS_VIEW_RECORD_H
#define HS_VIEW_RECORD_H

#include "view/view.h"

/* Fills in all but `decoded`. The blob is borrowed from the member's metadata. */
void hs_rumor_of(const struct hs_view *view, uint64_t boot, uint32_t slot, bool with_blob,
                 struct hs_rumor *ret_rumor);

#endif
