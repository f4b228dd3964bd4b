/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --trace FILE: each step of the node (hearsay/trace.h) as a line of JSON, for maintainers. It is
 * written like the log: nothing blocks. What a reader or a full disk does not take waits in a
 * bounded buffer. Lines that do not fit there are lost, and a later line says how many.
 */
#ifndef HS_AGENT_PARTS_TRACE_H
#define HS_AGENT_PARTS_TRACE_H

#include <hearsay/trace.h>

#include "agent/parts/log.h"
#include "service/error_text.h"

/* Opens the file for appending, or standard error for "-". With NULL there is no trace, and the
 * result is a closed log. Returns 0 or HEARSAY_ERR_INVALID with an error text. */
int hs_trace_open(struct hs_log *ret_trace, const char *path, char error[HS_ERROR_TEXT_MAX]);

/* Writes a step (`trace` of hearsay_config). `context` is the struct hs_log of hs_trace_open. */
void hs_trace_step(void *context, const struct hearsay_trace *step);

#endif
