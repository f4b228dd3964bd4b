// SPDX-License-Identifier: Apache-2.0
// What has changed, and why. Lines of the log that belong together (a rack that goes at once) are
// one change; the ring that follows belongs to it, and so do the agent's reasons.

import { ask } from './api.js';
import { evidence, headline, heldWords, howOf, kindOf, movedWords } from './words.js';
import { names, plural, wholeSpan } from './format.js';

const TOGETHER_MS = 5000;
const KEPT_MAX = 20;
const ASKED_WHY_MAX = 3;
const WHY_KEPT_MS = 1100;   // hearsay-serve keeps an answer for a second: this one is newer
const FIRST_FOR_MS = 20000; // a death is told first for so long, whatever comes after it

/* Which change is told first, if several are new. */
const RANKS = { dead: 4, left: 3, forced: 3, joined: 3, back: 3, suspect: 3, refuted: 2, gone: 1,
  updated: 1, ring: 1 };
const MOVING = new Set(['dead', 'left', 'forced', 'joined', 'back', 'updated', 'ring']);

class Change {
  constructor(kind, at) {
    Object.assign(this, { kind, first: at, last: at, names: [], events: new Map(), why: new Map(),
      detail: '', from: 0, to: 0, moved: 0, diff: null });
  }

  /* What is over is not told before what is. */
  rank(members) {
    const { gone } = this, kind = gone.length ? 'dead' : this.kind;
    const holds = { dead: 'dead', left: 'dead', forced: 'dead', suspect: 'suspect' }[kind];
    const over = holds && [...this.names, ...gone].every((name) =>
      members.get(name)?.status !== holds);
    return over ? 1 : RANKS[kind];
  }

  /* R62: whose keys a ring has moved long after they died, so that it is a change by itself. */
  get gone() {
    if (this.kind !== 'ring' || !this.diff) return [];
    return this.diff.members.filter((m) => m.before && !m.after).map((m) => m.name);
  }

  words() {
    const [name] = this.names, event = this.events.get(name);
    if (this.detail && this.names.length === 1) return this.detail;
    if (this.gone.length) return headline('moved', this.gone);
    return headline(this.kind, this.names, howOf(this.why.get(name) ?? [], event));
  }

  evidenceWords() {
    const [name] = this.names;
    if (this.names.length !== 1)
      return this.kind === 'suspect' ? 'They keep their keys until the verdict.' : '';
    const text = evidence(this.kind, this.why.get(name) ?? [], this.events.get(name)?.accuser);
    return this.kind === 'suspect' ? `${text} It keeps its keys until the verdict.`.trim() : text;
  }

  movedText(model) {
    const held = this.names.filter((name) => model.members.get(name)?.held);
    const none = !this.moved && (this.to || held.length) ? 'No key has moved.' : '';
    const moved = this.diff ? movedWords(this.diff) : none;
    return held.length ? `${moved} ${heldWords(held, model.holdUs)}`.trim() : moved;
  }
}

/* What of a member is another now, for a line `updated`. */
function detailOf(name, before, after) {
  if (!before || !after) return '';
  const said = [];
  if (before.addr !== after.addr) said.push(`its address is ${after.addr}`);
  if (before.tokens !== after.tokens)
    said.push(after.tokens ? `it has ${plural(after.tokens, 'token')}, before ${before.tokens}`
      : 'it is drained, and owns no keys');
  const tags = new Set([...Object.keys(before.tags ?? {}), ...Object.keys(after.tags ?? {})]);
  for (const tag of tags) {
    const was = before.tags?.[tag], is = after.tags?.[tag];
    if (was !== is) said.push(is === undefined ? `tag ${tag} is gone` : `tag ${tag} is ${is}`);
  }
  return said.length ? `${name} has changed: ${names(said, 4)}.` : '';
}

export class Changes {
  /* `to` has changed(): something that is told has changed. */
  constructor(to) {
    this.to = to;
    this.list = [];
  }

  add(event, before, after) {
    if (event.event === 'ring') this.addRing(event);
    else if (event.event === 'member') this.addMember(event, before, after);
  }

