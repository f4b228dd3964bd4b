/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ring against fixed answers, made by another program in another language (ring_vectors.py): a
 * change of hash, byte order or tie rule would split clusters in upgrade, and shows here.
 *
 * The file lies in data/ beside this source; HEARSAY_TEST_DATA names another directory.
 */
#include "ring_model.h"

#define LINE_MAX_SIZE 4096
#define RINGS_MAX     32
#define MEMBERS_MAX   32

struct vectors {
    struct memory memory;
    struct hearsay_ring *rings[RINGS_MAX], *ring;
    char titles[RINGS_MAX][64];
    size_t count, lines;
    struct hearsay_ring_member members[MEMBERS_MAX];
    char names[MEMBERS_MAX][HEARSAY_NAME_MAX + 1], zones[MEMBERS_MAX][HEARSAY_ZONE_MAX + 1];
    size_t member_count;
    uint32_t range_at; /* ranges of this ring that were read */
    uint32_t held_of, held_at;
    struct hearsay_ring_diff diff;
    char diff_title[256];
};

static FILE *open_vectors(void)
{
    char path[1024];
    const char *dir = getenv("HEARSAY_TEST_DATA"), *slash = strrchr(__FILE__, '/');
    int here = slash ? (int)(slash - __FILE__) : 0;
    if (dir != NULL)
        snprintf(path, sizeof path, "%s/ring-vectors.txt", dir);
    else
        snprintf(path, sizeof path, "%.*s/data/ring-vectors.txt", here ? here : 1,
                 here ? __FILE__ : ".");
    FILE *file = fopen(path, "r");
    if (file == NULL)
        ck_abort_msg("cannot open %s", path);
    return file;
}

static uint64_t hex(const char *text)
{
    char *end;
    uint64_t value = strtoull(text, &end, 16);
    ENSURE(end == text + 16);
    return value;
}

static uint32_t index_of(const struct hearsay_ring *ring, const char *name)
{
    uint32_t index = UINT32_MAX;
    ENSURE(hearsay_ring_find(ring, name, &index) == 0);
    return index;
}

static const struct hearsay_ring *titled(const struct vectors *vectors, const char *title)
{
    for (size_t i = 0; i < vectors->count; i++)
        if (strcmp(vectors->titles[i], title) == 0)
            return vectors->rings[i];
    ck_abort_msg("no ring %s", title);
    return NULL;
}

/* "n1,n2,n3": the members with these indices. */
static void check_names(const struct hearsay_ring *ring, const uint32_t *found, size_t count,
                        char *names)
{
    size_t at = 0;
    for (char *rest, *name = strtok_r(names, ",", &rest); name; name = strtok_r(NULL, ",", &rest))
        ENSURE(at < count && strcmp(hearsay_ring_member_at(ring, found[at++]).name, name) == 0);
    ENSURE(at == count && count > 0);
}

/* The first three of the preference list. */
static void check_owners(const struct hearsay_ring *ring, uint64_t point, char *names)
{
    uint32_t found[3];
    check_names(ring, found, hearsay_ring_owners(ring, point, found, 3), names);
    ENSURE(index_of(ring, ring_owner_name(ring, point)) == found[0]);
}

/* A ring whose ranges are listed has no others. */
static void end_ring(const struct vectors *v)
{
    ENSURE(v->range_at == 0 || v->range_at == hearsay_ring_ranges(v->ring, UINT32_MAX, NULL, 0));
}

static void on_ring(struct vectors *v, char **words)
{
    end_ring(v);
    ENSURE(v->count < RINGS_MAX);
    snprintf(v->titles[v->count], sizeof v->titles[0], "%s", words[0]);
    v->member_count = v->range_at = v->held_of = 0;
}

static void on_member(struct vectors *v, char **words)
{
    ENSURE(v->member_count < MEMBERS_MAX);
    char *name = v->names[v->member_count];
    snprintf(name, sizeof v->names[0], "%s", words[0]);
    v->members[v->member_count++] =
        (struct hearsay_ring_member){name, NULL, (uint32_t)strtoul(words[1], NULL, 10)};
}

