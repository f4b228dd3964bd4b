/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program's config in this release's shape, whatever release the program was compiled with.
 */
#ifndef HS_BASE_CONFIG_H
#define HS_BASE_CONFIG_H

#include <hearsay/config.h>

/* Copies what both know; fields that the program does not have are 0, which means what there was
 * before them. Strings, tags and the seal stay the caller's. */
void hs_config_load(struct hearsay_config *ret_ours, const struct hearsay_config *config);

#endif
