/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The terminal of this process while a program has all of it: keys come at once and are not shown,
 * the screen is the alternate one. However the process ends, but for SIGKILL, the terminal is as it
 * was. There is one terminal for a process, so there is no struct of it.
 *
 * Signals arrive as a byte in cli_terminal_signals; cli_terminal_take says what came.
 */
#ifndef HEARSAY_CLI_TERMINAL_H
#define HEARSAY_CLI_TERMINAL_H

#include <stdbool.h>

#include "frame.h"
#include "top_view.h"

/* True if standard input and output are a terminal that can be drawn on. */
bool cli_terminal_usable(void);

/* Takes the terminal over, also once more if somebody has changed it meanwhile. Returns 0 or a
 * negative errno. */
int cli_terminal_enter(void);

/* Gives it back; no-op if it is not taken. */
void cli_terminal_leave(void);

/* Its size; 80 and 24 if it does not say. */
void cli_terminal_size(unsigned *ret_width, unsigned *ret_height);

/* A descriptor that can be read when a signal has come. */
int cli_terminal_signals(void);

/* What has come since the last call. */
struct cli_terminal_news {
    bool resized;
    bool suspend; /* SIGTSTP: call cli_terminal_suspend */
    bool resumed; /* SIGCONT: a shell has had the terminal, so take it over again */
    int end;      /* SIGINT, SIGTERM, SIGHUP or SIGQUIT; 0: none */
};
struct cli_terminal_news cli_terminal_take(void);

/* Gives the terminal back and stops, as a shell expects of Control-Z; when continued takes the
 * terminal over again. Returns 0 or a negative errno. */
int cli_terminal_suspend(void);

/* Shows a frame. Lines that are as in `before` (NULL: none) are left alone, and all others go out
 * in one write. Returns false when the terminal is gone, or a signal has come that ends the
 * process. */
bool cli_terminal_show(const struct cli_frame *frame, const struct cli_frame *before);

/* ---- keys -------------------------------------------------------------------------------- */

#define CLI_KEYS_MAX 256

/* Bytes that have come and are no whole key yet. All zeroes: none. */
struct cli_keys {
    unsigned char bytes[CLI_KEYS_MAX];
    size_t len;
};

/* Reads what has been typed. Returns false when the terminal is gone. */
bool cli_keys_read(struct cli_keys *keys);

/* Takes the next key: a byte, or one of enum cli_key. With `quiet` nothing came for a while, so a
 * lone escape is that key, and not the beginning of another one. Returns false if there is none. */
bool cli_keys_next(struct cli_keys *keys, bool quiet, int *ret_key);

#endif
