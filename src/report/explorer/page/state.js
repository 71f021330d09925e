// What is looked at: one plain object, kept in the address after the #, so that a link shows what its writer saw.

import { quantities } from './quantities.js';

/** @typedef {import('./types').State} State */
/** @typedef {import('./types').Head} Head */

/** @param {Head} head @returns {State} */
export function firstState(head) {
  const tokens = head.prompts[0].ids.length;
  return {
    prompt: 0, quantity: 'norm', site: 'resid_post', model: 0, versus: 'own', head: 'mean', reduction: 'last', span: 'last_block',
    pooling: 'mean_of_gains', scope: 'all', log: true, skip: false, robust: tokens > 30, row: -1, token: -1, from: 0, to: tokens,
    pins: [], sort: 'order', search: '', apart: 0.01,
  };
}

/** Keys of the address that are numbers, words, switches. */
const numberKeys = /** @type {const} */ (['prompt', 'model', 'row', 'token', 'from', 'to', 'apart']);
const wordKeys = /** @type {const} */ (['quantity', 'site', 'versus', 'head', 'reduction', 'span', 'pooling', 'scope', 'sort']);
const switchKeys = /** @type {const} */ (['log', 'skip', 'robust']);

/**
 * What differs from the first state.
 * @param {State} state @param {State} first
 */
export function addressOf(state, first) {
  const parts = new URLSearchParams();
  const tokens = state.to;
  for (const key of numberKeys) if (state[key] !== first[key]) parts.set(key, String(state[key]));
  for (const key of wordKeys) if (state[key] !== first[key]) parts.set(key, state[key]);
  for (const key of switchKeys) if (state[key] !== first[key]) parts.set(key, state[key] ? '1' : '0');
  if (state.pins.length > 0) parts.set('pins', state.pins.map((pin) => pin.join('.')).join('_'));
  return tokens >= 0 ? parts.toString() : '';
}

/**
 * Reads an address; what it does not say, or says of another measurement, stays.
 * @param {string} address @param {Head} head @returns {State}
 */
export function stateOf(address, head) {
  const state = firstState(head);
  const parts = new URLSearchParams(address.replace(/^#/, ''));
  for (const key of numberKeys) {
    const text = parts.get(key);
    if (text !== null && text !== '' && Number.isFinite(Number(text))) state[key] = Number(text);
  }
  for (const key of wordKeys) state[key] = parts.get(key) || state[key];
  for (const key of switchKeys) if (parts.has(key)) state[key] = parts.get(key) === '1';
  state.pins = (parts.get('pins') || '').split('_').filter(Boolean).map((pin) => {
    const [row, token] = pin.split('.').map(Number);
    return [row, token];
  });
  return sound(state, head, parts.has('to'));
}

/**
 * Every value inside what the measurement has.
 * @param {State} state @param {Head} head @param {boolean} rangeKept @returns {State}
 */
export function sound(state, head, rangeKept) {
  /** @param {number} x @param {number} low @param {number} high */
  const inside = (x, low, high) => Math.trunc(Math.min(high, Math.max(low, x)));
  state.prompt = inside(state.prompt, 0, head.prompts.length - 1);
  state.model = inside(state.model, 0, head.models.length - 1);
  const tokens = head.prompts[state.prompt].ids.length;
  state.from = rangeKept ? inside(state.from, 0, tokens - 1) : 0;
  state.to = rangeKept ? inside(state.to, state.from + 1, tokens) : tokens;
  state.token = inside(state.token, -1, tokens - 1);
  if (!(state.quantity in quantities)) state.quantity = 'norm';
  if (!quantities[state.quantity].sites.includes(state.site)) state.site = quantities[state.quantity].sites[0];
  if (!head.reductions.some((r) => r.name === state.reduction)) state.reduction = 'last';
  if (!head.spans.some((s) => s.name === state.span)) state.span = head.spans[0].name;
  if (!head.poolings.includes(state.pooling)) state.pooling = head.poolings[0];
  if (!['own', 'ratio', 'difference'].includes(state.versus)) state.versus = 'own';
  const heads = head.models[state.model].sequences[state.prompt].heads;
  if (state.head !== 'mean' && state.head !== 'all' && !(heads && Number(state.head) < heads.count)) state.head = 'mean';
  if (!(state.apart > 0)) state.apart = 0.01;
  state.pins = state.pins.filter(([row, token]) => row >= 0 && token >= 0 && token < tokens);
  return state;
}
