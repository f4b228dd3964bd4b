/* SPDX-License-Identifier: Apache-2.0 */
/* Codes and texts come from the one table in <hearsay/error.h>. */
#include <hearsay/error.h>

const char *hearsay_strerror(int code)
{
    switch (code) {
    case 0:
        return "no error";
#define ERROR_TEXT(name, number, text)                                                             \
    case number:                                                                                   \
        return text;
        HEARSAY_ERRORS(ERROR_TEXT)
#undef ERROR_TEXT
    default:
        return "unknown error";
    }
}
