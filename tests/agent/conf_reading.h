/* SPDX-License-Identifier: Apache-2.0 */
/* Reads settings for the tests of flags and files, and holds what was read. */
#ifndef HS_TEST_CONF_READING_H
#define HS_TEST_CONF_READING_H

#include "harness.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/options/options.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct hs_options options;
static char error[HS_ERROR_TEXT_MAX];
static char path[64];

static inline void clear(void)
{
    hs_options_fini(&options);
    error[0] = '\0';
}

/* These flags, with a name unless they have one. */
#define READ(...)                                                                                  \
    read_named((const char *[]){"hearsayd", "--name=n1", __VA_ARGS__},                             \
               2 + (int)COUNT(((const char *[]){__VA_ARGS__})))

/* main's argv is not const, though nobody writes to it. */
static inline int read_flags(const char *const *argv, int argc)
{
    clear();
    return hs_options_read_again(&options, argc, (char *const *)(uintptr_t)argv, error);
}

static inline int read_named(const char **argv, int argc)
{
    bool named = false;

    for (int i = 2; i < argc; i++)
        named = named || strcmp(argv[i], "--name") == 0 || strncmp(argv[i], "--name=", 7) == 0;
    if (named)
        argv[1] = argv[0];
    return read_flags(argv + named, argc - named);
}

/* Writes a file of a new name, `path`. */
static inline void write_file(const char *text)
{
    int fd;

    (void)snprintf(path, sizeof(path), "/tmp/test_conf.XXXXXX");
    fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    ck_assert_int_eq(close(fd), 0);
}

static inline void write_text(const char *name, const char *text)
{
    FILE *out = fopen(name, "w");

    ck_assert_ptr_nonnull(out);
    ck_assert_int_ge(fputs(text, out), 0);
    ck_assert_int_eq(fclose(out), 0);
}

/* Reads a file of this text. */
static inline int read_file(const char *text)
{
    int r;

    write_file(text);
    r = read_flags((const char *[]){"hearsayd", "--config", path}, 3);
    (void)unlink(path);
    return r;
}

static inline void assert_says(const char *words)
{
    ck_assert_msg(strstr(error, words) != NULL, "\"%s\" does not say \"%s\"", error, words);
    ck_assert_msg(strchr(error, '\n') == NULL, "more than one line: %s", error);
}

#endif
