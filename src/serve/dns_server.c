/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/dns_server.h"

#include <sys/socket.h>
#include <unistd.h>

#include <hearsay/error.h>

#include "serve/listen.h"

static int out_of_memory(int fd, char error[HS_ERROR_TEXT_MAX])
{
    close(fd);
    hs_error_text(error, "out of memory");
    return HEARSAY_ERR_NOMEM;
}

static int open_sockets(struct hs_dns_server *server, const struct hearsay_addr *addr,
                        char error[HS_ERROR_TEXT_MAX])
{
    int err, fd;

    err = hs_listen_at(addr, SOCK_STREAM, "--dns", &fd, error);
    if (err < 0)
        return err;
    if (hs_dns_tcp_listen(&server->tcp, fd) < 0)
        return out_of_memory(fd, error);
    err = hs_listen_at(addr, SOCK_DGRAM, "--dns", &fd, error);
    if (err < 0)
        return err;
    if (hs_dns_udp_init(&server->udp[server->udp_count], server->tcp.base, &server->desk, fd) < 0)
        return out_of_memory(fd, error);
    server->udp_count++;
    return 0;
}

int hs_dns_server_init(struct hs_dns_server *server, const struct hs_dns_options *options,
                       struct event_base *base, struct hs_outlook *outlook,
                       char error[HS_ERROR_TEXT_MAX])
{
    int err;

    *server = (struct hs_dns_server){.udp_count = 0};
    hs_dns_tcp_init(&server->tcp, base, &server->desk);
    err = hs_dns_desk_init(&server->desk, &options->settings, outlook);
    if (err < 0)
        hs_error_text(error, "out of memory");
    for (size_t i = 0; err == 0 && i < options->count; i++)
        err = open_sockets(server, &options->addrs[i], error);
    return err;
}

void hs_dns_server_fini(struct hs_dns_server *server)
{
    hs_dns_tcp_fini(&server->tcp);
    while (server->udp_count > 0)
        hs_dns_udp_fini(&server->udp[--server->udp_count]);
    hs_dns_desk_fini(&server->desk);
}
