/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hearsay-sim plays scenarios. Every statement of the language is also a flag: `--loss 1%` is the
 * line "loss 1%". Files are read first and flags after them, so that a flag can change what a file
 * says.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <hearsay/error.h>
#include <hearsay/version.h>

#include "json.h"
#include "plots.h"
#include "report.h"

#define EXIT_FAILED   1 /* an expectation or an invariant */
#define EXIT_USAGE    2
#define COMMAND_MAX   4096u
#define JOBS_MAX      256u
#define PLAIN_LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_./,:=%+"

struct options {
    struct sim_scenario scenario;
    const char *json, *svg;
    uint32_t jobs, only;
    bool check, quiet;
    char command[COMMAND_MAX];
};

static void print_help(void)
{
    size_t count;
    const struct sim_verb_row *rows = sim_verb_rows(&count);
    puts("usage: hearsay-sim [OPTION]... [FILE.sim]...\n"
         "\n"
         "Plays a cluster in simulated time and tells what its verdicts cost and are worth.\n"
         "\n"
         "  --json FILE   the results as JSON; - is standard output, instead of the table\n"
         "  --svg DIR     plots\n"
         "  --jobs N      runs at the same time (default: one a processor)\n"
         "  --only RUN    one of the runs, to look at it again\n"
         "  --check       read the scenario and say whether it is right\n"
         "  --quiet       no line of progress\n"
         "  --help, --version\n"
         "\n"
         "Statements, one a line in a file, or as flags (--loss 1%, --at '10s crash n7'):\n");
    for (size_t i = 0; i < count; i++)
        printf("  %s\n", rows[i].usage);
    puts("\nWHO is n7, n1,n4, n1..n9, all, random, 5 random, 1%, half, rack A or others.\n"
         "See hearsay-sim(1).");
}

/* ---- the command that repeats it --------------------------------------------------------- */

static void append(char command[COMMAND_MAX], const char *word)
{
    size_t len = strlen(command);
    bool plain = *word != '\0' && strspn(word, PLAIN_LETTERS) == strlen(word);
    snprintf(command + len, COMMAND_MAX - len, plain ? "%s%s" : "%s'%s'", len ? " " : "", word);
}

static void write_command(struct options *options, int argc, char **argv)
{
    append(options->command, "hearsay-sim");
    for (int i = 1; i < argc; i++) {
        bool output = strcmp(argv[i], "--json") == 0 || strcmp(argv[i], "--svg") == 0 ||
                      strcmp(argv[i], "--only") == 0;
        if (output)
            i++;
        else
            append(options->command, argv[i]);
    }
}

/* ---- options ----------------------------------------------------------------------------- */

static int complain(const char *what, const char *error)
{
    fprintf(stderr, "hearsay-sim: %s%s%s\n", what, *what ? ": " : "", error);
    return EXIT_USAGE;
}

static bool read_count(const char *text, uint64_t max, uint32_t *ret_count)
{
    uint64_t number;
    if (!sim_words_number(text, max, &number) || number == 0)
        return false;
    *ret_count = (uint32_t)number;
    return true;
}

/* One of the tool's own options. 0: taken; 1: not one of them; else the exit code. */
static int read_own(struct options *options, const char *flag, const char *value)
{
    if (strcmp(flag, "--json") == 0)
        options->json = value;
    else if (strcmp(flag, "--svg") == 0)
        options->svg = value;
    else if (strcmp(flag, "--jobs") == 0)
        return read_count(value, JOBS_MAX, &options->jobs)
                   ? 0
                   : complain(flag, "must be a number of processes, like 2");
    else if (strcmp(flag, "--only") == 0)
        return read_count(value, SIM_RUNS_MAX, &options->only)
                   ? 0
                   : complain(flag, "must be the number of a run, like 7");
    else
        return 1;
    return 0;
}

static int read_statement(struct options *options, const char *flag, const char *value)
{
    char text[2 * SIM_TEXT_MAX], error[SIM_ERROR_TEXT_MAX], what[SIM_TEXT_MAX];
    snprintf(text, sizeof text, "%s %s", flag + 2, value);
    if (sim_scenario_read(&options->scenario, text, 0, error) == 0)
        return 0;
    snprintf(what, sizeof what, "%.60s '%.150s'", flag, value);
    return complain(what, error);
}

