/* SPDX-License-Identifier: Apache-2.0 */
/*
 * c-ares gives its sockets to us: it tells which ones wait for what, and we tell it when they are
 * ready. We also make its system calls, because a lookup that fails must say why, and c-ares says
 * the same of a closed port, of a nameserver that fails and of a process without descriptors.
 */
#include "agent/parts/dns.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <ares.h>
#include <ares_nameser.h>

#include <hearsay/error.h>
#include <hearsay/host.h>

#define DNS_CLASS_IN     1
#define DNS_HEADER_BYTES 12
#define DNS_RCODE_BYTE   3    /* its lower half */
#define HS_DNS_ORDER     "fb" /* where no file says another one */
#define SERVERS_TEXT_MAX 200
#define LARGE_BLOCK      65536

/* What has gone wrong last. */
struct trouble {
    int number; /* errno, or 0 */
    int rcode;  /* of an answer, or 0 */
    struct hearsay_addr server;
};

struct dns_socket {
    struct dns_socket *next;
    struct hs_dns *dns;
    int fd;
    bool datagrams;
    struct event *event;
    struct hearsay_addr server;
};

struct hs_dns {
    struct event_base *base;
    void (*progress)(void *context);
    void *context;
    ares_channel channel;
    struct ares_options files; /* what was read from resolv.conf and nsswitch.conf */
    int files_mask;
    struct event *timer;
    struct dns_socket *sockets;
    struct trouble trouble;
    bool freeing;
};

/* ---- memory ------------------------------------------------------------------------------ */

/* A channel has 100 KiB. From the heap they would not be given back between two lookups, so large
 * blocks are mapped. */
struct block {
    _Alignas(max_align_t) size_t size;
};

