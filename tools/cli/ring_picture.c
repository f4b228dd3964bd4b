/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --svg. The agent's answer has names, tokens and zones, and these define a ring. So it is made
 * anew here, which the checksum proves, and no agent has to know about pictures. ring_shapes.c
 * draws the circles; the rings, the words and the file are here.
 */
#include "ring_picture.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <hearsay/error.h>
#include <hearsay/host.h>

#include "ctl/ctl.h"
#include "format.h"
#include "message.h"
#include "out.h"
#include "ring_shapes.h"

#define LEGEND_X      730
#define LEGEND_END    1050
#define LEGEND_ROW    21
#define LEGEND_BOTTOM 665 /* of the last member's row; what is beyond is counted */
#define NAME_CHARS    18

/* ---- from the answer to rings ------------------------------------------------------------ */

/* A member in one ring, of the answer of `ring` (no side) or of a difference; NULL: not in it. */
static const json_t *side_of(const json_t *member, const char *side)
{
    return !side ? member : json_object_get(member, side);
}

static struct hearsay_ring *make_ring(const json_t *members, const char *side)
{
    size_t count = json_array_size(members), used = 0;
    struct hearsay_allocator allocator = hearsay_host_allocator();
    struct hearsay_ring_member *list = calloc(count + 1, sizeof(*list));
    struct hearsay_ring *ring = NULL;
    if (!list)
        cli_out_of_memory();
    for (size_t i = 0; i < count; i++) {
        const json_t *member = json_array_get(members, i), *in = side_of(member, side);
        if (!in)
            continue;
        list[used++] = (struct hearsay_ring_member){cli_text(member, "name"), cli_text(in, "zone"),
                                                    (uint32_t)cli_number(in, "tokens")};
    }
    if (hearsay_ring_new(&ring, &allocator, list, used) < 0)
        ring = NULL;
    free(list);
    return ring;
}

static bool ring_proved(const struct hearsay_ring *ring, const json_t *said)
{
    uint64_t checksum;
    return ring && hs_ctl_parse_hex64(cli_text(said, "checksum"), &checksum) == 0 &&
           hearsay_ring_checksum(ring) == checksum;
}

static void number_members(struct picture *picture, int side)
{
    size_t count = hearsay_ring_members(picture->rings[side]);
    picture->numbers[side] = calloc(count + 1, sizeof(*picture->numbers[side]));
    if (!picture->numbers[side])
        cli_out_of_memory();
    for (size_t i = 0; i < picture->count; i++) {
        uint32_t index;
        if (hearsay_ring_find(picture->rings[side], picture->members[i].name, &index) == 0)
            picture->numbers[side][index] = (int)i;
    }
}

/* ---- whose the points are ---------------------------------------------------------------- */

static size_t list_owners(const struct picture *picture, int side, uint64_t hash,
                          int numbers[HEARSAY_REPLICAS_MAX])
{
    uint32_t owners[HEARSAY_REPLICAS_MAX];
    const struct hearsay_ring *ring = picture->rings[side];
    size_t count = picture->apart ? hearsay_ring_replicas(ring, hash, owners, picture->n)
                                  : hearsay_ring_owners(ring, hash, owners, picture->n);
    for (size_t i = 0; i < count; i++)
        numbers[i] = picture->numbers[side][owners[i]];
    return count;
}

/* The first of a list that is not in the other, or -1. */
static int first_missing(const int *list, size_t count, const int *other, size_t other_count)
{
    for (size_t i = 0; i < count; i++) {
        size_t k = 0;
        while (k < other_count && other[k] != list[i])
            k++;
        if (k == other_count)
            return list[i];
    }
    return -1;
}

static void sample_rings(struct picture *picture)
{
    for (size_t i = 0; i < PICTURE_STEPS; i++) {
        struct picture_step *step = &picture->steps[i];
        uint64_t hash = (2 * (uint64_t)i + 1) * (UINT64_MAX / (2 * PICTURE_STEPS) + 1);
        int before[HEARSAY_REPLICAS_MAX], after[HEARSAY_REPLICAS_MAX];
        size_t had = list_owners(picture, BEFORE, hash, before);
        size_t has = list_owners(picture, AFTER, hash, after);
        int goes = first_missing(before, had, after, has);
        int comes = first_missing(after, has, before, had);
        step->moves = goes >= 0 || comes >= 0;
        step->from = goes >= 0 ? goes : had > 0 && !step->moves ? before[0] : -1;
        step->to = comes >= 0 ? comes : has > 0 && !step->moves ? after[0] : -1;
    }
}

/* ---- the members ------------------------------------------------------------------------- */

static int by_zone(const void *a, const void *b, void *context)
{
    const struct picture_member *members = context;
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    int order = strcmp(members[x].zone, members[y].zone);
    return order != 0 ? order : (x > y) - (x < y);
}

