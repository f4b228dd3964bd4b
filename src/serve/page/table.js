// SPDX-License-Identifier: Apache-2.0
// The table of members. Only the rows that can be seen exist, so that thousands cost no more than
// ten. The focus is on the table; the row that the keyboard is at is named by it.

import { byId, make, setAttribute, setText } from './dom.js';
import { byText, count, percent, roundTrip, wholeSpan } from './format.js';
import { MARKS, keepWords } from './words.js';

const ROW_PX = 34, ROW_PHONE_PX = 54, BEYOND = 4;
const UNKNOWN = 1e12; // a round trip that sorts behind all others
const SHARES_FINE = 50; // members, from which shares have three decimals

const phone = matchMedia('(max-width: 719px)');

/* Where a member's trouble stands when the table is sorted by status. */
function urgency(m) {
  if (m.status === 'suspect') return 0;
  if (m.status === 'dead') return m.cause === 'failed' ? 1 : 3;
  return 2;
}

export function markOf(m) {
  if (m.held) return 'held';
  if (m.status === 'dead') return m.cause === 'failed' ? 'dead' : 'left';
  if (m.status === 'alive' && m.tokens === 0) return 'drained';
  return m.status;
}

export function statusWords(m) {
  if (m.status === 'dead')
    return { left: 'left', forced: 'removed' }[m.cause] ?? 'dead';
  return m.status === 'alive' && m.tokens === 0 ? 'drained' : m.status;
}

/* Where there is room for more than a word. */
export function stateWords(m) {
  return m.held ? `${statusWords(m)}, ${keepWords(1)}` : statusWords(m);
}

export function tagWords(m) {
  return Object.entries(m.tags ?? {}).map(([k, v]) => v === '' ? k : `${k}=${v}`);
}

function tripWords(m) {
  return m.self ? '' : roundTrip(m.status === 'dead' ? 0 : m.rtt_us);
}

const COLUMNS = [
  { key: 'name', title: 'Name', order: (a, b) => byText(a.name, b.name) },
  { key: 'status', title: 'Status', order: (a, b) => urgency(a) - urgency(b) },
  { key: 'addr', title: 'Address', order: (a, b) => byText(a.addr, b.addr) },
  { key: 'rtt', title: 'RTT', right: true, order: (a, b) => (a.rtt_us || UNKNOWN) -
    (b.rtt_us || UNKNOWN) },
  { key: 'share', title: 'Share', right: true, order: (a, b, s) => s(b) - s(a) },
  { key: 'since', title: 'Since', right: true, order: (a, b) => b.since - a.since },
  { key: 'tags', title: 'Tags', order: (a, b) => byText(tagWords(a).join(), tagWords(b).join()) },
];

export class Table {
  /* `to` has open(name) and shown(name or null). */
  constructor(model, to) {
    Object.assign(this, { model, to, grid: byId('grid'), rows: byId('rows') });
    this.space = byId('space');
    this.sort = 'status';
    this.down = false;
    this.filter = '';
    this.statuses = new Set();
    this.list = [];
    this.pool = [];
    this.at = null; // the name of the row that the keyboard is at
    this.makeHead();
    this.listen();
  }

  makeHead() {
    for (const column of COLUMNS) {
      const button = make('button', '', column.title);
      button.type = 'button';
      const cell = make('div', `cell ${column.key}${column.right ? ' right' : ''}`, button);
      cell.setAttribute('role', 'columnheader');
      button.addEventListener('click', () => this.sortBy(column.key));
      byId('head').append(cell);
      column.head = cell;
    }
    this.showSort();
  }

  sortBy(key) {
    this.down = this.sort === key && !this.down;
    this.sort = key;
    this.showSort();
    this.update();
  }

  showSort() {
    for (const { key, head } of COLUMNS) {
      const value = key !== this.sort ? 'none' : this.down ? 'descending' : 'ascending';
      head.setAttribute('aria-sort', value);
    }
  }

  /* ---- which members, in which order -------------------------------------------------------- */

  passes(m) {
    if (this.statuses.size && !this.statuses.has(m.status)) return false;
    return this.words.every((word) => m.name.toLowerCase().includes(word) ||
      m.addr.includes(word) || tagWords(m).some((tag) => tag.toLowerCase().includes(word)));
  }

  /* Sorts and filters anew. */
  update() {
    this.words = this.filter.toLowerCase().split(/\s+/).filter(Boolean);
    const share = (m) => this.model.shares.get(m.name) ?? -1;
    const { order } = COLUMNS.find((c) => c.key === this.sort);
    const sign = this.down ? -1 : 1;
    this.list = [...this.model.members.values()].filter((m) => this.passes(m))
      .sort((a, b) => sign * order(a, b, share) || byText(a.name, b.name));
    const all = this.model.members.size, some = this.list.length;
    setText(byId('shown'), some === all ? count(all) : `${count(some)} of ${count(all)}`);
    setAttribute(this.grid, 'aria-rowcount', String(some + 1));
    this.most = this.model.ring.members.reduce((most, m) => Math.max(most, m.share), 0) || 1;
    if (this.at !== null && !this.model.members.has(this.at)) this.at = null;
    this.paint();
  }

  /* ---- rows --------------------------------------------------------------------------------- */

  get rowPx() {
    return phone.matches ? ROW_PHONE_PX : ROW_PX;
  }

