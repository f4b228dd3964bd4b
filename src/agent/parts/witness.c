/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The witness must outlive what ends the agent. So it has a session of its own, for who signals a
 * group or closes a terminal; it blocks every signal that can be blocked, for who signals all
 * processes of a unit; and it has another name, for who signals all processes of one.
 *
 * It must not hold what the agent held: it closes every descriptor but two, and gives back the
 * memory that it was copied with. It allocates nothing, and calls only what a child of fork may.
 *
 * A crash with a core dump ends a process only after the dump. So signals of a crash close the pipe
 * first.
 */
#include "agent/parts/witness.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <hearsay/error.h>

#include "agent/parts/slim.h"
#include "service/error_text.h"

#define ERRORS_MAX 64 /* entries of the error queue, and tries of one datagram */

_Static_assert(sizeof(HS_WITNESS_NAME) <= 16, "the kernel keeps 15 bytes of a name");

/* ---- the witness: speaking --------------------------------------------------------------- */

/* Returns true if there were errors of earlier datagrams (R21: drain first). */
static bool read_errors(int fd)
{
    uint8_t bytes[64], control[512];
    unsigned count = 0;

    while (count < ERRORS_MAX) {
        struct iovec piece = {.iov_base = bytes, .iov_len = sizeof(bytes)};
        struct msghdr message = {.msg_iov = &piece,
                                 .msg_iovlen = 1,
                                 .msg_control = control,
                                 .msg_controllen = sizeof(control)};

        if (recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
            break;
        count++;
    }
    return count > 0;
}

static void send_word(int fd, const struct hs_words *words, const struct hs_word *word)
{
    struct sockaddr_storage to = word->to;
    _Alignas(size_t) uint8_t control[HS_WORD_CONTROL_MAX];
    struct iovec piece = {.iov_base = (void *)(uintptr_t)(words->bytes + word->at),
                          .iov_len = word->len};
    struct msghdr message = {.msg_name = &to,
                             .msg_namelen = word->to_len,
                             .msg_iov = &piece,
                             .msg_iovlen = 1,
                             .msg_control = word->control_len > 0 ? control : NULL,
                             .msg_controllen = word->control_len};

    memcpy(control, word->control, sizeof(control));
    for (unsigned tries = 0; tries < ERRORS_MAX; tries++) {
        if (sendmsg(fd, &message, MSG_DONTWAIT) >= 0 || errno == EAGAIN)
            return;
        /* Perhaps the machine does not have the address any more. */
        if ((errno == EINVAL || errno == ENETUNREACH) && message.msg_controllen > 0) {
            message.msg_control = NULL;
            message.msg_controllen = 0;
        } else if (!read_errors(fd)) {
            return;
        }
    }
}

static void say(int fd, const struct hs_words *words)
{
    for (uint32_t i = 0; i < words->count && i < HEARSAY_LAST_WORDS_MAX; i++)
        send_word(fd, words, &words->words[i]);
}

static void sleep_us(long us)
{
    struct timespec left = {.tv_nsec = us * 1000};

    while (nanosleep(&left, &left) < 0 && errno == EINTR) {
    }
}

/* One lost datagram must not cost the second that it takes to find a death without it. */
static void speak(int fd, const struct hs_words *words)
{
    if (words->count == 0)
        return;
    say(fd, words);
    sleep_us(HS_WITNESS_SECOND_US);
    say(fd, words);
    sleep_us(HS_WITNESS_THIRD_US - HS_WITNESS_SECOND_US);
    say(fd, words);
}

/* ---- the witness: being one -------------------------------------------------------------- */

/* Closes from `first` to before `limit`. An old kernel, or a filter, may not know the call. */
static void close_between(unsigned first, unsigned limit)
{
    long most = sysconf(_SC_OPEN_MAX);

    if (first >= limit || close_range(first, limit - 1, 0) == 0)
        return;
    for (unsigned fd = first; fd < limit && (long)fd < most; fd++)
        close((int)fd);
}

static void close_all_but(int one, int other)
{
    unsigned low = (unsigned)(one < other ? one : other);
    unsigned high = (unsigned)(one < other ? other : one);

    close_between(0, low);
    close_between(low + 1, high);
    close_between(high + 1, UINT_MAX);
}

/* What ps shows. The arguments lie one behind the other. */
static void take_name(const char *name, int argc, char *const *argv)
{
    char *first = argc > 0 ? argv[0] : NULL;
    char *end = first;

    prctl(PR_SET_NAME, HS_WITNESS_NAME);
    for (int i = 0; i < argc && argv[i] == end; i++)
        end += strlen(end) + 1;
    if (end == first)
        return;
    char title[sizeof(HS_WITNESS_NAME) + 4 + HEARSAY_NAME_MAX];
    int len = snprintf(title, sizeof(title), HS_WITNESS_NAME " of %s", name);
    size_t room = (size_t)(end - first) - 1;
    memset(first, 0, room);
    memcpy(first, title, (size_t)len < room ? (size_t)len : room);
}

/* Cold: see hs_slim. */
__attribute__((cold, noinline)) _Noreturn static void be_witness(int fd, int ended,
                                                                 const struct hs_words_page *page)
{
    uint8_t byte;
    ssize_t n;

    hs_slim();
    do
        n = read(ended, &byte, sizeof(byte));
    while (n > 0 || (n < 0 && errno == EINTR));
    if (n == 0)
        speak(fd, hs_words_page_read(page));
    _exit(0);
}

/* ---- the agent: crashes ------------------------------------------------------------------ */

static const int crashes[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS, SIGTRAP};
#define CRASHES (sizeof(crashes) / sizeof(crashes[0]))

static volatile sig_atomic_t crash_fd = -1; /* the write end of the pipe */
static struct sigaction crash_before[CRASHES];

/* Closes the pipe, and lets the signal do what it would have done without us. One that the kernel
 * has raised comes again when the instruction is repeated. */
static void on_crash(int number, siginfo_t *info, void *context)
{
    (void)context;
    if (crash_fd >= 0)
        close(crash_fd);
    crash_fd = -1;
    for (size_t i = 0; i < CRASHES; i++)
        if (crashes[i] == number)
            sigaction(number, &crash_before[i], NULL);
    if (info->si_code <= 0)
        raise(number);
}

static void watch_crashes(int fd)
{
    struct sigaction action = {.sa_sigaction = on_crash, .sa_flags = SA_SIGINFO};

    sigemptyset(&action.sa_mask);
    crash_fd = fd;
    for (size_t i = 0; i < CRASHES; i++)
        sigaction(crashes[i], &action, &crash_before[i]);
}

static void unwatch_crashes(void)
{
    if (crash_fd < 0)
        return;
    crash_fd = -1;
    for (size_t i = 0; i < CRASHES; i++)
        sigaction(crashes[i], &crash_before[i], NULL);
}

/* ---- the agent --------------------------------------------------------------------------- */

const char *hs_witness_state(const struct hs_witness *witness)
{
    return witness->pid ? "on" : witness->wanted ? "lost" : "off";
}

static void note_failure(struct hs_witness *witness, const char *what)
{
    witness->failed = what;
    witness->error = errno;
}

static struct hs_words_page *map_page(void)
{
    void *mapping = mmap(NULL, sizeof(struct hs_words_page), PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    return mapping == MAP_FAILED ? NULL : mapping;
}

static void unmap_page(struct hs_witness *witness)
{
    if (witness->page)
        munmap(witness->page, sizeof(*witness->page));
    witness->page = NULL;
}

/* Signals are blocked meanwhile, so that none ends the copy before it is the witness. */
static pid_t fork_blocked(void)
{
    sigset_t all, before;

    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    pid_t pid = fork();
    if (pid != 0) {
        int error = errno;
        sigprocmask(SIG_SETMASK, &before, NULL);
        errno = error;
    }
    return pid;
}

void hs_witness_start(struct hs_witness *witness, const struct hs_udp *udp, const char *name,
                      int argc, char *const *argv)
{
    int ends[2];

    witness->wanted = true;
    witness->page = map_page();
    if (!witness->page) {
        note_failure(witness, "memory shared with the witness");
        return;
    }
    if (pipe2(ends, O_CLOEXEC) < 0) {
        note_failure(witness, "a pipe to the witness");
        unmap_page(witness);
        return;
    }
    const struct hs_words_page *page = witness->page; /* hs_slim leaves the stack alone */
    int fd = udp->fd;
    witness->pid = fork_blocked();
    if (witness->pid == 0) {
        setsid();
        close_all_but(fd, ends[0]);
        take_name(name, argc, argv);
        if (chdir("/") < 0) {
            /* it then stays where it is */
        }
        be_witness(fd, ends[0], page);
    }
    if (witness->pid < 0)
        note_failure(witness, "a process for the witness");
    close(ends[0]);
    if (witness->pid < 0) {
        close(ends[1]);
        unmap_page(witness);
        witness->pid = 0;
        return;
    }
    witness->alive = ends[1];
    watch_crashes(witness->alive);
}

static void tell_lost(const struct hs_witness *witness, const char *why)
{
    hs_report(witness->report, HS_LEVEL_WARN, HS_LINE_HEALTH,
              json_pack("{s:s, s:s}", "reason", "no-witness", "message", why));
}

/* What an operator can do about it: fork says EAGAIN for each bound on processes. */
static void tell_failure(const struct hs_witness *witness)
{
    char words[HS_ERROR_TEXT_MAX];
    const char *hint = witness->error == EAGAIN   ? "; raise TasksMax or RLIMIT_NPROC, and restart"
                       : witness->error == EMFILE ? "; raise LimitNOFILE, and restart"
                                                  : "; a restart tries it again";

    hs_error_text(words, "%s could not be made: %s%s", witness->failed, strerror(witness->error),
                  hint);
    tell_lost(witness, words);
}

/* The write end of a pipe that nobody reads is readable: reading it, or writing, is an error. */
static void on_lost(evutil_socket_t fd, short what, void *context)
{
    struct hs_witness *witness = context;

    (void)fd;
    (void)what;
    hs_clock_read(witness->turn->clock);
    hs_witness_silence(witness);
    tell_lost(witness, "the witness was ended by somebody; a restart of this agent makes another");
    hs_turn_touch(witness->turn);
}

int hs_witness_watch(struct hs_witness *witness, struct event_base *base, struct hs_turn *turn,
                     struct hs_report *report)
{
    witness->turn = turn;
    witness->report = report;
    if (witness->failed)
        tell_failure(witness);
    if (!witness->pid)
        return 0;
    witness->lost = event_new(base, witness->alive, EV_READ, on_lost, witness);
    if (!witness->lost || event_add(witness->lost, NULL) < 0)
        return HEARSAY_ERR_NOMEM;
    return 0;
}

void hs_witness_renew(struct hs_witness *witness, const struct hs_udp *udp,
                      struct hearsay_node *node, struct hearsay_now now)
{
    uint64_t version = hearsay_node_last_words_version(node);

    if (!witness->pid || version == witness->version)
        return;
    witness->version = version;
    hs_words_page_write(witness->page, udp, node, now);
}

/* It may be stopped, so it is not asked. It is our child, so its number is nobody else's. */
void hs_witness_silence(struct hs_witness *witness)
{
    if (!witness->pid)
        return;
    kill(witness->pid, SIGKILL);
    while (waitpid(witness->pid, NULL, 0) < 0 && errno == EINTR) {
    }
    unwatch_crashes();
    hs_witness_fini(witness);
    close(witness->alive);
    witness->pid = 0;
}

void hs_witness_fini(struct hs_witness *witness)
{
    if (witness->lost)
        event_free(witness->lost);
    witness->lost = NULL;
    unmap_page(witness);
}
