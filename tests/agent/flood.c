/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sends the datagrams on standard input repeatedly to one port of the loopback, as fast as it can,
 * for at most SECONDS. It is in C because Python is too slow for a flood. Each datagram is preceded
 * by its length in two bytes, big-endian. Prints how many were sent.
 *
 * usage: flood PORT SECONDS
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

enum { BATCH = 64, DATAGRAMS_MAX = 65536, LENGTH_MAX = 1400, SECONDS_MAX = 60 };

struct datagram {
    size_t len;
    uint8_t bytes[LENGTH_MAX];
};

static struct datagram *datagrams;
static size_t count;

static bool read_all(void)
{
    uint8_t head[2];

    datagrams = calloc(DATAGRAMS_MAX, sizeof(*datagrams));
    while (datagrams && count < DATAGRAMS_MAX && fread(head, sizeof(head), 1, stdin) == 1) {
        struct datagram *datagram = &datagrams[count];

        datagram->len = (size_t)head[0] << 8 | head[1];
        if (datagram->len > LENGTH_MAX || fread(datagram->bytes, datagram->len, 1, stdin) != 1)
            return false;
        count++;
    }
    return count >= BATCH;
}

static double seconds_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Sends the next batch. Returns how many the kernel took. */
static int send_batch(int fd, size_t *at)
{
    struct mmsghdr messages[BATCH] = {0};
    struct iovec pieces[BATCH];

    for (int i = 0; i < BATCH; i++) {
        struct datagram *datagram = &datagrams[(*at)++ % count];

        pieces[i] = (struct iovec){.iov_base = datagram->bytes, .iov_len = datagram->len};
        messages[i].msg_hdr = (struct msghdr){.msg_iov = &pieces[i], .msg_iovlen = 1};
    }
    int sent = sendmmsg(fd, messages, BATCH, 0);
    return sent > 0 ? sent : 0;
}

int main(int argc, char **argv)
{
    int port = argc == 3 ? atoi(argv[1]) : 0, seconds = argc == 3 ? atoi(argv[2]) : 0;

    if (port <= 0 || seconds <= 0 || seconds > SECONDS_MAX || !read_all()) {
        fprintf(stderr, "usage: flood PORT SECONDS < DATAGRAMS (%d at least)\n", BATCH);
        return 2;
    }
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0) {
        perror("flood");
        return 1;
    }
    uint64_t sent = 0;
    size_t at = 0;
    for (double end = seconds_now() + seconds; seconds_now() < end;)
        sent += (uint64_t)send_batch(fd, &at);
    printf("%llu\n", (unsigned long long)sent);
    return 0;
}
