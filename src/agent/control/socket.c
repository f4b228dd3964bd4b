/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/control/socket.h"

#include <string.h>
#include <sys/stat.h>

#include <hearsay/error.h>

#include "ctl/ctl.h"

#define BACKLOG HS_CTL_CLIENTS_MAX /* all clients may connect at once */

const struct hs_unix_words hs_control_words = {"control socket", "agent", "--control"};

/* Makes the directory of the default path, because nothing else does if the agent is started by
 * hand. */
static void make_directory(const char *path)
{
    static const char system_path[] = HS_CTL_PATH_SYSTEM;
    char directory[sizeof(system_path)];

    if (strcmp(path, system_path) != 0)
        return;
    memcpy(directory, system_path, sizeof(directory));
    *strrchr(directory, '/') = '\0';
    mkdir(directory, 0755);
}

int hs_control_listen(struct hs_unix_socket *ret_socket, const char *path,
                      char error[HS_ERROR_TEXT_MAX])
{
    struct sockaddr_un address;
    int err = hs_ctl_address(path, &address);

    *ret_socket = (struct hs_unix_socket){.fd = -1};
    if (err < 0) {
        hs_error_text(error, "control socket %s: %s", path, hearsay_strerror(err));
        return HEARSAY_ERR_INVALID;
    }
    make_directory(path);
    return hs_unix_socket_open(ret_socket, &address, BACKLOG, &hs_control_words, error);
}
