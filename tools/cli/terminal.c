/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A handler of a signal only notes it, and wakes the loop through a pipe. A write to a terminal
 * that does not read can block, and is interrupted by these signals: so SIGTERM ends a process
 * whose terminal hangs, too.
 *
 * After a crash the handler gives the terminal back before the process dies: tcsetattr and write
 * may be called there.
 */
#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define WIDTH  80
#define HEIGHT 24

#define LEAVE_MS 500 /* that the terminal gets to take its last bytes */

/* The alternate screen, no cursor, no line that wraps. */
#define ENTER "\033[?1049h\033[?25l\033[?7l\033[2J"
#define LEAVE "\033[0m\033[?7h\033[?25h\033[?1049l"

static struct {
    struct termios before;
    volatile sig_atomic_t taken;
    volatile sig_atomic_t resized, suspend, resumed, end;
    int pipe[2];
} terminal = {.pipe = {-1, -1}};

/* ---- signals ----------------------------------------------------------------------------- */

static void note_signal(int number)
{
    int error = errno;

    if (number == SIGWINCH)
        terminal.resized = 1;
    else if (number == SIGTSTP)
        terminal.suspend = 1;
    else if (number == SIGCONT)
        terminal.resumed = 1;
    else
        terminal.end = number;
    if (write(terminal.pipe[1], "", 1) < 0)
        errno = error; /* it is full: the loop wakes all the same */
    errno = error;
}

static void end_crashed(int number)
{
    cli_terminal_leave();
    raise(number); /* SA_RESETHAND: now it ends the process */
}

static void handle_signals(const int *numbers, size_t count, void (*handler)(int), int flags)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};

    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < count; i++)
        sigaction(numbers[i], &action, NULL);
}

static int open_signals(void)
{
    static const int noted[] = {SIGWINCH, SIGTSTP, SIGCONT, SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    static const int fatal[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

    if (terminal.pipe[0] >= 0)
        return 0;
    if (pipe2(terminal.pipe, O_CLOEXEC | O_NONBLOCK) < 0)
        return -errno;
    handle_signals(noted, sizeof(noted) / sizeof(noted[0]), note_signal, 0);
    handle_signals(fatal, sizeof(fatal) / sizeof(fatal[0]), end_crashed,
                   (int)SA_RESETHAND | SA_NODEFER);
    return 0;
}

int cli_terminal_signals(void)
{
    return terminal.pipe[0];
}

struct cli_terminal_news cli_terminal_take(void)
{
    struct cli_terminal_news news;
    char bytes[64];

    while (read(terminal.pipe[0], bytes, sizeof(bytes)) > 0)
        ;
    news = (struct cli_terminal_news){
        .resized = terminal.resized != 0,
        .suspend = terminal.suspend != 0,
        .resumed = terminal.resumed != 0,
        .end = terminal.end,
    };
    terminal.resized = terminal.suspend = terminal.resumed = 0;
    return news;
}

/* ---- taking and giving back -------------------------------------------------------------- */

bool cli_terminal_usable(void)
{
    const char *term = getenv("TERM");

    return isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1 && term && term[0] != '\0' &&
           strcmp(term, "dumb") != 0;
}

/* Returns false if it cannot be written, or a signal that ends the process has come. */
static bool write_all(const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = write(STDOUT_FILENO, bytes, len);

        if (n < 0 && (errno != EINTR || terminal.end != 0))
            return false;
        if (n > 0) {
            bytes += n;
            len -= (size_t)n;
        }
    }
    return true;
}

int cli_terminal_enter(void)
{
    struct termios raw;
    int err = open_signals();

    if (err < 0)
        return err;
    if (terminal.taken == 0 && tcgetattr(STDIN_FILENO, &terminal.before) < 0)
        return -errno;
    raw = terminal.before;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | IEXTEN);
    raw.c_iflag &= ~(tcflag_t)(IXON | ICRNL);
    raw.c_cc[VMIN] = 0; /* a read never waits: poll does */
    raw.c_cc[VTIME] = 0;
    terminal.taken = 1;
    cli_screen.give_back = cli_terminal_leave;
    if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw) < 0) {
        terminal.taken = 0;
        return -errno;
    }
    write_all(ENTER, strlen(ENTER));
    return 0;
}

/* Nothing waits for a terminal that takes nothing: its end must not hold up that of the process. */
void cli_terminal_leave(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
    ssize_t n = 0;

    if (terminal.taken == 0)
        return;
    terminal.taken = 0;
    if (poll(&out, 1, LEAVE_MS) > 0)
        do
            n = write(STDOUT_FILENO, LEAVE, strlen(LEAVE));
        while (n < 0 && errno == EINTR);
    tcflush(STDIN_FILENO, TCIFLUSH);
    tcsetattr(STDIN_FILENO, TCSANOW, &terminal.before);
}

