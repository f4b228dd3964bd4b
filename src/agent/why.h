/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One line of words for whoever started the agent: every function that can fail because of what
 * was asked for says why in a buffer of its caller, and main prints it once.
 */
#ifndef HS_AGENT_WHY_H
#define HS_AGENT_WHY_H

#define HS_WHY_MAX 512 /* bytes with the terminator; longer lines are cut */

/* Writes the line. Always terminated, never with a newline. */
void hs_why(char why[HS_WHY_MAX], const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
