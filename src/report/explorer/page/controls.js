// The controls: what they offer follows from the measurement; each changes one part of the state.

import { scopesOf } from './definitions.js';
import { byId, el, fill } from './dom.js';
import { isByHead } from './heads.js';
import { sorts } from './lists.js';
import { missing, quantities, siteTitles, sitesOf } from './quantities.js';

/** @typedef {import('./types').Head} Head */
/** @typedef {import('./types').State} State */
/** @typedef {(change: Partial<State>) => void} Update */

/** @param {string} id */
export function selectOf(id) {
  return /** @type {HTMLSelectElement} */ (byId(id));
}

/** @param {string} id */
export function inputOf(id) {
  return /** @type {HTMLInputElement} */ (byId(id));
}

/**
 * Two models have buttons, more have a slider.
 * @param {Head} head @param {State} state @param {Update} update
 */
function showModels(head, state, update) {
  const place = byId('models');
  if (head.models.length < 2) return place.replaceChildren();
  const about = quantities[state.quantity];
  /** @param {string} text @param {boolean} on @param {string} title @param {Partial<State>} change */
  const button = (text, on, title, change) => el('button', { type: 'button', 'aria-pressed': String(on), title, click: () => update(change) }, text);
  const { model, versus } = state;
  const b = Math.max(1, model);
  const parts = [button('A', model === 0, head.models[0].name, { model: 0, versus: 'own' })];
  if (head.models.length > 2) {
    const slide = (/** @type {Event} */ event) => update({ model: Number(/** @type {HTMLInputElement} */ (event.target).value) });
    parts.push(/** @type {any} */ (el('label', {}, 'B', el('input', { type: 'range', id: 'slider', min: '1', max: String(head.models.length - 1), value: String(b), 'aria-label': 'model B', input: slide }), head.models[b].name)));
  }
  parts.push(button('B', model > 0 && versus === 'own', head.models[b].name, { model: b, versus: 'own' }));
  if (about !== quantities.distance && about !== quantities.angle) {
    parts.push(button('A / B', model > 0 && versus === 'ratio', 'ratio', { model: b, versus: 'ratio' }));
    parts.push(button('A − B', model > 0 && versus === 'difference', 'difference', { model: b, versus: 'difference' }));
  }
  // The slider in hand keeps its focus.
  const held = document.activeElement && document.activeElement.id === 'slider';
  place.replaceChildren(...parts);
  if (held) byId('slider').focus();
}

/** @param {Head} head @param {State} state @param {Update} update */
export function showControls(head, state, update) {
  const offered = Object.entries(quantities).map(([value, q]) => ({ value, text: q.title, off: missing(head, value, state) || undefined }));
  const pair = head.models.some((m) => m.sequences[0].beside_a);
  fill(selectOf('quantity'), offered.filter((o) => pair || (o.value !== 'distance' && o.value !== 'angle')), state.quantity);
  fill(selectOf('site'), sitesOf(head, state).map(({ site, why }) => ({ value: site, text: siteTitles[site], off: why || undefined })), state.site);
  const heads = head.models[state.model].sequences[state.prompt].heads;
  byId('head-choice').hidden = !isByHead(state.quantity) || !heads;
  const numbers = Array.from({ length: heads ? heads.count : 0 }, (_, h) => ({ value: String(h), text: String(h) }));
  fill(selectOf('head-select'), [{ value: 'mean', text: 'mean of all' }, { value: 'all', text: 'every one' }, ...numbers], state.head);
  showModels(head, state, update);
  for (const key of /** @type {const} */ (['log', 'skip', 'robust'])) inputOf(key).checked = state[key];
  fill(selectOf('scope'), scopesOf(head), state.scope);
  fill(selectOf('pooling'), head.poolings.map((p) => ({ value: p, text: p.replace(/_/g, ' ') })), state.pooling);
  fill(selectOf('sort'), Object.entries(sorts).map(([value, text]) => ({ value, text })), state.sort);
  inputOf('threshold').value = String(state.apart);
}

/** @param {Update} update */
export function listenToControls(update) {
  for (const key of /** @type {const} */ (['quantity', 'site', 'scope', 'pooling', 'sort'])) {
    selectOf(key).addEventListener('change', () => update({ [key]: selectOf(key).value }));
  }
  selectOf('head-select').addEventListener('change', () => update({ head: selectOf('head-select').value }));
  for (const key of /** @type {const} */ (['log', 'skip', 'robust'])) {
    inputOf(key).addEventListener('change', () => update({ [key]: inputOf(key).checked }));
  }
  inputOf('search').addEventListener('input', () => update({ search: inputOf('search').value }));
  inputOf('threshold').addEventListener('change', () => update({ apart: Number(inputOf('threshold').value) }));
}
