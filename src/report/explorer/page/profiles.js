// The two profiles of a cell: its row over the tokens, its column over the layers, and those of pinned cells.

import { pinColours } from './details.js';
import { byId, canvasOf, ink } from './dom.js';
import { reduce } from './formulas.js';
import { Profile } from './profile.js';
import { rowOfLayer, valuesOfRow, valuesOfToken } from './quantities.js';
import { tokenName } from './text.js';

/** @typedef {import('./types').Head} Head */
/** @typedef {import('./types').State} State */
/** @typedef {import('./types').View} View */

export const rowChart = new Profile(canvasOf('row-chart'));
export const columnChart = new Profile(canvasOf('column-chart'));

/**
 * @param {Head} head @param {State} state @param {View} view @param {boolean} log @param {number} row @param {number} token
 */
export function drawProfiles(head, state, view, log, row, token) {
  if (view.rows.length === 0) return;
  const prompt = head.prompts[state.prompt];
  const pins = state.pins.map(([layer, t], i) => ({ r: rowOfLayer(view, layer), t, colour: pinColours[i % pinColours.length] })).filter((pin) => pin.r >= 0);
  const width = byId('row-chart').parentElement?.clientWidth || 300;
  byId('row-title').textContent = 'Over tokens: ' + view.rows[row].name;
  byId('column-title').textContent = 'Over layers: token ' + token + ' ' + tokenName(prompt, token) + ', dashed: ' + state.reduction.replace(/_/g, ' ');
  const rows = [...new Map(pins.map((pin) => [pin.r, pin])).values()].filter((pin) => pin.r !== row).map((pin) => ({ label: '', values: valuesOfRow(view, pin.r), colour: pin.colour }));
  rowChart.draw(width, [...rows, { label: '', values: valuesOfRow(view, row), colour: ink('ink'), wide: true }],
    { title: '', names: (i) => String(i), from: state.from, to: state.to, log, marked: token, height: 170 });
  const columns = pins.filter((pin) => pin.t !== token).map((pin) => ({ label: '', values: valuesOfToken(view, pin.t), colour: pin.colour }));
  columnChart.draw(width, [{ label: '', values: reducedRows(state, view), colour: ink('quiet'), dashed: true }, ...columns, { label: '', values: valuesOfToken(view, token), colour: ink('ink'), wide: true }],
    { title: '', names: (i) => view.rows[i].label, from: 0, to: view.rows.length, log, marked: row, height: 170 });
}

/** @type {{view: View | null, reduction: string, values: number[]}} */
let reducedBefore = { view: null, reduction: '', values: [] };

/**
 * The chosen reduction of every row, kept while neither changes.
 * @param {State} state @param {View} view
 */
function reducedRows(state, view) {
  if (reducedBefore.view !== view || reducedBefore.reduction !== state.reduction) {
    const values = view.rows.map((_, r) => reduce(state.reduction, state.skip ? valuesOfRow(view, r).subarray(1) : valuesOfRow(view, r)).value ?? NaN);
    reducedBefore = { view, reduction: state.reduction, values };
  }
  return reducedBefore.values;
}
