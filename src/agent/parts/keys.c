/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys come from files alone: an argument or a variable can be read by every process of the
 * machine. Who gives a key as the value of `key` is told so, and the key is not repeated in the
 * message, because messages go into logs.
 */
#include "agent/parts/keys.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <hearsay/error.h>

#include "agent/base/json.h"
#include "agent/options/options.h"
#include "agent/parts/key_file.h"
#include "ctl/ctl.h"
#include "service/service.h"

#define CREDENTIAL_NAME "key"

/* A path can look so, too. If there is no such file its name is not worth repeating. */
static bool is_perhaps_key(const char *value)
{
    return hearsay_key_resembles(value) && access(value, F_OK) < 0;
}

/* The path of the unit's credential, if systemd gives us one (R36). */
static bool find_credential(char path[HS_OPTION_TEXT_MAX])
{
    const char *folder = getenv("CREDENTIALS_DIRECTORY");
    if (!folder || folder[0] != '/')
        return false;
    int len = snprintf(path, HS_OPTION_TEXT_MAX, "%s/" CREDENTIAL_NAME, folder);
    return len < HS_OPTION_TEXT_MAX && access(path, F_OK) == 0;
}

static int read_ring(struct hs_keys *keys, const struct hs_options *options, const char *cluster,
                     char error[HS_ERROR_TEXT_MAX])
{
    char credential[HS_OPTION_TEXT_MAX];
    if (options->key && is_perhaps_key(options->key)) {
        hs_error_text(error,
                      "key: there is no such file, and what is given looks like a key, so it is "
                      "not shown here; it must be the name of a file that holds the key: other "
                      "users can see a command line. If it is a key, it is no secret any more: "
                      "make another one with hearsay keygen -o FILE");
        return HS_ERR_SETTING;
    }
    if (options->key)
        return hs_key_file_load(options->key, cluster, true, &keys->ring, error);
    keys->is_credential = find_credential(credential);
    if (keys->is_credential)
        return hs_key_file_load(credential, cluster, false, &keys->ring, error);
    return 0;
}

/* Who has a key and says nothing wants it to be used (R35). */
static int choose_mode(struct hs_keys *keys, const struct hs_options *options,
                       char error[HS_ERROR_TEXT_MAX])
{
    keys->mode = keys->ring ? HEARSAY_SEAL_REQUIRE : HEARSAY_SEAL_OFF;
    if (hs_option_given(options, "seal"))
        keys->mode = options->seal;
    if (keys->mode == HEARSAY_SEAL_OFF || keys->ring)
        return 0;
    hs_error_text(error, "seal = %s needs a key: key = FILE, which hearsay keygen -o FILE makes",
                  hearsay_seal_mode_name(keys->mode));
    return HS_ERR_SETTING;
}

int hs_keys_read(struct hs_keys *ret_keys, const struct hs_options *options, const char *cluster,
                 char error[HS_ERROR_TEXT_MAX])
{
    struct hs_keys keys = {.ring = NULL};
    int err = read_ring(&keys, options, cluster, error);
    if (err == 0)
        err = choose_mode(&keys, options, error);
    if (err < 0) {
        hs_keys_fini(&keys);
        return err == HEARSAY_ERR_NOMEM ? err : HS_ERR_SETTING;
    }
    *ret_keys = keys;
    return 0;
}

void hs_keys_fini(struct hs_keys *keys)
{
    hearsay_keyring_free(keys->ring);
    keys->ring = NULL;
}

bool hs_keys_same_ring(const struct hs_keys *a, const struct hs_keys *b)
{
    uint8_t one[HEARSAY_FINGERPRINT_SIZE], other[HEARSAY_FINGERPRINT_SIZE];
    if (!a->ring != !b->ring)
        return false;
    size_t count = a->ring ? hearsay_keyring_count(a->ring) : 0;
    if (a->ring && hearsay_keyring_count(b->ring) != count)
        return false;
    for (size_t i = 0; i < count; i++) {
        hearsay_keyring_fingerprint(a->ring, i, one);
        hearsay_keyring_fingerprint(b->ring, i, other);
        if (memcmp(one, other, sizeof(one)) != 0)
            return false;
    }
    return true;
}

bool hs_keys_equal(const struct hs_keys *a, const struct hs_keys *b)
{
    return a->mode == b->mode && hs_keys_same_ring(a, b);
}

void hs_keys_config(const struct hs_keys *keys, struct hearsay_config *config)
{
    config->cipher = keys->ring ? &hearsay_cipher_siv : NULL;
    config->cipher_context = keys->ring;
    config->seal_mode = keys->mode;
}

json_t *hs_keys_json(const struct hs_keys *keys)
{
    uint32_t marks[HEARSAY_KEYS_MAX];
    size_t count = keys->ring ? hearsay_cipher_siv.keys(keys->ring, marks) : 0;
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        hs_ctl_append(&array, hs_json_mark(marks[i]));
    return json_pack("{s:s, s:o}", "seal", hearsay_seal_mode_name(keys->mode), "keys", array);
}

void hs_keys_report(const struct hs_keys *keys, struct hs_report *report)
{
    json_t *fields = hs_keys_json(keys);
    hs_ctl_put(&fields, "reason", json_string("loaded"));
    hs_report(report, HS_LEVEL_INFO, HS_LINE_KEYS, fields);
}
