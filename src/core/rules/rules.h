/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the rules ask of each other, file by file. All of it runs within one call of the public API,
 * at the instant node->now.
 */
#ifndef HS_RULES_RULES_H
#define HS_RULES_RULES_H

#include "rules/node.h"

/* ---- merge.c: the one way in which a record, and so a status, changes -------------------- */

/* Merges a rumor that came from `from` (a slot, or HS_NO_SLOT). */
void hs_merge_rumor(struct hearsay_node *node, const struct hs_rumor *rumor, uint32_t from);

/* Merges all rumors of a body. Returns a mask of what the sender is known to hold as we do: bit
 * slot % 64 of each member. */
uint64_t hs_merge_rumors(struct hearsay_node *node, struct hs_rumors *rumors, uint32_t from);

/* A record to apply: version, and the blob when it may be new. */
struct hs_record {
    struct hs_version version;
    const uint8_t *blob; /* NULL: as it is */
    size_t blob_len;
    const struct hs_blob *decoded; /* of blob; NULL without it */
    uint32_t age;                  /* dead: s; suspect: ms */
    uint8_t accuser_count, refused_mask;
    uint64_t accusers[HS_ACCUSERS_MAX];
    uint32_t from;              /* who brought it, a slot; HS_NO_SLOT: this node */
    enum hearsay_reason reason; /* NONE: derived from the change */
};

/* THE function: applies a record that is greater than the one held (or the first of its name) and
 * carries it to digest, order, suspicion, ring, event, trail and rumor. Returns the slot, or
 * HS_NO_SLOT when there was no room or memory: then nothing has changed. */
uint32_t hs_merge_apply(struct hearsay_node *node, uint32_t slot, const struct hs_record *record);

/* R6: too far ahead of our wall clock and of the release. */
bool hs_merge_is_future(const struct hearsay_node *node, uint64_t stamp);

/* Counts a drop. */
void hs_drop(struct hearsay_node *node, enum hearsay_drop why);

/* ---- self.c: our own record -------------------------------------------------------------- */

int hs_self_init(struct hearsay_node *node);

/* Says our record anew, with a stamp greater than any heard (R2). */
void hs_self_assert(struct hearsay_node *node);

/* A rumor about our own name (R4, R8). */
void hs_self_hear(struct hearsay_node *node, const struct hs_record *record, uint64_t id,
                  uint32_t from);

/* What a challenge says is known of our name; 0 or a new record that is greater (R5, R8). */
void hs_self_catch_up(struct hearsay_node *node, uint64_t stamp, uint64_t start, uint8_t state);

/* R8: is our start later than that? */
bool hs_self_began_after(const struct hearsay_node *node, uint64_t start);

int hs_self_set_tags(struct hearsay_node *node, const struct hearsay_tag *tags, size_t count);
void hs_self_leave(struct hearsay_node *node);
void hs_self_leave_timer(struct hearsay_node *node);
void hs_self_goodbye_acked(struct hearsay_node *node, uint32_t slot);

/* ---- suspect.c --------------------------------------------------------------------------- */

/* Accuses a member on our own evidence, with the helpers that nacked (R18). */
void hs_suspect_accuse(struct hearsay_node *node, uint32_t slot, const uint64_t *accusers,
                       uint8_t accuser_count, uint8_t refused_mask);

/* Makes sure that a suspicion can begin without allocating. False: no memory. */
bool hs_suspect_prepare(struct hearsay_node *node);
void hs_suspect_fini(struct hearsay_node *node);

/* A member has become suspect: its clock starts. */
void hs_suspect_begin(struct hearsay_node *node, uint32_t slot, const struct hs_record *record);

/* Takes in more accusers of the same suspicion; true when the set has grown. */
bool hs_suspect_add(struct hearsay_node *node, uint32_t slot, const struct hs_record *record);

void hs_suspect_end(struct hearsay_node *node, uint32_t slot);
void hs_suspect_timer(struct hearsay_node *node, struct hs_suspicion *suspicion);

/* We were away for so long: suspicions get the time back, and our evidence is void (R20). */
void hs_suspect_excuse(struct hearsay_node *node, uint64_t lost);

