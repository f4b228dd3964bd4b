/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The flags are not read with getopt, because they come from the table of settings and a mistyped
 * flag is answered with the most similar one. The only short form is -h, because people try it
 * first.
 */
#include "agent/options/flags.h"

#include <stdio.h>
#include <string.h>

#include <hearsay/error.h>

#define KEY_MAX 64 /* bytes with the terminator; a longer word is not a key */

/* A parsed flag: "--key=value", or "--key" with its value in the next argument. */
struct flag {
    char key[KEY_MAX];
    const char *value; /* NULL: not in this argument */
};

static int split_flag(const char *word, struct flag *ret_flag, char error[HS_ERROR_TEXT_MAX])
{
    const char *equals = strchr(word, '=');
    if (strcmp(word, "-h") == 0)
        word = "--help";
    if (strncmp(word, "--", 2) != 0) {
        hs_error_text(error, "unexpected argument '%s': settings are --key value, see --help",
                      word);
        return HEARSAY_ERR_INVALID;
    }
    word += 2;
    ret_flag->value = equals ? equals + 1 : NULL;
    snprintf(ret_flag->key, KEY_MAX, "%.*s", equals ? (int)(equals - word) : KEY_MAX, word);
    return 0;
}

static const struct hs_option *find_or_suggest(const char *key, char error[HS_ERROR_TEXT_MAX])
{
    const struct hs_option *option = hs_option_find(key);
    const char *similar;
    if (option)
        return option;
    similar = hs_option_similar(key);
    if (similar)
        hs_error_text(error, "unknown option --%s; did you mean --%s?", key, similar);
    else
        hs_error_text(error, "unknown option --%s; see --help", key);
    return NULL;
}

/* Finds the value of a flag; `next` (may be NULL) has it if the flag itself does not. Returns how
 * many arguments the flag takes, or a negative error. */
static int take_value(const struct hs_option *option, struct flag *flag, const char *next,
                      char error[HS_ERROR_TEXT_MAX])
{
    if (!option->arg && flag->value) {
        hs_error_text(error, "--%s takes no value", flag->key);
        return HEARSAY_ERR_INVALID;
    }
    if (!option->arg)
        flag->value = "";
    if (flag->value)
        return 1;
    if (!next) {
        hs_error_text(error, "--%s needs a value: %s", flag->key, option->arg);
        return HEARSAY_ERR_INVALID;
    }
    flag->value = next;
    return 2;
}

/* Returns how many arguments it took, or a negative error. */
static int read_flag(struct hs_options *options, const char *word, const char *next,
                     char error[HS_ERROR_TEXT_MAX])
{
    struct flag flag;
    int err = split_flag(word, &flag, error);
    if (err < 0)
        return err;
    const struct hs_option *option = find_or_suggest(flag.key, error);
    if (!option)
        return HEARSAY_ERR_INVALID;
    int used = take_value(option, &flag, next, error);
    if (used < 0)
        return used;
    if (hs_options_note(options, option, flag.value, 0) < 0) {
        hs_error_text(error, "out of memory");
        return HEARSAY_ERR_NOMEM;
    }
    return used;
}

int hs_options_read_flags(struct hs_options *options, int argc, char *const *argv,
                          char error[HS_ERROR_TEXT_MAX])
{
    for (int i = 1; i < argc;) {
        int used = read_flag(options, argv[i], i + 1 < argc ? argv[i + 1] : NULL, error);
        if (used < 0)
            return used;
        i += used;
    }
    return 0;
}
