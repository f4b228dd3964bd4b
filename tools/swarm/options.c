/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flags of hearsay-swarm: one table gives their names, what follows them, help, and who reads them.
 */
#include "options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OK    1 /* exit codes, plus one */
#define USAGE 3

struct flag {
    const char *name, *arg, *help;
    bool (*read)(struct swarm_options *options, const char *value);
};

static bool read_number(const char *text, uint64_t least, uint64_t most, uint64_t *ret_value)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (errno != 0 || *end != '\0' || end == text || value < least || value > most)
        return false;
    *ret_value = value;
    return true;
}

static bool read_members(struct swarm_options *options, const char *value)
{
    uint64_t number = 0;
    bool good = read_number(value, 2, SWARM_MEMBERS_MAX, &number);
    options->members = (uint32_t)number;
    return good;
}

static bool read_nodes(struct swarm_options *options, const char *value)
{
    uint64_t number = 0;
    bool good = read_number(value, 2, SWARM_MEMBERS_MAX, &number);
    options->nodes = (uint32_t)number;
    return good;
}

static bool read_net(struct swarm_options *options, const char *value)
{
    return hearsay_addr_parse(&options->net, value, HEARSAY_PORT_DEFAULT) == 0 &&
           options->net.family == 4 && options->net.bytes[0] == 127;
}

static bool read_cluster(struct swarm_options *options, const char *value)
{
    options->cluster = value;
    return *value != '\0';
}

static bool read_profile(struct swarm_options *options, const char *value)
{
    static const char *const names[] = {"lan", "wan", "local"};
    for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (strcmp(value, names[i]) != 0)
            continue;
        options->profile = (enum hearsay_profile)i;
        return true;
    }
    return false;
}

static bool read_join(struct swarm_options *options, const char *value)
{
    return options->join_count < SWARM_JOINS_MAX &&
           hearsay_addr_parse(&options->joins[options->join_count++], value,
                              HEARSAY_PORT_DEFAULT) == 0;
}

static bool read_run(struct swarm_options *options, const char *value)
{
    return read_number(value, 1, 7 * 86400, &options->run);
}

static const struct flag flags[] = {
    {"--members", "N", "how many (1000)", read_members},
    {"--nodes", "N", "cores with a view each (all up to 1000 members, else 250)", read_nodes},
    {"--net", "ADDR:PORT", "the first member's, within 127.0.0.0/8 (127.16.0.1:7847)", read_net},
    {"--cluster", "NAME", "of the cluster (hearsay)", read_cluster},
    {"--profile", "NAME", "lan (default), wan, local", read_profile},
    {"--join", "ADDR:PORT", "an agent to join, once the swarm stands; repeatable", read_join},
    {"--run", "SECONDS", "end after so long", read_run},
};

static void print_help(void)
{
    puts("usage: hearsay-swarm [OPTION]...\n"
         "\n"
         "Thousands of members in one process, on loopback sockets of their own, for real agents "
         "to\n"
         "live among: hearsayd --join 127.16.0.1:7847\n");
    for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++)
        printf("  %-9s %-10s %s\n", flags[i].name, flags[i].arg, flags[i].help);
    puts("  --help, --version\n"
         "\n"
         "Lines on standard input: kill N [silently] | kill NAME [silently] | start | status | "
         "stop\n"
         "Lines on standard output are JSON: ready, then status once a second, and what happens.\n"
         "See hearsay-swarm(1) for what is true of these members and what is not.");
}

static const struct flag *find_flag(const char *name)
{
    for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++)
        if (strcmp(flags[i].name, name) == 0)
            return &flags[i];
    return NULL;
}

static int complain(const char *what, const char *error)
{
    fprintf(stderr, "hearsay-swarm: %s: %s; see hearsay-swarm --help\n", what, error);
    return USAGE;
}

static int finish(struct swarm_options *options)
{
    bool few = options->members > SWARM_NODES_FULL;
    if (options->nodes == 0)
        options->nodes = few ? SWARM_NODES_FEW : options->members;
    if (options->nodes > options->members)
        return complain("--nodes", "not more than members");
    if ((uint64_t)options->nodes * SWARM_FACES_MAX < options->members)
        return complain("--nodes", "at least one for a hundred members");
    return 0;
}

int swarm_options_read(struct swarm_options *ret_options, int argc, char **argv)
{
    struct swarm_options options = {.members = 1000, .cluster = "hearsay"};
    read_net(&options, "127.16.0.1");
    for (int i = 1; i < argc; i++) {
        const struct flag *flag = find_flag(argv[i]);
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            print_help();
            return OK;
        }
        if (strcmp(argv[i], "--version") == 0 || strcmp(argv[i], "-V") == 0) {
            printf("hearsay-swarm %s\n", hearsay_version());
            return OK;
        }
        if (!flag)
            return complain(argv[i], "no such option");
        /* An empty variable must not make the next flag a value. */
        if (i + 1 == argc || strncmp(argv[i + 1], "--", 2) == 0)
            return complain(argv[i], "needs a value");
        if (!flag->read(&options, argv[++i]))
            return complain(flag->name, "not a value for it");
    }
    int code = finish(&options);
    if (code == 0)
        *ret_options = options;
    return code;
}
