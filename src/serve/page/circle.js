// SPDX-License-Identifier: Apache-2.0
// The outer band: the circle of all hashes and who owns each of its pieces, as far as there are few
// enough to be told apart. Of larger rings it has what moved alone. It is drawn once for each ring
// and kept as a picture, because it has thousands of pieces.

import { TOP, TURN, placeOf } from './layout.js';
import { arcBand } from './paint.js';

const THIN = 0.0015; // radians: a piece that is less is still drawn so wide

function angles(piece) {
  const a0 = TOP + placeOf(piece.first) * TURN;
  let a1 = TOP + placeOf(piece.last) * TURN;
  if (a1 < a0) a1 += TURN;
  return [a0, a1];
}

/* Keeps the pieces of a ring with their angles, by owner. */
export class Circle {
  constructor() {
    this.pieces = null; // [{a0, a1, owner}] of the whole ring, or null: too many
    this.byOwner = new Map();
    this.picture = null;
    this.made = '';
  }

  set(ranges) {
    this.picture = null;
    this.pieces = ranges && ranges.map((range) => {
      const [a0, a1] = angles(range);
      return { a0, a1, owner: range.owner };
    }).sort((a, b) => a.a0 - b.a0);
    this.byOwner = new Map();
    for (const piece of this.pieces ?? []) {
      const own = this.byOwner.get(piece.owner);
      if (own) own.push(piece);
      else this.byOwner.set(piece.owner, [piece]);
    }
  }

  /* Who owns the hash at an angle; undefined if that is not known here. */
  ownerAt(angle) {
    const turned = ((angle - TOP) % TURN + TURN) % TURN + TOP;
    let low = 0, high = (this.pieces?.length ?? 0) - 1;
    while (low <= high) {
      const middle = (low + high) >> 1, piece = this.pieces[middle];
      if (turned < piece.a0) high = middle - 1;
      else if (turned > piece.a1) low = middle + 1;
      else return piece.owner;
    }
    const last = this.pieces?.at(-1); // the piece that goes on at 0
    return last && last.a1 > TOP + TURN ? last.owner : undefined;
  }

  /* Draws all of it; `moved`: pieces of a change, beside which the rest is pale. */
  paint(ctx, look, inner, outer, moved, alone) {
    if (!this.pieces) {
      arcBand(ctx, inner, outer, 0, TURN);
      ctx.globalAlpha = 0.6;
      ctx.fillStyle = look.page.track;
      ctx.fill('evenodd');
      ctx.globalAlpha = 1;
    } else {
      ctx.globalAlpha = moved || alone ? 0.22 : 1;
      ctx.drawImage(this.pictureFor(ctx, look, inner, outer), -outer - 1, -outer - 1,
        2 * outer + 2, 2 * outer + 2);
      ctx.globalAlpha = 1;
    }
    for (const piece of moved ?? []) {
      const [a0, a1] = angles(piece);
      this.piece(ctx, look.colours.of(piece.after[0]), inner, outer, a0, a1);
    }
    if (!moved && alone) {
      for (const piece of this.byOwner.get(alone) ?? [])
        this.piece(ctx, look.colours.of(alone), inner, outer, piece.a0, piece.a1);
    }
  }

  piece(ctx, colour, inner, outer, a0, a1) {
    arcBand(ctx, inner, outer, a0, Math.max(a1, a0 + THIN));
    ctx.fillStyle = colour;
    ctx.fill();
  }

  pictureFor(ctx, look, inner, outer) {
    const ratio = look.ratio, made = `${inner} ${outer} ${ratio} ${look.scheme}`;
    if (this.picture && this.made === made) return this.picture;
    const picture = document.createElement('canvas');
    picture.width = picture.height = Math.ceil((2 * outer + 2) * ratio);
    const pen = picture.getContext('2d');
    pen.scale(ratio, ratio);
    pen.translate(outer + 1, outer + 1);
    for (const { a0, a1, owner } of this.pieces)
      this.piece(pen, look.colours.of(owner), inner, outer, a0, a1);
    this.picture = picture;
    this.made = made;
    return picture;
  }
}
