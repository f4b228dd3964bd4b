/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz target: an entry of the socket's error queue, and the node that it is handed to. The input
 * (struct shape) gives the address, the ancillary data, how much of both is there, and what is
 * quoted of our datagram. The kernel would not make most of these.
 *
 * The node has a join under way. An error of the right kind that quotes this join and names its
 * address says that the port is closed. Nothing else may say so.
 */
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <stdio.h>
#include <time.h>

#include <linux/errqueue.h>

#include <hearsay/host.h>

#include "arena.h"
#include "host/icmp.h"
#include "inspect.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SECOND UINT64_C(1000000)

/* The head of an input. What it leaves out is 0. */
struct shape {
    uint8_t name_len, control_len; /* of what recvmsg has filled in */
    uint8_t quoted_len;            /* of our datagram */
    uint8_t at, change;            /* which byte of it is changed, and by which bits */
    uint8_t is_peer;               /* odd: the address is the one that was joined */
    uint8_t name[sizeof(struct sockaddr_in6)];
    uint8_t control[128];
};

struct scene {
    struct arena arena;
    struct hearsay_node *node;
    struct hearsay_now now;
    struct hearsay_addr peer;
    size_t len; /* of the join that is under way */
    uint8_t join[HEARSAY_DATAGRAM_MAX];
};

static void demand(bool condition)
{
    if (!condition)
        abort();
}

static void make_scene(struct scene *scene)
{
    struct hearsay_config config;
    uint64_t ticket;
    arena_init(&scene->arena, 1u << 20);
    hearsay_config_init(&config, HEARSAY_PROFILE_LAN);
    config.name = "me";
    config.ring = false;
    config.allocator = arena_allocator(&scene->arena);
    demand(hearsay_addr_parse(&config.advertise, "10.0.0.1", 7847) == 0);
    demand(hearsay_addr_parse(&scene->peer, "10.0.0.2", 7847) == 0);
    scene->now = (struct hearsay_now){1000 * SECOND, 1772323200 * SECOND};
    demand(hearsay_node_new(&scene->node, &config, scene->now) == 0);
    demand(hearsay_node_join(scene->node, scene->now, &scene->peer) == 0);
    struct hearsay_addr to;
    scene->len = hearsay_node_transmit(scene->node, scene->now, &to, &ticket, scene->join,
                                       sizeof(scene->join));
    demand(scene->len > 0 && hearsay_addr_equal(&to, &scene->peer));
    arena_save(&scene->arena);
}

/* How the attempt to join ends when nothing more comes. */
static enum hearsay_join_result end_of_join(struct scene *scene)
{
    struct hearsay_event event = {0};
    for (unsigned i = 0; i < 100; i++) {
        while (hearsay_node_next_event(scene->node, scene->now, &event))
            if (event.kind == HEARSAY_EVENT_JOIN)
                return event.result;
        uint64_t due = hearsay_node_deadline(scene->node);
        scene->now.wall += due - scene->now.boot;
        scene->now.boot = due;
        hearsay_node_tick(scene->node, scene->now);
    }
    abort();
}

/* Does this entry say that the port of the peer is closed? Written without what it tests: only the
 * layout that the kernel gives an IPv4 error is known here. */
static bool says_closed(const struct shape *shape)
{
    struct cmsghdr head;
    struct sock_extended_err error;
    memcpy(&head, shape->control, sizeof(head));
    memcpy(&error, shape->control + CMSG_LEN(0), sizeof(error));
    return head.cmsg_level == IPPROTO_IP && head.cmsg_type == IP_RECVERR &&
           head.cmsg_len >= CMSG_LEN(sizeof(error)) && shape->control_len >= head.cmsg_len &&
           error.ee_origin == SO_EE_ORIGIN_ICMP && error.ee_type == ICMP_DEST_UNREACH &&
           error.ee_code == ICMP_PORT_UNREACH;
}

/* An exact copy on the heap, so that reading past its end is seen. */
static void *copy_of(const void *bytes, size_t len)
{
    void *copy = malloc(len ? len : 1);
    demand(copy != NULL);
    memcpy(copy, bytes, len);
    return copy;
}

static void hand_in(struct scene *scene, struct shape *shape)
{
    size_t quoted_len = shape->quoted_len < scene->len ? shape->quoted_len : scene->len;
    size_t name_len = shape->name_len % (sizeof(shape->name) + 1);
    shape->control_len %= sizeof(shape->control) + 1;
    struct sockaddr_storage peer;
    socklen_t peer_len = hearsay_host_to_sockaddr(&scene->peer, false, &peer);
    if (shape->is_peer & 1u) {
        memcpy(shape->name, &peer, peer_len);
        name_len = name_len < peer_len ? peer_len : name_len;
    }
    uint8_t *quoted = copy_of(scene->join, quoted_len);
    void *name = copy_of(shape->name, name_len);
    void *control = copy_of(shape->control, shape->control_len);
    if (quoted_len)
        quoted[shape->at % quoted_len] ^= shape->change;
    struct msghdr message = {.msg_name = name,
                             .msg_namelen = (socklen_t)name_len,
                             .msg_control = control,
                             .msg_controllen = shape->control_len};
    struct hearsay_addr to = {0};
    enum hearsay_unreachable what = HEARSAY_UNREACHABLE_HOST;
    if (hs_icmp_read(&message, &to, &what)) {
        demand(to.family == 4 || to.family == 6);
        hearsay_node_unreachable(scene->node, scene->now, &to, what, quoted, quoted_len);
    }
    free(control);
    free(name);
    free(quoted);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct scene scene;
    struct shape shape = {0};
    if (!scene.node)
        make_scene(&scene);
    arena_restore(&scene.arena);
    struct hearsay_now began = scene.now;
    memcpy(&shape, data, size < sizeof(shape) ? size : sizeof(shape));
    hand_in(&scene, &shape);
    demand(inspect_node(scene.node) == NULL);
    bool unchanged = shape.change == 0 && shape.quoted_len >= HS_HEAD_SIZE;
    enum hearsay_join_result result = end_of_join(&scene);
    demand(result == HEARSAY_JOIN_TIMEOUT || result == HEARSAY_JOIN_CLOSED);
    if (shape.is_peer & 1u && unchanged && says_closed(&shape))
        demand(result == HEARSAY_JOIN_CLOSED);
    if (shape.quoted_len < HS_HEAD_SIZE)
        demand(result == HEARSAY_JOIN_TIMEOUT);
    scene.now = began;
    return 0;
}
