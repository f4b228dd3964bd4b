/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a fuzz target over files, without a fuzzer: the corpus as an ordinary test. Arguments are
 * files and directories of files. TAP: one test point, which fails when nothing was run.
 */
#include <dirent.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define INPUT_MAX (1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t input[INPUT_MAX];

static int fail(const char *path)
{
    perror(path);
    exit(EXIT_FAILURE);
}

static int run_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return fail(path);
    size_t size = fread(input, 1, sizeof input, file);
    if (ferror(file))
        return fail(path);
    fclose(file);
    LLVMFuzzerTestOneInput(input, size);
    return 1;
}

/* Files of a directory by name, so that a crash comes after the same inputs each time. */
static int run_directory(const char *path)
{
    struct dirent **entries;
    char inner[PATH_MAX];
    int ran = 0, count = scandir(path, &entries, NULL, alphasort);
    if (count < 0)
        return fail(path);
    for (int i = 0; i < count; i++) {
        snprintf(inner, sizeof inner, "%s/%s", path, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.')
            ran += run_file(inner);
        free(entries[i]);
    }
    free(entries);
    return ran;
}

int main(int argc, char **argv)
{
    int ran = 0;
    for (int i = 1; i < argc; i++) {
        struct stat status;
        if (stat(argv[i], &status) != 0)
            return fail(argv[i]);
        ran += S_ISDIR(status.st_mode) ? run_directory(argv[i]) : run_file(argv[i]);
    }
    printf("1..1\n%s 1 - %d inputs replayed\n", ran > 0 ? "ok" : "not ok", ran);
    return ran > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
