// SPDX-License-Identifier: Apache-2.0
// What happened, in sentences: one place for the words of the headline, the events and the trail.

import { names, percent, plural, roundTrip, span } from './format.js';

/* Marks that need no colour: shape alone tells them apart. */
export const MARKS = {
  alive: '●', suspect: '▲', dead: '✕', left: '○', joined: '+', back: '↺', refuted: '✓',
  held: '⊗', updated: '~', ring: '◔', calm: '●', drained: '◌', self: '◉',
};

const STEP_WORDS = {
  'probe-failed': 'could not reach it',
  'probe-void': 'found the evidence too weak',
  asked: 'was asked to probe it too',
  reached: 'reached it',
  nacked: 'could not reach it either',
  accused: 'accused it',
  declared: 'declared it dead',
  refuted: 'brought its message that it is alive',
  joined: 'brought its record',
};

const RESULT_WORDS = {
  none: '', silent: 'no answer', refused: 'port closed', failed: 'failed', left: 'said goodbye',
  forced: 'by an operator', ended: 'by its last words',
};

export function stepWords(step) {
  const tries = step.tries ? ` (${plural(step.tries, 'try', 'tries')})` : '';
  if (step.step === 'declared' && step.result === 'left') return 'brought its goodbye';
  return (STEP_WORDS[step.step] ?? step.step) + tries;
}

/* The word of the subject itself, whoever has passed it on, is told as such. */
export function actorWords(step) {
  return step.result === 'ended' ? 'its witness' : step.actor ?? 'this agent';
}

export function resultWords(step) {
  const result = RESULT_WORDS[step.result] ?? step.result ?? '';
  return step.rtt_us ? `${result ? `${result}, ` : ''}${roundTrip(step.rtt_us)}` : result;
}

/* What kind of change a line of the log about a member is. */
export function kindOf(event) {
  if (event.to === 'suspect') return 'suspect';
  if (event.to === 'dead')
    return event.reason === 'left' || event.reason === 'forced' ? event.reason : 'dead';
  if (event.to === 'none') return 'gone';
  if (event.from === 'none') return 'joined';
  if (event.from === 'dead') return 'back';
  if (event.from === 'suspect') return event.reason === 'restarted' ? 'back' : 'refuted';
  return event.reason === 'restarted' ? 'back' : 'updated';
}

/* The first words about members: what is the case now, and the shortest reason. */
const HEADLINES = {
  dead: (who, one, how) => `${who} ${one ? 'is' : 'are'} dead: ${
    how === 'refused' ? `nothing listens at ${one ? 'its port' : 'their ports'} any more`
    : how === 'ended' ? `${one ? 'its process has' : 'their processes have'} ended`
    : `nobody could reach ${one ? 'it' : 'them'}`}`,
  left: (who, one) => `${who} ${one ? 'has' : 'have'} left: ${one ? 'it' : 'they'} said goodbye`,
  forced: (who, one) => `${who} ${one ? 'was' : 'were'} removed by an operator`,
  suspect: (who, one, how) => `${who} ${one ? 'is' : 'are'} suspected: ${
    how === 'refused' ? `nothing listens at ${one ? 'its port' : 'their ports'}`
    : `${one ? 'it does' : 'they do'} not answer`}`,
  joined: (who, one) => `${who} ${one ? 'has' : 'have'} joined`,
  back: (who, one) => `${who} ${one ? 'is' : 'are'} back${one ? ', as a new process' : ''}`,
  refuted: (who, one) => `${who} ${one ? 'is' : 'are'} alive after all: ${
    one ? 'it has' : 'they have'} answered the suspicion`,
  updated: (who, one) => `${who} ${one ? 'has' : 'have'} new tags, another address or another ` +
    'weight',
  gone: (who, one) => `${who} ${one ? 'is' : 'are'} not listed any more`,
  ring: () => 'There is a new ring',
  moved: (who, one) => `${who} ${one ? 'has lost its' : 'have lost their'} keys`,
};

export function headline(kind, list, how) {
  return `${HEADLINES[kind](names(list), list.length === 1, how)}.`;
}

const unique = (list) => [...new Set(list.filter(Boolean))];

/* How the verdict came about, of the steps since the member was last heard of. */
export function evidence(kind, history, accuser) {
  if (kind !== 'dead' && kind !== 'suspect') return '';
  const last = history.findLastIndex((s) => s.step === 'joined' || s.step === 'refuted');
  const steps = history.slice(last + 1);
  const actors = (...kinds) => unique(steps.filter((s) => kinds.includes(s.step))
    .map(actorWords));
  const accused = actors('accused');
  const accusers = accused.length ? accused : unique([accuser]);
  const others = actors('nacked', 'probe-failed').filter((n) => !accusers.includes(n));
  const declared = actors('declared');
  const said = [];
  if (accusers.length) said.push(`accused by ${names(accusers)}`);
  if (others.length) said.push(`${names(others)} could not reach it either`);
  if (declared.length) said.push(`declared by ${names(declared)}`);
  const text = said.join('; ');
  return text && `${text[0].toUpperCase()}${text.slice(1)}.`;
}

