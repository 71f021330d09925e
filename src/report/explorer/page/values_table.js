// The raster as a table, for screen readers and for reading digits; made when it is opened.

import { el } from './dom.js';
import { reduce } from './formulas.js';
import { valuesOfRow } from './quantities.js';
import { exact, short, tokenName } from './text.js';

/** @typedef {import('./types').Head} Head */
/** @typedef {import('./types').State} State */
/** @typedef {import('./types').View} View */

const widestTable = 60; // tokens; longer prompts show the reductions of each row

/** @param {HTMLElement} place @param {Head} head @param {State} state @param {View} view */
export function showTable(place, head, state, view) {
  const whole = view.tokens <= widestTable;
  const heads = whole ? Array.from({ length: view.tokens }, (_, t) => t + ' ' + tokenName(head.prompts[state.prompt], t)) : head.reductions.map((r) => r.title);
  const rows = view.rows.map((row, r) => {
    const values = valuesOfRow(view, r);
    const cells = whole
      ? Array.from(values, (x, t) => (Number.isFinite(x) ? { text: short(x), says: exact(x) } : { text: '–', says: view.why(r, t) }))
      : head.reductions.map(({ name }) => {
          const one = reduce(name, values);
          return one.value === null ? { text: '–', says: one.reason } : { text: short(one.value), says: exact(one.value) };
        });
    return el('tr', {}, el('th', { scope: 'row' }, row.name), ...cells.map((c) => el('td', { class: 'n', title: c.says }, c.text)));
  });
  const top = el('tr', {}, el('th', { scope: 'col' }, 'site'), ...heads.map((text) => el('th', { scope: 'col', class: 'n' }, text)));
  const caption = view.title + (whole ? '' : ': reductions over ' + view.tokens.toLocaleString('en-US') + ' tokens');
  place.replaceChildren(el('table', {}, el('caption', {}, caption), el('thead', {}, top), el('tbody', {}, ...rows)));
}
