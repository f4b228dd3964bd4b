/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can be done to a swarm while it runs, a line each:
 *
 *     kill 3 [silently]      so many members, drawn by chance
 *     kill s00007 [silently] this one
 *     start                  all that were killed, as new processes at their addresses
 *     status                 a status line now
 *     stop                   the end
 *
 * Where nodes have several faces, only those can be killed that are no node: a node's end would be
 * that of all its faces.
 */
#include "act.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base.h"
#include "form.h"
#include "said.h"
#include "socket.h"
#include "status.h"

#define DRAWS_MAX 64u /* for one that can be killed */

static bool may_die(const struct swarm *swarm, uint32_t face)
{
    bool node = face < swarm->options.nodes;
    return swarm->faces[face].alive && face != 0 && (!node || swarm->faces_each == 1);
}

static void kill_one(struct swarm *swarm, uint32_t face, bool silently)
{
    struct swarm_face *f = &swarm->faces[face];
    char name[SWARM_NAME_SIZE];
    f->alive = false;
    f->silent = silently;
    f->ended = swarm->now.boot;
    f->buried = 0;
    swarm_socket_close(swarm, face);
    if (face < swarm->options.nodes)
        swarm_end(swarm, face);
    swarm_name(face, name);
    swarm_said(swarm, "killed", name, 0, 0);
}

static uint32_t draw(struct swarm *swarm)
{
    for (uint32_t i = 0; i < DRAWS_MAX; i++) {
        uint32_t face = swarm_below(swarm, swarm->options.members);
        if (may_die(swarm, face))
            return face;
    }
    return SWARM_NOBODY;
}

static void act_kill(struct swarm *swarm, const char *who, bool silently)
{
    uint32_t face = swarm_face_named(swarm, who);
    unsigned long count = strtoul(who, NULL, 10);
    if (face != SWARM_NOBODY) {
        if (may_die(swarm, face))
            kill_one(swarm, face, silently);
        else
            fprintf(stderr, "hearsay-swarm: %s is a node of many faces, the first, or dead\n", who);
        return;
    }
    if (count == 0 || count > swarm->options.members) {
        fprintf(stderr, "hearsay-swarm: kill %s: neither a member nor how many\n", who);
        return;
    }
    for (; count > 0; count--) {
        face = draw(swarm);
        if (face != SWARM_NOBODY)
            kill_one(swarm, face, silently);
    }
}

static void act_start(struct swarm *swarm)
{
    char name[SWARM_NAME_SIZE];
    for (uint32_t face = 0; face < swarm->options.members; face++) {
        struct swarm_face *f = &swarm->faces[face];
        if (f->alive || f->ended == 0)
            continue;
        f->silent = false;
        swarm_socket_close(swarm, face);
        if (swarm_socket_open(swarm, face) < 0 || !swarm_join(swarm, face, 0))
            continue;
        swarm_name(face, name);
        swarm_said(swarm, "started", name, 0, 0);
    }
}

bool swarm_act(struct swarm *swarm, char *line)
{
    char *rest = NULL;
    const char *verb = strtok_r(line, " \t\r\n", &rest);
    const char *who = strtok_r(NULL, " \t\r\n", &rest);
    const char *how = strtok_r(NULL, " \t\r\n", &rest);
    bool silently = how && strcmp(how, "silently") == 0;
    if (!verb)
        return true;
    if (strcmp(verb, "stop") == 0)
        return false;
    if (strcmp(verb, "kill") == 0 && who && (!how || silently))
        act_kill(swarm, who, silently);
    else if (strcmp(verb, "start") == 0 && !who)
        act_start(swarm);
    else if (strcmp(verb, "status") == 0 && !who)
        swarm_status(swarm);
    else
        fprintf(stderr, "hearsay-swarm: %s: not understood; see hearsay-swarm(1)\n", verb);
    return true;
}
