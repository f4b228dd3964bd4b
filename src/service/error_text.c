/* SPDX-License-Identifier: Apache-2.0 */
/*
 * This file is below nearly everything else in the agent, because every part can fail and must be
 * able to report it without other parts. A line often quotes what somebody has written, so
 * characters that cannot be seen are made visible here, for all of them, and keys are hidden.
 */
#include "service/error_text.h"

#include <stdarg.h>
#include <stdio.h>

#include "service/secret.h"
#include "service/visible.h"

void hs_error_text(char text[HS_ERROR_TEXT_MAX], const char *format, ...)
{
    char raw[HS_ERROR_TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(raw, sizeof(raw), format, args);
    va_end(args);
    hs_hide_keys(raw);
    hs_visible(raw, text, HS_ERROR_TEXT_MAX);
}
