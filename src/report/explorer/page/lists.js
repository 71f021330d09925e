// Lists that lead somewhere: prompts, searched and sorted; massive activations.

import { numberOf } from './data.js';
import { gainOf } from './definitions.js';
import { el } from './dom.js';
import { massiveOf } from './quantities.js';
import { counted, promptName, short, tokenName } from './text.js';

/** @typedef {import('./types').Head} Head */
/** @typedef {import('./types').State} State */

/** What prompts are sorted by. */
export const sorts = { order: 'order', length: 'length', gain: 'gain (definition below)', entropy: 'entropy of the next token', massive: 'largest value' };
const longest = 300; // entries that a list shows; more are counted

/**
 * What a prompt is sorted by, and what is shown beside it.
 * @param {Head} head @param {State} state @param {number} prompt
 */
function statisticOf(head, state, prompt) {
  const one = head.models[state.model].sequences[prompt];
  switch (state.sort) {
    case 'gain': return gainOf(head, state.model, prompt, state.reduction, state.span).value ?? NaN;
    case 'entropy': return one.logits.length > 0 ? numberOf(one.logits[one.logits.length - 1].entropy) : NaN;
    case 'massive': return massiveOf(head, state.model, prompt).reduce((most, m) => Math.max(most, Math.abs(m.value)), 0);
    default: return head.prompts[prompt].ids.length;
  }
}

/**
 * Numbers of the prompts that the search leaves, in their order.
 * @param {Head} head @param {State} state
 */
export function promptsInOrder(head, state) {
  const words = state.search.toLowerCase().split(/\s+/).filter(Boolean);
  const found = head.prompts.map((_, i) => i).filter((i) => {
    const p = head.prompts[i];
    const text = (promptName(p, i) + ' ' + (p.category || '') + ' ' + (p.prompt_id || '')).toLowerCase();
    return words.every((word) => text.includes(word));
  });
  if (state.sort === 'order') return found;
  const keys = new Map(found.map((i) => [i, statisticOf(head, state, i)]));
  /** @param {number} i */
  const key = (i) => keys.get(i) ?? NaN;
  return found.sort((a, b) => (Number.isNaN(key(a)) ? 1 : 0) - (Number.isNaN(key(b)) ? 1 : 0) || key(b) - key(a) || a - b);
}

/** @param {HTMLElement} place @param {Head} head @param {State} state @param {(prompt: number) => void} choose */
export function showPrompts(place, head, state, choose) {
  const order = promptsInOrder(head, state);
  const items = order.slice(0, longest).map((i) => {
    const p = head.prompts[i];
    const value = statisticOf(head, state, i);
    const side = state.sort === 'order' ? counted(p.ids.length, 'token') : short(value);
    const text = el('span', { class: 'text' }, promptName(p, i));
    const button = el('button', { type: 'button', 'aria-current': String(i === state.prompt), title: p.text || '', click: () => choose(i) }, text, el('span', { class: 'side' }, (p.category ? p.category + ' · ' : '') + side));
    return el('li', {}, button);
  });
  if (order.length > longest) items.push(el('li', { class: 'quiet' }, counted(order.length - longest, 'more prompt') + '; search for them'));
  if (order.length === 0) items.push(el('li', { class: 'quiet' }, 'No prompt has these words.'));
  place.replaceChildren(...items);
}

/**
 * One channel of one token is one massive activation, in however many layers.
 * @param {Head} head @param {State} state
 */
function massiveGroups(head, state) {
  const order = (/** @type {number} */ x) => (Number.isNaN(x) ? Infinity : Math.abs(x));
  const all = head.prompts.flatMap((_, i) => massiveOf(head, state.model, i)).sort((a, b) => order(b.value) - order(a.value));
  /** @type {Map<string, {most: typeof all[0], first: number, last: number, count: number}>} */
  const groups = new Map();
  for (const m of all) {
    const key = [m.prompt, m.token, m.channel].join();
    const group = groups.get(key) || { most: m, first: m.layer, last: m.layer, count: 0 };
    groups.set(key, { ...group, first: Math.min(group.first, m.layer), last: Math.max(group.last, m.layer), count: group.count + 1 });
  }
  return [...groups.values()];
}

/** @param {HTMLElement} place @param {Head} head @param {State} state @param {(prompt: number, layer: number, token: number) => void} jump */
export function showMassive(place, head, state, jump) {
  const groups = massiveGroups(head, state);
  const items = groups.slice(0, longest).map((g) => {
    const { prompt, layer, token, channel, value, ratio } = g.most;
    const layers = g.first === g.last ? 'layer ' + layer : 'layers ' + g.first + ' to ' + g.last;
    const where = 'token ' + token + ' ' + tokenName(head.prompts[prompt], token) + (head.prompts.length > 1 ? ', prompt ' + (prompt + 1) : '');
    const side = layers + ', channel ' + channel + (Number.isNaN(ratio) ? '' : ', ' + short(ratio) + '× the median');
    const text = el('span', { class: 'text' }, short(value) + ' at ' + where);
    return el('li', {}, el('button', { type: 'button', click: () => jump(prompt, layer, token) }, text, el('span', { class: 'side' }, side)));
  });
  const total = head.models[state.model].sequences.reduce((sum, s) => sum + s.massive_count, 0);
  const listed = groups.slice(0, longest).reduce((sum, g) => sum + g.count, 0);
  if (total > listed) items.push(el('li', { class: 'quiet' }, counted(total - listed, 'smaller value') + ' in the measurement'));
  if (items.length === 0) items.push(el('li', { class: 'quiet' }, 'None: no value is above 100 and the multiple of its layer’s median that was asked for.'));
  place.replaceChildren(...items);
}
