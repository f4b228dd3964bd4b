/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that a child of fork has and does not need. */
#ifndef HS_AGENT_PARTS_SLIM_H
#define HS_AGENT_PARTS_SLIM_H

/* Gives back the heap, the variables of the program and of its libraries, their code and constants,
 * which are read again when they are needed, and the stack below the caller. Afterwards the process
 * has its frames and what it has mapped. It must not use the heap any more, and call nothing but
 * the functions that slim.c names: every other one may miss its variables. Where a library stands
 * between these and the C library (LD_PRELOAD), nothing is given back. */
void hs_slim(void);

#endif
