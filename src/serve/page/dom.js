// SPDX-License-Identifier: Apache-2.0
// Making elements. What comes from the network is only ever set as text: names and tags cannot
// become markup, and nothing of the page parses any.

export const byId = (id) => document.getElementById(id);

/* make('p', 'class', 'text' or elements...) */
export function make(tag, classes, ...content) {
  const element = document.createElement(tag);
  if (classes) element.className = classes;
  element.append(...content.filter((c) => c !== null && c !== undefined && c !== ''));
  return element;
}

/* Sets a text if it is another one: what has not changed is not touched, and not announced. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function setAttribute(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}
