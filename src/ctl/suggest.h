/* SPDX-License-Identifier: Apache-2.0 */
/* "Did you mean ...?" for a mistyped word: commands, options and keys of daemon and tool. */
#ifndef HEARSAY_CTL_SUGGEST_H
#define HEARSAY_CTL_SUGGEST_H

#include <stddef.h>

#define HS_CTL_WORD_MAX 32 /* longer words are not compared: no word of ours is that long */

/* The word nearest to `word` among `words` (NULLs are skipped), or NULL when none is near. A word
 * of up to 3 bytes may differ by one edit, a longer one by two. The beginning of a word, of 3 bytes
 * or more, is one edit away from it. Of equally near words the first is taken. */
const char *hs_ctl_nearest(const char *word, const char *const *words, size_t count);

#endif
