/* SPDX-License-Identifier: Apache-2.0 */
/* Small files: keys, and what an agent keeps. */
#include "ctl/ctl.h"

#include <errno.h>
#include <unistd.h>

ssize_t hs_ctl_read_all(int fd, char *bytes, size_t room)
{
    size_t len = 0;
    while (len < room) {
        ssize_t got = read(fd, bytes + len, room - len);
        if (got == 0)
            break;
        if (got < 0 && errno != EINTR)
            return -1;
        len += got > 0 ? (size_t)got : 0;
    }
    return (ssize_t)len;
}