/* It has refuted a suspicion. From the third time in a row on it has a reprieve, in which silence
 * alone is no reason to accuse it (R18). */
void hs_suspect_refuted(struct hs_member *member, uint64_t boot);
bool hs_suspect_reprieves(const struct hs_member *member, uint64_t boot);

/* How our last probe of a suspect before its burial, or while we watch it, has ended. */
enum hs_probed {
    HS_PROBED_REACHED,
    HS_PROBED_SILENT, /* or its port is closed */
    HS_PROBED_VOID,   /* not reached, which proves nothing on this link */
};
void hs_suspect_probed(struct hearsay_node *node, uint32_t slot, enum hs_probed result);

/* ---- health.c ---------------------------------------------------------------------------- */

void hs_health_init(struct hearsay_node *node);

/* R17: so many tries to a member that is there have not been answered. */
void hs_health_lost(struct hearsay_node *node, uint32_t tries);

/* R17: a periodic probe has been answered, after so many tries in vain. */
void hs_health_answered(struct hearsay_node *node, uint32_t lost_before);

/* R20: has anybody answered us at the first try since then? True, too, where there are too few to
 * tell, and when the silence has lasted for so long that it is believed. */
bool hs_health_is_heard(const struct hearsay_node *node, uint64_t since);

/* R20. Begins a call of the public API: sets the time, and finds out whether we were away. */
void hs_health_enter(struct hearsay_node *node, struct hearsay_now now);

/* Somebody has been heard. */
void hs_health_heard(struct hearsay_node *node);

/* R20: may a verdict be passed on evidence gathered since then? Not while we are waking up, and not
 * when we have heard nobody at all. */
bool hs_health_may_judge(const struct hearsay_node *node, uint64_t since);

/* R19: a sign that we ourselves are slow, or that we are not. */
void hs_health_strain(struct hearsay_node *node, bool more);

/* R17: the slowest round trip of late, and twice that: how long to wait for a peer that has not been
 * measured. The ceiling while nobody has. */
void hs_health_round_trip(struct hearsay_node *node, uint32_t rtt_us);
uint64_t hs_health_patience(const struct hearsay_node *node);

/* R17: could that many unanswered tries be bad luck? True: the evidence is strong enough. */
bool hs_health_convinced(const struct hearsay_node *node, uint32_t lost_tries);

/* ---- absence.c --------------------------------------------------------------------------- */

/* R20: drops all of the view but our own record, and asks to be let in anew. */
void hs_absence_forget(struct hearsay_node *node);

/* ---- probe.c ----------------------------------------------------------------------------- */

int hs_probe_init(struct hearsay_node *node);
void hs_probe_fini(struct hearsay_node *node);

/* Starts a probe of our own. One that is under way for the same member is taken over: it gets the
 * new purpose, and another try. False: the bound is reached, and the refusal counted. */
bool hs_probe_start(struct hearsay_node *node, uint32_t slot, enum hs_probe_purpose purpose);

/* R18: have we evidence of our own against it, and has our link been good enough since then? */
bool hs_probe_has_evidence(const struct hearsay_node *node, uint32_t slot, uint64_t since);

/* Ends our own probes of a member that are about its suspicion. */
void hs_probe_end_doubts(struct hearsay_node *node, uint32_t slot);
void hs_probe_end_all(struct hearsay_node *node, uint32_t slot);
void hs_probe_timer(struct hearsay_node *node, struct hs_probe *probe);

/* We were away: what is pending proves nothing (R20). */
void hs_probe_void_all(struct hearsay_node *node);

/* A try or request has been encoded under this creation time; or it could not be sent after all. */
void hs_probe_sent(const struct hearsay_node *node, struct hs_probe *probe, uint64_t created);
void hs_probe_requested(struct hs_probe *probe, uint32_t helper_at, uint64_t created);
void hs_probe_unsent(struct hearsay_node *node, uint64_t created);

/* Answers. Each returns true when it was to something that we asked. */
bool hs_probe_acked(struct hearsay_node *node, uint32_t slot, uint64_t acked);
bool hs_probe_nacked(struct hearsay_node *node, uint32_t slot, uint64_t asked,
                     enum hs_finding finding);
