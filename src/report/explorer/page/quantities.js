// What the raster can show: each quantity as a table of (layers x tokens), computed from norms and dots.

import { arrayOf, dotsOf, normsOf, numberOf, rowOf } from './data.js';
import { cosine, growth } from './formulas.js';
import { headCells, headWords, isByHead } from './heads.js';
import { notFinite } from './text.js';

/** @typedef {import('./types').Head} Head */
/** @typedef {import('./types').State} State */
/** @typedef {import('./types').View} View */

/** @type {Record<string, string>} */
export const siteTitles = {
  resid_post: 'resid_post: the stream after a block',
  resid_mid: 'resid_mid: between attention and MLP',
  resid_pre: 'resid_pre: the stream before a block',
  attn_out: 'attn_out: what attention adds',
  mlp_out: 'mlp_out: what the MLP adds',
};
const allSites = Object.keys(siteTitles);
const branches = ['attn_out', 'mlp_out'];
const added = ['resid_post', 'resid_mid', 'attn_out', 'mlp_out'];

/** @type {Record<string, {title: string, sites: string[], scale: 'sequential' | 'around', middle: number, unit: string}>} */
export const quantities = {
  norm: { title: 'token norm', sites: allSites, scale: 'sequential', middle: 0, unit: '' },
  gain: { title: 'gain: over the norm before the block', sites: added, scale: 'around', middle: 1, unit: '×' },
  cosine: { title: 'cosine of what is added with the stream', sites: branches, scale: 'around', middle: 0, unit: '' },
  growth: { title: 'share of |stream|² that is added', sites: branches, scale: 'around', middle: 0, unit: '' },
  entropy: { title: 'entropy of the logit lens', sites: ['resid_post'], scale: 'sequential', middle: 0, unit: 'nats' },
  head_norm: { title: 'heads: norm of what each adds', sites: ['attn_out'], scale: 'sequential', middle: 0, unit: '' },
  head_first: { title: 'heads: attention to token 0', sites: ['attn_out'], scale: 'sequential', middle: 0, unit: '' },
  head_massive: { title: 'heads: attention to massive tokens', sites: ['attn_out'], scale: 'sequential', middle: 0, unit: '' },
  head_entropy: { title: 'heads: entropy of attention', sites: ['attn_out'], scale: 'sequential', middle: 0, unit: 'nats' },
  distance: { title: 'distance of B from A: |b − a| / |a|', sites: allSites, scale: 'sequential', middle: 0, unit: '' },
  angle: { title: 'cosine of A and B', sites: allSites, scale: 'around', middle: 1, unit: '' },
};

/**
 * Why a quantity cannot be had of this measurement at all; empty when it can.
 * @param {Head} head @param {string} quantity @param {State} state
 */
export function missing(head, quantity, state) {
  const one = head.models[state.model].sequences[state.prompt];
  if (isByHead(quantity) && !one.heads) return 'measure with --heads';
  if (quantity === 'entropy' && !one.lens) return 'measure with --lens all';
  if ((quantity === 'cosine' || quantity === 'growth') && Object.keys(one.dots).length === 0) return 'no inner products here';
  const besideA = head.models.some((m) => m.sequences[state.prompt].beside_a);
  if ((quantity === 'distance' || quantity === 'angle') && !besideA) return 'compare A B --explore has it';
  return '';
}

/**
 * The sites of a quantity with why one is absent.
 * @param {Head} head @param {State} state
 */
export function sitesOf(head, state) {
  const model = Math.max(0, state.model);
  return quantities[state.quantity].sites.map((site) => ({
    site,
    why: normsOf(head, model, state.prompt, site) ? '' : site === 'resid_mid' ? 'absent: the branches read one stream' : 'not measured',
  }));
}

/** @typedef {{rows: {label: string, name: string}[], values: Float64Array, why: (row: number, token: number) => string}} Cells */

/** @param {number} layers @param {string} site */
function layerRows(layers, site) {
  return Array.from({ length: layers }, (_, l) => ({ label: String(l), name: 'blocks.' + l + '.hook_' + site }));
}

/**
 * Norms of a site; of the stream with embed above and ln_final below.
 * @param {Head} head @param {State} state @param {number} model @returns {Cells}
 */
function normCells(head, state, model) {
  const table = normsOf(head, model, state.prompt, state.site);
  const tokens = head.prompts[state.prompt].ids.length;
  if (!table) return { rows: [], values: new Float64Array(0), why: () => 'the site was not measured' };
  const rows = layerRows(table.rows, state.site);
  const parts = [table.values];
  if (state.site === 'resid_post') {
    const embed = normsOf(head, model, state.prompt, 'embed');
    const final = normsOf(head, model, state.prompt, 'ln_final');
    if (embed) rows.unshift({ label: 'embed', name: 'hook_embed' });
    if (embed) parts.unshift(embed.values);
    if (final) rows.push({ label: 'ln_final', name: 'ln_final.hook_out' });
    if (final) parts.push(final.values);
  }
  const values = new Float64Array(rows.length * tokens);
  let at = 0;
  for (const part of parts) {
    values.set(part, at);
    at += part.length;
  }
  return { rows, values, why: (row, token) => notFinite(values[row * tokens + token], 'the norm') };
}

