/* SPDX-License-Identifier: Apache-2.0 */
/* The program itself is in src/handle; here it gets its options. */
#include "handle.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hearsay/error.h>

#include "handle/run.h"
#include "handle_conf.h"
#include "out.h"
#include "vouch.h"

static int read_again(const void *closure, struct hs_run_settings *ret_settings,
                      char error[HS_ERROR_TEXT_MAX])
{
    return cli_handle_settings(closure, ret_settings, error);
}

/* What systemd gives a unit with StateDirectory= is taken unless something is said; of a list the
 * first. */
static const char *find_state_dir(const struct cli *cli, char first[PATH_MAX])
{
    const char *given = cli->value[CLI_STATE_DIR], *list = getenv("STATE_DIRECTORY");

    if (given || !list || list[0] == '\0')
        return given;
    snprintf(first, PATH_MAX, "%.*s", (int)strcspn(list, ":"), list);
    return first;
}

int cli_handle_run(struct cli *cli)
{
    struct hs_run_options options = {.json = cli->value[CLI_JSON],
                                     .from_now = cli->value[CLI_FROM_NOW],
                                     .believes = cli_believes,
                                     .read = cli->value[CLI_CONFIG] ? read_again : NULL,
                                     .closure = cli};
    struct hs_run_settings settings;
    char error[HS_ERROR_TEXT_MAX], folder[PATH_MAX];
    int count = hs_ctl_paths(cli->client.given_socket, options.paths);

    if (count < 0) {
        cli_complain("handle: the path of the control socket is %s",
                     count == HEARSAY_ERR_TOOBIG ? "too long" : "empty");
        return HS_CTL_EXIT_USAGE;
    }
    options.path_count = (size_t)count;
    options.state_dir = find_state_dir(cli, folder);
    if (cli_handle_settings(cli, &settings, error) < 0) {
        cli_complain("handle: %s", error);
        hs_specs_fini(&settings.specs);
        return HS_CTL_EXIT_USAGE;
    }
    return hs_run(&options, &settings);
}
