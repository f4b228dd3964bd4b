/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One statement as words, and the numbers that words stand for. Every reader here returns false and
 * leaves its result untouched if a word is wrong; the usage line of the statement then says what
 * would be right.
 */
#ifndef SIM_WORDS_H
#define SIM_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIM_WORDS_MAX      24u
#define SIM_TEXT_MAX       256u /* bytes of one statement */
#define SIM_ERROR_TEXT_MAX 512u

struct sim_words {
    char text[SIM_TEXT_MAX];
    const char *words[SIM_WORDS_MAX];
    size_t count, at;
};

/* Splits at blanks; # begins a comment. False: too long, or too many words. */
bool sim_words_split(struct sim_words *ret_words, const char *text);

/* The word that comes next, or "" at the end; never NULL. */
const char *sim_words_peek(const struct sim_words *words);
const char *sim_words_next(struct sim_words *words);
bool sim_words_end(const struct sim_words *words);

/* Takes the next word if it is this one. */
bool sim_words_take(struct sim_words *words, const char *word);

/* "250us", "100ms", "1.5s", "5m", "1h", "2d", "1y": microseconds. A bare 0 is one too. */
bool sim_words_duration(const char *word, uint64_t *ret_us);

/* The same with a sign before it. */
bool sim_words_signed_duration(const char *word, int64_t *ret_us);

/* "20%", "0.1%": permille, 0 to 1,000; what is finer is refused. */
bool sim_words_share(const char *word, uint32_t *ret_permille);

/* Digits, with or without commas between thousands. */
bool sim_words_number(const char *word, uint64_t max, uint64_t *ret_number);

/* "n7" is 6: members are counted from 1 by people, and from 0 here. */
bool sim_words_member(const char *word, size_t len, uint32_t *ret_index);

/* "-3", "12.5s", … for messages and tables: the shortest exact way. `text` has 24 bytes. */
void sim_words_write_duration(uint64_t us, char text[24]);

#endif
