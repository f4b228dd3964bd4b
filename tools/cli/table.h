/* SPDX-License-Identifier: Apache-2.0 */
/* Tables: columns with titles, cells from left to right, row after row. */
#ifndef HEARSAY_CLI_TABLE_H
#define HEARSAY_CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "out.h"

struct cli_column {
    const char *title;
    bool right;
    unsigned min; /* may be shortened to this on a terminal; 0: never */
};

struct cli_cell {
    char *text;
    unsigned width;
    enum cli_color color;
};

struct cli_table {
    const struct cli_column *columns;
    size_t column_count;
    struct cli_cell *cells;
    size_t count, room;
    size_t next; /* column of the next cell */
};

void cli_table_init(struct cli_table *table, const struct cli_column *columns, size_t count);
void cli_table_fini(struct cli_table *table);

/* The next cell, left to right, row after row; "" shows as "-" in a column with a title. */
void cli_table_add(struct cli_table *table, const char *text, enum cli_color color);

/* Writes header and rows, made to fit this many columns; 0: nothing is shortened. */
void cli_table_write(FILE *out, struct cli_table *table, unsigned width);

/* The same on stdout, made to fit a terminal. */
void cli_table_print(struct cli_table *table);

#endif
