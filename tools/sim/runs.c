/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One process a run, started from a copy of the beginning. Pages that a run does not change stay
 * shared; large pages are copied whole, because a kernel copies them in small pieces (below).
 */
#include "runs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <hearsay/error.h>

#define POLL_US    50000u
#define HUGE_PAGE  ((uintptr_t)1 << 21)
#define SMALL_PAGE 4096u

/* Younger than some libraries' headers. */
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* Linux 5.14 */
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25 /* Linux 6.1 */
#endif

/* What the runs tell while they go. Each run writes its own place only. */
struct board {
    volatile uint64_t time[SIM_RUNS_MAX];
};

struct worker {
    pid_t pid;
    uint32_t run;
    FILE *file;
};

struct crew {
    struct sim_runs *runs;
    struct sim_play *play;
    struct board *board;
    struct worker *workers;
    unsigned room, busy;
    uint32_t done;
};

/* ---- progress ---------------------------------------------------------------------------- */

static void show_beginning(void *context, const struct sim_play *play)
{
    (void)context;
    fprintf(stderr, "\rbeginning: %.1f s, %u of %u members run, %u not yet agreed on   ",
            (double)sim_time(play->world) / 1e6, play->running, play->scenario->members,
            play->unsettled);
}

static void note_progress(void *context, const struct sim_play *play)
{
    struct board *board = context;
    int64_t time = sim_play_time(play);
    board->time[play->result.run - 1] = time > 0 ? (uint64_t)time : 0;
}

static void show_alone(void *context, const struct sim_play *play)
{
    (void)context;
    int64_t time = sim_play_time(play);
    fprintf(stderr, "\r%.0f %% simulated          ",
            time > 0 ? 100.0 * (double)time / (double)(play->scenario->run + 1) : 0.0);
}

static void show_runs(const struct crew *crew)
{
    uint64_t sum = 0;
    uint64_t each = crew->runs->scenario->run + 1;
    if (!crew->runs->progress)
        return;
    for (uint32_t i = 0; i < crew->runs->scenario->runs; i++)
        sum += crew->board->time[i];
    fprintf(stderr, "\r%u of %u runs done, %.0f %% simulated                         ", crew->done,
            crew->runs->count, 100.0 * (double)sum / (double)each / (double)crew->runs->count);
}

static void clear_line(const struct sim_runs *runs)
{
    if (runs->progress)
        fprintf(stderr, "\r%70s\r", "");
}

/* ---- workers ----------------------------------------------------------------------------- */

/* The first line of a mapping: "7f0200000000-7f0240000000 rw-p ...". */
static bool read_range(const char *line, uintptr_t *ret_begin, uintptr_t *ret_end)
{
    char *rest;
    uintptr_t begin = strtoul(line, &rest, 16);
    if (rest == line || *rest != '-')
        return false;
    *ret_begin = begin;
    *ret_end = strtoul(rest + 1, NULL, 16);
    return true;
}

static void make_huge(uintptr_t begin, uintptr_t end)
{
    begin = (begin + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);
    for (; begin + HUGE_PAGE <= end; begin += HUGE_PAGE) {
        void *page = (void *)begin;
        if (madvise(page, SMALL_PAGE, MADV_POPULATE_WRITE) < 0 ||
            (madvise(page, HUGE_PAGE, MADV_COLLAPSE) < 0 && errno == EINVAL))
            return;
    }
}

/* After a fork the kernel copies what is written to in pages of 4 kB, even where the parent has
 * pages of 2 MB, and a large cluster then runs several times slower. So each huge page is copied
 * and made whole again at once. A kernel that cannot do that is only slow. */
static void copy_huge_pages(void)
{
    static const char huge[] = "AnonHugePages:";
    char line[512];
    uintptr_t begin = 0, end = 0;
    FILE *maps = fopen("/proc/self/smaps", "r");
    if (maps == NULL)
        return;
    while (fgets(line, sizeof line, maps) != NULL) {
        if (read_range(line, &begin, &end) || strncmp(line, huge, sizeof huge - 1) != 0)
            continue;
        uintptr_t bytes = 1024 * (uintptr_t)strtoul(line + sizeof huge - 1, NULL, 10);
        if (bytes >= (end - begin) / 2) /* else most of it is not there, and shall not come */
            make_huge(begin, end);
    }
    fclose(maps);
}

/* The child: never returns. */
static void work(struct crew *crew, uint32_t run, FILE *file)
{
    struct sim_play *play = crew->play;
    play->progress = note_progress;
    play->progress_context = crew->board;
    copy_huge_pages();
    int result = sim_play_run(play, run);
    crew->board->time[run - 1] = crew->runs->scenario->run;
    bool written = result == 0 && sim_result_write(&play->result, fileno(file));
    _exit(written ? EXIT_SUCCESS : EXIT_FAILURE);
}

static bool hire(struct crew *crew, uint32_t run)
{
    struct worker worker = {.run = run, .file = tmpfile()};
    if (worker.file == NULL)
        return false;
    worker.pid = fork();
    if (worker.pid == 0)
        work(crew, run, worker.file);
    if (worker.pid < 0) {
        fclose(worker.file);
        return false;
    }
    crew->workers[crew->busy++] = worker;
    return true;
}

/* The worker of this process has ended: take its result. */
static bool collect(struct crew *crew, unsigned index, int status, char error[SIM_ERROR_TEXT_MAX])
{
    struct worker worker = crew->workers[index];
    uint32_t place = crew->runs->only > 0 ? 0 : worker.run - 1;
    crew->workers[index] = crew->workers[--crew->busy];
    bool ok = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    rewind(worker.file);
    if (ok)
        ok = sim_result_read(&crew->runs->results[place], fileno(worker.file));
    if (!ok && WIFSIGNALED(status))
        snprintf(error, SIM_ERROR_TEXT_MAX, "run %u was ended by signal %d", worker.run,
                 WTERMSIG(status));
    else if (!ok)
        snprintf(error, SIM_ERROR_TEXT_MAX, "run %u ran out of memory or disk", worker.run);
    fclose(worker.file);
    crew->done++;
    return ok;
}

