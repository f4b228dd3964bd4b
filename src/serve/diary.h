/* SPDX-License-Identifier: Apache-2.0 */
/* The log: JSON lines on standard error, as hearsayd writes them to its own. They tell when the
 * program began and ended, and when its agent came and went. */
#ifndef HS_SERVE_DIARY_H
#define HS_SERVE_DIARY_H

#include <stdbool.h>

#include "serve/outlook.h"

struct hs_diary {
    uint64_t began; /* 0: nothing was looked at yet; boot time */
    bool told;      /* anything of the agent */
    bool there;     /* the agent was, when it was told last */
};

/* The program begins, or ends. */
void hs_diary_start(void);
void hs_diary_stop(void);

/* Tells whether the agent is there, if that has changed. */
void hs_diary_look(struct hs_diary *diary, const struct hs_outlook *outlook,
                   const struct hs_worth *worth, uint64_t now);

#endif
