/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Routes keys over the members of a live agent, as a proxy or a client library would: no question
 * to the agent for a key, which would cost a round trip through a socket, but a ring of its own,
 * made from what the agent says and made anew when the agent says that it has changed.
 *
 *     cc route_keys.c $(pkg-config --cflags --libs libhearsay jansson) -o route_keys
 *     seq 1000 | ./route_keys /run/hearsay/hearsayd.sock 2
 *
 * Each line of the standard input is a key; the answer is a line with the key and its owners, in
 * distinct zones while there are enough. A line that begins with # is about the ring itself.
 *
 * The order matters: first follow the events, then ask for the ring. The other way round a change
 * in between would be lost. When the agent goes away the last ring stays good for as long as the
 * members do, so keys go on being routed, and the agent is looked for again.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <jansson.h>

#include <hearsay/hearsay.h>

#define RETRY_MS    500
#define KEYS_A_TURN 64 /* before events are looked at again */

/* Bytes in, lines out. */
struct lines {
    int fd; /* -1: closed */
    size_t len;
    char data[65536];
};

static struct lines keys = {.fd = STDIN_FILENO}, events = {.fd = -1};
static struct hearsay_ring *ring;
static const char *path;
static uint32_t replicas = 1;

/* Takes the next whole line, without its newline; false if there is none. A last line without one
 * counts once the input has ended. */
static bool next_line(struct lines *lines, char *ret_line)
{
    char *end = memchr(lines->data, '\n', lines->len);
    bool last = lines->fd < 0 && lines->len > 0;
    size_t len = end != NULL ? (size_t)(end - lines->data) : lines->len, used;
    if (end == NULL && !last && lines->len < sizeof lines->data)
        return false;
    used = end != NULL ? len + 1 : len;
    memcpy(ret_line, lines->data, len);
    ret_line[len] = '\0';
    lines->len -= used;
    memmove(lines->data, lines->data + used, lines->len);
    return true;
}

/* Reads what is there. Returns false at the end of the input. */
static bool read_some(struct lines *lines)
{
    ssize_t n = read(lines->fd, lines->data + lines->len, sizeof lines->data - lines->len);
    if (n > 0)
        lines->len += (size_t)n;
    else
        lines->fd = -1;
    return n > 0;
}

/* ---- the agent --------------------------------------------------------------------------- */

/* A connection on which `request` has been sent, or -1. */
static int ask(const char *request)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
        send(fd, request, strlen(request), MSG_NOSIGNAL) == (ssize_t)strlen(request))
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

/* The answer to `ring`: {"checksum":…,"members":[{"name":…,"tokens":…,"zone":…},…]}. */
static json_t *ask_ring(void)
{
    int fd = ask("{\"cmd\":\"ring\"}\n");
    FILE *stream = fd >= 0 ? fdopen(fd, "r") : NULL;
    json_t *answer = NULL;
    if (stream != NULL) {
        answer = json_loadf(stream, JSON_DISABLE_EOF_CHECK, NULL);
        fclose(stream);
    }
    return answer;
}

static int make_ring(const json_t *answer, struct hearsay_ring **ret_ring)
{
    const json_t *list = json_object_get(answer, "members");
    size_t count = json_array_size(list);
    struct hearsay_ring_member *members = calloc(count + 1, sizeof *members);
    struct hearsay_allocator allocator = hearsay_host_allocator();
    int err = members != NULL ? 0 : HEARSAY_ERR_NOMEM;
    for (size_t i = 0; i < count && err == 0; i++) {
        const json_t *one = json_array_get(list, i);
        members[i] = (struct hearsay_ring_member){
            .name = json_string_value(json_object_get(one, "name")),
            .zone = json_string_value(json_object_get(one, "zone")), /* NULL: none */
            .tokens = (uint32_t)json_integer_value(json_object_get(one, "tokens")),
        };
        if (members[i].name == NULL)
            err = HEARSAY_ERR_INVALID;
    }
    if (err == 0)
        err = hearsay_ring_new(ret_ring, &allocator, members, count);
    free(members);
    return err;
}

