// Words about one cell: its token, its exact value, its layer's median; and the cells that are pinned.

import { numberOf } from './data.js';
import { el } from './dom.js';
import { medianOf } from './formulas.js';
import { rowOfLayer, valuesOfRow } from './quantities.js';
import { bytesOf, exact, short, tokenName } from './text.js';

/** @typedef {import('./types').Head} Head */
/** @typedef {import('./types').State} State */
/** @typedef {import('./types').View} View */

export const pinColours = ['#0072B2', '#D55E00', '#009E73', '#CC79A7', '#56B4E9', '#E69F00', '#8a6d3b', '#7b5ea7'];

/** The median of a row of the view, computed once for each. */
const medians = new WeakMap();

/** @param {View} view @param {number} row */
function medianOfRow(view, row) {
  const known = medians.get(view) || new Map();
  medians.set(view, known);
  if (!known.has(row)) {
    const finite = valuesOfRow(view, row).filter(Number.isFinite);
    known.set(row, finite.length > 0 ? medianOf(finite) : NaN);
  }
  return known.get(row);
}

/**
 * A cell in one line, for lists, the clipboard and screen readers.
 * @param {Head} head @param {State} state @param {View} view @param {number} row @param {number} token
 */
export function cellWords(head, state, view, row, token) {
  const value = view.values[row * view.tokens + token];
  const said = Number.isFinite(value) ? exact(value) + (view.unit ? ' ' + view.unit : '') : 'undefined: ' + view.why(row, token);
  return view.rows[row].name + ', token ' + token + ' ' + tokenName(head.prompts[state.prompt], token) + ': ' + said;
}

/** @param {HTMLElement} list @param {[string, string][]} pairs */
function setPairs(list, pairs) {
  while (list.children.length < 2 * pairs.length) list.append(el('dt'), el('dd'));
  while (list.children.length > 2 * pairs.length) list.lastElementChild?.remove();
  pairs.forEach(([name, text], i) => {
    list.children[2 * i].textContent = name;
    list.children[2 * i + 1].textContent = text;
  });
}

/** @param {HTMLElement} list a dl @param {Head} head @param {State} state @param {View} view @param {{row: number, token: number} | null} hand */
export function showCell(list, head, state, view, hand) {
  if (!hand) return setPairs(list, [['cell', 'point at one, or use the arrow keys']]);
  const { row, token } = hand;
  const prompt = head.prompts[state.prompt];
  const value = view.values[row * view.tokens + token];
  const defined = Number.isFinite(value);
  const median = medianOfRow(view, row);
  const rounded = head.element === 'float32' ? ' (stored as float32)' : '';
  /** @type {[string, string][]} */
  const pairs = [
    ['site', view.rows[row].name],
    ['token', token + ' of ' + view.tokens + ': ' + tokenName(prompt, token)],
    ['id, bytes', [prompt.ids[token], bytesOf(prompt, token)].filter(String).join(', ')],
    ['value', defined ? exact(value) + (view.unit ? ' ' + view.unit : '') + rounded : 'undefined: ' + view.why(row, token)],
    ['row median', short(median) + (defined && median > 0 ? ', the value is ' + short(value / median) + '×' : '')],
  ];
  const logits = head.models[state.model].sequences[state.prompt].logits.find((l) => l.position === token);
  if (logits) {
    const top = logits.top.slice(0, 3).map(([text, prob]) => '“' + text + '” ' + short(100 * numberOf(prob)) + ' %').join(', ');
    pairs.push(['next token', short(numberOf(logits.entropy)) + ' nats; ' + top]);
  }
  setPairs(list, pairs);
}

/** @param {HTMLElement} place @param {Head} head @param {State} state @param {View} view @param {(index: number) => void} unpin @param {(layer: string, token: number) => void} jump */
export function showPins(place, head, state, view, unpin, jump) {
  const items = state.pins.map(([layer, token], i) => {
    const row = rowOfLayer(view, layer);
    const words = row >= 0 ? cellWords(head, state, view, row, token) : 'layer ' + layer + ', token ' + token + ': not in this view';
    const mark = el('span', { class: 'dot', style: 'background:' + pinColours[i % pinColours.length] });
    const go = el('button', { type: 'button', class: 'plain', click: () => jump(layer, token) }, words);
    const drop = el('button', { type: 'button', class: 'drop', 'aria-label': 'Unpin', click: () => unpin(i) }, '×');
    return el('li', {}, mark, go, drop);
  });
  place.replaceChildren(...items);
}
