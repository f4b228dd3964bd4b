// SPDX-License-Identifier: Apache-2.0
// Below the members: events as they come, or what is known of one member and why it is so.

import { ask } from './api.js';
import { byId, make, setText } from './dom.js';
import { clock, percent, plural, roundTrip, span } from './format.js';
import { statusWords, tagWords, markOf } from './table.js';
import { MARKS, heldWords, kindOf, lineWords } from './words.js';
import { actorWords, movedWords, resultWords, stepWords } from './words.js';

const SHOWN_MAX = 200;    // events on the page
const GAINERS_MAX = 12;   // members that a plan names

function markOfLine(line) {
  if (line.event === 'member') return kindOf(line);
  if (line.event === 'ring') return 'ring';
  return line.level === 'warn' || line.level === 'error' ? 'suspect' : 'alive';
}

export class Events {
  /* `to` has open(name). */
  constructor(model, to) {
    Object.assign(this, { model, to, box: byId('events'), seen: 0 });
    this.empty = make('p', 'quiet', 'Nothing has happened since this page was opened.');
    this.box.append(this.empty);
    this.every = byId('all');
    this.every.addEventListener('change', () => this.again());
  }

  passes(line) {
    return this.every.checked || line.level !== 'debug';
  }

  again() {
    this.box.replaceChildren(this.empty);
    this.seen = 0;
    this.update();
  }

  /* Adds what is new, newest first. */
  update() {
    const fresh = this.model.events.filter((line) => line.number > this.seen && this.passes(line))
      .slice(-SHOWN_MAX);
    this.seen = this.model.numbers;
    if (!fresh.length) return;
    this.empty.remove();
    const stays = this.box.scrollTop > 4 ? this.box.scrollHeight - this.box.scrollTop : 0;
    this.box.prepend(...fresh.reverse().map((line) => this.row(line)));
    while (this.box.childElementCount > SHOWN_MAX) this.box.lastElementChild.remove();
    if (stays) this.box.scrollTop = this.box.scrollHeight - stays;
  }

  row(line) {
    const kind = markOfLine(line), mark = make('span', 'mark', MARKS[kind] ?? '·');
    mark.setAttribute('aria-hidden', 'true');
    const time = make('time', '', clock(line.at, true));
    time.dateTime = line.time;
    const row = make('div', 'event', time, mark, make('span', 'text', lineWords(line)));
    row.dataset.kind = kind;
    row.dataset.level = line.level;
    if (line.event === 'member') row.addEventListener('click', () => this.to.open(line.name));
    return row;
  }
}

function fact(title, value) {
  return value ? [make('dt', '', title), make('dd', '', value)] : [];
}

export class Why {
  /* `to` has plan(diff or null). */
  constructor(model, to) {
    Object.assign(this, { model, to, box: byId('why'), name: null, plan: null });
    this.none();
  }

  none() {
    this.name = null;
    this.box.replaceChildren(make('p', 'quiet',
      'Choose a member, by a click or by Enter, to see why it has its status.'));
  }

  async open(name) {
    const again = name === this.name;
    this.name = name;
    if (this.plan && !again) this.dropPlan();
    if (!again) this.show(null, '');
    try {
      const answer = await ask(`/v1/why/${encodeURIComponent(name)}`);
      if (this.name === name) this.show(answer.history, '');
    } catch (error) {
      if (this.name === name) this.show(null, `There is no trail: ${error.message}.`);
    }
  }

  /* The member has changed meanwhile. */
  changed(name) {
    if (name === this.name) this.open(name);
  }

  /* Without a line of the log about it: whether the member keeps its keys. */
  heldChanged() {
    const held = this.model.members.get(this.name)?.held ?? false;
    if (!this.name || held === this.held) return;
    this.held = held;
    this.open(this.name);
  }

  show(history, trouble) {
    const m = this.model.members.get(this.name);
    this.held = m?.held ?? false;
    this.planBox = make('div', 'plan');
    this.box.replaceChildren(this.head(m), ...this.facts(m), this.planBox,
      ...this.trail(history, trouble));
    this.showPlan();
  }

