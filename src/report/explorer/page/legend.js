// The legend of the raster: the palette with numbers, what lies beyond it, and the hatch.

import { codeAt, cssColour, placeOf, valueAt } from './colour.js';
import { ink, sized } from './dom.js';
import { ticksBetween } from './profile.js';
import { hatch } from './raster.js';
import { short } from './text.js';

/** @typedef {import('./types').Range} Range */

/**
 * Numbers under the palette: round ones where there are enough of them, else the ends and the middle.
 * @param {Range} range
 */
function legendTicks(range) {
  const round = ticksBetween(range.low, range.high, range.log);
  return round.length >= 2 ? round : [valueAt(range, 0), valueAt(range, 0.5), valueAt(range, 1)];
}

/** @param {HTMLCanvasElement} canvas @param {number} width @param {Range} range @param {string} unit @param {boolean} cut whether values lie beyond the ends */
export function drawLegend(canvas, width, range, unit, cut) {
  const context = sized(canvas, width, 46);
  const bar = { left: 14, top: 6, width: Math.max(60, Math.min(420, width - 150)), height: 12 };
  for (let x = 0; x < bar.width; ++x) {
    context.fillStyle = cssColour(range, codeAt(x / bar.width));
    context.fillRect(bar.left + x, bar.top, 1.5, bar.height);
  }
  context.font = '11px system-ui, sans-serif';
  context.textBaseline = 'top';
  context.fillStyle = ink('quiet');
  context.textAlign = 'left';
  let free = -Infinity;
  for (const tick of legendTicks(range)) {
    const place = placeOf(range, tick);
    if (!(place >= -0.001 && place <= 1.001)) continue;
    const x = bar.left + place * bar.width;
    context.fillRect(x, bar.top + bar.height, 1, 3);
    const wide = context.measureText(short(tick)).width;
    const start = Math.max(0, x - wide / 2);
    if (start < free) continue;
    context.fillText(short(tick), start, bar.top + bar.height + 4);
    free = start + wide + 8;
  }
  const scale = (range.log ? 'logarithmic' : 'linear') + (unit ? ', ' + unit : '') + (cut ? '; 1 % at each end share its colour' : '');
  context.fillText(scale, bar.left, bar.top + bar.height + 17);
  const box = { left: bar.left + bar.width + 24, top: bar.top, width: 22, height: 12 };
  hatch(context, box);
  context.fillStyle = ink('quiet');
  context.fillText('undefined', box.left + 28, bar.top);
}
