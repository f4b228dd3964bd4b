/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A mirror of an agent's view: members, ring, state and what has happened lately, made from the
 * lines of `follow` (docs/control.md). It has no socket and no clock. Its owner gives it lines and
 * asks it questions:
 *
 *     send  hs_mirror_request(mirror, text);
 *     while (a line has come)
 *         if (hs_mirror_feed(mirror, line, len) < 0)
 *             say hs_mirror_fault(mirror), close the connection, and call hs_mirror_cut
 *     ask   hs_mirror_find(mirror, "n3"), hs_mirror_ring(mirror), …
 *
 * src/link does this with a socket. When the connection ends the mirror keeps what it shows, and
 * the next request resumes. A snapshot is read aside: until it is complete the mirror shows what it
 * showed before.
 *
 * A broken or hostile agent can make a mirror useless, but neither crash it nor make it take more
 * memory than its bounds allow.
 */
#ifndef HS_MIRROR_MIRROR_H
#define HS_MIRROR_MIRROR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include <hearsay/ring.h>

#include "mirror/log.h"
#include "mirror/member.h"
#include "mirror/state.h"

#define HS_MIRROR_REQUEST_MAX 128 /* bytes of a request with its newline and terminator */

struct hs_mirror;

/* `bounds` NULL: the ones above. NULL: no memory. */
struct hs_mirror *hs_mirror_new(const struct hs_mirror_bounds *bounds);

/* NULL is a no-op. */
void hs_mirror_free(struct hs_mirror *mirror);

/* Writes the request to send on a new connection, with its newline. */
void hs_mirror_request(const struct hs_mirror *mirror, char text[HS_MIRROR_REQUEST_MAX]);

/* Takes a line, without its newline. Pointers that the mirror has given are invalid afterwards.
 * Returns 0, or an error with a sentence in hs_mirror_fault: the connection cannot be used any
 * more, and the next one begins anew. Errors: SYNTAX (no line of `follow`), INVALID (it does not
 * follow from those before), STOPPED (the agent refuses: the next one resumes), TOOBIG, NOMEM. */
int hs_mirror_feed(struct hs_mirror *mirror, const char *text, size_t len);

/* To change a ring takes a tenth of a second among 10,000 members. For an owner that cannot wait:
 * from now on hs_mirror_feed only begins a new ring, and while hs_mirror_busy, hs_mirror_step goes
 * on with it, for about `units` units (hearsay_ring_work_step). Until it is made the mirror shows
 * what it showed before the line. The next hs_mirror_feed ends it first. Errors of hs_mirror_step
 * are those of hs_mirror_feed. */
void hs_mirror_in_steps(struct hs_mirror *mirror, size_t units);
bool hs_mirror_busy(const struct hs_mirror *mirror);
int hs_mirror_step(struct hs_mirror *mirror);

/* The connection has ended. */
void hs_mirror_cut(struct hs_mirror *mirror);

/* Why the last line was not taken; "" if none was refused. */
const char *hs_mirror_fault(const struct hs_mirror *mirror);

/* True if the agent has said who it is, on this connection. */
bool hs_mirror_greeted(const struct hs_mirror *mirror);

/* True if what is shown is the agent's view, but for lines that are on their way. */
bool hs_mirror_current(const struct hs_mirror *mirror);

/* True if the snapshot of a new instance of the agent is complete, and not shown because that
 * instance has not joined. hs_mirror_adopt shows it all the same. */
bool hs_mirror_waits(const struct hs_mirror *mirror);
void hs_mirror_adopt(struct hs_mirror *mirror);

/* ---- what is shown ----------------------------------------------------------------------- */

/* The name of the agent, and its cluster; "" if not known. */
const char *hs_mirror_node(const struct hs_mirror *mirror);
const char *hs_mirror_cluster(const struct hs_mirror *mirror);

/* All zeroes if nothing is shown yet. */
struct hs_mirror_state hs_mirror_state(const struct hs_mirror *mirror);

/* How many members there are, of a status or (NONE) of any. */
size_t hs_mirror_count(const struct hs_mirror *mirror, enum hearsay_status status);

/* One by name, or NULL. All by name, hs_mirror_count of them; NULL if there are none, or no
 * memory. */
const struct hs_mirror_member *hs_mirror_find(const struct hs_mirror *mirror, const char *name);
const struct hs_mirror_member *const *hs_mirror_members(struct hs_mirror *mirror);

/* The ring. The mirror keeps its reference: take one of your own to keep it for longer than until
 * the next line. NULL if nothing is shown yet. */
const struct hearsay_ring *hs_mirror_ring(const struct hs_mirror *mirror);

/* What has changed, and what happened lately: hs_mirror_log_next with a cursor. */
const struct hs_mirror_log *hs_mirror_log(const struct hs_mirror *mirror);

/* The round trips of the last sign of life, {name: µs}, or NULL; and how many signs of life have
 * shown that no line is missing. */
const json_t *hs_mirror_round_trips(const struct hs_mirror *mirror, uint64_t *ret_beats);

#endif
