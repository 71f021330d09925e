// The raster of (layers x tokens): one picture of codes, drawn scaled, with axes, a hatch where nothing is defined, and
// a second canvas above it for the cell in hand.

import { codesOf, coloursOf, undefinedCode } from './colour.js';
import { ink, sized } from './dom.js';

/** @typedef {import('./types').View} View */
/** @typedef {import('./types').Range} Range */
/** @typedef {import('./types').Place} Place */

const widestCell = 110; // CSS pixels; a prompt of one token is no wall of one colour

/** @param {CanvasRenderingContext2D} context @param {Place} place */
export function hatch(context, place) {
  context.save();
  context.beginPath();
  context.rect(place.left, place.top, place.width, place.height);
  context.clip();
  context.fillStyle = ink('missing');
  context.fillRect(place.left, place.top, place.width, place.height);
  context.strokeStyle = ink('hatch');
  context.lineWidth = 1;
  context.beginPath();
  for (let x = place.left - place.height; x < place.left + place.width; x += 6) {
    context.moveTo(x, place.top + place.height);
    context.lineTo(x + place.height, place.top);
  }
  context.stroke();
  context.restore();
}

/**
 * A code of several cells that share a dot: the farthest from the palette's calm end.
 * @param {Range} range @param {number} a @param {number} b
 */
function stronger(range, a, b) {
  if (a === undefinedCode) return b;
  if (b === undefinedCode) return a;
  if (range.scale === 'around') return Math.abs(b - 127) > Math.abs(a - 127) ? b : a;
  return Math.max(a, b);
}

export class Raster {
  /** @param {HTMLCanvasElement} base @param {HTMLCanvasElement} above */
  constructor(base, above) {
    this.base = base;
    this.above = above;
    /** @type {View | null} */
    this.view = null;
    /** @type {Range | null} */
    this.range = null;
    this.codes = new Uint8Array(0);
    this.from = 0;
    this.to = 0;
    /** @type {Place} */
    this.place = { left: 0, top: 0, width: 0, height: 0 };
    this.picture = document.createElement('canvas');
  }

  /** @param {View} view @param {Range} range @param {number} from @param {number} to */
  show(view, range, from, to) {
    if (view !== this.view || range !== this.range) this.codes = codesOf(view.values, range);
    this.view = view;
    this.range = range;
    this.from = from;
    this.to = to;
  }

  /** @param {number} width of the canvas in CSS pixels @param {(token: number) => string} nameOf */
  draw(width, nameOf) {
    const { view, range } = this;
    if (!view || !range) return;
    const rows = Math.max(1, view.rows.length);
    const count = Math.max(1, this.to - this.from);
    const left = view.rows.some((row) => row.label.length > 3) ? 58 : 34;
    const cell = Math.min(widestCell, (width - left - 1) / count);
    const top = cell >= 13 ? (cell >= 44 ? 22 : 74) : 20;
    const high = Math.max(3, Math.min(22, Math.floor(440 / rows)));
    this.place = { left, top, width: cell * count, height: high * rows };
    const context = sized(this.base, width, top + high * rows + 2);
    hatch(context, this.place);
    this.paint(rows, count);
    context.imageSmoothingEnabled = false;
    context.drawImage(this.picture, left, top, this.place.width, this.place.height);
    this.axes(context, cell, high, nameOf);
    sized(this.above, width, top + high * rows + 2);
  }

  /**
   * Fills the picture: a dot per cell, or per column of the screen where tokens are narrower.
   * @param {number} rows @param {number} count
   */
  paint(rows, count) {
    const { view, range } = this;
    if (!view || !range) return;
    const dots = Math.max(1, Math.round(this.place.width * (window.devicePixelRatio || 1)));
    const columns = Math.min(count, dots);
    this.picture.width = columns;
    this.picture.height = rows;
    const context = this.picture.getContext('2d');
    if (!context) return;
    const image = context.createImageData(columns, rows);
    const out = new Uint32Array(image.data.buffer);
    const colours = coloursOf(range);
    for (let r = 0; r < view.rows.length; ++r) {
      const start = r * view.tokens + this.from;
      for (let c = 0; c < columns; ++c) {
        const first = Math.floor((c * count) / columns);
        const end = Math.max(first + 1, Math.floor(((c + 1) * count) / columns));
        let code = this.codes[start + first];
        for (let t = first + 1; t < end; ++t) code = stronger(range, code, this.codes[start + t]);
        out[r * columns + c] = colours[code];
      }
    }
    context.putImageData(image, 0, 0);
  }

