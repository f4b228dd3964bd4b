// SPDX-License-Identifier: Apache-2.0
// Puts the parts together. The model says what has changed; the parts are brought up to date once a
// frame, and times once a second.

import { Changes } from './change.js';
import { Colours } from './colours.js';
import { byId, setText } from './dom.js';
import { count, percent, plural, roundTrip } from './format.js';
import { listenToKeys } from './keys.js';
import { Model } from './model.js';
import { Ring } from './ring.js';
import { Table, markOf, memberWords, stateWords } from './table.js';
import { Top, showReplay } from './top.js';
import { Events, Why } from './tray.js';
import { MARKS, keepWords } from './words.js';

const SHOWN_MS = 15000; // what moved is drawn on the ring for so long
const SECOND_MS = 1000;

const dirty = new Set();
let planned = null, moved = null, movedUntil = 0, movedSeen = null, began = false;

/* ---- what is to be done about news ----------------------------------------------------------- */

let pending = 0, byKey = false;
for (const kind of ['keydown', 'pointerdown'])
  document.addEventListener(kind, () => { byKey = kind === 'keydown'; }, true);

/* A page that is not seen gets no frames, but its title is seen. */
function mark(...what) {
  for (const word of what) dirty.add(word);
  pending ||= document.hidden ? setTimeout(update, SECOND_MS) : requestAnimationFrame(update);
}

const changes = new Changes({ changed: () => mark('change') });

const model = new Model({
  changed: (what) => mark(what),
  line: (event, before, after) => {
    changes.add(event, before, after);
    if (event.event === 'member') why.changed(event.name);
  },
});

const colours = new Colours();

const ring = new Ring(byId('ring-canvas'), colours, {
  shown: () => mark('centre'),
  open: (name) => openWhy(name),
  describe: (name) => `${name}, ${memberWords(model.members.get(name), model.shares.get(name))}`,
});

const table = new Table(model, {
  open: (name) => openWhy(name),
  shown: (name) => ring.setHover(name),
});

const events = new Events(model, { open: (name) => openWhy(name) });

const why = new Why(model, {
  plan: (diff) => {
    planned = diff;
    showOnRing();
  },
});

const top = new Top(model, changes, {
  statuses: (set) => {
    table.statuses = set;
    table.rows.scrollTop = 0;
    table.update();
  },
});

/* ---- the ring: as it is, what moved, what would move ----------------------------------------- */

function showOnRing() {
  const diff = planned ?? moved;
  if (diff) diff.moves ??= model.moves(diff, planned && why.name);
  ring.setChange(diff, planned !== null);
  showReplay(moved !== null && planned === null);
  mark('centre');
}

/* What the last change moved is shown once by itself, and again when it is asked for. */
function follow(now) {
  const diff = changes.told(model.members, now)?.diff ?? null;
  if (diff && diff !== movedSeen) {
    movedSeen = diff;
    if (diff.moved && began) replay();
  }
  if (moved && now > movedUntil) stopReplay();
}

function replay() {
  const diff = changes.told(model.members, Date.now())?.diff;
  if (!diff?.moved) return;
  moved = diff;
  movedUntil = Date.now() + SHOWN_MS;
  showOnRing();
}

function stopReplay() {
  moved = null;
  showOnRing();
}

function toggleReplay() {
  if (moved) stopReplay();
  else replay();
}

function heldCount() {
  return model.ring.members.filter((m) => model.members.get(m.name)?.held).length;
}

/* ---- the middle of the ring ------------------------------------------------------------------ */

function centreWords() {
  const name = ring.shown;
  if (name && !(planned && name === why.name)) {
    const m = model.members.get(name), share = model.shares.get(name);
    return { mark: m ? markOf(m) : '', name, big: share === undefined ? '–' : percent(share),
      small: 'of the keys', more: m ? [stateWords(m), m.addr, m.self ? 'this agent'
        : roundTrip(m.rtt_us)].join(' · ') : '' };
  }
  if (planned)
    return { name: '', big: percent(planned.moved), small: 'of the keys would move', more:
      `if ${why.name} goes` };
  if (moved)
    return { name: '', big: percent(moved.moved), small: 'of the keys have moved', more: '' };
  const size = model.ring.members.length, held = heldCount();
  return { name: '', big: count(size), small: size === 1 ? 'member' : 'members',
    more: held ? `on the ring, ${count(held)} dead` : 'on the ring' };
}

function showCentre() {
  const words = centreWords();
  setText(byId('centre-name'), words.name ? `${MARKS[words.mark] ?? ''} ${words.name}` : '');
  byId('centre-name').dataset.status = words.mark ?? '';
  setText(byId('centre-big'), words.big);
  setText(byId('centre-small'), words.small);
  setText(byId('centre-more'), words.more);
}