static void sort_members(struct picture *picture)
{
    for (size_t i = 0; i < picture->count; i++)
        picture->order[i] = i;
    qsort_r(picture->order, picture->count, sizeof(*picture->order), by_zone, picture->members);
    for (size_t i = 0; i < picture->count; i++) {
        const char *zone = picture->members[picture->order[i]].zone;
        picture->zones += i == 0 || strcmp(zone, picture->members[picture->order[i - 1]].zone) != 0;
    }
    if (picture->zones == 1 && picture->members[0].zone[0] == '\0')
        picture->zones = 0;
}

static void read_member(struct picture_member *ret_member, const json_t *member, bool change)
{
    const json_t *before = change ? json_object_get(member, "before") : member;
    const json_t *after = change ? json_object_get(member, "after") : member;
    *ret_member = (struct picture_member){
        .name = cli_text(member, "name"),
        .zone = cli_text(after ? after : before, "zone"),
        .share = {cli_real(before, "share"), cli_real(after, "share")},
        .gained = cli_real(member, "gained"),
        .lost = cli_real(member, "lost"),
        .replicas = cli_real(member, "replicas"),
    };
    ret_member->weight = change ? ret_member->gained + ret_member->lost : ret_member->share[AFTER];
}

/* Makes everything but the drawing. False after saying what is wrong with the answer. */
static bool picture_prepare(struct picture *picture, const json_t *answer, bool change)
{
    const json_t *members = json_object_get(answer, "members");
    const json_t *said[SIDES] = {change ? json_object_get(answer, "before") : answer,
                                 change ? json_object_get(answer, "after") : answer};
    picture->n = cli_number(answer, "n") > 0 && cli_number(answer, "n") <= HEARSAY_REPLICAS_MAX
                     ? (uint32_t)cli_number(answer, "n")
                     : 1;
    picture->apart = cli_flag(answer, "zones");
    picture->count = json_array_size(members);
    picture->members = calloc(picture->count + 1, sizeof(*picture->members));
    picture->order = calloc(picture->count + 1, sizeof(*picture->order));
    if (!picture->members || !picture->order)
        cli_out_of_memory();
    for (size_t i = 0; i < picture->count; i++)
        read_member(&picture->members[i], json_array_get(members, i), change);
    sort_members(picture);
    for (int side = 0; side < SIDES; side++) {
        const char *key = side == BEFORE ? "before" : "after";
        picture->rings[side] = make_ring(members, change ? key : NULL);
        if (!ring_proved(picture->rings[side], said[side])) {
            cli_complain("cannot draw the ring: its members do not have the checksum that the "
                         "agent says (is it of another release?)");
            return false;
        }
        number_members(picture, side);
    }
    sample_rings(picture);
    picture_lay_out(picture);
    return true;
}

static void picture_release(struct picture *picture)
{
    for (int side = 0; side < SIDES; side++) {
        hearsay_ring_unref(picture->rings[side]);
        free(picture->numbers[side]);
    }
    free(picture->members);
    free(picture->order);
    free(picture);
}

/* ---- words ------------------------------------------------------------------------------- */

/* Text at a place; `anchor` is start or end. */
__attribute__((format(printf, 6, 7))) static void put_words(const struct picture *picture, int x,
                                                            int y, const char *anchor,
                                                            const char *style, const char *format,
                                                            ...)
{
    va_list args;
    va_start(args, format);
    char *text = cli_vformat(format, args);
    va_end(args);
    fprintf(picture->svg.file, "<text x='%d' y='%d' text-anchor='%s' %s>", x, y, anchor, style);
    svg_put_text(&picture->svg, text, UINT32_MAX);
    fputs("</text>\n", picture->svg.file);
    free(text);
}

#define PLAIN "fill='#222'"
#define FAINT "fill='#777'"
#define HEAD  "fill='#777' font-size='11' letter-spacing='1'"

static void put_member(const struct picture *picture, size_t number, int y, bool change)
{
    const struct picture_member *member = &picture->members[number];
    FILE *file = picture->svg.file;
    fprintf(file,
            "<rect x='%d' y='%d' width='12' height='12' rx='2' fill='%s'/>"
            "<text x='%d' y='%d' fill='#222'>",
            LEGEND_X, y - 11, picture_colour(number).text, LEGEND_X + 20, y);
    svg_put_text(&picture->svg, member->name, NAME_CHARS);
    fputs("</text>\n", file);
    if (!change) {
        if (picture->n > 1)
            put_words(picture, LEGEND_END - 90, y, "end", PLAIN, "%.2f %%", member->replicas * 100);
        put_words(picture, LEGEND_END, y, "end", PLAIN, "%.2f %%", member->share[AFTER] * 100);
        return;
    }
    put_words(picture, LEGEND_END - 170, y, "end", PLAIN, "%.2f %%", member->share[AFTER] * 100);
    if (member->gained > 0)
        put_words(picture, LEGEND_END - 85, y, "end", "fill='#00734f'", "+%.2f %%",
                  member->gained * 100);
    if (member->lost > 0)
        put_words(picture, LEGEND_END, y, "end", "fill='#b5451b'", "\xe2\x88\x92%.2f %%",
                  member->lost * 100);
}

/* Whom the legend names: of a change those that it concerns. */
static bool legend_lists(const struct picture_member *member, bool change)
{
    return !change || member->gained > 0 || member->lost > 0;
}

