/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Results for the eye: see plots.c.
 */
#ifndef SIM_PLOTS_H
#define SIM_PLOTS_H

#include "runs.h"

/* Plots into a folder, which is made. Returns 0 or an error with its text in `error`. */
int sim_report_plots(const char *folder, const struct sim_runs *runs,
                     char error[SIM_ERROR_TEXT_MAX]);

#endif
