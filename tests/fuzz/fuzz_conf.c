/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz target: a config file, as hearsayd reads it at its start and at a reload. What is taken must
 * make a config that the library takes. What is refused must be refused with one line of text.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <hearsay/host.h>

#include "agent/options/options.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool condition)
{
    if (!condition)
        abort();
}

static void check_taken(const struct hs_options *options)
{
    struct hearsay_config config;
    hs_options_config(options, &config);
    demand(hearsay_addr_parse(&config.advertise, "127.0.0.1", HEARSAY_PORT_DEFAULT) == 0);
    config.allocator = hearsay_host_allocator();
    demand(hearsay_config_check(&config, NULL) == 0);
    demand(options->join.count <= HS_OPTION_LIST_MAX && options->tag_count <= HEARSAY_TAGS_COUNT);
    for (size_t i = 0; i < options->join.count; i++)
        demand(options->join.items[i] && strlen(options->join.items[i]) < HS_OPTION_TEXT_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int fd = -1;
    static char path[64];
    if (fd < 0) {
        fd = memfd_create("conf", MFD_CLOEXEC);
        snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    }
    if (ftruncate(fd, 0) != 0 || pwrite(fd, data, size, 0) != (ssize_t)size)
        abort();
    char program[] = "hearsayd", flag[] = "--config", name[] = "--name=me", end[] = "--log=-";
    char *argv[] = {program, flag, path, name, end, NULL};
    struct hs_options options;
    char error[HS_ERROR_TEXT_MAX] = "";
    if (hs_options_read_again(&options, 5, argv, error) == 0) {
        check_taken(&options);
        hs_options_fini(&options);
    } else {
        demand(error[0] && memchr(error, '\0', sizeof(error)) && !strchr(error, '\n'));
    }
    return 0;
}
