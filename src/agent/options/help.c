/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The help is made from the daemon's table of settings and, for defaults, from the core's, so that
 * it always agrees with what the program does.
 */
#include "agent/options/help.h"

#include <inttypes.h>

#include "agent/options/table.h"
#include "agent/options/values.h"

/* " (default)" of a row, or nothing. */
static void format_default(const struct hs_option *option, char *text, size_t size)
{
    const struct hearsay_setting *setting = hs_option_setting(option);
    char duration[HS_DURATION_TEXT_MAX];
    text[0] = '\0';
    if (option->fallback) {
        snprintf(text, size, " (%s)", option->fallback);
    } else if (setting && setting->unit == HEARSAY_UNIT_NUMBER) {
        snprintf(text, size, " (%" PRIu64 ")", setting->defaults[HEARSAY_PROFILE_LAN]);
    } else if (setting) {
        hs_value_format_duration(setting->defaults[HEARSAY_PROFILE_LAN], duration);
        snprintf(text, size, " (%s)", duration);
    }
}

void hs_options_help(FILE *out)
{
    char flag[64], preset[64];
    fputs("Usage: hearsayd [--KEY VALUE]...\n\n"
          "Tells this machine which others of its cluster are alive, by UDP gossip.\n"
          "All keys but those under Other can also stand in the config file. TIME is a\n"
          "number and a unit: us, ms, s, m, h, d. Defaults are in brackets, those of the\n"
          "lan profile.\n",
          out);
    for (size_t i = 0; i < hs_option_count; i++) {
        const struct hs_option *option = &hs_option_table[i];
        if (option->group)
            fprintf(out, "\n%s:\n", option->group);
        snprintf(flag, sizeof(flag), "--%s %s", option->key, option->arg ? option->arg : "");
        format_default(option, preset, sizeof(preset));
        fprintf(out, "  %-30s  %s%s\n", flag, option->help, preset);
    }
    fputs("\nWithout --config no file is read. The service of systemd reads\n" HS_CONFIG_FILE ".\n",
          out);
    fputs("\nSignals: TERM and INT leave the cluster and end (a second one ends at once),\n"
          "HUP reopens the log and reloads the config files, USR1 logs the status.\n"
          "Exit status: 0 after a goodbye, 1 a failure that may pass, 2 a setting that an\n"
          "operator must change, 4 another live member holds the name.\n",
          out);
}
