/* SPDX-License-Identifier: Apache-2.0 */
/* When what is kept is written, and what is said if that fails. */
#ifndef HS_HANDLE_KEEPER_H
#define HS_HANDLE_KEEPER_H

#include <stdbool.h>
#include <stdint.h>

#include "handle/kept.h"
#include "handle/say.h"
#include "keep/state_dir.h"

#define HS_KEEPER_GAP_US   1000000  /* between two writings, at least */
#define HS_KEEPER_SHARE    10       /* of the time, at most one part is spent with writing */
#define HS_KEEPER_RETRY_US 30000000 /* after one that has failed */

/* All zeroes but the lock (-1): nothing is kept. */
struct hs_keeper {
    struct hs_state_dir dir; /* path NULL: nothing is kept */
    const struct hs_say *say;
    bool dirty;     /* something is not written yet */
    bool forbidden; /* the file there is not ours to replace */
    uint64_t next;  /* when it may be written */
    int error;      /* errno of the last writing; 0 */
    uint64_t said;  /* when that was said */
    char holder[HS_STATE_HOLDER_MAX];
};

/* Takes the lock of the directory; `path` NULL: nothing is kept. Returns false, after saying so, if
 * another process has it; whatever else is wrong is said, too, and does not keep anybody from
 * going on. */
bool hs_keeper_open(struct hs_keeper *keeper, const char *path, const struct hs_say *say);

/* Reads what is there into a feed that is empty. What is not good is said, and left alone if a
 * later release may need it. */
enum hs_kept_found hs_keeper_load(struct hs_keeper *keeper, struct hs_feed *feed,
                                  struct hs_kept *ret_kept);

/* What is there is another cluster's: nothing is kept by this process. */
void hs_keeper_forbid(struct hs_keeper *keeper, const char *why);

/* Something has changed. */
void hs_keeper_touch(struct hs_keeper *keeper);

/* True if it is time to write. `end`: it is the last time. */
bool hs_keeper_due(const struct hs_keeper *keeper, uint64_t now, bool end);

/* Writes; takes over the bytes. `now` is when the making of them began. */
void hs_keeper_save(struct hs_keeper *keeper, char *bytes, size_t len, uint64_t now);

/* When it is due again; UINT64_MAX: not before something changes. */
uint64_t hs_keeper_deadline(const struct hs_keeper *keeper);

void hs_keeper_close(struct hs_keeper *keeper);

#endif
