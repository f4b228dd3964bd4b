/* SPDX-License-Identifier: Apache-2.0 */
/*
 * On a terminal a table is made to fit: the widest of the columns that may be shortened is
 * shortened first, down to its minimum, and its texts lose their middle, because names of machines
 * differ at their ends. In a pipe or file nothing is shortened: there, lost data is worse than a
 * long line.
 */
#include "table.h"

#include <stdlib.h>
#include <string.h>

#include "out.h"

#define COLUMNS_MAX 12
#define GAP         2 /* blanks between columns */

void cli_table_init(struct cli_table *table, const struct cli_column *columns, size_t count)
{
    memset(table, 0, sizeof(*table));
    table->columns = columns;
    table->column_count = count < COLUMNS_MAX ? count : COLUMNS_MAX;
}

void cli_table_fini(struct cli_table *table)
{
    for (size_t i = 0; i < table->count; i++)
        free(table->cells[i].text);
    free(table->cells);
    memset(table, 0, sizeof(*table));
}

void cli_table_add(struct cli_table *table, const char *text, enum cli_color color)
{
    bool titled = table->columns[table->next].title[0] != '\0';
    if (table->count == table->room) {
        size_t room = table->room == 0 ? 64 : table->room * 2;
        struct cli_cell *cells = reallocarray(table->cells, room, sizeof(*cells));
        if (!cells)
            cli_out_of_memory();
        table->cells = cells;
        table->room = room;
    }
    struct cli_cell *cell = &table->cells[table->count++];
    cell->text = cli_safe(text[0] != '\0' || !titled ? text : "-", &cell->width);
    cell->color = color;
    table->next = table->next + 1 == table->column_count ? 0 : table->next + 1;
}

static void measure_columns(const struct cli_table *table, unsigned widths[COLUMNS_MAX])
{
    for (size_t i = 0; i < table->column_count; i++)
        widths[i] = (unsigned)strlen(table->columns[i].title);
    for (size_t i = 0, column = 0; i < table->count; i++) {
        if (table->cells[i].width > widths[column])
            widths[column] = table->cells[i].width;
        column = column + 1 == table->column_count ? 0 : column + 1;
    }
}

static void fit_columns(const struct cli_table *table, unsigned widths[COLUMNS_MAX], unsigned width)
{
    size_t total = GAP * (table->column_count - 1);
    for (size_t i = 0; i < table->column_count; i++)
        total += widths[i];
    while (total > width) {
        size_t widest = table->column_count;
        for (size_t i = 0; i < table->column_count; i++) {
            bool gives = table->columns[i].min > 0 && widths[i] > table->columns[i].min;
            if (gives && (widest == table->column_count || widths[i] > widths[widest]))
                widest = i;
        }
        if (widest == table->column_count)
            return;
        widths[widest]--;
        total--;
    }
}

/* Prints a cell. Blanks are owed until a text follows, so that no line ends in them. */
static void put_cell(FILE *out, const struct cli_table *table, size_t column, unsigned width,
                     const struct cli_cell *cell, unsigned *owed)
{
    bool right = table->columns[column].right;
    char *text = cell->text;
    unsigned blanks = cell->width < width ? width - cell->width : 0;
    if (cell->width > width) {
        text = cli_shorten(cell->text, width);
        if (!text)
            cli_out_of_memory();
        blanks = width - cli_columns(text);
    }
    if (text[0] != '\0') {
        fprintf(out, "%*s", (int)(*owed + (right ? blanks : 0)), "");
        cli_write_colored(out, cell->color, text);
        *owed = GAP + (right ? 0 : blanks);
    } else {
        *owed += GAP + width;
    }
    if (column + 1 == table->column_count) {
        putc('\n', out);
        *owed = 0;
    }
    if (text != cell->text)
        free(text);
}

void cli_table_write(FILE *out, struct cli_table *table, unsigned width)
{
    unsigned widths[COLUMNS_MAX] = {0};
    unsigned owed = 0;
    measure_columns(table, widths);
    if (width > 0)
        fit_columns(table, widths, width);
    for (size_t i = 0; i < table->column_count; i++) {
        struct cli_cell title = {.color = CLI_BOLD};
        title.text = cli_safe(table->columns[i].title, &title.width);
        put_cell(out, table, i, widths[i], &title, &owed);
        free(title.text);
    }
    for (size_t i = 0, column = 0; i < table->count; i++) {
        put_cell(out, table, column, widths[column], &table->cells[i], &owed);
        column = column + 1 == table->column_count ? 0 : column + 1;
    }
}

void cli_table_print(struct cli_table *table)
{
    cli_table_write(stdout, table, cli_screen.terminal ? cli_screen.width : 0);
}