function showFacts() {
  const { version, checksum, tokens, members } = model.ring, held = heldCount();
  const on = new Set(members.map((m) => m.name));
  const off = [...model.members.values()].filter((m) => m.status !== 'dead' && !on.has(m.name));
  const zones = new Set(members.map((m) => m.zone).filter(Boolean)).size;
  const facts = [`ring ${version}`, checksum, plural(tokens, 'token'),
    zones > 1 ? plural(zones, 'zone') : '', off.length ? `${count(off.length)} drained` : '',
    held ? `${count(held)} dead ${keepWords(held)}` : ''];
  setText(byId('ring-facts'), facts.filter(Boolean).join(' · '));
  setText(byId('ring-key'), model.circle
    ? 'Outside: who owns each hash of the circle. Inside: how much each member owns.'
    : 'Each segment is the part of the keys that a member owns.');
  const most = members.reduce((a, m) => m.share > (a?.share ?? 0) ? m : a, null);
  setText(byId('ring-summary'), most ? `${plural(members.length, 'member')} on the ring. ${
    most.name} owns most: ${percent(most.share)}. The table of members has the same.`
    : 'Nobody is on the ring.');
}

/* ---- bringing the page up to date ------------------------------------------------------------ */

function update() {
  const now = Date.now(), all = dirty.has('all'), has = (...words) =>
    all || words.some((word) => dirty.has(word));
  pending = 0;
  const fresh = has('members', 'ring', 'events', 'worth', 'change', 'second');
  if (all) changes.begin(model.members.values(), model.ring);
  if (has('ring')) {
    ring.set(model.ring, model.circle);
    if (moved) showOnRing();
  }
  if (has('members', 'ring')) {
    ring.setStatuses(model.members.values());
    showFacts();
    table.update();
    why.heldChanged();
  } else if (has('trips', 'second')) {
    table.refresh();
  }
  if (has('events')) events.update();
  dirty.clear();
  follow(now);
  if (fresh) top.update(now);
  showCentre();
  if (all) began = true;
}

let openedFrom = null; // where the focus goes back to

/* By a key the focus goes to the answer; by a pointer it stays, and the answer is scrolled to. */
function openWhy(name) {
  const opener = document.activeElement;
  showTab('why');
  why.open(name);
  table.at = name;
  table.paint();
  if (opener === byId('grid') || opener === byId('ring-canvas')) {
    openedFrom = opener;
    if (byKey) byId('why').focus();
  }
  if (!byKey) byId('tray').scrollIntoView({ block: 'nearest' });
}

function showTab(name) {
  for (const tab of ['events', 'why']) {
    const on = tab === name, button = byId(`tab-${tab}`);
    byId(tab).hidden = !on;
    button.setAttribute('aria-selected', String(on));
    button.tabIndex = on ? 0 : -1;
  }
  byId('all-label').hidden = name !== 'events';
}

/* Back, one step at a time. */
function back() {
  if (planned) why.dropPlan();
  else if (moved) stopReplay();
  else if (document.activeElement === byId('filter') && table.filter) {
    byId('filter').value = table.filter = '';
    table.update();
  } else {
    showTab('events');
    why.none();
    if (openedFrom) openedFrom.focus();
    openedFrom = null;
  }
}

for (const tab of ['events', 'why']) {
  byId(`tab-${tab}`).addEventListener('click', () => showTab(tab));
  byId(`tab-${tab}`).addEventListener('keydown', (e) => {
    if (e.key !== 'ArrowLeft' && e.key !== 'ArrowRight') return;
    const other = tab === 'why' ? 'events' : 'why';
    showTab(other);
    byId(`tab-${other}`).focus();
  });
}
byId('replay').addEventListener('click', toggleReplay);
document.addEventListener('visibilitychange', () => {
  pending = 0;
  mark('second');
});

listenToKeys([
  ['/', 'go to the filter: a name, an address, a tag', () => byId('filter').focus()],
  ['l', 'go to the list of members: arrows, Page Up and Down, Home, End',
    () => byId('grid').focus()],
  ['r', 'go to the ring: arrows go from member to member', () => byId('ring-canvas').focus()],
  ['Enter', 'why the member that you are at has its status', null],
  ['p', 'what if that member goes: what would move', () => {
    const name = ring.chosen ?? table.at;
    if (name && name !== why.name) {
      showTab('why');
      why.open(name);
    }
    why.askPlan();
  }],
  ['m', 'show what the last change has moved, or hide it', toggleReplay],
  ['e', 'go to the events', () => {
    showTab('events');
    byId('events').focus();
  }],
  ['Escape', 'one step back', back],
  ['?', 'these shortcuts', () => byId('help').showModal()],
]);

showTab('events');
setInterval(() => mark('second'), SECOND_MS);
model.start();