int cli_terminal_suspend(void)
{
    cli_terminal_leave();
    raise(SIGSTOP);
    return cli_terminal_enter();
}

void cli_terminal_size(unsigned *ret_width, unsigned *ret_height)
{
    struct winsize size = {.ws_col = 0};
    bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0;

    *ret_width = known ? size.ws_col : WIDTH;
    *ret_height = known ? size.ws_row : HEIGHT;
}

/* ---- showing ----------------------------------------------------------------------------- */

static bool is_as_before(const struct cli_frame *frame, const struct cli_frame *before, size_t line)
{
    return before && before->width == frame->width && before->height == frame->height &&
           line < before->count && strcmp(before->lines[line], frame->lines[line]) == 0;
}

bool cli_terminal_show(const struct cli_frame *frame, const struct cli_frame *before)
{
    char *bytes = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&bytes, &len);
    bool shown;

    if (!out)
        cli_out_of_memory();
    if (!before || before->width != frame->width || before->height != frame->height)
        fputs("\033[0m\033[2J", out);
    for (size_t i = 0; i < frame->count; i++) {
        const char *line = frame->lines[i];

        if (is_as_before(frame, before, i))
            continue;
        /* Behind a line that reaches the edge the cursor still stands on its last character. */
        fprintf(out, "\033[%zu;1H%s%s", i + 1, line,
                cli_columns(line) < frame->width ? "\033[K" : "");
    }
    if (before && before->count > frame->count)
        fprintf(out, "\033[%zu;1H\033[J", frame->count + 1);
    if (fclose(out) != 0)
        cli_out_of_memory();
    shown = write_all(bytes, len);
    free(bytes);
    return shown;
}

/* ---- keys -------------------------------------------------------------------------------- */

bool cli_keys_read(struct cli_keys *keys)
{
    ssize_t n;

    if (keys->len == CLI_KEYS_MAX) /* no key is that long */
        keys->len = 0;
    n = read(STDIN_FILENO, keys->bytes + keys->len, CLI_KEYS_MAX - keys->len);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    keys->len += (size_t)n;
    return n > 0;
}

/* What stands behind "\033[" or "\033O". */
static int key_of(const unsigned char *parameters, size_t len, unsigned char last)
{
    static const struct {
        unsigned char last;
        unsigned char parameter;
        int key;
    } known[] = {
        {'A', 0, CLI_KEY_UP},          {'B', 0, CLI_KEY_DOWN},   {'H', 0, CLI_KEY_HOME},
        {'F', 0, CLI_KEY_END},         {'~', '1', CLI_KEY_HOME}, {'~', '7', CLI_KEY_HOME},
        {'~', '4', CLI_KEY_END},       {'~', '8', CLI_KEY_END},  {'~', '5', CLI_KEY_PAGE_UP},
        {'~', '6', CLI_KEY_PAGE_DOWN},
    };

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (known[i].last == last &&
            (known[i].parameter == 0 || (len > 0 && parameters[0] == known[i].parameter)))
            return known[i].key;
    return CLI_KEY_UNKNOWN;
}

/* The bytes of a key that begins with an escape, or 0 if it is not whole. */
static size_t read_escape(const struct cli_keys *keys, bool quiet, int *ret_key)
{
    const unsigned char *bytes = keys->bytes;

    *ret_key = CLI_KEY_ESCAPE;
    if (keys->len == 1)
        return quiet ? 1 : 0;
    if (bytes[1] != '[' && bytes[1] != 'O')
        return 1;
    for (size_t i = 2; i < keys->len; i++) {
        if (bytes[i] < 0x40 || bytes[i] > 0x7e)
            continue;
        *ret_key = key_of(bytes + 2, i - 2, bytes[i]);
        return i + 1;
    }
    *ret_key = CLI_KEY_UNKNOWN;
    return quiet ? keys->len : 0;
}

bool cli_keys_next(struct cli_keys *keys, bool quiet, int *ret_key)
{
    size_t used = 1;

    if (keys->len == 0)
        return false;
    *ret_key = keys->bytes[0];
    if (keys->bytes[0] == 0x1b)
        used = read_escape(keys, quiet, ret_key);
    memmove(keys->bytes, keys->bytes + used, keys->len - used);
    keys->len -= used;
    return used > 0;
}
