/* SPDX-License-Identifier: Apache-2.0 */
/* Memory of a program that cannot go on without it. What it has not done yet is in its state, so
 * that the next start goes on there. */
#ifndef HS_HANDLE_NEED_H
#define HS_HANDLE_NEED_H

/* Returns what was allocated; if that is NULL the process ends with HS_EXIT_FAILED and says so. */
void *hs_need(void *memory);

#endif
