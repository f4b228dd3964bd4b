/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hearsay-dump prints datagrams as text, to examine a capture or an input of the fuzzer. Exit code:
 * 0 if all were decoded, 1 if some were refused or the input is damaged, 2 for wrong usage.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hearsay/version.h>

#include "base/name.h"
#include "dump.h"

enum { EXIT_REFUSED = 1, EXIT_USAGE = 2 };

static const char help[] =
    "usage: hearsay-dump [--cluster NAME] [--to NAME] [--port N] [--raw] [FILE]\n"
    "Shows datagrams of hearsay: of a capture (pcap), one for each line of\n"
    "hexadecimal digits, or the bytes of one. Without FILE it reads standard input.\n"
    "  --cluster NAME  refuse those of other clusters\n"
    "  --to NAME       the receiver's name, which checksums are bound to\n"
    "  --port N        of a capture, only datagrams from or to this port\n"
    "  --raw           the input is one datagram, whatever it looks like\n"
    "  --help, --version\n";

struct tally {
    const struct dump_options *options;
    unsigned long count, refused;
};

static void show_each(void *context, const struct dump_datagram *datagram)
{
    struct tally *tally = context;
    tally->refused += !dump_show(tally->options, ++tally->count, datagram);
}

static int usage(const char *what, const char *argument)
{
    fprintf(stderr, "hearsay-dump: %s%s; see --help\n", what, argument);
    return EXIT_USAGE;
}

/* Reads the whole file. Returns NULL after a message on standard error if it cannot. */
static uint8_t *read_all(const char *path, size_t *ret_len)
{
    FILE *in = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
    size_t room = 64 * 1024, len = 0, n;
    uint8_t *bytes = in ? malloc(room) : NULL;
    if (!bytes) {
        fprintf(stderr, "hearsay-dump: %s: %s\n", path, strerror(errno));
        return NULL;
    }
    while ((n = fread(bytes + len, 1, room - len, in)) > 0) {
        len += n;
        if (len < room)
            continue;
        uint8_t *grown = room < DUMP_INPUT_MAX ? realloc(bytes, 2 * room) : NULL;
        if (!grown) {
            fprintf(stderr, "hearsay-dump: %s: longer than %d bytes\n", path, DUMP_INPUT_MAX);
            free(bytes);
            return NULL;
        }
        bytes = grown;
        room *= 2;
    }
    if (ferror(in)) {
        fprintf(stderr, "hearsay-dump: %s: %s\n", path, strerror(errno));
        free(bytes);
        return NULL;
    }
    *ret_len = len;
    return bytes;
}

static int dump(const struct dump_options *options, const char *path)
{
    struct tally tally = {.options = options};
    size_t len = 0;
    uint8_t *input = read_all(path, &len);
    if (!input)
        return EXIT_REFUSED;
    const char *error = len > 0 ? dump_read(options, input, len, show_each, &tally) : "empty";
    free(input);
    if (error)
        fprintf(stderr, "hearsay-dump: %s: %s\n", path, error);
    if (fflush(stdout) != 0)
        return EXIT_REFUSED;
    return error || tally.refused > 0 ? EXIT_REFUSED : 0;
}

/* Takes the value of `--name VALUE`. Returns false if there is none, or another option, because
 * then a variable was empty. */
static bool take_value(int argc, char **argv, int *at, const char **ret_value)
{
    if (*at + 1 >= argc || strncmp(argv[*at + 1], "--", 2) == 0)
        return false;
    *ret_value = argv[++*at];
    return true;
}

int main(int argc, char **argv)
{
    struct dump_options options = {0};
    const char *path = NULL, *port = NULL;
    for (int i = 1; i < argc; i++) {
        const char *a = argv[i];
        bool ok = true;
        if (strcmp(a, "--help") == 0)
            return fputs(help, stdout) < 0;
        if (strcmp(a, "--version") == 0)
            return puts("hearsay-dump " HEARSAY_VERSION) < 0;
        if (strcmp(a, "--cluster") == 0)
            ok = take_value(argc, argv, &i, &options.cluster);
        else if (strcmp(a, "--to") == 0)
            ok = take_value(argc, argv, &i, &options.to);
        else if (strcmp(a, "--port") == 0)
            ok = take_value(argc, argv, &i, &port);
        else if (strcmp(a, "--raw") == 0)
            options.raw = true;
        else if (a[0] == '-' && a[1] != '\0')
            return usage("unknown option ", a);
        else if (path)
            return usage("more than one file: ", a);
        else
            path = a;
        if (!ok)
            return usage("a value is missing behind ", a);
    }
    if (options.to && !hearsay_name_valid(options.to))
        return usage("--to must be the name of a member, not ", options.to);
    if (options.cluster && !hs_cluster_valid(options.cluster, strlen(options.cluster)))
        return usage("--cluster must be the name of a cluster, not ", options.cluster);
    char *end = NULL;
    unsigned long number = port ? strtoul(port, &end, 10) : 0;
    if (port && (*end != '\0' || number < 1 || number > 65535))
        return usage("--port must be 1 to 65535, not ", port);
    options.port = (unsigned)number;
    return dump(&options, path ? path : "-");
}
