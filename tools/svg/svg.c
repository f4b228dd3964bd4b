/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The picture grows in a file beside the one that it will be, and takes its place by a rename: who
 * looks at it meanwhile, or runs out of disk, has the old one. A device or a pipe is written to as
 * it is, since a rename would put a file in the place of /dev/stdout.
 */
#include "svg/svg.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define GOLDEN_ANGLE 137.508 /* degrees between neighbours: no two hues are near for long */

/* ---- the file ---------------------------------------------------------------------------- */

/* mkstemp's files are private; this one is to be as any other that a program makes. */
static void open_to_others(int fd)
{
    mode_t mask = umask(0);

    (void)umask(mask);
    (void)fchmod(fd, 0666 & ~mask);
}

static void forget(struct svg *svg)
{
    int error = errno;

    free(svg->path);
    free(svg->temporary);
    memset(svg, 0, sizeof(*svg));
    errno = error;
}

/* The file that grows beside the one that is to be. */
static FILE *open_temporary(char *name)
{
    int fd = mkstemp(name);
    FILE *file;

    if (fd < 0)
        return NULL;
    open_to_others(fd);
    file = fdopen(fd, "w");
    if (file == NULL)
        (void)close(fd);
    return file;
}

/* The name of the file that grows; NULL: the picture's place is no file. */
static bool name_temporary(struct svg *svg)
{
    struct stat there;
    char *name;

    if (stat(svg->path, &there) == 0 && !S_ISREG(there.st_mode))
        return true;
    if (asprintf(&name, "%s.XXXXXX", svg->path) < 0) {
        errno = ENOMEM;
        return false;
    }
    svg->temporary = name;
    return true;
}

bool svg_open(struct svg *ret_svg, const char *path, unsigned width, unsigned height)
{
    struct svg svg = {.path = realpath(path, NULL)}; /* a link stays one */

    if (svg.path == NULL)
        svg.path = strdup(path);
    if (svg.path == NULL)
        return false;
    if (name_temporary(&svg))
        svg.file = svg.temporary != NULL ? open_temporary(svg.temporary) : fopen(svg.path, "w");
    if (svg.file == NULL) {
        forget(&svg);
        return false;
    }
    (void)fprintf(svg.file,
                  "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %u %u' width='%u' "
                  "height='%u' font-family='Helvetica, Arial, sans-serif' font-size='13'>\n"
                  "<rect width='100%%' height='100%%' fill='#fff'/>\n",
                  width, height, width, height);
    *ret_svg = svg;
    return true;
}

bool svg_close(struct svg *svg)
{
    bool good = fputs("</svg>\n", svg->file) >= 0 && fflush(svg->file) == 0 && !ferror(svg->file);
    int error = errno;

    if (fclose(svg->file) != 0 && good) {
        good = false;
        error = errno;
    }
    if (good && svg->temporary != NULL && rename(svg->temporary, svg->path) < 0) {
        good = false;
        error = errno;
    }
    if (!good && svg->temporary != NULL)
        (void)unlink(svg->temporary);
    errno = error;
    forget(svg);
    return good;
}

/* ---- text -------------------------------------------------------------------------------- */

static const char *escape_of(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '\'':
        return "&#39;";
    case '"':
        return "&quot;";
    default:
        return (unsigned char)c < 0x20 || c == 0x7f ? "\xef\xbf\xbd" : NULL;
    }
}

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

static void put_characters(const struct svg *svg, const char *text, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        const char *escape = escape_of(text[i]);

        if (escape != NULL)
            (void)fputs(escape, svg->file);
        else
            (void)fputc(text[i], svg->file);
    }
}

/* Where the character with this number begins. */
static const char *character(const char *text, unsigned number)
{
    for (; *text != '\0'; text++)
        if (!is_continuation(*text) && number-- == 0)
            break;
    return text;
}

void svg_put_text(const struct svg *svg, const char *text, unsigned max)
{
    unsigned count = 0, head = max / 2;
    const char *end;

    for (const char *at = text; *at != '\0'; at++)
        count += !is_continuation(*at);
    if (count <= max) {
        put_characters(svg, text, strlen(text));
        return;
    }
    end = character(text, count - (max - head - 1));
    put_characters(svg, text, (size_t)(character(text, head) - text));
    (void)fputs("\xe2\x80\xa6", svg->file);
    put_characters(svg, end, strlen(end));
}

/* ---- colours ----------------------------------------------------------------------------- */

/* One of red, green, blue (0, 8, 4) of a colour of hue, saturation and lightness. */
static unsigned channel(double hue, double saturation, double lightness, double which)
{
    double k = fmod(which + hue / 30, 12);
    double a = saturation * fmin(lightness, 1 - lightness);
    double value = lightness - a * fmax(-1, fmin(fmin(k - 3, 9 - k), 1));

    return (unsigned)(value * 255 + 0.5);
}

struct svg_colour svg_colour(unsigned number)
{
    /* Told apart by those who see colours otherwise, too (Okabe, Ito 2008). */
    static const struct svg_colour palette[SVG_PALETTE] = {
        {"#0072b2"}, {"#d55e00"}, {"#009e73"}, {"#cc79a7"}, {"#56b4e9"}, {"#e69f00"}, {"#000000"}};
    static const double lightnesses[] = {0.45, 0.62, 0.74};
    double hue = fmod(number * GOLDEN_ANGLE, 360), light = lightnesses[number % 3];
    struct svg_colour colour;

    if (number < SVG_PALETTE)
        return palette[number];
    (void)snprintf(colour.text, sizeof(colour.text), "#%02x%02x%02x",
                   channel(hue, 0.5, light, 0) & 255, channel(hue, 0.5, light, 8) & 255,
                   channel(hue, 0.5, light, 4) & 255);
    return colour;
}
