/* SPDX-License-Identifier: Apache-2.0 */
/* What does not fit ends in a mark, so that nobody takes half a name for a whole one. */
#include "frame.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void begin_line(struct cli_frame *frame)
{
    frame->text = NULL;
    frame->column = 0;
    frame->cut = frame->selected = false;
    frame->out = open_memstream(&frame->text, &frame->len);
    if (!frame->out)
        cli_out_of_memory();
}

void cli_frame_init(struct cli_frame *frame, unsigned width, unsigned height)
{
    *frame = (struct cli_frame){.width = width, .height = height};
    begin_line(frame);
}

void cli_frame_fini(struct cli_frame *frame)
{
    fclose(frame->out);
    free(frame->text);
    for (size_t i = 0; i < frame->count; i++)
        free(frame->lines[i]);
    free(frame->lines);
}

size_t cli_frame_room(const struct cli_frame *frame)
{
    if (frame->height == 0)
        return SIZE_MAX;
    return frame->count < frame->height ? frame->height - frame->count : 0;
}

/* Copies characters until the next one would pass the column. */
static void copy_characters(struct cli_frame *frame, const char *safe, unsigned limit)
{
    while (*safe != '\0') {
        unsigned width;
        size_t len = cli_next_character(safe, &width);

        if (frame->column + width > limit)
            return;
        fwrite(safe, 1, len, frame->out);
        frame->column += width;
        safe += len;
    }
}

static void add_mark(struct cli_frame *frame)
{
    cli_frame_move(frame, frame->width - 1);
    fputs(cli_screen.utf8 ? "\xe2\x80\xa6" : ">", frame->out);
    frame->column++;
    frame->cut = true;
}

void cli_frame_add_safe(struct cli_frame *frame, const char *safe)
{
    if (frame->cut || safe[0] == '\0')
        return;
    if (frame->width == 0 || frame->column + cli_columns(safe) <= frame->width) {
        copy_characters(frame, safe, UINT32_MAX);
        return;
    }
    if (frame->column >= frame->width) {
        frame->cut = true;
        return;
    }
    copy_characters(frame, safe, frame->width - 1);
    if (cli_screen.color && strchr(safe, '\033'))
        fputs("\033[0m", frame->out);
    add_mark(frame);
}

void cli_frame_add(struct cli_frame *frame, enum cli_color color, const char *text)
{
    char *safe = cli_safe(text, NULL), *colored = NULL;
    size_t len;
    FILE *out;

    if (color == CLI_PLAIN || frame->selected || !cli_screen.color || safe[0] == '\0') {
        cli_frame_add_safe(frame, safe);
        free(safe);
        return;
    }
    out = open_memstream(&colored, &len);
    if (!out)
        cli_out_of_memory();
    cli_write_colored(out, color, safe);
    if (fclose(out) != 0)
        cli_out_of_memory();
    cli_frame_add_safe(frame, colored);
    free(colored);
    free(safe);
}

void cli_frame_move(struct cli_frame *frame, unsigned column)
{
    if (frame->width > 0 && column > frame->width)
        column = frame->width;
    for (; frame->column < column; frame->column++)
        putc(' ', frame->out);
}

static void keep_line(struct cli_frame *frame, char *text)
{
    if (frame->count == frame->room) {
        size_t room = frame->room == 0 ? 64 : frame->room * 2;
        char **lines = reallocarray(frame->lines, room, sizeof(*lines));

        if (!lines)
            cli_out_of_memory();
        frame->lines = lines;
        frame->room = room;
    }
    frame->lines[frame->count++] = text;
}

/* Without the blanks at its end, and standing out if it is selected. */
static char *finish_line(const struct cli_frame *frame)
{
    char *whole;

    if (frame->selected && cli_screen.color) {
        if (asprintf(&whole, "\033[7m%s\033[0m", frame->text) < 0)
            cli_out_of_memory();
        return whole;
    }
    for (size_t len = strlen(frame->text); len > 0 && frame->text[len - 1] == ' '; len--)
        frame->text[len - 1] = '\0';
    whole = strdup(frame->text);
    if (!whole)
        cli_out_of_memory();
    return whole;
}

void cli_frame_end_line(struct cli_frame *frame)
{
    if (frame->selected)
        cli_frame_move(frame, frame->width);
    if (fclose(frame->out) != 0)
        cli_out_of_memory();
    if (cli_frame_room(frame) > 0)
        keep_line(frame, finish_line(frame));
    free(frame->text);
    begin_line(frame);
}

void cli_frame_add_lines(struct cli_frame *frame, const char *safe, size_t skip, size_t count)
{
    for (size_t i = 0; i < skip + count; i++) {
        size_t len = strcspn(safe, "\n");
        char *line = strndup(safe, len);

        if (!line)
            cli_out_of_memory();
        if (i >= skip) {
            cli_frame_add_safe(frame, line);
            cli_frame_end_line(frame);
        }
        free(line);
        safe += len + (safe[len] == '\n');
    }
}
