/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Measures what the machine needs for the datagrams of an idle agent, without an agent. Two
 * datagrams per second go to random peers, and each datagram that arrives is answered. There is no
 * protocol, check or log, only one socket and one epoll. The difference between an agent's CPU time
 * and this one's is the cost of the agent itself. On a machine where a wake-up takes 100 us, most
 * of the time of both is wake-ups.
 *
 *     bench_bare NUMBER COUNT: the NUMBERth of COUNT, 0 the first, on 127.0.0.1
 *
 * Runs until it is ended.
 */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

#define FIRST_PORT 14000u
#define MOST       1000u
#define FANOUT     2
#define PERIOD_MS  1000u
#define PAYLOAD    51 /* bytes of an idle gossip or ack */
#define GOSSIP     'g'
#define ACK        'a'

static uint64_t random_state;

static uint32_t below(uint32_t limit)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((random_state >> 33) % limit);
}

static uint64_t milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static struct sockaddr_in addr_of(uint32_t number)
{
    struct sockaddr_in addr = {.sin_family = AF_INET,
                               .sin_port = htons((uint16_t)(FIRST_PORT + number))};
    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return addr;
}

static void say(int fd, char kind, const struct sockaddr_in *to)
{
    char bytes[PAYLOAD] = {kind};
    (void)sendto(fd, bytes, sizeof bytes, 0, (const struct sockaddr *)to, sizeof *to);
}

static void answer_all(int fd)
{
    char bytes[PAYLOAD];
    struct sockaddr_in from;
    socklen_t size = sizeof from;
    while (recvfrom(fd, bytes, sizeof bytes, 0, (struct sockaddr *)&from, &size) > 0) {
        if (bytes[0] == GOSSIP)
            say(fd, ACK, &from);
        size = sizeof from;
    }
}

static void live(int fd, int epoll, uint32_t count)
{
    uint64_t next = milliseconds() + below(PERIOD_MS);
    struct epoll_event event;
    for (;;) {
        uint64_t now = milliseconds();
        if (now >= next) {
            next += PERIOD_MS;
            for (int i = 0; i < FANOUT; i++) {
                struct sockaddr_in to = addr_of(below(count));
                say(fd, GOSSIP, &to);
            }
        }
        if (epoll_wait(epoll, &event, 1, next > now ? (int)(next - now) : 0) > 0)
            answer_all(fd);
    }
}

int main(int argc, char *argv[])
{
    unsigned long number = argc == 3 ? strtoul(argv[1], NULL, 10) : 0;
    unsigned long count = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
    if (count == 0 || count > MOST || number >= count) {
        fprintf(stderr, "usage: bench_bare NUMBER COUNT\n");
        return 2;
    }
    random_state = number + 1;
    struct sockaddr_in own = addr_of((uint32_t)number);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0), epoll = epoll_create1(0);
    struct epoll_event want = {.events = EPOLLIN};
    if (fd < 0 || epoll < 0 || bind(fd, (struct sockaddr *)&own, sizeof own) < 0 ||
        epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &want) < 0) {
        perror("bench_bare");
        return 1;
    }
    live(fd, epoll, (uint32_t)count);
}
