// SPDX-License-Identifier: Apache-2.0
// What is known of the cluster, and how good it is. It is read once as a whole and then follows the
// stream; whoever shows it asks what has changed.

import { ask } from './api.js';
import { Stream } from './stream.js';

const PIECES_MAX = 8192;  // of a circle that is fetched and drawn whole
const EVENTS_MAX = 400;
const STATUS_MS = 2000;   // between two questions for what the agent says of itself
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
    this.ranges = null;
    this.shares = new Map();
    this.events = [];
    this.worth = { ready: true, isolated: false, leaving: false, stale: 0, gone: null };
    this.status = null;
    this.live = false;      // the stream is open, and what it is based on was read
    this.heard = 0;         // when anything came last
    this.skew = 0;          // milliseconds from the agent's clock to ours
    this.waiting = null;    // what came while all was read anew
    this.restarted = -Infinity; // when the agent was found to be another process
    this.numbers = 0;
  }

  start() {
    new Stream('/v1/events', {
      open: (resumed) => this.opened(resumed),
      event: (kind, data) => this.take(kind, data),
      lost: () => this.lost(),
    }).run();
    setInterval(() => this.askStatus(), STATUS_MS);
  }

  /* ---- the whole ---------------------------------------------------------------------------- */

  opened(resumed) {
    this.heard = Date.now();
    if (resumed && this.members.size) {
      this.live = true;
      this.to.changed('worth');
    } else {
      this.readAll();
    }
  }

  lost() {
    this.live = false;
    this.to.changed('worth');
  }

  async readAll() {
    this.waiting = [];
    try {
      const [members, ring] = await Promise.all([ask('/v1/members'), ask('/v1/ring')]);
      this.putMembers(members);
      this.putRing(ring);
      this.live = true;
      this.to.changed('all');
      await this.askStatus();
    } catch (error) {
      this.notGot(error);
      setTimeout(() => this.waiting || this.readAll(), STATUS_MS);
    }
    const waiting = this.waiting;
    this.waiting = null;
    for (const [kind, data] of waiting) this.take(kind, data);
  }

  putMembers(answer) {
    const now = Date.now(), was = this.self?.instance;
    this.members = new Map(answer.members.map((m) => [m.name, this.known(m, now)]));
    if (was && this.self && was !== this.self.instance) this.restarted = now;
    this.got(answer);
  }

  /* A member with the time since which it has its status, by our clock. */
  known(m, now) {
    const since = m.since ? parseTime(m.since) + this.skew
      : m.in_state_us === undefined ? now : now - m.in_state_us / 1000;
    return { ...m, since };
  }

  async putRing(answer) {
    this.ring = answer;
    this.shares = new Map(answer.members.map((m) => [m.name, m.share]));
    if (answer.tokens > PIECES_MAX || answer.checksum !== this.rangesOf) this.ranges = null;
    this.to.changed('ring');
    if (answer.tokens <= PIECES_MAX && !this.ranges) await this.readRanges();
  }

  async readRanges() {
    try {
      const answer = await ask('/v1/ring', { ranges: 'true' });
      if (answer.checksum !== this.ring.checksum) return;
      this.ranges = answer.ranges;
      this.rangesOf = answer.checksum;
      this.to.changed('ring');
    } catch {
      // without them the ring shows shares alone
    }
  }

  async readRing() {
    if (this.readingRing) {
      this.readRingAgain = true;
      return;
    }
    this.readingRing = true;
    try {
      await this.putRing(await ask('/v1/ring'));
    } catch (error) {
      this.notGot(error);
    }
    this.readingRing = false;
    if (this.readRingAgain) {
      this.readRingAgain = false;
      this.readRing();
    }
  }

  async askStatus() {
    if (document.hidden || this.asking) return;
    this.asking = true;
    try {
      this.status = await ask('/v1/status');
      this.got(this.status);
      this.to.changed('status');
    } catch (error) {
      this.notGot(error);
    }
    this.asking = false;
  }

  /* Every answer says what it is worth. */
  got(answer) {
    this.heard = Date.now();
    const { ready = true, isolated = false } = answer;
    this.worth = { ...this.worth, ready, isolated, gone: null,
      stale: (answer.stale_us ?? 0) / 1000, leaving: answer.leaving ?? this.worth.leaving };
    this.to.changed('worth');
  }

  notGot(error) {
    if (error.status === 503) this.worth = { ...this.worth, gone: error.message };
    this.to.changed('worth');
  }

  /* ---- the stream --------------------------------------------------------------------------- */

  take(kind, data) {
    this.heard = Date.now();
    if (this.waiting) {
      this.waiting.push([kind, data]);
      return;
    }
    this.worth.gone = null;
    const { event } = data;
    const name = data.member?.name ?? data.name;
    const before = name && this.members.get(name);
    if (kind === 'member') this.members.set(name, this.known(data.member, Date.now()));
    else if (kind === 'gone') this.members.delete(name);
    else if (kind === 'ring') this.readRing();
    else if (kind === 'state') this.got({ ...this.worth, ...data });
    else if (kind === 'rtt') this.putTrips(data.rtt_us);
    else if (kind === 'resync') this.readAll();
    if (kind === 'member' || kind === 'gone') this.to.changed('members');
    if (event) this.line(event, before);
  }

  putTrips(trips) {
    for (const [name, rtt] of Object.entries(trips ?? {})) {
      const member = this.members.get(name);
      if (member) member.rtt_us = rtt;
    }
    this.to.changed('trips');
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

  counts() {
    const counts = { alive: 0, suspect: 0, dead: 0 };
    for (const m of this.members.values()) counts[m.status]++;
    return counts;
  }
}
