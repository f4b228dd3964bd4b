/* SPDX-License-Identifier: Apache-2.0 */
/* The host library: memory, two clocks, random bytes, and conversion of socket addresses. */
#include "harness.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/un.h>
#include <time.h>

#include <hearsay/error.h>
#include <hearsay/host.h>

START_TEST(test_allocator_keeps_what_it_moves)
{
    struct hearsay_allocator allocator = hearsay_host_allocator();
    unsigned char *bytes = allocator.resize(allocator.context, NULL, 16);
    ck_assert_ptr_nonnull(bytes);
    memset(bytes, 0x5a, 16);
    bytes = allocator.resize(allocator.context, bytes, 1 << 20);
    ck_assert_ptr_nonnull(bytes);
    for (size_t i = 0; i < 16; i++)
        ck_assert_uint_eq(bytes[i], 0x5a);
    allocator.release(allocator.context, bytes);
    allocator.release(allocator.context, NULL);
}
END_TEST

static uint64_t clock_now(clockid_t clock)
{
    struct timespec at;
    ck_assert_int_eq(clock_gettime(clock, &at), 0);
    return (uint64_t)at.tv_sec * 1000000 + (uint64_t)at.tv_nsec / 1000;
}

START_TEST(test_now_is_boot_time_and_wall_time)
{
    uint64_t before = clock_now(CLOCK_BOOTTIME);
    struct hearsay_now now = hearsay_host_now();
    uint64_t after = clock_now(CLOCK_BOOTTIME);
    ck_assert_uint_ge(now.boot, before);
    ck_assert_uint_le(now.boot, after);
    /* The wall clock may be set while the test runs; an hour is not what is looked for. */
    uint64_t wall = clock_now(CLOCK_REALTIME);
    ck_assert_uint_lt(wall > now.wall ? wall - now.wall : now.wall - wall, UINT64_C(3600000000));
    ck_assert_uint_ge(hearsay_host_now().boot, now.boot);
}
END_TEST

START_TEST(test_entropy_fills_seed_and_secret)
{
    struct hearsay_config a, b;
    memset(&a, 0, sizeof a);
    memset(&b, 0, sizeof b);
    ck_assert_int_eq(hearsay_host_entropy(&a), 0);
    ck_assert_int_eq(hearsay_host_entropy(&b), 0);
    ck_assert_uint_ne(a.seed, b.seed);
    ck_assert_mem_ne(a.entropy, b.entropy, sizeof a.entropy);
    /* The secret is not the seed over again: the seed may be printed. */
    ck_assert_mem_ne(&a.seed, a.entropy, sizeof a.seed);
    ck_assert_ptr_null(a.name);
}
END_TEST

static struct hearsay_addr addr_of(const char *text)
{
    struct hearsay_addr addr = {.family = 0};
    ck_assert_int_eq(hearsay_addr_parse(&addr, text, 0), 0);
    return addr;
}

/* There and back; checks family and length on the way. */
static void assert_round_trip(const char *text, bool map, int family, socklen_t len)
{
    struct hearsay_addr addr = addr_of(text), back;
    struct sockaddr_storage storage;
    memset(&storage, 0xff, sizeof storage);
    ck_assert_uint_eq(hearsay_host_to_sockaddr(&addr, map, &storage), len);
    ck_assert_int_eq(storage.ss_family, family);
    ck_assert_int_eq(hearsay_host_from_sockaddr((const struct sockaddr *)&storage, &back), 0);
    ck_assert(hearsay_addr_equal(&addr, &back));
    ck_assert_uint_eq(back.reserved, 0);
}

START_TEST(test_socket_addresses_come_back_as_they_went)
{
    assert_round_trip("192.0.2.1:7847", false, AF_INET, sizeof(struct sockaddr_in));
    assert_round_trip("192.0.2.1:7847", true, AF_INET6, sizeof(struct sockaddr_in6));
    assert_round_trip("[2001:db8::1]:65535", false, AF_INET6, sizeof(struct sockaddr_in6));
    assert_round_trip("[2001:db8::1]:1", true, AF_INET6, sizeof(struct sockaddr_in6));
    assert_round_trip("[::]:1", true, AF_INET6, sizeof(struct sockaddr_in6));
}
END_TEST

START_TEST(test_socket_addresses_are_what_the_system_reads)
{
    struct hearsay_addr addr = addr_of("192.0.2.1:258");
    struct sockaddr_storage storage;
    struct sockaddr_in in, expected = {.sin_family = AF_INET};
    hearsay_host_to_sockaddr(&addr, false, &storage);
    memcpy(&in, &storage, sizeof in);
    ck_assert_int_eq(inet_pton(AF_INET, "192.0.2.1", &expected.sin_addr), 1);
    ck_assert_uint_eq(in.sin_addr.s_addr, expected.sin_addr.s_addr);
    ck_assert_uint_eq(in.sin_port, htons(258));

    struct sockaddr_in6 in6;
    struct in6_addr mapped;
    hearsay_host_to_sockaddr(&addr, true, &storage);
    memcpy(&in6, &storage, sizeof in6);
    ck_assert_int_eq(inet_pton(AF_INET6, "::ffff:192.0.2.1", &mapped), 1);
    ck_assert_mem_eq(&in6.sin6_addr, &mapped, sizeof mapped);
    ck_assert_uint_eq(in6.sin6_port, htons(258));
    ck_assert_uint_eq(in6.sin6_scope_id, 0);
}
END_TEST

START_TEST(test_other_families_are_refused)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX, .sun_path = "x"};
    struct hearsay_addr addr = addr_of("192.0.2.1:1"), untouched = addr;
    ck_assert_int_eq(hearsay_host_from_sockaddr((const struct sockaddr *)&un, &addr),
                     HEARSAY_ERR_INVALID);
    ck_assert(hearsay_addr_equal(&addr, &untouched));
}
END_TEST

HARNESS_MAIN("host", test_allocator_keeps_what_it_moves, test_now_is_boot_time_and_wall_time,
             test_entropy_fills_seed_and_secret, test_socket_addresses_come_back_as_they_went,
             test_socket_addresses_are_what_the_system_reads, test_other_families_are_refused)
