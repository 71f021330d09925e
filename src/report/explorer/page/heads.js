// Heads of attention as a table of (layers x tokens): one head, the mean of all, or every head.

import { arrayOf } from './data.js';
import { notFinite } from './text.js';

/** @typedef {import('./types').Head} Head */
/** @typedef {import('./types').State} State */

/**
 * What is measured head by head, and the array that holds it.
 * @type {Record<string, 'contribution' | 'first_token_mass' | 'massive_token_mass' | 'entropy'>}
 */
const byHead = { head_norm: 'contribution', head_first: 'first_token_mass', head_massive: 'massive_token_mass', head_entropy: 'entropy' };

/** @param {string} quantity */
export function isByHead(quantity) {
  return Object.keys(byHead).includes(quantity);
}

/**
 * Layer by layer a head, the mean of all, or every head.
 * @param {Head} head @param {State} state @param {number} model @returns {{rows: {label: string, name: string}[], values: Float64Array, why: (row: number, token: number) => string}}
 */
export function headCells(head, state, model) {
  const heads = head.models[model].sequences[state.prompt].heads;
  if (!heads) return { rows: [], values: new Float64Array(0), why: () => 'measure with --heads' };
  const tokens = head.prompts[state.prompt].ids.length;
  const all = arrayOf(head, heads[byHead[state.quantity]]);
  const shown = state.head === 'all' ? Array.from({ length: heads.count }, (_, h) => h) : state.head === 'mean' ? [-1] : [Number(state.head)].filter((h) => h < heads.count);
  const rows = heads.layers.flatMap((layer) => shown.map((h) => ({ label: h < 0 || shown.length === 1 ? String(layer) : layer + '.' + h, name: 'blocks.' + layer + '.attn' + (h < 0 ? ', mean of heads' : ' head ' + h) })));
  const values = new Float64Array(rows.length * tokens);
  heads.layers.forEach((_, l) => shown.forEach((h, i) => {
    for (let t = 0; t < tokens; ++t) {
      let sum = 0;
      for (let k = h < 0 ? 0 : h; k <= (h < 0 ? heads.count - 1 : h); ++k) sum += all[(l * heads.count + k) * tokens + t];
      values[(l * shown.length + i) * tokens + t] = h < 0 ? sum / heads.count : sum;
    }
  }));
  return { rows, values, why: (row, token) => notFinite(values[row * tokens + token], 'what the head adds') };
}

/**
 * What the title says of the choice.
 * @param {State} state
 */
export function headWords(state) {
  return state.head === 'mean' ? ', mean of all' : state.head === 'all' ? ', every head' : ', head ' + state.head;
}
