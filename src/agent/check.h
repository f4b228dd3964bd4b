/* SPDX-License-Identifier: Apache-2.0 */
/* `hearsayd --check`: what a start would find wrong, without starting. */
#ifndef HS_AGENT_CHECK_H
#define HS_AGENT_CHECK_H

#include "agent/options/store.h"
#include "conf/mistakes.h"

/* Adds what is wrong with the things that the settings name: files, directories, hosts, a group.
 * Opens nothing for writing and makes nothing. Settings that are missing because they are mistakes
 * are passed over. */
void hs_check_world(const struct hs_options *options, struct hs_mistakes *mistakes);

#endif
