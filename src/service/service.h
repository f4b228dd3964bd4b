/* SPDX-License-Identifier: Apache-2.0 */
/* A program as a service of systemd, or of another manager that speaks its protocols. */
#ifndef HS_SERVICE_SERVICE_H
#define HS_SERVICE_SERVICE_H

#include <stdbool.h>

#include "service/error_text.h"

/* Exit codes of hearsayd and hearsay-serve. 3 is only hearsay's: no agent there. */
enum hs_exit {
    HS_EXIT_OK = 0,
    HS_EXIT_FAILED = 1,    /* another start may succeed */
    HS_EXIT_USAGE = 2,     /* none will, until an operator changes a setting */
    HS_EXIT_NAME_HELD = 4, /* none will, as long as the other agent with this name lives */
};

/* Of a start that failed: a setting is wrong on this machine, so that the exit code is
 * HS_EXIT_USAGE. */
#define HS_ERR_SETTING HEARSAY_ERR_NOTFOUND

/* The error of a start that could not open a path because of `number`, an errno: HS_ERR_SETTING if
 * the path is not there or forbidden, else HEARSAY_ERR_INVALID. */
int hs_service_path_error(int number);

/* Says that no file can be opened for appending at this path: `what` is "log". */
void hs_service_file_error(const char *what, const char *path, int number,
                           char error[HS_ERROR_TEXT_MAX]);

/* Adds to an error about a path where a service of systemd may write, if that is the reason:
 * `variable` is LOGS_DIRECTORY or RUNTIME_DIRECTORY (systemd.exec(5)). */
void hs_service_hint(int number, const char *variable, char error[HS_ERROR_TEXT_MAX]);

/* True if what is written to `fd` goes to systemd's journal ($JOURNAL_STREAM, systemd.exec(5)),
 * which takes "<4>" at the beginning of a line for the line's priority (sd-daemon(3)). */
bool hs_service_is_journal(int fd);

/* Writes one line of this priority (syslog(3)), after the program's name, to standard error, for
 * the operator or the journal. A service that runs must not wait for whoever reads that: then
 * `patient` is false, and a line that is not taken at once is not written. */
void hs_service_say(int priority, const char *words, bool patient);

/* Sends `state`, as in sd_notify(3), to the service manager. Never waits. Returns 0, also without a
 * manager that wants to know it, or a negative error with one line in `error`. */
int hs_service_notify(const char *state, char error[HS_ERROR_TEXT_MAX]);

#endif
