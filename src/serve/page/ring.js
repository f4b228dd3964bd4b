// SPDX-License-Identifier: Apache-2.0
// The ring on the page: what it shows, how it goes from one state to the next, and what pointer and
// keys do on it. It is drawn only when something has changed.

import { Circle } from './circle.js';
import { colourScheme, onColourScheme, pageColours } from './colours.js';
import { between, layOut, segmentAt } from './layout.js';
import { stripes } from './paint.js';
import { measures, paintAlone, paintScene } from './scene.js';

const TWEEN_MS = 700;
const STEP_FAR = 10;
const MANY = 64;   // segments, from which changes are faded and not moved: a frame has no time
const PALE = 0.5;

const still = matchMedia('(prefers-reduced-motion: reduce)');

function eased(t) {
  return t < 0.5 ? 4 * t ** 3 : 1 - (2 - 2 * t) ** 3 / 2;
}

export class Ring {
  /* `to` has shown(name or null) and open(name). */
  constructor(canvas, colours, to) {
    Object.assign(this, { canvas, colours, to, ctx: canvas.getContext('2d'), size: 0 });
    this.circle = new Circle();
    this.ring = { members: [] };
    this.change = null;
    this.planned = false;
    this.layout = this.before = layOut(this.ring);
    this.began = -Infinity;
    this.hover = this.chosen = null;
    this.statuses = new Map();
    this.gone = new Set();
    this.frame = 0;
    this.look = null;
    this.picture = null; // of many segments, as they are
    this.older = null;   // and as they were, while one fades into the other
    onColourScheme(() => { this.look = null; this.renew(); });
    new ResizeObserver(() => this.resize()).observe(canvas.parentElement);
    this.listen();
  }

  /* ---- what is shown ------------------------------------------------------------------------ */

  set(ring, circle) {
    this.ring = ring;
    this.colours.admit([...ring.members].sort((a, b) => a.name < b.name ? -1 : 1));
    this.circle.set(circle);
    this.ribbons = undefined;
    if (!this.change) this.go(layOut(ring));
    this.tell();
    this.renew();
  }

  /* A change that happened or is planned; null: the ring as it is. */
  setChange(diff, planned = false) {
    if (diff === this.change) return;
    this.change = diff;
    this.planned = planned;
    if (diff) this.colours.admit(diff.members.map((m) => ({ name: m.name,
      zone: (m.after ?? m.before)?.zone })));
    this.ribbons = undefined;
    this.go(layOut(this.ring, diff));
    this.renew();
  }

  setStatuses(members) {
    this.statuses = new Map();
    this.gone = new Set();
    for (const m of members) {
      this.statuses.set(m.name, m.held ? 'held' : m.status);
      if (m.status === 'dead' && m.cause !== 'failed') this.gone.add(m.name);
    }
    this.tell();
    this.renew();
  }

  go(layout) {
    this.before = this.present();
    this.older = this.picture;
    this.layout = layout;
    this.ribbons = undefined;
    this.began = still.matches || !this.before.segments.length ? -Infinity : performance.now();
  }

  progress() {
    return Math.min(1, (performance.now() - this.began) / TWEEN_MS);
  }

  present() {
    const t = this.progress();
    return t < 1 ? between(this.before, this.layout, eased(t)) : this.layout;
  }

  get shown() {
    return this.hover ?? this.chosen;
  }

  /* ---- drawing ------------------------------------------------------------------------------ */

