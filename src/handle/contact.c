/* SPDX-License-Identifier: Apache-2.0 */
#include "handle/contact.h"

#include <syslog.h>
#include <unistd.h>

#define SECOND_US 1000000

void hs_contact_init(struct hs_contact *contact, const char (*paths)[HS_CTL_PATH_MAX],
                     size_t path_count, struct hs_mirror *mirror, const struct hs_say *say,
                     uint64_t now)
{
    *contact =
        (struct hs_contact){.paths = paths, .path_count = path_count, .say = say, .since = now};
    hs_link_init(&contact->link, paths[0], mirror);
}

/* The first place where a socket is, if there are several. */
static const char *choose_path(const struct hs_contact *contact)
{
    for (size_t i = 0; i < contact->path_count; i++)
        if (access(contact->paths[i], F_OK) == 0)
            return contact->paths[i];
    return contact->paths[0];
}

bool hs_contact_step(struct hs_contact *contact, uint64_t now)
{
    if (hs_link_fd(&contact->link) < 0)
        contact->link.path = choose_path(contact);
    return hs_link_step(&contact->link, now);
}

static void say_reached(const struct hs_contact *contact)
{
    const struct hs_mirror *mirror = contact->link.mirror;

    hs_say(contact->say, LOG_INFO, "agent",
           json_pack("{s:b, s:s, s:s}", "reached", 1, "node", hs_mirror_node(mirror), "cluster",
                     hs_mirror_cluster(mirror)),
           "handle: follows %s of cluster %s through %s", hs_mirror_node(mirror),
           hs_mirror_cluster(mirror), contact->link.path);
}

static void say_missed(struct hs_contact *contact, bool silent, uint64_t now)
{
    const struct hs_link *link = &contact->link;
    const char *fault = link->fault[0] != '\0' ? link->fault : "the agent has not sent its view";

    if (silent)
        fault = "it says nothing: it hangs, or was stopped";
    if (hs_link_fd(link) >= 0 && now - contact->since < HS_CONTACT_SILENCE_US)
        return; /* it is sending it */
    if (contact->said != 0 && now - contact->said < HS_SAY_AGAIN_US)
        return;
    if (now - contact->since < SECOND_US)
        hs_say(contact->say, LOG_WARNING, "agent", json_pack("{s:b}", "reached", 0),
               "handle: waits for the agent: %s", fault);
    else
        hs_say(contact->say, LOG_WARNING, "agent", json_pack("{s:b}", "reached", 0),
               "handle: waits for the agent since %.0f s: %s",
               (double)(now - contact->since) / SECOND_US, fault);
    contact->said = now;
}

static void say_silent(struct hs_contact *contact, uint64_t now)
{
    hs_say(contact->say, LOG_WARNING, "agent", json_pack("{s:b}", "reached", 0),
           "handle: the agent at %s is silent: it hangs, or was stopped", contact->link.path);
    contact->said = now;
}

void hs_contact_look(struct hs_contact *contact, uint64_t now)
{
    struct hs_link *link = &contact->link;
    bool silent = hs_link_fd(link) >= 0 && hs_link_silence_us(link, now) >= HS_CONTACT_SILENCE_US;
    bool reached = hs_mirror_current(link->mirror) && !silent;

    if (reached != contact->reached) {
        contact->since = now;
        contact->said = 0;
    }
    if (reached && !contact->reached)
        say_reached(contact);
    else if (silent && contact->reached)
        say_silent(contact, now);
    else if (!reached)
        say_missed(contact, silent, now);
    contact->reached = reached;
}