/**
 * A formula over the tables of a prompt, cell by cell.
 * @param {Head} head @param {State} state @param {number} model
 * @param {(string | null)[]} norms @param {string} dot @param {(arrays: Float64Array[], i: number) => number} formula @returns {Cells}
 */
function derivedCells(head, state, model, norms, dot, formula) {
  const tables = norms.map((site) => (site ? normsOf(head, model, state.prompt, site) : null));
  const dots = dot ? dotsOf(head, model, state.prompt, dot) : null;
  const all = dot ? [dots, ...tables] : tables;
  const names = dot ? [dot, ...norms] : norms;
  const lacking = names.filter((_, i) => !all[i]);
  const layers = head.models[model].layers;
  const tokens = head.prompts[state.prompt].ids.length;
  const values = new Float64Array(layers * tokens).fill(NaN);
  const arrays = all.map((table) => (table ? table.values : values));
  if (lacking.length === 0) for (let i = 0; i < values.length; ++i) values[i] = formula(arrays, i);
  return {
    rows: layerRows(layers, state.site),
    values,
    why: (row, token) => {
      if (lacking.length > 0) return lacking.join(' and ') + ' was not measured';
      const numbers = arrays.map((array) => array[row * tokens + token]);
      const wrong = numbers.findIndex((x) => !Number.isFinite(x));
      if (wrong >= 0) return notFinite(numbers[wrong], String(names[wrong]));
      const zero = numbers.findIndex((x) => x === 0);
      return zero >= 0 ? 'the norm at ' + names[zero] + ' is 0' : 'the ratio is beyond the range of a double';
    },
  };
}

/**
 * The stream that a branch reads, and the inner product with it.
 * @param {Head} head @param {number} model @param {State} state
 */
function readBy(head, model, state) {
  if (state.site === 'attn_out') return { stream: 'resid_pre', dot: 'pre_attn' };
  const parallel = 'attn_mlp' in head.models[model].sequences[state.prompt].dots;
  return parallel ? { stream: 'resid_pre', dot: 'pre_mlp' } : { stream: 'resid_mid', dot: 'mid_mlp' };
}

/** @param {Head} head @param {State} state @param {number} model @returns {Cells} */
function lensCells(head, state, model) {
  const layers = head.models[model].layers;
  const tokens = head.prompts[state.prompt].ids.length;
  const values = new Float64Array(layers * tokens).fill(NaN);
  const lens = head.models[model].sequences[state.prompt].lens;
  if (lens) {
    const entropies = arrayOf(head, lens.entropy);
    const count = lens.positions.length;
    for (let l = 0; l < layers; ++l) {
      for (let i = 0; i < count; ++i) values[l * tokens + lens.positions[i]] = entropies[l * count + i];
    }
  }
  /** @param {number} _row @param {number} token */
  const why = (_row, token) => {
    if (!lens) return 'the logit lens was not measured; measure with --lens all';
    return lens.positions.includes(token) ? 'a logit is not finite' : 'the lens was measured at other positions; measure with --lens all';
  };
  return { rows: layerRows(layers, 'resid_post'), values, why };
}

/** @param {Head} head @param {State} state @param {'distance' | 'cosine'} which @returns {Cells} */
function besideCells(head, state, which) {
  const other = Math.max(1, state.model);
  const of = head.models[other] && head.models[other].sequences[state.prompt].beside_a;
  const cells = normCells(head, state, 0);
  const tokens = head.prompts[state.prompt].ids.length;
  cells.values.fill(NaN);
  for (const site of [state.site, ...(state.site === 'resid_post' ? ['embed', 'ln_final'] : [])]) {
    const first = rowOfLayer(cells, site === state.site ? '0' : site);
    if (of && site in of && first >= 0) cells.values.set(arrayOf(head, of[site][which]), first * tokens);
  }
  return { ...cells, why: (row, token) => notFinite(cells.values[row * tokens + token], 'a row is not finite, or its norm 0: it') };
}

/** @param {Head} head @param {State} state @param {number} model @returns {Cells} */
function cellsOf(head, state, model) {
  const branch = readBy(head, model, state);
  if (isByHead(state.quantity)) return headCells(head, state, model);
  switch (state.quantity) {
    case 'norm': return normCells(head, state, model);
    case 'gain':
      return derivedCells(head, state, model, [state.site, 'resid_pre'], '', ([site, pre], i) => (pre[i] === 0 ? NaN : site[i] / pre[i]));
    case 'cosine':
      return derivedCells(head, state, model, [branch.stream, state.site], branch.dot, ([dot, x, d], i) => cosine(dot[i], x[i], d[i]));
    case 'growth':
      return derivedCells(head, state, model, [state.site, 'resid_pre'], branch.dot, ([dot, d, pre], i) => growth(dot[i], d[i], pre[i]));
    case 'entropy': return lensCells(head, state, model);
    case 'distance': return besideCells(head, state, 'distance');
    case 'angle': return besideCells(head, state, 'cosine');
  }
  throw new Error('unknown quantity ' + state.quantity);
}

