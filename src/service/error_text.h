/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An error text: one line for the person who started the agent or sent it a command. A function
 * that can fail because of what it was asked writes the line into a buffer of its caller. The line
 * is printed once, at the top.
 */
#ifndef HS_SERVICE_ERROR_TEXT_H
#define HS_SERVICE_ERROR_TEXT_H

#define HS_ERROR_TEXT_MAX 512 /* bytes with the terminator; longer lines are truncated */

/* Writes the line, always terminated. What cannot be seen, a line end included, becomes an
 * escape, and a word that may be a key is not shown. */
void hs_error_text(char text[HS_ERROR_TEXT_MAX], const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