static void *take_block(size_t size)
{
    struct block *block;

    if (size > SIZE_MAX - sizeof(*block))
        return NULL;
    if (size < LARGE_BLOCK) {
        block = malloc(sizeof(*block) + size);
        if (!block)
            return NULL;
    } else {
        block = mmap(NULL, sizeof(*block) + size, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (block == MAP_FAILED)
            return NULL;
    }
    block->size = size;
    return block + 1;
}

static void give_block(void *bytes)
{
    struct block *block = bytes;

    if (!block)
        return;
    block--;
    if (block->size < LARGE_BLOCK)
        free(block);
    else
        munmap(block, sizeof(*block) + block->size);
}

static void *resize_block(void *bytes, size_t size)
{
    const struct block *block = bytes;
    void *other = take_block(size);

    if (!other || !bytes)
        return other;
    memcpy(other, bytes, block[-1].size < size ? block[-1].size : size);
    give_block(bytes);
    return other;
}

int hs_dns_library_init(void)
{
    /* They would change where names are looked for, and nobody expects that of a daemon. */
    unsetenv("LOCALDOMAIN");
    unsetenv("RES_OPTIONS");
    return ares_library_init_mem(ARES_LIB_INIT_ALL, take_block, give_block, resize_block) ==
                   ARES_SUCCESS
               ? 0
               : HEARSAY_ERR_NOMEM;
}

void hs_dns_library_fini(void)
{
    ares_library_cleanup();
}

/* ---- the loop ---------------------------------------------------------------------------- */

static void set_timer(struct hs_dns *dns)
{
    struct timeval room, *left = ares_timeout(dns->channel, NULL, &room);

    if (left)
        event_add(dns->timer, left);
    else
        event_del(dns->timer);
}

static void on_timer(evutil_socket_t fd, short what, void *context)
{
    struct hs_dns *dns = context;

    (void)fd;
    (void)what;
    ares_process_fd(dns->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    set_timer(dns);
    dns->progress(dns->context);
}

static void on_socket(evutil_socket_t fd, short what, void *context)
{
    const struct dns_socket *one = context;
    struct hs_dns *dns = one->dns; /* the socket may be closed in the call */

    ares_process_fd(dns->channel, (what & EV_READ) ? fd : ARES_SOCKET_BAD,
                    (what & EV_WRITE) ? fd : ARES_SOCKET_BAD);
    set_timer(dns);
    dns->progress(dns->context);
}

static struct dns_socket *find_socket(const struct hs_dns *dns, int fd)
{
    struct dns_socket *one = dns->sockets;

    while (one && one->fd != fd)
        one = one->next;
    return one;
}

static void on_state(void *context, ares_socket_t fd, int readable, int writable)
{
    struct hs_dns *dns = context;
    struct dns_socket *one = find_socket(dns, fd);
    short what = (short)((readable ? EV_READ : 0) | (writable ? EV_WRITE : 0));

    if (!one)
        return;
    if (one->event)
        event_free(one->event);
    one->event = NULL;
    if (what == 0 || dns->freeing)
        return;
    one->event = event_new(dns->base, fd, (short)(what | EV_PERSIST), on_socket, one);
    if (!one->event || event_add(one->event, NULL) < 0)
        dns->trouble.number = ENOMEM; /* the deadline ends the lookup */
}

/* ---- the system calls of c-ares ------------------------------------------------------------ */

static void note(struct dns_socket *one, int number, int rcode)
{
    one->dns->trouble = (struct trouble){number, rcode, one->server};
}

static ares_socket_t sys_socket(int family, int type, int protocol, void *context)
{
    struct hs_dns *dns = context;
    struct dns_socket *one = calloc(1, sizeof(*one));

    if (!one) {
        dns->trouble.number = errno = ENOMEM;
        return ARES_SOCKET_BAD;
    }
    one->fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
    if (one->fd < 0) {
        dns->trouble = (struct trouble){.number = errno};
        free(one);
        return ARES_SOCKET_BAD;
    }
    one->dns = dns;
    one->datagrams = type == SOCK_DGRAM;
    one->next = dns->sockets;
    dns->sockets = one;
    return one->fd;
}

static int sys_close(ares_socket_t fd, void *context)
{
    struct hs_dns *dns = context;
    struct dns_socket **at = &dns->sockets;

    while (*at && (*at)->fd != fd)
        at = &(*at)->next;
    struct dns_socket *one = *at;
    if (!one)
        return -1;
    *at = one->next;
    if (one->event)
        event_free(one->event);
    free(one);
    return close(fd);
}

static int sys_connect(ares_socket_t fd, const struct sockaddr *address, ares_socklen_t len,
                       void *context)
{
    struct dns_socket *one = find_socket(context, fd);

    hearsay_host_from_sockaddr(address, &one->server);
    int r = connect(fd, address, len);
    if (r < 0 && errno != EINPROGRESS)
        note(one, errno, 0);
    return r;
}

static ares_ssize_t sys_receive(ares_socket_t fd, void *bytes, size_t len, int flags,
                                struct sockaddr *from, ares_socklen_t *from_len, void *context)
{
    struct dns_socket *one = find_socket(context, fd);
    ares_ssize_t n = recvfrom(fd, bytes, len, flags, from, from_len);

    if (n < 0 && errno != EAGAIN)
        note(one, errno, 0);
    if (n == 0 && !one->datagrams)
        note(one, ECONNRESET, 0);
    if (n >= DNS_HEADER_BYTES && one->datagrams) {
        int rcode = ((const unsigned char *)bytes)[DNS_RCODE_BYTE] & 0x0f;

        /* c-ares passes these over and asks the next nameserver. */
        if (rcode == ns_r_servfail || rcode == ns_r_notimpl || rcode == ns_r_refused)
            note(one, 0, rcode);
    }
    return n;
}

static ares_ssize_t sys_send(ares_socket_t fd, const struct iovec *pieces, int count, void *context)
{
    struct dns_socket *one = find_socket(context, fd);
    ares_ssize_t n = writev(fd, pieces, count);

    if (n < 0 && errno != EAGAIN)
        note(one, errno, 0);
    return n;
}

static const struct ares_socket_functions calls = {sys_socket, sys_close, sys_connect, sys_receive,
                                                   sys_send};

/* ---- files that c-ares reads ------------------------------------------------------------- */

/* It opens them as they are, and would wait for the writer of a pipe, or read a device for ever. */
static bool is_no_file(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && !S_ISREG(st.st_mode);
}

/* Has it read nothing where something else is in the place of a file. Returns what else is set in
 * `options`. */
static int pass_over(struct ares_options *options)
{
    static const char *const orders[] = {"/etc/nsswitch.conf", "/etc/host.conf", "/etc/svc.conf"};
    static char nothing[] = "/dev/null", order[] = HS_DNS_ORDER;
    int mask = 0;

    if (is_no_file("/etc/resolv.conf")) {
        options->resolvconf_path = nothing;
        mask |= ARES_OPT_RESOLVCONF;
    }
    for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++)
        if (is_no_file(orders[i])) {
            options->lookups = order;
            mask |= ARES_OPT_LOOKUPS;
        }
    return mask;
}

/* ---- a client ---------------------------------------------------------------------------- */

int hs_dns_new(struct hs_dns **ret_dns, struct event_base *base, void (*progress)(void *context),
               void *context)
{
    struct hs_dns *dns = calloc(1, sizeof(*dns));

    if (!dns)
        return HEARSAY_ERR_NOMEM;
    dns->base = base;
    dns->progress = progress;
    dns->context = context;
    struct ares_options options = {.flags = ARES_FLAG_EDNS,
                                   .ednspsz = HS_DNS_UDP_BYTES,
                                   .timeout = HS_DNS_PATIENCE_MS,
                                   .tries = HS_DNS_TRIES,
                                   .sock_state_cb = on_state,
                                   .sock_state_cb_data = dns};
    int mask = ARES_OPT_FLAGS | ARES_OPT_EDNSPSZ | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
               ARES_OPT_NOROTATE | ARES_OPT_SOCK_STATE_CB | pass_over(&options);
    dns->timer = evtimer_new(base, on_timer, dns);
    if (!dns->timer || ares_init_options(&dns->channel, &options, mask) != ARES_SUCCESS) {
        dns->channel = NULL;
        hs_dns_free(dns);
        return HEARSAY_ERR_NOMEM;
    }
    ares_set_socket_functions(dns->channel, &calls, dns);
    if (ares_save_options(dns->channel, &dns->files, &dns->files_mask) != ARES_SUCCESS) {
        hs_dns_free(dns);
        return HEARSAY_ERR_NOMEM;
    }
    *ret_dns = dns;
    return 0;
}

void hs_dns_free(struct hs_dns *dns)
{
    if (!dns)
        return;
    dns->freeing = true;
    if (dns->channel) {
        ares_destroy_options(&dns->files);
        ares_destroy(dns->channel);
    }
    if (dns->timer)
        event_free(dns->timer);
    free(dns);
}

const char *hs_dns_order(const struct hs_dns *dns)
{
    return dns->files.lookups ? dns->files.lookups : HS_DNS_ORDER;
}

/* ---- names ------------------------------------------------------------------------------- */

static int count_dots(const char *name)
{
    int dots = 0;

    for (; *name; name++)
        dots += *name == '.';
    return dots;
}

bool hs_dns_candidate(const struct hs_dns *dns, const char *name, size_t index,
                      char ret_name[HS_DNS_NAME_MAX])
{
    size_t len = strlen(name), domains = (size_t)dns->files.ndomains;
    bool whole = len > 0 && name[len - 1] == '.';
    bool as_it_is_first = whole || count_dots(name) >= dns->files.ndots;
    size_t plain = as_it_is_first ? 0 : domains;

    if (index > (whole ? 0 : domains) || len == 0 || len >= HS_DNS_NAME_MAX)
        return false;
    if (index == plain) {
        memcpy(ret_name, name, len + 1);
        return true;
    }
    const char *domain = dns->files.domains[as_it_is_first ? index - 1 : index];
    int n = snprintf(ret_name, HS_DNS_NAME_MAX, "%s.%s", name, domain);
    if (n >= HS_DNS_NAME_MAX) /* no such name can exist; the name as it is stands for it */
        memcpy(ret_name, name, len + 1);
    return true;
}

/* ---- questions --------------------------------------------------------------------------- */

struct question {
    struct hs_dns *dns;
    hs_dns_fn *answered;
    void *context;
};

static void on_answer(void *context, int status, int timeouts, unsigned char *answer, int len)
{
    struct question question = *(struct question *)context;
    enum hs_dns_result result = HS_DNS_FAILED;

    (void)timeouts;
    free(context);
    if (question.dns->freeing)
        return;
    if (status == ARES_SUCCESS)
        result = HS_DNS_ANSWER;
    else if (status == ARES_ENODATA)
        result = HS_DNS_NOTHING;
    else if (status == ARES_ENOTFOUND || status == ARES_EBADNAME)
        result = HS_DNS_NO_NAME;
    else if (status == ARES_ENOMEM)
        question.dns->trouble = (struct trouble){.number = ENOMEM};
    question.answered(question.context, result, answer, len);
}

void hs_dns_ask(struct hs_dns *dns, const char *name, enum hs_dns_type type, hs_dns_fn *answered,
                void *context)
{
    struct question *question = malloc(sizeof(*question));

    if (!question) {
        dns->trouble = (struct trouble){.number = ENOMEM};
        answered(context, HS_DNS_FAILED, NULL, 0);
        return;
    }
    *question = (struct question){dns, answered, context};
    ares_query(dns->channel, name, DNS_CLASS_IN, (int)type, on_answer, question);
    set_timer(dns);
}

/* ---- trouble ----------------------------------------------------------------------------- */

static const char *rcode_text(int rcode)
{
    switch (rcode) {
    case ns_r_servfail:
        return "SERVFAIL";
    case ns_r_refused:
        return "REFUSED";
    default:
        return "NOTIMP";
    }
}

/* The address alone: all nameservers have the same port. */
static void host_text(const struct hearsay_addr *addr, char text[HEARSAY_ADDR_TEXT_MAX])
{
    char *port;

    hearsay_addr_format(addr, text);
    port = strrchr(text, ':');
    if (port && addr->family != 0)
        *port = '\0';
}

/* As many nameservers as fit. Returns how many there are. */
static unsigned list_servers(const struct hs_dns *dns, char text[SERVERS_TEXT_MAX])
{
    struct ares_addr_node *servers = NULL;
    char one[INET6_ADDRSTRLEN];
    unsigned count = 0;
    size_t len = 0;

    text[0] = '\0';
    if (ares_get_servers(dns->channel, &servers) != ARES_SUCCESS)
        return 0;
    for (const struct ares_addr_node *s = servers; s; s = s->next, count++) {
        if (len + sizeof(one) + 2 > SERVERS_TEXT_MAX ||
            !inet_ntop(s->family, &s->addr, one, sizeof(one)))
            continue;
        len +=
            (size_t)snprintf(text + len, SERVERS_TEXT_MAX - len, "%s%s", len > 0 ? ", " : "", one);
    }
    ares_free_data(servers);
    return count;
}

/* What the last trouble was, or an empty text. */
static void describe(const struct trouble *trouble, char text[HS_ERROR_TEXT_MAX])
{
    char server[HEARSAY_ADDR_TEXT_MAX];

    text[0] = '\0';
    host_text(&trouble->server, server);
    if (trouble->rcode)
        hs_error_text(text, "nameserver %s answers %s", server, rcode_text(trouble->rcode));
    else if (trouble->number && trouble->server.family)
        hs_error_text(text, "nameserver %s: %s", server, strerror(trouble->number));
    else if (trouble->number)
        hs_error_text(text, "cannot ask a nameserver: %s", strerror(trouble->number));
}

void hs_dns_trouble(const struct hs_dns *dns, unsigned waited, char text[HS_ERROR_TEXT_MAX])
{
    char servers[SERVERS_TEXT_MAX], last[HS_ERROR_TEXT_MAX];

    unsigned count = list_servers(dns, servers);
    describe(&dns->trouble, last);
    /* What the only nameserver did is the reason, though it may have been silent afterwards: a
     * kernel limits how often it says that a port is closed. */
    if (waited && (count != 1 || !last[0]))
        hs_error_text(text, "no answer from %s within %u s%s%s", servers, waited,
                      last[0] ? "; " : "", last);
    else if (last[0])
        hs_error_text(text, "%s", last);
    else
        hs_error_text(text, "no answer from %s that can be used", servers);
}
