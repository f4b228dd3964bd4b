// SPDX-License-Identifier: Apache-2.0
// What is known of the cluster, and how good it is. It is read once as a whole and then follows the
// stream; whoever shows it asks what has changed.

import { ask } from './api.js';
import { circleOf, movedPieces, without } from './pieces.js';
import { Stream } from './stream.js';

const TOKENS_MAX = 8192;  // of a ring whose circle is fetched and drawn
const CIRCLES_MAX = 8;    // as many rings as an agent remembers
const EVENTS_MAX = 400;
const AGAIN_MS = 2000;
const TRIPS_MS = 5000;    // between two looks at the round trips, which are no events
const TRIPS_MANY = 500;   // members, from which they are looked at less often, by
const TRIPS_SELDOM = 6;
const STALE_MS = 1000, GONE_MS = 5000; // silence of the agent, as hearsay-serve counts it
const RING_FOLLOWS_MS = 100; // within which a death brings a new ring, if it does at once
const CLOCK_MS = 2000;    // a difference of clocks below that is none

function parseTime(text) {
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? null : ms;
}

export class Model {
  /* `to` has changed(what), where `what` is a set of words: members, ring, events, worth; and
   * line(event, before, after) for each line of the log. */
  constructor(to) {
    this.to = to;
    this.members = new Map();
    this.ring = { version: 0, checksum: '', tokens: 0, members: [] };
    this.circles = new Map(); // of the last rings, by checksum, as far as they are small
    this.shares = new Map();
    this.events = [];
    this.worth = { ready: true, isolated: false, leaving: false, stale: false, gone: false };
    this.status = null;
    this.live = false;      // the stream is open, and what it is based on was read
    this.until = 0;         // until when what is known was the agent's view, if it is not now
    this.skew = 0;          // milliseconds from the agent's clock to ours
    this.waiting = null;    // what came while all was read anew
    this.again = false;     // and that has to be done once more
    this.retry = 0;
    this.restarted = -Infinity; // when the agent was found to be another process
    this.marking = 0;       // a timer: somebody may be held
    this.numbers = 0;
  }

  start() {
    new Stream('/v1/events', {
      open: (resumed) => this.opened(resumed),
      event: (kind, data) => this.take(kind, data),
      lost: () => this.lost(),
    }).run();
    setInterval(() => this.askTrips(), TRIPS_MS);
  }

  /* ---- the whole ---------------------------------------------------------------------------- */

  opened(resumed) {
    if (resumed && this.members.size) this.setLive(true);
    else this.readAll();
  }

  lost() {
    this.setLive(false);
  }

  setLive(live) {
    if (this.live && !live && !this.worth.gone) this.until = Date.now();
    this.live = live;
    this.to.changed('worth');
  }

  /* What comes meanwhile waits, and is applied afterwards. It may be newer; if it is older, what
   * follows it is there, too. */
  async readAll() {
    if (this.waiting) {
      this.again = true;
      return;
    }
    clearTimeout(this.retry);
    this.waiting = [];
    this.again = false;
    let got = true;
    try {
      const [members, ring] = await Promise.all([ask('/v1/members'), ask('/v1/ring')]);
      this.putMembers(members);
      this.putRing(ring);
      this.setLive(true);
      this.to.changed('all');
      this.askStatus();
    } catch {
      got = false;
    }
    const { waiting } = this;
    this.waiting = null;
    for (const [kind, data] of waiting) this.take(kind, data);
    if (!got) this.retry = setTimeout(() => this.readAll(), AGAIN_MS);
    else if (this.again) this.readAll();
  }

  putMembers(answer) {
    const now = Date.now(), was = this.self?.instance;
    this.members = new Map(answer.members.map((m) => [m.name, this.known(m, now)]));
    if (was && this.self && was !== this.self.instance) this.restarted = now;
  }

  /* A member with the time since which it has its status, by our clock. */
  known(m, now) {
    const since = m.since ? parseTime(m.since) + this.skew
      : m.in_state_us === undefined ? now : now - m.in_state_us / 1000;
    return { ...m, since };
  }

  /* R62, ring hold: it is dead, and owns its keys until its death is old enough. */
  isHeld(m) {
    return m.status === 'dead' && this.shares.has(m.name);
  }

  /* Most deaths bring a ring of their own right behind them, and then nobody was held. */
  markHeldSoon() {
    this.marking = 0;
    if (!this.readingRing) this.markHeld();
  }

  markHeld() {
    for (const m of this.members.values()) m.held = this.isHeld(m);
    this.to.changed('members');
  }

  async putRing(answer) {
    this.ring = answer;
    this.shares = new Map(answer.members.map((m) => [m.name, m.share]));
    if (!this.readRingAgain) this.markHeld();
    this.to.changed('ring');
    if (answer.ranges) this.putCircle(answer);
    else if (answer.tokens <= TOKENS_MAX && !this.circle) await this.readCircle();
  }