  /** @param {CanvasRenderingContext2D} context @param {number} cell @param {number} high @param {(token: number) => string} nameOf */
  axes(context, cell, high, nameOf) {
    const view = /** @type {View} */ (this.view);
    const { left, top } = this.place;
    context.fillStyle = ink('quiet');
    context.font = '11px system-ui, sans-serif';
    context.textBaseline = 'middle';
    context.textAlign = 'right';
    const every = Math.max(1, Math.ceil(13 / high));
    const last = view.rows.length - 1;
    for (let r = 0; r <= last; ++r) {
      // The ends always have their label; in between, those that have room.
      const named = r === 0 || r === last || (r % every === 0 && last - r >= every && r >= every);
      if (named) context.fillText(view.rows[r].label, left - 5, top + (r + 0.5) * high);
    }
    if (cell >= 13) this.tokenNames(context, cell, nameOf);
    else this.positions(context, cell);
  }

  /** @param {CanvasRenderingContext2D} context @param {number} cell @param {(token: number) => string} nameOf */
  tokenNames(context, cell, nameOf) {
    const { left, top } = this.place;
    const upright = cell >= 44;
    const room = upright ? Math.floor(cell / 7) : 10;
    context.fillStyle = ink('ink');
    context.textAlign = upright ? 'center' : 'left';
    for (let t = this.from; t < this.to; ++t) {
      const characters = Array.from(nameOf(t));
      const text = characters.length > room ? characters.slice(0, room - 1).join('') + '…' : characters.join('');
      context.save();
      context.translate(left + (t - this.from + 0.5) * cell, top - (upright ? 9 : 5));
      if (!upright) context.rotate(-Math.PI / 2);
      context.fillText(text, 0, 0);
      context.restore();
    }
  }

  /** @param {CanvasRenderingContext2D} context @param {number} cell */
  positions(context, cell) {
    const { left, top, width } = this.place;
    let step = 1;
    for (let i = 0; step * cell < 56; ++i) step = [1, 2, 5][i % 3] * 10 ** Math.floor(i / 3);
    context.textAlign = 'center';
    const last = this.to - 1;
    for (let t = Math.ceil(this.from / step) * step; t <= last; t += step) {
      const x = left + (t - this.from + 0.5) * cell;
      if (left + width - x < 50 && t !== last) continue;
      context.fillText(t.toLocaleString('en-US'), Math.max(left + 4, x), top - 9);
    }
    context.textAlign = 'right';
    context.fillText(last.toLocaleString('en-US'), left + width, top - 9);
  }

  /**
   * The cell under a point of the canvas, or null.
   * @param {number} x @param {number} y @returns {{row: number, token: number} | null}
   */
  cellAt(x, y) {
    const { left, top, width, height } = this.place;
    const view = this.view;
    if (!view || x < left || x >= left + width || y < top || y >= top + height) return null;
    const token = this.from + Math.floor(((x - left) / width) * (this.to - this.from));
    const row = Math.floor(((y - top) / height) * view.rows.length);
    return { row: Math.min(row, view.rows.length - 1), token: Math.min(token, this.to - 1) };
  }

  /**
   * The box of a cell in CSS pixels.
   * @param {number} row @param {number} token @returns {Place}
   */
  boxOf(row, token) {
    const view = /** @type {View} */ (this.view);
    const wide = this.place.width / Math.max(1, this.to - this.from);
    const high = this.place.height / Math.max(1, view.rows.length);
    return { left: this.place.left + (token - this.from) * wide, top: this.place.top + row * high, width: wide, height: high };
  }

  /**
   * The cross of the cell in hand and the boxes of pinned ones.
   * @param {{row: number, token: number} | null} hand @param {{row: number, token: number, colour: string}[]} pins
   * @param {[number, number] | null} drag the two ends of a range of tokens that is being drawn
   */
  mark(hand, pins, drag) {
    const dots = window.devicePixelRatio || 1;
    const context = sized(this.above, this.above.width / dots, this.above.height / dots);
    /** @param {Place} box @param {string} colour @param {number} line */
    const frame = (box, colour, line) => {
      context.strokeStyle = colour;
      context.lineWidth = line;
      context.strokeRect(box.left - 0.5, box.top - 0.5, Math.max(3, box.width) + 1, Math.max(3, box.height) + 1);
    };
    if (drag) {
      const a = this.boxOf(0, Math.min(...drag));
      const b = this.boxOf(0, Math.max(...drag));
      context.fillStyle = 'rgba(128,128,128,.45)';
      context.fillRect(a.left, this.place.top, b.left + b.width - a.left, this.place.height);
    }
    for (const pin of pins) {
      if (pin.token < this.from || pin.token >= this.to || pin.row < 0) continue;
      frame(this.boxOf(pin.row, pin.token), ink('paper'), 4);
      frame(this.boxOf(pin.row, pin.token), pin.colour, 2);
    }
    if (!hand || hand.row < 0 || hand.token < this.from || hand.token >= this.to) return;
    const box = this.boxOf(hand.row, hand.token);
    context.fillStyle = ink('cross');
    context.fillRect(this.place.left, box.top + box.height / 2 - 0.5, this.place.width, 1);
    context.fillRect(box.left + box.width / 2 - 0.5, this.place.top, 1, this.place.height);
    frame(box, ink('paper'), 4);
    frame(box, ink('ink'), 2);
  }
}
