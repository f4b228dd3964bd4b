/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Four plots of a set of runs: how long verdicts took, at what time of the run they were slow, how
 * many bytes were sent, and which verdicts were false.
 */
#include "plots.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <hearsay/error.h>

#include "plot.h"

#define PATH_ROOM 4096

_Static_assert(SIM_METRIC_COUNT <= SIM_PLOT_COLOURS, "each metric has a colour");

static bool begin(struct sim_plot *plot, const char *folder, const char *name, const char *title,
                  const char *x, const char *y, double x_max, double y_max)
{
    char path[PATH_ROOM];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return sim_plot_begin(plot, path, title, x, y, x_max, y_max);
}

static double run_seconds(const struct sim_runs *runs)
{
    return (double)runs->scenario->run / 1e6;
}

/* The slowest of all that is drawn. */
static double slowest(const struct sim_runs *runs)
{
    uint64_t most = 0;
    for (uint32_t i = 0; i < runs->count; i++)
        for (size_t j = 0; j < runs->results[i].sample_count; j++)
            if (runs->results[i].samples[j].us > most)
                most = runs->results[i].samples[j].us;
    return (double)most / 1e6;
}

static void draw_distribution(struct sim_plot *plot, const struct sim_series *series,
                              enum sim_metric metric)
{
    double count = (double)series->count;
    if (series->count == 0)
        return;
    sim_plot_line_begin(plot, (unsigned)metric);
    sim_plot_line_point(plot, (double)series->us[0] / 1e6, 0);
    for (size_t i = 0; i < series->count; i++)
        sim_plot_line_point(plot, (double)series->us[i] / 1e6, 100 * (double)(i + 1) / count);
    sim_plot_line_end(plot);
    sim_plot_legend(plot, (unsigned)metric, sim_metric_text(metric));
}

static bool plot_distributions(const char *folder, const struct sim_runs *runs)
{
    struct sim_plot plot;
    if (!begin(&plot, folder, "verdicts.svg", "Verdicts: how long they took", "seconds",
               "% of them", slowest(runs), 100))
        return false;
    for (int metric = 0; metric < SIM_METRIC_COUNT; metric++) {
        struct sim_series series;
        if (!sim_series_collect(&series, runs->results, runs->count, (enum sim_metric)metric))
            continue;
        draw_distribution(&plot, &series, (enum sim_metric)metric);
        sim_series_fini(&series);
    }
    return sim_plot_end(&plot);
}

static bool plot_times(const char *folder, const struct sim_runs *runs)
{
    bool seen[SIM_METRIC_COUNT] = {false};
    struct sim_plot plot;
    if (!begin(&plot, folder, "times.svg", "Verdicts: when, and how long they took",
               "seconds of the run", "seconds until the verdict", run_seconds(runs), slowest(runs)))
        return false;
    for (uint32_t i = 0; i < runs->count; i++)
        for (size_t j = 0; j < runs->results[i].sample_count; j++) {
            const struct sim_sample *sample = &runs->results[i].samples[j];
            seen[sample->metric] = true;
            sim_plot_point(&plot, sample->metric, (double)sample->at / 1e6,
                           (double)sample->us / 1e6);
        }
    for (int metric = 0; metric < SIM_METRIC_COUNT; metric++)
        if (seen[metric])
            sim_plot_legend(&plot, (unsigned)metric, sim_metric_text((enum sim_metric)metric));
    return sim_plot_end(&plot);
}

static void sum_slices(const struct sim_runs *runs, struct sim_slice sums[SIM_SLICES])
{
    memset(sums, 0, SIM_SLICES * sizeof sums[0]);
    for (uint32_t i = 0; i < runs->count; i++)
        for (unsigned s = 0; s < SIM_SLICES; s++) {
            sums[s].bytes += runs->results[i].slices[s].bytes;
            sums[s].false_dead += runs->results[i].slices[s].false_dead;
            sums[s].false_suspicions += runs->results[i].slices[s].false_suspicions;
        }
}

static bool plot_bytes(const char *folder, const struct sim_runs *runs,
                       const struct sim_slice sums[SIM_SLICES])
{
    struct sim_plot plot;
    double slice = run_seconds(runs) / SIM_SLICES;
    double scale = slice * runs->count * runs->scenario->members;
    double most = 0;
    for (unsigned s = 0; s < SIM_SLICES; s++)
        if ((double)sums[s].bytes / scale > most)
            most = (double)sums[s].bytes / scale;
    if (!begin(&plot, folder, "bytes.svg", "Sent by each member", "seconds of the run",
               "bytes a second", run_seconds(runs), most))
        return false;
    sim_plot_line_begin(&plot, 0);
    for (unsigned s = 0; s < SIM_SLICES; s++)
        sim_plot_line_point(&plot, ((double)s + 0.5) * slice, (double)sums[s].bytes / scale);
    sim_plot_line_end(&plot);
    return sim_plot_end(&plot);
}

static bool plot_false(const char *folder, const struct sim_runs *runs,
                       const struct sim_slice sums[SIM_SLICES])
{
    struct sim_plot plot;
    double slice = run_seconds(runs) / SIM_SLICES;
    uint64_t most = 0;
    for (unsigned s = 0; s < SIM_SLICES; s++) {
        most = sums[s].false_dead > most ? sums[s].false_dead : most;
        most = sums[s].false_suspicions > most ? sums[s].false_suspicions : most;
    }
    if (!begin(&plot, folder, "false.svg", "False verdicts", "seconds of the run",
               "verdicts, of all members", run_seconds(runs), (double)most))
        return false;
    for (unsigned s = 0; s < SIM_SLICES; s++) {
        sim_plot_bar(&plot, 5, s * slice, slice * 0.4, (double)sums[s].false_suspicions);
        sim_plot_bar(&plot, 1, (s + 0.45) * slice, slice * 0.4, (double)sums[s].false_dead);
    }
    sim_plot_legend(&plot, 5, "suspicions");
    sim_plot_legend(&plot, 1, "deaths");
    return sim_plot_end(&plot);
}

int sim_report_plots(const char *folder, const struct sim_runs *runs,
                     char error[SIM_ERROR_TEXT_MAX])
{
    struct sim_slice sums[SIM_SLICES];
    bool ok = mkdir(folder, 0777) == 0 || errno == EEXIST;
    sum_slices(runs, sums);
    ok = ok && plot_distributions(folder, runs) && plot_times(folder, runs) &&
         plot_bytes(folder, runs, sums) && plot_false(folder, runs, sums);
    if (ok)
        return 0;
    snprintf(error, SIM_ERROR_TEXT_MAX, "%s", strerror(errno));
    return HEARSAY_ERR_INVALID;
}