static void on_zone(struct vectors *v, char **words)
{
    for (size_t i = 0; i < v->member_count; i++) {
        if (strcmp(v->names[i], words[0]) != 0)
            continue;
        snprintf(v->zones[i], sizeof v->zones[0], "%s", words[1]);
        v->members[i].zone = v->zones[i];
        return;
    }
    ck_abort_msg("no member %s", words[0]);
}

static void on_built(struct vectors *v, char **words)
{
    v->ring = v->rings[v->count++] = ring_of(&v->memory, v->members, v->member_count);
    ENSURE(hearsay_ring_tokens(v->ring) == strtoul(words[0], NULL, 10));
    ENSURE(hearsay_ring_checksum(v->ring) == hex(words[1]));
}

static void on_zones(struct vectors *v, char **words)
{
    ENSURE(hearsay_ring_zones_checksum(v->ring) == hex(words[0]));
}

static void on_share(struct vectors *v, char **words)
{
    ENSURE(hearsay_ring_share(v->ring, index_of(v->ring, words[0])) == hex(words[1]));
}

static void on_lookup(struct vectors *v, char **words)
{
    uint8_t key[LINE_MAX_SIZE / 2];
    size_t len = words[0][0] == '-' ? 0 : strlen(words[0]) / 2;
    for (size_t i = 0; i < len; i++) {
        const char digits[] = {words[0][2 * i], words[0][2 * i + 1], 0};
        key[i] = (uint8_t)strtoul(digits, NULL, 16);
    }
    ENSURE(hearsay_ring_hash(len > 0 ? key : NULL, len) == hex(words[1]));
    check_owners(v->ring, hex(words[1]), words[2]);
}

static void on_point(struct vectors *v, char **words)
{
    check_owners(v->ring, hex(words[0]), words[1]);
}

static void on_range(struct vectors *v, char **words)
{
    struct hearsay_ring_range ranges[128];
    size_t count = hearsay_ring_ranges(v->ring, UINT32_MAX, ranges, 128);
    ENSURE(v->range_at < count && count <= 128);
    const struct hearsay_ring_range *range = &ranges[v->range_at++];
    ENSURE(range->first == hex(words[0]) && range->last == hex(words[1]));
    ENSURE(range->owner == index_of(v->ring, words[2]));
}

static void on_moved(struct vectors *v, char **words)
{
    ENSURE(hearsay_ring_moved(titled(v, words[0]), titled(v, words[1])) == hex(words[2]));
}

static void on_replicas(struct vectors *v, char **words)
{
    uint32_t found[MEMBERS_MAX];
    check_names(v->ring, found, hearsay_ring_replicas(v->ring, hex(words[0]), found, MEMBERS_MAX),
                words[1]);
}

static uint64_t decimal(const char *text)
{
    return strtoull(text, NULL, 10);
}

static void on_bound(struct vectors *v, char **words)
{
    ENSURE(hearsay_ring_bound(v->ring, index_of(v->ring, words[0]), decimal(words[1]),
                              (uint32_t)decimal(words[2])) == decimal(words[3]));
}

static void on_bounded(struct vectors *v, char **words)
{
    uint64_t loads[MEMBERS_MAX];
    uint32_t owner = UINT32_MAX;
    size_t at = 0;
    for (char *rest, *load = strtok_r(words[3], ",", &rest); load;
         load = strtok_r(NULL, ",", &rest))
        loads[at++] = decimal(load);
    ENSURE(at == hearsay_ring_members(v->ring));
    ENSURE(hearsay_ring_owner_bounded(v->ring, hex(words[0]), loads, decimal(words[1]),
                                      (uint32_t)decimal(words[2]), &owner) == 0);
    ENSURE(owner == index_of(v->ring, words[4]));
}

