/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is wrong with the settings: a line for each mistake, in the order in which a person reads
 * the flags and the files. A start shows the first one, --check shows them all.
 */
#ifndef HS_CONF_MISTAKES_H
#define HS_CONF_MISTAKES_H

#include <stdbool.h>
#include <stddef.h>

#include "conf/store.h"
#include "service/error_text.h"

#define HS_MISTAKES_MAX      100 /* further ones are only counted */
#define HS_MISTAKES_LINE_MAX (HS_ERROR_TEXT_MAX + 80)

struct hs_mistake {
    struct hs_text_place place;
    char *line;
};

/* All zeroes: none. */
struct hs_mistakes {
    struct hs_mistake items[HS_MISTAKES_MAX];
    size_t kept, count;
    int err;                       /* of the first that was added; 0: none */
    char first[HS_ERROR_TEXT_MAX]; /* its line, which needs no memory */
};

/* Adds a mistake: one line that says what is wrong and what would be right. */
void hs_mistakes_add(struct hs_mistakes *mistakes, struct hs_text_place place, int err,
                     const char *line);

/* The line that a person comes to first; there must be one. */
const char *hs_mistakes_first(const struct hs_mistakes *mistakes);

/* The same with how many more there are: "… (and 2 more: PROGRAM --check shows all)". */
void hs_mistakes_sum_up(const struct hs_mistakes *mistakes, const char *program,
                        char ret_line[HS_MISTAKES_LINE_MAX]);

/* What --check prints: every mistake in a line, or that there is none and in which files. Returns
 * whether there is none and that could be said. */
bool hs_mistakes_check(const struct hs_mistakes *mistakes, const struct hs_conf_store *store,
                       const char *program);

void hs_mistakes_fini(struct hs_mistakes *mistakes);

#endif
