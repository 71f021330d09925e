// Line charts: a row of the raster over tokens, a column over layers.

import { ink, sized } from './dom.js';
import { sameDigits, short } from './text.js';

/** @typedef {import('./types').Series} Series */

/** @typedef {{title: string, names: (i: number) => string, from: number, to: number, log: boolean, marked: number, height: number}} ChartFacts */

/**
 * The finite ends of all series between from and to.
 * @param {Series[]} all @param {ChartFacts} facts
 */
function chartEnds(all, facts) {
  let low = Infinity;
  let high = -Infinity;
  for (const series of all) {
    for (let i = facts.from; i < facts.to; ++i) {
      const x = series.values[i];
      if (!Number.isFinite(x) || (facts.log && !(x > 0))) continue;
      low = Math.min(low, x);
      high = Math.max(high, x);
    }
  }
  if (low > high) return null;
  if (high - low <= sameDigits * Math.abs(high)) {
    low -= Math.abs(low) * 0.05 || 0.5;
    high += Math.abs(high) * 0.05 || 0.5;
  }
  return { low, high };
}

/**
 * Round values between two ends.
 * @param {number} low @param {number} high @param {boolean} log
 */
export function ticksBetween(low, high, log) {
  const ticks = [];
  if (log && high / low > 20) {
    for (let e = Math.floor(Math.log10(low)); e <= Math.ceil(Math.log10(high)); ++e) {
      if (10 ** e >= low * 0.999 && 10 ** e <= high * 1.001) ticks.push(10 ** e);
    }
    const thin = Math.ceil(ticks.length / 5);
    return ticks.filter((_, i) => i % thin === 0);
  }
  const rough = (high - low) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough) || rough;
  const first = Math.ceil(low / step) * step;
  const count = Math.floor((high - first) / step + 1e-9) + 1; // counted: a step may be less than the numbers' last digit
  for (let i = 0; i < count; ++i) {
    const x = first + i * step;
    ticks.push(Math.abs(x) < step * 1e-9 ? 0 : x);
  }
  return [...new Set(ticks)];
}

export class Profile {
  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    this.left = 52;
    this.plot = 1;
    this.from = 0;
    this.to = 1;
  }

  /** @param {number} width @param {Series[]} all the last one on top @param {ChartFacts} facts */
  draw(width, all, facts) {
    const context = sized(this.canvas, width, facts.height);
    const top = 8;
    const bottom = facts.height - 20;
    const ends = chartEnds(all, facts);
    this.from = facts.from;
    this.to = facts.to;
    this.plot = Math.max(1, width - this.left - 8);
    context.font = '11px system-ui, sans-serif';
    if (!ends) {
      context.fillStyle = ink('quiet');
      context.textAlign = 'left';
      context.fillText('nothing is defined here', this.left, (top + bottom) / 2);
      return;
    }
    const { low, high } = ends;
    const log = facts.log && low > 0;
    /** @param {number} x */
    const scale = (x) => (log ? Math.log(x / low) / Math.log(high / low) : (x - low) / (high - low));
    /** @param {number} x */
    const yOf = (x) => bottom - scale(x) * (bottom - top);
    this.grid(context, ticksBetween(low, high, log), yOf, width);
    this.names(context, facts, bottom);
    for (const series of all) this.line(context, series, facts, (x) => (Number.isFinite(x) && (!log || x > 0) ? yOf(x) : NaN));
  }

  /** @param {CanvasRenderingContext2D} context @param {number[]} ticks @param {(x: number) => number} yOf @param {number} width */
  grid(context, ticks, yOf, width) {
    context.textAlign = 'right';
    context.textBaseline = 'middle';
    for (const tick of ticks) {
      context.fillStyle = ink('rule');
      context.fillRect(this.left, Math.round(yOf(tick)), width - this.left - 8, 1);
      context.fillStyle = ink('quiet');
      context.fillText(short(tick), this.left - 6, yOf(tick));
    }
  }

  /** @param {number} i */
  xOf(i) {
    const count = this.to - this.from;
    return this.left + (count > 1 ? ((i - this.from) / (count - 1)) * this.plot : this.plot / 2);
  }

  /**
   * The point under x of the canvas.
   * @param {number} x
   */
  at(x) {
    const count = this.to - this.from;
    const place = Math.round(((x - this.left) / this.plot) * (count - 1));
    return this.from + Math.min(count - 1, Math.max(0, place));
  }

  /** @param {CanvasRenderingContext2D} context @param {ChartFacts} facts @param {number} bottom */
  names(context, facts, bottom) {
    context.textAlign = 'center';
    context.fillStyle = ink('quiet');
    const last = facts.to - 1;
    const lastWide = context.measureText(facts.names(last)).width;
    const step = Math.max(1, Math.floor(((facts.to - facts.from) * 16) / this.plot)); // a name takes 16 dots at least
    let free = -Infinity;
    for (let i = facts.from; i < last; i += step) {
      const text = facts.names(i);
      const wide = context.measureText(text).width;
      const x = this.xOf(i);
      if (x - wide / 2 < free || x + wide / 2 + 12 > this.xOf(last) - lastWide / 2) continue;
      context.fillText(text, x, bottom + 12);
      free = x + wide / 2 + 12;
    }
    context.fillText(facts.names(last), Math.min(this.xOf(last), this.left + this.plot + 6 - lastWide / 2), bottom + 12);
    if (facts.marked < facts.from || facts.marked > last) return;
    context.fillStyle = ink('cross');
    context.fillRect(this.xOf(facts.marked), 8, 1, bottom - 8);
  }

  /**
   * Where points are denser than the screen, each column of it has the line's two ends.
   * @param {CanvasRenderingContext2D} context @param {Series} series @param {ChartFacts} facts
   * @param {(x: number) => number} yOf
   */
  line(context, series, facts, yOf) {
    context.strokeStyle = series.colour;
    context.fillStyle = series.colour;
    context.lineWidth = series.wide ? 2 : 1.3;
    context.setLineDash(series.dashed ? [4, 3] : []);
    context.beginPath();
    const stride = Math.max(1, Math.floor((facts.to - facts.from) / this.plot));
    let pen = false;
    for (let i = facts.from; i < facts.to; i += stride) {
      let low = NaN;
      let high = NaN;
      for (let j = i; j < Math.min(i + stride, facts.to); ++j) {
        const y = yOf(series.values[j]);
        if (Number.isNaN(y)) continue;
        low = Number.isNaN(low) ? y : Math.min(low, y);
        high = Number.isNaN(high) ? y : Math.max(high, y);
      }
      if (Number.isNaN(low)) {
        pen = false;
        continue;
      }
      const x = this.xOf(i);
      if (pen) context.lineTo(x, low);
      else context.moveTo(x, low);
      if (high !== low) context.lineTo(x, high);
      pen = true;
    }
    context.stroke();
    context.setLineDash([]);
    if (facts.to - facts.from > 40) return;
    for (let i = facts.from; i < facts.to; ++i) {
      const y = yOf(series.values[i]);
      if (Number.isNaN(y)) continue;
      context.beginPath();
      context.arc(this.xOf(i), y, 2.2, 0, 7);
      context.fill();
    }
  }
}