  draw() {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.paint();
    });
  }

  resize() {
    const size = Math.floor(Math.min(this.canvas.parentElement.clientWidth,
      this.canvas.parentElement.clientHeight));
    const ratio = Math.min(devicePixelRatio || 1, 3);
    if (size === this.size && this.look?.ratio === ratio) return;
    this.size = size;
    this.canvas.width = this.canvas.height = size * ratio;
    this.canvas.style.width = this.canvas.style.height = `${size}px`;
    this.look = this.picture = this.older = null;
    if (size > 0) this.paint();
  }

  makeLook() {
    const ratio = Math.min(devicePixelRatio || 1, 3), page = pageColours();
    return { ratio, page, scheme: colourScheme(), colours: this.colours,
      font: getComputedStyle(document.body).fontFamily,
      stripesGround: stripes(this.ctx, page.ground, ratio),
      stripesHeld: stripes(this.ctx, page.ground, ratio, true),
      stripesDead: stripes(this.ctx, page.dead, ratio, true),
      stripesMuted: stripes(this.ctx, page.muted, ratio) };
  }

  paint() {
    if (this.size < 60) return;
    this.look ??= this.makeLook();
    this.look.statuses = this.statuses;
    this.look.gone = this.gone;
    const t = this.progress();
    if (this.layout.segments.length > MANY) this.paintMany(t);
    else this.paintFew(t);
    if (t < 1) this.draw();
    if (!this.first && this.layout.segments.length)
      this.first = performance.mark('ring'); // for who measures
  }

  paintFew(t) {
    const scene = { layout: this.present(), change: this.change, planned: this.planned,
      shown: this.shown, fade: t, ribbons: t < 1 ? undefined : this.ribbons };
    paintScene(this.ctx, this.size, scene, this.look, this.circle);
    this.ribbons = t < 1 ? undefined : scene.ribbons;
    this.picture = this.older = null;
  }

  /* Thousands of segments are drawn once for each change, into a picture. */
  paintMany(t) {
    const { ctx, size, look, shown } = this, side = this.canvas.width;
    if (!this.picture) {
      this.picture = document.createElement('canvas');
      this.picture.width = this.picture.height = side;
      paintScene(this.picture.getContext('2d'), size, { layout: this.layout, change: this.change,
        planned: this.planned, shown: null, fade: 1 }, look, this.circle);
    }
    const alone = shown && !(this.change && this.layout.byName.get(shown)?.principal);
    const put = (picture, alpha) => {
      ctx.globalAlpha = alpha * (alone ? PALE : 1);
      ctx.drawImage(picture, 0, 0);
      ctx.globalAlpha = 1;
    };
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.clearRect(0, 0, side, side);
    if (t < 1 && this.older) put(this.older, 1 - t);
    put(this.picture, this.older ? t : 1);
    if (t >= 1) this.older = null;
    if (shown) paintAlone(ctx, size, this.layout, shown, look);
  }

  /* What is drawn is not right any more. */
  renew() {
    this.picture = null;
    this.draw();
  }

  /* ---- pointer and keys --------------------------------------------------------------------- */

  listen() {
    this.canvas.addEventListener('pointermove', (e) => this.point(e));
    this.canvas.addEventListener('pointerleave', () => this.setHover(null));
    this.canvas.addEventListener('click', (e) => {
      this.point(e);
      if (this.hover) this.to.open(this.hover);
    });
    this.canvas.addEventListener('keydown', (e) => this.key(e));
    this.canvas.addEventListener('focus', () => {
      if (!this.chosen && this.layout.segments.length) this.choose(this.layout.segments[0].name);
    });
    this.canvas.addEventListener('blur', () => this.choose(null));
  }

  point(event) {
    const m = measures(this.size, this.circle.pieces !== null);
    const box = this.canvas.getBoundingClientRect();
    const x = event.clientX - box.left - this.size / 2, y = event.clientY - box.top - this.size / 2;
    const radius = Math.hypot(x, y), angle = Math.atan2(y, x);
    let name = null;
    if (radius >= m.inner - 2 && radius <= m.outer + 2)
      name = segmentAt(this.layout, angle)?.name ?? null;
    else if (radius >= m.circleInner - 1 && radius <= m.circleOuter + 3)
      name = this.circle.ownerAt(angle) ?? null;
    this.setHover(name);
  }

  setHover(name) {
    if (name === this.hover) return;
    this.hover = name;
    this.canvas.classList.toggle('pointed', name !== null);
    this.to.shown(this.shown);
    this.draw();
  }

  /* The member that the keyboard is at. */
  choose(name) {
    if (name === this.chosen) return;
    this.chosen = name;
    this.tell();
    this.to.shown(this.shown);
    this.draw();
  }

  key(event) {
    const list = this.layout.segments, at = list.findIndex((s) => s.name === this.chosen);
    const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, PageDown: STEP_FAR,
      PageUp: -STEP_FAR };
    if (!list.length || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Enter' && this.chosen) this.to.open(this.chosen);
    else if (event.key === 'Home') this.choose(list[0].name);
    else if (event.key === 'End') this.choose(list[list.length - 1].name);
    else if (event.key in steps)
      this.choose(list[(at + steps[event.key] + STEP_FAR * list.length) % list.length].name);
    else return;
    event.preventDefault();
  }

  /* What a screen reader is told: as a slider, a canvas needs no live region. */
  tell() {
    const list = this.layout.segments, at = list.findIndex((s) => s.name === this.chosen);
    const set = (name, value) => this.canvas.setAttribute(`aria-${name}`, value);
    set('valuemin', list.length ? 1 : 0);
    set('valuemax', list.length);
    set('valuenow', at + 1);
    set('valuetext', at < 0 ? 'none' : this.to.describe(list[at].name));
  }
}