static bool collect_any(struct crew *crew, char error[SIM_ERROR_TEXT_MAX])
{
    bool ok = true;
    for (unsigned i = crew->busy; i-- > 0;) {
        int status;
        if (waitpid(crew->workers[i].pid, &status, WNOHANG) == crew->workers[i].pid)
            ok = collect(crew, i, status, error) && ok;
    }
    return ok;
}

static bool manage(struct crew *crew, char error[SIM_ERROR_TEXT_MAX])
{
    struct sim_runs *runs = crew->runs;
    uint32_t next = runs->only > 0 ? runs->only : 1;
    uint32_t last = runs->only > 0 ? runs->only : runs->scenario->runs;
    bool ok = true;
    while (crew->busy > 0 || (ok && next <= last)) {
        while (ok && crew->busy < crew->room && next <= last)
            if (!hire(crew, next++)) {
                snprintf(error, SIM_ERROR_TEXT_MAX, "no process for another run");
                ok = false;
            }
        show_runs(crew);
        usleep(runs->scenario->members > 500 ? POLL_US : POLL_US / 10);
        ok = collect_any(crew, error) && ok;
    }
    return ok;
}

/* Pages of memory that this process holds. */
static long resident_pages(void)
{
    char text[128] = "";
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL)
        return 0;
    if (fgets(text, sizeof text, file) == NULL)
        text[0] = '\0';
    fclose(file);
    char *end = text + strcspn(text, " "); /* the second number */
    return strtol(end, NULL, 10);
}

/* Copies of a process share what they don't change; in an hour they change most of it. */
static unsigned choose_jobs(const struct sim_runs *runs)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN), pages = sysconf(_SC_AVPHYS_PAGES);
    unsigned jobs = (unsigned)(processors > 0 ? processors : 1);
    if (runs->jobs > 0)
        return runs->jobs;
    while (jobs > 1 && pages > 0 && resident_pages() * (long)jobs > pages)
        jobs--;
    return jobs;
}

static int employ(struct sim_runs *runs, struct sim_play *play, char error[SIM_ERROR_TEXT_MAX])
{
    struct crew crew = {.runs = runs, .play = play, .room = choose_jobs(runs)};
    void *board =
        mmap(NULL, sizeof(struct board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    crew.workers = calloc(crew.room, sizeof *crew.workers);
    bool ok = crew.workers != NULL && board != MAP_FAILED;
    if (ok) {
        crew.board = board;
        fflush(NULL);
        ok = manage(&crew, error);
        munmap(board, sizeof(struct board));
    } else {
        snprintf(error, SIM_ERROR_TEXT_MAX, "out of memory");
    }
    free(crew.workers);
    return ok ? 0 : HEARSAY_ERR_NOMEM;
}

/* A single run needs no copy of the beginning: of thousands of members that is half the memory. */
static int do_alone(struct sim_runs *runs, struct sim_play *play, char error[SIM_ERROR_TEXT_MAX])
{
    play->progress = runs->progress ? show_alone : NULL;
    int result = sim_play_run(play, runs->only > 0 ? runs->only : 1);
    if (result != 0)
        snprintf(error, SIM_ERROR_TEXT_MAX, "%s", hearsay_strerror(result));
    runs->results[0] = play->result;
    play->result = (struct sim_result){0};
    return result;
}

/* Of the two numbers and their order. */
static uint64_t mix(uint64_t digest, uint64_t next)
{
    return digest * UINT64_C(0x9e3779b97f4a7c15) + next;
}

/* ---- all --------------------------------------------------------------------------------- */

/* A beginning that fails is the only result. */
static int keep_beginning(struct sim_runs *runs, struct sim_play *play)
{
    runs->results[0] = play->result;
    play->result = (struct sim_result){0};
    runs->count = 1;
    return 0;
}

int sim_runs_do(struct sim_runs *runs, char error[SIM_ERROR_TEXT_MAX])
{
    struct sim_play play = {.progress = runs->progress ? show_beginning : NULL};
    runs->count = runs->only > 0 ? 1 : runs->scenario->runs;
    runs->results = calloc(runs->count, sizeof *runs->results);
    int result = runs->results != NULL ? sim_play_begin(&play, runs->scenario) : HEARSAY_ERR_NOMEM;
    runs->beginning_cpu_us = play.result.cpu_us;
    clear_line(runs);
    if (result == HEARSAY_ERR_INVALID && sim_result_failed(&play.result))
        result = keep_beginning(runs, &play);
    else if (result == 0 && runs->count == 1)
        result = do_alone(runs, &play, error);
    else if (result == 0)
        result = employ(runs, &play, error);
    else
        snprintf(error, SIM_ERROR_TEXT_MAX, "%s", hearsay_strerror(result));
    clear_line(runs);
    for (uint32_t i = 0; result == 0 && i < runs->count; i++) {
        runs->digest = mix(runs->digest, runs->results[i].digest);
        runs->events_digest = mix(runs->events_digest, runs->results[i].events_digest);
    }
    sim_play_fini(&play);
    return result;
}

void sim_runs_fini(struct sim_runs *runs)
{
    for (uint32_t i = 0; runs->results != NULL && i < runs->count; i++)
        sim_result_fini(&runs->results[i]);
    free(runs->results);
    runs->results = NULL;
}
