// The table of definitions: a pooled gain for every span and reduction, over the prompts in hand.

import { normsOf, rowOf } from './data.js';
import { el } from './dom.js';
import { gainOver, pool } from './formulas.js';
import { exact, short } from './text.js';

/** @typedef {import('./types').Head} Head */
/** @typedef {import('./types').State} State */

/**
 * The prompts of a scope: "all", "this", or a category.
 * @param {Head} head @param {State} state
 */
export function promptsOf(head, state) {
  if (state.scope === 'this') return [state.prompt];
  const all = head.prompts.map((_, i) => i);
  return state.scope === 'all' ? all : all.filter((i) => 'of ' + head.prompts[i].category === state.scope);
}

/**
 * Every scope and what it is called.
 * @param {Head} head
 */
export function scopesOf(head) {
  const categories = [...new Set(head.prompts.map((p) => p.category).filter((c) => c !== null))];
  return [{ value: 'all', text: 'all ' + head.prompts.length }, { value: 'this', text: 'this one' }, ...categories.map((c) => ({ value: 'of ' + c, text: String(c) }))];
}

/**
 * One prompt's gain.
 * @param {Head} head @param {number} model @param {number} prompt @param {string} reduction @param {string} spanName
 */
export function gainOf(head, model, prompt, reduction, spanName) {
  const span = head.spans.find((s) => s.name === spanName);
  if (!span) throw new Error('unknown span ' + spanName);
  return gainOver(span, reduction, ({ site, layer }) => rowOf(normsOf(head, model, prompt, site), layer));
}

/** @param {Head} head @param {number} model @param {number[]} prompts @param {string} reduction @param {string} span @param {string} pooling */
export function pooledGain(head, model, prompts, reduction, span, pooling) {
  return pool(pooling, prompts.map((prompt) => gainOf(head, model, prompt, reduction, span)));
}

/**
 * Every definition by its id, over all prompts; for programs.
 * @param {Head} head @param {number} model
 */
export function everyDefinition(head, model) {
  const prompts = head.prompts.map((_, i) => i);
  /** @type {Record<string, import('./types').Pooled>} */
  const all = {};
  for (const reduction of head.reductions) {
    for (const span of head.spans) {
      const gains = prompts.map((prompt) => gainOf(head, model, prompt, reduction.name, span.name));
      for (const pooling of head.poolings) all[reduction.name + '/' + span.name + '/' + pooling] = pool(pooling, gains);
    }
  }
  return all;
}

/** @param {import('./types').Pooled} gain */
function verdictOf(gain) {
  if (gain.value === null) return 'none';
  return gain.value > 1 ? 'expands' : gain.value < 1 ? 'contracts' : 'keeps';
}

/** @param {HTMLElement} place @param {Head} head @param {State} state @param {(span: string, reduction: string) => void} choose */
export function showDefinitions(place, head, state, choose) {
  const prompts = promptsOf(head, state);
  const top = el('tr', {}, el('th', { scope: 'col' }, 'gain over'), ...head.reductions.map((r) => el('th', { scope: 'col', class: 'n' }, r.title)));
  const rows = head.spans.map((span) => {
    const cells = head.reductions.map((reduction) => {
      const gain = pooledGain(head, state.model, prompts, reduction.name, span.name, state.pooling);
      const chosen = span.name === state.span && reduction.name === state.reduction;
      const says = gain.value === null ? gain.reason : exact(gain.value) + ' ' + verdictOf(gain) + ', ' + gain.used + ' of ' + gain.prompts + ' prompts';
      const text = gain.value === null ? '–' : short(gain.value);
      const press = () => choose(span.name, reduction.name);
      const button = el('button', { type: 'button', title: says, class: verdictOf(gain), 'aria-pressed': String(chosen), click: press }, text);
      return el('td', { class: 'n' }, button);
    });
    return el('tr', {}, el('th', { scope: 'row' }, span.title), ...cells);
  });
  place.replaceChildren(el('table', {}, el('thead', {}, top), el('tbody', {}, ...rows)));
}

/**
 * What the chosen definition says, in words.
 * @param {Head} head @param {State} state
 */
export function definitionWords(head, state) {
  const prompts = promptsOf(head, state);
  const gain = pooledGain(head, state.model, prompts, state.reduction, state.span, state.pooling);
  const id = state.reduction + '/' + state.span + '/' + state.pooling;
  const preset = head.presets.find((p) => p.id === id);
  const name = id + (preset ? ' (' + preset.name + ')' : '');
  if (gain.value === null) return name + ': undefined, ' + gain.reason;
  const turned = head.reductions.filter((r) => {
    const other = pooledGain(head, state.model, prompts, r.name, state.span, state.pooling);
    return other.value !== null && verdictOf(other) !== verdictOf(gain);
  });
  const against = turned.length === 0 ? 'every reduction agrees' : turned.map((r) => r.title).join('; ') + (turned.length === 1 ? ' says' : ' say') + ' otherwise';
  return name + ': ' + exact(gain.value) + ', ' + verdictOf(gain) + '; ' + against;
}
