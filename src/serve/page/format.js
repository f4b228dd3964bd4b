// SPDX-License-Identifier: Apache-2.0
// Numbers, times and lists of names as people read them.

const NAMES_TOLD = 3;
const NARROW = '\u202f'; // a number and its unit stay together

export function percent(part, digits) {
  const value = part * 100;
  const decimals = digits ?? (value >= 10 ? 1 : value >= 1 ? 2 : 3);
  return `${value.toFixed(decimals)}${NARROW}%`;
}

export function count(number) {
  return number.toLocaleString('en-US');
}

export function plural(number, one, many = `${one}s`) {
  return `${count(number)} ${number === 1 ? one : many}`;
}

/* How long, of milliseconds, in the two greatest units at most. */
export function span(ms) {
  const s = Math.max(0, ms) / 1000;
  if (s < 10) return `${s.toFixed(1)}${NARROW}s`;
  if (s < 60) return `${Math.floor(s)}${NARROW}s`;
  if (s < 3600) return `${Math.floor(s / 60)}${NARROW}min`;
  if (s < 86400) {
    const minutes = Math.floor(s % 3600 / 60);
    const hours = `${Math.floor(s / 3600)}${NARROW}h`;
    return minutes ? `${hours} ${minutes}${NARROW}min` : hours;
  }
  return `${count(Math.floor(s / 86400))}${NARROW}d`;
}

/* In whole seconds, so that it does not flicker. */
export function wholeSpan(ms) {
  return ms < 10000 ? `${Math.floor(Math.max(0, ms) / 1000)}${NARROW}s` : span(ms);
}

export function age(ms) {
  return ms < 1500 ? 'now' : `${wholeSpan(ms)} ago`;
}

export function roundTrip(us) {
  if (!us) return '–';
  if (us < 1000) return `${us}${NARROW}µs`;
  return `${(us / 1000).toFixed(us < 10000 ? 1 : 0)}${NARROW}ms`;
}

const two = (number) => String(number).padStart(2, '0');

/* By the clock of whoever looks, with as much of it as is needed. */
export function clock(ms, thousandths = false) {
  const at = new Date(ms);
  const text = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  return thousandths ? `${text}.${String(at.getMilliseconds()).padStart(3, '0')}` : text;
}

/* "a", "a and b", "a, b and c", "a, b and 5 others". */
export function names(list, most = NAMES_TOLD) {
  if (list.length <= 1) return list[0] ?? '';
  if (list.length <= most)
    return `${list.slice(0, -1).join(', ')} and ${list[list.length - 1]}`;
  const told = list.slice(0, most - 1);
  return `${told.join(', ')} and ${plural(list.length - told.length, 'other')}`;
}

/* Byte order, as agents sort names: they are ASCII. */
export function byText(a, b) {
  return a < b ? -1 : a > b ? 1 : 0;
}
