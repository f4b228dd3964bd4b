// SPDX-License-Identifier: Apache-2.0
// Where each member's segment is on the ring: shares to angles. Segments stand by zone and name.
// While a change is shown each member has room for what it had or what it has, whichever is more,
// so that what went and what came can be drawn where it was and where it is.

import { byText } from './format.js';

export const TURN = 2 * Math.PI;
export const TOP = -Math.PI / 2;
const ZONE_GAP = 0.022;
const LEAST = 0.12;      // of a turn in radians: of the members that a change is about
const LEAST_SUM = 0.6;   // and of all of them together
const PRINCIPALS = 40;

/* Members of a change that appear or vanish, or all that lose, or gain, if they are few. */
function principals(diff) {
  const whole = diff.members.filter((m) => !m.before !== !m.after);
  if (whole.length) return whole.slice(0, PRINCIPALS);
  const losers = diff.members.filter((m) => m.lost > 0);
  const gainers = diff.members.filter((m) => m.gained > 0);
  const fewer = losers.length < gainers.length ? losers : gainers;
  return fewer.length <= PRINCIPALS ? fewer : [];
}

function plainRows(ring) {
  return ring.members.map((m) => ({ name: m.name, zone: m.zone || '', tokens: m.tokens,
    share: m.share, weight: m.share, gained: 0, lost: 0 }));
}

function changedRows(diff) {
  return diff.members.map((m) => {
    const before = m.before?.share ?? 0, after = m.after?.share ?? 0;
    return { name: m.name, zone: (m.after ?? m.before)?.zone || '',
      tokens: (m.after ?? m.before)?.tokens ?? 0, share: m.after ? after : before,
      weight: Math.max(before, after), gained: m.gained ?? 0, lost: m.lost ?? 0,
      ghost: !m.after, fresh: !m.before };
  });
}

/* Weights of those that a change is about are raised so that they can be seen among thousands. */
function raise(rows, diff) {
  const chosen = new Set(principals(diff).map((m) => m.name));
  if (!chosen.size) return;
  const sum = rows.reduce((all, row) => all + row.weight, 0) || 1;
  const least = Math.min(LEAST, LEAST_SUM / chosen.size) / TURN * sum;
  for (const row of rows) {
    row.principal = chosen.has(row.name);
    if (row.principal && row.weight < least) row.weight = least;
  }
}

/* {segments, zones}: each with its angles a0 and a1, clockwise from the top. */
export function layOut(ring, diff) {
  const rows = diff ? changedRows(diff) : plainRows(ring);
  if (diff) raise(rows, diff);
  rows.sort((a, b) => byText(a.zone, b.zone) || byText(a.name, b.name));
  const zoneCount = new Set(rows.map((row) => row.zone)).size;
  const gap = zoneCount > 1 ? Math.min(ZONE_GAP, 0.3 * TURN / zoneCount) : 0;
  const sum = rows.reduce((all, row) => all + row.weight, 0) || 1;
  const scale = (TURN - gap * (zoneCount > 1 ? zoneCount : 0)) / sum;
  const zones = [];
  let at = TOP + gap / 2;
  for (const row of rows) {
    const zone = zones[zones.length - 1];
    if (!zone || zone.name !== row.zone) {
      if (zone) at += gap;
      zones.push({ name: row.zone, a0: at, a1: at });
    }
    row.a0 = at;
    at += row.weight * scale;
    row.a1 = at;
    zones[zones.length - 1].a1 = at;
  }
  return { segments: rows, zones: zoneCount > 1 ? zones : [],
    byName: new Map(rows.map((row) => [row.name, row])) };
}

/* Between two layouts: `t` from 0 to 1. Who is in one of them alone grows or shrinks in place. */
export function between(from, to, t) {
  const mix = (a, b) => a + (b - a) * t;
  const middle = (s) => (s.a0 + s.a1) / 2;
  const segments = to.segments.map((s) => {
    const old = from.byName.get(s.name) ?? { a0: middle(s), a1: middle(s) };
    return { ...s, a0: mix(old.a0, s.a0), a1: mix(old.a1, s.a1) };
  });
  for (const s of from.segments) {
    if (!to.byName.has(s.name))
      segments.push({ ...s, a0: mix(s.a0, middle(s)), a1: mix(s.a1, middle(s)) });
  }
  return { segments, zones: t < 1 ? [] : to.zones, byName: to.byName };
}

/* The segment at an angle, by halves. */
export function segmentAt(layout, angle) {
  const turned = TOP + (((angle - TOP) % TURN) + TURN) % TURN;
  let low = 0, high = layout.segments.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1, s = layout.segments[middle];
    if (turned < s.a0) high = middle - 1;
    else if (turned > s.a1) low = middle + 1;
    else return s;
  }
  return null;
}

/* What goes from whom to whom: [{from, to, share}], greatest first. Of the pieces if there are
 * any, else of the sums, which tell it if one side has one member alone. */
export function flowsOf(diff) {
  if (diff.moves?.length) {
    const sums = new Map();
    for (const piece of diff.moves) {
      const key = `${piece.before}\n${piece.after}`;
      sums.set(key, (sums.get(key) ?? 0) + piece.to - piece.from);
    }
    return [...sums].map(([key, share]) => {
      const [from, to] = key.split('\n');
      return { from, to, share };
    }).sort((a, b) => b.share - a.share);
  }
  const gained = diff.members.filter((m) => m.gained > 0);
  const lost = diff.members.filter((m) => m.lost > 0);
  if (lost.length === 1)
    return gained.map((m) => ({ from: lost[0].name, to: m.name, share: m.gained }))
      .sort((a, b) => b.share - a.share);
  if (gained.length === 1)
    return lost.map((m) => ({ from: m.name, to: gained[0].name, share: m.lost }))
      .sort((a, b) => b.share - a.share);
  return [];
}