static void put_legend(const struct picture *picture, int y, bool change)
{
    const char *zone = NULL;
    size_t rest = 0;
    for (size_t i = 0; i < picture->count; i++) {
        const struct picture_member *member = &picture->members[picture->order[i]];
        bool new_zone = picture->zones > 0 && (!zone || strcmp(zone, member->zone) != 0);
        if (!legend_lists(member, change))
            continue;
        if (y + (new_zone ? LEGEND_ROW : 0) > LEGEND_BOTTOM || rest > 0) {
            rest++;
            continue;
        }
        zone = member->zone;
        if (new_zone) {
            put_words(picture, LEGEND_X, y + 6, "start", "fill='#444' font-weight='bold'", "%.60s",
                      zone[0] != '\0' ? zone : "no zone");
            y += LEGEND_ROW + 4;
        }
        put_member(picture, picture->order[i], y, change);
        y += LEGEND_ROW;
    }
    if (rest > 0)
        put_words(picture, LEGEND_X + 20, y, "start", FAINT, "and %zu more", rest);
}

static void put_version(const struct picture *picture, int y, const char *what, const json_t *side)
{
    char time[CLI_WORD_MAX];
    cli_format_time(time, cli_text(side, "time"));
    put_words(picture, LEGEND_X, y, "start", FAINT, "%s", what);
    if (json_object_get(side, "version"))
        put_words(picture, LEGEND_X + 60, y, "start", PLAIN, "version %llu, %.19s UTC",
                  (unsigned long long)cli_number(side, "version"), time);
    else
        put_words(picture, LEGEND_X + 60, y, "start", PLAIN, "as planned");
}

static void put_replicas(const struct picture *picture, int y)
{
    put_words(picture, LEGEND_X, y, "start", FAINT, "%u replicas of a key%s", picture->n,
              picture->apart ? ", in distinct zones" : "");
}

static void describe_ring(const struct picture *picture, const json_t *answer)
{
    char tokens[CLI_WORD_MAX];
    put_words(picture, LEGEND_X, 60, "start", "fill='#222' font-size='26'", "Ring, version %llu",
              (unsigned long long)cli_number(answer, "version"));
    cli_format_count(tokens, cli_number(answer, "tokens"));
    put_words(picture, LEGEND_X, 84, "start", FAINT, "%s tokens, checksum %s", tokens,
              cli_text(answer, "checksum"));
    if (picture->n > 1)
        put_replicas(picture, 104);
    if (picture->n > 1)
        put_words(picture, LEGEND_END - 90, 136, "end", HEAD, "REPLICAS");
    put_words(picture, LEGEND_END, 136, "end", HEAD, "SHARE");
    put_legend(picture, 162, false);
}

static void describe_change(const struct picture *picture, const json_t *answer)
{
    put_words(picture, LEGEND_X, 64, "start", "fill='#222' font-size='36'", "%.2f %%",
              cli_real(answer, "moved") * 100);
    put_words(picture, LEGEND_X, 88, "start", FAINT, "of all keys %s",
              picture->n > 1 ? "get other owners" : "change their owner");
    put_version(picture, 116, "outer", json_object_get(answer, "before"));
    put_version(picture, 136, "inner", json_object_get(answer, "after"));
    if (picture->n > 1)
        put_replicas(picture, 156);
    put_words(picture, LEGEND_END - 170, 184, "end", HEAD, "AFTER");
    put_words(picture, LEGEND_END - 85, 184, "end", HEAD, "GAINED");
    put_words(picture, LEGEND_END, 184, "end", HEAD, "LOST");
    put_legend(picture, 210, true);
}

/* ---- the file ---------------------------------------------------------------------------- */

static int complain_file(const struct cli *cli)
{
    cli_complain("cannot write %s: %s", cli->value[CLI_SVG], strerror(errno));
    return HS_CTL_EXIT_REFUSED;
}

static int draw_picture(const struct cli *cli, const json_t *answer, bool change)
{
    struct picture *picture = calloc(1, sizeof(*picture));
    int code = HS_CTL_EXIT_REFUSED;
    if (!picture)
        cli_out_of_memory();
    if (!picture_prepare(picture, answer, change)) {
        picture_release(picture);
        return code;
    }
    if (!svg_open(&picture->svg, cli->value[CLI_SVG], PICTURE_WIDTH, PICTURE_HEIGHT)) {
        code = complain_file(cli);
        picture_release(picture);
        return code;
    }
    if (change) {
        picture_draw_change(picture);
        describe_change(picture, answer);
    } else {
        picture_draw_ring(picture);
        describe_ring(picture, answer);
    }
    code = svg_close(&picture->svg) ? HS_CTL_EXIT_OK : complain_file(cli);
    picture_release(picture);
    return code;
}

int cli_draw_ring(const struct cli *cli, const json_t *answer)
{
    return draw_picture(cli, answer, false);
}

int cli_draw_diff(const struct cli *cli, const json_t *answer)
{
    return draw_picture(cli, answer, true);
}
