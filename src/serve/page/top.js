// SPDX-License-Identifier: Apache-2.0
// The top of the page: whose view this is and what it is worth, how many members there are, and the
// last change.

import { calmWords } from './change.js';
import { byId, make, setAttribute, setText } from './dom.js';
import { age, count, wholeSpan } from './format.js';
import { MARKS } from './words.js';

const PAST = 'This is how things were';
const STARTED_MS = 20000;    // a restart of the agent is told for so long
const SAID_MS = 3000;        // between two sentences for screen readers

/* What is wrong with what is shown: [sentence, since when] or null. */
export function warning(model, now) {
  const me = model.self?.name ?? 'the agent', { worth } = model;
  const known = model.members.size > 0;
  if (worth.gone)
    return [`${me} does not answer hearsay-serve${known ? `. ${PAST}` : ''}`,
      model.until];
  if (!model.live)
    return [known ? `The connection to hearsay-serve is lost. ${PAST}`
      : 'hearsay-serve does not answer', model.until];
  if (worth.stale) return [`${me} is silent. ${PAST}`, model.until];
  if (!worth.ready)
    return [`${me} has not joined: it knows only itself, and its ring sends every key to it`, 0];
  if (worth.isolated)
    return [`${me} is isolated: nothing comes from those who should answer. ${PAST}`, 0];
  if (worth.leaving) return [`${me} is leaving the cluster`, 0];
  if (now - model.restarted < STARTED_MS) return [`${me} was started again`, model.restarted];
  return null;
}

export class Top {
  /* `to` has statuses(set). */
  constructor(model, changes, to) {
    Object.assign(this, { model, changes, to, chosen: new Set(), buttons: {} });
    Object.assign(this, { said: '', saidAt: 0 });
    for (const status of ['alive', 'suspect', 'dead']) this.addCount(status);
  }

  addCount(status) {
    const mark = make('span', 'mark', MARKS[status]), number = make('b', '', '0');
    mark.setAttribute('aria-hidden', 'true');
    const button = make('button', 'count', mark, number, ` ${status}`);
    button.type = 'button';
    button.dataset.status = status;
    button.setAttribute('aria-pressed', 'false');
    button.addEventListener('click', () => this.toggle(status));
    this.buttons[status] = { button, number };
    byId('counts').append(button);
  }

  toggle(status) {
    if (!this.chosen.delete(status)) this.chosen.add(status);
    for (const [name, { button }] of Object.entries(this.buttons))
      button.setAttribute('aria-pressed', String(this.chosen.has(name)));
    this.to.statuses(this.chosen);
  }

  update(now) {
    this.showWhere();
    this.showWorth(now);
    this.showChange(now);
  }

  showWhere() {
    const { model } = this, counts = model.counts(), me = model.self;
    if (me) {
      const { cluster } = model;
      setText(byId('where'), `${cluster ? `cluster ${cluster}, ` : ''}seen by ${me.name}`);
    }
    for (const [status, { button, number }] of Object.entries(this.buttons)) {
      setText(number, count(counts[status]));
      button.classList.toggle('some', counts[status] > 0);
    }
    const trouble = counts.suspect || counts.dead;
    document.title = !model.members.size ? 'hearsay' : `${trouble ? `${
      counts.dead ? `${counts.dead} dead` : `${counts.suspect} suspect`}, ` : ''}${
      counts.alive} alive · hearsay`;
  }

  showWorth(now) {
    const told = warning(this.model, now), bar = byId('warning');
    bar.hidden = !told;
    if (told) {
      const [sentence, since] = told;
      if (!bar.firstChild) {
        const time = make('span', '');
        time.setAttribute('aria-hidden', 'true');
        bar.append(make('span', ''), time);
      }
      setText(bar.firstChild, sentence);
      setText(bar.lastChild, since ? ` ${wholeSpan(now - since)} ago.` : '.');
    }
    const { model } = this, bad = !model.live || model.worth.gone;
    document.body.classList.toggle('stale', bad);
    byId('link').dataset.state = bad ? 'lost' : told ? 'doubt' : 'live';
    const old = model.until ? `${wholeSpan(now - model.until)} old` : 'connecting';
    setText(byId('link-words'), bad ? old : 'live');
  }

  showChange(now) {
    const change = this.changes.told(this.model.members, now), known = this.model.members.size > 0;
    const [calm, since] = known ? calmWords(this.model, now) : ['', ''];
    if (!change && !known) return;
    const kind = change ? change.kind : 'calm', sentence = change ? change.words() : calm;
    const moved = change ? change.movedText(this.model) : '';
    byId('change').dataset.kind = kind;
    setText(byId('change-mark'), MARKS[kind === 'gone' ? 'left' : kind === 'forced' ? 'left'
      : kind]);
    setText(byId('sentence'), sentence);
    setText(byId('evidence'), change ? change.evidenceWords() : since);
    setText(byId('moved'), moved);
    setText(byId('age'), change ? age(now - change.last) : '');
    byId('replay').hidden = !change?.diff?.moved;
    this.say(`${sentence} ${moved}`, now);
  }

  /* Said once, when it has come to rest. */
  say(sentence, now) {
    if (sentence === this.said || now - this.saidAt < SAID_MS) return;
    this.said = sentence;
    this.saidAt = now;
    setText(byId('said'), sentence);
  }
}

export function showReplay(pressed) {
  setAttribute(byId('replay'), 'aria-pressed', String(pressed));
}