/**
 * Two models' cells as one, row by row of A: A / B or A − B.
 * @param {Cells} a @param {Cells} b @param {string} versus @param {number} tokens @returns {Cells}
 */
function combined(a, b, versus, tokens) {
  const values = new Float64Array(a.values.length).fill(NaN);
  const inB = a.rows.map(({ label }) => b.rows.findIndex((row) => row.label === label));
  for (let i = 0; i < values.length; ++i) {
    const row = inB[Math.floor(i / tokens)];
    const other = row < 0 ? NaN : b.values[row * tokens + (i % tokens)];
    values[i] = versus === 'ratio' ? a.values[i] / other : a.values[i] - other;
  }
  return {
    rows: a.rows,
    values,
    why: (row, token) => {
      if (!Number.isFinite(a.values[row * tokens + token])) return 'in A ' + a.why(row, token);
      if (inB[row] < 0) return 'B has no such row';
      return Number.isFinite(b.values[inB[row] * tokens + token]) ? 'B is 0' : 'in B ' + b.why(inB[row], token);
    },
  };
}

/** @param {Head} head @param {State} state @returns {View} */
export function viewOf(head, state) {
  const about = quantities[state.quantity];
  const pair = state.quantity === 'distance' || state.quantity === 'angle';
  const versus = pair || state.model === 0 ? 'own' : state.versus;
  const tokens = head.prompts[state.prompt].ids.length;
  const own = cellsOf(head, state, versus === 'own' ? state.model : 0);
  const cells = versus === 'own' ? own : combined(own, cellsOf(head, state, state.model), versus, tokens);
  if (state.skip) for (let row = 0; row < cells.rows.length; ++row) cells.values[row * tokens] = NaN;
  const suffix = versus === 'ratio' ? ', A / B' : versus === 'difference' ? ', A − B' : '';
  const site = isByHead(state.quantity) ? headWords(state) : state.quantity === 'entropy' ? '' : ' at ' + state.site;
  return {
    title: about.title + site + suffix,
    unit: versus === 'ratio' ? '×' : about.unit,
    scale: versus === 'own' ? about.scale : 'around',
    middle: versus === 'own' ? about.middle : versus === 'ratio' ? 1 : 0,
    rows: cells.rows,
    tokens,
    values: cells.values,
    why: (row, token) => (state.skip && token === 0 ? 'left out: “without token 0” is on' : cells.why(row, token)),
  };
}

/**
 * The row that a label of another view means here: a head is its layer where layers are whole, a layer its first head where
 * every head has a row. -1 where there is none.
 * @param {{rows: View['rows']}} view @param {string} layer
 */
export function rowOfLayer(view, layer) {
  const [block, ofHead] = layer.split('.');
  const other = ofHead ? block : block + '.0';
  const own = view.rows.findIndex((row) => row.label === layer);
  return own >= 0 ? own : view.rows.findIndex((row) => row.label === other);
}

/**
 * The cell of a layer and a token, or null.
 * @param {View} view @param {string} layer @param {number} token
 */
export function cellOf(view, layer, token) {
  const row = rowOfLayer(view, layer);
  return row >= 0 && token >= 0 && token < view.tokens ? { row, token } : null;
}

/** @param {View} view @param {number} row */
export function valuesOfRow(view, row) {
  return rowOf({ rows: view.rows.length, tokens: view.tokens, values: view.values }, row);
}

/** @param {View} view @param {number} token */
export function valuesOfToken(view, token) {
  return Float64Array.from(view.rows, (_, row) => view.values[row * view.tokens + token]);
}

/**
 * The largest values, as the measurement lists them.
 * @param {Head} head @param {number} model @param {number} prompt
 */
export function massiveOf(head, model, prompt) {
  return head.models[model].sequences[prompt].massive.map(([layer, token, channel, value, median]) => {
    const v = numberOf(value);
    const m = numberOf(median);
    return { prompt, layer, token, channel, value: v, ratio: m > 0 ? Math.abs(v) / m : NaN };
  });
}

/**
 * The state at a site that the measurement has, where it has any.
 * @param {Head} head @param {State} wanted @returns {State}
 */
export function withSite(head, wanted) {
  const sites = sitesOf(head, wanted);
  const held = sites.find(({ site, why }) => site === wanted.site && !why) || sites.find(({ why }) => !why);
  return held ? { ...wanted, site: held.site } : wanted;
}
