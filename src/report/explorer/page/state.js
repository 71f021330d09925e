// What is looked at: one plain object, kept in the address after the #, so that a link shows what its writer saw.

import { scopesOf } from './definitions.js';
import { sorts } from './lists.js';
import { quantities } from './quantities.js';

/** @typedef {import('./types').State} State */
/** @typedef {import('./types').Head} Head */

/** @param {Head} head @returns {State} */
export function firstState(head) {
  const tokens = head.prompts[0].ids.length;
  return {
    prompt: 0, quantity: 'norm', site: 'resid_post', model: 0, versus: 'own', head: 'mean', reduction: 'last', span: 'last_block',
    pooling: 'mean_of_gains', scope: 'all', log: true, skip: false, robust: tokens > 30, layer: '', token: -1, from: 0, to: tokens,
    pins: [], sort: 'order', search: '', apart: 0.01,
  };
}

/** Keys of the address that are numbers, words, switches. */
const numberKeys = /** @type {const} */ (['prompt', 'model', 'token', 'from', 'to', 'apart']);
const wordKeys = /** @type {const} */ (['quantity', 'site', 'versus', 'head', 'reduction', 'span', 'pooling', 'scope', 'layer', 'sort']);
const switchKeys = /** @type {const} */ (['log', 'skip', 'robust']);

/**
 * What differs from the first state.
 * @param {State} state @param {State} first
 */
export function addressOf(state, first) {
  const parts = new URLSearchParams();
  for (const key of numberKeys) if (state[key] !== first[key]) parts.set(key, String(state[key]));
  for (const key of wordKeys) if (state[key] !== first[key]) parts.set(key, state[key]);
  for (const key of switchKeys) if (state[key] !== first[key]) parts.set(key, state[key] ? '1' : '0');
  if (state.pins.length > 0) parts.set('pins', state.pins.map((pin) => pin.join('.')).join('-'));
  return parts.toString();
}

/**
 * The number that a text is, digits alone and low <= number < end; else NaN.
 * @param {string | null | undefined} text @param {number} low @param {number} end
 */
function wholeOf(text, low, end) {
  const number = /^(0|[1-9]\d{0,14})$/.test(text ?? '') ? Number(text) : NaN;
  return number >= low && number < end ? number : NaN;
}

/**
 * Whether some view of the measurement can have a row of this label.
 * @param {Head} head @param {string} label
 */
function isLayer(head, label) {
  if (label === 'embed' || label === 'ln_final') return true;
  const [layer, ofHead, ...more] = label.split('.');
  const known = ofHead === undefined || head.models.some((m) => m.sequences.some((s) => s.heads && wholeOf(ofHead, 0, s.heads.count) >= 0));
  return more.length === 0 && known && head.models.some((m) => wholeOf(layer, 0, m.layers) >= 0);
}

/**
 * Reads an address; what it does not say, or says of another measurement, stays.
 * @param {string} address @param {Head} head @returns {State}
 */
export function stateOf(address, head) {
  const state = firstState(head);
  const parts = new URLSearchParams(address.replace(/^#/, ''));
  /** @param {'prompt' | 'model' | 'token' | 'from' | 'to'} key @param {number} low @param {number} end @param {number} otherwise */
  const whole = (key, low, end, otherwise) => {
    const number = wholeOf(parts.get(key), low, end);
    return Number.isNaN(number) ? otherwise : number;
  };
  state.prompt = whole('prompt', 0, head.prompts.length, 0);
  state.model = whole('model', 0, head.models.length, 0);
  const tokens = head.prompts[state.prompt].ids.length;
  state.token = whole('token', 0, tokens, -1);
  state.from = whole('from', 0, tokens, 0);
  state.to = whole('to', state.from + 1, tokens + 1, tokens);
  state.apart = Number(parts.get('apart') || state.apart);
  for (const key of wordKeys) state[key] = parts.get(key) || state[key];
  for (const key of switchKeys) state[key] = parts.get(key) === '1' || (parts.get(key) !== '0' && state[key]);
  state.pins = (parts.get('pins') || '').split('-').map((pin) => {
    const dot = pin.lastIndexOf('.');
    return [pin.slice(0, Math.max(0, dot)), wholeOf(pin.slice(dot + 1), 0, tokens)];
  });
  return sound(state, head);
}

/**
 * Every value inside what the measurement has.
 * @param {State} state @param {Head} head @returns {State}
 */
export function sound(state, head) {
  /** @param {number} x @param {number} low @param {number} high */
  const inside = (x, low, high) => (x >= low ? Math.trunc(Math.min(high, x)) : low);
  const first = firstState(head);
  state.prompt = inside(state.prompt, 0, head.prompts.length - 1);
  state.model = inside(state.model, 0, head.models.length - 1);
  const tokens = head.prompts[state.prompt].ids.length;
  state.from = inside(state.from, 0, tokens - 1);
  state.to = inside(state.to, state.from + 1, tokens);
  state.token = inside(state.token, -1, tokens - 1);
  if (!isLayer(head, state.layer)) state.layer = '';
  if (!Object.keys(quantities).includes(state.quantity)) state.quantity = first.quantity;
  if (!quantities[state.quantity].sites.includes(state.site)) state.site = quantities[state.quantity].sites[0];
  if (!head.reductions.some((r) => r.name === state.reduction)) state.reduction = first.reduction;
  if (!head.spans.some((s) => s.name === state.span)) state.span = first.span;
  if (!head.poolings.includes(state.pooling)) state.pooling = first.pooling;
  if (!scopesOf(head).some((s) => s.value === state.scope)) state.scope = first.scope;
  if (!Object.keys(sorts).includes(state.sort)) state.sort = first.sort;
  if (!['own', 'ratio', 'difference'].includes(state.versus)) state.versus = first.versus;
  const heads = head.models[state.model].sequences[state.prompt].heads;
  const isHead = state.head === 'all' || wholeOf(state.head, 0, heads ? heads.count : 0) >= 0;
  if (!isHead) state.head = first.head;
  if (!(state.apart > 0 && state.apart < Infinity)) state.apart = first.apart;
  state.pins = state.pins.filter(([layer, token]) => isLayer(head, layer) && token >= 0 && token < tokens);
  return state;
}
