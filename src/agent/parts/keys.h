/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cluster's keys and how they are used (R33: keys, R35: switching on, R36: where keys come
 * from): from the settings to the node.
 */
#ifndef HS_AGENT_PARTS_KEYS_H
#define HS_AGENT_PARTS_KEYS_H

#include <stdbool.h>

#include <hearsay/config.h>
#include <hearsay/keyring.h>

#include "agent/options/store.h"
#include "agent/parts/report.h"
#include "service/error_text.h"

struct hs_keys {
    struct hearsay_keyring *ring; /* owned; NULL: none */
    enum hearsay_seal_mode mode;
    bool is_credential; /* a copy that systemd made of the file of the unit, at its start */
};

/* Reads the key file that the settings name, or else the credential of the unit, if there is one.
 * The keys are made for `cluster`: after the start, the one that the agent is in. The caller ends
 * *ret_keys with hs_keys_fini. Returns 0, or HS_ERR_SETTING (service/service.h) with one line in
 * `error`, which shows nothing of the file. */
int hs_keys_read(struct hs_keys *ret_keys, const struct hs_options *options, const char *cluster,
                 char error[HS_ERROR_TEXT_MAX]);

/* Wipes the keys. */
void hs_keys_fini(struct hs_keys *keys);

/* Returns true if both have the same keys in the same order. */
bool hs_keys_same_ring(const struct hs_keys *a, const struct hs_keys *b);

/* Returns true if they have the same mode, too. */
bool hs_keys_equal(const struct hs_keys *a, const struct hs_keys *b);

/* Says in the log which keys are used, and how. */
void hs_keys_report(const struct hs_keys *keys, struct hs_report *report);

/* {"seal": mode, "keys": [marks, …]}. NULL without memory. */
json_t *hs_keys_json(const struct hs_keys *keys);

/* Sets cipher and mode of a config. They borrow from the keys. */
void hs_keys_config(const struct hs_keys *keys, struct hearsay_config *config);

#endif
