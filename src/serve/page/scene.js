// SPDX-License-Identifier: Apache-2.0
// Draws the ring as it is now, or a change of it. All that there is to draw is in its arguments.

import { TURN, flowsOf } from './layout.js';
import { percent } from './format.js';
import { arcBand, fitted, ribbon, sign, textOnArc, thread } from './paint.js';

const SMALL_PX = 11;
const NAMED_ROOM = 26;   // pixels that a segment must have for a name
const EDGES_MAX = 160;   // segments, between which an edge is drawn
const FLOWS_MAX = 400;
const THREAD = 2;         // pixels: a thinner ribbon is a line
const CALLED_OUT_MAX = 8;
const PATTERN_ROOM = 5;   // pixels: a thinner segment has no pattern
const FRAME = 2.5;

/* The radii of a ring of a given size. */
export function measures(size, hasCircle) {
  const outer = size / 2 - 3;
  const hub = outer * 0.36;
  if (!hasCircle) return { outer, inner: outer - Math.max(30, outer * 0.22), hub };
  const band = Math.max(10, outer * 0.075);
  const inner = outer - band - Math.max(4, outer * 0.022);
  return { circleOuter: outer, circleInner: outer - band, outer: inner,
    inner: inner - Math.max(26, outer * 0.19), hub };
}

function fillOf(segment, look, hasRoom) {
  const status = look.statuses.get(segment.name);
  if (segment.ghost) return 'transparent';
  if (status === 'suspect') return look.page.suspect;
  if (status === 'dead' || (status === 'held' && !hasRoom)) return look.page.dead;
  return look.colours.of(segment.name);
}

function isOdd(segment, look) {
  const status = look.statuses.get(segment.name);
  return status === 'suspect' || status === 'dead' || status === 'held';
}

/* How strong a segment is drawn: what a change, or the eye, is about stands out. */
function strength(segment, scene) {
  if (scene.alone) return segment.name === scene.alone ? 1 : 0.42;
  if (!scene.change) return 1;
  return segment.gained > 0 || segment.lost > 0 ? 0.62 : 0.25;
}

/* R62: the member is dead and its keys are still its own: its colour, crossed out, in a frame. */
function paintFrame(ctx, { a0, a1 }, look, m) {
  const turn = Math.min(FRAME / m.inner, (a1 - a0) / 3);
  arcBand(ctx, m.inner + FRAME, m.outer - FRAME, a0 + turn, a1 - turn);
  ctx.strokeStyle = look.page.dead;
  ctx.lineWidth = FRAME;
  ctx.stroke();
}

function paintSegment(ctx, segment, scene, look, m) {
  const { a0, a1 } = segment, wide = a1 - a0;
  if (wide <= 0) return;
  const seam = scene.edges ? 0 : 0.4 / m.outer; // no hair lines between neighbours
  ctx.globalAlpha = strength(segment, scene);
  arcBand(ctx, m.inner, m.outer, a0, a1 + seam);
  const hasRoom = wide * m.outer > PATTERN_ROOM;
  ctx.fillStyle = fillOf(segment, look, hasRoom);
  ctx.fill();
  if (isOdd(segment, look) && !segment.ghost && hasRoom) {
    const held = look.statuses.get(segment.name) === 'held';
    ctx.fillStyle = held ? look.stripesHeld : look.stripesGround;
    ctx.fill();
    if (held) paintFrame(ctx, segment, look, m);
  }
  if (scene.change && !scene.alone && segment.gained > 0) {
    ctx.globalAlpha = 1;
    const part = segment.fresh ? wide : wide * segment.gained / (segment.weight || 1);
    arcBand(ctx, m.inner, m.outer, a1 - Math.max(part, Math.min(wide, 0.003)), a1);
    ctx.fillStyle = look.colours.of(segment.name);
    ctx.fill();
  }
  ctx.globalAlpha = 1;
}

function paintGhost(ctx, segment, scene, look, m) {
  const failed = look.statuses.get(segment.name) === 'dead' && !look.gone.has(segment.name);
  const colour = failed && !scene.planned ? look.page.dead : look.page.muted;
  arcBand(ctx, m.inner, m.outer, segment.a0, segment.a1);
  ctx.globalAlpha = 0.5;
  ctx.fillStyle = failed && !scene.planned ? look.stripesDead : look.stripesMuted;
  ctx.fill();
  ctx.globalAlpha = 1;
  ctx.setLineDash([5, 3]);
  ctx.lineWidth = 1.5;
  ctx.strokeStyle = colour;
  ctx.stroke();
  ctx.setLineDash([]);
}

