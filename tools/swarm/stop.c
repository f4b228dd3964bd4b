/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The wish to end comes by a signal or as a line on standard input. It is looked at wherever work
 * is long: while the swarm forms, too. A signal handler can reach nothing but a static flag.
 */
#include "stop.h"

#include <signal.h>

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
    (void)number;
    stopped = 1;
}

void swarm_stop_on_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

void swarm_stop(void)
{
    stopped = 1;
}

bool swarm_is_stopped(void)
{
    return stopped != 0;
}