static bool zones_word(const char *word)
{
    ENSURE(strcmp(word, "zones") == 0 || strcmp(word, "plain") == 0);
    return word[0] == 'z';
}

/* All of a member's are listed together: the next line is the next range. */
static void on_held(struct vectors *v, char **words)
{
    struct hearsay_ring_range ranges[128];
    uint32_t index = index_of(v->ring, words[0]);
    size_t count = hearsay_ring_replica_ranges(v->ring, index, (uint32_t)decimal(words[1]),
                                               zones_word(words[2]), ranges, 128);
    v->held_at = v->held_of == index + 1 ? v->held_at + 1 : 0;
    v->held_of = index + 1;
    ENSURE(v->held_at < count && count <= 128);
    ENSURE(ranges[v->held_at].first == hex(words[3]) && ranges[v->held_at].last == hex(words[4]));
}

/* The lines of one difference follow each other; the next one begins when its words are others. */
static void on_move(struct vectors *v, char **words)
{
    const struct hearsay_ring *before = titled(v, words[0]), *after = titled(v, words[1]);
    char title[sizeof v->diff_title];
    struct hearsay_ring_move move;
    snprintf(title, sizeof title, "%s %s %s %s", words[0], words[1], words[2], words[3]);
    if (strcmp(title, v->diff_title) != 0) {
        ENSURE(v->diff_title[0] == '\0' || !hearsay_ring_diff_next(&v->diff, &move));
        snprintf(v->diff_title, sizeof v->diff_title, "%s", title);
        hearsay_ring_diff_begin(&v->diff, before, after, (uint32_t)decimal(words[2]),
                                zones_word(words[3]));
    }
    ENSURE(hearsay_ring_diff_next(&v->diff, &move));
    ENSURE(move.first == hex(words[4]) && move.last == hex(words[5]));
    check_names(before, move.before, move.before_count, words[6]);
    check_names(after, move.after, move.after_count, words[7]);
}

static const struct {
    const char *word;
    int words;
    void (*check)(struct vectors *, char **);
} kinds[] = {
    {"ring", 1, on_ring},         {"member", 2, on_member}, {"built", 2, on_built},
    {"share", 2, on_share},       {"lookup", 3, on_lookup}, {"point", 2, on_point},
    {"range", 3, on_range},       {"moved", 3, on_moved},   {"zone", 2, on_zone},
    {"replicas", 2, on_replicas}, {"bound", 4, on_bound},   {"bounded", 5, on_bounded},
    {"held", 5, on_held},         {"move", 8, on_move},     {"zones", 1, on_zones},
};

static void check_line(struct vectors *vectors, char *line)
{
    char *words[8], *rest, *kind = strtok_r(line, " \n", &rest);
    int count = 0;
    if (kind == NULL || kind[0] == '#')
        return;
    for (char *word; count < 8 && (word = strtok_r(NULL, " \n", &rest)) != NULL;)
        words[count++] = word;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(kinds[i].word, kind) != 0)
            continue;
        ENSURE(count == kinds[i].words);
        kinds[i].check(vectors, words);
        vectors->lines++;
        return;
    }
    ck_abort_msg("what is a line that begins with %s?", kind);
}

START_TEST(test_the_ring_is_what_another_program_says)
{
    static struct vectors vectors;
    char line[LINE_MAX_SIZE];
    FILE *file = open_vectors();
    while (fgets(line, sizeof line, file) != NULL)
        check_line(&vectors, line);
    fclose(file);
    end_ring(&vectors);
    ck_assert_uint_eq(vectors.count, 11);
    ck_assert_uint_gt(vectors.lines, 500);
    for (size_t i = 0; i < vectors.count; i++)
        hearsay_ring_unref(vectors.rings[i]);
    ck_assert_uint_eq(vectors.memory.live, 0);
}
END_TEST

HARNESS_MAIN("ring_vectors", test_the_ring_is_what_another_program_says)
