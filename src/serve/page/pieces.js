// SPDX-License-Identifier: Apache-2.0
// The circle as pieces with owners, and what is different between two circles. A place on it is a
// part of it, from 0 to 1, of 52 bits: more than a picture needs.

function placeOf(hex) {
  return parseInt(hex.slice(0, 13), 16) / 2 ** 52;
}

/* The ranges of /v1/ring as [{to, owner}], in order: a piece goes from the end of the one before to
 * its own. What is behind the last belongs to the first: it is the piece that holds 0. */
export function circleOf(ranges) {
  return ranges.map((range) => ({ to: placeOf(range.last), owner: range.owner }))
    .sort((a, b) => a.to - b.to);
}

/* The circle that would be if a member went: each of its pieces goes to the next owner. */
export function without(circle, name) {
  const rest = circle.filter((piece) => piece.owner !== name);
  return rest.length ? rest : null;
}

/* Where two circles have different owners: [{from, to, before, after}]. */
export function movedPieces(before, after) {
  const found = [];
  let from = 0, i = 0, j = 0;
  while (from < 1) {
    const a = before[i], b = after[j], to = Math.min(a?.to ?? 1, b?.to ?? 1);
    const was = (a ?? before[0]).owner, is = (b ?? after[0]).owner, last = found.at(-1);
    if (was !== is && to > from) {
      if (last && last.to === from && last.before === was && last.after === is) last.to = to;
      else found.push({ from, to, before: was, after: is });
    }
    if (a && a.to <= to) i++;
    if (b && b.to <= to) j++;
    from = to;
  }
  return found;
}

/* All pieces of a circle as {from, to, owner}. The one that holds 0 is in two. */
export function piecesOf(circle) {
  const found = [];
  let from = 0;
  for (const { to, owner } of [...circle, { to: 1, owner: circle[0].owner }]) {
    if (to > from) found.push({ from, to, owner });
    from = to;
  }
  return found;
}
