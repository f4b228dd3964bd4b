// SPDX-License-Identifier: Apache-2.0
// The shortcuts, in one table: what listens to them and what lists them.

import { byId, make } from './dom.js';
import { MARKS } from './words.js';

const SIGNS = [
  ['alive', 'alive'], ['suspect', 'suspected: it keeps its keys until the verdict'],
  ['dead', 'dead: it failed'],
  ['held', 'dead, and keeps its keys until its death is ring-hold old'],
  ['left', 'it said goodbye, or an operator removed it'],
  ['drained', 'alive, and owns no keys'], ['refuted', 'it answered a suspicion'],
  ['back', 'it came back'], ['joined', 'it joined'],
  ['updated', 'it changed what it says of itself'],
  ['ring', 'a new ring'],
];

function typing(target) {
  return target.matches('input:not([type=checkbox]), textarea, select');
}

/* `actions`: [key, what it does in words, function]. */
export function listenToKeys(actions) {
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || byId('help').open) return;
    if (typing(event.target) && event.key !== 'Escape') return;
    const action = actions.find(([key]) => key === event.key);
    if (!action?.[2]) return;
    event.preventDefault();
    action[2]();
  });
  byId('help-keys').append(...actions.flatMap(([key, words]) =>
    [make('dt', '', make('kbd', '', key === 'Escape' ? 'Esc' : key)), make('dd', '', words)]));
  byId('help-signs').append(...SIGNS.flatMap(([kind, words]) => {
    const mark = make('dt', 'mark', MARKS[kind]);
    mark.dataset.kind = kind;
    return [mark, make('dd', '', words)];
  }));
  byId('help-open').addEventListener('click', () => byId('help').showModal());
}