static bool is_switch(struct options *options, const char *flag)
{
    if (strcmp(flag, "--check") == 0)
        options->check = true;
    else if (strcmp(flag, "--quiet") == 0)
        options->quiet = true;
    else
        return false;
    return true;
}

static int read_flags(struct options *options, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const char *flag = argv[i];
        if (strncmp(flag, "--", 2) != 0 || is_switch(options, flag))
            continue;
        const char *value = argv[++i];
        /* An empty variable must not make the next flag a value. */
        if (value == NULL || strncmp(value, "--", 2) == 0)
            return complain(flag, "needs a value; see hearsay-sim --help");
        int result = read_own(options, flag, value);
        if (result == 1)
            result = read_statement(options, flag, value);
        if (result != 0)
            return result;
    }
    return 0;
}

static int read_files(struct options *options, int argc, char **argv)
{
    char error[SIM_ERROR_TEXT_MAX];
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "--", 2) == 0) {
            struct options ignored;
            i += !is_switch(&ignored, argv[i]);
            continue;
        }
        if (argv[i][0] == '-')
            return complain(argv[i], "options begin with --; see hearsay-sim --help");
        if (sim_scenario_read_file(&options->scenario, argv[i], error) != 0)
            return complain("", error);
    }
    return 0;
}

static int read_options(struct options *options, int argc, char **argv)
{
    char error[SIM_ERROR_TEXT_MAX];
    sim_scenario_init(&options->scenario);
    write_command(options, argc, argv);
    int result = read_files(options, argc, argv);
    if (result == 0)
        result = read_flags(options, argc, argv);
    if (result == 0 && sim_scenario_check(&options->scenario, error) != 0)
        result = complain("", error);
    if (result == 0 && options->only > options->scenario.runs)
        result = complain("--only", "there are not so many runs");
    return result;
}

/* ---- what is said ------------------------------------------------------------------------ */

static bool report_json(const struct options *options, const struct sim_runs *runs)
{
    if (strcmp(options->json, "-") == 0)
        return sim_report_json(stdout, runs, options->command);
    FILE *file = fopen(options->json, "w");
    bool ok = file != NULL && sim_report_json(file, runs, options->command);
    if (file != NULL && fclose(file) != 0)
        ok = false;
    if (!ok)
        perror(options->json);
    return ok;
}

static int report(const struct options *options, const struct sim_runs *runs)
{
    char error[SIM_ERROR_TEXT_MAX];
    bool ok = true;
    if (options->json == NULL || strcmp(options->json, "-") != 0)
        sim_report_table(stdout, runs, options->command);
    if (options->json != NULL)
        ok = report_json(options, runs);
    if (options->svg != NULL && sim_report_plots(options->svg, runs, error) != 0) {
        complain(options->svg, error);
        ok = false;
    }
    for (uint32_t i = 0; i < runs->count; i++)
        ok = ok && !sim_result_failed(&runs->results[i]);
    return ok && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILED;
}

static int play(const struct options *options)
{
    char error[SIM_ERROR_TEXT_MAX] = "";
    struct sim_runs runs = {
        .scenario = &options->scenario,
        .jobs = options->jobs,
        .only = options->only,
        .progress = !options->quiet && isatty(STDERR_FILENO),
    };
    int code = EXIT_FAILED;
    if (sim_runs_do(&runs, error) == 0)
        code = report(options, &runs);
    else
        complain("", error);
    sim_runs_fini(&runs);
    return code;
}

int main(int argc, char **argv)
{
    static struct options options;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            print_help();
            return EXIT_SUCCESS;
        }
        if (strcmp(argv[i], "--version") == 0 || strcmp(argv[i], "-V") == 0) {
            puts("hearsay-sim " HEARSAY_VERSION);
            return EXIT_SUCCESS;
        }
    }
    int result = read_options(&options, argc, argv);
    if (result != 0)
        return result;
    if (options.check) {
        puts("ok");
        return EXIT_SUCCESS;
    }
    return play(&options);
}