  putCircle(answer) {
    this.circles.delete(answer.checksum);
    this.circles.set(answer.checksum, circleOf(answer.ranges));
    if (this.circles.size > CIRCLES_MAX) this.circles.delete(this.circles.keys().next().value);
    this.to.changed('ring');
  }

  async readCircle() {
    try {
      this.putCircle(await ask('/v1/ring', { ranges: 'true' }));
    } catch {
      // without it the ring shows shares alone
    }
  }

  /* Of the present ring, or null. */
  get circle() {
    return this.circles.get(this.ring.checksum) ?? null;
  }

  /* Where the circle has changed, if both circles are known. */
  moves(diff, removed) {
    const before = this.circles.get(diff.before.checksum);
    const after = removed ? before && without(before, removed)
      : this.circles.get(diff.after.checksum);
    return before && after ? movedPieces(before, after) : null;
  }

  async readRing() {
    if (this.readingRing) {
      this.readRingAgain = true;
      return;
    }
    this.readingRing = true;
    try {
      await this.putRing(await ask('/v1/ring'));
    } catch {
      // the stream says what is wrong, and all is read anew when it is over
    }
    this.readingRing = false;
    if (this.readRingAgain) {
      this.readRingAgain = false;
      this.readRing();
    } else {
      this.markHeld();
    }
  }

  /* What only the agent knows of itself: the name of its cluster. */
  async askStatus() {
    try {
      this.cluster = (await ask('/v1/status')).cluster;
      this.to.changed('worth');
    } catch {
      // the page says the rest
    }
  }

  async askTrips() {
    this.looks = (this.looks ?? 0) + 1;
    if (document.hidden || !this.live || this.worth.gone ||
        (this.members.size > TRIPS_MANY && this.looks % TRIPS_SELDOM)) return;
    try {
      for (const { name, rtt_us } of (await ask('/v1/members')).members) {
        const member = this.members.get(name);
        if (member) member.rtt_us = rtt_us;
      }
      this.to.changed('trips');
    } catch {
      // the stream says what is wrong
    }
  }

  /* What the view is worth: the stream begins with it, and says when it changes. */
  setWorth({ ready, isolated, leaving, stale, gone }) {
    const now = Date.now(), was = this.worth;
    if (gone && !was.gone && !was.stale) this.until = now - GONE_MS;
    else if (stale && !was.stale) this.until = now - STALE_MS;
    this.worth = { ready: ready ?? was.ready, isolated: isolated ?? was.isolated,
      leaving: leaving ?? was.leaving, stale: stale ?? was.stale, gone: gone ?? was.gone };
    this.to.changed('worth');
  }

  /* ---- the stream --------------------------------------------------------------------------- */

  take(kind, data) {
    if (data.state) this.setWorth(data.state);
    if (kind === 'resync') {
      this.readAll();
      return;
    }
    if (this.waiting) {
      this.waiting.push([kind, data]);
      return;
    }
    const { event, name } = data, before = name && this.members.get(name);
    if (kind === 'member' && data.member) this.putMember(data.member, before);
    else if (kind === 'gone') this.members.delete(name);
    else if (kind === 'ring') this.readRing();
    if (name) this.to.changed('members');
    if (event) this.line(event, before);
    else if (kind === 'member') this.unsaid(before, data.member);
  }

  putMember(member, before) {
    const now = Date.now();
    const known = this.known(member, now);
    known.held = this.isHeld(known) && before?.held;
    if (this.isHeld(known) && !known.held)
      this.marking ||= setTimeout(() => this.markHeldSoon(), RING_FOLLOWS_MS);
    this.members.set(member.name, known);
    if (before?.self && before.instance !== member.instance) this.restarted = now;
  }

  /* A change that was found by comparing, after hearsay-serve had not heard the agent for a while:
   * there is no line of the log about it. */
  unsaid(before, member) {
    const same = before && before.instance === member?.instance;
    if (!member || (same && before.status === member.status)) return;
    this.line({ event: 'member', level: 'info', time: member.since, name: member.name,
      from: before?.status ?? 'none', to: member.status,
      reason: member.status === 'dead' ? member.cause : same ? 'none' : 'restarted' }, before);
  }

  line(event, before) {
    const now = Date.now(), told = parseTime(event.time) ?? now;
    this.skew = Math.abs(now - told) > CLOCK_MS ? now - told : 0;
    const line = { ...event, at: told + this.skew, number: ++this.numbers };
    this.events.push(line);
    if (this.events.length > EVENTS_MAX) this.events.splice(0, this.events.length - EVENTS_MAX);
    this.to.line(line, before, this.members.get(event.name));
    this.to.changed('events');
  }

  /* ---- questions ---------------------------------------------------------------------------- */

  get self() {
    for (const m of this.members.values()) if (m.self) return m;
    return null;
  }

  /* How long the agent lets who has failed keep its keys, microseconds. */
  get holdUs() {
    return this.self?.ring_hold_us ?? 0;
  }

  counts() {
    const counts = { alive: 0, suspect: 0, dead: 0 };
    for (const m of this.members.values()) counts[m.status]++;
    return counts;
  }
}
