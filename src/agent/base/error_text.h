/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One line of words for the person who started the agent or asked it for something. A function that
 * can fail because of what was asked writes the line into a buffer of its caller; it is printed
 * once, at the top.
 */
#ifndef HS_AGENT_BASE_ERROR_TEXT_H
#define HS_AGENT_BASE_ERROR_TEXT_H

#define HS_ERROR_TEXT_MAX 512 /* bytes with the terminator; longer lines are cut */

/* Writes the line. Always terminated, never with a newline of its own. */
void hs_error_text(char text[HS_ERROR_TEXT_MAX], const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
