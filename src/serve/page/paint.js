// SPDX-License-Identifier: Apache-2.0
// Shapes on the ring's canvas. Radii are pixels, angles radians, clockwise from the right.

import { TURN } from './layout.js';

/* A piece of a band between two radii. */
export function arcBand(ctx, inner, outer, a0, a1) {
  ctx.beginPath();
  ctx.arc(0, 0, outer, a0, a1);
  ctx.arc(0, 0, inner, a1, a0, true);
  ctx.closePath();
}

/* Stripes: they say "not as usual" without any colour. */
export function stripes(ctx, colour, ratio, crossed = false) {
  const size = 6 * ratio, tile = document.createElement('canvas');
  tile.width = tile.height = size;
  const pen = tile.getContext('2d');
  pen.strokeStyle = colour;
  pen.lineWidth = 1.6 * ratio;
  pen.beginPath();
  for (const shift of [-size, 0, size]) {
    pen.moveTo(shift, size);
    pen.lineTo(shift + size, 0);
    if (crossed) {
      pen.moveTo(shift, 0);
      pen.lineTo(shift + size, size);
    }
  }
  pen.stroke();
  const pattern = ctx.createPattern(tile, 'repeat');
  pattern.setTransform(new DOMMatrix().scale(1 / ratio));
  return pattern;
}

/* Text along a circle, upright in both halves, with the stroke as its halo. Returns false if it has
 * no room. */
export function textOnArc(ctx, text, radius, middle, room) {
  const width = ctx.measureText(text).width;
  if (width > room * radius) return false;
  const turned = ((middle % TURN) + TURN) % TURN;
  const below = turned > 0.06 && turned < Math.PI - 0.06;
  const sign = below ? -1 : 1;
  let angle = middle - sign * width / radius / 2;
  for (const letter of text) {
    const step = ctx.measureText(letter).width / radius * sign;
    ctx.save();
    ctx.rotate(angle + step / 2);
    ctx.translate(radius, 0);
    ctx.rotate(below ? -Math.PI / 2 : Math.PI / 2);
    ctx.strokeText(letter, 0, 0);
    ctx.fillText(letter, 0, 0);
    ctx.restore();
    angle += step;
  }
  return true;
}

/* As much of a name as has room. Names of a cluster begin alike, so the end is what stays. */
export function fitted(ctx, text, room) {
  if (ctx.measureText(text).width <= room) return text;
  let kept = text;
  while (kept.length > 1 && ctx.measureText(`…${kept}`).width > room)
    kept = kept.slice(1);
  return kept.length > 1 ? `…${kept}` : '';
}

/* From a piece of the circle to another, through the middle. */
export function ribbon(ctx, radius, a0, a1, b0, b1) {
  const pull = 0.12 * radius;
  const at = (angle, r) => [Math.cos(angle) * r, Math.sin(angle) * r];
  const middle = at((a0 + a1) / 2, pull), other = at((b0 + b1) / 2, pull);
  ctx.beginPath();
  ctx.arc(0, 0, radius, a0, a1);
  ctx.bezierCurveTo(...middle, ...other, ...at(b0, radius));
  ctx.arc(0, 0, radius, b0, b1);
  ctx.bezierCurveTo(...other, ...middle, ...at(a0, radius));
  ctx.closePath();
}

/* The same for one so thin that a line is as good. */
export function thread(ctx, radius, a, b, width) {
  const pull = 0.12 * radius;
  ctx.beginPath();
  ctx.moveTo(Math.cos(a) * radius, Math.sin(a) * radius);
  ctx.bezierCurveTo(Math.cos(a) * pull, Math.sin(a) * pull, Math.cos(b) * pull,
    Math.sin(b) * pull, Math.cos(b) * radius, Math.sin(b) * radius);
  ctx.lineWidth = width;
  ctx.stroke();
}

/* A sign at the inner edge of the band: a triangle that points at its segment, a circle, a
 * cross, or both. */
export function sign(ctx, shape, radius, angle, size, colour) {
  ctx.save();
  ctx.translate(Math.cos(angle) * radius, Math.sin(angle) * radius);
  ctx.beginPath();
  if (shape === 'suspect') {
    ctx.rotate(angle);
    ctx.moveTo(size, 0);
    ctx.lineTo(-size * 0.8, -size * 0.9);
    ctx.lineTo(-size * 0.8, size * 0.9);
    ctx.closePath();
    ctx.fillStyle = colour;
    ctx.fill();
  } else if (shape === 'left') {
    ctx.arc(0, 0, size * 0.7, 0, TURN);
    ctx.strokeStyle = colour;
    ctx.lineWidth = 2;
    ctx.stroke();
  } else {
    const held = shape === 'held', arm = size * (held ? 0.55 : 0.7);
    for (const turn of [-1, 1]) {
      ctx.moveTo(-arm, -turn * arm);
      ctx.lineTo(arm, turn * arm);
    }
    if (held) {
      ctx.moveTo(size, 0);
      ctx.arc(0, 0, size, 0, TURN);
    }
    ctx.strokeStyle = colour;
    ctx.lineWidth = held ? 1.75 : 2.5;
    ctx.lineCap = 'round';
    ctx.stroke();
  }
  ctx.restore();
}