  addMember(event, before, after) {
    const kind = kindOf(event);
    if (event.reason === 'keys') return;
    let change = this.list.findLast((c) => c.kind === kind && event.at - c.last < TOGETHER_MS);
    if (!change) change = this.push(new Change(kind, event.at));
    change.last = event.at;
    if (!change.names.includes(event.name)) change.names.push(event.name);
    change.events.set(event.name, event);
    if (kind === 'updated') change.detail = detailOf(event.name, before, after);
    if (kind === 'dead' || kind === 'suspect') this.askWhy(change, event.name);
    this.to.changed();
  }

  addRing(event) {
    let change = this.list.findLast((c) => MOVING.has(c.kind) && event.at - c.last < TOGETHER_MS);
    if (!change) change = this.push(new Change('ring', event.at));
    change.from ||= event.version - 1;
    change.to = event.version;
    change.moved += event.moved ?? 0;
    this.askDiff(change);
    this.to.changed();
  }

  push(change) {
    this.list.push(change);
    if (this.list.length > KEPT_MAX) this.list.shift();
    return change;
  }

  async askWhy(change, name) {
    if (change.why.size >= ASKED_WHY_MAX) return;
    change.why.set(name, []);
    await this.readWhy(change, name);
    setTimeout(() => this.readWhy(change, name), WHY_KEPT_MS);
  }

  async readWhy(change, name) {
    try {
      change.why.set(name, (await ask(`/v1/why/${encodeURIComponent(name)}`)).history);
      this.to.changed();
    } catch {
      // the line of the log has a reason, too
    }
  }

  /* One question at a time for each change; the newest ring counts. */
  async askDiff(change) {
    if (change.asking) return;
    change.asking = true;
    try {
      let asked;
      do {
        asked = change.to;
        change.diff = await ask('/v1/ring/diff', { from: change.from, to: asked });
        this.to.changed();
      } while (asked !== change.to);
    } catch {
      // that ring is forgotten, or the agent is away: the sentence stands without the keys
    }
    change.asking = false;
  }

  /* After all was read anew: the last change is told by the members' own words. */
  async begin(members, ring) {
    this.list = [];
    const told = [...members].filter((m) => m.status !== 'alive')
      .sort((a, b) => a.since - b.since).slice(-1);
    for (const m of told) {
      const kind = m.status === 'suspect' ? 'suspect'
        : m.cause === 'left' || m.cause === 'forced' ? m.cause : 'dead';
      const change = this.push(new Change(kind, m.since));
      change.names = [m.name];
      change.events.set(m.name, {});
      this.askWhy(change, m.name);
      if (ring.version > 1 && kind !== 'suspect') this.askLastRing(change);
    }
    this.to.changed();
  }

  /* The last ring, if it was made because of that change. */
  async askLastRing(change) {
    try {
      const diff = await ask('/v1/ring/diff');
      const about = diff.members.find((m) => m.name === change.names[0]);
      if (!about || about.after || !about.before) return;
      change.diff = diff;
      this.to.changed();
    } catch {
      // it is not remembered
    }
  }

  /* The change that is told first now, or null. */
  told(members, now) {
    const fresh = this.list.filter((c) => now - c.last < FIRST_FOR_MS);
    const most = Math.max(0, ...fresh.map((c) => c.rank(members)));
    return fresh.findLast((c) => c.rank(members) === most) ??
      this.list.findLast((c) => c.rank(members) > 1) ?? this.list.at(-1) ?? null;
  }
}

/* When nothing has happened: that is worth a sentence, too. */
export function calmWords(model, now) {
  const all = model.members.size;
  if (!all) return ['Nobody is known yet.', ''];
  const since = [...model.members.values()].reduce((last, m) => Math.max(last, m.since), 0);
  const who = all === 1 ? 'One member is' : `All ${plural(all, 'member')} are`;
  const calm = wholeSpan(now - since);
  return [`${who} alive.`, `Nobody has come, gone or been suspected for ${calm}.`];
}
