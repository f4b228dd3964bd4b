/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes a rumor for the wire from the record of a member. It is apart from the rumor queue because
 * exchanges and answers send records, too.
 */
#ifndef HS_VIEW_RECORD_H
#define HS_VIEW_RECORD_H

#include "view/view.h"

/* Fills in *ret_rumor except `decoded`. The blob, if `with_blob`, is borrowed from the member's
 * metadata. `boot`: boot time now, microseconds. */
void hs_rumor_of(const struct hs_view *view, uint64_t boot, uint32_t slot, bool with_blob,
                 struct hs_rumor *ret_rumor);

#endif