/* Whether a verdict rests on a closed port, on silence, or on the member's own last words. */
export function howOf(history, event) {
  if (['refused', 'silent', 'ended'].includes(event?.reason)) return event.reason;
  if (history.at(-1)?.result === 'ended') return 'ended';
  const told = history.findLast((s) => s.result === 'refused' || s.result === 'silent');
  return told?.result ?? 'silent';
}

function withShares(list, field) {
  if (list.length > 3) return plural(list.length, 'member');
  return names(list.map((m) => list.length === 1 ? m.name
    : `${m.name} (${percent(m[field])})`));
}

/* Of members that are dead, and on the ring until their death is `ring-hold` old (R62). */
export function keepWords(number) {
  return number === 1 ? 'keeps its keys' : 'keep their keys';
}

/* Why no key of these members has moved, and how long that lasts. */
export function heldWords(list, holdUs) {
  return `${names(list)} ${keepWords(list.length)} until ${
    list.length === 1 ? 'its death is' : 'their deaths are'} ${
    span(holdUs / 1000)} old (ring-hold).`;
}

/* What moves from one ring to another; `would`: it is only planned. */
export function movedWords(diff, would = false) {
  if (!diff.moved) return would ? 'No key would move.' : 'No key has moved.';
  const by = (field) => diff.members.filter((m) => m[field] > 0)
    .sort((a, b) => b[field] - a[field]);
  const gained = by('gained'), lost = by('lost');
  const from = gained.length < lost.length ? `, from ${withShares(lost, 'lost')}` : '';
  return `${percent(diff.moved)} of the keys ${would ? 'would move' : 'moved'} to ${
    withShares(gained, 'gained')}${from}.`;
}

/* ---- lines of the log ------------------------------------------------------------------------ */

const REFUSALS = {
  'name-taken': 'the cluster has another living member of this name',
  replaced: 'another process has taken the name',
  'table-full': 'there is no room for more members',
  clients: 'all places of the control socket were taken',
  denied: 'somebody asked for what it may not have',
};

const HEALTH = {
  loss: () => 'This agent loses more than a quarter of its round trips',
  'loss-over': () => 'Round trips come back again',
  'events-lost': () => 'Some events were lost: the list of members is right all the same',
  away: (e) => `This agent was away${e.away_us ? ` for ${Math.round(e.away_us / 1e5) / 10} s`
    : ': its clock jumped'}`,
  isolated: () => 'This agent is isolated: nothing comes from those who should answer',
  'isolated-over': () => 'This agent hears others again',
  'log-deleted': () => 'The log file was deleted under this agent',
  descriptors: (e) => `No descriptors are left: ${e.message}`,
  unproven: (e) => `${e.name} advertises ${e.addr}, but answers come from ${e.answers_from}`,
  'no-witness': (e) => `This agent has no witness: ${e.message}`,
};

const LINES = {
  start: (e) => `The agent ${e.name} has started`,
  ready: (e) => e.reason === 'joined' ? 'The agent has joined' : 'The agent is alone',
  refute: (e) => `This agent was called ${e.from}${e.accuser ? ` by ${e.accuser}` : ''} and said ` +
    'that it is alive',
  ring: (e) => `Ring ${e.version}: ${percent(e.moved ?? 0)} of the keys have moved`,
  join: (e) => `Joining ${e.seed ?? e.addr}: ${e.message ?? e.result}`,
  refuse: (e) => `Refused${e.name ? ` ${e.name}` : ''}: ${REFUSALS[e.reason] ?? e.reason}`,
  foreign: (e) => `At ${e.addr} an agent of another cluster answers: ${e.answers}`,
  drop: (e) => `${plural(e.count, 'datagram or record', 'datagrams or records')} dropped: ${
    e.reason}${e.message ? `; ${e.message}` : ''}`,
  address: (e) => e.message ?? `The advertised address is ${e.addr}`,
  health: (e) => (HEALTH[e.reason] ?? (() => `Health: ${e.reason}`))(e),
  library: (e) => `${e.library}: ${e.message}`,
  resolve: (e) => `${e.seed} has ${plural(e.count, 'address', 'addresses')}`,
  keys: (e) => e.reason === 'apart' ? `${plural(e.count, 'member')} without a key in common`
    : `Keys loaded; seal is ${e.seal}`,
  reload: (e) => e.result === 'ok' ? 'The settings were read again'
    : `The settings were not taken: ${e.message}`,
  state: (e) => e.message ?? `State: ${e.reason}`,
  stop: (e) => `The agent has stopped: ${e.message ?? e.reason}`,
};

export function lineWords(event) {
  if (event.event === 'member') {
    const kind = kindOf(event);
    const by = kind === 'suspect' && event.accuser ? ` Accused by ${event.accuser}.` : '';
    return headline(kind, [event.name], event.reason) + by;
  }
  return `${(LINES[event.event] ?? ((e) => e.message ?? e.event))(event)}.`.replace(/\.\.$/, '.');
}
