// SPDX-License-Identifier: Apache-2.0
// The outer band: the circle of all hashes and who owns each of its pieces, as far as there are few
// enough to be told apart. It is drawn once for each ring and kept as a picture, because it has
// thousands of pieces.

import { TOP, TURN } from './layout.js';
import { arcBand } from './paint.js';
import { piecesOf } from './pieces.js';

const THIN = 0.0015; // radians: a piece that is less is still drawn so wide

function angles(piece) {
  return [TOP + piece.from * TURN, TOP + piece.to * TURN];
}

/* Keeps the pieces of a ring with their angles, by owner. */
export class Circle {
  constructor() {
    this.pieces = null; // [{a0, a1, owner}] of the whole ring, or null: too many
    this.byOwner = new Map();
    this.picture = null;
    this.made = '';
  }

  set(circle) {
    this.picture = null;
    this.pieces = circle && piecesOf(circle).map((piece) => {
      const [a0, a1] = angles(piece);
      return { a0, a1, owner: piece.owner };
    });
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
    return undefined;
  }

  /* Draws all of it; `moved`: pieces of a change, beside which the rest is pale. */
  paint(ctx, look, inner, outer, moved, alone) {
    if (!this.pieces) return;
    ctx.globalAlpha = moved || alone ? 0.22 : 1;
    ctx.drawImage(this.pictureFor(ctx, look, inner, outer), -outer - 1, -outer - 1,
      2 * outer + 2, 2 * outer + 2);
    ctx.globalAlpha = 1;
    for (const piece of moved ?? []) {
      const [a0, a1] = angles(piece);
      this.piece(ctx, look.colours.of(piece.after), inner, outer, a0, a1);
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
