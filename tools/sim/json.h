/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Results for programs: see json.c.
 */
#ifndef SIM_JSON_H
#define SIM_JSON_H

#include <stdio.h>

#include "runs.h"

/* One JSON object. Returns false when it can't be written. */
bool sim_report_json(FILE *out, const struct sim_runs *runs, const char *command);

#endif