void hs_probe_closed(struct hearsay_node *node, const struct hearsay_addr *to, uint64_t created);

/* To whom a try of that creation time went, or HS_NO_SLOT. */
uint32_t hs_probe_addressee(const struct hearsay_node *node, uint64_t created);

/* Another asks us to probe. `cap`: the longest answer that it may get (R28). */
void hs_probe_help(struct hearsay_node *node, uint32_t asker, uint64_t target, uint64_t asked,
                   uint16_t cap);

/* ---- gossip.c ---------------------------------------------------------------------------- */

void hs_gossip_period(struct hearsay_node *node);
void hs_gossip_burst(struct hearsay_node *node);

/* News is waiting: a burst soon (R15). */
void hs_gossip_news(struct hearsay_node *node, uint32_t slot, bool blob_news);

/* ---- transmit.c -------------------------------------------------------------------------- */

/* Queues a datagram; false (and a counted drop) at the bound. */
bool hs_intent_push(struct hearsay_node *node, const struct hs_intent *intent);
/* A gossip to a member: as a probe's try when `probe` is not NULL. */
bool hs_intent_gossip(struct hearsay_node *node, uint32_t slot, const struct hs_probe *probe);
/* The longest answer that this address may get to a question of this length (R28). */
uint16_t hs_reply_cap(const struct hearsay_node *node, uint32_t slot,
                      const struct hearsay_addr *from, size_t question);
/* An ack has come: its rumors count. True when the datagram is known. */
bool hs_carriage_acked(struct hearsay_node *node, uint32_t slot, uint64_t acked);
/* To whom a gossip of that creation time went, while it is remembered; or HS_NO_SLOT. */
uint32_t hs_addressee(const struct hearsay_node *node, uint64_t created);
/* The record of a member as a rumor. */
void hs_rumor_of(const struct hearsay_node *node, uint32_t slot, bool with_blob,
                 struct hs_rumor *ret_rumor);

/* ---- join.c ------------------------------------------------------------------------------ */

/* Begins an attempt to join through an address, unless one is under way. 0 or FULL. */
int hs_join_start(struct hearsay_node *node, const struct hearsay_addr *addr, uint8_t flags);
void hs_join_contact_timer(struct hearsay_node *node, struct hs_contact *contact);
void hs_join_rejoin_timer(struct hearsay_node *node);

/* Asks an address to echo a nonce (R25, R28). `question`: length of what it sent. */
void hs_join_challenge(struct hearsay_node *node, const struct hearsay_addr *to, uint64_t sender,
                       uint64_t echo, uint64_t name_hash, size_t question);

/* What came in. */
void hs_join_on_challenge(struct hearsay_node *node, const struct hearsay_addr *from,
                          const struct hs_message *message);
void hs_join_on_join(struct hearsay_node *node, struct hs_message *message, size_t len);
void hs_join_on_refusal(struct hearsay_node *node, const struct hearsay_addr *from,
                        const struct hs_message *message);
void hs_join_on_self(struct hearsay_node *node, const struct hearsay_addr *from);
void hs_join_closed(struct hearsay_node *node, const struct hearsay_addr *to, uint64_t created);

/* A join has been encoded under this creation time. */
void hs_join_sent(struct hearsay_node *node, const struct hearsay_addr *to, uint64_t created);

/* R26: the tombstone of a failed member, of this age, is gone. Its address outlives it for a while, or
 * halves of a cluster that were apart for days would not find each other again. */
void hs_join_remember(struct hearsay_node *node, const struct hearsay_addr *addr, uint64_t age_us);

/* The exchange of an attempt (`contact`: its place) has ended; `slot` is the peer. */
void hs_join_done(struct hearsay_node *node, uint32_t contact, enum hearsay_join_result result,
                  uint32_t slot);

/* ---- contest.c: two that claim one name (R8) --------------------------------------------- */

enum hs_contest_verdict { HS_CONTEST_FREE, HS_CONTEST_PENDING, HS_CONTEST_HELD };

