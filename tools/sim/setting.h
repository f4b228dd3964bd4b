/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Protocol settings by the keys of hearsay.conf(5).
 */
#ifndef SIM_SETTING_H
#define SIM_SETTING_H

#include <hearsay/config.h>

#include "words.h"

/* Sets one. Returns 0 or INVALID with `error`. */
int sim_setting_set(struct hearsay_config *config, const char *key, const char *value,
                    char error[SIM_ERROR_TEXT_MAX]);

#endif
