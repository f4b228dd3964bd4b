/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a node needs from a Unix system. It is not part of the core, so that the core runs without
 * Unix and a simulator cannot use a real clock by mistake.
 */
#include <hearsay/host.h>

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include <hearsay/error.h>

#define IPV4_SIZE 4
#define IPV6_SIZE 16

static const uint8_t mapped_prefix[IPV6_SIZE - IPV4_SIZE] = {[10] = 0xff, [11] = 0xff};

static void *host_resize(void *context, void *ptr, size_t size)
{
    (void)context;
    return realloc(ptr, size);
}

static void host_release(void *context, void *ptr)
{
    (void)context;
    free(ptr);
}

struct hearsay_allocator hearsay_host_allocator(void)
{
    return (struct hearsay_allocator){.resize = host_resize, .release = host_release};
}

static uint64_t microseconds(clockid_t clock)
{
    struct timespec at;
    if (clock_gettime(clock, &at) != 0 || at.tv_sec < 0)
        return 0;
    return (uint64_t)at.tv_sec * 1000000 + (uint64_t)at.tv_nsec / 1000;
}

struct hearsay_now hearsay_host_now(void)
{
    return (struct hearsay_now){
        .boot = microseconds(CLOCK_BOOTTIME),
        .wall = microseconds(CLOCK_REALTIME),
    };
}

int hearsay_host_entropy(struct hearsay_config *config)
{
    /* One call is enough: once seeded, the kernel returns up to 256 bytes completely or fails. */
    uint8_t fresh[sizeof config->seed + sizeof config->entropy];
    if (getrandom(fresh, sizeof fresh, 0) != (ssize_t)sizeof fresh)
        return HEARSAY_ERR_INVALID;
    memcpy(&config->seed, fresh, sizeof config->seed);
    memcpy(config->entropy, fresh + sizeof config->seed, sizeof config->entropy);
    return 0;
}

static socklen_t to_sockaddr_in6(const struct hearsay_addr *addr, struct sockaddr_storage *ret)
{
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(addr->port)};
    if (addr->family == 4) {
        memcpy(in6.sin6_addr.s6_addr, mapped_prefix, sizeof mapped_prefix);
        memcpy(in6.sin6_addr.s6_addr + sizeof mapped_prefix, addr->bytes, IPV4_SIZE);
    } else {
        memcpy(in6.sin6_addr.s6_addr, addr->bytes, IPV6_SIZE);
    }
    memset(ret, 0, sizeof *ret);
    memcpy(ret, &in6, sizeof in6);
    return sizeof in6;
}

socklen_t hearsay_host_to_sockaddr(const struct hearsay_addr *addr, bool map,
                                   struct sockaddr_storage *ret_sockaddr)
{
    if (addr->family == 6 || map)
        return to_sockaddr_in6(addr, ret_sockaddr);
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(addr->port)};
    memcpy(&in.sin_addr, addr->bytes, IPV4_SIZE);
    memset(ret_sockaddr, 0, sizeof *ret_sockaddr);
    memcpy(ret_sockaddr, &in, sizeof in);
    return sizeof in;
}

static void from_in6(const struct sockaddr_in6 *in6, struct hearsay_addr *ret_addr)
{
    const uint8_t *bytes = in6->sin6_addr.s6_addr;
    *ret_addr = (struct hearsay_addr){.family = 6, .port = ntohs(in6->sin6_port)};
    if (memcmp(bytes, mapped_prefix, sizeof mapped_prefix) == 0) {
        ret_addr->family = 4;
        memcpy(ret_addr->bytes, bytes + sizeof mapped_prefix, IPV4_SIZE);
    } else {
        memcpy(ret_addr->bytes, bytes, IPV6_SIZE);
    }
}

int hearsay_host_from_sockaddr(const struct sockaddr *sockaddr, struct hearsay_addr *ret_addr)
{
    if (sockaddr->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, sockaddr, sizeof in);
        *ret_addr = (struct hearsay_addr){.family = 4, .port = ntohs(in.sin_port)};
        memcpy(ret_addr->bytes, &in.sin_addr, IPV4_SIZE);
        return 0;
    }
    if (sockaddr->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, sockaddr, sizeof in6);
        from_in6(&in6, ret_addr);
        return 0;
    }
    return HEARSAY_ERR_INVALID;
}