/* Names on the segments that have room for them, with their shares below. */
function paintNames(ctx, scene, look, m) {
  const thick = m.outer - m.inner, size = Math.min(15, Math.max(SMALL_PX, thick * 0.25));
  const two = thick > 40;
  ctx.lineWidth = 4;
  ctx.lineJoin = 'round';
  ctx.textAlign = 'center';
  ctx.textBaseline = 'middle';
  for (const segment of scene.layout.segments) {
    const wide = segment.a1 - segment.a0, middle = (segment.a0 + segment.a1) / 2;
    const radius = (m.inner + m.outer) / 2, room = wide * radius - 10;
    if (room < NAMED_ROOM) continue;
    const odd = segment.ghost || isOdd(segment, look);
    const pale = odd || (strength(segment, scene) < 0.7 && !segment.fresh);
    ctx.fillStyle = pale ? look.page.text : look.colours.isLight(segment.name) ? '#10171c' : '#fff';
    ctx.strokeStyle = odd ? look.page.ground : 'transparent';
    ctx.font = `600 ${size}px ${look.font}`;
    if (ctx.measureText(segment.name).width > room)
      ctx.font = `600 ${SMALL_PX}px ${look.font}`;
    const below = ((middle % TURN) + TURN) % TURN < Math.PI;
    const shift = two ? thick * 0.16 * (below ? -1 : 1) : 0;
    const name = fitted(ctx, segment.name, room);
    if (!name || !textOnArc(ctx, name, radius + shift, middle, wide) || !two) continue;
    ctx.font = `${Math.max(SMALL_PX, size - 2)}px ${look.font}`;
    const share = segment.ghost ? '' : percent(segment.share);
    textOnArc(ctx, share, radius - shift, middle, wide - 10 / radius);
  }
}

function paintZones(ctx, scene, look, m) {
  ctx.lineWidth = 1;
  ctx.textAlign = 'center';
  ctx.textBaseline = 'middle';
  ctx.font = `600 11px ${look.font}`;
  for (const zone of scene.layout.zones) {
    const wide = zone.a1 - zone.a0;
    ctx.beginPath();
    ctx.arc(0, 0, m.inner - 4, zone.a0, zone.a1);
    ctx.strokeStyle = look.page.muted;
    ctx.stroke();
    ctx.fillStyle = look.page.muted;
    ctx.strokeStyle = 'transparent';
    const name = fitted(ctx, zone.name || 'no zone', wide * (m.inner - 14) - 6);
    if (name) textOnArc(ctx, name, m.inner - 14, (zone.a0 + zone.a1) / 2, wide);
  }
}

/* The part of a segment that it loses, or gains, as angles. */
function sideOf(segment, whole, part) {
  const wide = segment.a1 - segment.a0;
  const angle = whole ? wide : wide * Math.min(1, part / (segment.weight || 1));
  return { a0: segment.a1 - angle, angle };
}

/* All ribbons with their ends, laid beside each other so that few cross. */
function ribbonsOf(change, layout) {
  const flows = flowsOf(change).slice(0, FLOWS_MAX)
    .map((flow) => ({ ...flow, a: layout.byName.get(flow.from), b: layout.byName.get(flow.to) }))
    .filter((flow) => flow.a && flow.b);
  const used = new Map();
  const place = (segment, whole, part, share) => {
    const side = sideOf(segment, whole, part), wide = side.angle * share / (part || 1);
    const key = `${part === segment.lost ? '-' : '+'}${segment.name}`;
    const begun = used.get(key) ?? 0;
    used.set(key, begun + wide);
    return [side.a0 + begun, side.a0 + begun + Math.max(wide, 0.0012)];
  };
  const turn = (from, to) => ((to - from) % TURN + TURN) % TURN;
  flows.sort((f, g) => turn(g.a.a1, g.b.a0) - turn(f.a.a1, f.b.a0));
  const first = flows.map((f) => place(f.a, f.a.ghost, f.a.lost, f.share));
  flows.forEach((f, i) => { f.ends = first[i]; });
  flows.sort((f, g) => turn(g.b.a1, g.a.a0) - turn(f.b.a1, f.a.a0));
  for (const f of flows) f.ends = [...f.ends, ...place(f.b, f.b.fresh, f.b.gained, f.share)];
  return flows.sort((f, g) => g.share - f.share);
}

function paintRibbons(ctx, scene, look, m) {
  scene.ribbons ??= ribbonsOf(scene.change, scene.layout);
  for (const flow of scene.ribbons) {
    const about = !scene.alone || flow.from === scene.alone || flow.to === scene.alone;
    const [a0, a1, b0, b1] = flow.ends, width = Math.max(a1 - a0, b1 - b0) * m.inner;
    ctx.globalAlpha = scene.fade * (about ? 0.6 : 0.08);
    if (width < THREAD) {
      ctx.strokeStyle = look.colours.of(flow.to);
      thread(ctx, m.inner - 1, (a0 + a1) / 2, (b0 + b1) / 2, Math.max(0.75, width));
    } else {
      ribbon(ctx, m.inner - 1, a0, a1, b0, b1);
      ctx.fillStyle = look.colours.of(flow.to);
      ctx.fill();
    }
  }
  ctx.globalAlpha = 1;
  fadeHub(ctx, m);
}

