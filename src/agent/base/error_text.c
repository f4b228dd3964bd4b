/* SPDX-License-Identifier: Apache-2.0 */
/*
 * This file is below everything else in the agent, because every part can fail and must be able to
 * report it without other parts.
 */
#include "agent/base/error_text.h"

#include <stdarg.h>
#include <stdio.h>

void hs_error_text(char text[HS_ERROR_TEXT_MAX], const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(text, HS_ERROR_TEXT_MAX, format, args);
    va_end(args);
}