  paint() {
    const px = this.rowPx, total = this.list.length;
    this.space.style.height = `${total * px}px`;
    this.rows.style.setProperty('--all-rows', `${total * px}px`);
    const first = Math.max(0, Math.floor(this.rows.scrollTop / px) - BEYOND);
    const end = Math.min(total, Math.ceil((this.rows.scrollTop + this.rows.clientHeight) / px)
      + BEYOND);
    while (this.pool.length < end - first) this.pool.push(this.makeRow());
    this.pool.forEach((row, i) => {
      const index = first + i;
      row.element.hidden = index >= end;
      if (index < end) this.fill(row, this.list[index], index, px);
    });
    this.nameActive();
  }

  makeRow() {
    const element = make('div', 'row');
    element.setAttribute('role', 'row');
    const row = { element, cells: {} };
    for (const { key, right } of COLUMNS) {
      const cell = make('div', `cell ${key}${right ? ' right' : ''}`);
      cell.setAttribute('role', 'gridcell');
      row.cells[key] = cell;
      element.append(cell);
    }
    row.mark = make('span', 'mark');
    row.mark.setAttribute('aria-hidden', 'true');
    row.name = make('span', 'text');
    row.self = make('span', 'here', 'here');
    row.self.title = 'the agent that this page asks';
    row.keeps = make('span', 'keeps', keepWords(1));
    row.keeps.title = 'until its death is ring-hold old';
    row.cells.name.append(row.mark, make('span', 'title', row.name, row.keeps), row.self);
    row.bar = make('span', 'bar-of-share');
    row.share = make('span', 'text');
    row.cells.share.append(row.bar, row.share);
    element.addEventListener('click', () => {
      this.goTo(row.of);
      this.to.open(row.of);
    });
    element.addEventListener('pointerenter', () => this.to.shown(row.of));
    element.addEventListener('pointerleave', () => this.to.shown(null));
    this.rows.append(element);
    element.id = `row-${this.pool.length}`;
    return row;
  }

  fill(row, m, index, px) {
    const { element, cells } = row, share = this.model.shares.get(m.name);
    row.of = m.name;
    element.style.transform = `translateY(${index * px}px)`;
    setAttribute(element, 'aria-rowindex', String(index + 2));
    setAttribute(element, 'aria-selected', String(m.name === this.at));
    const mark = markOf(m);
    element.dataset.status = mark;
    setText(row.mark, MARKS[mark]);
    setText(row.name, m.name);
    row.self.hidden = !m.self;
    row.keeps.hidden = !m.held;
    setText(cells.status, statusWords(m));
    setText(cells.addr, m.addr);
    setText(cells.rtt, tripWords(m));
    const digits = this.model.ring.members.length > SHARES_FINE ? 3 : 2;
    setText(row.share, share === undefined ? '–' : percent(share, digits));
    row.bar.style.width = `${Math.round(36 * (share ?? 0) / this.most)}px`;
    this.fillTime(row, m);
    setText(cells.tags, tagWords(m).join('  '));
    cells.tags.title = tagWords(m).join('\n');
  }

  fillTime(row, m) {
    setText(row.cells.since, wholeSpan(Date.now() - m.since));
  }

  /* Times and round trips of the rows that can be seen. */
  refresh() {
    for (const row of this.pool) {
      const m = !row.element.hidden && this.model.members.get(row.of);
      if (!m) continue;
      this.fillTime(row, m);
      setText(row.cells.rtt, tripWords(m));
    }
  }

  /* ---- the keyboard ------------------------------------------------------------------------- */

  listen() {
    this.rows.addEventListener('scroll', () => this.paint(), { passive: true });
    new ResizeObserver(() => this.paint()).observe(this.rows);
    phone.addEventListener('change', () => this.update());
    this.grid.addEventListener('keydown', (e) => this.key(e));
    this.grid.addEventListener('focus', () => this.goTo(this.at ?? this.list[0]?.name ?? null));
    this.grid.addEventListener('blur', () => this.to.shown(null));
    const filter = byId('filter');
    filter.addEventListener('input', () => {
      this.filter = filter.value;
      this.rows.scrollTop = 0;
      this.update();
    });
    filter.addEventListener('keydown', (e) => {
      if (e.key === 'ArrowDown' || (e.key === 'Enter' && this.list.length)) {
        e.preventDefault();
        this.goTo(this.list[0]?.name ?? null);
        this.grid.focus();
      }
    });
  }

  key(event) {
    if (event.target !== this.grid || event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor(this.rows.clientHeight / this.rowPx) - 1);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page,
      Home: -this.list.length, End: this.list.length };
    const at = Math.max(0, this.list.findIndex((m) => m.name === this.at));
    if (event.key === 'Enter' && this.at !== null) this.to.open(this.at);
    else if (event.key in steps && this.list.length)
      this.goTo(this.list[Math.min(this.list.length - 1, Math.max(0, at + steps[event.key]))].name);
    else return;
    event.preventDefault();
  }

  goTo(name) {
    this.at = name;
    const index = this.list.findIndex((m) => m.name === name), px = this.rowPx;
    if (index >= 0) {
      const top = index * px, { scrollTop, clientHeight } = this.rows;
      if (top < scrollTop) this.rows.scrollTop = top;
      else if (top + px > scrollTop + clientHeight) this.rows.scrollTop = top + px - clientHeight;
    }
    this.paint();
    this.to.shown(document.activeElement === this.grid ? name : null);
  }

  nameActive() {
    const row = this.pool.find((r) => !r.element.hidden && r.of === this.at);
    if (row) setAttribute(this.grid, 'aria-activedescendant', row.element.id);
    else this.grid.removeAttribute('aria-activedescendant');
  }
}

/* A member in a sentence, as a screen reader or the middle of the ring says it. */
export function memberWords(m, share) {
  if (!m) return 'not listed';
  const part = share === undefined ? 'owns no keys' : `${percent(share)} of the keys`;
  return `${stateWords(m)}, ${part}`;
}
