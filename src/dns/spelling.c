/* SPDX-License-Identifier: Apache-2.0 */
#include "dns/spelling.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include <hearsay/error.h>

#include "dns/name.h"

/* In the tree are lists, none of them empty. */
static int by_fold(const void *a, const void *b)
{
    return hs_dns_fold_compare(((const struct hs_dns_spelling *)a)->name,
                               ((const struct hs_dns_spelling *)b)->name);
}

static void free_list(void *list)
{
    while (list) {
        struct hs_dns_spelling *spelling = list;

        list = spelling->next;
        free(spelling);
    }
}

void hs_dns_spellings_fini(struct hs_dns_spellings *spellings)
{
    tdestroy(spellings->tree, free_list);
    *spellings = (struct hs_dns_spellings){.tree = NULL};
}

static struct hs_dns_spelling *new_spelling(const char *name)
{
    size_t size = strlen(name) + 1;
    struct hs_dns_spelling *spelling = malloc(sizeof(*spelling) + size);

    if (!spelling)
        return NULL;
    spelling->next = NULL;
    spelling->name = memcpy(spelling + 1, name, size);
    return spelling;
}

/* The place of a name in its list: where it is, or the end. */
static struct hs_dns_spelling **place_in(struct hs_dns_spelling **list, const char *name)
{
    while (*list && strcmp((*list)->name, name) != 0)
        list = &(*list)->next;
    return list;
}

/* A name that is there already stays as it is. */
static int add(struct hs_dns_spellings *spellings, const char *name)
{
    struct hs_dns_spelling *spelling = new_spelling(name), **list, **place;

    if (!spelling)
        return HEARSAY_ERR_NOMEM;
    list = tsearch(spelling, &spellings->tree, by_fold);
    if (!list) {
        free(spelling);
        return HEARSAY_ERR_NOMEM;
    }
    if (*list != spelling) {
        place = place_in(list, name);
        if (*place) {
            free(spelling);
            return 0;
        }
        *place = spelling;
    }
    spellings->dotted += strchr(name, '.') != NULL;
    return 0;
}

static struct hs_dns_spelling **list_of(const struct hs_dns_spellings *spellings, const char *name)
{
    const struct hs_dns_spelling key = {.name = name};

    return (struct hs_dns_spelling **)tfind(&key, (void *const *)&spellings->tree, by_fold);
}

const struct hs_dns_spelling *hs_dns_spellings_find(const struct hs_dns_spellings *spellings,
                                                    const char *text)
{
    struct hs_dns_spelling **list = list_of(spellings, text);

    return list ? *list : NULL;
}

static void drop(struct hs_dns_spellings *spellings, const char *name)
{
    struct hs_dns_spelling **list = list_of(spellings, name);
    struct hs_dns_spelling **place = list ? place_in(list, name) : NULL;
    struct hs_dns_spelling *spelling = place ? *place : NULL;

    if (!spelling)
        return;
    spellings->dotted -= strchr(name, '.') != NULL;
    if ((*list)->next)
        *place = spelling->next;
    else
        tdelete(spelling, &spellings->tree, by_fold);
    free(spelling);
}

static int begin_anew(struct hs_dns_spellings *spellings, struct hs_mirror *mirror)
{
    const struct hs_mirror_member *const *members = hs_mirror_members(mirror);
    size_t count = hs_mirror_count(mirror, HEARSAY_STATUS_NONE);
    int err = members || count == 0 ? 0 : HEARSAY_ERR_NOMEM;

    hs_dns_spellings_fini(spellings);
    spellings->cursor = hs_mirror_log_newest(hs_mirror_log(mirror));
    for (size_t i = 0; err == 0 && i < count; i++)
        err = add(spellings, members[i]->name);
    spellings->known = err == 0;
    return err;
}

int hs_dns_spellings_follow(struct hs_dns_spellings *spellings, struct hs_mirror *mirror)
{
    struct hs_mirror_entry entry;

    while (spellings->known &&
           hs_mirror_log_next(hs_mirror_log(mirror), &spellings->cursor, &entry)) {
        if (entry.kind == HS_MIRROR_ALL)
            spellings->known = false;
        else if (entry.kind == HS_MIRROR_MEMBER)
            spellings->known = add(spellings, entry.name) == 0;
        else if (entry.kind == HS_MIRROR_GONE)
            drop(spellings, entry.name);
    }
    return spellings->known ? 0 : begin_anew(spellings, mirror);
}
