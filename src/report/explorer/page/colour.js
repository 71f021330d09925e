// Values to colours: a range, 254 steps of a palette, and one code for what is undefined.

import { sameDigits } from './text.js';

/** @typedef {import('./types').Range} Range */
/** @typedef {import('./types').View} View */

export const undefinedCode = 255;
const steps = 254;

// Anchors of palettes whose lightness goes one way (sequential) or both ways from the middle (around); both are told
// apart with any colour vision. Made for this page.
const sequential = [[68, 1, 84], [71, 44, 122], [59, 81, 139], [44, 113, 142], [33, 144, 141], [39, 173, 129], [92, 200, 99], [170, 220, 50], [253, 231, 37]];
const around = [[5, 80, 140], [60, 135, 190], [140, 190, 220], [205, 225, 237], [245, 245, 243], [250, 220, 195], [240, 165, 115], [205, 100, 45], [140, 45, 5]];

/** @param {number[][]} anchors @returns {Uint32Array} */
function palette(anchors) {
  const table = new Uint32Array(256);
  for (let i = 0; i <= steps; ++i) {
    const at = (i / steps) * (anchors.length - 1);
    const k = Math.min(anchors.length - 2, Math.floor(at));
    const mix = anchors[k].map((c, j) => Math.round(c + (anchors[k + 1][j] - c) * (at - k)));
    table[i] = (255 << 24) | (mix[2] << 16) | (mix[1] << 8) | mix[0];
  }
  return table; // the undefined code stays transparent
}
const palettes = { sequential: palette(sequential), around: palette(around) };

/**
 * Colours by code, as ImageData of a little-endian machine holds them.
 * @param {Range} range
 */
export function coloursOf(range) {
  return palettes[range.scale];
}

/** @param {Range} range @param {number} code */
export function cssColour(range, code) {
  const c = coloursOf(range)[code];
  return 'rgb(' + (c & 255) + ',' + ((c >> 8) & 255) + ',' + ((c >> 16) & 255) + ')';
}

/**
 * At most 20,000 finite values at equal steps, sorted.
 * @param {Float64Array} values
 */
function sampleOf(values) {
  const stride = Math.max(1, Math.floor(values.length / 20000));
  const sample = [];
  for (let i = 0; i < values.length; i += stride) if (Number.isFinite(values[i])) sample.push(values[i]);
  return Float64Array.from(sample).sort();
}

/** @param {Float64Array} values @param {boolean} robust @returns {[number, number]} */
function extent(values, robust) {
  if (robust) {
    const sample = sampleOf(values);
    if (sample.length > 0) return [sample[Math.floor(0.01 * (sample.length - 1))], sample[Math.ceil(0.99 * (sample.length - 1))]];
  }
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < values.length; ++i) {
    const x = values[i];
    if (!Number.isFinite(x)) continue;
    if (x < low) low = x;
    if (x > high) high = x;
  }
  return low > high ? [0, 1] : [low, high];
}

/** @param {View} view @param {boolean} log @param {boolean} robust @returns {Range} */
export function rangeOf(view, log, robust) {
  let [low, high] = extent(view.values, robust);
  if (view.scale === 'around') {
    const ratios = log && view.middle === 1 && low > 0;
    if (ratios) {
      const most = Math.max(high, 1 / low, 1 + 1e-6);
      return { low: 1 / most, high: most, log: true, scale: 'around', middle: 1 };
    }
    const most = Math.max(Math.abs(high - view.middle), Math.abs(low - view.middle), 1e-12);
    return { low: view.middle - most, high: view.middle + most, log: false, scale: 'around', middle: view.middle };
  }
  if (high - low <= sameDigits * Math.abs(high)) high = low + (Math.abs(low) || 1) * 1e-6;
  const positive = log && high > 0;
  if (positive && !(low > 0)) low = high * 1e-6;
  return { low, high, log: positive, scale: 'sequential', middle: 0 };
}

/**
 * Where a value stands between the ends: 0 to 1, NaN where it has no place.
 * @param {Range} range @param {number} x
 */
export function placeOf(range, x) {
  if (!range.log) return (x - range.low) / (range.high - range.low);
  return x > 0 ? (Math.log(x) - Math.log(range.low)) / (Math.log(range.high) - Math.log(range.low)) : x === 0 ? 0 : NaN;
}

/**
 * The value at a place between the ends.
 * @param {Range} range @param {number} place
 */
export function valueAt(range, place) {
  if (!range.log) return range.low + place * (range.high - range.low);
  return Math.exp(Math.log(range.low) + place * (Math.log(range.high) - Math.log(range.low)));
}

/**
 * A code for each value.
 * @param {Float64Array} values @param {Range} range
 */
export function codesOf(values, range) {
  const codes = new Uint8Array(values.length);
  const low = range.log ? Math.log(range.low) : range.low;
  const span = (range.log ? Math.log(range.high) : range.high) - low;
  for (let i = 0; i < values.length; ++i) {
    const x = values[i];
    if (!Number.isFinite(x)) {
      codes[i] = undefinedCode;
      continue;
    }
    const at = range.log ? (x > 0 ? (Math.log(x) - low) / span : 0) : (x - low) / span;
    codes[i] = at <= 0 ? 0 : at >= 1 ? steps : Math.round(at * steps);
  }
  return codes;
}

/**
 * The code at a place of the legend.
 * @param {number} place
 */
export function codeAt(place) {
  return Math.round(Math.min(1, Math.max(0, place)) * steps);
}