/* Makes the ring anew and says how much has moved. Equal checksums prove that it is the agent's. */
static void refresh(void)
{
    json_t *answer = ask_ring();
    const char *said = json_string_value(json_object_get(answer, "checksum"));
    struct hearsay_ring *made;
    char checksum[17];
    if (said == NULL || make_ring(answer, &made) != 0) {
        json_decref(answer);
        return; /* the agent has gone: the loop notices and comes again */
    }
    snprintf(checksum, sizeof checksum, "%016llx", (unsigned long long)hearsay_ring_checksum(made));
    if (strcmp(checksum, said) != 0)
        fprintf(stderr, "route_keys: ring %s, but the agent says %s\n", checksum, said);
    if (ring == NULL)
        printf("# ring %s\n", checksum);
    else if (hearsay_ring_checksum(ring) != hearsay_ring_checksum(made))
        printf("# ring %s, %.2f %% moved\n", checksum,
               100 * hearsay_ring_fraction(hearsay_ring_moved(ring, made)));
    hearsay_ring_unref(ring);
    ring = made;
    json_decref(answer);
}

static void follow(void)
{
    events.len = 0;
    events.fd = ask("{\"cmd\":\"monitor\",\"events\":[\"ring\"]}\n");
    if (events.fd >= 0)
        refresh();
}

/* Whether a line means that the ring is another: a new one, be it by zones alone; or events that
 * were lost because we read too slowly. */
static bool changes_ring(const char *line)
{
    json_t *event = json_loads(line, 0, NULL);
    const char *name = json_string_value(json_object_get(event, "event"));
    bool changes = name != NULL && (strcmp(name, "ring") == 0 || strcmp(name, "lost") == 0);
    json_decref(event);
    return changes;
}

static void take_events(void)
{
    char line[sizeof events.data + 1];
    bool changed = false;
    int fd = events.fd;
    if (!read_some(&events)) {
        close(fd);
        printf("# the agent has gone: routing by its last ring\n");
        return;
    }
    while (next_line(&events, line))
        changed |= changes_ring(line);
    if (changed)
        refresh();
}

/* ---- keys -------------------------------------------------------------------------------- */

static void route(const char *key)
{
    uint32_t owners[HEARSAY_REPLICAS_MAX];
    uint64_t hash = hearsay_ring_hash(key, strlen(key));
    size_t count = hearsay_ring_replicas(ring, hash, owners, replicas);
    printf("%s", key);
    for (size_t i = 0; i < count; i++)
        printf(" %s", hearsay_ring_member_at(ring, owners[i]).name);
    printf("\n");
}

static bool route_some(void)
{
    char key[sizeof keys.data + 1];
    int done = 0;
    while (done < KEYS_A_TURN && next_line(&keys, key)) {
        route(key);
        done++;
    }
    return done > 0;
}

/* Until the keys are at their end. Events come first: a key is routed by the newest ring. */
static void run(void)
{
    bool more = true;
    while (more || keys.fd >= 0) {
        struct pollfd waited[2] = {{.fd = events.fd, .events = POLLIN},
                                   {.fd = keys.fd, .events = POLLIN}};
        poll(waited, 2, more ? 0 : events.fd < 0 ? RETRY_MS : -1);
        if (events.fd < 0)
            follow();
        else if (waited[0].revents != 0)
            take_events();
        if (waited[1].revents != 0 && keys.len < sizeof keys.data)
            read_some(&keys);
        more = route_some();
    }
}

int main(int argc, char **argv)
{
    path = argc > 1 ? argv[1] : getenv("HEARSAY_CONTROL");
    if (argc > 2)
        replicas = (uint32_t)atoi(argv[2]);
    if (path == NULL || argc > 3 || replicas < 1 || replicas > HEARSAY_REPLICAS_MAX) {
        fprintf(stderr, "usage: route_keys SOCKET [REPLICAS] < KEYS\n");
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    follow();
    if (ring == NULL) {
        fprintf(stderr, "route_keys: no agent at %s\n", path);
        return 3;
    }
    run();
    if (events.fd >= 0)
        close(events.fd);
    hearsay_ring_unref(ring);
    return 0;
}