/* May this newcomer have the name? Pending: its holder is being asked; the newcomer will
 * try again. */
enum hs_contest_verdict hs_contest_ask(struct hearsay_node *node, const struct hs_blob *newcomer,
                                       uint64_t nonce);

/* The holder has been asked: it lives (held), or does not. */
void hs_contest_over(struct hearsay_node *node, uint32_t slot, bool held);

/* Tells a newcomer that it is not taken in. */
void hs_contest_refuse(struct hearsay_node *node, const struct hearsay_addr *to, uint64_t name_hash,
                       uint64_t nonce, enum hs_refusal_reason reason);

/* ---- sync.c ------------------------------------------------------------------------------ */

/* A peer's digest has been heard. */
void hs_sync_heard(struct hearsay_node *node, uint32_t slot, uint64_t digest);
/* Begins an exchange with a peer, for an attempt to join (`contact` plus one, or 0). */
void hs_sync_start(struct hearsay_node *node, uint32_t slot, uint32_t contact);
void hs_sync_timer(struct hearsay_node *node);
void hs_sync_on_message(struct hearsay_node *node, uint32_t slot, struct hs_message *message);
/* Encodes the body of a sync intent into the message's fields; `scratch` holds what it borrows. */
struct hs_sync_scratch {
    uint8_t bytes[HEARSAY_DATAGRAM_MAX]; /* bucket sums, list entries or wanted hashes */
    uint8_t bitmap[HS_BITMAP_SIZE];
    uint8_t masks[HS_BUCKETS];
};
void hs_sync_fill(struct hearsay_node *node, const struct hs_intent *intent,
                  struct hs_message *message, struct hs_sync_scratch *scratch);
/* Appends records to a datagram. True: it was the last one of its intent. */
bool hs_sync_append(struct hearsay_node *node, const struct hs_intent *intent,
                    struct hs_encoder *encoder);

/* An intent that will not be sent: its receiver has gone. */
void hs_sync_abandon(struct hearsay_node *node, const struct hs_intent *intent);

/* The peer of our exchange has told us what we hold of this member: it need not be told it. */
void hs_sync_told(struct hearsay_node *node, uint32_t slot);

/* Ends our own exchange, if there is one: its peer will be forgotten. */
void hs_sync_drop(struct hearsay_node *node);

/* ---- placement.c ------------------------------------------------------------------------- */

/* A member has come or gone, or, with `placed_anew`, has another token count or zone. */
void hs_placement_mark(struct hearsay_node *node, uint32_t slot, bool placed_anew);
/* Do a member's old and new card differ in token count or zone? All else is nothing to a ring (R63). */
bool hs_placement_differs(const struct hs_card *a, const struct hs_card *b);
/* All members but our own have been forgotten: the next ring is made from nothing. */
void hs_placement_anew(struct hearsay_node *node);
/* Goes on with the new ring if one is due, for about so many units; true while there is more to do. */
bool hs_placement_step(struct hearsay_node *node, size_t units);
/* The same for as many units as one pull of events may take; true with the event of a ring that is
 * ready. */
bool hs_placement_settle(struct hearsay_node *node, struct hearsay_event *ret_event);
/* Is a change of the view not yet in the ring? */
bool hs_placement_waits(const struct hearsay_node *node);
void hs_placement_fini(struct hearsay_node *node);

/* ---- tombstone.c ------------------------------------------------------------------------- */

/* The age of a dead member's tombstone, seconds. */
uint32_t hs_tombstone_age(const struct hearsay_node *node, const struct hs_member *member);
/* Takes in an age heard of; keeps the greater (R7). */
void hs_tombstone_set_age(struct hearsay_node *node, uint32_t slot, uint32_t age);
void hs_tombstone_reap(struct hearsay_node *node);

/* ---- trail ------------------------------------------------------------------------------- */

struct hs_trail_note {
    enum hearsay_step step;
    enum hearsay_reason result;
    uint32_t actor; /* a slot, or HS_NO_SLOT */
    uint32_t tries, rtt_us;
    uint64_t stamp;
};
void hs_trail_note(struct hearsay_node *node, uint32_t subject, const struct hs_trail_note *note);

#endif
