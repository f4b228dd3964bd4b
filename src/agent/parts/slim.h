/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that a child of fork has and does not need. */
#ifndef HS_AGENT_PARTS_SLIM_H
#define HS_AGENT_PARTS_SLIM_H

/* Gives back the heap, the zero-initialized variables of the program itself, and its code and
 * constants, which are read again when they are needed. Afterwards the process has its stack, the
 * variables of its libraries, and what it has mapped. It must not use the heap any more. */
void hs_slim(void);

#endif