/* Ribbons fade towards the middle, where the words are. */
function fadeHub(ctx, m) {
  const fade = ctx.createRadialGradient(0, 0, m.hub * 0.7, 0, 0, m.inner * 0.92);
  fade.addColorStop(0, 'rgb(0 0 0 / 0.95)');
  fade.addColorStop(0.35, 'rgb(0 0 0 / 0.8)');
  fade.addColorStop(1, 'rgb(0 0 0 / 0)');
  ctx.globalCompositeOperation = 'destination-out';
  ctx.beginPath();
  ctx.arc(0, 0, m.inner - 1, 0, TURN);
  ctx.fillStyle = fade;
  ctx.fill();
  ctx.globalCompositeOperation = 'source-over';
}

/* Signs for members that are suspect, dead or gone, and their names if they are few. */
function paintSigns(ctx, scene, look, m) {
  const signs = [];
  for (const segment of scene.layout.segments) {
    const status = look.statuses.get(segment.name);
    if (segment.ghost && !scene.planned)
      signs.push([segment, look.gone.has(segment.name) ? 'left' : 'dead']);
    else if (isOdd(segment, look))
      signs.push([segment, status]);
  }
  const size = signs.length > 60 ? 4 : 7, radius = m.inner - size - 4;
  const named = signs.length <= CALLED_OUT_MAX && m.inner > 130;
  ctx.font = `600 12px ${look.font}`;
  ctx.textBaseline = 'middle';
  for (const [segment, shape] of signs) {
    const middle = (segment.a0 + segment.a1) / 2;
    const colour = look.page[shape === 'held' ? 'dead' : shape] ?? look.page.muted;
    sign(ctx, shape, radius, middle, size, colour);
    if (!named || (segment.a1 - segment.a0) * m.inner > 90) continue;
    const x = Math.cos(middle) * (radius - 16), y = Math.sin(middle) * (radius - 16);
    ctx.fillStyle = colour;
    ctx.textAlign = Math.abs(Math.cos(middle)) < 0.25 ? 'center' : x > 0 ? 'right' : 'left';
    ctx.fillText(fitted(ctx, segment.name, m.inner * 0.6), x, y);
  }
}

function paintShown(ctx, scene, look, m) {
  const segment = scene.shown && scene.layout.byName.get(scene.shown);
  if (!segment) return;
  const least = Math.max(segment.a1, segment.a0 + 3 / m.outer);
  arcBand(ctx, m.inner - 2, m.outer + 2, segment.a0, least);
  ctx.strokeStyle = look.page.text;
  ctx.lineWidth = 2;
  ctx.stroke();
}

/* Only what stands out, over a picture of the rest. */
export function paintAlone(ctx, size, layout, name, look) {
  const m = measures(size, false), segment = layout.byName.get(name);
  ctx.save();
  ctx.setTransform(look.ratio, 0, 0, look.ratio, 0, 0);
  ctx.translate(size / 2, size / 2);
  if (segment && !segment.ghost) paintSegment(ctx, segment, {}, look, m);
  paintShown(ctx, { layout, shown: name }, look, m);
  ctx.restore();
}

/* `scene`: {layout, change, planned, shown, fade}; `look`: {colours, page, statuses, gone, font,
 * ratio, scheme, stripes...}; `circle`: the outer band. */
export function paintScene(ctx, size, scene, look, circle) {
  const m = measures(size, circle.pieces !== null), shown = scene.layout.byName.get(scene.shown);
  // the one that a change is about does not stand out before those that it concerns
  scene.alone = scene.change && shown?.principal ? null : scene.shown;
  ctx.setTransform(look.ratio, 0, 0, look.ratio, 0, 0);
  ctx.clearRect(0, 0, size, size);
  ctx.translate(size / 2, size / 2);
  circle.paint(ctx, look, m.circleInner, m.circleOuter, scene.change?.moves, scene.alone);
  const { segments } = scene.layout;
  scene.edges = segments.length <= EDGES_MAX;
  if (!segments.length) {
    arcBand(ctx, m.inner, m.outer, 0, TURN);
    ctx.fillStyle = look.page.track;
    ctx.fill('evenodd');
  }
  for (const segment of segments) {
    paintSegment(ctx, segment, scene, look, m);
    if (segment.ghost) paintGhost(ctx, segment, scene, look, m);
  }
  if (scene.edges && segments.length > 1) {
    ctx.strokeStyle = look.page.ground;
    ctx.lineWidth = segments.length > 60 ? 1 : 2;
    for (const { a0 } of segments) {
      ctx.beginPath();
      ctx.moveTo(Math.cos(a0) * (m.inner - 1), Math.sin(a0) * (m.inner - 1));
      ctx.lineTo(Math.cos(a0) * (m.outer + 1), Math.sin(a0) * (m.outer + 1));
      ctx.stroke();
    }
  }
  if (scene.change) paintRibbons(ctx, scene, look, m);
  else paintZones(ctx, scene, look, m);
  paintNames(ctx, scene, look, m);
  paintSigns(ctx, scene, look, m);
  paintShown(ctx, scene, look, m);
}