  head(m) {
    const mark = make('span', 'mark', m ? MARKS[markOf(m)] : '·');
    mark.setAttribute('aria-hidden', 'true');
    this.button = make('button', '', 'What if it goes?');
    this.button.type = 'button';
    this.button.setAttribute('aria-keyshortcuts', 'p');
    this.button.disabled = !this.model.shares.has(this.name);
    this.button.addEventListener('click', () => this.askPlan());
    const state = m ? `${statusWords(m)} for ${span(Date.now() - m.since)}` : 'not listed any more';
    const title = make('h3', '', mark, make('span', 'text', this.name));
    const head = make('div', 'why-head', title, make('span', 'state', state), this.button);
    head.dataset.status = m ? markOf(m) : '';
    return head;
  }

  facts(m) {
    if (!m) return [];
    const share = this.model.shares.get(m.name);
    const list = make('dl', 'facts',
      ...fact('Address', m.addr),
      ...fact('Round trip', m.self ? 'this agent itself' : roundTrip(m.rtt_us)),
      ...fact('Keys', share === undefined ? 'none' : `${percent(share)} by ${
        plural(m.tokens, 'token')}`),
      ...fact('Tags', tagWords(m).join('  ')),
      ...fact('Process', m.instance));
    return m.held ? [list, make('p', 'kept', heldWords([m.name], this.model.holdUs))] : [list];
  }

  trail(history, trouble) {
    if (trouble) return [make('p', 'quiet', trouble)];
    if (!history) return [make('p', 'quiet', 'Asking the agent…')];
    if (!history.length)
      return [make('p', 'quiet', 'The agent remembers no step that led here: it keeps a bounded ' +
        'number of steps, and none of them is about this member.')];
    const list = make('ol', 'trail');
    for (const step of history) {
      const time = make('time', '', clock(Date.parse(step.time) + this.model.skew, true));
      time.dateTime = step.time;
      const item = make('li', '', time, make('span', 'who', actorWords(step)),
        make('span', 'what', stepWords(step)), make('span', 'result', resultWords(step)));
      item.dataset.step = step.step;
      list.append(item);
    }
    return [list];
  }

  /* ---- what if it goes ---------------------------------------------------------------------- */

  async askPlan() {
    if (!this.name || this.button.disabled) return;
    if (this.plan) {
      this.dropPlan();
      return;
    }
    const { name } = this;
    try {
      const plan = await ask('/v1/ring/plan', { remove: name });
      if (this.name !== name) return;
      this.plan = plan;
      this.to.plan(plan, name);
    } catch (error) {
      this.planBox.replaceChildren(make('p', 'quiet', `There is no plan: ${error.message}.`));
      return;
    }
    this.showPlan();
  }

  dropPlan() {
    if (!this.plan) return;
    this.plan = null;
    this.to.plan(null, this.name);
    this.showPlan();
  }

  showPlan() {
    setText(this.button, this.plan ? 'Back to the ring' : 'What if it goes?');
    this.button.setAttribute('aria-pressed', String(this.plan !== null));
    if (!this.plan) {
      this.planBox.replaceChildren();
      return;
    }
    const gainers = this.plan.members.filter((m) => m.gained > 0)
      .sort((a, b) => b.gained - a.gained);
    const list = make('ul', 'gainers', ...gainers.slice(0, GAINERS_MAX).map((m) =>
      make('li', '', make('span', 'who', m.name), make('span', 'number', `+${percent(m.gained)}`),
        make('span', 'then', `then ${percent(m.after.share)}`))));
    const rest = gainers.length - GAINERS_MAX;
    this.planBox.replaceChildren(make('p', '', `If ${this.name} goes: ${
      movedWords(this.plan, true)}`), list,
    rest > 0 ? make('p', 'quiet', `and ${plural(rest, 'other')}`) : '');
  }
}
