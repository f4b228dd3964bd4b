/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packages and tools that set up machines each have a file of their own in PATH.d, so that none of
 * them must edit another's. Names are compared by their bytes, so that the order is the same in
 * every locale. Only names that end with ".conf" and do not begin with a dot are read: editors and
 * package managers leave copies beside a file under other names (x.conf~, .x.conf.swp,
 * x.conf.dpkg-old), and an old copy must not count. What is read must be readable: settings that
 * are there and do not count would surprise more than an agent that does not start.
 */
#include "conf/dir.h"

#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <hearsay/error.h>

#include "conf/file.h"

static bool is_wanted(const char *name)
{
    size_t len = strlen(name), suffix = sizeof(HS_CONF_FILE_SUFFIX) - 1;
    return name[0] != '.' && len > suffix && strcmp(name + len - suffix, HS_CONF_FILE_SUFFIX) == 0;
}

static int filter(const struct dirent *entry)
{
    return is_wanted(entry->d_name);
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int read_entry(struct hs_conf_store *store, const char *folder, const char *name,
                      struct hs_mistakes *mistakes)
{
    struct stat st;
    size_t size = strlen(folder) + strlen(name) + 2;
    char *path = malloc(size);
    if (!path)
        return HEARSAY_ERR_NOMEM;
    snprintf(path, size, "%s/%s", folder, name);
    int err = 0;
    if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode))
        err = hs_conf_read_file(store, path, true, mistakes);
    free(path);
    return err;
}

static int read_folder(struct hs_conf_store *store, const char *folder,
                       struct hs_mistakes *mistakes)
{
    struct dirent **entries = NULL;
    char line[HS_ERROR_TEXT_MAX];
    errno = 0;
    int count = scandir(folder, &entries, filter, by_bytes), err = 0;
    if (count < 0 && errno == ENOMEM)
        return HEARSAY_ERR_NOMEM;
    if (count < 0 && errno != ENOENT) {
        hs_error_text(
            line,
            "config directory %.200s: %s; must be a directory that can be read, or not be there",
            folder, strerror(errno));
        store->unread = true;
        hs_mistakes_add(mistakes, (struct hs_text_place){(unsigned)store->file_count, UINT32_MAX},
                        HEARSAY_ERR_INVALID, line);
    }
    for (int i = 0; i < count; i++) {
        if (err == 0)
            err = read_entry(store, folder, entries[i]->d_name, mistakes);
        free(entries[i]);
    }
    free(entries);
    return err;
}

int hs_conf_read_dir(struct hs_conf_store *store, const char *path, struct hs_mistakes *mistakes)
{
    size_t size = strlen(path) + sizeof(HS_CONF_DIR_SUFFIX);
    char *folder = malloc(size);
    if (!folder)
        return HEARSAY_ERR_NOMEM;
    snprintf(folder, size, "%s" HS_CONF_DIR_SUFFIX, path);
    int err = read_folder(store, folder, mistakes);
    free(folder);
    return err;
}
