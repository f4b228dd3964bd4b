/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Converts the config of a program, compiled with the headers of any release, to the struct of this
 * release.
 */
#ifndef HS_BASE_CONFIG_H
#define HS_BASE_CONFIG_H

#include <hearsay/config.h>

/* Copies the fields that both releases have. Fields that the program does not have become 0, which
 * means the behaviour before they existed. A setting that depends on others unless it is set gets
 * its value. Strings, tags and the seal are borrowed from the caller. */
void hs_config_load(struct hearsay_config *ret_ours, const struct hearsay_config *config);

#endif
